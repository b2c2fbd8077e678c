//! What a plan takes of the memory that there is.

use crate::host::memory::Memory;
use crate::model::ids::Role;
use crate::plan::model::{NodePlan, Plan};
use crate::spec::model::Profile;

const MIB: u64 = 1024 * 1024;

/// About what nodes take, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Once the cluster is up and idle.
    pub at_start: u64,
    /// With every heap full.
    pub at_most: u64,
}

impl Need {
    /// The sum over these nodes; what is free on the machine is not asked.
    pub fn of(nodes: &[NodePlan], profile: Profile) -> Need {
        Need {
            at_start: nodes.iter().map(|node| at_start(node, profile)).sum(),
            at_most: nodes.iter().map(at_most).sum(),
        }
    }

    /// `about 1117 MiB at the start, at most 2092 MiB`.
    pub fn in_words(self) -> String {
        format!("about {} MiB at the start, at most {} MiB", self.at_start / MIB, self.at_most / MIB)
    }
}

/// A node's heap, and what a JVM with this role's code and threads takes beside it (measured on Java 17).
fn at_most(node: &NodePlan) -> u64 {
    let beside_heap = match node.role() {
        Role::Broker => 110,
        Role::Controller => 90,
        Role::ZooKeeper => 50,
    };
    (u64::from(node.heap_mib) + beside_heap) * MIB
}

/// Resident memory of idle nodes, measured on Java 17: with the small heaps of `fast`, and with Kafka's own.
fn at_start(node: &NodePlan, profile: Profile) -> u64 {
    let resident = match (profile, node.role()) {
        (Profile::Stock, Role::Broker | Role::Controller) => 330,
        (Profile::Stock, Role::ZooKeeper) => 110,
        (Profile::Fast | Profile::Durable, Role::Broker) => 145,
        (Profile::Fast | Profile::Durable, Role::Controller) => 130,
        (Profile::Fast | Profile::Durable, Role::ZooKeeper) => 64,
    };
    at_most(node).min(resident * MIB)
}

/// Why a plan does not fit into the memory that there is.
pub(crate) fn does_not_fit(plan: &Plan, memory: Memory) -> Option<String> {
    let need = Need::of(&plan.nodes, plan.profile);
    let nodes = plan.nodes.len();
    if need.at_start > memory.available {
        return Some(format!(
            "the {nodes} nodes take about {} MiB of memory at the start, and {} has {} MiB left",
            need.at_start / MIB,
            memory.whose(),
            memory.available / MIB
        ));
    }
    (need.at_most > memory.total).then(|| {
        format!(
            "the {nodes} nodes take up to {} MiB of memory with full heaps, and {} has {} MiB",
            need.at_most / MIB,
            memory.whose(),
            memory.total / MIB
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixture::{facts, spec};
    use crate::plan::plan;

    #[test]
    fn a_plan_fits_if_its_nodes_can_start_and_their_heaps_can_fill() {
        let spec = spec(3, 20);
        let plan = plan(&spec, &facts(&spec)).unwrap();
        let need = Need::of(&plan.nodes, plan.profile);
        let memory = |total, available| Memory { total, available, is_limited: false };
        assert_eq!(does_not_fit(&plan, memory(need.at_most, need.at_start)), None);
        let why = does_not_fit(&plan, memory(need.at_most, need.at_start - MIB)).unwrap();
        assert!(why.starts_with("the 23 nodes take about 3092 MiB of memory at the start"), "{why}");
        let limited = Memory { is_limited: true, ..memory(need.at_most, 0) };
        let why = does_not_fit(&plan, limited).unwrap();
        assert!(why.ends_with("and this cgroup has 0 MiB left"), "{why}");
        let why = does_not_fit(&plan, memory(need.at_most - 1, need.at_start)).unwrap();
        assert!(why.contains("with full heaps"), "{why}");
    }

    #[test]
    fn a_small_heap_bounds_what_a_node_takes_at_the_start() {
        let mut spec = spec(1, 1);
        spec.zookeeper.settings.heap_mib = Some(10);
        let plan = plan(&spec, &facts(&spec)).unwrap();
        assert_eq!(at_start(&plan.nodes[0], plan.profile), 60 * MIB);
    }
}
