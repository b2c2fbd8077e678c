//! Taking over from an earlier supervisor: which of the plan's processes run, which are gone.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use super::SupervisorError;
use super::saved::Saved;
use crate::kernel::durable::Found;
use crate::model::ids::NodeName;
use crate::plan::model::{NodePlan, Plan};
use crate::process::spawn::lock_is_held;
use crate::process::{Identity, adopt, usage};

/// A process that was forked a moment before its supervisor died shows its own command line
/// within this time; its node's lock tells that it is there.
const FORK_TO_EXEC: Duration = Duration::from_secs(5);

pub(super) struct Recovered {
    /// Processes proven to be nodes of the plan.
    pub identities: BTreeMap<NodeName, Identity>,
    pub found: BTreeMap<NodeName, Found>,
    /// Nodes whose noted or told process is gone, with its pid.
    pub lost: BTreeMap<NodeName, u32>,
}

/// Looks at the host. What was noted is believed only as far as it can be proven.
/// `unended` are the processes whose end the journal lacks.
pub(super) fn recover(
    plan: &Plan,
    saved: &Saved,
    unended: &BTreeMap<NodeName, u32>,
) -> Result<Recovered, SupervisorError> {
    let mut identities = BTreeMap::new();
    let deadline = Instant::now() + FORK_TO_EXEC;
    loop {
        let missing: Vec<&NodePlan> =
            plan.nodes.iter().filter(|node| !identities.contains_key(&node.name)).collect();
        let mut seen = adopt::find_all(&missing)?;
        for node in &missing {
            let noted = saved.processes.get(&node.name).filter(|identity| identity.is_alive());
            let by_argv = seen.remove(&node.name).unwrap_or_default().into_iter().next();
            if let Some(identity) = noted.cloned().or(by_argv) {
                identities.insert(node.name, identity);
            }
        }
        let mut unexplained = false;
        for node in plan.nodes.iter().filter(|node| !identities.contains_key(&node.name)) {
            unexplained |= lock_is_held(&node.dir)?;
        }
        if !unexplained || Instant::now() >= deadline {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    let mut found = BTreeMap::new();
    for (name, identity) in &identities {
        let age_ms = usage::age_ms(identity)?.unwrap_or(0);
        found.insert(*name, Found { pid: identity.pid, age_ms });
    }
    let noted = saved.processes.iter().map(|(name, identity)| (*name, identity.pid));
    let told = unended.iter().map(|(name, pid)| (*name, *pid));
    let lost = told.chain(noted).filter(|(name, _)| !identities.contains_key(name)).collect();
    Ok(Recovered { identities, found, lost })
}
