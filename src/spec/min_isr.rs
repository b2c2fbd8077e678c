//! `min.insync.replicas`: its name, what is in force of what was asked for, and the mistakes of a spec that asks for
//! more than Kafka would ever have in sync.

use std::collections::BTreeMap;

use super::fields::Entry;
use super::mistake::Mistakes;
use super::model::{NodeGroup, Profile};
use super::suggest::quote;
use super::tree::{Span, Value};
use super::versions;

/// Of brokers, for topics that do not set it, and of topics.
pub(crate) const SETTING: &str = "min.insync.replicas";

/// What brokers of one version make of it where it is above the number of replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Excess {
    /// They refuse every acks=all produce, for ever.
    Refused,
    /// They ask for all replicas instead: since Kafka 3.7 (KAFKA-15583).
    Capped,
}

impl Excess {
    /// Of brokers of this version.
    pub(crate) fn of(version: &str) -> Self {
        match versions::at_least(version, &[3, 7]) {
            true => Excess::Capped,
            false => Excess::Refused,
        }
    }

    /// How many must be in sync for acks=all, where so many were asked for of a partition with so many replicas.
    pub(crate) fn in_force<N: Ord>(self, asked: N, replicas: N) -> N {
        match self {
            Excess::Capped => asked.min(replicas),
            Excess::Refused => asked,
        }
    }

    /// Whether such a partition would take no acks=all produce, whoever lives.
    pub(crate) fn is_deadly<N: Ord + Copy>(self, asked: N, replicas: N) -> bool {
        self.in_force(asked, replicas) > replicas
    }
}

/// What a topic, or a broker, asks for by its own settings. What is no number is a mistake of its own.
pub(crate) fn set_in(config: &BTreeMap<String, String>) -> Option<u16> {
    config.get(SETTING)?.parse().ok()
}

/// A number of replicas that a `config` asks for, and where it does.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub replicas: u32,
    pub span: Span,
}

/// What a setting asks for, if it is this one. What is no number is a mistake of its own.
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
    let excess = Excess::of(version);
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
        for Asked { replicas, span } in asked.iter().filter(|asked| excess.is_deadly(asked.replicas, factor))
        {
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
    if Excess::of(version).is_deadly(asked.replicas, factor.into()) {
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
    if Excess::of(version).is_deadly(of_brokers, factor.into()) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_3_7_on_no_more_replicas_are_asked_for_than_there_are() {
        for version in ["3.7.0", "3.9.2", "3.10.0", "4.0.0"] {
            let excess = Excess::of(version);
            assert_eq!((excess.in_force(3, 2), excess.in_force(2, 3)), (2, 2), "{version}");
            assert!(!excess.is_deadly(3, 2), "{version}");
        }
        for version in ["0.10.2.2", "2.8.2", "3.6.2", "", "x"] {
            let excess = Excess::of(version);
            assert_eq!((excess.in_force(3, 2), excess.in_force(2, 3)), (3, 2), "{version}");
            assert!(excess.is_deadly(3, 2) && !excess.is_deadly(2, 2), "{version}");
        }
    }
}
