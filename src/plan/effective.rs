//! Kafka's own defaults, joined to a plan for whoever reads it.
//!
//! Nothing of it is stored or compared: what no file says is Kafka's to decide, and is the same in
//! every plan of a version.

use std::collections::BTreeSet;

use crate::model::ids::Role;
use crate::plan::model::{NodePlan, Origin, Plan, Setting};
use crate::spec::defaults::{self, Table};

/// The plan in which a broker has every setting that its Kafka knows: those that its file leaves out
/// have Kafka's own default, and the others tell it beside their value. So do the settings of topics;
/// what a topic leaves out is its brokers' to say. ZooKeeper has no list of its settings.
pub(crate) fn with_kafka_defaults(mut plan: Plan) -> Plan {
    for node in plan.nodes.iter_mut().filter(|node| node.role() == Role::Broker) {
        let version = node.kafka_version.as_ref().unwrap_or(&plan.kafka.version);
        let Some(known) = defaults::of(version) else { continue };
        tell_default(&mut node.settings, &known.brokers);
        let rest = left_out(&node.settings, &known.brokers);
        node.settings.extend(rest);
    }
    if let Some(known) = defaults::of(&plan.kafka.version) {
        for topic in &mut plan.topics {
            tell_default(&mut topic.settings, &known.topics);
        }
    }
    plan
}

/// What a broker runs with by its plan: what its file says, or else Kafka's own default.
pub(crate) fn of_broker<'a>(plan: &Plan, broker: &'a NodePlan, key: &str) -> Option<&'a str> {
    let set = broker.settings.iter().find(|setting| setting.key == key);
    let default = || defaults::default_of(&defaults::of(plan.version_of(broker))?.brokers, key);
    set.map(|setting| setting.value.as_str()).or_else(default)
}

fn tell_default(settings: &mut [Setting], known: &Table) {
    for setting in settings {
        let default = defaults::default_of(known, &setting.key);
        setting.kafka_default = default.map(str::to_owned);
    }
}

fn left_out(settings: &[Setting], known: &Table) -> Vec<Setting> {
    let written: BTreeSet<&str> = settings.iter().map(|setting| setting.key.as_str()).collect();
    known
        .iter()
        .filter(|(key, _)| !written.contains(*key))
        .filter_map(|(key, definition)| {
            Some(Setting {
                key: (*key).to_owned(),
                value: definition.default?.to_owned(),
                origin: Origin::Default,
                role: None,
                reason: None,
                kafka_default: None,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::NodeName;
    use crate::plan::fixture::{facts, spec, topic};
    use crate::plan::{compare, plan};
    use crate::spec::model::Spec;

    fn effective(spec: &Spec) -> Plan {
        with_kafka_defaults(plan(spec, &facts(spec)).unwrap())
    }

    fn setting<'a>(plan: &'a Plan, key: &str) -> &'a Setting {
        let broker = plan.node(NodeName::broker(0)).unwrap();
        broker.settings.iter().find(|setting| setting.key == key).unwrap()
    }

    #[test]
    fn a_broker_has_every_setting_that_its_kafka_knows_once_and_with_its_origin() {
        for version in ["0.10.2.2", "3.9.0", "3.9.2"] {
            let mut spec = spec(1, 1);
            spec.kafka.version = Some(version.into());
            let plan = effective(&spec);
            let settings = &plan.node(NodeName::broker(0)).unwrap().settings;
            let keys: BTreeSet<&str> = settings.iter().map(|setting| setting.key.as_str()).collect();
            assert_eq!(keys.len(), settings.len(), "each once");
            let known: BTreeSet<&str> = defaults::of(version).unwrap().brokers.keys().copied().collect();
            assert_eq!(keys, known, "{version}");
        }
    }

    #[test]
    fn what_the_file_says_has_kafkas_default_beside_it_and_the_rest_has_it_as_value() {
        let mut spec = spec(1, 3);
        spec.brokers.settings.config.insert("log.retention.hours".into(), "24".into());
        spec.brokers.settings.config.insert("own.key".into(), "1".into());
        let plan = effective(&spec);
        let told = |key: &str| {
            let setting = setting(&plan, key);
            (setting.value.as_str(), setting.origin, setting.kafka_default.as_deref())
        };
        assert_eq!(told("log.retention.hours"), ("24", Origin::Cluster, Some("168")));
        assert_eq!(told("num.io.threads"), ("4", Origin::Profile, Some("8")));
        assert_eq!(told("broker.id"), ("0", Origin::Planner, Some("-1")));
        assert_eq!(told("own.key"), ("1", Origin::Cluster, None));
        assert_eq!(told("num.replica.fetchers"), ("1", Origin::Default, None));
    }

    #[test]
    fn a_setting_of_a_topic_has_the_default_of_topics_beside_it() {
        let mut spec = spec(1, 3);
        let mut kept = topic(1, 3);
        kept.config.insert("retention.ms".into(), "1000".into());
        spec.topics.insert("kept".into(), kept);
        let plan = effective(&spec);
        assert_eq!(plan.topics[0].settings[0].kafka_default.as_deref(), Some("604800000"));
    }

    #[test]
    fn the_plan_that_is_stored_knows_nothing_of_defaults() {
        let spec = spec(1, 1);
        let plan = plan(&spec, &facts(&spec)).unwrap();
        let json = serde_json::to_string(&plan).unwrap();
        assert!(!json.contains("kafka_default") && !json.contains("kafka default"));
        assert!(json.len() < 20_000, "{} bytes", json.len());
        let topics_aside = effective(&spec).topics;
        assert_eq!(compare(&plan, &Plan { topics: topics_aside, ..plan.clone() }), []);
    }

    #[test]
    fn the_json_calls_a_default_kafkas() {
        let json = serde_json::to_value(setting(&effective(&spec(1, 1)), "num.replica.fetchers")).unwrap();
        let told =
            serde_json::json!({ "key": "num.replica.fetchers", "value": "1", "origin": "kafka default" });
        assert_eq!(json, told);
    }
}
