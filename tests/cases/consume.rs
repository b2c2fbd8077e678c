//! `cluster consume`, as its users reach it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::Command;
use std::sync::Arc;

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::common::cluster::Cluster;
use crate::common::run::{Run, Running};
use crate::common::shared::OfFile;
use crate::common::until;

/// 1 ZooKeeper server and 2 brokers, of which nobody may stop any. Every test has topics of its own.
fn shared() -> Arc<Cluster> {
    static CLUSTER: OfFile = OfFile::new();
    CLUSTER.get("consume")
}

fn words<'a>(command: &'a str, line: &'a str) -> Vec<&'a str> {
    command.split(' ').chain(line.split_whitespace()).collect()
}

fn create(cluster: &Cluster, line: &str) {
    cluster.run(&words("topic create", line)).ok();
}

/// `cluster consume LINE`, to its end.
fn run(cluster: &Cluster, line: &str) -> Run {
    cluster.run(&words("consume", line))
}

/// The lines that it prints.
#[track_caller]
fn consumed(cluster: &Cluster, line: &str) -> Vec<String> {
    run(cluster, line).ok().out.lines().map(str::to_owned).collect()
}

fn begin(cluster: &Cluster, line: &str) -> Running {
    cluster.begin(&words("consume", line))
}

/// All of `input` to a command.
#[track_caller]
fn fed(command: Command, input: &str) -> Run {
    let (running, mut stdin) = Running::fed(command);
    // A command that refuses its arguments reads nothing.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    running.finish().ok()
}

#[track_caller]
fn produce(cluster: &Cluster, line: &str, input: &str) {
    let arguments = [&["-c", &cluster.name][..], &words("produce", line)].concat();
    fed(cluster.command(&arguments), input);
}

/// A shell for `script`, in which `$cluster` is the program.
fn shell(cluster: &Cluster, script: &str) -> Running {
    let plain = cluster.command::<&str>(&[]);
    let mut shell = Command::new("bash");
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.env("cluster", env!("CARGO_BIN_EXE_cluster")).env("CLUSTER_NAME", &cluster.name);
    shell.args(["-c", script]);
    Running::start(shell)
}

/// Another client, when this machine has it.
fn kcat(cluster: &Cluster, line: &str) -> Option<Command> {
    if Command::new("kcat").arg("-V").output().is_err() {
        println!("without kcat: it is not installed");
        return None;
    }
    let mut command = Command::new("kcat");
    command.arg("-q").args(cluster.for_kcat()).args(line.split_whitespace());
    Some(command)
}

/// `hello-0`, `hello-1`, ..., a line each.
fn numbered(prefix: &str, count: usize) -> String {
    (0..count).map(|number| format!("{prefix}-{number}\n")).collect()
}

