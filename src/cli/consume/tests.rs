use std::time::Duration;

use crate::model::signal::Signal;
use bytes::Bytes;

use crate::cli::testing::{Data, Fake, Ran, run};
use crate::client::consumer::{ConsumeError, Start};
use crate::engine::consume::read::{End, Ended, Order};
use crate::error::{ExitCode, Failure};
use crate::model::topic_partition::TopicPartition;
use crate::wire::records::{RecordsError, StoredRecord};

fn record(value: &'static [u8]) -> StoredRecord {
    StoredRecord {
        offset: 0,
        timestamp: 1,
        key: None,
        value: Some(Bytes::from_static(value)),
        headers: Vec::new(),
    }
}

fn consume(line: &str, by: End) -> Ran {
    let fake = Fake::with_clusters(&["velib"]);
    let records = vec![record(b"one"), record(b"\x1b[31mred\xff")];
    fake.data(Data::Consumed(records, Ok(Ended { messages: 2, by })));
    run(fake, line)
}

#[test]
fn messages_are_printed_as_they_are_and_counted_on_standard_error() {
    let ran = consume("consume bikes -n 2", End::Whole);
    assert_eq!((ran.code, &*ran.err), (ExitCode::Ok, "2 messages\n"));
    assert!(ran.out.starts_with("one\n"), "{:?}", ran.out);
}

#[test]
fn how_it_ended_is_told_by_the_exit_code() {
    assert_eq!(consume("consume bikes", End::Signal(Signal::INT)).handed_on, Some(130));
    let ran = consume("consume bikes --timeout 5s", End::Silence(Duration::from_secs(5)));
    assert_eq!(ran.code, ExitCode::TimedOut);
    assert_eq!(ran.err, "2 messages\nerror: no message for 5.0 s\n");
}

#[test]
fn where_to_begin_and_to_end_is_understood() {
    let asked = |line: &str| {
        let fake = Fake::with_clusters(&["velib"]);
        fake.data(Data::Consumed(Vec::new(), Ok(Ended { messages: 0, by: End::Whole })));
        run(fake.clone(), line);
        fake.reads().remove(0)
    };
    let plain = Order {
        topic: "bikes".to_owned(),
        group: None,
        partitions: Vec::new(),
        start: Start::Latest,
        until_end: false,
        count: None,
        silence: None,
    };
    assert_eq!(asked("consume bikes"), plain);
    assert_eq!(asked("consume bikes --from-beginning").start, Start::Earliest);
    assert_eq!(asked("consume bikes --offset 42").start, Start::Offset(42));
    assert_eq!(asked("consume bikes --offset -3").start, Start::Last(3));
    assert_eq!(asked("consume bikes --offset -0").start, Start::Last(0));
    assert_eq!(asked("consume bikes --at 1970-01-01T00:00:01Z").start, Start::Since(1000));
    let order = asked("consume bikes --group readers --from-beginning");
    assert_eq!((order.group.as_deref(), order.start), (Some("readers"), Start::Earliest));
    let order = asked("consume bikes -p 2,1 --partition 2 -n 7 --until-end --timeout 1s");
    assert_eq!((&order.partitions[..], order.count, order.until_end), (&[1, 2][..], Some(7), true));
    assert_eq!(order.silence, Some(Duration::from_secs(1)));
}

#[test]
fn a_slip_is_told_with_what_there_is_instead() {
    let told = |error: ConsumeError| {
        let failure = Failure::from(error);
        format!("{}: {} ({})", failure.code as u8, failure.message, failure.hint.unwrap_or_default())
    };
    let range = ConsumeError::OutOfRange {
        partition: TopicPartition::new("bikes", 3),
        offset: 9,
        earliest: 2,
        latest: 7,
    };
    assert!(told(range).starts_with("2: offset 9 is out of range: bikes/3 has 2 to 7 (`--partition 3`"));
    let damaged = ConsumeError::Unreadable {
        partition: TopicPartition::new("bikes", 3),
        offset: 9,
        reason: RecordsError::Checksum(8),
    };
    assert!(told(damaged).starts_with("1: failed to read bikes/3 at offset 9: the checksum"));
}
