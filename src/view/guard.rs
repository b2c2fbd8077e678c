//! Guards: what would break the quorum or take partitions below min ISR is refused beforehand.

use std::collections::BTreeSet;

use super::verdict::{Facts, name_some, partitions};
use crate::model::ids::NodeName;
use crate::model::view::ClusterView;

/// Says what losing these live nodes would break; only harm that is new counts.
///
/// Without a view only the quorum can be judged.
pub fn guard(view: Option<&ClusterView>, facts: &Facts, lost: &BTreeSet<NodeName>) -> Result<(), String> {
    if lost.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = lost.iter().map(ToString::to_string).collect();
    let names = names.join(", ");
    let after = Facts { alive: facts.alive.difference(lost).copied().collect(), ..facts.clone() };
    if !facts.voters.is_disjoint(lost) && facts.has_quorum() && !after.has_quorum() {
        let (quorum, voters) = facts.quorum_in_words();
        return Err(format!(
            "without {names} {quorum} would be lost: {} of {} {voters} would be up, {} are needed",
            after.live_voters(),
            facts.voters.len(),
            facts.majority()
        ));
    }
    if facts.live_brokers() > 0 && after.live_brokers() == 0 {
        return Err(format!("without {names} no broker would be up"));
    }
    let Some(view) = view else { return Ok(()) };
    let mut offline = Vec::new();
    let mut short = Vec::new();
    for partition in partitions(view) {
        let left = partition.live_isr(&after);
        if partition.is_led(facts) && left == 0 {
            offline.push(partition.name());
        } else if partition.is_writable(facts) && left < partition.min_isr {
            short.push(partition.name());
        }
    }
    let mut harm = Vec::new();
    if !offline.is_empty() {
        harm.push(format!("take {} offline", name_some(&offline)));
    }
    if !short.is_empty() {
        harm.push(format!("take {} below min ISR, refusing acks=all", name_some(&short)));
    }
    if harm.is_empty() {
        return Ok(());
    }
    Err(format!("losing {names} would {}", harm.join(" and ")))
}
