//! Guards: what would break the quorum or take partitions below min ISR is refused beforehand.

use std::collections::BTreeSet;

use super::verdict::{Facts, partitions};
use crate::model::action::Action;
use crate::model::ids::NodeName;
use crate::model::refusal::Harm;
use crate::model::signal::Signal;
use crate::model::view::ClusterView;

/// Whether a guard has a say in it, which judges by what Kafka says at this moment: it takes nodes away, and
/// nobody said that this is to be done in any case.
pub(crate) fn is_guarded(action: &Action) -> bool {
    match action {
        Action::Kill { force, signal, .. } => !force && (signal.is_deadly() || *signal == Signal::STOP),
        Action::Stop { force, .. } | Action::Pause { force, .. } | Action::Restart { force, .. } => !force,
        Action::Up
        | Action::Down
        | Action::Start { .. }
        | Action::Resume { .. }
        | Action::Scale { .. }
        | Action::Forget { .. } => false,
    }
}

/// What losing these live nodes would break; only harm that is new counts.
///
/// Without a view only the quorum can be judged.
pub(crate) fn guard(
    view: Option<&ClusterView>,
    facts: &Facts,
    lost: &BTreeSet<NodeName>,
) -> Result<(), Harm> {
    if lost.is_empty() {
        return Ok(());
    }
    let names = || lost.iter().copied().collect();
    let after = Facts { alive: facts.alive.difference(lost).copied().collect(), ..facts.clone() };
    let role = facts.voters.first().map(|name| name.role);
    if let Some(role) = role
        && !facts.voters.is_disjoint(lost)
        && facts.has_quorum()
        && !after.has_quorum()
    {
        let (live, voters) = (after.live_voters(), facts.voters.len());
        return Err(Harm::NoQuorum { lost: names(), role, live, voters, needed: facts.majority() });
    }
    if facts.live_brokers() > 0 && after.live_brokers() == 0 {
        return Err(Harm::NoBroker { lost: names() });
    }
    let Some(view) = view else { return Ok(()) };
    let mut offline = Vec::new();
    let mut below_min_isr = Vec::new();
    for partition in partitions(view) {
        let left = partition.live_isr(&after);
        if partition.is_led(facts) && left == 0 {
            offline.push(partition.topic_partition());
        } else if partition.is_writable(facts) && left < partition.min_isr {
            below_min_isr.push(partition.topic_partition());
        }
    }
    if offline.is_empty() && below_min_isr.is_empty() {
        return Ok(());
    }
    Err(Harm::Partitions { lost: names(), offline, below_min_isr })
}
