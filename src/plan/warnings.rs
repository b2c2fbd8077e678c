//! Things worth knowing about a plan that are no mistake.

use crate::ids::Role;
use crate::plan::model::{NodePlan, TopicPlan};
use crate::spec::model::Spec;

const MIB: u64 = 1024 * 1024;

/// About what a node takes in all, in bytes: its heap, and what a JVM with this role's code and
/// threads takes beside it (measured on Java 17).
pub fn memory_of(node: &NodePlan) -> u64 {
    let beside_heap = match node.role() {
        Role::Broker => 110,
        Role::ZooKeeper => 50,
    };
    (u64::from(node.heap_mib) + beside_heap) * MIB
}

pub fn warnings(
    spec: &Spec,
    nodes: &[NodePlan],
    topics: &[TopicPlan],
    memory_bytes: Option<u64>,
) -> Vec<String> {
    let mut warnings = Vec::new();
    let servers = spec.zookeeper.count;
    if servers >= 2 && servers.is_multiple_of(2) {
        let tolerated = (servers - 1) / 2;
        warnings.push(format!(
            "an ensemble of {servers} ZooKeeper servers survives {tolerated} failure{}, no more than one of {}",
            if tolerated == 1 { "" } else { "s" },
            servers - 1
        ));
    }
    let needed: u64 = nodes.iter().map(memory_of).sum();
    if let Some(total) = memory_bytes
        && needed > total / 5 * 4
    {
        warnings.push(format!(
            "the nodes may take {} MiB of memory and the machine has {} MiB: lower heap or the number of nodes",
            needed / MIB,
            total / MIB
        ));
    }
    if spec.brokers.count > 1 {
        for topic in topics.iter().filter(|topic| topic.replication_factor == 1) {
            warnings.push(format!(
                "topic {} has replication factor 1: while a broker is down, its partitions there are offline",
                topic.name
            ));
        }
    }
    warnings
}
