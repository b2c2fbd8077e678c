//! The producer: does what the accumulator says, and tells it what happened.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use super::core::{Core, Effect};
use super::report::{Acknowledged, Report};
use super::wire::{self, Lost, Shipment};
use crate::client::alarm::alarm;
use crate::client::notice::Notice;
use crate::client::topic::{TopicError, look, must_have};
use crate::wire::KafkaError;
use crate::wire::connection::Connection;
use crate::wire::init_producer_id::ProducerId;
use crate::wire::metadata::TopicMetadata;
use crate::wire::pool::Pool;
use crate::wire::produce_request::{Payload, Produced};
use crate::wire::records::Record;

/// Sends records to one topic. Nothing happens unless [`Producer::step`] is awaited; requests that are
/// under way go on when it is dropped meanwhile.
///
/// ```text
/// let mut producer = Producer::open(&plan, "bikes", Settings::default()).await?;
/// producer.push(&record, None, 1);
/// let report = producer.finish().await;
/// ```
#[derive(Debug)]
pub(crate) struct Producer {
    core: Core,
    pool: Arc<Pool>,
    topic: Arc<str>,
    /// Those that nothing is under way over.
    connections: HashMap<i32, Connection>,
    jobs: JoinSet<Done>,
    /// The request that is under way to each broker. An answer with another number is late.
    requests: HashMap<i32, (u64, AbortHandle)>,
    last_request: u64,
    begin: Instant,
}

/// What a job has brought about.
#[derive(Debug)]
enum Done {
    Shipped { broker: i32, number: u64, result: Result<(Connection, Vec<Produced>), Lost> },
    Compressed { partition: usize, number: u64, payload: Payload },
    Looked(Result<Option<TopicMetadata>, KafkaError>),
    Identified(Result<ProducerId, KafkaError>),
}

impl Producer {
    pub(super) fn new(core: Core, pool: Arc<Pool>) -> Self {
        Producer {
            topic: core.topic().into(),
            core,
            pool,
            connections: HashMap::new(),
            jobs: JoinSet::new(),
            requests: HashMap::new(),
            last_request: 0,
            begin: Instant::now(),
        }
    }

    /// Takes a record, for the partition that is given or that its key or the partitioner chooses. `line`
    /// is what the report calls it by. Look at [`Producer::has_room`] before.
    pub(crate) fn push(&mut self, record: &Record, partition: Option<i32>, line: u64) {
        self.core.push(record, partition, line, Instant::now());
    }

    /// Counts a line that cannot be a record, as not delivered.
    pub(crate) fn refuse(&mut self, line: u64, reason: &str, remedy: Option<String>) {
        self.core.refuse(line, reason, remedy);
    }

    /// Whether the buffer takes more.
    pub(crate) fn has_room(&self) -> bool {
        self.core.has_room()
    }

    /// Whether a record was not delivered. What is under way goes on.
    pub(crate) fn has_failed(&self) -> bool {
        self.core.report.first_failure.is_some()
    }

    /// Partitions of the topic, as far as is known.
    pub(crate) fn partition_count(&self) -> usize {
        self.core.partitions.len()
    }

    /// An error unless the topic has this partition.
    pub(crate) fn must_have(&self, partition: i32) -> Result<(), TopicError> {
        must_have(&self.topic, self.partition_count(), partition)
    }

    /// No more records come: nothing waits any longer for others.
    pub(crate) fn close(&mut self) {
        self.core.close();
    }

    /// Whether all that was pushed is acknowledged or failed.
    pub(crate) fn is_done(&self) -> bool {
        self.core.is_done()
    }

    /// Tries nothing more: what was not acknowledged by now is reported so.
    pub(crate) fn give_up(&mut self, reason: &str) {
        self.core.give_up(reason);
        self.jobs.abort_all();
    }

