//! `topic alter`.

use std::collections::{BTreeMap, BTreeSet};

use kafka_protocol::error::ResponseError;
use schemars::JsonSchema;
use serde::Serialize;

use super::check::{self, count};
use super::create::is_led;
use super::error::{AdminError, Setback};
use super::{Admin, REQUEST};
use crate::model::view::TopicView;
use crate::wire::answers::TopicAnswer;
use crate::wire::configs;
use crate::wire::create_partitions::create_partitions;
use crate::wire::metadata::Topics;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alteration {
    pub topic: String,
    /// In all.
    pub partitions: Option<u32>,
    pub set: BTreeMap<String, String>,
    /// Settings that the topic shall no longer have of its own.
    pub delete: BTreeSet<String>,
}

/// What is other than before; the JSON of `topic alter`. Empty when it was so already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Altered {
    pub topic: String,
    pub partitions: Option<PartitionChange>,
    pub configs: Vec<ConfigChange>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct PartitionChange {
    pub before: usize,
    pub after: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ConfigChange {
    pub key: String,
    /// The topic's own value; `None`: it had none.
    pub before: Option<String>,
    /// `None`: it has none any more.
    pub after: Option<String>,
}

impl Admin {
    /// Adds partitions and changes settings, as far as it is not so already. Kafka checks all of it
    /// before any of it is done. New partitions have a leader that every live broker tells of.
    pub(crate) async fn alter(&self, wanted: &Alteration) -> Result<Altered, AdminError> {
        let topic = &wanted.topic;
        check::settings(&wanted.set, &wanted.delete, self.version())?;
        let mut known = self.before(&format!("alter topic {topic}")).await?;
        self.must_exist(std::slice::from_ref(topic), &known)?;
        known.topics.retain(|name, _| name == topic);
        let what = format!("the settings of topic {topic} are not known");
        let settings =
            self.retry(&what, "alter topics", async || Ok(self.own_settings(&known.topics).await?));
        let settings = settings.await?.remove(topic).unwrap_or_default();

        let altered = changes(wanted, &known.topics[topic], &settings)?;
        for only_validate in [true, false] {
            self.retry(&format!("topic {topic} is not altered"), "alter topics", async || {
                self.apply(&altered, only_validate).await
            })
            .await?;
        }
        if let Some(PartitionChange { after, .. }) = altered.partitions {
            let what = format!("topic {topic} has its new partitions, but they are not usable");
            self.retry(&what, "alter topics", async || self.has_partitions(topic, after).await).await?;
        }
        Ok(altered)
    }

    async fn apply(&self, altered: &Altered, only_validate: bool) -> Result<(), Setback> {
        let controller = self.controller().await?;
        let topic = &altered.topic;
        if let Some(PartitionChange { after, .. }) = altered.partitions {
            let count = u32::try_from(after).unwrap_or(u32::MAX);
            let answer =
                create_partitions(&self.pool, controller, topic, count, only_validate, REQUEST).await?;
            // By an earlier try whose answer was lost there are as many already.
            if !(answer.error == Some(ResponseError::InvalidPartitions)
                && self.has_partitions(topic, after).await.is_ok())
            {
                verify(&answer)?;
            }
        }
        if !altered.configs.is_empty() {
            let changes = altered.configs.iter().map(|change| (change.key.clone(), change.after.clone()));
            let changes = changes.collect();
            let answer =
                configs::alter(&self.pool, controller, topic, &changes, only_validate, REQUEST).await?;
            verify(&answer)?;
        }
        Ok(())
    }

    async fn has_partitions(&self, topic: &str, wanted: usize) -> Result<(), Setback> {
        let told = self.everywhere(Topics::One(topic), |told| {
            let view = told.topics.get(topic);
            is_led(topic, view)?;
            match view.map_or(0, |view| view.partitions.len()) {
                count if count == wanted => Ok(()),
                count => Err(format!("it tells of {count} partitions")),
            }
        });
        told.await.map(drop)
    }
}

fn verify(answer: &TopicAnswer) -> Result<(), Setback> {
    let what = || format!("alter topic {}", answer.topic);
    answer.error.map_or(Ok(()), |error| Err(Setback::of(error, answer.reason(), what)))
}

/// What is to be done, given the topic and its own settings as they are.
fn changes(
    wanted: &Alteration,
    topic: &TopicView,
    settings: &BTreeMap<String, String>,
) -> Result<Altered, AdminError> {
    let before = topic.partitions.len();
    let partitions = match wanted.partitions.map(|count| count as usize) {
        Some(after) if after < before => {
            return Err(AdminError::invalid(
                format!(
                    "topic {} has {}, and Kafka never takes one away",
                    wanted.topic,
                    count(before, "partition")
                ),
                format!(
                    "its messages would be lost; ask for {before} or more, or make another topic and copy what is needed"
                ),
            ));
        }
        Some(_) if topic.internal => {
            return Err(AdminError::invalid(
                format!("topic `{}` is Kafka's own, and keeps its partitions", wanted.topic),
                "groups and transactions would be looked for in other partitions than they are kept in",
            ));
        }
        Some(after) if after > before => Some(PartitionChange { before, after }),
        _ => None,
    };
    let set = wanted.set.iter().map(|(key, value)| (key, Some(value)));
    let configs = set.chain(wanted.delete.iter().map(|key| (key, None)));
    let configs = configs
        .filter(|(key, value)| settings.get(*key) != *value)
        .map(|(key, value)| ConfigChange {
            key: key.clone(),
            before: settings.get(key).cloned(),
            after: value.cloned(),
        })
        .collect();
    Ok(Altered { topic: wanted.topic.clone(), partitions, configs })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use kafka_protocol::messages::ApiKey;
    use kafka_protocol::messages::create_partitions_response::{
        CreatePartitionsResponse, CreatePartitionsTopicResult,
    };
    use kafka_protocol::messages::incremental_alter_configs_response::{
        AlterConfigsResourceResponse, IncrementalAlterConfigsResponse,
    };

    use super::super::testing::admin;
    use super::*;
    use crate::model::view::PartitionView;
    use crate::wire::answers::{text, topic_name};
    use crate::wire::fake::{Damage, FakeBroker, Reply, body, metadata};

    fn alteration(partitions: Option<u32>, set: &[(&str, &str)], delete: &[&str]) -> Alteration {
        Alteration {
            topic: "velib".to_owned(),
            partitions,
            set: set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            delete: delete.iter().map(|key| (*key).to_owned()).collect(),
        }
    }

    fn topic(partitions: i32) -> TopicView {
        let view = PartitionView { leader: Some(0), leader_epoch: None, replicas: vec![0], isr: vec![0] };
        TopicView {
            partitions: (0..partitions).map(|number| (number, view.clone())).collect(),
            min_insync_replicas: 1,
            internal: false,
        }
    }

    #[test]
    fn what_is_so_already_is_no_change() {
        let settings = [("retention.ms".to_owned(), "1".to_owned())].into();
        let wanted = alteration(Some(3), &[("retention.ms", "1")], &["segment.bytes"]);
        let none = Altered { topic: "velib".to_owned(), partitions: None, configs: vec![] };
        assert_eq!(changes(&wanted, &topic(3), &settings).unwrap(), none);
        let wanted = alteration(Some(4), &[("segment.bytes", "2")], &["retention.ms"]);
        let altered = changes(&wanted, &topic(3), &settings).unwrap();
        assert_eq!(altered.partitions, Some(PartitionChange { before: 3, after: 4 }));
        let change = |key: &str, before: Option<&str>, after: Option<&str>| ConfigChange {
            key: key.to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        assert_eq!(
            altered.configs,
            [change("segment.bytes", None, Some("2")), change("retention.ms", Some("1"), None)]
        );
    }

    #[test]
    fn fewer_partitions_and_more_of_kafkas_own_are_refused() {
        let error = changes(&alteration(Some(2), &[], &[]), &topic(3), &BTreeMap::new()).unwrap_err();
        assert_eq!(error.to_string(), "topic velib has 3 partitions, and Kafka never takes one away");
        let internal = TopicView { internal: true, ..topic(3) };
        assert!(changes(&alteration(Some(4), &[], &[]), &internal, &BTreeMap::new()).is_err());
    }

    /// A broker that refuses settings with `config_code`, and how often it was asked to change
    /// something.
    async fn alter(wanted: Alteration, config_code: i16) -> (Result<Altered, AdminError>, Vec<ApiKey>) {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = asked.clone();
        let handler = move |_, key, version| {
            if key != ApiKey::Metadata {
                log.lock().unwrap().push(key);
            }
            let grown =
                log.lock().unwrap().iter().filter(|key| **key == ApiKey::CreatePartitions).count() > 1;
            match key {
                ApiKey::Metadata => {
                    Reply::Body(body(&metadata(&[("velib", if grown { 4 } else { 3 })]), version))
                }
                ApiKey::CreatePartitions => {
                    let result = CreatePartitionsTopicResult::default().with_name(topic_name("velib"));
                    Reply::Body(body(
                        &CreatePartitionsResponse::default().with_results(vec![result]),
                        version,
                    ))
                }
                ApiKey::IncrementalAlterConfigs => {
                    let response = AlterConfigsResourceResponse::default()
                        .with_resource_name(text("velib"))
                        .with_error_code(config_code);
                    let answer = IncrementalAlterConfigsResponse::default().with_responses(vec![response]);
                    Reply::Body(body(&answer, version))
                }
                _ => Reply::Close,
            }
        };
        let broker = FakeBroker::start(handler, Damage::None).await;
        let altered = admin(&broker).alter(&wanted).await;
        let asked = asked.lock().unwrap().clone();
        (altered, asked)
    }

    #[tokio::test]
    async fn everything_is_validated_before_anything_is_done() {
        let wanted = || alteration(Some(4), &[("retention.ms", "1")], &[]);
        let both = [ApiKey::CreatePartitions, ApiKey::IncrementalAlterConfigs];
        let (altered, asked) = alter(wanted(), 0).await;
        assert_eq!(altered.unwrap().partitions, Some(PartitionChange { before: 3, after: 4 }));
        assert_eq!(asked, [both, both].concat());

        let (refused, asked) = alter(wanted(), ResponseError::InvalidConfig.code()).await;
        assert_eq!(refused.unwrap_err().to_string(), "failed to alter topic velib: InvalidConfig");
        assert_eq!(asked, both, "nothing but the validation was asked for");
    }

    #[tokio::test]
    async fn nothing_to_change_asks_for_nothing() {
        let (altered, asked) = alter(alteration(Some(3), &[], &["retention.ms"]), 0).await;
        let altered = altered.unwrap();
        assert_eq!((altered.partitions, altered.configs, asked), (None, vec![], vec![]));
    }
}
