//! `explain`.

use std::net::SocketAddr;

use super::error::AdminError;
use super::{ASK, Admin};
use crate::model::ids::Role;
use crate::model::view::ClusterView;
use crate::observe::dynamic::Entity;
use crate::spec::defaults;
use crate::view::explain::{Explanation, explain};
use crate::view::verdict::Facts;
use crate::wire::KafkaError;
use crate::wire::configs;
use crate::wire::configs::Resource;

const UNCLEAN: &str = "unclean.leader.election.enable";

impl Admin {
    /// Which brokers may fail, and what it would do to this topic. Takes less than 2 s, whatever is dead.
    pub(crate) async fn explain(&self, topic: &str) -> Result<Explanation, AdminError> {
        let view = self.look().await;
        let facts = Facts::told_by(&view);
        let leads = self.unclean(topic, &view, &facts).await;
        let known = self.topics_of(view, "explain a topic")?;
        self.must_exist(&[topic.to_owned()], &known)?;
        let (unclean, unknown) = match leads {
            Ok(unclean) => (unclean, None),
            Err(why) => {
                let planned = self.planned_unclean();
                let word = if planned { "on" } else { "off" };
                (planned, Some(format!("whether unclean leader election is enabled, taken as {word}: {why}")))
            }
        };
        let mut explained =
            explain(topic, &known.topics[topic], unclean, &facts).with_racks(&self.plan.racks(), &facts);
        explained.unknown.extend(unknown);
        Ok(explained)
    }

    /// `unclean.leader.election.enable` in force, which the controller goes by.
    async fn unclean(&self, topic: &str, view: &ClusterView, facts: &Facts) -> Result<bool, String> {
        let live = |id: &i32| facts.lives(*id);
        let asked = view.controller.filter(live).or_else(|| facts.brokers.iter().copied().find(live));
        let Some(address) = asked.and_then(|id| self.pool.endpoints().brokers.get(&id)) else {
            return Err("no broker answers".to_owned());
        };
        // A broker reads a topic's settings from ZooKeeper, and would wait for the quorum.
        if let (Some(why), Some(_)) = (view.lacks_quorum(), &self.zookeeper) {
            return Err(why.to_owned());
        }
        match self.reported_unclean(topic, *address).await {
            Err(KafkaError::Unsupported { .. }) => {}
            told => return told.map_err(|error| error.to_string()),
        }
        let own =
            self.dynamic(&[Entity::Topic(topic.to_owned())]).await.map_err(|error| error.to_string())?;
        let own = own.first().and_then(|own| own.get(UNCLEAN));
        Ok(own.map_or_else(|| self.planned_unclean(), |value| is_true(value)))
    }

    async fn reported_unclean(&self, topic: &str, address: SocketAddr) -> Result<bool, KafkaError> {
        let told = configs::report(&self.pool, address, Resource::Topic(topic), Some(&[UNCLEAN]), ASK);
        let told = told.await?;
        let value = told.iter().find(|setting| setting.key == UNCLEAN).and_then(|one| one.value.as_deref());
        value.map(is_true).ok_or_else(|| KafkaError::Garbage(format!("it has no {UNCLEAN}")))
    }

    /// The word of the brokers' files, else Kafka's default: true until 0.10.2 (KIP-106 turned it off).
    fn planned_unclean(&self) -> bool {
        let mut settings = self.plan.of_role(Role::Broker).flat_map(|broker| &broker.settings);
        let set = settings.find(|setting| setting.key == UNCLEAN).map(|setting| setting.value.as_str());
        let default = || defaults::default_of(&defaults::of(&self.plan.kafka.version)?.brokers, UNCLEAN);
        set.or_else(default).is_some_and(is_true)
    }
}

/// As Kafka reads booleans (`ConfigDef.parseType`).
fn is_true(value: &str) -> bool {
    value.trim().eq_ignore_ascii_case("true")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use kafka_protocol::messages::ApiKey;
    use kafka_protocol::messages::describe_configs_response::{
        DescribeConfigsResourceResult, DescribeConfigsResponse, DescribeConfigsResult,
    };

    use super::super::testing::admin;
    use super::*;
    use crate::view::explain::Outcome;
    use crate::wire::answers::text;
    use crate::wire::fake::{Damage, FakeBroker, Reply, body, metadata};

    async fn explained(configs: impl Fn(i16) -> Reply + Send + 'static) -> Explanation {
        let handler = move |_, key, version| match key {
            ApiKey::Metadata => Reply::Body(body(&metadata(&[("velib", 1)]), version)),
            ApiKey::DescribeConfigs => configs(version),
            _ => Reply::Close,
        };
        let broker = FakeBroker::start(handler, Damage::None).await;
        admin(&broker).explain("velib").await.unwrap()
    }

    fn unclean(value: &str) -> DescribeConfigsResponse {
        let setting =
            DescribeConfigsResourceResult::default().with_name(text(UNCLEAN)).with_value(Some(text(value)));
        let result =
            DescribeConfigsResult::default().with_resource_name(text("velib")).with_configs(vec![setting]);
        DescribeConfigsResponse::default().with_results(vec![result])
    }

    #[tokio::test]
    async fn unclean_election_is_as_the_broker_reports_it() {
        for (value, expected) in [("true", true), ("false", false)] {
            let explained = explained(move |version| Reply::Body(body(&unclean(value), version))).await;
            assert_eq!(explained.unclean_leader_election, expected);
            assert_eq!(explained.unknown, Vec::<String>::new());
            assert_eq!(explained.harms[0].result, Outcome::Offline);
            assert_eq!(explained.harms[0].loses_with.is_empty(), !expected, "broker-1 lags");
        }
    }

    #[tokio::test]
    async fn a_broker_that_stalls_leaves_it_to_the_plan_and_says_so_within_2_s() {
        let began = Instant::now();
        let explained = explained(|_| Reply::Silence).await;
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
        assert!(!explained.unclean_leader_election, "the default of 3.9");
        let [line] = &explained.unknown[..] else { panic!("{explained:?}") };
        assert!(line.ends_with("taken as off: no answer within 800 ms"), "{line}");
    }

    #[tokio::test]
    async fn an_unknown_topic_is_an_error_with_those_that_there_are() {
        let handler = |_, key, version| match key {
            ApiKey::Metadata => Reply::Body(body(&metadata(&[("velib", 1)]), version)),
            _ => Reply::Close,
        };
        let broker = FakeBroker::start(handler, Damage::None).await;
        let error = admin(&broker).explain("velibs").await.unwrap_err();
        assert!(matches!(error, AdminError::UnknownTopic { known, .. } if known == ["velib"]));
    }
}
