use std::time::Duration;

use nix::sys::signal::Signal;

use super::compare::Kafka;
use super::work::{Mode, Order, Report};
use crate::cli::testing::{Admin, Fake, Ran, run};
use crate::client::bench::{Extent, Latency};
use crate::client::producer::Acks;
use crate::error::ExitCode;
use crate::kafka::records::Compression;

fn report() -> Report {
    Report {
        mode: Mode::Produce,
        kafka_version: "3.9.2".into(),
        topic: "bench-7".into(),
        own_topic: true,
        partitions: 6,
        replication_factor: 3,
        acks: Acks::All,
        compression: Compression::None,
        batch_size: 262_144,
        linger_ms: 5,
        size: 100,
        build: "debug",
        rate: Some(1000.0),
        offered_per_s: 1000.4,
        records_per_s: 999.5,
        mb_per_s: 0.09995,
        sent: 10_000,
        unsent: 0,
        done: 10_000,
        missing: 0,
        twice: 0,
        not_delivered: 0,
        unknown: 0,
        first_error: None,
        elapsed_ms: 10_005,
        latency_ms: Some(Latency { p50: 4.0, p95: 7.5, p99: 9.0, p999: 12.0, max: 20.125 }),
        kafka: None,
        signal: None,
        warnings: Vec::new(),
    }
}

fn bench(line: &str, report: Report) -> Ran {
    let fake = Fake::with_clusters(&["velib"]);
    fake.admin(Admin::Benched(Box::new(Ok(report))));
    run(fake, line)
}

#[test]
fn the_figures_come_with_what_they_were_measured_on() {
    let ran = bench("bench produce --rate 1000", report());
    assert_eq!((ran.code, &*ran.err), (ExitCode::Ok, ""));
    insta::assert_snapshot!(ran.out);
}

#[test]
fn both_stand_in_one_table_and_what_differs_is_said() {
    let kafka = Kafka {
        tool: "kafka-producer-perf-test",
        records: 10_000,
        records_per_s: Some(1999.0),
        p50: Some(2.0),
        notes: vec!["it differs"],
        ..Kafka::default()
    };
    let ran = bench("bench produce --compare", Report { kafka: Some(kafka), ..report() });
    insta::assert_snapshot!(ran.out);
}

#[test]
fn records_that_were_lost_are_a_failure_and_the_figures_are_shown_all_the_same() {
    let lost = Report { not_delivered: 3, first_error: Some("too large".into()), ..report() };
    let ran = bench("bench produce", lost);
    assert_eq!(ran.code, ExitCode::Undelivered);
    assert!(
        ran.out.contains("errors: 3 records not delivered") && ran.err.contains("too large"),
        "{}",
        ran.out
    );
    let ran = bench("bench end-to-end", Report { missing: 2, ..report() });
    assert_eq!(ran.code, ExitCode::Undelivered);
}

#[test]
fn an_interrupted_run_reports_and_hands_the_signal_on() {
    let ran = bench("bench produce", Report { signal: Some(Signal::SIGINT), ..report() });
    assert_eq!(ran.handed_on, Some(130));
    assert!(ran.out.contains("interrupted by SIGINT"), "{}", ran.out);
}

#[test]
fn arguments_become_what_they_say() {
    let order = |line: &str| -> Order { bench(line, report()).fake.benches().remove(0) };
    let plain = order("bench produce");
    assert_eq!((plain.load.rate, plain.load.size, plain.partitions), (None, 100, 6));
    assert_eq!(plain.load.extent, Extent::For(Duration::from_secs(10)));
    let reading = order("bench consume");
    assert_eq!((reading.load.extent, reading.reading), (Extent::Records(500_000), None));
    let full = order("bench end-to-end --rate 2.5 --messages 7 --acks 1 --linger 0 --topic t --compare");
    assert_eq!(
        (full.mode, full.load.rate, full.load.extent),
        (Mode::EndToEnd, Some(2.5), Extent::Records(7))
    );
    assert_eq!((full.settings.acks, full.settings.linger), (Acks::Leader, Duration::ZERO));
    assert!(full.topic.as_deref() == Some("t") && full.compare);
}

#[test]
fn what_cannot_be_measured_is_refused_before_a_topic_is_made() {
    for (line, said) in
        [("bench end-to-end --size 15", "--size 16"), ("bench end-to-end --acks 0", "--acks 1")]
    {
        let ran = bench(line, report());
        assert_eq!((ran.code, ran.fake.benches().len()), (ExitCode::Usage, 0));
        assert!(ran.err.contains(said), "{}", ran.err);
    }
    for rate in ["0", "-1", "NaN", "inf", "x", "1e9"] {
        assert!(super::rate(rate).is_err(), "{rate}");
    }
}
