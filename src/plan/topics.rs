//! The topics of the spec, with the settings that they need to stay writable.

use crate::model::ids::Role;
use crate::plan::model::{NodePlan, Origin, Setting, TopicPlan};
use crate::spec::min_isr;
use crate::spec::model::{Profile, Spec, TopicSpec};

/// The topics as they will be created, see [`broker_min_isr`].
pub(crate) fn topics(spec: &Spec, broker_min_isr: u16) -> Vec<TopicPlan> {
    spec.topics.iter().map(|(name, topic)| one(name, topic, spec.profile, broker_min_isr)).collect()
}

/// The `min.insync.replicas` that a topic of this factor needs of its own to bear a failure, and why, when it asks for
/// none itself. `None`: it bears one with its brokers', or the profile leaves all to Kafka.
pub(crate) fn own_min_isr(profile: Profile, factor: u16, broker_min_isr: u16) -> Option<(u16, String)> {
    let min_isr = factor.saturating_sub(1).max(1);
    if profile == Profile::Stock || factor > broker_min_isr || min_isr >= broker_min_isr {
        return None;
    }
    let when = match factor {
        1 if factor < broker_min_isr => "to a topic with 1 replica".to_owned(),
        factor if factor < broker_min_isr => format!("to a topic with {factor} replicas"),
        factor => format!("when one of {factor} replicas is down"),
    };
    Some((min_isr, format!("the brokers' {broker_min_isr} would stop acks=all writes {when}")))
}

/// The `min.insync.replicas` of topics without their own, by the brokers' files; 1 is Kafka's default.
///
/// The largest where they differ. Each leader goes by its own file, and any replica may come to lead: what bears
/// the strictest bears every other, so that no election makes a partition refuse acks=all that was told to take it.
pub(crate) fn broker_min_isr(nodes: &[NodePlan]) -> u16 {
    let brokers = nodes.iter().filter(|node| node.role() == Role::Broker);
    let set = brokers.flat_map(|node| &node.settings).filter(|setting| setting.key == min_isr::SETTING);
    set.filter_map(|setting| setting.value.parse().ok()).max().unwrap_or(1)
}

fn one(name: &str, topic: &TopicSpec, profile: Profile, broker_min_isr: u16) -> TopicPlan {
    let mut settings: Vec<Setting> = topic
        .config
        .iter()
        .map(|(key, value)| Setting {
            key: key.clone(),
            value: value.clone(),
            origin: Origin::Cluster,
            role: None,
            reason: None,
            kafka_default: None,
        })
        .collect();
    let factor = topic.replication_factor;
    let asks = topic.config.contains_key(min_isr::SETTING);
    if let Some((own, reason)) = own_min_isr(profile, factor, broker_min_isr).filter(|_| !asks) {
        settings.push(Setting {
            key: min_isr::SETTING.to_owned(),
            value: own.to_string(),
            origin: Origin::Profile,
            role: None,
            reason: Some(reason),
            kafka_default: None,
        });
    }
    TopicPlan {
        name: name.to_owned(),
        partitions: topic.partitions,
        replication_factor: factor,
        config: settings.iter().map(|setting| (setting.key.clone(), setting.value.clone())).collect(),
        settings,
    }
}
