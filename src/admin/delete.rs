//! `topic delete`.

use kafka_protocol::error::ResponseError;
use schemars::JsonSchema;
use serde::Serialize;

use super::error::{AdminError, Setback};
use super::look::Known;
use super::{Admin, REQUEST};
use crate::model::ids::Role;
use crate::plan::effective;
use crate::plan::model::Plan;
use crate::wire::delete_topics::delete_topics;
use crate::wire::metadata::Topics;

/// What was deleted; the JSON of `topic delete`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Deleted {
    pub deleted: Vec<String>,
    /// Brokers that hold replicas of them and are down: they drop these when they start.
    pub pending_on: Vec<i32>,
}

impl Admin {
    /// Whether the brokers delete topics at all (`delete.topic.enable`, false by default before Kafka 1.0).
    pub(crate) fn deletes_topics(&self) -> bool {
        deletion_is_enabled(&self.plan)
    }

    /// Whether these topics can be deleted, before anybody is asked to confirm it.
    pub(crate) async fn may_delete(&self, topics: &[String]) -> Result<(), AdminError> {
        self.deletable(topics).await.map(drop)
    }

    /// Deletes topics and waits until no live broker tells of them any more.
    pub(crate) async fn delete(&self, topics: &[String]) -> Result<Deleted, AdminError> {
        let known = self.deletable(topics).await?;
        let what = format!("not everything is gone of {}", topics.join(", "));
        let mut left = topics.to_vec();
        self.retry(&what, "delete topics", async || self.ask_to_delete(&mut left).await).await?;
        self.retry(&what, "delete topics", async || {
            self.everywhere(Topics::All, |told| {
                let listed = topics.iter().find(|topic| told.topics.contains_key(*topic));
                listed.map_or(Ok(()), |topic| Err(format!("topic {topic} is still there")))
            })
            .await
        })
        .await?;
        Ok(Deleted { deleted: topics.to_vec(), pending_on: pending_on(topics, &known) })
    }

    async fn deletable(&self, topics: &[String]) -> Result<Known, AdminError> {
        let known = self.before("delete topics").await?;
        self.must_exist(topics, &known)?;
        if let Some(topic) = topics.iter().find(|topic| known.topics[*topic].internal) {
            return Err(AdminError::invalid(
                format!("topic `{topic}` is Kafka's own, and is not deleted"),
                "groups and transactions are kept in it; `cluster down --delete` removes everything",
            ));
        }
        if !deletion_is_enabled(&self.plan) {
            return Err(AdminError::invalid(
                "the brokers delete no topics: `delete.topic.enable` is false",
                "set `delete.topic.enable: true` in the `config` of `brokers`; then `cluster down` and `up`",
            ));
        }
        Ok(known)
    }

    /// Leaves those in `left` that have to be asked for again.
    async fn ask_to_delete(&self, left: &mut Vec<String>) -> Result<(), Setback> {
        let controller = self.controller().await?;
        let mut passing = None;
        for answer in delete_topics(&self.pool, controller, left, REQUEST).await? {
            match answer.error {
                // Gone by an earlier try whose answer was lost, or by somebody else.
                None | Some(ResponseError::UnknownTopicOrPartition) => {
                    left.retain(|topic| *topic != answer.topic);
                }
                Some(error) => {
                    match Setback::of(error, answer.reason(), || format!("delete topic {}", answer.topic)) {
                        Setback::Passing(reason) => passing = Some(format!("{}: {reason}", answer.topic)),
                        refused => return Err(refused),
                    }
                }
            }
        }
        passing.map_or(Ok(()), |reason| Err(Setback::Passing(reason)))
    }
}

fn pending_on(topics: &[String], known: &Known) -> Vec<i32> {
    let replicas = topics.iter().filter_map(|topic| known.topics.get(topic));
    let replicas = replicas.flat_map(|topic| topic.partitions.values().flat_map(|view| &view.replicas));
    let mut down: Vec<i32> = replicas.copied().filter(|id| !known.live.contains(id)).collect();
    down.sort_unstable();
    down.dedup();
    down
}

/// A broker without it would take the request, and forget it when it becomes controller
/// (`TopicDeletionManager` of Kafka 0.10).
fn deletion_is_enabled(plan: &Plan) -> bool {
    const SETTING: &str = "delete.topic.enable";
    plan.of_role(Role::Broker).all(|broker| effective::of_broker(plan, broker, SETTING) != Some("false"))
}

#[cfg(test)]
mod tests {
    use kafka_protocol::messages::ApiKey;
    use kafka_protocol::messages::delete_topics_response::{DeletableTopicResult, DeleteTopicsResponse};

    use super::super::testing::admin;
    use super::*;
    use crate::plan::samples;
    use crate::wire::answers::topic_name;
    use crate::wire::fake::{Damage, FakeBroker, Reply, body, metadata};

    /// A broker with topic velib, until it was asked to delete it; `codes` are its answers.
    async fn delete(topics: &[&str], codes: Vec<i16>) -> Result<Deleted, AdminError> {
        let mut codes = codes.into_iter();
        let mut exists = true;
        let handler = move |_, key, version| match key {
            ApiKey::Metadata if exists => Reply::Body(body(&metadata(&[("velib", 3)]), version)),
            ApiKey::Metadata => Reply::Body(body(&metadata(&[]), version)),
            ApiKey::DeleteTopics => {
                let code = codes.next().expect("it is not asked so often");
                exists = code != 0;
                let result = DeletableTopicResult::default()
                    .with_name(Some(topic_name("velib")))
                    .with_error_code(code);
                Reply::Body(body(&DeleteTopicsResponse::default().with_responses(vec![result]), version))
            }
            _ => Reply::Close,
        };
        let broker = FakeBroker::start(handler, Damage::None).await;
        let topics: Vec<_> = topics.iter().map(|topic| (*topic).to_owned()).collect();
        admin(&broker).delete(&topics).await
    }

    #[tokio::test]
    async fn deleting_is_tried_again_until_no_broker_tells_of_the_topic() {
        let codes = vec![ResponseError::NotController.code(), ResponseError::RequestTimedOut.code(), 0];
        let deleted = delete(&["velib"], codes).await.unwrap();
        // The fake's metadata names broker 1, which is not in its plan.
        assert_eq!(deleted, Deleted { deleted: vec!["velib".to_owned()], pending_on: vec![1] });
    }

    #[tokio::test]
    async fn topics_that_are_not_there_are_told_at_once_and_the_others_are_kept() {
        let error = delete(&["velib", "velb", "x"], vec![]).await.unwrap_err();
        assert_eq!(error.to_string(), "velib has no topic `velb`, `x`");
    }

    #[tokio::test]
    async fn what_kafka_refuses_is_said_at_once() {
        let error = delete(&["velib"], vec![ResponseError::TopicDeletionDisabled.code()]).await.unwrap_err();
        assert_eq!(error.to_string(), "failed to delete topic velib: TopicDeletionDisabled");
    }

    #[test]
    fn kafka_0_10_deletes_topics_only_where_the_plan_says_so() {
        let mut plan = samples::plan("/x".as_ref(), "velib");
        assert!(deletion_is_enabled(&plan));
        plan.kafka.version = "0.10.2.2".to_owned();
        assert!(!deletion_is_enabled(&plan));
    }
}
