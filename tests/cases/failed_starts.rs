//! Why a node did not come up: by what it says this time, in a sentence with what helps.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use cluster::inside::Why;
use cluster::model::status::NodeState;
use rustix::fs::FlockOperation;

use crate::common::cluster::Cluster;
use crate::common::run::Run;
use crate::common::specs;

const EARLIER: &str = "of an earlier run";

fn data(cluster: &Cluster, node: &str) -> PathBuf {
    cluster.dir().0.join(node).join("data")
}

/// Takes it down, and leaves errors in its log that have nothing to do with the next start.
fn down(cluster: &Cluster) {
    cluster.run(&["down"]).ok();
    let logs = cluster.dir().0.join("broker-0/logs");
    let append = |file: &str, line: &str| {
        let mut file = OpenOptions::new().append(true).open(logs.join(file)).unwrap();
        writeln!(file, "{line}").unwrap();
    };
    append("server.log", &format!("[2026-11-23 01:00:00,000] ERROR an error {EARLIER} (kafka.Earlier)"));
    append("stdout.log", &format!("java.lang.OutOfMemoryError: {EARLIER}"));
}

#[track_caller]
fn assert_says(run: &Run, words: &[&str]) {
    let text = format!("{}{}", run.out, run.err);
    assert!(words.iter().all(|words| text.contains(words)), "{run}");
    assert!(!text.contains(EARLIER), "{run}");
}

/// Whoever is asked has this sentence and what helps, and none of an earlier run.
#[track_caller]
fn assert_does_not_come_up(cluster: &Cluster, sentence: &str, words: &str, remedy: &str) {
    let up = cluster.run(&["up", &cluster.spec]).exits(1);
    assert_says(&up, &["broker-0 did not come up", sentence, words, remedy]);
    let status = cluster.run(&["status"]).ok();
    assert_says(&status, &["exited", sentence, remedy]);
    let why = cluster.run(&["why", "broker-0", "--json"]).ok();
    assert_says(&why, &[]);
    let why: Why = serde_json::from_str(&why.out).unwrap();
    let error = why.error.unwrap_or_default();
    assert!(error.starts_with(sentence) && error.contains(words), "{error}");
    assert!(why.help[0].contains(remedy), "{:?}", why.help);
}

#[test]
fn a_start_that_fails_has_its_own_reason_and_never_one_of_an_earlier_run() {
    let spec = format!("{}restart: never\n", specs::with_zookeeper("reasons", 1, ""));
    let cluster = Cluster::up(&spec);
    let broker = data(&cluster, "broker-0");

    down(&cluster);
    fs::create_dir(broker.join("lost+found")).unwrap();
    assert_does_not_come_up(
        &cluster,
        "there is a folder in its data that is not Kafka's",
        "lost+found",
        "move that folder away",
    );
    fs::remove_dir(broker.join("lost+found")).unwrap();

    down(&cluster);
    let lock = File::create(broker.join(".lock")).unwrap();
    rustix::fs::fcntl_lock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
    assert_does_not_come_up(
        &cluster,
        "another process uses its data folder",
        "Failed to acquire lock",
        "end that process",
    );
    drop(lock);

    down(&cluster);
    cluster.run(&["up", &cluster.spec]).ok();
    // Another supervisor than the one that started it knows where its start begins, too.
    cluster.kill_supervisor();
    let process = cluster.process("broker-0");
    process.sigkill();
    cluster.until_state("broker-0", NodeState::Exited);
    assert_says(&cluster.run(&["status"]), &["exited", "it ended: "]);
    assert_says(&cluster.run(&["why", "broker-0"]).ok(), &[]);

    down(&cluster);
    fs::remove_dir_all(data(&cluster, "zookeeper-1").join("version-2")).unwrap();
    assert_does_not_come_up(
        &cluster,
        "its data are another cluster's: the cluster ids differ",
        "Invalid cluster.id",
        "cluster down --delete",
    );
}
