//! The throttle of a move (KIP-73): a rate on each broker concerned, and the replicas that it holds for.
//!
//! Ours is what the note says that was set, as long as it has the value that was set; anything else is
//! another's and stays. A throttle that is there before a move is never written over.

use std::collections::{BTreeMap, BTreeSet};

use kafka_protocol::error::ResponseError;
use serde::{Deserialize, Serialize};

use super::Move;
use crate::admin::error::{AdminError, Setback};
use crate::admin::{ASK, Admin, REQUEST};
use crate::observe::dynamic::Entity;
use crate::wire::answers::TopicAnswer;
use crate::wire::metadata;
use crate::wire::metadata::Topics;
use crate::wire::pool::address;
use crate::wire::{KafkaError, configs};

/// `QuotaType.LEADER` and `FOLLOWER`: what a broker sends, and what it fetches.
const SIDES: [&str; 2] = ["leader", "follower"];

/// What was set for a move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Throttle {
    /// Bytes a second, of each broker for each side.
    pub rate: u64,
    pub brokers: BTreeSet<i32>,
    /// By topic: `<side>.replication.throttled.replicas`, as `partition:broker` with commas between.
    pub topics: BTreeMap<String, Values>,
}

/// By setting.
pub(super) type Values = BTreeMap<String, String>;

impl Throttle {
    /// As `kafka-reassign-partitions --throttle` has it: whoever holds a partition sends at this rate, whoever
    /// gets it fetches at this rate. Replicas in the ISR are never held back (`ReplicaManager`).
    pub(super) fn of(moves: &[Move], rate: u64) -> Self {
        let mut throttle = Throttle { rate, brokers: BTreeSet::new(), topics: BTreeMap::new() };
        for one in moves.iter().filter(|one| one.copies() > 0) {
            throttle.brokers.extend(one.before.iter().copied().chain(one.adding()));
            let settings = throttle.topics.entry(one.topic.clone()).or_default();
            for (side, ids) in SIDES.iter().zip([one.before.clone(), one.adding().collect()]) {
                let replicas = settings.entry(format!("{side}.replication.throttled.replicas")).or_default();
                for id in ids {
                    let comma = if replicas.is_empty() { "" } else { "," };
                    replicas.push_str(&format!("{comma}{}:{id}", one.partition));
                }
            }
        }
        throttle
    }

    /// Everything that is set for it.
    pub(super) fn entities(&self) -> Vec<(Entity, Values)> {
        let rates =
            || SIDES.map(|side| (format!("{side}.replication.throttled.rate"), self.rate.to_string()));
        let brokers = self.brokers.iter().map(|id| (Entity::Broker(*id), rates().into()));
        let topics =
            self.topics.iter().map(|(topic, settings)| (Entity::Topic(topic.clone()), settings.clone()));
        brokers.chain(topics).collect()
    }
}

impl Admin {
    /// Refuses when there is a throttle already that is not this one.
    pub(super) async fn set_throttle(&self, throttle: &Throttle) -> Result<(), AdminError> {
        let entities = throttle.entities();
        for (entity, ours) in &entities {
            let there = self.settings_of(entity).await?.unwrap_or_default();
            if let Some((key, value)) = ours
                .iter()
                .find_map(|(key, ours)| Some((key, there.get(key).filter(|value| *value != ours)?)))
            {
                let removed_with = removed_with(entity, ours.keys().map(String::as_str));
                return Err(AdminError::invalid(
                    format!("{entity} has a throttle already: {key}={value}"),
                    format!(
                        "it holds for this move, too: leave `--throttle` out, or remove it: {removed_with}"
                    ),
                ));
            }
        }
        for (entity, ours) in &entities {
            let set = ours.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
            self.alter_settings(entity, &set).await?;
        }
        Ok(())
    }

    /// Takes away what is still as it was set. What somebody has set otherwise meanwhile stays, see
    /// [`Admin::throttles_left`].
    pub(super) async fn clear_throttle(&self, throttle: &Throttle) -> Result<(), AdminError> {
        for (entity, ours) in throttle.entities() {
            // What cannot be told is as we set it, as far as we know.
            let there = self.settings_of(&entity).await?.unwrap_or_else(|| ours.clone());
            let gone: BTreeMap<String, Option<String>> = ours
                .iter()
                .filter(|(key, value)| there.get(*key) == Some(value))
                .map(|(key, _)| (key.clone(), None))
                .collect();
            if gone.is_empty() {
                continue;
            }
            self.alter_settings(&entity, &gone).await?;
            let what = format!("{entity} is still throttled");
            self.retry(&what, "throttle replication", async || {
                let there = self.settings_of(&entity).await.map_err(Setback::Fatal)?.unwrap_or_default();
                match gone.keys().find(|key| there.get(*key) == ours.get(*key)) {
                    Some(key) => Err(Setback::Passing(format!("{key} is still set"))),
                    None => Ok(()),
                }
            })
            .await?;
        }
        Ok(())
    }

