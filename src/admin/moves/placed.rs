//! Whether a broker tells of replicas as planned, in words where it does not. Pure.

use std::collections::BTreeSet;

use super::Move;
use crate::units;
use crate::wire::metadata::Metadata;

/// Why it is not on the brokers that were planned, whatever their order.
pub(super) fn is_misplaced(one: &Move, told: &Metadata) -> Option<String> {
    let view = told.topics.get(&one.topic).and_then(|topic| topic.partitions.get(&one.partition));
    match view {
        None => Some(format!("it tells nothing of {}", one.key())),
        Some(view) if sorted(&view.replicas) != sorted(&one.after) => Some(off(one, &view.replicas)),
        Some(_) => None,
    }
}

fn sorted(ids: &[i32]) -> BTreeSet<i32> {
    ids.iter().copied().collect()
}

/// `bikes/0 has replicas on brokers 0,1, and shall have them on 2,1`.
pub(super) fn off(one: &Move, found: &[i32]) -> String {
    let (found, planned) = (units::ids(found), units::ids(&one.after));
    format!("{} has replicas on brokers {found}, and shall have them on {planned}", one.key())
}

/// Which of its replicas have not caught up.
pub(super) fn is_behind(one: &Move, told: &Metadata) -> Option<String> {
    let view = told.topics.get(&one.topic)?.partitions.get(&one.partition)?;
    let behind: Vec<String> = one
        .after
        .iter()
        .filter(|id| !view.isr.contains(id))
        .map(|id| match told.live_brokers.contains(id) {
            true => format!("broker-{id}"),
            false => format!("broker-{id}, which is down,"),
        })
        .collect();
    (!behind.is_empty()).then(|| format!("{} is not in the ISR of {}", behind.join(" and "), one.key()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_elsewhere_are_told_in_words() {
        let one = Move { topic: "bikes".into(), partition: 0, before: vec![0, 1], after: vec![2, 1] };
        assert_eq!(off(&one, &[0, 1]), "bikes/0 has replicas on brokers 0,1, and shall have them on 2,1");
    }
}
