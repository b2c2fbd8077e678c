//! How a topic is created: what is asked of the controller, and what its answers mean. A spec's topics (`ensure`) and an
//! operator's (`create`) are created so, and differ in what they check before, wait for after, and make of a refusal.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use kafka_protocol::error::ResponseError;

use super::error::Setback;
use crate::wire::KafkaError;
use crate::wire::create_topics::{NewTopic, create_topics};
use crate::wire::pool::Pool;

/// Topics that requests of ours asked to create, whatever was answered: an answer may be lost though the topic was
/// made, so that one which exists at the next try may be ours.
#[derive(Debug, Default)]
pub(super) struct Creation {
    asked: BTreeSet<String>,
}

/// Why a topic was not created.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It exists, and not by a request of ours.
    Exists,
    /// Fewer brokers than its factor have registered with this controller so far.
    TooFewBrokers(String),
    /// Any other.
    Other(Setback),
}

impl Creation {
    /// Asks once for all of these. Those that are not refused were created, at this try or at an earlier one.
    pub(super) async fn ask(
        &mut self,
        pool: &Pool,
        controller: SocketAddr,
        topics: &[NewTopic],
        deadline: Duration,
    ) -> Result<Vec<(String, Refusal)>, KafkaError> {
        let asked_before = self.asked.clone();
        self.asked.extend(topics.iter().map(|topic| topic.name.clone()));
        let answers = create_topics(pool, controller, topics, deadline).await?;
        let is_answered = |topic: &&NewTopic| answers.iter().any(|answer| answer.topic == topic.name);
        let untold = || Refusal::Other(Setback::Passing("the answer has no word of it".to_owned()));
        let mut refused: Vec<(String, Refusal)> = topics
            .iter()
            .filter(|topic| !is_answered(topic))
            .map(|topic| (topic.name.clone(), untold()))
            .collect();
        for answer in answers {
            let Some(error) = answer.error else { continue };
            let (reason, topic) = (answer.reason(), answer.topic);
            let refusal = match error {
                ResponseError::TopicAlreadyExists if asked_before.contains(&topic) => continue,
                ResponseError::TopicAlreadyExists => {
                    self.asked.remove(&topic);
                    Refusal::Exists
                }
                ResponseError::InvalidReplicationFactor => Refusal::TooFewBrokers(reason),
                error => Refusal::Other(Setback::of(error, reason, || format!("create topic {topic}"))),
            };
            refused.push((topic, refusal));
        }
        Ok(refused)
    }

    /// Whether this topic, which exists, may be there by a request of ours.
    pub(super) fn is_ours(&self, topic: &str) -> bool {
        self.asked.contains(topic)
    }
}

#[cfg(test)]
pub(super) mod testing {
    use kafka_protocol::messages::create_topics_response::{CreatableTopicResult, CreateTopicsResponse};

    use crate::wire::answers::topic_name;
    use crate::wire::fake::{Reply, body};

    /// The answer to one who asks for topic velib.
    pub(in super::super) fn answer(code: i16, version: i16) -> Reply {
        let result = CreatableTopicResult::default().with_name(topic_name("velib")).with_error_code(code);
        Reply::Body(body(&CreateTopicsResponse::default().with_topics(vec![result]), version))
    }
}

#[cfg(test)]
mod tests {
    use kafka_protocol::messages::ApiKey;

    use super::*;
    use crate::wire::create_topics::Layout;
    use crate::wire::fake::{Damage, FakeBroker, Reply};

    /// What is said of topic velib at the last of these tries; `None` for a code is a lost answer.
    async fn ask(codes: [Option<ResponseError>; 2]) -> (Creation, Option<Refusal>) {
        let mut left = codes.into_iter();
        let handler = move |_, key, version| match key {
            ApiKey::CreateTopics => match left.next().flatten() {
                Some(error) => testing::answer(error.code(), version),
                None => Reply::Close,
            },
            _ => Reply::Close,
        };
        let broker = FakeBroker::start(handler, Damage::None).await;
        let pool = broker.pool();
        let controller = *pool.endpoints().brokers.values().next().unwrap();
        let layout = Layout::Counted { partitions: None, replication_factor: None };
        let velib = [NewTopic { name: "velib".to_owned(), layout, config: Default::default() }];
        let mut creation = Creation::default();
        let mut refusal = None;
        for _ in codes {
            let told = creation.ask(&pool, controller, &velib, Duration::from_secs(60)).await;
            refusal = told.unwrap_or_default().pop().map(|(_, refusal)| refusal);
        }
        (creation, refusal)
    }

    #[tokio::test]
    async fn a_topic_that_exists_is_ours_only_if_an_earlier_try_may_have_made_it() {
        let exists = Some(ResponseError::TopicAlreadyExists);
        let (creation, refusal) = ask([None, exists]).await;
        assert!(refusal.is_none() && creation.is_ours("velib"), "its answer was lost: {refusal:?}");
        let (creation, refusal) = ask([exists, exists]).await;
        assert!(matches!(refusal, Some(Refusal::Exists)), "it was there before: {refusal:?}");
        assert!(!creation.is_ours("velib"));
    }
}
