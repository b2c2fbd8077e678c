//! What the benches share: a home of their own, the program, and medians.
#![allow(dead_code, reason = "each bench uses its part")]

pub(crate) mod measured;
pub(crate) mod stock;
pub(crate) mod tool;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use cluster::inside::Plan;

/// A state folder of its own; whatever still runs in it is taken down with it.
pub(crate) struct Home {
    pub folder: tempfile::TempDir,
    cache: PathBuf,
}

impl Home {
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("cluster-bench-").tempdir().unwrap();
        let own = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-cache");
        let cache = std::env::var_os("CLUSTER_CACHE").map_or(own, PathBuf::from);
        Home { folder, cache }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cluster"));
        command.args(arguments).env("CLUSTER_HOME", self.folder.path()).env("CLUSTER_CACHE", &self.cache);
        command
    }

    /// Runs the program; what it says when it fails is shown.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cluster {}: {said}", arguments.join(" "));
        output
    }

    /// Writes a spec into the home.
    pub(crate) fn spec(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(format!("{name}.yaml"));
        std::fs::write(&path, format!("name: {name}\n{text}")).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn plan(&self, spec: &str) -> Plan {
        serde_json::from_slice(&self.run(&["plan", spec, "--json"]).stdout).unwrap()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let list = self.command(&["list", "--json"]).output();
        let clusters: serde_json::Value =
            list.ok().and_then(|list| serde_json::from_slice(&list.stdout).ok()).unwrap_or_default();
        for cluster in clusters.as_array().into_iter().flatten() {
            if let Some(name) = cluster["name"].as_str() {
                let _ = self.command(&["-c", name, "down", "--delete", "--yes"]).output();
            }
        }
    }
}

/// So many lines of so many letters, that compress as little as ids and numbers do.
pub(crate) fn write_lines(path: &Path, count: usize, size: usize) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    let mut state = 1u64;
    let mut line = vec![b'\n'; size + 1];
    for _ in 0..count {
        for letter in &mut line[..size] {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *letter = b'a' + ((state >> 33) % 26) as u8;
        }
        file.write_all(&line).unwrap();
    }
    file.flush().unwrap();
}

pub(crate) fn timed(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// `cargo bench --bench NAME -- 7`: how many pairs; flags of cargo's own are passed over.
pub(crate) fn pairs(default: usize) -> usize {
    std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(default)
}

/// What is started, and its lines in a spec.
const ROWS: &[(&str, &str)] = &[
    ("3 ZooKeeper servers, 3 brokers, Kafka 3.9", "kafka: { version: 3.9 }\nzookeeper: 3\n"),
    ("3 controllers, 3 brokers, Kafka 3.9", "kafka: { version: 3.9 }\ncontrollers: 3\n"),
    ("3 controllers, 3 brokers, Kafka 4.3", "kafka: { version: 4.3 }\ncontrollers: 3\n"),
];

/// Each of them whose name has every word of the command line that is neither a number nor a flag.
pub(crate) fn rows(run: fn(&str)) {
    let words = std::env::args().skip(1);
    let words: Vec<String> =
        words.filter(|word| !word.starts_with('-') && word.parse::<usize>().is_err()).collect();
    for (name, spec) in ROWS {
        if words.iter().all(|word| name.contains(word)) {
            println!("\n{name}");
            run(spec);
        }
    }
}

/// One row: the medians of both, and of the ratio pair by pair.
pub(crate) fn report(what: &str, unit: &str, ours: &[f64], theirs: &[f64]) {
    let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
    println!(
        "{what:<34} {:>9.1} {unit:<3} against {:>9.1} {unit:<3} ratio {:.4} (1 / {:.1}), {} pairs",
        median(ours.to_vec()),
        median(theirs.to_vec()),
        median(ratios.clone()),
        1.0 / median(ratios),
        ours.len()
    );
}