#[test]
fn reading_begins_and_ends_where_it_is_told_to() {
    let cluster: &Cluster = &shared();
    create(cluster, "places --partitions 2 --config retention.ms=-1");
    // From 2023-11-14T22:13:20Z on, a second apart.
    let message = |partition: usize, count: u64| -> String {
        let line = |number: u64| {
            let timestamp = 1_700_000_000_000 + number * 1000;
            let (key, value) = (format!("k{number}"), format!("{partition}-{number}"));
            let line = json!({ "key": key, "value": value, "partition": partition, "timestamp": timestamp });
            format!("{line}\n")
        };
        (0..count).map(line).collect()
    };
    produce(cluster, "places --json", &(message(0, 5) + &message(1, 3)));
    for (line, expected) in [
        ("-p 0 --from-beginning --until-end", "0-0 0-1 0-2 0-3 0-4"),
        ("-p 1 --from-beginning --until-end", "1-0 1-1 1-2"),
        ("-p 0 --offset 3 --until-end", "0-3 0-4"),
        ("-p 0 --offset 5 --until-end", ""),
        ("-p 0 --offset -2 --until-end", "0-3 0-4"),
        ("-p 1 --offset -9 --until-end", "1-0 1-1 1-2"),
        ("-p 0 --at 2023-11-14T22:13:23Z --until-end", "0-3 0-4"),
        ("-p 0 --from-beginning -n 2", "0-0 0-1"),
        ("-p 0 --offset 1 -n 1 --key-separator =>", "k1=>0-1"),
        ("-p 0 --until-end", ""),
    ] {
        assert_eq!(consumed(cluster, &format!("places {line}")).join(" "), expected, "{line}");
    }
    // The order within a partition is Kafka's, the one between them nobody's.
    let mut all = consumed(cluster, "places --offset -2 --until-end");
    all.sort_by_key(|line| line.split('-').next().unwrap().to_owned());
    assert_eq!(all, ["0-3", "0-4", "1-1", "1-2"]);
    let printed = consumed(cluster, "places -p 1 --offset 2 --until-end --json");
    let object: Value = serde_json::from_str(&printed[0]).unwrap();
    let expected = json!({
        "topic": "places", "partition": 1, "offset": 2, "timestamp": 1_700_000_002_000_i64,
        "key": "k2", "value": "1-2", "headers": [],
    });
    assert_eq!((object, printed.len()), (expected, 1));

    run(cluster, "placs --from-beginning").exits(2).says("did you mean `places`?");
    run(cluster, "places -p 2").exits(2).says("places has no partition 2").says("they are 0 to 1");
    run(cluster, "places --offset 4").exits(2).says("offset 4 is out of range: places/1 has 0 to 3");
    run(cluster, "places --offset 1 --from-beginning").exits(2).says("cannot be used with");
    run(cluster, "places -p 0 --from-beginning --timeout 1s")
        .exits(8)
        .says("no message for 1.0 s")
        .says("0-4");
    assert!(!cluster.run(&["topic", "list"]).ok().out.contains("placs"), "it is not created in silence");
}

#[test]
fn it_follows_what_comes_until_its_reader_or_its_user_has_enough() {
    let cluster: &Cluster = &shared();
    create(cluster, "news --partitions 1");
    produce(cluster, "news", "old\n");
    let running = begin(cluster, "news");
    until("what is new", || {
        produce(cluster, "news", "new\n");
        running.out().contains("new\n").then_some(())
    });
    running.interrupt();
    let run = running.finish().exits(130);
    assert!(run.out.lines().all(|line| line == "new") && run.err.contains(" message"), "{run}");

    let mut headed =
        shell(cluster, "$cluster consume news --from-beginning | head -n 1; exit ${PIPESTATUS[0]}");
    until("its end, at the first message without a reader", || {
        produce(cluster, "news", "more\n");
        (!headed.is_running()).then_some(())
    });
    assert_eq!(headed.finish().ok().out, "old\n");

    // What was removed while it did not read is told. Of what comes it has at most the first in hand.
    create(cluster, "short --partitions 1");
    produce(cluster, "short", "first\n");
    let running = begin(cluster, "short --from-beginning");
    until("the first", || running.out().contains("first\n").then_some(()));
    running.kill(Signal::SIGSTOP);
    for number in 0..9 {
        produce(cluster, "short", &format!("{number}\n"));
    }
    let request = json!({ "partitions": [{ "topic": "short", "partition": 0, "offset": 10 }], "version": 1 });
    let file = cluster.write("delete-records.json", request.to_string());
    cluster.run(&["exec", "kafka-delete-records", "--offset-json-file", &file]).ok();
    running.kill(Signal::SIGCONT);
    produce(cluster, "short", "last\n");
    until("what is kept", || running.out().ends_with("last\n").then_some(()));
    running.interrupt();
    let run = running.finish().exits(130).says("on are no longer kept; going on at 10");
    assert!(!run.out.contains('8'), "{run}");
}

