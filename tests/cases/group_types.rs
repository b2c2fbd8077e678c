//! Groups of the types that Kafka 4 has beside the classic one, as Kafka's own tools have them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::groups::{described, described_or_none, group, json_of, leave, produce, rows_of_kafka};
use crate::common::cluster::Cluster;
use crate::common::run::Running;
use crate::common::until;

/// Rows of a tool of Kafka's own, of these columns.
fn columns_of_kafka(cluster: &Cluster, line: &str, columns: &[&str]) -> BTreeSet<Vec<String>> {
    let rows = rows_of_kafka(cluster, line);
    let head = rows.iter().find(|row| row[0] == "GROUP").expect("a header").clone();
    let at: Vec<usize> =
        columns.iter().map(|column| head.iter().position(|name| name == column).unwrap()).collect();
    // A sentence about the group has more words than there are columns.
    let rows = rows.into_iter().filter(|row| row[0] != "GROUP" && row.len() <= head.len());
    rows.map(|row| at.iter().map(|at| row.get(*at).cloned().unwrap_or_default()).collect()).collect()
}

/// Fields of a row, as words.
fn words(row: &Value, fields: &[&str]) -> Vec<String> {
    let word = |field: &&str| match &row[*field] {
        Value::String(word) => word.clone(),
        Value::Null => "-".to_owned(),
        value => value.to_string(),
    };
    fields.iter().map(word).collect()
}

fn rows_of(group: &Value, fields: &[&str]) -> BTreeSet<Vec<String>> {
    group["partitions"].as_array().unwrap().iter().map(|row| words(row, fields)).collect()
}

const SHARE_FIELDS: [&str; 4] = ["topic", "partition", "committed_offset", "lag"];
const SHARE_COLUMNS: [&str; 4] = ["TOPIC", "PARTITION", "START-OFFSET", "LAG"];

/// Offsets are as a tool of Kafka's own has them, once those are committed that are being read.
fn same_rows(cluster: &Cluster, name: &str, fields: &[&str], tool: &str, columns: &[&str]) {
    until("the same rows", || {
        let rows = rows_of(&described(cluster, name), fields);
        let told = columns_of_kafka(cluster, &format!("{tool} --describe --group {name} --offsets"), columns);
        (rows.len() == 4 && rows == told).then_some(())
    });
}

/// The groups that there are: name, type, protocol.
fn same_list(cluster: &Cluster) -> BTreeSet<Vec<String>> {
    let listed = json_of(group(cluster, "list --json").ok());
    let rows = listed["groups"].as_array().unwrap().iter();
    let rows: BTreeSet<_> = rows.map(|row| words(row, &["group", "type", "protocol_type"])).collect();
    assert_eq!(rows, columns_of_kafka(cluster, "kafka-groups --list", &["GROUP", "TYPE", "PROTOCOL"]));
    rows
}

/// In its group, each of whose members has something of `bikes`, when this returns.
fn member(cluster: &Cluster, name: &str, words: &str, members: usize) -> Running {
    let words: Vec<_> = words.split_whitespace().collect();
    let running = cluster.begin(&words);
    until("members with partitions", || {
        let group = described_or_none(cluster, name)?;
        let holds = |member: &Value| member["partitions"]["bikes"].is_array();
        let all = group["members"].as_array()?;
        (all.len() == members && all.iter().all(holds)).then_some(())
    });
    running
}

