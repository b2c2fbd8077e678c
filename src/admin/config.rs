//! `config`: the settings in force of a node or a topic.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::error::AdminError;
use super::{ASK, Admin};
use crate::model::ids::{NodeName, Role};
use crate::model::view::ClusterView;
use crate::observe::dynamic::Entity;
use crate::plan::layout::main_config_name;
use crate::plan::model::NodePlan;
use crate::spec::defaults::{self, Known};
use crate::spec::suggest;
use crate::view::settings::written::{self, Layer};
use crate::view::settings::{Against, InForce, Reported, Source, in_force};
use crate::view::verdict::Facts;
use crate::wire::KafkaError;
use crate::wire::configs;
use crate::wire::configs::Resource;
use crate::wire::pool::address;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConfigRequest {
    /// A node or a topic; a node when it is both.
    pub name: String,
    /// Take it for a topic, even when a node is called so.
    pub is_topic: bool,
    /// These settings only; all when empty.
    pub keys: Vec<String>,
}

/// The JSON of `config`, documented in docs/config.md.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Configs {
    pub name: String,
    pub is_topic: bool,
    pub kafka_version: String,
    /// The broker whose word it is; `None`: its file's and ZooKeeper's.
    pub reported_by: Option<NodeName>,
    /// By name.
    pub settings: Vec<InForce>,
    /// What should be known of it, a line each: why it is no broker's word, above all.
    pub notes: Vec<String>,
}

impl Admin {
    /// Every setting in force and where it comes from. Takes less than 2 s, whatever is dead.
    pub(crate) async fn config(&self, wanted: &ConfigRequest) -> Result<Configs, AdminError> {
        let node = self.plan.nodes.iter().find(|node| node.name.to_string() == wanted.name);
        let mut configs = match node.filter(|_| !wanted.is_topic) {
            Some(node) => {
                let (view, mut configs) = futures_util::join!(self.look(), self.of_node(node));
                if view.topics.is_some_and(|topics| topics.contains_key(&wanted.name)) {
                    let note = format!("there is a topic {}, too: `--topic` tells of that", wanted.name);
                    configs.notes.push(note);
                }
                configs
            }
            None => self.of_topic(wanted, self.look().await).await?,
        };
        if !wanted.keys.is_empty() {
            self.only(&wanted.keys, &mut configs)?;
        }
        Ok(configs)
    }

    async fn of_node(&self, node: &NodePlan) -> Configs {
        let mut notes = Vec::new();
        let broker = match node.role() {
            Role::ZooKeeper => {
                notes.push(format!(
                    "what its {} says: ZooKeeper has no request that tells its settings",
                    main_config_name(Role::ZooKeeper)
                ));
                None
            }
            // Its listener has no DescribeConfigs before 4.0.
            Role::Controller => {
                let file = main_config_name(Role::Controller);
                notes.push(format!("what its {file} says, and Kafka's defaults"));
                None
            }
            Role::Broker => {
                let asked = self.report(node.name.id, Resource::Broker(node.name.id)).await;
                asked.map_err(|error| notes.push(self.why_file(&error))).ok()
            }
        };
        let known = self.known().filter(|_| node.role() != Role::ZooKeeper).map(|known| &known.brokers);
        let reported_by = broker.is_some().then_some(node.name);
        let reported = match broker {
            Some(reported) => reported,
            None => {
                let set = if node.role() == Role::Broker {
                    self.znodes(node.name.id).await.map_err(|error| notes.push(error)).unwrap_or_default()
                } else {
                    Vec::new()
                };
                let mut layers: Vec<Layer<'_>> = set.iter().map(layer).collect();
                layers.push(written::file(&node.settings));
                written::told(&layers, known)
            }
        };
        let version = &self.plan.kafka.version;
        let against = Against { planned: &node.settings, inherited: &[], version, known };
        Configs {
            name: node.name.to_string(),
            is_topic: false,
            kafka_version: version.clone(),
            reported_by,
            settings: in_force(&reported, against),
            notes,
        }
    }

