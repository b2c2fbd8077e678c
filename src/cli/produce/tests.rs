use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::signal::Signal;

use crate::cli::testing::{Data, Fake, Ran, run};
use crate::client::producer::{
    Acks, Certainty, FirstFailure, Idempotence, PartitionReport, ProduceError, Report,
};
use crate::client::topic::TopicError;
use crate::engine::produce::feed::Ended;
use crate::engine::produce::lines::Key;
use crate::error::{ExitCode, Failure};
use crate::wire::records::Compression;

fn report() -> Report {
    let of_partition = PartitionReport { acknowledged: 1000, last_offset: Some(1999) };
    Report {
        topic: "bikes".into(),
        acks: Acks::All,
        idempotent: true,
        lines: 1000,
        acknowledged: 1000,
        not_delivered: 0,
        unknown: 0,
        perhaps_twice: 0,
        first_failure: None,
        partitions: BTreeMap::from([(3, of_partition)]),
        elapsed_ms: 12,
    }
}

fn failed() -> Report {
    Report {
        acknowledged: 980,
        not_delivered: 15,
        unknown: 5,
        first_failure: Some(FirstFailure {
            line: 7,
            delivered: Certainty::Not,
            reason: "it has no key".into(),
            remedy: Some("give it one".into()),
        }),
        ..report()
    }
}

fn produce(line: &str, report: Report, signal: Option<Signal>) -> Ran {
    let fake = Fake::with_clusters(&["velib"]);
    fake.data(Data::Produced(Ok(Ended { report, signal })));
    run(fake, line)
}

#[test]
fn the_report_is_one_line_of_talk_and_nothing_else_is_printed() {
    let ran = produce("produce bikes", report(), None);
    assert_eq!((ran.code, &*ran.out), (ExitCode::Ok, ""));
    insta::assert_snapshot!(ran.err, @r"
    broker-1 answers again
    1000 lines, 1000 acknowledged by all in-sync replicas; 12 ms
    ");
    let nobody = Report { acks: Acks::None, idempotent: false, ..report() };
    let ran = produce("produce bikes --acks 0", nobody, None);
    assert!(ran.err.contains("1000 sent, acknowledged by nobody (acks=0)"), "{}", ran.err);
    let twice = Report { perhaps_twice: 4, ..report() };
    assert!(produce("produce bikes", twice, None).err.contains("4 of them perhaps stored twice"));
}

#[test]
fn what_was_not_acknowledged_has_a_code_of_its_own_and_says_which_line_and_why() {
    let ran = produce("produce bikes", failed(), None);
    assert_eq!(ran.code, ExitCode::Undelivered);
    insta::assert_snapshot!(ran.err, @r"
    broker-1 answers again
    error: line 7 was not delivered: it has no key
    hint: give it one
    1000 lines, 980 acknowledged by all in-sync replicas, 15 not delivered, 5 sent without an answer (may be stored); 12 ms
    ");
}

#[test]
fn a_signal_is_handed_on_whatever_was_acknowledged() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let ran = produce("produce bikes", report(), Some(signal));
        assert_eq!(ran.handed_on, Some(code));
        assert!(ran.err.contains(&format!("; stopped by {signal}; 12 ms")), "{}", ran.err);
    }
}

#[test]
fn json_is_the_report() {
    let ran = produce("produce bikes --json", failed(), Some(Signal::INT));
    insta::assert_snapshot!(ran.out, @r#"
    {
      "topic": "bikes",
      "acks": "all",
      "idempotent": true,
      "lines": 1000,
      "acknowledged": 980,
      "not_delivered": 15,
      "unknown": 5,
      "perhaps_twice": 0,
      "first_failure": {
        "line": 7,
        "delivered": "not",
        "reason": "it has no key"
      },
      "partitions": {
        "3": {
          "acknowledged": 1000,
          "last_offset": 1999
        }
      },
      "elapsed_ms": 12,
      "signal": "SIGINT"
    }
    "#);
}

#[test]
fn arguments_become_what_they_say() {
    let order = |line: &str| produce(line, report(), None).fake.orders().remove(0);
    let plain = order("produce bikes");
    assert_eq!((plain.lines.key, plain.linger, plain.partition), (Key::None, None, None));
    assert_eq!(plain.settings.idempotence, Idempotence::WherePossible);
    let full = order(
        "produce bikes --key k --header a=b=c --partition 2 --acks 1 --compression lz4 --linger 0 \
         --timeout 5s --batch-size 1000",
    );
    assert_eq!(full.lines.key, Key::Same("k".into()));
    assert_eq!(full.lines.headers, [("a".into(), Some("b=c".into()))]);
    assert_eq!((full.lines.partition, full.linger), (Some(2), Some(Duration::ZERO)));
    let settings = full.settings;
    assert_eq!((settings.acks, settings.compression), (Acks::Leader, Compression::Lz4));
    assert_eq!((settings.timeout, settings.batch_size), (Duration::from_secs(5), 1000));
    let keyed = order("produce bikes --key-separator : --null-key --no-idempotence");
    assert_eq!(keyed.lines.key, Key::Before { separator: b":".to_vec(), optional: true });
    assert_eq!(keyed.settings.idempotence, Idempotence::Off);
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_read() {
    let ran = run(Fake::with_clusters(&["velib"]), "produce bikes --idempotence --acks 1");
    assert_eq!(ran.code, ExitCode::Usage);
    let ran = run(Fake::with_clusters(&["velib"]), "produce bikes --linger 5000 --timeout 5s");
    assert_eq!(ran.code, ExitCode::Usage);
    let known = vec!["bikes".to_owned(), "docks".to_owned()];
    let unknown =
        TopicError::UnknownTopic { cluster: "velib".into(), topic: "bikse".into(), user: None, known };
    let failure = Failure::from(unknown);
    assert_eq!((failure.code, &*failure.message), (ExitCode::Usage, "velib has no topic `bikse`"));
    assert_eq!(
        failure.hint.unwrap(),
        "did you mean `bikes`? topics: bikes, docks; `cluster topic create bikse` makes it"
    );
    let lacks = ProduceError::Lacks { version: "0.10.2.2".into(), what: "zstd compression", since: "2.1" };
    let failure = Failure::from(lacks);
    assert_eq!(failure.code, ExitCode::Environment);
    assert_eq!(failure.message, "Kafka 0.10.2.2 has no zstd compression, which came with Kafka 2.1");
}