#[test]
fn json_that_is_produced_again_is_the_same_topic() {
    let cluster: &Cluster = &shared();
    create(cluster, "origin --partitions 2");
    create(cluster, "replica --partitions 2");
    let lines = concat!(
        r#"{"key":"k","value":"a \"quoted\" é","headers":[["n","v"],["n",null]],"partition":0}"#,
        "\n",
        r#"{"key":"k","value":null,"partition":0}"#,
        "\n",
        r#"{"value":"","partition":1}"#,
        "\n",
        r#"{"key_base64":"/w==","value_base64":"gAA=","headers":[["b",{"base64":"/wA="}]],"partition":1}"#,
        "\n",
    );
    produce(cluster, "origin --json", lines);
    let copy = "set -o pipefail; $cluster consume origin --from-beginning --until-end --json \
                | $cluster produce replica --json";
    shell(cluster, copy).finish().ok();
    for partition in ["0", "1"] {
        let all = |topic: &str| -> Vec<Value> {
            let line = format!("{topic} -p {partition} --from-beginning --until-end --json");
            let objects = consumed(cluster, &line);
            let objects = objects.iter().map(|line| line.replacen(topic, "TOPIC", 1));
            objects.map(|line| serde_json::from_str(&line).unwrap()).collect()
        };
        let origin = all("origin");
        assert_eq!((origin.len(), &origin), (2, &all("replica")));
        match partition {
            "0" => {
                assert_eq!(origin[0]["headers"], json!([["n", "v"], ["n", null]]));
                assert_eq!(origin[1]["value"], Value::Null);
            }
            _ => {
                assert_eq!((&origin[0]["key"], &origin[0]["value"]), (&Value::Null, &json!("")));
                assert_eq!(origin[1]["value_base64"], "gAA=");
                assert_eq!(origin[1]["headers"], json!([["b", { "base64": "/wA=" }]]));
            }
        }
    }
}

#[test]
fn every_compression_of_every_client_is_read() {
    let cluster: &Cluster = &shared();
    create(cluster, "codecs --partitions 1");
    let mut expected = String::new();
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let lines = numbered(codec, 500);
        produce(cluster, &format!("codecs --compression {codec} --batch-size 2000"), &lines);
        expected += &lines;
        if let Some(kcat) = kcat(cluster, &format!("-P -t codecs -p 0 -z {codec}")) {
            let lines = numbered(&format!("kcat-{codec}"), 500);
            fed(kcat, &lines);
            expected += &lines;
        }
    }
    // Java frames snappy in a way of its own.
    let java = ["-c", &cluster.name, "exec", "kafka-console-producer", "--topic", "codecs"];
    let lines = numbered("java", 500);
    fed(cluster.command(&[&java[..], &["--compression-codec", "snappy"]].concat()), &lines);
    expected += &lines;
    assert_eq!(run(cluster, "codecs --from-beginning --until-end").ok().out, expected);
    // What is committed is what was printed, also from within a batch.
    for expected in expected.lines().collect::<Vec<_>>().chunks(7).take(2) {
        assert_eq!(consumed(cluster, "codecs --group sevens --from-beginning -n 7"), expected);
    }
    let tail: Vec<_> = expected.lines().rev().take(7).collect();
    let mut read = consumed(cluster, "codecs --offset -7 --until-end");
    read.reverse();
    assert_eq!(read, tail);
}

/// A member, and how often it was told which partitions it has.
fn told(member: &Running) -> Vec<Vec<i32>> {
    let err = member.err();
    let lists = err.lines().filter_map(|line| line.strip_prefix("assigned partition"));
    // `0-2,4`.
    let numbers = |run: &str| {
        let (first, last) = run.split_once('-').unwrap_or((run, run));
        first.parse::<i32>().unwrap()..=last.parse().unwrap()
    };
    lists.map(|list| list.trim_start_matches('s').trim().split(',').flat_map(numbers).collect()).collect()
}

/// Until the members have the four partitions between them, each one owner.
#[track_caller]
fn until_shared(members: &[&Running]) {
    until("partitions are shared", || {
        let held: Vec<_> = members.iter().map(|member| told(member).pop()).collect::<Option<Vec<_>>>()?;
        let mut all = held.concat();
        all.sort_unstable();
        (all == [0, 1, 2, 3] && held.iter().all(|one| !one.is_empty())).then_some(())
    });
}

/// Partition and offset of each line of `--json`; one that is not whole yet does not count.
fn places(out: &str) -> Vec<(i64, i64)> {
    let objects = out.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let place = |line: &str| {
        let object: Value = serde_json::from_str(line).unwrap();
        (object["partition"].as_i64().unwrap(), object["offset"].as_i64().unwrap())
    };
    objects.map(place).collect()
}

