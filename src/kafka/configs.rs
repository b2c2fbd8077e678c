//! DescribeConfigs (KIP-133) and IncrementalAlterConfigs (KIP-339): settings of topics and brokers.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig};
use kafka_protocol::messages::{DescribeConfigsRequest, IncrementalAlterConfigsRequest};

use super::answers::{TopicAnswer, text};
use super::error::KafkaError;
use super::pool::Pool;

/// `ConfigResource.Type`.
const TOPIC_RESOURCE: i8 = 2;
const BROKER_RESOURCE: i8 = 4;

/// The values in force of these settings, by topic and setting, wherever they come from.
pub async fn describe(
    pool: &Pool,
    address: SocketAddr,
    topics: &BTreeMap<&str, Vec<&str>>,
    deadline: Duration,
) -> Result<BTreeMap<String, BTreeMap<String, String>>, KafkaError> {
    let resource = |(topic, keys): (&&str, &Vec<&str>)| {
        DescribeConfigsResource::default()
            .with_resource_type(TOPIC_RESOURCE)
            .with_resource_name(text(topic))
            .with_configuration_keys(Some(keys.iter().map(|key| text(key)).collect()))
    };
    let request = DescribeConfigsRequest::default().with_resources(topics.iter().map(resource).collect());
    let answer = pool.call(address, &request, deadline).await?;
    let mut found = BTreeMap::new();
    for result in answer.results {
        KafkaError::check(result.error_code, result.error_message.as_deref())?;
        let settings = result
            .configs
            .iter()
            .filter_map(|config| Some((config.name.to_string(), config.value.as_ref()?.to_string())));
        found.insert(result.resource_name.to_string(), settings.collect());
    }
    Ok(found)
}

/// Sets settings of a topic, or with `None` takes its own value away; others stay as they are. All or
/// nothing. With `only_validate` nothing is done.
pub async fn alter(
    pool: &Pool,
    address: SocketAddr,
    topic: &str,
    changes: &BTreeMap<String, Option<String>>,
    only_validate: bool,
    deadline: Duration,
) -> Result<TopicAnswer, KafkaError> {
    let resource = resource(TOPIC_RESOURCE, topic, changes);
    alter_resource(pool, address, resource, only_validate, deadline).await
}

/// Sets dynamic settings of a broker (KIP-226), or takes them away, as [`alter`] does. `address` is its own:
/// another broker refuses it (`ConfigAdminManager`).
pub async fn alter_broker(
    pool: &Pool,
    address: SocketAddr,
    broker: i32,
    changes: &BTreeMap<String, Option<String>>,
    deadline: Duration,
) -> Result<TopicAnswer, KafkaError> {
    let resource = resource(BROKER_RESOURCE, &broker.to_string(), changes);
    alter_resource(pool, address, resource, false, deadline).await
}

fn resource(kind: i8, name: &str, changes: &BTreeMap<String, Option<String>>) -> AlterConfigsResource {
    /// `AlterConfigOp.OpType`.
    const SET: i8 = 0;
    const DELETE: i8 = 1;
    let change = |(key, value): (&String, &Option<String>)| {
        AlterableConfig::default()
            .with_name(text(key))
            .with_config_operation(if value.is_some() { SET } else { DELETE })
            .with_value(value.as_deref().map(text))
    };
    AlterConfigsResource::default()
        .with_resource_type(kind)
        .with_resource_name(text(name))
        .with_configs(changes.iter().map(change).collect())
}

async fn alter_resource(
    pool: &Pool,
    address: SocketAddr,
    resource: AlterConfigsResource,
    only_validate: bool,
    deadline: Duration,
) -> Result<TopicAnswer, KafkaError> {
    let request = IncrementalAlterConfigsRequest::default()
        .with_resources(vec![resource])
        .with_validate_only(only_validate);
    let answer = pool.call(address, &request, deadline).await?;
    let response = answer.responses.into_iter().next();
    let response = response.ok_or_else(|| KafkaError::Garbage("no resource in it".to_owned()))?;
    Ok(TopicAnswer::new(&response.resource_name, response.error_code, response.error_message))
}
