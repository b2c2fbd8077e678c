//! `min.insync.replicas` of topics: asked of the brokers, kept for a while, the plan's where they
//! cannot tell.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kafka_protocol::messages::DescribeConfigsRequest;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::protocol::StrBytes;
use tokio::time::Instant;

use super::connection::Connection;
use super::error::KafkaError;
use crate::ids::Role;
use crate::plan::model::Plan;

const SETTING: &str = "min.insync.replicas";

/// `ConfigResource.Type.TOPIC`.
pub(super) const TOPIC_RESOURCE: i8 = 2;

/// How long an answer holds: nothing of ours changes the setting of a topic that is there.
const KEPT: Duration = Duration::from_secs(10);

/// The plan's word, for brokers without DescribeConfigs (before 0.11) and while none answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MinIsr {
    /// Of topics that do not set it.
    pub default: u16,
    pub topics: BTreeMap<String, u16>,
}

impl Default for MinIsr {
    /// Kafka's own default.
    fn default() -> Self {
        MinIsr { default: 1, topics: BTreeMap::new() }
    }
}

impl MinIsr {
    pub fn of(plan: &Plan) -> Self {
        let of_brokers = plan
            .of_role(Role::Broker)
            .flat_map(|broker| &broker.settings)
            .filter(|setting| setting.key == SETTING)
            .find_map(|setting| setting.value.parse().ok());
        let of_topic = |config: &BTreeMap<String, String>| config.get(SETTING)?.parse().ok();
        MinIsr {
            default: of_brokers.unwrap_or(1),
            topics: plan
                .topics
                .iter()
                .filter_map(|topic| Some((topic.name.clone(), of_topic(&topic.config)?)))
                .collect(),
        }
    }

    fn of_topic(&self, topic: &str) -> u16 {
        self.topics.get(topic).copied().unwrap_or(self.default)
    }
}

/// What brokers answered, and when.
#[derive(Debug, Default)]
pub(super) struct MinIsrCache(Mutex<HashMap<String, (u16, Instant)>>);

impl MinIsrCache {
    /// The broker's word, however old, or else the plan's.
    pub fn of_topic(&self, topic: &str, plan: &MinIsr) -> u16 {
        self.lock().get(topic).map_or_else(|| plan.of_topic(topic), |(value, _)| *value)
    }

    /// Asks for those of `topics` that are not known for a while (or for all, `afresh`).
    pub async fn refresh<'a>(
        &self,
        broker: &mut Connection,
        topics: impl Iterator<Item = &'a String>,
        afresh: bool,
    ) -> Result<(), KafkaError> {
        let wanted: Vec<&String> = {
            let known = self.lock();
            let is_known = |topic: &String| known.get(topic).is_some_and(|(_, at)| at.elapsed() < KEPT);
            topics.filter(|topic| afresh || !is_known(topic)).collect()
        };
        if wanted.is_empty() {
            return Ok(());
        }
        let values = describe(broker, &wanted).await?;
        let now = Instant::now();
        self.lock().extend(values.into_iter().map(|(topic, value)| (topic, (value, now))));
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (u16, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn describe(broker: &mut Connection, topics: &[&String]) -> Result<Vec<(String, u16)>, KafkaError> {
    let resource = |topic: &&String| {
        DescribeConfigsResource::default()
            .with_resource_type(TOPIC_RESOURCE)
            .with_resource_name(StrBytes::from_string(topic.to_string()))
            .with_configuration_keys(Some(vec![StrBytes::from_static_str(SETTING)]))
    };
    let request = DescribeConfigsRequest::default().with_resources(topics.iter().map(resource).collect());
    let answer = broker.call(&request).await?;
    let value =
        |configs: &[kafka_protocol::messages::describe_configs_response::DescribeConfigsResourceResult]| {
            configs.iter().find(|config| config.name.as_str() == SETTING)?.value.as_ref()?.parse().ok()
        };
    Ok(answer
        .results
        .iter()
        .filter(|result| result.error_code == 0)
        .filter_map(|result| Some((result.resource_name.to_string(), value(&result.configs)?)))
        .collect())
}