#[test]
fn members_share_the_partitions_and_take_over_from_one_that_leaves_or_is_killed() {
    let cluster: &Cluster = &shared();
    create(cluster, "shares --partitions 4");
    let mut rounds = 0;
    // Ten messages a partition more.
    let mut feed = || {
        let line = |number: usize| format!("{{\"value\":\"x\",\"partition\":{}}}\n", number % 4);
        produce(cluster, "shares --json", &(0..40).map(line).collect::<String>());
        rounds += 1;
        (0..4).flat_map(|partition| (0..rounds * 10).map(move |offset| (partition, offset))).collect()
    };
    let until_read = |outs: &dyn Fn() -> Vec<(i64, i64)>, all: &BTreeSet<(i64, i64)>| {
        until("every message", || {
            let read = outs();
            let set: BTreeSet<_> = read.iter().copied().collect();
            (set == *all).then_some(read)
        })
    };
    let line = "shares --group riders --from-beginning --json";
    let one = begin(cluster, line);
    until_shared(&[&one]);
    let two = begin(cluster, line);
    until_shared(&[&one, &two]);
    let all: BTreeSet<_> = feed();
    until_read(&|| [places(&one.out()), places(&two.out())].concat(), &all);
    assert!(places(&one.out()).len() == 20 && places(&two.out()).len() == 20, "each has two partitions");

    two.interrupt();
    let two = places(&two.finish().exits(130).out);
    until_shared(&[&one]);
    let all = feed();
    let read = until_read(&|| [places(&one.out()), two.clone()].concat(), &all);
    assert_eq!(read.len(), all.len(), "none twice, since it had committed when it left");

    let three = begin(cluster, line);
    until_shared(&[&one, &three]);
    let all = feed();
    until_read(&|| [places(&one.out()), two.clone(), places(&three.out())].concat(), &all);
    three.kill(Signal::SIGKILL);
    let three = places(&three.finish().exits(137).out);
    until_shared(&[&one]);
    let all = feed();
    until_read(&|| [places(&one.out()), two.clone(), three.clone()].concat(), &all);

    // Beside another client.
    if let Some(kcat) = kcat(cluster, "-G riders -u -f {\"partition\":%p,\"offset\":%o}\\n shares") {
        let before = told(&one).len();
        let kcat = Running::start(kcat);
        until("fewer partitions", || {
            let told = told(&one);
            (told.len() > before && told.last()?.len() == 2).then_some(())
        });
        let all = feed();
        let read = || [places(&one.out()), two.clone(), three.clone(), places(&kcat.out())].concat();
        until_read(&read, &all);
        kcat.kill(Signal::SIGTERM);
        kcat.finish();
        until_shared(&[&one]);
    }
    // Another that begins finds nothing left.
    one.interrupt();
    one.finish().exits(130);
    assert_eq!(consumed(cluster, "shares --group riders --until-end"), [""; 0]);
    let described: Value =
        serde_json::from_str(&cluster.run(&["group", "describe", "riders", "--json"]).ok().out).unwrap();
    let lags = described["groups"][0]["partitions"].as_array().unwrap().iter().map(|row| row["lag"].clone());
    assert_eq!(lags.collect::<Vec<_>>(), [0; 4]);
}

/// Kafka takes any text for a group's name.
#[test]
fn what_others_chose_is_shown_and_not_obeyed_by_a_terminal_and_whole_in_json() {
    let cluster: &Cluster = &shared();
    create(cluster, "hostile --partitions 1");
    let message = "esc\x1b[31mred\x07\u{9b}2J";
    produce(cluster, "hostile", &format!("{message}\n"));
    let name = format!("{message}\nnext");
    let shown = r"esc\x1b[31mred\x07\u{9b}2J";
    let line = format!(r"{shown}\nnext");
    let read = ["consume", "hostile", "--group", &name, "--from-beginning", "-n", "1"];
    assert_eq!(cluster.run(&read).ok().out, format!("{message}\n"), "exact bytes in a pipe");

    for words in [&["group", "list"][..], &["group", "describe", &name]] {
        let run = cluster.run(words).ok().says(&line);
        let obeyed = run.out.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(obeyed, None, "{run}");
        assert!(!run.out.lines().any(|line| line.starts_with("next")), "one row: {run}");
        let json = cluster.run(&[words, &["--json"]].concat()).ok();
        let groups: Value = serde_json::from_str(&json.out).unwrap();
        let mut names = groups["groups"].as_array().unwrap().iter().map(|group| &group["group"]);
        assert!(names.any(|whole| *whole == name), "{json}");
        assert!(!json.out.contains('\u{9b}'), "{json}");
    }
    let unknown = cluster.run(&["group", "describe", &format!("{name}?")]).exits(2).says(shown);
    assert!(!unknown.err.contains('\x1b'), "{unknown}");

    // util-linux's script(1) is a terminal.
    let terminal = r#"script -qec "$cluster consume hostile --from-beginning --until-end" /dev/null"#;
    let run = shell(cluster, terminal).finish().ok().says(shown);
    assert!(!run.out.contains("\x1b[31m") && !run.out.contains('\x07'), "{run}");
}

