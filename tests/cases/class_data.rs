//! The class-data archive: nodes map it, and do without when it is no good.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use cluster::inside::Plan;
use cluster::model::ids::NodeName;

use crate::common::cluster::Cluster;
use crate::common::home::TestHome;
use crate::common::run::{Run, Running};
use crate::common::{java, shared, specs, until};

fn is_mapped(pid: u32, archive: &Path) -> bool {
    fs::read_to_string(format!("/proc/{pid}/maps")).unwrap().contains(archive.to_str().unwrap())
}

#[test]
fn nodes_map_the_archive_that_up_has_made() {
    let cluster = shared::cluster();
    let archive = cluster.plan().class_data.unwrap();
    for node in [&specs::coordinator(1).to_string(), "broker-0", "broker-1"] {
        assert!(is_mapped(cluster.pid(node), &archive), "{node}");
    }
}

/// KiB of a process's memory that hold this file, by the kind that /proc tells (`Rss`, `Private_Dirty`, ...).
fn held(pid: u32, archive: &Path, kind: &str) -> u64 {
    let smaps = fs::read_to_string(format!("/proc/{pid}/smaps")).unwrap();
    let (mut of_archive, mut kib) = (false, 0);
    for line in smaps.lines() {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap();
        // A mapping begins with its addresses and ends with its file.
        if !first.ends_with(':') {
            of_archive = line.ends_with(archive.to_str().unwrap());
        } else if of_archive && first.trim_end_matches(':') == kind {
            kib += words.next().unwrap().parse::<u64>().unwrap();
        }
    }
    kib
}

#[test]
fn nodes_share_the_memory_of_the_archive() {
    let cluster = shared::cluster();
    let archive = cluster.plan().class_data.unwrap();
    for node in ["broker-0", "broker-1"] {
        let [all, own] = ["Rss", "Private_Dirty"].map(|kind| held(cluster.pid(node), &archive, kind));
        assert!(all > 10_000 && own < all / 2, "{node} has copied {own} of {all} KiB");
    }
}

