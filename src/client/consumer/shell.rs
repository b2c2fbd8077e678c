//! The consumer: does what the core says, and tells it what happened.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::core::{Core, Effect, Taken};
use super::error::ConsumeError;
use super::wire;
use crate::client::alarm::alarm;
use crate::client::notice::Notice;
use crate::client::topic::look;
use crate::wire::KafkaError;
use crate::wire::connection::Connection;
use crate::wire::fetch::Fetched;
use crate::wire::metadata::TopicMetadata;
use crate::wire::pool::Pool;

/// Reads partitions of one topic. Nothing happens unless [`Consumer::wait`] is awaited.
///
/// ```text
/// let mut consumer = Consumer::open(&plan, "bikes").await?;
/// for (partition, at) in consumer.locate(&consumer.partitions(), Start::Earliest).await? {
///     consumer.assign(partition, at.from, None);
/// }
/// loop {
///     match consumer.ready()? {
///         Some(event) => { ... }
///         None => consumer.wait().await?,
///     }
/// }
/// ```
#[derive(Debug)]
pub(crate) struct Consumer {
    core: Core,
    pub(super) pool: Arc<Pool>,
    pub(super) topic: Arc<str>,
    pub(super) count: i32,
    /// Those that nothing is under way over.
    connections: HashMap<i32, Connection>,
    jobs: JoinSet<Done>,
}

/// What a consumer has for its owner.
#[derive(Debug)]
pub(crate) enum Event {
    /// Some of one partition, in order.
    Records(Taken),
    Notice(Notice),
    /// Every partition was read up to where it was to be.
    Done,
}

/// What a job has brought about.
#[derive(Debug)]
enum Done {
    Fetched { broker: i32, result: Result<(Connection, Vec<Fetched>), KafkaError> },
    Looked(Result<Option<TopicMetadata>, KafkaError>),
    Ranged { partition: i32, range: Option<(i64, i64)> },
}

impl Consumer {
    pub(super) fn new(topic: &str, pool: Arc<Pool>, found: &TopicMetadata) -> Self {
        let mut core = Core::new(topic);
        // It knows the topic, so that this cannot fail.
        let _ = core.led(Some(&found.partitions), Instant::now());
        Consumer {
            core,
            pool,
            topic: topic.into(),
            count: i32::try_from(found.partitions.len()).unwrap_or(i32::MAX),
            connections: HashMap::new(),
            jobs: JoinSet::new(),
        }
    }

    /// All partitions of the topic, as far as is known.
    pub(crate) fn partitions(&self) -> Vec<i32> {
        (0..self.count).collect()
    }

    /// Reads a partition from an offset on; up to `until`, which is not read, when it is given.
    pub(crate) fn assign(&mut self, partition: i32, from: i64, until: Option<i64>) {
        self.core.assign(partition, from, until);
    }

    /// Reads a partition no more; nothing of it is handed out after this.
    pub(crate) fn unassign(&mut self, partition: i32) {
        self.core.unassign(partition);
    }

    /// The offset of the next record of each partition that is read.
    pub(crate) fn positions(&self) -> impl Iterator<Item = (i32, i64)> {
        self.core.positions()
    }

    /// What there is without waiting; `None`: nothing now.
    pub(crate) fn ready(&mut self) -> Result<Option<Event>, ConsumeError> {
        while let Some(done) = self.jobs.try_join_next() {
            if let Ok(done) = done {
                self.done(done)?;
            }
        }
        if !self.core.notices.is_empty() {
            return Ok(Some(Event::Notice(self.core.notices.remove(0))));
        }
        let taken = self.core.take()?;
        self.act();
        match taken {
            Some(taken) => Ok(Some(Event::Records(taken))),
            None => Ok(self.core.is_done().then_some(Event::Done)),
        }
    }

    /// Waits until something may be ready. May be dropped and called again.
    pub(crate) async fn wait(&mut self) -> Result<(), ConsumeError> {
        self.act();
        let wake_at = self.core.wake_at(Instant::now());
        tokio::select! {
            Some(done) = self.jobs.join_next() => done.map_or(Ok(()), |done| self.done(done)),
            () = alarm(wake_at) => Ok(()),
        }
    }

    fn act(&mut self) {
        while let Some(action) = self.core.next(Instant::now()) {
            match action {
                Effect::Fetch { broker, partitions } => match self.address(broker) {
                    Some(address) => {
                        let (connection, topic) = (self.connections.remove(&broker), self.topic.clone());
                        let pool = self.pool.clone();
                        self.jobs.spawn(async move {
                            let result =
                                wire::fetch_from(&pool, connection, address, topic, partitions).await;
                            Done::Fetched { broker, result }
                        });
                    }
                    None => self.core.unanswered(broker, "nobody knows where it listens", Instant::now()),
                },
                Effect::Look => {
                    let (pool, topic) = (self.pool.clone(), self.topic.clone());
                    self.jobs.spawn(async move { Done::Looked(look(&pool, &topic).await) });
                }
                Effect::Range { broker, partition } => {
                    let (pool, topic) = (self.pool.clone(), self.topic.clone());
                    let address = self.address(broker);
                    self.jobs.spawn(async move {
                        let range = match address {
                            Some(address) => wire::range(&pool, address, &topic, partition).await,
                            None => None,
                        };
                        Done::Ranged { partition, range }
                    });
                }
            }
        }
    }

    fn address(&self, broker: i32) -> Option<SocketAddr> {
        self.pool.broker(broker)
    }

    fn done(&mut self, done: Done) -> Result<(), ConsumeError> {
        let now = Instant::now();
        match done {
            Done::Fetched { broker, result: Ok((connection, fetched)) } => {
                self.connections.insert(broker, connection);
                self.core.answered(broker, fetched, now)?;
            }
            Done::Fetched { broker, result: Err(error) } => {
                self.core.unanswered(broker, &error.to_string(), now);
            }
            Done::Looked(Ok(found)) => {
                if let Some(found) = &found {
                    self.count = self.count.max(i32::try_from(found.partitions.len()).unwrap_or(i32::MAX));
                }
                self.core.led(found.as_ref().map(|found| &found.partitions), now)?;
            }
            Done::Looked(Err(_)) => self.core.not_known_who_leads(now),
            Done::Ranged { partition, range } => self.core.ranged(partition, range, now),
        }
        Ok(())
    }
}
