//! The accumulator against brokers that fail in every way there is.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::error::ResponseError as E;
use proptest::prelude::*;
use tokio::time::Instant;

use super::batch;
use super::core::{Core, Effect};
use super::*;
use crate::client::notice::Notice;
use crate::model::view::PartitionView;
use crate::spec::min_isr::Excess;
use crate::wire::init_producer_id::ProducerId;
use crate::wire::produce_request::{Entry, Format, Produced};
use crate::wire::records::{Compression, Record, Sequence};

const BROKERS: i32 = 3;
const PARTITIONS: usize = 4;

/// Logs as Kafka keeps them, and what is on its way to them.
struct Sim {
    core: Core,
    now: Instant,
    leaders: Vec<Option<i32>>,
    logs: Vec<Vec<u64>>,
    /// The newest batch of each partition: whose, and the sequence after it.
    newest: Vec<Option<(i64, i32)>>,
    requests: BTreeMap<i32, Vec<Entry>>,
    /// Given up by the producer, and still to be stored.
    late: Vec<Entry>,
    looks: usize,
    identities: i64,
    compress: Vec<(usize, u64, batch::Builder, Compression)>,
    identify: bool,
    pushed: Vec<Vec<u64>>,
    line: u64,
    notices: Vec<Notice>,
    in_sync: usize,
}

fn settings() -> Settings {
    Settings { batch_size: 300, linger: Duration::from_millis(5), ..Settings::default() }
}

fn limits() -> Limits {
    Limits { max_message_bytes: 100_000, min_isr: 2, excess: Excess::Refused, compacted: false }
}

fn record(line: u64) -> Record {
    Record { value: Some(Bytes::from(line.to_string())), timestamp: 1, ..Record::default() }
}

impl Sim {
    fn new(settings: Settings, limits: Limits, format: Format, idempotent: bool) -> Self {
        let now = Instant::now();
        let core = Core::new("bikes", settings, limits, format, idempotent, now);
        let mut sim = Sim {
            core,
            now,
            leaders: (0..PARTITIONS).map(|index| Some(index as i32 % BROKERS)).collect(),
            logs: vec![Vec::new(); PARTITIONS],
            newest: vec![None; PARTITIONS],
            requests: BTreeMap::new(),
            late: Vec::new(),
            looks: 0,
            identities: 0,
            compress: Vec::new(),
            identify: false,
            pushed: vec![Vec::new(); PARTITIONS],
            line: 0,
            notices: Vec::new(),
            in_sync: 3,
        };
        sim.look();
        sim
    }

    fn usual() -> Self {
        Self::new(settings(), limits(), Format::Batches, true)
    }

    fn look(&mut self) {
        let view = |leader: &Option<i32>| PartitionView {
            leader: *leader,
            leader_epoch: None,
            replicas: vec![0, 1, 2],
            isr: vec![0; self.in_sync],
        };
        let views = (0..).zip(self.leaders.iter().map(view)).collect();
        self.core.led(Some(&views), self.now);
    }

    fn push(&mut self, partition: usize) {
        self.line += 1;
        self.pushed[partition].push(self.line);
        self.core.push(&record(self.line), Some(partition as i32), self.line, self.now);
    }

    /// Takes in what the core wants.
    fn act(&mut self) {
        while let Some(action) = self.core.next(self.now) {
            match action {
                Effect::Send { broker, entries, deadline } => {
                    assert!(deadline > self.now);
                    let under_way = self.requests.values().flatten().map(|entry| entry.partition);
                    let under_way: BTreeSet<_> = under_way.collect();
                    let mut own = BTreeSet::new();
                    for entry in &entries {
                        assert!(!under_way.contains(&entry.partition), "two batches are under way");
                        assert!(own.insert(entry.partition), "two batches of a partition in a request");
                    }
                    assert!(self.requests.insert(broker, entries).is_none(), "two requests to a broker");
                }
                Effect::Abandon { broker } => {
                    self.late.extend(self.requests.remove(&broker).unwrap());
                    self.core.unanswered(broker, "silent", true, self.now);
                }
                Effect::Compress { partition, number, builder, compression } => {
                    self.compress.push((partition, number, builder, compression));
                }
                Effect::Look => self.looks += 1,
                Effect::Identify => self.identify = true,
            }
        }
        self.notices.append(&mut self.core.notices);
    }