#[test]
fn a_node_whose_memory_is_where_the_archive_would_be_maps_it_elsewhere() {
    let plan = shared::cluster().plan();
    let argv = &plan.node(NodeName::broker(0)).unwrap().argv;
    let class_path = argv.iter().position(|word| word == "-cp").unwrap();
    // A heap of 256 MiB from here on holds the address that Java gives its archives, 0x800000000.
    let taken = ["-XX:HeapBaseMinAddress=0x7f8000000", "-Xlog:class+load"];
    // Without a file of settings it tells its usage and ends.
    let output = Command::new(&argv[0])
        .args(&argv[1..class_path])
        .args(taken)
        .args([&argv[class_path], &argv[class_path + 1], "kafka.Kafka"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("kafka.Kafka source: shared objects file"), "{output:?}");
}

#[test]
fn a_broken_archive_costs_time_and_nothing_else_and_the_next_up_makes_it_anew() {
    let home = TestHome::with_cluster();
    // A Java of its own has an archive of its own.
    let java = java::home_with(&home, "");
    let spec = home.write("broken.yaml", specs::single("broken"));
    let run = |arguments: &[&str]| -> Run {
        let mut command = home.command(arguments);
        command.env("JAVA_HOME", &java);
        Running::start(command).finish()
    };
    let plan = || -> Plan {
        serde_json::from_slice(&fs::read(home.state().join("broken/plan.json")).unwrap()).unwrap()
    };
    let broker = || -> u32 {
        let status: cluster::model::status::Status =
            serde_json::from_str(&run(&["status", "--json"]).ok().out).unwrap();
        status.nodes.iter().find(|node| node.node.to_string() == "broker-0").unwrap().pid.unwrap()
    };

    run(&["up", &spec]).ok().says("class-data archive");
    let archive = plan().class_data.unwrap();
    let whole = fs::metadata(&archive).unwrap().len();
    assert!(is_mapped(broker(), &archive));

    let mut bytes = fs::read(&archive).unwrap();
    let middle = bytes.len() / 2;
    // Not in place: running JVMs have it mapped.
    let cut = home.write("cut", &bytes[..middle]);
    bytes[middle..].fill(b'?');
    let damaged = home.write("damaged", &bytes);
    for broken in [cut, damaged] {
        fs::rename(broken, &archive).unwrap();
        run(&["restart", "broker-0", "--force"]).ok();
        assert!(!is_mapped(broker(), &archive));
        assert!(!archive.exists(), "no JVM may meet it");
    }
    run(&["status", "--check"]).ok();

    run(&["down"]).ok();
    run(&["up", &spec]).ok().says("class-data archive");
    assert_eq!(fs::metadata(&archive).unwrap().len(), whole);
    assert!(is_mapped(broker(), &archive));
    run(&["down"]).ok();
    let third = run(&["up", &spec]).ok();
    assert!(!third.to_string().contains("class-data archive"), "{third}");
    run(&["down"]).ok();
    until("everything's end", || home.processes().is_empty().then_some(()));
}

/// What is run to record the lists: a Kafka version, who coordinates it, and the list that it adds to.
const RECORDED: &[(&str, &str, &str)] = &[
    ("0.10.2.2", "zookeeper", "0.10.2.lst"),
    ("3.9.2", "zookeeper", "3.9.lst"),
    ("3.9.2", "controllers", "3.9.lst"),
    ("4.0.2", "controllers", "4.lst"),
    ("4.1.2", "controllers", "4.lst"),
    ("4.2.1", "controllers", "4.lst"),
    ("4.3.1", "controllers", "4.lst"),
    ("4.4.0", "controllers", "4.lst"),
];

/// Adds to src/dist/classes what nodes on the machine's Java (`JAVA_HOME`) load:
/// `cargo test --test main -- --ignored class_lists`, once for each Java.
#[test]
#[ignore = "a tool: makes the lists of classes that the archives hold"]
fn class_lists_name_what_nodes_load_from_start_to_stop() {
    for (version, coordination, file) in RECORDED {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/dist/classes").join(file);
        // What other Javas and other roles have added stays.
        let mut texts = vec![fs::read_to_string(&file).unwrap()];
        texts.extend(recorded(version, coordination).into_iter().flatten());
        let mut seen = BTreeSet::new();
        let mut merged = String::new();
        // In the order of loading, in which a class comes after those that it needs.
        for line in texts.iter().flat_map(|text| text.lines()) {
            // Classes of other loaders are not archived; without them the ids, which clash, say nothing.
            let name = line.split(" id: ").next().unwrap_or(line);
            // Of a class that several versions have, the constant pool of the first.
            let once = if line.starts_with("@cp ") { line.split(' ').nth(1).unwrap() } else { name };
            let pool = once != name;
            if !line.starts_with('#') && !line.contains("source:") && seen.insert((pool, once)) {
                merged.extend([name, "\n"]);
            }
        }
        fs::write(file, merged).unwrap();
    }
}

/// What each node of a cluster had loaded between its start and its stop, as the JVM writes it; `None` of a
/// version that does not run on this Java.
fn recorded(version: &str, coordination: &str) -> Option<Vec<String>> {
    let home = TestHome::with_cluster();
    let list = |node: &str| home.root().join(format!("{node}.lst"));
    let mut lists = Vec::new();
    // Lists are written only without an archive: profile stock has none.
    let mut spec = format!("name: classes\nkafka: {{ version: {version} }}\nprofile: stock\n");
    let (role, first) = if coordination == "zookeeper" { ("zookeeper", 1) } else { ("controller", 100) };
    for (group, role, first) in [(coordination, role, first), ("brokers", "broker", 0)] {
        let _ = write!(spec, "{group}:\n  count: 3\n  heap: 256m\n  nodes:\n");
        for node in (first..first + 3).map(|id| format!("{role}-{id}")) {
            let flag = format!("-XX:DumpLoadedClassList={}", list(&node).display());
            let _ = writeln!(spec, "    {node}: {{ jvm_flags: [\"{flag}\", \"-XX:+UseSerialGC\"] }}");
            lists.push(list(&node));
        }
    }
    spec.push_str("topics: { t: { partitions: 10, replication_factor: 2 } }\n");

    let cluster = Cluster::new(home, &spec);
    let up = cluster.cluster(&["up", &cluster.spec]);
    if up.err.contains("needs java") {
        return None;
    }
    up.ok();
    for command in ["status", "kill broker-0", "start broker-0", "down"] {
        cluster.run(&command.split(' ').collect::<Vec<_>>()).ok();
    }
    Some(lists.iter().map(|list| fs::read_to_string(list).unwrap()).collect())
}
