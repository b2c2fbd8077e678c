use std::time::Duration;

use crate::model::signal::Signal;

use crate::bench::{Counts, Extent, Latency, Mode, Order, Report, Sending, Subject, ToolLatency, ToolReport};
use crate::cli::testing::{Data, Fake, Ran, run};
use crate::client::producer::Acks;
use crate::engine::bench::Ended;
use crate::error::ExitCode;
use crate::wire::records::Compression;

fn report() -> Report {
    Report {
        mode: Mode::Produce,
        kafka_version: "3.9.2".into(),
        build: "debug",
        topic: "bench-7".into(),
        own_topic: true,
        partitions: 6,
        replication_factor: 3,
        sending: Some(Sending {
            acks: Acks::All,
            compression: Compression::Lz4,
            batch_size: 262_144,
            linger_ms: 5,
            size: 100,
        }),
        rate: Some(1000.0),
        offered_per_s: Some(1000.4),
        messages_per_s: 999.5,
        mb_per_s: 0.09995,
        elapsed_ms: 10_005,
        latency_ms: Some(Latency { p50: 4.0, p95: 7.5, p99: 9.0, p999: 12.0, max: 20.125 }),
        counts: Counts { messages: 10_000, sent: 10_000, ..Counts::default() },
        kafka_tool: None,
        warnings: Vec::new(),
    }
}

fn ended(line: &str, ended: Ended) -> Ran {
    let fake = Fake::with_clusters(&["velib"]);
    fake.data(Data::Benched(Box::new(Ok(ended))));
    run(fake, line)
}

fn bench(line: &str, report: Report) -> Ran {
    ended(line, Ended { report, signal: None })
}

/// How it is when these came of it.
fn counted(counts: Counts) -> Report {
    Report { counts: Counts { messages: 9_990, sent: 10_000, ..counts }, ..report() }
}

#[test]
fn the_figures_come_with_what_they_were_measured_on() {
    let ran = bench("bench produce --rate 1000", report());
    assert_eq!((ran.code, &*ran.err), (ExitCode::Ok, ""));
    insta::assert_snapshot!(ran.out);
}

#[test]
fn both_stand_in_one_table_and_what_differs_is_said() {
    let kafka = ToolReport {
        tool: "kafka-producer-perf-test",
        messages: 10_000,
        messages_per_s: Some(1999.0),
        latency_ms: Some(ToolLatency { p50: Some(2.0), ..ToolLatency::default() }),
        notes: vec!["it differs".into()],
        ..ToolReport::default()
    };
    let ran = bench("bench produce --compare", Report { kafka_tool: Some(kafka), ..report() });
    insta::assert_snapshot!(ran.out);
}

#[test]
fn what_is_read_has_no_rate_offered_and_says_how_often_it_was_read() {
    let counts = Counts { messages: 25_000, sent: 10_000, times_read: 2, ..Counts::default() };
    let read = Report {
        mode: Mode::Consume,
        sending: None,
        rate: None,
        offered_per_s: None,
        latency_ms: None,
        counts,
        ..report()
    };
    insta::assert_snapshot!(bench("bench consume --topic bikes --duration 10s", read).out);
}

#[test]
fn the_json_is_as_documented() {
    let kafka_tool = Some(ToolReport {
        tool: "kafka-producer-perf-test",
        latency_ms: Some(ToolLatency::default()),
        ..ToolReport::default()
    });
    insta::assert_snapshot!(bench("bench produce --json", Report { kafka_tool, ..report() }).out);
}

#[test]
fn records_that_were_lost_are_a_failure_and_the_figures_are_shown_all_the_same() {
    let lost =
        counted(Counts { not_delivered: 3, first_error: Some("too large".into()), ..Counts::default() });
    let ran = bench("bench produce", lost);
    assert_eq!(ran.code, ExitCode::Undelivered);
    assert!(ran.out.contains("errors: 3 messages not delivered"), "{}", ran.out);
    assert!(ran.err.contains("too large"), "{}", ran.err);
    let ran = bench("bench end-to-end", counted(Counts { missing: 2, ..Counts::default() }));
    assert_eq!(ran.code, ExitCode::Undelivered);
}

#[test]
fn what_was_due_and_never_went_is_told() {
    let ran = bench("bench produce", counted(Counts { unsent: 77, ..Counts::default() }));
    assert_eq!(ran.code, ExitCode::Ok);
    assert!(ran.out.contains("77 messages were due and never went"), "{}", ran.out);
}

#[test]
fn an_interrupted_run_reports_and_hands_the_signal_on() {
    let signal = Some(Signal::INT);
    let ran = ended("bench produce", Ended { report: report(), signal });
    assert_eq!(ran.handed_on, Some(130));
    assert!(ran.out.contains("interrupted by SIGINT: these are the figures up to then"), "{}", ran.out);
    let nothing = Report { counts: Counts::default(), latency_ms: None, ..report() };
    let ran = ended("bench consume", Ended { report: nothing, signal });
    assert_eq!(ran.handed_on, Some(130));
    assert!(ran.out.contains("before anything was measured") && !ran.out.contains("CLUSTER"), "{}", ran.out);
}

#[test]
fn arguments_become_what_they_say() {
    let order = |line: &str| -> Order { bench(line, report()).fake.benches().remove(0) };
    let plain = order("bench produce");
    assert_eq!((plain.load.rate, plain.load.size), (None, 100));
    assert_eq!(plain.subject, Subject::Own { partitions: 6, replication_factor: None });
    assert_eq!(plain.load.extent, Extent::For(Duration::from_secs(10)));
    let reading = order("bench consume");
    assert_eq!((reading.load.extent, reading.reading), (Extent::Messages(500_000), None));
    let large = order("bench consume --size 1048576 --duration 3s");
    let three = Extent::For(Duration::from_secs(3));
    assert_eq!((large.load.extent, large.reading), (Extent::Messages(256), Some(three)), "not 500 GB");
    let full = order("bench end-to-end --rate 2.5 --messages 7 --acks 1 --linger 0 --topic t --compare");
    assert_eq!(
        (full.mode, full.load.rate, full.load.extent),
        (Mode::EndToEnd, Some(2.5), Extent::Messages(7))
    );
    assert_eq!((full.settings.acks, full.settings.linger), (Acks::Leader, Duration::ZERO));
    assert!(full.subject == Subject::Existing("t".into()) && full.compare);
}

#[test]
fn what_cannot_be_measured_is_refused_before_anything_is_done() {
    for (line, said) in [
        ("bench end-to-end --size 23", "--size 24"),
        ("bench end-to-end --acks 0", "--acks 1"),
        ("bench consume --topic bikes --compression lz4", "leave out `--compression`"),
        ("bench produce --duration 48h", "24 hours at most"),
        ("bench produce --rate 1e6 --duration 1h", "more than 1000000000 messages"),
    ] {
        let ran = bench(line, report());
        assert_eq!((ran.code, ran.fake.benches().len()), (ExitCode::Usage, 0), "{line}");
        assert!(ran.err.contains(said), "{}", ran.err);
    }
    for rate in ["0", "-1", "NaN", "inf", "x", "1e9", "1e-300"] {
        assert!(super::rate(rate).is_err(), "{rate}");
    }
}
