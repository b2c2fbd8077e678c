//! Which settings of a broker's file do not hold: asked beside the survey, and kept, so that `status` hardly
//! ever waits for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use crate::kernel::{Kernel, Millis};
use crate::model::ids::{NodeName, Role};
use crate::model::status::SettingProblem;
use crate::plan::endpoints::Endpoints;
use crate::plan::model::{NodePlan, Plan};
use crate::spec::defaults;
use crate::view::settings::{Against, InForce, in_force, written};
use crate::wire::KafkaError;
use crate::wire::configs;
use crate::wire::configs::Resource;
use crate::wire::pool::Pool;

/// Older words are asked for again, beside the answer to `status`: `kafka-configs --alter` may have changed
/// something.
const FRESH_MS: Millis = 10_000;
/// Older ones are not shown: `status` waits for new ones, for as long as the survey takes at most.
const STALE_MS: Millis = 60_000;

/// A node and the epoch of its process.
pub(super) type Process = (NodeName, u64);

/// What each broker told, by its process: another one reads its file anew.
#[derive(Debug, Default)]
pub(super) struct ToldSettings(BTreeMap<NodeName, Kept>);

#[derive(Debug)]
struct Kept {
    epoch: u64,
    asked_at: Millis,
    told_at: Millis,
    problems: Vec<SettingProblem>,
}

/// Brokers to ask.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Due {
    /// Before anything is said: nothing is known of them.
    pub first: Vec<Process>,
    /// For the next time.
    pub beside: Vec<Process>,
}

/// The answer of one process.
#[derive(Debug)]
pub(super) struct Told {
    node: NodeName,
    epoch: u64,
    problems: Vec<SettingProblem>,
}

impl ToldSettings {
    /// Whom of `ready` to ask, and not again for a while.
    pub(super) fn due(&mut self, ready: &[Process], now: Millis) -> Due {
        let mut due = Due::default();
        for (node, epoch) in ready {
            match self.0.get_mut(node).filter(|kept| kept.epoch == *epoch) {
                Some(kept) if now.saturating_sub(kept.told_at) < STALE_MS => {
                    if now.saturating_sub(kept.asked_at) >= FRESH_MS {
                        kept.asked_at = now;
                        due.beside.push((*node, *epoch));
                    }
                }
                _ => due.first.push((*node, *epoch)),
            }
        }
        due
    }

    pub(super) fn learn(&mut self, told: Vec<Told>, now: Millis) {
        for Told { node, epoch, problems } in told {
            self.0.insert(node, Kept { epoch, asked_at: now, told_at: now, problems });
        }
    }

    /// What is known of those that are `ready`, by broker.
    pub(super) fn problems(&self, ready: &[Process]) -> Vec<SettingProblem> {
        let kept = |(node, epoch): &Process| self.0.get(node).filter(|kept| kept.epoch == *epoch);
        ready.iter().filter_map(kept).flat_map(|kept| kept.problems.clone()).collect()
    }
}

/// The brokers that are ready.
pub(super) fn ready(kernel: &Kernel) -> Vec<Process> {
    let brokers = kernel.nodes().filter(|node| node.name.role == Role::Broker && node.is_ready());
    brokers.map(|node| (node.name, node.epoch())).collect()
}

/// Asks each of these brokers, all at once; one that does not answer in time is asked again next time.
pub(super) async fn ask(
    plan: Arc<Plan>,
    pool: Arc<Pool>,
    brokers: Vec<Process>,
    deadline: Duration,
) -> Vec<Told> {
    let asked = brokers.into_iter().map(async |(name, epoch)| {
        let node = plan.node(name)?;
        let problems = problems(&pool, node, plan.version_of(node), deadline).await.ok()?;
        let problems = problems.into_iter().filter_map(|setting| {
            let note = setting.note.unwrap_or_default();
            Some(SettingProblem { node: name, key: setting.key, problem: setting.problem?, note })
        });
        Some(Told { node: name, epoch, problems: problems.collect() })
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// What is wrong with the settings of a broker that runs, by its own word; by Kafka's list of settings
/// where it cannot report. Asks for what its file says alone, which costs the broker little.
async fn problems(
    pool: &Pool,
    node: &NodePlan,
    version: &str,
    deadline: Duration,
) -> Result<Vec<InForce>, KafkaError> {
    /// They win over a coarser unit in the file.
    const FINER: [&str; 4] =
        ["log.retention.ms", "log.retention.minutes", "log.roll.ms", "log.roll.jitter.ms"];
    let known = defaults::of(version).map(|known| &known.brokers);
    let keys: Vec<&str> = node.settings.iter().map(|setting| setting.key.as_str()).chain(FINER).collect();
    let address = Endpoints::of_node(node);
    let told = configs::report(pool, address, Resource::Broker(node.name.id), Some(&keys), deadline).await;
    let reported = match told {
        Err(KafkaError::Unsupported { .. }) => written::told(&[written::file(&node.settings)], known),
        told => told?,
    };
    let against = Against { planned: &node.settings, inherited: &[], version, known };
    let settings = in_force(&reported, against);
    Ok(settings.into_iter().filter(|setting| setting.problem.is_some()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::status::Problem;

    const B0: NodeName = NodeName { role: Role::Broker, id: 0 };
    const B1: NodeName = NodeName { role: Role::Broker, id: 1 };

    fn told(node: NodeName, epoch: u64, key: &str) -> Told {
        let problem =
            SettingProblem { node, key: key.into(), problem: Problem::Unknown, note: String::new() };
        Told { node, epoch, problems: vec![problem] }
    }

    #[test]
    fn a_broker_of_which_nothing_is_known_is_waited_for_and_an_old_word_renewed_beside() {
        let mut settings = ToldSettings::default();
        let first = |processes: &[Process]| Due { first: processes.to_vec(), beside: vec![] };
        let beside = |processes: &[Process]| Due { first: vec![], beside: processes.to_vec() };
        assert_eq!(settings.due(&[(B0, 1), (B1, 1)], 0), first(&[(B0, 1), (B1, 1)]));
        settings.learn(vec![told(B0, 1, "a")], 100);
        assert_eq!(settings.due(&[(B0, 1), (B1, 1)], 100 + FRESH_MS - 1), first(&[(B1, 1)]), "no answer");
        assert_eq!(settings.due(&[(B0, 1)], 100 + FRESH_MS), beside(&[(B0, 1)]));
        assert_eq!(settings.due(&[(B0, 1)], 101 + FRESH_MS), Due::default(), "it was asked just now");
        assert_eq!(settings.due(&[(B0, 1)], 100 + STALE_MS), first(&[(B0, 1)]));
        assert_eq!(settings.due(&[(B0, 2)], 101), first(&[(B0, 2)]), "another process");
    }

    #[test]
    fn only_the_word_of_the_process_that_is_ready_is_told() {
        let mut settings = ToldSettings::default();
        settings.learn(vec![told(B0, 1, "a"), told(B1, 1, "b")], 0);
        let keys = |ready: &[Process]| {
            settings.problems(ready).into_iter().map(|problem| problem.key).collect::<Vec<_>>()
        };
        assert_eq!(keys(&[(B0, 1), (B1, 1)]), ["a", "b"]);
        assert_eq!(keys(&[(B0, 2), (B1, 1)]), ["b"]);
        assert_eq!(keys(&[]), Vec::<String>::new());
    }
}