    /// What the leader does with a batch.
    fn store(&mut self, entry: &Entry) -> E {
        let index = entry.partition as usize;
        let records = batch::records(&entry.payload).unwrap();
        let lines = records.iter().map(|record| {
            std::str::from_utf8(record.value.as_ref().unwrap()).unwrap().parse::<u64>().unwrap()
        });
        let lines: Vec<_> = lines.collect();
        let Sequence { producer_id, base, .. } = entry.sequence;
        if producer_id >= 0 {
            match self.newest[index] {
                Some((known, next)) if known == producer_id && base < next => {
                    return E::DuplicateSequenceNumber;
                }
                Some((known, next)) if known == producer_id && base != next => {
                    return E::OutOfOrderSequenceNumber;
                }
                Some((known, _)) if known > producer_id => return E::InvalidProducerEpoch,
                Some((known, _)) if known != producer_id => assert_eq!(base, 0, "a new producer begins at 0"),
                _ => {}
            }
            self.newest[index] = Some((producer_id, base + lines.len() as i32));
        }
        self.logs[index].extend(lines);
        E::Unknown(0)
    }

    fn said(entry: &Entry, error: E) -> Produced {
        let code = if error == E::Unknown(0) { 0 } else { error.code() };
        Produced { topic: "bikes".to_owned(), partition: entry.partition, code, message: None, offset: -1 }
    }

    /// Answers the request of one broker, each batch as `fate` has it.
    fn answer(&mut self, broker: i32, fate: u8) {
        let Some(entries) = self.requests.remove(&broker) else { return };
        match fate {
            0 => return self.core.unanswered(broker, "refused", false, self.now),
            1 => return self.core.unanswered(broker, "closed", true, self.now),
            2 => {
                for entry in &entries {
                    self.store(entry);
                }
                return self.core.unanswered(broker, "closed", true, self.now);
            }
            3 => {
                self.late.extend(entries);
                return self.core.unanswered(broker, "silent", true, self.now);
            }
            _ => {}
        }
        let mut answers = Vec::new();
        for (turn, entry) in entries.iter().enumerate() {
            let said = match (fate as usize + turn) % 8 {
                4 => E::NotLeaderOrFollower,
                5 => E::NotEnoughReplicas,
                6 => {
                    self.store(entry);
                    E::RequestTimedOut
                }
                7 => {
                    self.store(entry);
                    E::NotEnoughReplicasAfterAppend
                }
                _ => self.store(entry),
            };
            answers.push(Self::said(entry, said));
        }
        self.core.answered(broker, &answers, self.now);
    }

    fn finish_jobs(&mut self) {
        for (partition, number, builder, compression) in std::mem::take(&mut self.compress) {
            self.core.compressed(partition, number, builder.close(compression));
        }
        if std::mem::take(&mut self.identify) {
            self.identities += 1;
            self.core.identified(ProducerId { id: self.identities, epoch: 0 });
        }
        if std::mem::take(&mut self.looks) > 0 {
            self.look();
        }
    }

    /// All is well from now on: everything is stored as soon as it is sent.
    fn heal(&mut self) {
        for leader in &mut self.leaders {
            leader.get_or_insert(0);
        }
        self.look();
        self.core.close();
        for _ in 0..100_000 {
            self.act();
            self.finish_jobs();
            if self.core.is_done() {
                return;
            }
            let brokers: Vec<_> = self.requests.keys().copied().collect();
            if brokers.is_empty() {
                self.act();
                let waits_for_nothing = self.requests.is_empty() && self.compress.is_empty();
                if let Some(at) = self.core.wake_at(self.now)
                    && waits_for_nothing
                    && !self.identify
                    && self.looks == 0
                {
                    assert!(at > self.now, "a busy loop: {:?}", self.core);
                    self.now = at;
                }
                continue;
            }
            for broker in brokers {
                let entries = self.requests.remove(&broker).unwrap();
                let answers: Vec<_> = entries
                    .iter()
                    .map(|entry| {
                        let said = self.store(entry);
                        Self::said(entry, said)
                    })
                    .collect();
                self.core.answered(broker, &answers, self.now);
            }
        }
        panic!("it never ends: {:?}", self.core);
    }

    fn store_late(&mut self) {
        for entry in std::mem::take(&mut self.late) {
            self.store(&entry);
        }
    }

