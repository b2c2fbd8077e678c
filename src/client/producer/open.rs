//! Beginning: the topic must be there, and its brokers able to do what is asked.

use std::sync::Arc;

use kafka_protocol::messages::{ApiKey, InitProducerIdRequest};
use tokio::time::Instant;

use super::core::Core;
use super::limits::Limits;
use super::settings::{Acks, Idempotence, Settings};
use super::shell::Producer;
use crate::client::topic::{ASK, TopicError, find};
use crate::plan::endpoints::Endpoints;
use crate::plan::model::Plan;
use crate::spec::versions::at_least;
use crate::wire::KafkaError;
use crate::wire::connection::Connection;
use crate::wire::metadata::{Topics, ask_any};
use crate::wire::pool::Pool;
use crate::wire::produce_request::Format;
use crate::wire::records::Compression;
use crate::zookeeper::session::ZkHandle;

/// Why nothing can be produced; nothing was sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProduceError {
    #[error(transparent)]
    Topic(#[from] TopicError),
    /// The brokers' version lacks it.
    #[error("Kafka {version} has no {what}, which came with Kafka {since}")]
    Lacks { version: String, what: &'static str, since: &'static str },
}

impl Producer {
    /// A producer for one topic of a running cluster. Never creates the topic.
    pub(crate) async fn open(plan: &Plan, topic: &str, settings: Settings) -> Result<Self, ProduceError> {
        let endpoints = Endpoints::of(plan);
        let zookeeper = ZkHandle::of(&endpoints);
        Self::open_on(Pool::new(&endpoints), zookeeper.as_ref(), plan, topic, settings).await
    }

    pub(super) async fn open_on(
        pool: Pool,
        zookeeper: Option<&ZkHandle>,
        plan: &Plan,
        topic: &str,
        settings: Settings,
    ) -> Result<Self, ProduceError> {
        let unreachable = |error: KafkaError| TopicError::Unreachable {
            topic: topic.to_owned(),
            reason: error.to_string(),
        };
        let (found, speaks, limits) = tokio::join!(
            find(&pool, &plan.name, topic),
            abilities(&pool, plan),
            Limits::of(topic, plan, &pool, zookeeper, ASK)
        );
        let (found, speaks) = (found?, speaks.map_err(unreachable)?);
        let lacks = |what, since| ProduceError::Lacks { version: plan.oldest().to_owned(), what, since };
        if settings.compression == Compression::Zstd && !speaks.zstd {
            return Err(lacks("zstd compression", "2.1"));
        }
        if settings.headers && speaks.format == Format::MessageSets {
            return Err(lacks("message headers", "0.11"));
        }
        if settings.idempotence == Idempotence::Required && !speaks.idempotence {
            return Err(lacks("idempotent producers", "0.11"));
        }
        let idempotent =
            speaks.idempotence && settings.acks == Acks::All && settings.idempotence != Idempotence::Off;
        let mut core = Core::new(topic, settings, limits, speaks.format, idempotent, Instant::now());
        core.led(Some(&found.partitions), Instant::now());
        Ok(Producer::new(core, Arc::new(pool)))
    }
}

struct Abilities {
    format: Format,
    zstd: bool,
    idempotence: bool,
}

/// What brokers can do, from the first that answers; of several versions, what the oldest can, since newer ones keep
/// to its format.
async fn abilities(pool: &Pool, plan: &Plan) -> Result<Abilities, KafkaError> {
    // It finds a broker that answers, whoever is paused or down, and leaves a connection to it.
    ask_any(pool, Topics::None, ASK).await?;
    let mut failure = KafkaError::NoBroker("none".to_owned());
    for address in pool.endpoints().brokers.values() {
        let opened = tokio::time::timeout(ASK, pool.take(*address)).await;
        match opened.unwrap_or(Err(KafkaError::Timeout(ASK))) {
            Ok(broker) => {
                let abilities = of_connection(&broker);
                pool.keep(broker);
                return abilities.map(|abilities| abilities.within(plan.oldest()));
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

impl Abilities {
    fn within(self, oldest: &str) -> Self {
        let (has_batches, has_zstd) = (at_least(oldest, &[0, 11]), at_least(oldest, &[2, 1]));
        Abilities {
            format: if has_batches { self.format } else { Format::MessageSets },
            zstd: self.zstd && has_zstd,
            idempotence: self.idempotence && has_batches,
        }
    }
}

fn of_connection(broker: &Connection) -> Result<Abilities, KafkaError> {
    /// KIP-110.
    const ZSTD_SINCE: i16 = 7;
    Ok(Abilities {
        format: Format::of(broker)?,
        zstd: broker.speaks(ApiKey::Produce, ZSTD_SINCE),
        idempotence: broker.version::<InitProducerIdRequest>().is_ok(),
    })
}
