//! The topic that a client is for: whether it is there, and who leads its partitions.

use std::time::Duration;

use futures_util::future::join_all;

use crate::plan::login::shown_to;
use crate::wire::KafkaError;
use crate::wire::metadata;
use crate::wire::metadata::{Metadata, TopicMetadata, Topics, ask_any};
use crate::wire::pool::Pool;

/// For one question; a paused broker costs it.
pub(crate) const ASK: Duration = Duration::from_secs(2);

/// Why a topic cannot be used; nothing was sent or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TopicError {
    #[error("{cluster} has no topic `{topic}`{}", shown_to(user.as_deref()))]
    UnknownTopic {
        cluster: String,
        topic: String,
        /// Who was shown what they may describe: brokers hide the rest.
        user: Option<String>,
        /// Those that it has.
        known: Vec<String>,
    },
    #[error("{topic} has no partition {partition}: {}", range(*.count))]
    UnknownPartition { topic: String, partition: i32, count: usize },
    #[error("failed to reach topic {topic}: {reason}")]
    Unreachable { topic: String, reason: String },
}

/// The topic, or those that there are. Never creates it.
pub(super) async fn find(pool: &Pool, cluster: &str, topic: &str) -> Result<TopicMetadata, TopicError> {
    let told = ask_any(pool, Topics::All, ASK)
        .await
        .map_err(|error| TopicError::Unreachable { topic: topic.to_owned(), reason: error.to_string() })?;
    let mut known = told.topics;
    if !known.contains_key(topic) {
        // One that was just started knows no topics for a moment.
        known.extend(everyone(pool, Topics::All).await.flat_map(|told| told.topics));
    }
    known.remove(topic).ok_or_else(|| TopicError::UnknownTopic {
        cluster: cluster.to_owned(),
        topic: topic.to_owned(),
        user: pool.endpoints().client.as_ref().map(|client| client.user.clone()),
        known: known.into_iter().filter(|(_, topic)| !topic.internal).map(|(name, _)| name).collect(),
    })
}

/// What Kafka knows of a topic. `None`: nothing, and every broker that answers was asked, since one that
/// was just started knows no topics for a moment.
pub(super) async fn look(pool: &Pool, topic: &str) -> Result<Option<TopicMetadata>, KafkaError> {
    let told = metadata::ask_any(pool, Topics::One(topic), ASK).await?;
    match told.topics.get(topic) {
        Some(found) => Ok(Some(found.clone())),
        None => Ok(everyone(pool, Topics::One(topic)).await.find_map(|mut told| told.topics.remove(topic))),
    }
}

/// What each broker knows that answers.
pub(super) async fn everyone(pool: &Pool, topics: Topics<'_>) -> impl Iterator<Item = Metadata> {
    let asked = pool.endpoints().brokers.values().map(|address| metadata::ask(pool, *address, topics, ASK));
    join_all(asked).await.into_iter().flatten()
}

/// An error unless a topic of `count` partitions has this one.
pub(super) fn must_have(topic: &str, count: usize, partition: i32) -> Result<(), TopicError> {
    match usize::try_from(partition).is_ok_and(|index| index < count) {
        true => Ok(()),
        false => Err(TopicError::UnknownPartition { topic: topic.to_owned(), partition, count }),
    }
}

fn range(count: usize) -> String {
    match count {
        1 => "it has partition 0 only".to_owned(),
        count => format!("they are 0 to {}", count.saturating_sub(1)),
    }
}
