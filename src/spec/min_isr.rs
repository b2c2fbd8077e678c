//! `min.insync.replicas` above the number of replicas, which Kafka before 3.7 never has in sync: it
//! would refuse every acks=all produce for ever, see [`versions::caps_min_isr`].

use super::fields::Entry;
use super::mistake::Mistakes;
use super::model::{NodeGroup, Profile};
use super::suggest::quote;
use super::tree::{Span, Value};
use super::versions;

pub(super) const SETTING: &str = "min.insync.replicas";

/// A number of replicas that a `config` asks for, and where it does.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub replicas: u32,
    pub span: Span,
}

/// What a setting asks for, if it is this one. What is no number, Kafka itself refuses.
pub(super) fn asked(setting: Entry) -> Option<Asked> {
    match &setting.node.value {
        Value::Scalar(text) if setting.key == SETTING => {
            Some(Asked { replicas: text.parse().ok()?, span: setting.place().clone() })
        }
        _ => None,
    }
}

/// What brokers ask for all topics that ask for nothing themselves: also for Kafka's own topic of
/// offsets, and for those that are created without a factor.
pub(super) fn check_brokers(
    asked: &[Asked],
    brokers: &NodeGroup,
    profile: Profile,
    version: &str,
    mistakes: &mut Mistakes,
) {
    if versions::caps_min_isr(version) {
        return;
    }
    let three = u32::from(brokers.count.min(3));
    let topics = [
        ("offsets.topic.replication.factor", three, "__consumer_offsets has"),
        (
            "default.replication.factor",
            if profile == Profile::Stock { 1 } else { three },
            "topics that are created without a factor have",
        ),
    ];
    for (key, default, who) in topics {
        let factor = brokers.settings.config.get(key).and_then(|value| value.parse().ok()).unwrap_or(default);
        for Asked { replicas, span } in asked.iter().filter(|asked| asked.replicas > factor) {
            let has = replicas_of(factor);
            mistakes.add(
                span,
                format!("`{SETTING}` is {replicas}, and {who} {has}: {}", for_ever(version)),
                format!("at most {factor}; or raise `{key}` in the `config` of `brokers`"),
            );
        }
    }
}

/// What a topic asks for itself.
pub(super) fn check_topic(topic: Entry, asked: &Asked, factor: u16, version: &str, mistakes: &mut Mistakes) {
    if asked.replicas > u32::from(factor) && !versions::caps_min_isr(version) {
        mistakes.add(
            &asked.span,
            format!(
                "`{SETTING}` is {}, and topic {} has {}: {}",
                asked.replicas,
                quote(topic.key),
                replicas_of(factor.into()),
                for_ever(version)
            ),
            format!("at most {factor}; or raise `replication_factor`"),
        );
    }
}

/// What brokers ask for a topic that does not ask for itself.
pub(super) fn check_inherited(
    topic: Entry,
    of_brokers: u32,
    factor: u16,
    version: &str,
    mistakes: &mut Mistakes,
) {
    if of_brokers > u32::from(factor) && !versions::caps_min_isr(version) {
        mistakes.add(
            topic.at,
            format!(
                "topic {} has {}, and the brokers' `{SETTING}` is {of_brokers}: {}",
                quote(topic.key),
                replicas_of(factor.into()),
                for_ever(version)
            ),
            format!("give it `config: {{ {SETTING}: {factor} }}`, or raise its `replication_factor`"),
        );
    }
}

fn replicas_of(factor: u32) -> String {
    format!("{factor} replica{}", if factor == 1 { "" } else { "s" })
}

fn for_ever(version: &str) -> String {
    format!("Kafka {version} would refuse every acks=all produce for ever")
}
