//! The core against scripted brokers: whatever goes wrong, each record comes once and in order.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use tokio::time::Instant;

use super::core::{Core, Effect};
use super::error::ConsumeError;
use crate::client::notice::Notice;
use crate::model::view::PartitionView;
use crate::wire::fetch::Fetched;
use crate::wire::records::{BatchBuilder, Compression, Record, Sequence};

const END: i64 = 40;

/// A batch of the records from this offset on, whose values are their offsets.
fn batch(first: i64, count: i64) -> Vec<u8> {
    let mut builder = BatchBuilder::default();
    for offset in first..first + count {
        let value = Some(Bytes::from(offset.to_string()));
        builder.push(&Record { value, ..Record::default() });
    }
    let mut bytes = Vec::new();
    builder.close(Compression::None).write(Sequence::NONE, &mut bytes);
    bytes[..8].copy_from_slice(&first.to_be_bytes());
    bytes
}

fn led_by(leaders: &[i32]) -> BTreeMap<i32, PartitionView> {
    let view = |leader: i32| PartitionView {
        leader: Some(leader).filter(|leader| *leader >= 0),
        leader_epoch: None,
        replicas: vec![0, 1, 2],
        isr: vec![0, 1, 2],
    };
    (0..).zip(leaders.iter().map(|leader| view(*leader))).collect()
}

fn fetched(partition: i32, code: i16, records: Vec<u8>) -> Fetched {
    Fetched { partition, code, high_watermark: END, records: records.into() }
}

fn reading(partitions: i32) -> (Core, Instant) {
    let now = Instant::now();
    let mut core = Core::new("bikes");
    core.led(Some(&led_by(&vec![0; partitions as usize])), now).unwrap();
    (0..partitions).for_each(|partition| core.assign(partition, 0, Some(END)));
    (core, now)
}

/// Everything that can be taken, as offsets by partition.
fn take_all(core: &mut Core, into: &mut BTreeMap<i32, Vec<i64>>) {
    while let Some(taken) = core.take().unwrap() {
        for record in taken.records {
            assert_eq!(record.value.unwrap(), record.offset.to_string());
            into.entry(taken.partition).or_default().push(record.offset);
        }
    }
}

/// What becomes of one request.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// Batches of `size` records, beginning `before` records before what was asked for, `cut` bytes lacking.
    Answered {
        size: i64,
        before: i64,
        cut: usize,
    },
    Error(i16),
    Lost,
    /// Its answer comes after the next one's.
    Late,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => (1..9i64, 0..5i64, 0..40usize).prop_map(|(size, before, cut)| Fate::Answered { size, before, cut }),
        1 => prop_oneof![Just(6i16), Just(5), Just(3), Just(74), Just(-1), Just(78)].prop_map(Fate::Error),
        1 => Just(Fate::Lost),
        1 => Just(Fate::Late),
    ]
}

fn answer(fate: Fate, partitions: &[(i32, i64)]) -> Vec<Fetched> {
    let of_partition = |(partition, offset): &(i32, i64)| match fate {
        Fate::Answered { size, before, cut } => {
            let first = (offset - before).max(0);
            let mut bytes = batch(first, (offset + size).min(END) - first);
            let next = (offset + size).min(END);
            if next < END {
                bytes.extend(batch(next, (END - next).min(3)));
            }
            bytes.truncate(bytes.len().saturating_sub(cut).max(1));
            fetched(*partition, 0, bytes)
        }
        Fate::Error(code) => fetched(*partition, code, Vec::new()),
        Fate::Lost | Fate::Late => unreachable!("they are no answers"),
    };
    partitions.iter().map(of_partition).collect()
}

proptest! {
    #[test]
    fn each_record_comes_once_and_in_order_whatever_goes_wrong(
        fates in vec((fate(), vec(-1..3i32, 3)), 1..60),
    ) {
        let (mut core, mut now) = reading(3);
        let mut taken = BTreeMap::new();
        let mut fates = fates.into_iter();
        let mut late: Vec<(i32, Vec<(i32, i64)>)> = Vec::new();
        let mut leaders = vec![0, 0, 0];
        let mut rounds = 0;
        while !core.is_done() {
            rounds += 1;
            prop_assert!(rounds < 5000, "it does not come to an end: {:?}", core);
            now += Duration::from_millis(300);
            // Once the script is over, all goes well.
            while let Some(action) = core.next(now) {
                match action {
                    Effect::Look => {
                        // Nobody leads for ever.
                        if fates.len() == 0 || rounds % 20 == 0 {
                            leaders = vec![1, 2, 0];
                        }
                        core.led(Some(&led_by(&leaders)), now).unwrap();
                    }
                    Effect::Range { partition, .. } => core.ranged(partition, Some((0, END)), now),
                    Effect::Fetch { broker, partitions } => match fates.next() {
                        Some((Fate::Late, moved)) => {
                            leaders = moved;
                            late.push((broker, partitions));
                        }
                        Some((Fate::Lost, moved)) => {
                            leaders = moved;
                            core.unanswered(broker, "connection refused", now);
                        }
                        Some((fate, moved)) => {
                            leaders = moved;
                            core.answered(broker, answer(fate, &partitions), now).unwrap();
                        }
                        None => {
                            let fate = Fate::Answered { size: 7, before: 0, cut: 0 };
                            core.answered(broker, answer(fate, &partitions), now).unwrap();
                        }
                    },
                }
                if rounds % 3 == 0 {
                    take_all(&mut core, &mut taken);
                }
            }
            for (broker, partitions) in late.drain(..) {
                let fate = Fate::Answered { size: 5, before: 2, cut: 0 };
                core.answered(broker, answer(fate, &partitions), now).unwrap();
            }
            take_all(&mut core, &mut taken);
        }
        let whole: Vec<i64> = (0..END).collect();
        prop_assert_eq!(taken, (0..3).map(|partition| (partition, whole.clone())).collect::<BTreeMap<_, _>>());
    }
}

