//! The topics of the spec, with the settings that they need to stay writable.

use crate::plan::model::{Origin, Setting, TopicPlan};
use crate::spec::model::{Profile, Spec, TopicSpec};

pub(super) const MIN_ISR: &str = "min.insync.replicas";

/// The topics as they will be created. `broker_min_isr`: the largest `min.insync.replicas` among
/// the brokers.
pub fn topics(spec: &Spec, broker_min_isr: u16) -> Vec<TopicPlan> {
    spec.topics.iter().map(|(name, topic)| one(name, topic, spec.profile, broker_min_isr)).collect()
}

fn one(name: &str, topic: &TopicSpec, profile: Profile, broker_min_isr: u16) -> TopicPlan {
    let mut settings: Vec<Setting> = topic
        .config
        .iter()
        .map(|(key, value)| Setting {
            key: key.clone(),
            value: value.clone(),
            origin: Origin::Cluster,
            reason: None,
            kafka_default: None,
        })
        .collect();
    let factor = topic.replication_factor;
    if profile != Profile::Stock && factor <= broker_min_isr && !topic.config.contains_key(MIN_ISR) {
        let min_isr = factor.saturating_sub(1).max(1);
        if min_isr < broker_min_isr {
            settings.push(Setting {
                key: MIN_ISR.to_owned(),
                value: min_isr.to_string(),
                origin: Origin::Profile,
                reason: Some(format!(
                    "the brokers' {broker_min_isr} would stop acks=all writes {}",
                    if factor < broker_min_isr {
                        format!("to a topic with {factor} replica{}", if factor == 1 { "" } else { "s" })
                    } else {
                        format!("when one of {factor} replicas is down")
                    }
                )),
                kafka_default: None,
            });
        }
    }
    TopicPlan {
        name: name.to_owned(),
        partitions: topic.partitions,
        replication_factor: factor,
        config: settings.iter().map(|setting| (setting.key.clone(), setting.value.clone())).collect(),
        settings,
    }
}
