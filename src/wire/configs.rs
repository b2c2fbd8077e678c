//! DescribeConfigs (KIP-133, KIP-226, KIP-569) and IncrementalAlterConfigs (KIP-339).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult,
};
use kafka_protocol::messages::incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig};
use kafka_protocol::messages::{DescribeConfigsRequest, IncrementalAlterConfigsRequest};
use kafka_protocol::protocol::StrBytes;

use super::answers::{TopicAnswer, text};
use super::error::KafkaError;
use super::pool::Pool;
use crate::view::settings::{Kind, Reported, Source, Synonym};

/// `ConfigResource.Type`.
const TOPIC_RESOURCE: i8 = 2;
/// `ConfigResource.Type.BROKER`.
const BROKER_RESOURCE: i8 = 4;

/// Whose settings are asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Resource<'a> {
    /// Only this broker itself can tell: its file is its own. Answered from memory.
    Broker(i32),
    /// Any broker tells, with what the topic inherits from that broker. It reads the topic's own settings
    /// from ZooKeeper, and waits while there is no quorum.
    Topic(&'a str),
    /// What was set for all brokers. Any of them tells.
    AllBrokers,
}

/// Every setting, or those of `keys`, as the broker reports it with its source; a key that it has never
/// heard of is left out.
pub(crate) async fn report(
    pool: &Pool,
    address: SocketAddr,
    resource: Resource<'_>,
    keys: Option<&[&str]>,
    deadline: Duration,
) -> Result<Vec<Reported>, KafkaError> {
    let result = ask(pool, address, &[resource], keys, deadline).await?.into_iter().next();
    let result = result.ok_or_else(|| KafkaError::Garbage("it tells of nobody".to_owned()))?;
    KafkaError::check(result.error_code, result.error_message.as_deref())?;
    Ok(all_of(result))
}

/// Versions before 3 tell no types, which must not look like settings that nobody knows.
fn all_of(result: DescribeConfigsResult) -> Vec<Reported> {
    let typed = result.configs.iter().any(|config| config.config_type != 0);
    result.configs.into_iter().map(|config| reported(config, typed)).collect()
}

fn place(resource: &Resource<'_>) -> (i8, String) {
    match resource {
        Resource::Broker(id) => (BROKER_RESOURCE, id.to_string()),
        Resource::AllBrokers => (BROKER_RESOURCE, String::new()),
        Resource::Topic(topic) => (TOPIC_RESOURCE, (*topic).to_owned()),
    }
}