#[test]
fn groups_of_every_type_are_listed_described_reset_and_deleted_as_kafkas_tools_have_them() {
    let topics = "topics: { bikes: { partitions: 4, replication_factor: 1 } }\n";
    let cluster =
        Cluster::up(&format!("name: types\nkafka: {{ version: 4.3 }}\ncontrollers: 1\nbrokers: 1\n{topics}"));
    (0..4).for_each(|partition| produce(&cluster, partition, 3));
    cluster.client().commit(&[("old".to_owned(), ("bikes".to_owned(), 0, 2))].into());
    let new = "exec console-consumer --topic bikes --from-beginning --consumer-property group.id=new \
               --consumer-property group.protocol=consumer --consumer-property client.id=one";
    let new = member(&cluster, "new", new, 1);
    let shared =
        "exec kafka-console-share-consumer --topic bikes --group shared --consumer-property client.id=two";
    let shared = member(&cluster, "shared", shared, 1);
    // It has begun with what comes after it has come.
    until("offsets of all partitions", || {
        (0..4).for_each(|partition| produce(&cluster, partition, 1));
        let known = |row: &Value| !row["committed_offset"].is_null();
        let all = |name| described(&cluster, name)["partitions"].as_array().unwrap().iter().all(known);
        (all("new") && all("shared")).then_some(())
    });

    let all = [["new", "Consumer", "consumer"], ["old", "Classic", ""], ["shared", "Share", "share"]];
    assert_eq!(same_list(&cluster), all.iter().map(|row| row.map(str::to_owned).to_vec()).collect());
    let riders = described(&cluster, "new");
    let client = riders["members"][0]["client_id"].clone();
    assert_eq!(
        (&riders["state"], &riders["type"], &client),
        (&json!("Stable"), &json!("Consumer"), &json!("one"))
    );
    let fields = ["topic", "partition", "committed_offset", "log_end_offset", "lag", "member_id"];
    let columns = ["TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG", "CONSUMER-ID"];
    same_rows(&cluster, "new", &fields, "kafka-consumer-groups", &columns);
    same_rows(&cluster, "shared", &SHARE_FIELDS, "kafka-share-groups", &SHARE_COLUMNS);
    let two = described(&cluster, "shared")["members"][0].clone();
    assert_eq!(two["partitions"], json!({ "bikes": [0, 1, 2, 3] }), "{two}");
    group(&cluster, "describe shared").ok().says("  0-3  ");
    for (name, client) in [("new", "one (127.0.0.1)"), ("shared", "two (127.0.0.1)")] {
        for line in
            [format!("reset {name} --topic bikes --to earliest --yes"), format!("delete {name} --yes")]
        {
            group(&cluster, &line).exits(7).says(client);
        }
    }

    // A member of the classic protocol beside it gets none before the other has given up some.
    let beside = member(&cluster, "new", "consume bikes --group new", 2);
    beside.interrupt();
    let beside = beside.finish().says("assigned partitions");
    assert!(!beside.err.contains("more members than partitions"), "{beside}");
    leave(new);
    leave(shared);
    for name in ["new", "shared"] {
        until("an empty group", || (described(&cluster, name)["state"] == "Empty").then_some(()));
        let reset = format!("reset {name} --topic bikes --to 1");
        group(&cluster, &format!("{reset} --dry-run")).ok().says("4 offsets would be reset");
        group(&cluster, &format!("{reset} --yes")).ok();
        let rows = rows_of(&described(&cluster, name), &["committed_offset"]);
        assert_eq!(rows, [vec!["1".to_owned()]].into(), "{name}");
    }
    same_rows(&cluster, "shared", &SHARE_FIELDS, "kafka-share-groups", &SHARE_COLUMNS);
    group(&cluster, "delete new shared --yes").ok();
    assert_eq!(same_list(&cluster).len(), 1);
}

#[test]
fn of_1500_groups_of_every_type_each_is_listed_and_described_as_kafka_has_it() {
    let topics = "topics: { bikes: { partitions: 2, replication_factor: 1 } }\n";
    let cluster = Cluster::up(&format!(
        "name: every-type\nkafka: {{ version: 4.3 }}\ncontrollers: 1\nbrokers: 1\n{topics}"
    ));
    (0..2).for_each(|partition| produce(&cluster, partition, 4));
    let names = |kind: &str| (0..500).map(|number| format!("{kind}-{number}")).collect::<Vec<_>>();
    let (old, new, shared) = (names("old"), names("new"), names("shared"));
    let client = cluster.client();
    client.found(&new, "bikes", false);
    client.found(&shared, "bikes", true);
    let offset =
        |at: usize| ("bikes".to_owned(), i32::try_from(at % 2).unwrap(), i64::try_from(at % 5).unwrap());
    let both = old.iter().chain(&new).enumerate().map(|(at, group)| (group.clone(), offset(at)));
    client.commit(&both.collect());

    let listed = same_list(&cluster);
    let of_type = |kind: &str| listed.iter().filter(|row| row[1] == kind).count();
    assert_eq!(["Classic", "Consumer", "Share"].map(of_type), [500; 3]);

    let described = json_of(group(&cluster, "describe --json").ok());
    assert_eq!(described["unknown"], json!([]));
    let groups = described["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 1500);
    let mut rows = BTreeSet::new();
    for group in groups {
        assert_eq!(group["offsets_known"], true, "{group}");
        assert_eq!(group["state"], "Empty", "{group}");
        let fields = ["topic", "partition", "committed_offset", "log_end_offset", "lag"];
        let name = vec![group["group"].as_str().unwrap().to_owned()];
        let of_group = rows_of(group, &fields).into_iter().map(|row| [name.clone(), row].concat());
        rows.extend(of_group.filter(|_| group["type"] != "Share"));
    }
    assert_eq!(rows.len(), 1000);
    let columns = ["GROUP", "TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG"];
    let line = "kafka-consumer-groups --describe --all-groups --offsets";
    assert_eq!(rows, columns_of_kafka(&cluster, line, &columns));
}
