//! Settings that were set of topics and brokers while these ran: in ZooKeeper, or as brokers tell them in KRaft.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::view::settings::Source;
use crate::wire::any::any;
use crate::wire::configs;
use crate::wire::configs::Resource;
use crate::wire::error::KafkaError;
use crate::wire::pool::Pool;
use crate::zookeeper::session::{ZkError, ZkHandle};

/// Whose settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entity {
    Topic(String),
    Broker(i32),
    /// What holds for every broker that has no value of its own.
    AllBrokers,
}

impl std::fmt::Display for Entity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Entity::Topic(topic) => write!(f, "topic {topic}"),
            Entity::Broker(id) => write!(f, "broker-{id}"),
            Entity::AllBrokers => f.write_str("all brokers"),
        }
    }
}

impl Entity {
    /// Its kind and name below `/config` in ZooKeeper.
    pub(crate) fn in_zookeeper(&self) -> (&'static str, String) {
        match self {
            Entity::Topic(topic) => ("topics", topic.clone()),
            Entity::Broker(id) => ("brokers", id.to_string()),
            Entity::AllBrokers => ("brokers", "<default>".to_owned()),
        }
    }
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum DynamicError {
    #[error("{0}")]
    Failed(String),
    /// Whoever asks may not.
    #[error("{0}")]
    Refused(String),
}

impl From<ZkError> for DynamicError {
    fn from(error: ZkError) -> Self {
        DynamicError::Failed(error.to_string())
    }
}

impl From<KafkaError> for DynamicError {
    fn from(error: KafkaError) -> Self {
        match error.is_refusal() {
            true => DynamicError::Refused(error.to_string()),
            false => DynamicError::Failed(error.to_string()),
        }
    }
}

/// The settings of their own of these entities, one map each, in the order asked for; of `keys` only, if there
/// are any.
///
/// ZooKeeper is asked where brokers read them there: DescribeConfigs would hold one of a broker's few request
/// threads for as long as the quorum is lost. In KRaft a broker answers from its copy of the metadata; what is
/// set of one broker only that broker tells (`ConfigAdminManager`).
pub(crate) async fn settings(
    pool: &Pool,
    zookeeper: Option<&ZkHandle>,
    entities: &[Entity],
    keys: &[&str],
    deadline: Duration,
) -> Result<Vec<BTreeMap<String, String>>, DynamicError> {
    match zookeeper {
        Some(zookeeper) => in_zookeeper(zookeeper, entities, deadline).await,
        // Neither: a broker that a test plays.
        None if pool.endpoints().controllers.is_empty() => Ok(vec![BTreeMap::new(); entities.len()]),
        None => {
            let mut told = Vec::with_capacity(entities.len());
            for part in entities.chunks(AT_ONCE) {
                told.extend(reported(pool, part, keys, deadline).await?);
            }
            Ok(told)
        }
    }
}

/// Bounds the size of an answer: a topic has some 40 settings.
const AT_ONCE: usize = 500;

async fn in_zookeeper(
    zookeeper: &ZkHandle,
    entities: &[Entity],
    deadline: Duration,
) -> Result<Vec<BTreeMap<String, String>>, DynamicError> {
    let places: Vec<(&str, String)> = entities.iter().map(Entity::in_zookeeper).collect();
    Ok(zookeeper.settings(&places, deadline).await?)
}

async fn reported(
    pool: &Pool,
    entities: &[Entity],
    keys: &[&str],
    deadline: Duration,
) -> Result<Vec<BTreeMap<String, String>>, DynamicError> {
    let keys = (!keys.is_empty()).then_some(keys);
    let mut found = vec![BTreeMap::new(); entities.len()];
    let mut shared = Vec::new();
    for (at, entity) in entities.iter().enumerate() {
        match entity {
            Entity::Broker(id) => {
                let address = pool
                    .broker(*id)
                    .ok_or_else(|| DynamicError::Failed(format!("there is no broker-{id}")))?;
                let told = configs::report(pool, address, Resource::Broker(*id), keys, deadline).await?;
                found[at] = configs::set_by(told, Source::DynamicBroker);
            }
            Entity::Topic(topic) => shared.push((at, Resource::Topic(topic), Source::Topic)),
            Entity::AllBrokers => shared.push((at, Resource::AllBrokers, Source::DynamicDefault)),
        }
    }
    if !shared.is_empty() {
        let resources: Vec<Resource<'_>> = shared.iter().map(|(_, resource, _)| *resource).collect();
        let told =
            any(pool, |address| configs::report_all(pool, address, &resources, keys, deadline)).await?;
        for ((at, _, source), told) in shared.into_iter().zip(told) {
            found[at] = configs::set_by(told, source);
        }
    }
    Ok(found)
}