    /// Every line is accounted for, in order, and none is there twice.
    fn check(&self) {
        let report = &self.core.report;
        assert_eq!(report.lines, self.line);
        assert_eq!(report.acknowledged + report.not_delivered + report.unknown, report.lines);
        for (log, pushed) in self.logs.iter().zip(&self.pushed) {
            assert!(pushed.starts_with(log), "{log:?} is no beginning of {pushed:?}");
        }
        let stored: usize = self.logs.iter().map(Vec::len).sum();
        let stored = stored as u64;
        assert!(stored >= report.acknowledged, "acknowledged, and not stored: {report:?}");
        assert!(stored <= report.acknowledged + report.unknown, "stored, and said not to be: {report:?}");
        assert_eq!(self.core.buffered, 0);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Push(usize),
    Wait(u64),
    Answer(i32, u8),
    Lead(usize, Option<i32>),
    Jobs,
    Late,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..PARTITIONS).prop_map(Step::Push),
        3 => (0u64..400).prop_map(Step::Wait),
        4 => (0..BROKERS, 0u8..16).prop_map(|(broker, fate)| Step::Answer(broker, fate)),
        1 => (0..PARTITIONS, proptest::option::of(0..BROKERS)).prop_map(|(index, leader)| Step::Lead(index, leader)),
        2 => Just(Step::Jobs),
        1 => Just(Step::Late),
    ]
}

