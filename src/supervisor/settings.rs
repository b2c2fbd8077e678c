//! Which settings of a broker's file do not hold: asked beside the survey, and kept for a while.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use crate::admin;
use crate::api::status::SettingProblem;
use crate::ids::{NodeName, Role};
use crate::kafka::pool::Pool;
use crate::kernel::{Kernel, Millis};
use crate::plan::model::Plan;

/// How long an answer is believed. `kafka-configs --alter` may change it meanwhile.
const KEPT_MS: Millis = 10_000;

/// What each broker told, by its process: another one reads its file anew.
#[derive(Debug, Default)]
pub struct Settings(BTreeMap<NodeName, Kept>);

#[derive(Debug)]
struct Kept {
    epoch: u64,
    at: Millis,
    problems: Vec<SettingProblem>,
}

/// The answer of one process.
#[derive(Debug)]
pub struct Told {
    node: NodeName,
    epoch: u64,
    problems: Vec<SettingProblem>,
}

impl Settings {
    /// Ready brokers whose word is missing or old, each with the epoch of its process.
    pub fn due(&self, kernel: &Kernel, now: Millis) -> Vec<(NodeName, u64)> {
        let ready = kernel.nodes().filter(|node| node.name.role == Role::Broker && node.is_ready());
        let processes = ready.map(|node| (node.name, node.epoch()));
        let is_new = |(node, epoch): &(NodeName, u64)| {
            let kept = self.0.get(node).filter(|kept| kept.epoch == *epoch);
            kept.is_none_or(|kept| now.saturating_sub(kept.at) >= KEPT_MS)
        };
        processes.filter(is_new).collect()
    }

    pub fn learn(&mut self, told: Vec<Told>, now: Millis) {
        for Told { node, epoch, problems } in told {
            self.0.insert(node, Kept { epoch, at: now, problems });
        }
    }

    /// What is known of the brokers that are ready, by broker.
    pub fn problems(&self, kernel: &Kernel) -> Vec<SettingProblem> {
        let holds = |(name, kept): &(&NodeName, &Kept)| {
            kernel.node(**name).is_some_and(|node| node.is_ready() && node.epoch() == kept.epoch)
        };
        self.0.iter().filter(holds).flat_map(|(_, kept)| kept.problems.clone()).collect()
    }
}

/// Asks each of these brokers, all at once; one that does not answer in time is asked again next time.
pub async fn ask(
    plan: Arc<Plan>,
    pool: Arc<Pool>,
    brokers: Vec<(NodeName, u64)>,
    deadline: Duration,
) -> Vec<Told> {
    let asked = brokers.into_iter().map(async |(name, epoch)| {
        let node = plan.node(name)?;
        let problems = admin::problems(&pool, node, &plan.kafka.version, deadline).await.ok()?;
        let problems = problems.into_iter().filter_map(|setting| {
            let note = setting.note.unwrap_or_default();
            Some(SettingProblem { node: name, key: setting.key, problem: setting.problem?, note })
        });
        Some(Told { node: name, epoch, problems: problems.collect() })
    });
    join_all(asked).await.into_iter().flatten().collect()
}
