//! Consumer groups of real clients, on both versions of Kafka.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::common::cluster::Cluster;
use crate::common::run::{Run, Running};
use crate::common::{specs, until};

/// `cluster group LINE`.
pub(super) fn group(cluster: &Cluster, line: &str) -> Run {
    let words: Vec<_> = ["group"].into_iter().chain(line.split_whitespace()).collect();
    cluster.run(&words)
}

#[track_caller]
pub(super) fn json_of(run: Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {run}"))
}

/// The one group that is described.
#[track_caller]
pub(super) fn described(cluster: &Cluster, name: &str) -> Value {
    json_of(group(cluster, &format!("describe {name} --json")).ok())["groups"][0].clone()
}

/// Committed offset, log end and lag of each partition.
fn offsets(group: &Value) -> Value {
    let row = |row: &Value| json!([row["committed_offset"], row["log_end_offset"], row["lag"]]);
    group["partitions"].as_array().unwrap().iter().map(row).collect()
}

/// A consumer of Kafka's own, in its group with `members` when this returns.
#[track_caller]
fn consumer(cluster: &Cluster, name: &str, client: &str, extra: &[&str], members: usize) -> Running {
    let id = format!("client.id={client}");
    let head = ["exec", "console-consumer", "--topic", "bikes", "--consumer-property", &id];
    let group = format!("group.id={name}");
    let running = cluster.begin(&[&head[..], &["--consumer-property", &group], extra].concat());
    until("a stable group", || {
        let group = described_or_none(cluster, name)?;
        let held = |member: &Value| member["partitions"]["bikes"].is_array();
        let all = group["members"].as_array()?;
        (group["state"] == "Stable" && all.len() == members && all.iter().all(held)).then_some(())
    });
    running
}

pub(super) fn described_or_none(cluster: &Cluster, name: &str) -> Option<Value> {
    let run = group(cluster, &format!("describe {name} --json"));
    (run.code == 0).then(|| json_of(run)["groups"][0].clone())
}

#[track_caller]
pub(super) fn leave(consumer: Running) {
    consumer.interrupt();
    consumer.finish();
}

pub(super) fn produce(cluster: &Cluster, partition: i32, records: usize) {
    let client = cluster.client();
    for _ in 0..records {
        client.produce("bikes", partition).unwrap();
    }
}

#[test]
fn a_group_is_seen_with_its_members_then_reset_and_deleted_once_they_are_gone() {
    let topics = "topics: { bikes: { partitions: 2, replication_factor: 2 } }\n";
    let cluster = Cluster::up(&specs::sized("groups", 1, 2, topics));
    group(&cluster, "list").ok().says("there are no groups");
    group(&cluster, "describe riders").exits(2).says("has no group `riders`");
    let internal = cluster.run(&["topic", "list", "--internal", "--json"]).ok();
    assert!(!internal.out.contains("__consumer_offsets"), "to look creates nothing: {internal}");

    produce(&cluster, 0, 3);
    produce(&cluster, 1, 5);
    let one = consumer(&cluster, "riders", "one", &["--from-beginning"], 1);
    let other = consumer(&cluster, "riders", "other", &["--from-beginning"], 2);
    let riders = described(&cluster, "riders");
    let held: Vec<_> =
        riders["members"].as_array().unwrap().iter().map(|m| &m["partitions"]["bikes"]).collect();
    assert_eq!(json!(held), json!([[0], [1]]), "{riders}");
    let clients: Vec<_> = riders["members"].as_array().unwrap().iter().map(|m| &m["client_id"]).collect();
    assert_eq!(json!(clients), json!(["one", "other"]));
    let listed = json_of(group(&cluster, "list --json").ok());
    assert_eq!((&listed["groups"][0]["members"], &listed["unknown"]), (&json!(2), &json!([])));
    for line in ["reset riders --topic bikes --to earliest --yes", "delete riders --yes"] {
        group(&cluster, line).exits(7).says("one (127.0.0.1), other (127.0.0.1)");
    }
    leave(one);
    leave(other);

    let riders = described(&cluster, "riders");
    assert_eq!((&riders["state"], offsets(&riders)), (&json!("Empty"), json!([[3, 3, 0], [5, 5, 0]])));
    for (line, said) in [
        ("reset rider --topic bikes --to earliest --yes", "did you mean `riders`?"),
        ("reset riders --topic bike --to earliest --yes", "did you mean `bikes`?"),
        ("reset riders --topic bikes:2 --to earliest --yes", "has no partition 2"),
        ("reset riders --topic bikes --to 4 --yes", "bikes/0: 4 is not within 0 to 3"),
        ("reset riders --all-topics --shift-by 1 --yes", "bikes/1: 6 is not within 0 to 5"),
        ("reset riders --topic bikes --to earliest", "--yes"),
        ("delete riders", "--yes"),
        ("delete riders nobody --yes", "has no group `nobody`"),
    ] {
        group(&cluster, line).exits(2).says(said);
    }
    group(&cluster, "reset riders --topic bikes --to earliest --dry-run")
        .ok()
        .says("2 offsets would be reset");
    assert_eq!(offsets(&described(&cluster, "riders")), json!([[3, 3, 0], [5, 5, 0]]), "nothing half done");

    group(&cluster, "reset riders --topic bikes:1 --to 2 --yes").ok().says("riders: 1 offset reset");
    assert_eq!(offsets(&described(&cluster, "riders")), json!([[3, 3, 0], [2, 5, 3]]));
    group(&cluster, "reset riders --all-topics --shift-by -1 --yes").ok();
    assert_eq!(offsets(&described(&cluster, "riders")), json!([[2, 3, 1], [1, 5, 4]]));
    group(&cluster, "reset riders --topic bikes --to-time 1h --yes").ok();
    assert_eq!(offsets(&described(&cluster, "riders")), json!([[0, 3, 3], [0, 5, 5]]));
    group(&cluster, "reset riders --topic bikes --to-time 2100-01-01 --yes").ok();
    assert_eq!(offsets(&described(&cluster, "riders")), json!([[3, 3, 0], [5, 5, 0]]));
    group(&cluster, "reset riders --topic bikes:0 --to earliest --yes").ok();
    let again = "exec console-consumer --group riders --topic bikes --max-messages 3";
    cluster.run(&again.split(' ').collect::<Vec<_>>()).ok().says("Processed a total of 3 messages");

    group(&cluster, "delete riders --yes").ok().says("riders: deleted");
    group(&cluster, "describe riders").exits(2);
    group(&cluster, "list").ok().says("there are no groups");
}