fn play(sim: &mut Sim, steps: &[Step]) {
    for step in steps {
        match *step {
            Step::Push(partition) => sim.push(partition),
            Step::Wait(ms) => sim.now += Duration::from_millis(ms),
            Step::Answer(broker, fate) => sim.answer(broker, fate),
            Step::Lead(index, leader) => sim.leaders[index] = leader,
            Step::Jobs => sim.finish_jobs(),
            Step::Late => sim.store_late(),
        }
        sim.act();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_fails_each_record_is_stored_once_and_in_order(
        steps in proptest::collection::vec(step(), 0..200),
        compressed: bool,
    ) {
        let compression = if compressed { Compression::Lz4 } else { Compression::None };
        let mut sim = Sim::new(Settings { compression, ..settings() }, limits(), Format::Batches, true);
        play(&mut sim, &steps);
        sim.heal();
        sim.store_late();
        sim.check();
        prop_assert_eq!(sim.core.report.acknowledged, sim.line);
    }

    #[test]
    fn records_that_run_out_of_time_are_reported_as_what_they_are(
        steps in proptest::collection::vec(step(), 0..200),
        give_up: bool,
    ) {
        let timeout = Duration::from_millis(600);
        let mut sim = Sim::new(Settings { timeout, ..settings() }, limits(), Format::Batches, true);
        play(&mut sim, &steps);
        match give_up {
            true => {
                sim.late.extend(std::mem::take(&mut sim.requests).into_values().flatten());
                sim.core.give_up("stopped");
                prop_assert!(sim.core.is_done());
            }
            false => sim.heal(),
        }
        sim.store_late();
        sim.check();
    }

    #[test]
    fn without_idempotence_nothing_is_lost_and_doubles_are_told(
        steps in proptest::collection::vec(step(), 0..200),
        old: bool,
    ) {
        let format = if old { Format::MessageSets } else { Format::Batches };
        let mut sim = Sim::new(settings(), limits(), format, false);
        play(&mut sim, &steps);
        sim.heal();
        let report = &sim.core.report;
        prop_assert_eq!(report.acknowledged, sim.line);
        let mut doubles = 0;
        for (log, pushed) in sim.logs.iter().zip(&sim.pushed) {
            let stored: BTreeSet<_> = log.iter().copied().collect();
            prop_assert_eq!(&stored.iter().copied().collect::<Vec<_>>(), pushed);
            doubles += log.len() - stored.len();
        }
        prop_assert!(doubles == 0 || report.perhaps_twice > 0);
    }
}

/// Sends one record to partition 0 and answers it with these, one after the other.
fn answered_with(codes: &[E]) -> Sim {
    let mut sim = Sim::usual();
    sim.push(0);
    sim.push(0);
    sim.core.close();
    for code in codes {
        sim.act();
        sim.finish_jobs();
        sim.act();
        let entries = sim.requests.remove(&0).expect("it is sent");
        if *code == E::NetworkException {
            sim.core.unanswered(0, "closed", true, sim.now);
        } else {
            sim.core.answered(0, &[Sim::said(&entries[0], *code)], sim.now);
        }
        sim.now += Duration::from_secs(2);
        sim.act();
    }
    sim
}

#[test]
fn a_broker_that_forgot_the_producer_gets_a_new_one_only_when_nothing_can_be_stored_twice() {
    let mut sim = answered_with(&[E::UnknownProducerId]);
    sim.heal();
    assert_eq!((sim.core.report.acknowledged, sim.identities), (2, 2));
    sim.check();

    let sim = answered_with(&[E::NetworkException, E::UnknownProducerId]);
    assert_eq!((sim.core.report.unknown, sim.core.report.not_delivered), (2, 0));
}

#[test]
fn a_gap_in_the_sequence_is_an_error_and_never_hidden_by_a_new_producer() {
    let sim = answered_with(&[E::OutOfOrderSequenceNumber]);
    assert_eq!((sim.core.report.unknown, sim.core.report.not_delivered), (0, 2));
    let sim = answered_with(&[E::RequestTimedOut, E::InvalidProducerEpoch]);
    assert_eq!((sim.core.report.unknown, sim.core.report.not_delivered), (2, 0));
}

#[test]
fn an_error_that_kafka_has_no_code_for_leads_to_the_log_that_names_it() {
    let sim = answered_with(&[E::UnknownServerError]);
    let first = sim.core.report.first_failure.as_ref().unwrap();
    assert_eq!(sim.core.report.unknown, 2);
    assert!(first.remedy.as_ref().unwrap().starts_with("`cluster logs --level error`"), "{first:?}");
}

#[test]
fn a_batch_that_is_too_large_is_halved_until_one_record_is_to_blame() {
    let mut sim = answered_with(&[E::MessageTooLarge]);
    sim.act();
    let entries = &sim.requests[&0];
    assert_eq!(batch::records(&entries[0].payload).unwrap().len(), 1);
    assert_eq!(entries[0].sequence.base, 0, "the sequence of the whole is used again");
    let answer = Sim::said(&entries[0], E::MessageTooLarge);
    sim.core.answered(0, &[answer], sim.now);
    let report = &sim.core.report;
    assert_eq!((report.not_delivered, report.unknown), (2, 0));
    let first = report.first_failure.as_ref().unwrap();
    assert!(first.line == 1 && first.reason.contains("max.message.bytes=100000"), "{first:?}");
    assert!(
        first.remedy.as_ref().unwrap().starts_with("`cluster topic alter bikes --config max.message.bytes=")
    );
}

#[test]
fn a_batch_that_compression_did_not_make_small_enough_is_halved_before_it_is_sent() {
    let limits = Limits { max_message_bytes: 90, ..limits() };
    let settings = Settings { compression: Compression::Gzip, batch_size: 10_000, ..settings() };
    let mut sim = Sim::new(settings, limits, Format::Batches, true);
    for _ in 0..40 {
        sim.push(1);
    }
    sim.heal();
    sim.check();
    assert_eq!(sim.core.report.acknowledged, 40);
}

#[test]
fn each_change_is_told_once() {
    let mut sim = Sim::usual();
    sim.push(0);
    sim.push(3);
    sim.core.close();
    sim.act();
    for _ in 0..5 {
        sim.finish_jobs();
        sim.now += Duration::from_secs(2);
        sim.act();
        sim.answer(0, 0);
    }
    sim.leaders[0] = Some(1);
    sim.looks = 1;
    sim.finish_jobs();
    sim.now += Duration::from_secs(2);
    sim.act();
    sim.in_sync = 1;
    sim.look();
    for _ in 0..3 {
        let entries = sim.requests.remove(&1).unwrap();
        sim.core.answered(1, &[Sim::said(&entries[0], E::NotEnoughReplicas)], sim.now);
        sim.now += Duration::from_secs(1);
        sim.answer(0, 0);
        sim.look();
        sim.now += Duration::from_secs(1);
        sim.act();
    }
    sim.heal();
    let said: Vec<_> = sim.notices.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "broker-0 does not answer (refused): 2 partitions wait for it or a new leader",
            "partition 0: broker-1 leads now",
            "partition 0: min.insync.replicas 2, 1 in sync: waiting",
            "broker-0 answers again",
            "partition 0: enough replicas are in sync again",
        ]
    );
}

