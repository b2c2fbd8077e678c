//! Throttles that are not ours, such as those of Kafka's own tool: told with the way to remove them, never touched.

use super::note::Note;
use super::throttle::{Throttle, Values, removed_with};
use crate::admin::error::AdminError;
use crate::admin::{ASK, Admin};
use crate::model::sentence::name_some;
use crate::observe::dynamic;
use crate::observe::dynamic::Entity;
use crate::wire::metadata;
use crate::wire::metadata::Topics;

/// What a throttle is made of (KIP-73): of brokers, or of all of them, and of topics.
pub(super) const RATES: [&str; 2] =
    ["leader.replication.throttled.rate", "follower.replication.throttled.rate"];
const REPLICAS: [&str; 2] =
    ["leader.replication.throttled.replicas", "follower.replication.throttled.replicas"];

/// A list of replicas may be as long as a topic has partitions.
const SHOWN: usize = 60;

impl Admin {
    /// What is throttled by others than `ours`. Of a KRaft broker that is down nobody can tell.
    pub(super) async fn other_throttles(
        &self,
        ours: Option<&Throttle>,
    ) -> Result<Vec<(Entity, Values)>, AdminError> {
        let ours = ours.map(Throttle::entities).unwrap_or_default();
        let what = "whether a throttle is left is not known";
        let told = self.retry(what, "throttle replication", async || {
            let topics = metadata::ask_any(&self.pool, Topics::All, ASK).await?.topics;
            let mut entities = vec![Entity::AllBrokers];
            for id in self.pool.endpoints().brokers.keys() {
                if self.zookeeper.is_some() || self.answers(*id).await {
                    entities.push(Entity::Broker(*id));
                }
            }
            entities.extend(topics.into_keys().map(Entity::Topic));
            let keys = [RATES, REPLICAS].concat();
            let told = dynamic::settings(&self.pool, self.zookeeper.as_ref(), &entities, &keys, ASK).await?;
            Ok(entities.into_iter().zip(told).collect::<Vec<_>>())
        });
        let of_others = told.await?.into_iter().map(|(entity, mut settings)| {
            let ours = ours.iter().find(|(throttled, _)| *throttled == entity).map(|(_, set)| set);
            settings.retain(|key, value| {
                keys(&entity).contains(&key.as_str()) && ours.and_then(|ours| ours.get(key)) != Some(value)
            });
            (entity, settings)
        });
        Ok(of_others.filter(|(_, settings)| !settings.is_empty()).collect())
    }

    /// What there is to tell of them before a move. What cannot be told yet is told when the move is through.
    pub(super) async fn throttled_already(&self) -> Option<String> {
        let ours = Note::load(&self.note()).ok().flatten().and_then(|note| note.throttle);
        let others = self.other_throttles(ours.as_ref()).await.unwrap_or_default();
        let whose: Vec<String> = others.iter().map(|(entity, _)| entity.to_string()).collect();
        let verb = if whose.len() == 1 { "has" } else { "have" };
        let names = name_some(&whose);
        (!whose.is_empty())
            .then(|| format!("{names} {verb} a throttle already, which holds for this move, too"))
    }

    /// What there is to tell of throttles when nothing is left to move, a line each.
    pub(super) async fn throttles_left(&self) -> Vec<String> {
        match self.other_throttles(None).await {
            Ok(others) => others.iter().map(|(entity, settings)| stays(entity, settings)).collect(),
            Err(error) => vec![error.to_string()],
        }
    }
}

fn keys(entity: &Entity) -> [&'static str; 2] {
    match entity {
        Entity::Broker(_) | Entity::AllBrokers => RATES,
        Entity::Topic(_) => REPLICAS,
    }
}

fn stays(entity: &Entity, settings: &Values) -> String {
    let verb = if *entity == Entity::AllBrokers { "keep" } else { "keeps" };
    let shown = |(key, value): (&String, &String)| match value.char_indices().nth(SHOWN) {
        None => format!("{key}={value}"),
        Some((end, _)) => format!("{key}={}...", &value[..end]),
    };
    let shown = settings.iter().map(shown).collect::<Vec<_>>().join(" and ");
    let remedy = removed_with(entity, settings.keys().map(String::as_str));
    format!("{entity} {verb} {shown}, which somebody else has set; {remedy} removes it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(of: &[(&str, &str)]) -> Values {
        of.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_throttle_that_stays_is_told_with_the_command_that_removes_it() {
        assert_eq!(
            stays(&Entity::Broker(1), &settings(&[(RATES[0], "1000"), (RATES[1], "1000")])),
            "broker-1 keeps follower.replication.throttled.rate=1000 and leader.replication.throttled.rate=1000, \
             which somebody else has set; `cluster exec kafka-configs --alter --entity-type brokers --entity-name 1 \
             --delete-config follower.replication.throttled.rate,leader.replication.throttled.rate` removes it"
        );
        let all = stays(&Entity::AllBrokers, &settings(&[(RATES[0], "1000")]));
        assert!(all.contains("all brokers keep ") && all.contains(" --entity-default "), "{all}");
    }

    #[test]
    fn of_many_replicas_the_first_are_shown() {
        let line = stays(&Entity::Topic("bikes".into()), &settings(&[(REPLICAS[0], &"10:1,".repeat(100))]));
        assert!(line.len() < 330 && line.contains("10:1,...,"), "{line}");
        assert!(line.contains("--entity-type topics --entity-name bikes --delete-config leader."), "{line}");
    }
}