#[test]
fn a_broker_is_asked_again_only_once_its_answer_is_handed_out() {
    let (mut core, now) = reading(1);
    let asked = Effect::Fetch { broker: 0, partitions: vec![(0, 0)] };
    assert_eq!(core.next(now), Some(asked));
    assert_eq!(core.next(now), None);
    core.answered(0, vec![fetched(0, 0, batch(0, 3))], now).unwrap();
    assert_eq!(core.next(now), None, "three records wait to be taken");
    let mut taken = BTreeMap::new();
    take_all(&mut core, &mut taken);
    assert_eq!(taken[&0], [0, 1, 2]);
    assert_eq!(core.next(now), Some(Effect::Fetch { broker: 0, partitions: vec![(0, 3)] }));
}

#[test]
fn what_retention_removed_is_told_and_passed_over() {
    let (mut core, now) = reading(1);
    core.next(now);
    core.answered(0, vec![fetched(0, 1, Vec::new())], now).unwrap();
    assert_eq!(core.next(now), Some(Effect::Range { broker: 0, partition: 0 }));
    assert_eq!(core.next(now), None, "it is asked once");
    core.ranged(0, Some((7, END)), now);
    assert_eq!(core.notices, [Notice::Skipped { partition: 0, from: 0, to: 7 }]);
    assert_eq!(core.next(now), Some(Effect::Fetch { broker: 0, partitions: vec![(0, 7)] }));
}

#[test]
fn a_log_that_was_cut_off_is_read_on_from_its_end() {
    let (mut core, now) = reading(1);
    core.assign(0, 30, None);
    core.next(now);
    core.answered(0, vec![fetched(0, 1, Vec::new())], now).unwrap();
    core.next(now);
    core.ranged(0, Some((0, 20)), now);
    assert_eq!(core.notices, [Notice::Truncated { partition: 0, wanted: 30, end: 20 }]);
    assert_eq!(core.positions().collect::<Vec<_>>(), [(0, 20)]);
}

#[test]
fn a_dead_broker_is_told_once_and_so_is_the_new_leader() {
    let (mut core, mut now) = reading(2);
    for _ in 0..5 {
        now += Duration::from_secs(2);
        while let Some(action) = core.next(now) {
            match action {
                Effect::Fetch { broker, .. } => core.unanswered(broker, "connection refused", now),
                _ => core.led(Some(&led_by(&[0, 0])), now).unwrap(),
            }
        }
    }
    let lost = Notice::BrokerLost { broker: 0, reason: "connection refused".into(), partitions: 2 };
    assert_eq!(core.notices, [lost]);
    core.led(Some(&led_by(&[2, 2])), now).unwrap();
    assert_eq!(core.notices[1..], [Notice::Led { partitions: vec![0, 1], leader: Some(2) }]);
    assert_eq!(core.next(now), Some(Effect::Fetch { broker: 2, partitions: vec![(0, 0), (1, 0)] }));
}

#[test]
fn a_topic_that_nobody_knows_for_ten_seconds_is_gone() {
    let (mut core, now) = reading(1);
    core.led(None, now).unwrap();
    core.led(None, now + Duration::from_secs(9)).unwrap();
    core.led(Some(&led_by(&[0])), now + Duration::from_secs(9)).unwrap();
    core.led(None, now + Duration::from_secs(15)).unwrap();
    let gone = core.led(None, now + Duration::from_secs(26)).unwrap_err();
    assert!(matches!(gone, ConsumeError::Gone { .. }));
}

#[test]
fn what_cannot_be_read_names_partition_and_offset() {
    let (mut core, now) = reading(1);
    core.assign(0, 5, None);
    core.next(now);
    let mut damaged = batch(5, 3);
    damaged[70] ^= 1;
    core.answered(0, vec![fetched(0, 0, damaged)], now).unwrap();
    let error = core.take().unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to read bikes/0 at offset 5: the checksum of the batch at offset 5 is wrong"
    );
}

#[test]
fn a_partition_that_is_taken_away_is_not_handed_out_any_more() {
    let (mut core, now) = reading(2);
    core.next(now);
    core.answered(0, vec![fetched(0, 0, batch(0, 3)), fetched(1, 0, batch(0, 2))], now).unwrap();
    core.unassign(0);
    let mut taken = BTreeMap::new();
    take_all(&mut core, &mut taken);
    assert_eq!(taken, BTreeMap::from([(1, vec![0, 1])]));
}