    /// What is worth telling since the last time.
    pub(crate) fn notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.core.notices)
    }

    /// From here on every batch that is acknowledged is kept for [`Producer::acknowledged`].
    pub(crate) fn keep_acknowledged(&mut self) {
        self.core.acknowledged.get_or_insert_default();
    }

    /// The batches that were acknowledged since the last time; none without
    /// [`Producer::keep_acknowledged`].
    pub(crate) fn acknowledged(&mut self) -> Vec<Acknowledged> {
        self.core.acknowledged.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// What became of all records so far.
    pub(crate) fn report(&self) -> Report {
        self.core.report.after(self.begin.elapsed())
    }

    /// Waits until all is acknowledged or failed.
    pub(crate) async fn finish(mut self) -> Report {
        self.close();
        while !self.is_done() {
            self.step().await;
        }
        self.report()
    }

    /// Works until something has happened. May be dropped and called again.
    pub(crate) async fn step(&mut self) {
        self.act();
        let wake_at = self.core.wake_at(Instant::now());
        tokio::select! {
            Some(done) = self.jobs.join_next() => {
                if let Ok(done) = done {
                    self.done(done);
                }
                // What else is done needs no turn of its own.
                while let Some(done) = self.jobs.try_join_next() {
                    if let Ok(done) = done {
                        self.done(done);
                    }
                }
            }
            () = alarm(wake_at) => {}
        }
        self.act();
    }

    fn act(&mut self) {
        while let Some(action) = self.core.next(Instant::now()) {
            match action {
                Effect::Send { broker, entries, deadline } => {
                    let Some(address) = self.pool.broker(broker) else {
                        self.core.unanswered(broker, "nobody knows where it listens", false, Instant::now());
                        continue;
                    };
                    self.last_request += 1;
                    let number = self.last_request;
                    let connection = self.connections.remove(&broker);
                    let acks = self.core.settings.acks.on_the_wire();
                    let shipment = Shipment { address, topic: self.topic.clone(), entries, acks, deadline };
                    let pool = self.pool.clone();
                    let job = self.jobs.spawn(async move {
                        let result = wire::ship(&pool, connection, shipment).await;
                        Done::Shipped { broker, number, result }
                    });
                    self.requests.insert(broker, (number, job));
                }
                Effect::Abandon { broker } => {
                    if let Some((_, job)) = self.requests.remove(&broker) {
                        job.abort();
                    }
                    let reason = "it is silent, and another broker leads meanwhile";
                    self.core.unanswered(broker, reason, true, Instant::now());
                }
                Effect::Compress { partition, number, builder, compression } => {
                    self.jobs.spawn_blocking(move || Done::Compressed {
                        partition,
                        number,
                        payload: builder.close(compression),
                    });
                }
                Effect::Look => {
                    let (pool, topic) = (self.pool.clone(), self.topic.clone());
                    self.jobs.spawn(async move { Done::Looked(look(&pool, &topic).await) });
                }
                Effect::Identify => {
                    let pool = self.pool.clone();
                    self.jobs.spawn(async move { Done::Identified(wire::identify(&pool).await) });
                }
            }
        }
    }

    fn done(&mut self, done: Done) {
        let now = Instant::now();
        match done {
            Done::Shipped { broker, number, result } => {
                if self.requests.get(&broker).is_none_or(|(known, _)| *known != number) {
                    return;
                }
                self.requests.remove(&broker);
                match result {
                    Ok((connection, answers)) => {
                        self.connections.insert(broker, connection);
                        self.core.answered(broker, &answers, now);
                    }
                    Err(lost) => self.core.unanswered(broker, &lost.reason, lost.sent, now),
                }
            }
            Done::Compressed { partition, number, payload } => {
                self.core.compressed(partition, number, payload);
            }
            Done::Looked(Ok(found)) => {
                self.core.led(found.as_ref().map(|found| &found.partitions), now);
            }
            Done::Looked(Err(_)) => self.core.not_known_who_leads(now),
            Done::Identified(Ok(identity)) => self.core.identified(identity),
            Done::Identified(Err(error)) => self.core.not_identified(wire::why_none(&error), now),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use kafka_protocol::error::ResponseError;
    use kafka_protocol::messages::ApiKey;
    use kafka_protocol::messages::init_producer_id_response::InitProducerIdResponse;
    use kafka_protocol::messages::produce_response::{
        PartitionProduceResponse, ProduceResponse, TopicProduceResponse,
    };

    use super::*;
    use crate::client::producer::{ProduceError, Settings};
    use crate::plan::samples;
    use crate::wire::answers::topic_name;
    use crate::wire::fake::{Damage, FakeBroker, Reply, body, metadata};

    fn stored(code: i16, offset: i64) -> ProduceResponse {
        let partition =
            PartitionProduceResponse::default().with_index(0).with_error_code(code).with_base_offset(offset);
        let topic = TopicProduceResponse::default()
            .with_name(topic_name("bikes"))
            .with_partition_responses(vec![partition]);
        ProduceResponse::default().with_responses(vec![topic])
    }

    /// A broker that does this with each Produce request in turn, and then stores what comes.
    async fn broker(mut replies: Vec<Reply>) -> FakeBroker {
        replies.reverse();
        let handler = move |_, key, version| match key {
            ApiKey::Metadata => Reply::Body(body(&metadata(&[("bikes", 1)]), version)),
            ApiKey::InitProducerId => Reply::Body(body(&InitProducerIdResponse::default(), version)),
            ApiKey::Produce => replies.pop().unwrap_or(Reply::Body(body(&stored(0, 7), version))),
            _ => Reply::Close,
        };
        FakeBroker::start(handler, Damage::None).await
    }

    async fn open(broker: &FakeBroker, topic: &str, settings: Settings) -> Result<Producer, ProduceError> {
        let plan = samples::plan("/x".as_ref(), "velib");
        Producer::open_on(broker.pool(), None, &plan, topic, settings).await
    }

    fn record() -> Record {
        Record { value: Some(Bytes::from("a")), timestamp: 1, ..Record::default() }
    }

    #[tokio::test]
    async fn a_request_whose_connection_breaks_or_that_is_refused_is_sent_again_over_a_new_one() {
        let refused = stored(ResponseError::NotLeaderOrFollower.code(), -1);
        let broker = broker(vec![Reply::Close, Reply::Body(body(&refused, 8))]).await;
        let mut producer = open(&broker, "bikes", Settings::default()).await.unwrap();
        producer.push(&record(), None, 1);
        producer.push(&record(), None, 2);
        producer.close();
        let mut told = Vec::new();
        while !producer.is_done() {
            producer.step().await;
            told.extend(producer.notices().iter().map(ToString::to_string));
        }
        let report = producer.report();
        assert!(report.is_success(), "{report:?}");
        assert_eq!((report.acknowledged, report.partitions[&0].last_offset), (2, Some(8)));
        assert_eq!(
            told,
            [
                "broker-0 does not answer (connection closed by the broker): 1 partition waits for it or a new leader",
                "broker-0 answers again",
            ]
        );
    }

    #[tokio::test]
    async fn a_broker_that_never_answers_costs_the_timeout_and_leaves_the_record_unknown() {
        let silent = (0..50).map(|_| Reply::Silence).collect();
        let broker = broker(silent).await;
        let settings = Settings { timeout: Duration::from_millis(50), ..Settings::default() };
        let mut producer = open(&broker, "bikes", settings).await.unwrap();
        producer.push(&record(), None, 1);
        let report = producer.finish().await;
        assert_eq!((report.lines, report.unknown, report.acknowledged), (1, 1, 0), "{report:?}");
    }

    #[tokio::test]
    async fn nothing_is_sent_to_a_topic_or_partition_that_is_not_there() {
        let broker = broker(Vec::new()).await;
        let error = open(&broker, "docks", Settings::default()).await.unwrap_err();
        assert!(
            matches!(error, ProduceError::Topic(TopicError::UnknownTopic { known, .. }) if known == ["bikes"])
        );
        let producer = open(&broker, "bikes", Settings::default()).await.unwrap();
        producer.must_have(0).unwrap();
        let error = producer.must_have(1).unwrap_err();
        assert_eq!(error.to_string(), "bikes has no partition 1: it has partition 0 only");
    }

    #[tokio::test]
    async fn who_wants_to_know_hears_of_every_batch_once_and_of_the_lines_in_it() {
        let broker = broker(Vec::new()).await;
        let mut producer = open(&broker, "bikes", Settings::default()).await.unwrap();
        producer.keep_acknowledged();
        for line in 5..9 {
            producer.push(&record(), None, line);
        }
        producer.close();
        let mut lines = Vec::new();
        while !producer.is_done() {
            producer.step().await;
            lines.extend(producer.acknowledged().into_iter().flat_map(|batch| batch.lines));
        }
        assert_eq!(lines, [5, 6, 7, 8]);
        assert!(producer.acknowledged().is_empty());
    }

    #[test]
    fn it_may_run_as_a_task_of_its_own() {
        fn is_send<F: Future + Send>(_: impl FnOnce(Producer) -> F) {}
        is_send(Producer::finish);
    }
}