/// What a tool of Kafka's own prints: the words of each line.
pub(super) fn rows_of_kafka(cluster: &Cluster, line: &str) -> BTreeSet<Vec<String>> {
    let words: Vec<_> = ["exec"].into_iter().chain(line.split_whitespace()).collect();
    let run = cluster.run(&words).ok();
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    run.out.lines().map(words).filter(|row| !row.is_empty()).collect()
}

#[test]
fn groups_of_a_broker_that_does_not_answer_are_unknown_until_another_coordinates_them() {
    let topics = "topics: { bikes: { partitions: 2, replication_factor: 2 } }\n";
    let cluster = Cluster::up(&specs::sized("half-dead", 1, 2, topics));
    produce(&cluster, 0, 3);
    let consumer = consumer(&cluster, "riders", "one", &[], 1);
    let coordinator = format!("broker-{}", described(&cluster, "riders")["coordinator"]);
    cluster.run(&["kill", &coordinator, "--signal", "STOP", "--force"]).ok();
    for line in ["list", "describe riders"] {
        let run = group(&cluster, line).ok().says(&format!("unknown: groups of {coordinator}, which leads"));
        assert!(run.took < Duration::from_secs(3), "{run}");
    }
    group(&cluster, "describe riders").says("State: unknown");
    group(&cluster, "delete riders --yes").exits(1).says(&coordinator);
    cluster.run(&["kill", &coordinator, "--force"]).ok();
    let moved = until("another coordinator", || {
        let group = described_or_none(&cluster, "riders")?;
        (group["state"] == "Stable").then_some(group)
    });
    assert_ne!(format!("broker-{}", moved["coordinator"]), coordinator);
    assert!(json_of(group(&cluster, "list --json").ok())["unknown"].as_array().unwrap().is_empty());
    leave(consumer);
}

#[test]
fn kafka_0_10_lists_describes_and_resets_and_names_what_it_lacks() {
    let rest = "kafka: { version: 0.10.2.2 }\ntopics: { bikes: { partitions: 2, replication_factor: 1 } }\n";
    let cluster = Cluster::up(&specs::with_zookeeper("old-groups", 1, rest));
    group(&cluster, "list").ok().says("there are no groups");
    produce(&cluster, 0, 3);
    let one = consumer(&cluster, "riders", "one", &["--from-beginning"], 1);
    let riders = described(&cluster, "riders");
    assert_eq!(riders["members"][0]["partitions"], json!({ "bikes": [0, 1] }));
    group(&cluster, "reset riders --topic bikes --to earliest --yes").exits(7).says("one (127.0.0.1)");
    leave(one);
    let riders = described(&cluster, "riders");
    assert_eq!((&riders["state"], offsets(&riders)), (&json!("Empty"), json!([[3, 3, 0], [0, 0, 0]])));
    group(&cluster, "reset riders --all-topics --to earliest --yes").ok();
    assert_eq!(offsets(&described(&cluster, "riders")), json!([[0, 3, 3], [0, 0, 0]]));
    group(&cluster, "reset riders --topic bikes:0 --to-time 1h --dry-run")
        .ok()
        .says("1 offset would be reset");
    group(&cluster, "delete riders --yes").exits(6).says("DeleteGroups").says("Kafka 1.1");
    group(&cluster, "describe rider").exits(2).says("did you mean `riders`?");
}