    async fn of_topic(&self, wanted: &ConfigRequest, view: ClusterView) -> Result<Configs, AdminError> {
        let facts = Facts::told_by(&view);
        // In KRaft every broker has the settings of topics in its copy of the metadata.
        let has_quorum = self.zookeeper.is_none() || view.lacks_quorum().is_none();
        let known_topics = self.topics_of(view, "tell settings")?;
        let name = &wanted.name;
        if !known_topics.topics.contains_key(name) {
            if wanted.is_topic {
                self.must_exist(std::slice::from_ref(name), &known_topics)?;
            }
            let nodes = self.plan.nodes.iter().map(|node| node.name.to_string());
            return Err(AdminError::UnknownName {
                cluster: self.plan.name.clone(),
                wanted: name.clone(),
                known: nodes.chain(known_topics.topics.into_keys()).collect(),
            });
        }
        let asked = facts.brokers.iter().copied().find(|id| facts.lives(*id));
        let broker = asked.and_then(|id| self.plan.node(NodeName::broker(id)));
        let Some(broker) = broker else {
            let reason = "no registered broker answers".to_owned();
            return Err(AdminError::Unreachable { what: "tell settings".to_owned(), reason });
        };
        let mut notes = Vec::new();
        let reported = if has_quorum {
            let told = self.report(broker.name.id, Resource::Topic(name)).await;
            told.map_err(|error| notes.push(self.why_file(&error))).ok()
        } else {
            let reason = "without a ZooKeeper quorum no broker tells the settings of topics".to_owned();
            return Err(AdminError::Unreachable { what: "tell settings".to_owned(), reason });
        };
        let known = self.known().map(|known| &known.topics);
        let reported_by = reported.is_some().then_some(broker.name);
        let reported = match reported {
            Some(reported) => reported,
            None => self.written_topic(name, broker).await?,
        };
        let planned = self.plan.topics.iter().find(|topic| topic.name == *name);
        let against = Against {
            planned: planned.map_or(&[], |topic| &topic.settings),
            inherited: &broker.settings,
            version: &self.plan.kafka.version,
            known,
        };
        Ok(Configs {
            name: name.clone(),
            is_topic: true,
            kafka_version: self.plan.kafka.version.clone(),
            reported_by,
            settings: in_force(&reported, against),
            notes,
        })
    }

    async fn report(&self, broker: i32, of: Resource<'_>) -> Result<Vec<Reported>, KafkaError> {
        configs::report(&self.pool, address(&self.pool, broker)?, of, None, ASK).await
    }

    /// A topic's settings as a broker without DescribeConfigs has them.
    async fn written_topic(&self, topic: &str, broker: &NodePlan) -> Result<Vec<Reported>, AdminError> {
        let unreachable = |reason| AdminError::Unreachable { what: "tell settings".to_owned(), reason };
        let own = self.dynamic(&[Entity::Topic(topic.to_owned())]).await;
        let own = own.map_err(|error| unreachable(error.to_string()))?.pop().unwrap_or_default();
        let Some(known) = self.known() else { return Ok(Vec::new()) };
        let broker = written::told(&[written::file(&broker.settings)], Some(&known.brokers));
        Ok(written::of_topic(&own, &broker, &known.topics))
    }

    /// Settings that were set of a broker while it ran, though it does not tell: as ZooKeeper keeps them.
    async fn znodes(&self, broker: i32) -> Result<Vec<(Source, BTreeMap<String, String>)>, String> {
        if self.zookeeper.is_none() {
            return Ok(Vec::new());
        }
        let set = self.dynamic(&[Entity::Broker(broker), Entity::AllBrokers]).await;
        let set = set.map_err(|error| format!("what was set while it ran is unknown: {error}"))?;
        Ok([Source::DynamicBroker, Source::DynamicDefault].into_iter().zip(set).collect())
    }

    fn known(&self) -> Option<&'static Known> {
        defaults::of(&self.plan.kafka.version)
    }

    /// Why what follows is no broker's word.
    fn why_file(&self, error: &KafkaError) -> String {
        match error {
            KafkaError::Unsupported { api, since } => format!(
                "from the file, ZooKeeper and Kafka's defaults: Kafka {} cannot report its settings ({api} came \
                 with {since})",
                self.plan.kafka.version
            ),
            error => {
                format!("from the file, ZooKeeper and Kafka's defaults: the broker does not tell: {error}")
            }
        }
    }

    /// Leaves these settings, in the order of their names.
    fn only(&self, keys: &[String], configs: &mut Configs) -> Result<(), AdminError> {
        let has = |key: &String| configs.settings.iter().any(|one| one.key == *key);
        if let Some(wrong) = keys.iter().find(|key| !has(key)) {
            let known = configs.settings.iter().map(|one| one.key.as_str());
            let remedy = match suggest::nearest(wrong, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("`cluster config {} --all` lists them", configs.name),
            };
            return Err(AdminError::invalid(format!("{} has no setting `{wrong}`", configs.name), remedy));
        }
        configs.settings.retain(|one| keys.contains(&one.key));
        Ok(())
    }
}