async fn ask(
    pool: &Pool,
    address: SocketAddr,
    resources: &[Resource<'_>],
    keys: Option<&[&str]>,
    deadline: Duration,
) -> Result<Vec<DescribeConfigsResult>, KafkaError> {
    let asked = resources.iter().map(|resource| {
        let (kind, name) = place(resource);
        DescribeConfigsResource::default()
            .with_resource_type(kind)
            .with_resource_name(text(&name))
            .with_configuration_keys(keys.map(|keys| keys.iter().map(|key| text(key)).collect()))
    });
    let request =
        DescribeConfigsRequest::default().with_resources(asked.collect()).with_include_synonyms(true);
    Ok(pool.call(address, &request, deadline).await?.results)
}

/// The same of several, in the order asked for. A topic that does not exist has no settings.
pub(crate) async fn report_all(
    pool: &Pool,
    address: SocketAddr,
    resources: &[Resource<'_>],
    keys: Option<&[&str]>,
    deadline: Duration,
) -> Result<Vec<Vec<Reported>>, KafkaError> {
    let mut told = BTreeMap::new();
    for result in ask(pool, address, resources, keys, deadline).await? {
        let place = (result.resource_type, result.resource_name.to_string());
        match KafkaError::check(result.error_code, result.error_message.as_deref()) {
            Err(KafkaError::Code { code: ResponseError::UnknownTopicOrPartition, .. }) => {}
            checked => checked?,
        }
        told.insert(place, all_of(result));
    }
    let of = |resource| told.remove(&place(resource));
    let all: Option<Vec<Vec<Reported>>> = resources.iter().map(of).collect();
    all.ok_or_else(|| KafkaError::Garbage("it does not tell of all that it was asked for".to_owned()))
}

/// The values that come from this source, as they were set.
pub(crate) fn set_by(told: Vec<Reported>, source: Source) -> BTreeMap<String, String> {
    let set = told.into_iter().filter(|one| one.source == source);
    set.filter_map(|one| Some((one.key, one.value?))).collect()
}

fn reported(config: DescribeConfigsResourceResult, typed: bool) -> Reported {
    let sensitive = config.is_sensitive;
    let value = |value: Option<StrBytes>| value.filter(|_| !sensitive).map(|value| value.to_string());
    let synonyms = config.synonyms.into_iter().map(|one| Synonym {
        key: one.name.to_string(),
        value: value(one.value),
        source: source(one.source),
    });
    Reported {
        key: config.name.to_string(),
        synonyms: synonyms.collect(),
        value: value(config.value),
        source: source(config.config_source),
        sensitive,
        kind: if typed { kind(config.config_type) } else { Kind::Text },
    }
}

/// `DescribeConfigsResponse.ConfigSource`.
fn source(id: i8) -> Source {
    match id {
        1 => Source::Topic,
        2 => Source::DynamicBroker,
        3 => Source::DynamicDefault,
        4 => Source::File,
        5 => Source::Default,
        _ => Source::Unknown,
    }
}

/// `DescribeConfigsResponse.ConfigType`.
fn kind(id: i8) -> Kind {
    match id {
        0 => Kind::Unknown,
        1 => Kind::Boolean,
        3..=6 => Kind::Number,
        7 => Kind::List,
        _ => Kind::Text,
    }
}

/// The values in force of these settings, by topic and setting, wherever they come from. `deadline` is that of each
/// request.
pub(crate) async fn describe(
    pool: &Pool,
    address: SocketAddr,
    topics: &BTreeMap<&str, Vec<&str>>,
    deadline: Duration,
) -> Result<BTreeMap<String, BTreeMap<String, String>>, KafkaError> {
    let topics: Vec<_> = topics.iter().collect();
    let mut found = BTreeMap::new();
    for piece in topics.chunks(AT_ONCE) {
        found.extend(describe_piece(pool, address, piece, deadline).await?);
    }
    Ok(found)
}

/// Topics of one request.
const AT_ONCE: usize = 500;

async fn describe_piece(
    pool: &Pool,
    address: SocketAddr,
    topics: &[(&&str, &Vec<&str>)],
    deadline: Duration,
) -> Result<BTreeMap<String, BTreeMap<String, String>>, KafkaError> {
    let resource = |(topic, keys): &(&&str, &Vec<&str>)| {
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
pub(crate) async fn alter(
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
pub(crate) async fn alter_broker(
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

#[cfg(test)]
mod tests {
    use kafka_protocol::messages::ApiKey;
    use kafka_protocol::messages::describe_configs_response::{
        DescribeConfigsResponse, DescribeConfigsResult, DescribeConfigsSynonym,
    };

    use super::*;
    use crate::wire::fake::{Damage, FakeBroker, Reply, body};

    fn config(name: &str, value: &str, kind: i8) -> DescribeConfigsResourceResult {
        let synonym = DescribeConfigsSynonym::default()
            .with_name(text(name))
            .with_value(Some(text(value)))
            .with_source(4);
        DescribeConfigsResourceResult::default()
            .with_name(text(name))
            .with_value(Some(text(value)))
            .with_config_source(2)
            .with_config_type(kind)
            .with_synonyms(vec![synonym])
    }

    async fn told(result: DescribeConfigsResult) -> Result<Vec<Reported>, KafkaError> {
        let answer = DescribeConfigsResponse::default().with_results(vec![result]);
        let handler = move |_, key, version| match key {
            ApiKey::DescribeConfigs => Reply::Body(body(&answer, version)),
            _ => Reply::Close,
        };
        let broker = FakeBroker::start(handler, Damage::None).await;
        report(&broker.pool(), broker.address, Resource::Broker(0), None, Duration::from_secs(60)).await
    }

    #[tokio::test]
    async fn a_setting_is_told_with_type_source_and_what_would_hold_without_it() {
        let secret = config("ssl.key.password", "leaked", 9).with_is_sensitive(true);
        let configs = vec![config("a", "1", 3), config("b", "x", 0), secret];
        let told = told(DescribeConfigsResult::default().with_configs(configs)).await.unwrap();
        let [a, b, secret] = &told[..] else { panic!("{told:?}") };
        assert_eq!((a.kind, a.source, a.value.as_deref()), (Kind::Number, Source::DynamicBroker, Some("1")));
        assert_eq!(a.synonyms[0].source, Source::File);
        assert_eq!(b.kind, Kind::Unknown);
        assert!(secret.sensitive && !format!("{secret:?}").contains("leaked"));
    }

    #[tokio::test]
    async fn without_types_nothing_is_unknown_and_an_error_is_told() {
        let untyped = DescribeConfigsResult::default().with_configs(vec![config("a", "1", 0)]);
        assert_eq!(told(untyped).await.unwrap()[0].kind, Kind::Text);
        let refused =
            DescribeConfigsResult::default().with_error_code(29).with_error_message(Some(text("no")));
        assert!(matches!(told(refused).await, Err(KafkaError::Code { .. })));
    }
}
