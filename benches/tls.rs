//! What TLS costs: `up` and `produce` of a cluster with `security: mtls` against the same in plain text, in turn; and
//! our producer against kcat (librdkafka), both through TLS and with a certificate. With and without the second
//! compiler of the JVM (C2), which `fast` does without: ciphers are what it is needed for.

mod common;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::measured::{measure_if_asked, measured};
use common::{Home, median, ms, pairs, report, timed, write_lines};

const MESSAGES: usize = 300_000;
const SIZE: usize = 100;

/// A cluster of three brokers, and the file that has kcat connect to it.
struct Cluster<'a> {
    home: &'a Home,
    name: &'static str,
    kcat: PathBuf,
}

fn main() {
    measure_if_asked();
    starts();
    let home = Home::new();
    let lines = home.folder.path().join("lines");
    write_lines(&lines, MESSAGES, SIZE);
    let plain = Cluster::up(&home, "plain", "");
    let secured = Cluster::up(&home, "secured", "security: mtls\n");
    let with_c2 =
        Cluster::up_with(&home, "full", "security: mtls\n", ", jvm_flags: ['-XX:TieredStopAtLevel=4']");
    let has_kcat = Command::new("kcat").arg("-V").output().is_ok_and(|output| output.status.success());
    for (name, cluster) in [("with C1 alone, as fast has it", &secured), ("with C2", &with_c2)] {
        let (mut ours, mut unencrypted, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..pairs(5) {
            ours.push(cluster.ours(&lines));
            unencrypted.push(plain.ours(&lines));
            if has_kcat {
                theirs.push(cluster.kcat(&lines));
            }
        }
        println!("\nbrokers {name}");
        report("produce, TLS against plain text", "k/s", &ours, &unencrypted);
        if has_kcat {
            report("produce through TLS, against kcat", "k/s", &ours, &theirs);
        } else {
            println!("kcat is not installed: ours through TLS {:.0} k/s", median(ours));
        }
    }
}

/// Until the cluster is usable, each time a new one.
fn starts() {
    let up = |security: &str| {
        let home = Home::new();
        let spec = home.spec("start", &spec(security, ""));
        ms(timed(|| drop(home.run(&["up", &spec])))) / 1000.0
    };
    // Not counted: it makes the class-data archive and fills the page cache.
    up("");
    let (mut secured, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..pairs(5) {
        secured.push(up("security: mtls\n"));
        plain.push(up(""));
    }
    report("start until usable, TLS against plain", "s", &secured, &plain);
}

fn spec(security: &str, more: &str) -> String {
    format!(
        "kafka: {{ version: 4.3 }}\ncontrollers: 3\nbrokers: {{ count: 3, heap: 512m{more} }}\n{security}\
         topics: {{ ours: {{ partitions: 6, replication_factor: 1 }}, kcat: {{ partitions: 6, replication_factor: 1 }} }}\n"
    )
}

impl<'a> Cluster<'a> {
    fn up(home: &'a Home, name: &'static str, security: &str) -> Self {
        Cluster::up_with(home, name, security, "")
    }

    fn up_with(home: &'a Home, name: &'static str, security: &str, more: &str) -> Self {
        let spec = home.spec(name, &spec(security, more));
        home.run(&["up", &spec]);
        let kcat = home.folder.path().join(format!("{name}.conf"));
        let env = home.run(&["-c", name, "env", "--format", "librdkafka"]).stdout;
        std::fs::write(&kcat, env).unwrap();
        Cluster { home, name, kcat }
    }

    /// Thousands of messages a second, the whole process counted.
    fn ours(&self, lines: &Path) -> f64 {
        // As its clients do it: through the listener of clients, with a certificate where one is asked for.
        let command = self.home.command(&["-c", self.name, "produce", "ours"]);
        rate(measured(&command, File::open(lines).unwrap().into(), false).seconds)
    }

    fn kcat(&self, lines: &Path) -> f64 {
        let mut command = Command::new("kcat");
        command.arg("-F").arg(&self.kcat).args(["-P", "-t", "kcat", "-X", "acks=all", "-l"]).arg(lines);
        rate(measured(&command, Stdio::null(), false).seconds)
    }
}

fn rate(seconds: f64) -> f64 {
    MESSAGES as f64 / seconds / 1000.0
}