#[test]
fn no_partition_waits_for_more_in_sync_than_it_has_replicas_where_kafka_caps_that() {
    let notices = |excess| {
        let limits = Limits { min_isr: 4, excess, ..limits() };
        let mut sim = Sim::new(settings(), limits, Format::Batches, true);
        sim.push(0);
        sim.core.close();
        sim.act();
        sim.finish_jobs();
        sim.look();
        sim.act();
        sim.notices.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(notices(Excess::Refused), ["partition 0: min.insync.replicas 4, 3 in sync: waiting"]);
    assert_eq!(notices(Excess::Capped), [] as [&str; 0]);
}

#[test]
fn a_silent_broker_does_not_hold_what_another_one_leads_now() {
    let mut sim = Sim::usual();
    sim.push(0);
    sim.core.close();
    sim.act();
    sim.finish_jobs();
    sim.act();
    assert!(sim.requests.contains_key(&0));
    sim.now += super::core::SLOW;
    sim.act();
    assert_eq!(sim.looks, 1, "it is slow: who leads?");
    assert_eq!(
        sim.notices.last().unwrap().to_string(),
        "broker-0 has not answered for 2 s: waiting with partition 0"
    );
    sim.leaders[0] = Some(2);
    sim.finish_jobs();
    sim.act();
    sim.now += Duration::from_secs(1);
    sim.act();
    assert!(!sim.requests.contains_key(&0) && sim.requests.contains_key(&2));
    sim.heal();
    sim.store_late();
    sim.check();
    assert_eq!(sim.core.report.acknowledged, 1);
}

#[test]
fn other_brokers_get_their_records_while_one_is_silent_until_the_buffer_is_full() {
    let settings = Settings { buffer: 5000, ..settings() };
    let mut sim = Sim::new(settings, limits(), Format::Batches, true);
    sim.finish_jobs();
    sim.act();
    sim.finish_jobs();
    let mut pushed = 0;
    while sim.core.has_room() {
        sim.push(pushed % 3);
        pushed += 1;
        sim.now += Duration::from_millis(1);
        sim.act();
        sim.answer(1, 8);
        sim.answer(2, 8);
        assert!(pushed < 10_000, "the buffer is bounded");
    }
    assert!(sim.logs[1].len() > 20 && sim.logs[2].len() > 20 && sim.logs[0].is_empty());
    sim.heal();
    sim.check();
}

#[test]
fn what_cannot_be_a_message_is_refused_with_its_reason() {
    let reason = |limits: Limits, format, record: Record, partition| {
        let mut sim = Sim::new(settings(), limits, format, false);
        sim.core.push(&record, partition, 7, sim.now);
        let first = sim.core.report.first_failure.clone().unwrap();
        assert_eq!((first.line, first.delivered, sim.core.report.lines), (7, Certainty::Not, 1));
        assert!(sim.core.is_done());
        first.reason
    };
    let headers = Record { headers: vec![("a".into(), None)], ..record(1) };
    assert!(reason(limits(), Format::MessageSets, headers, None).contains("need Kafka 0.11"));
    let compacted = Limits { compacted: true, ..limits() };
    assert!(reason(compacted, Format::Batches, record(1), None).contains("compacted"));
    assert!(
        reason(limits(), Format::Batches, record(1), Some(4)).contains("no partition 4: they are 0 to 3")
    );
    // 61 of the batch, and 7 of the record beside its value.
    let large = |size| Record { value: Some(vec![b'x'; size].into()), timestamp: 1, ..Record::default() };
    let small = Limits { max_message_bytes: 168, ..limits() };
    assert!(reason(small.clone(), Format::Batches, large(99), None).contains("takes 169 bytes"));
    let mut sim = Sim::new(settings(), small, Format::Batches, true);
    sim.core.push(&large(98), Some(0), 1, sim.now);
    assert!(sim.core.report.first_failure.is_none());
}

#[test]
fn a_batch_waits_for_others_as_long_as_it_lingers_and_no_longer() {
    let mut sim = Sim::usual();
    sim.act();
    sim.finish_jobs();
    sim.push(0);
    sim.act();
    assert!(sim.requests.is_empty());
    assert_eq!(sim.core.wake_at(sim.now), Some(sim.now + Duration::from_millis(5)));
    sim.now += Duration::from_millis(5);
    sim.act();
    assert!(sim.requests.contains_key(&0));
}