fn layer((source, settings): &(Source, BTreeMap<String, String>)) -> Layer<'_> {
    (*source, settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect())
}

#[cfg(test)]
mod tests {
    use kafka_protocol::messages::ApiKey;
    use kafka_protocol::messages::describe_configs_response::{
        DescribeConfigsResourceResult, DescribeConfigsResponse, DescribeConfigsResult,
    };

    use super::*;
    use crate::model::status::Problem;
    use crate::plan::samples;
    use crate::plan::samples::setting;
    use crate::wire::answers::text;
    use crate::wire::fake::{Damage, FakeBroker, Reply, body, metadata};

    /// broker-0 is the fake, with a file of two settings.
    async fn admin(answers: bool) -> (FakeBroker, Admin) {
        let config = |name: &str, value: &str| {
            DescribeConfigsResourceResult::default()
                .with_name(text(name))
                .with_value(Some(text(value)))
                .with_config_source(4)
                .with_config_type(3)
        };
        let configs = vec![config("num.io.threads", "6"), config("num.network.threads", "2")];
        let result = DescribeConfigsResult::default().with_configs(configs);
        let answer = DescribeConfigsResponse::default().with_results(vec![result]);
        let handler = move |_, key, version| match key {
            ApiKey::Metadata => Reply::Body(body(&metadata(&[("velib", 1), ("broker-0", 1)]), version)),
            ApiKey::DescribeConfigs if answers => Reply::Body(body(&answer, version)),
            _ => Reply::Close,
        };
        let broker = FakeBroker::start(handler, Damage::None).await;
        let mut plan = samples::plan("/x".as_ref(), "velib");
        for node in plan.nodes.iter_mut().filter(|node| node.role() == Role::Broker) {
            node.ports.client = broker.address.port();
            node.settings = vec![setting("num.io.threads", "4"), setting("num.network.threads", "2")];
        }
        plan.nodes[0].settings = vec![setting("tickTime", "500")];
        let admin = Admin { plan, ..super::super::testing::admin(&broker) };
        (broker, admin)
    }

    fn request(name: &str, keys: &[&str]) -> ConfigRequest {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        ConfigRequest { name: name.to_owned(), is_topic: false, keys }
    }

    #[tokio::test]
    async fn a_node_tells_for_itself_and_a_topic_of_its_name_is_mentioned() {
        let (_broker, admin) = admin(true).await;
        let configs = admin.config(&request("broker-0", &[])).await.unwrap();
        assert_eq!((configs.is_topic, configs.reported_by), (false, Some(NodeName::broker(0))));
        assert_eq!(configs.settings[0].problem, Some(Problem::Overridden));
        assert_eq!(configs.settings[1].problem, None);
        assert!(configs.notes[0].contains("`--topic`"), "{:?}", configs.notes);
        let topic = ConfigRequest { is_topic: true, ..request("broker-0", &[]) };
        assert!(admin.config(&topic).await.unwrap().is_topic);
    }

    #[tokio::test]
    async fn a_broker_that_does_not_tell_is_known_by_its_file_and_that_is_said() {
        let (_broker, admin) = admin(false).await;
        let configs = admin.config(&request("broker-1", &["num.io.threads"])).await.unwrap();
        assert_eq!(configs.reported_by, None);
        assert_eq!(configs.settings.len(), 1);
        assert_eq!(configs.settings[0].value.as_deref(), Some("4"));
        assert!(configs.notes[0].starts_with("from the file, ZooKeeper and Kafka's defaults"));
    }

    #[tokio::test]
    async fn a_zookeeper_server_is_known_by_its_file() {
        let (_broker, admin) = admin(true).await;
        let configs = admin.config(&request("zookeeper-1", &[])).await.unwrap();
        assert_eq!((configs.settings.len(), configs.reported_by), (1, None));
        assert_eq!(configs.settings[0].problem, None);
        assert!(configs.notes[0].contains("zoo.cfg"), "{:?}", configs.notes);
    }

    #[tokio::test]
    async fn what_there_is_not_is_told_with_what_was_meant() {
        let (_broker, admin) = admin(true).await;
        let error = admin.config(&request("broker-7", &[])).await.unwrap_err();
        let AdminError::UnknownName { known, .. } = error else { panic!("{error}") };
        assert!(known.contains(&"zookeeper-1".to_owned()) && known.contains(&"velib".to_owned()));
        let error = admin.config(&request("broker-0", &["num.io.thread"])).await.unwrap_err();
        let AdminError::Invalid { remedy, .. } = error else { panic!("{error}") };
        assert_eq!(remedy, "did you mean `num.io.threads`?");
    }
}
