//! `min.insync.replicas` of topics: read where brokers read it, kept for a while, the plan's where it is not
//! known.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::dynamic;
use super::dynamic::{DynamicError, Entity};
use crate::plan::model::Plan;
use crate::plan::topics::broker_min_isr;
use crate::spec::min_isr::{Excess, SETTING, set_in};
use crate::wire::pool::Pool;
use crate::zookeeper::session::ZkHandle;

/// How long a value is believed. `topic alter` may change it meanwhile; brokers follow late, too.
const KEPT: Duration = Duration::from_secs(10);

/// The plan's word, for topics that nobody has told about yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MinIsr {
    /// Of topics that do not set it.
    pub default: u16,
    pub topics: BTreeMap<String, u16>,
    /// What the brokers' version makes of more than a topic has replicas.
    pub excess: Excess,
}

impl Default for MinIsr {
    /// Kafka's own default.
    fn default() -> Self {
        MinIsr { default: 1, topics: BTreeMap::new(), excess: Excess::Refused }
    }
}

impl MinIsr {
    pub(crate) fn of(plan: &Plan) -> Self {
        let topics = plan.topics.iter();
        MinIsr {
            default: broker_min_isr(&plan.nodes),
            topics: topics.filter_map(|topic| Some((topic.name.clone(), set_in(&topic.config)?))).collect(),
            excess: Excess::of(&plan.kafka.version),
        }
    }

    fn of_topic(&self, topic: &str) -> u16 {
        self.topics.get(topic).copied().unwrap_or(self.default)
    }
}

/// What was set, and when it was looked.
#[derive(Debug, Default)]
pub(super) struct MinIsrCache(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// The dynamic default of all brokers.
    default: Option<u16>,
    /// `None` inside: the topic does not set it.
    topics: HashMap<String, (Option<u16>, Instant)>,
}

impl MinIsrCache {
    /// What holds for a topic of this factor: what was told, however old, or else the plan's.
    pub(super) fn in_force(&self, topic: &str, factor: usize, plan: &MinIsr) -> u16 {
        let known = self.lock();
        let set = match known.topics.get(topic) {
            Some((set, _)) => set.or(known.default).unwrap_or(plan.default),
            None => plan.of_topic(topic),
        };
        u16::try_from(factor).map_or(set, |factor| plan.excess.in_force(set, factor))
    }

    /// Reads it for those of `topics` that were not read lately.
    pub(super) async fn refresh(
        &self,
        pool: &Pool,
        zookeeper: Option<&ZkHandle>,
        topics: impl Iterator<Item = &String>,
        deadline: Duration,
    ) -> Result<(), DynamicError> {
        let wanted: Vec<String> = {
            let known = self.lock();
            let lately = |topic: &String| known.topics.get(topic).is_some_and(|(_, at)| at.elapsed() < KEPT);
            topics.filter(|topic| !lately(topic)).cloned().collect()
        };
        if wanted.is_empty() {
            return Ok(());
        }
        let mut asked = vec![Entity::AllBrokers];
        asked.extend(wanted.iter().cloned().map(Entity::Topic));
        let mut told = dynamic::settings(pool, zookeeper, &asked, &[SETTING], deadline).await?.into_iter();
        let (default, topics) = (told.next().as_ref().and_then(set_in), told);
        let now = Instant::now();
        let mut known = self.lock();
        known.default = default;
        known.topics.extend(wanted.into_iter().zip(topics).map(|(topic, set)| (topic, (set_in(&set), now))));
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brokers_from_3_7_on_never_ask_for_more_replicas_than_there_are() {
        let old = MinIsr { default: 2, topics: [("t".to_owned(), 3)].into(), excess: Excess::Refused };
        let new = MinIsr { excess: Excess::Capped, ..old.clone() };
        let cache = MinIsrCache::default();
        let in_force = |plan| ["t", "u"].map(|topic| cache.in_force(topic, 1, plan));
        assert_eq!((in_force(&old), in_force(&new)), ([3, 2], [1, 1]));
        assert_eq!(cache.in_force("t", 5, &new), 3);
    }
}
