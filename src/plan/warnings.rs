//! Things worth knowing about a plan that are no mistake.

use std::collections::BTreeMap;

use crate::ids::Role;
use crate::plan::model::NodePlan;
use crate::plan::topics::MIN_ISR;
use crate::plan::unknown;
use crate::spec::model::{Profile, Spec};
use crate::spec::versions::caps_min_isr;

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

/// What is worth knowing of a plan: of its spec, and of what it takes of the machine.
pub(super) fn warnings(
    spec: &Spec,
    version: &str,
    nodes: &[NodePlan],
    memory_bytes: Option<u64>,
) -> Vec<String> {
    let mut warnings = of_spec(spec, Some(version));
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
    warnings
}

/// What is worth knowing of a spec. `version`: the full version of Kafka, if it is known before
/// anything is looked up.
pub fn of_spec(spec: &Spec, version: Option<&str>) -> Vec<String> {
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
    if let Some(version) = version {
        warnings.extend(unknown::settings(spec, version));
        warnings.extend(min_isr(spec, version));
    }
    if spec.brokers.count > 1 {
        for (name, _) in spec.topics.iter().filter(|(_, topic)| topic.replication_factor == 1) {
            warnings.push(format!(
                "topic {name} has replication factor 1: while a broker is down, its partitions there are offline"
            ));
        }
    }
    warnings
}

/// `min.insync.replicas`, of brokers or of a topic, that is more than there can be in sync.
fn min_isr(spec: &Spec, version: &str) -> Vec<String> {
    let asked = |config: &BTreeMap<String, String>| config.get(MIN_ISR)?.parse::<u16>().ok();
    let nodes = spec.brokers.nodes.values().map(|own| &own.config);
    let of_brokers = std::iter::once(&spec.brokers.settings.config).chain(nodes).filter_map(asked).max();
    // The other profiles give a topic with fewer replicas a setting of its own.
    let inherited = of_brokers.filter(|_| spec.profile == Profile::Stock);
    let consequence = match caps_min_isr(version) {
        true => "asks for all replicas of a topic instead",
        false => "refuses every acks=all produce",
    };
    let count = |count: u16, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let too_many = of_brokers.filter(|asked| *asked > spec.brokers.count).map(|asked| {
        let brokers = count(spec.brokers.count, "broker");
        format!("{MIN_ISR} of the brokers is {asked}, with {brokers}: Kafka {version} {consequence}")
    });
    let topics = spec.topics.iter().filter_map(|(name, topic)| {
        let factor = topic.replication_factor;
        let asked = asked(&topic.config).or(inherited).filter(|asked| *asked > factor)?;
        let replicas = count(factor, "replica");
        Some(format!("{MIN_ISR} of topic {name} is {asked}, with {replicas}: Kafka {version} {consequence}"))
    });
    too_many.into_iter().chain(topics).collect()
}