#[test]
fn kafka_0_10_message_sets_are_read_and_a_paused_leader_delays_its_partitions_only() {
    let brokers = "kafka: { version: 0.10.2.2 }\nbrokers: { count: 2 }\n";
    let cluster = Cluster::up(&format!("name: old-consume\nzookeeper: 1\n{brokers}"));
    create(&cluster, "sets --assignment 0:1");
    let mut expected = String::new();
    for codec in ["none", "gzip", "snappy", "lz4"] {
        let lines = numbered(codec, 500);
        produce(&cluster, &format!("sets --compression {codec} --batch-size 2000 --key k"), &lines);
        expected += &lines;
        let old = "-X api.version.request=true -X broker.version.fallback=0.10.2";
        if let Some(kcat) = kcat(&cluster, &format!("-P -t sets -p 0 -z {codec} {old}")) {
            let lines = numbered(&format!("kcat-{codec}"), 500);
            fed(kcat, &lines);
            expected += &lines;
        }
    }
    let java = ["-c", &cluster.name, "exec", "kafka-console-producer", "--topic", "sets"];
    let lines = numbered("java", 500);
    fed(cluster.command(&[&java[..], &["--compression-codec", "lz4"]].concat()), &lines);
    expected += &lines;
    assert_eq!(run(&cluster, "sets --from-beginning --until-end").ok().out, expected);
    let lines: Vec<_> = expected.lines().collect();
    // From within a set that is compressed as a whole.
    for offset in [1, 777, 1234] {
        let read = consumed(&cluster, &format!("sets --offset {offset} -n 3"));
        assert_eq!(read, lines[offset..offset + 3], "{offset}");
    }
    assert_eq!(run(&cluster, "sets --group old --from-beginning --until-end").ok().out, expected);
    assert_eq!(run(&cluster, "sets --group old --until-end").ok().out, "");

    create(&cluster, "halves --assignment 0,1");
    let running = begin(&cluster, "halves --from-beginning");
    let lines_of = |prefix: &str| running.out().lines().filter(|line| line.starts_with(prefix)).count();
    let both = || BTreeMap::from([("zero", lines_of("zero")), ("one", lines_of("one"))]);
    produce(&cluster, "halves --partition 0", &numbered("zero", 10));
    produce(&cluster, "halves --partition 1", &numbered("one", 10));
    until("both", || (both() == BTreeMap::from([("zero", 10), ("one", 10)])).then_some(()));
    cluster.run(&["kill", "broker-0", "--signal", "STOP", "--force"]).ok();
    until("the news of it", || running.err().contains("broker-0 does not answer").then_some(()));
    // In each round it is asked again and does not answer.
    for round in 2..5 {
        produce(&cluster, "halves --partition 1", &numbered("one", 10));
        until("those of the other", || (lines_of("one") == round * 10).then_some(()));
    }
    assert_eq!(lines_of("zero"), 10);
    cluster.run(&["kill", "broker-0", "--signal", "CONT"]).ok();
    produce(&cluster, "halves --partition 0", &numbered("zero", 10));
    until("those that waited", || (lines_of("zero") == 20).then_some(()));
    running.interrupt();
    running.finish().exits(130).says("broker-0 answers again");
}