    /// `None`: a broker of a KRaft cluster that is down, whose own settings nobody else tells.
    async fn settings_of(&self, entity: &Entity) -> Result<Option<Values>, AdminError> {
        if let (Entity::Broker(id), None) = (entity, &self.zookeeper)
            && !self.answers(*id).await
        {
            return Ok(None);
        }
        let found = self
            .retry(&format!("the settings of {entity} are not known"), "throttle replication", async || {
                Ok(self.dynamic(std::slice::from_ref(entity)).await?)
            })
            .await?;
        Ok(Some(found.into_iter().next().unwrap_or_default()))
    }

    pub(super) async fn answers(&self, broker: i32) -> bool {
        let Some(address) = self.pool.broker(broker) else { return false };
        metadata::ask(&self.pool, address, Topics::None, ASK).await.is_ok()
    }

    async fn alter_settings(
        &self,
        entity: &Entity,
        changes: &BTreeMap<String, Option<String>>,
    ) -> Result<(), AdminError> {
        let what = format!("the throttle of {entity} is not changed");
        self.retry(&what, "throttle replication", async || {
            match (self.ask_to_alter(entity, changes).await, &self.zookeeper) {
                (Ok(answer), _) => verify(entity, &answer),
                // Too old for the request, or down: it reads this when it is told of it, or starts.
                (Err(_), Some(zookeeper)) => {
                    let (kind, name) = entity.in_zookeeper();
                    Ok(zookeeper.alter_settings(kind, &name, changes, ASK).await?)
                }
                (Err(error), None) => Err(error),
            }
        })
        .await
    }

    async fn ask_to_alter(
        &self,
        entity: &Entity,
        changes: &BTreeMap<String, Option<String>>,
    ) -> Result<TopicAnswer, Setback> {
        let answer: Result<TopicAnswer, KafkaError> = match entity {
            Entity::Broker(id) => {
                let at = address(&self.pool, *id)?;
                match configs::alter_broker(&self.pool, at, *id, changes, REQUEST).await {
                    Ok(answer) => Ok(answer),
                    Err(error) => self.ask_controllers(*id, changes).await.ok_or(error),
                }
            }
            // Not throttled by us.
            Entity::AllBrokers => return Err(KafkaError::Unwritable("of all brokers".to_owned()).into()),
            Entity::Topic(topic) => {
                let controller = self.controller().await?;
                configs::alter(&self.pool, controller, topic, changes, false, REQUEST).await
            }
        };
        Ok(answer?)
    }

    /// Of a broker that is down the controllers of a KRaft cluster take settings themselves (KIP-919).
    async fn ask_controllers(
        &self,
        broker: i32,
        changes: &BTreeMap<String, Option<String>>,
    ) -> Option<TopicAnswer> {
        for address in self.pool.endpoints().controllers.values() {
            let answer = configs::alter_broker(&self.pool, *address, broker, changes, REQUEST).await;
            if let Ok(answer) = answer
                && answer.error != Some(ResponseError::NotController)
            {
                return Some(answer);
            }
        }
        None
    }
}

fn verify(entity: &Entity, answer: &TopicAnswer) -> Result<(), Setback> {
    let what = || format!("change the throttle of {entity}");
    answer.error.map_or(Ok(()), |error| Err(Setback::of(error, answer.reason(), what)))
}

/// The command that takes these settings away, as `cluster` runs Kafka's tool.
pub(super) fn removed_with<'a>(entity: &Entity, keys: impl Iterator<Item = &'a str>) -> String {
    let whose = match entity {
        Entity::Broker(id) => format!("--entity-type brokers --entity-name {id}"),
        Entity::AllBrokers => "--entity-type brokers --entity-default".to_owned(),
        Entity::Topic(topic) => format!("--entity-type topics --entity-name {topic}"),
    };
    let keys = keys.collect::<Vec<_>>().join(",");
    format!("`cluster exec kafka-configs --alter {whose} --delete-config {keys}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_hold_a_partition_send_and_those_who_get_it_fetch_at_the_rate() {
        let one = |partition, before: &[i32], after: &[i32]| Move {
            topic: "bikes".into(),
            partition,
            before: before.to_vec(),
            after: after.to_vec(),
        };
        let moves = [one(0, &[0, 1], &[2, 1]), one(1, &[1, 0], &[0, 1]), one(2, &[1, 3], &[3, 0])];
        let throttle = Throttle::of(&moves, 1000);
        assert_eq!(throttle.brokers, [0, 1, 2, 3].into());
        let settings = &throttle.topics["bikes"];
        assert_eq!(settings["leader.replication.throttled.replicas"], "0:0,0:1,2:1,2:3");
        assert_eq!(settings["follower.replication.throttled.replicas"], "0:2,2:0");
        let reordered = Throttle::of(&moves[1..2], 1000);
        assert!(reordered.entities().is_empty(), "no bytes, no throttle");
    }
}
