//! The answer to `status`, put together from the kernel, /proc and what Kafka says.

use std::collections::BTreeMap;

use crate::kernel::node::Node;
use crate::kernel::{Kernel, Millis};
use crate::model::ids::{NodeName, Role};
use crate::model::status::{NodeStatus, Status};
use crate::model::view::{BrokerView, ClusterView, VoterView};
use crate::plan::effective;
use crate::plan::model::Plan;
use crate::process::{Identity, usage};
use crate::spec::versions::Coordination;
use crate::view::balance::{AutoRebalance, imbalance};
use crate::view::strict::strict;
use crate::view::topics::topics;
use crate::view::verdict::verdict;

/// `topic`: show only this one; the verdict is about all.
pub(super) fn status(
    plan: &Plan,
    kernel: &Kernel,
    identities: &BTreeMap<NodeName, (u64, Identity)>,
    view: &ClusterView,
    topic: Option<&str>,
    now: Millis,
) -> Status {
    let nodes = kernel.nodes().map(|node| {
        let mut status = node_status(plan, node, now);
        let identity = identities.get(&node.name).map(|(_, identity)| identity);
        let usage = identity.and_then(|identity| usage::usage(identity).ok().flatten());
        status.memory_bytes = usage.map(|usage| usage.resident_bytes);
        status.cpu_ms = usage.map(|usage| usage.cpu_ms);
        // The kernel's clock leaves out what the supervisor did not live through.
        let age = identity.and_then(|identity| usage::age_ms(identity).ok().flatten());
        status.uptime_ms = status.uptime_ms.and(age);
        if usage.is_some_and(|usage| usage.state.is_paused()) && status.pid.is_some() {
            status.state = crate::model::status::NodeState::Paused;
        }
        status.mode = view.voters.get(&node.name).and_then(|voter| match voter {
            VoterView::Answered { mode } => Some(*mode),
            VoterView::Unknown { .. } => None,
        });
        if node.name.role == Role::Broker {
            status.registered = view.registered.as_ref().map(|ids| ids.contains(&node.name.id));
            status.session_ends_in_ms =
                session_left(plan, node, now).filter(|_| status.registered == Some(true));
        }
        status
    });
    let facts = kernel.facts();
    let mut topics = topics(view, &facts);
    if let (Some(topics), Some(wanted)) = (&mut topics, topic) {
        topics.retain(|name, _| name == wanted);
    }
    let mut bear_no_failure = strict(view);
    bear_no_failure.retain(|one| topic.is_none_or(|wanted| wanted == one.topic));
    Status {
        cluster: plan.name.clone(),
        kafka_version: plan.kafka.version.clone(),
        supervisor_pid: std::process::id(),
        nodes: nodes.collect(),
        controller: view.controller,
        topics,
        imbalance: view
            .topics
            .is_some()
            .then(|| imbalance(view, auto_rebalance(plan, view.controller_name()))),
        verdict: verdict(view, &facts),
        bear_no_failure,
        settings: Vec::new(),
        unknown: unknown(kernel, view),
    }
}

/// What the kernel alone knows of a node.
pub(super) fn node_status(plan: &Plan, node: &Node, now: Millis) -> NodeStatus {
    let planned = plan.node(node.name);
    NodeStatus {
        node: node.name,
        kafka_version: planned.map_or(&plan.kafka.version[..], |planned| plan.version_of(planned)).to_owned(),
        state: node.state(),
        waiting_for: node.waiting_for(),
        pid: node.pid(),
        port: planned.map_or(0, |planned| planned.ports.client),
        uptime_ms: node.started_at().map(|at| now.saturating_sub(at)),
        memory_bytes: None,
        cpu_ms: None,
        restarts: node.restarts(),
        mode: None,
        registered: None,
        session_ends_in_ms: None,
        reason: node.reason(),
    }
}

/// How long a broker that ended can still have a session, in ms: it may have said that it lives until it died.
fn session_left(plan: &Plan, node: &Node, now: Millis) -> Option<u64> {
    let ended = node.exited_at().filter(|_| node.pid().is_none())?;
    let key = match plan.coordination() {
        Coordination::ZooKeeper => "zookeeper.session.timeout.ms",
        Coordination::Kraft => "broker.session.timeout.ms",
    };
    let timeout: u64 = effective::of_broker(plan, plan.node(node.name)?, key)?.parse().ok()?;
    (ended + timeout).checked_sub(now)
}

/// By the settings of the controller, or of the first broker when nobody knows the controller.
fn auto_rebalance(plan: &Plan, controller: Option<NodeName>) -> AutoRebalance {
    let named = controller.and_then(|name| plan.node(name));
    let broker = named.or_else(|| plan.of_role(Role::Broker).next());
    let value = |key: &str| broker.and_then(|broker| effective::of_broker(plan, broker, key));
    let number = |key: &str| value(key).and_then(|value| value.parse().ok());
    AutoRebalance {
        enabled: value("auto.leader.rebalance.enable") != Some("false"),
        interval_s: number("leader.imbalance.check.interval.seconds").unwrap_or(300),
        percentage: number("leader.imbalance.per.broker.percentage")
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(10),
    }
}

/// What could not be learnt of nodes that are meant to answer, and why.
fn unknown(kernel: &Kernel, view: &ClusterView) -> Vec<String> {
    let brokers = view.brokers.iter().filter_map(|(id, broker)| match broker {
        BrokerView::Unknown { reason } => Some((NodeName::broker(*id), reason)),
        BrokerView::Answered { .. } => None,
    });
    let voters = view.voters.iter().filter_map(|(name, voter)| match voter {
        // A broker that is silent in both of its roles is told once.
        VoterView::Unknown { reason } if name.role != Role::Broker => Some((*name, reason)),
        VoterView::Unknown { .. } | VoterView::Answered { .. } => None,
    });
    let running = |name: NodeName| kernel.node(name).is_some_and(|node| node.pid().is_some());
    let silent = voters.chain(brokers).filter(|(name, _)| running(*name));
    let mut lines: Vec<String> = silent.map(|(name, reason)| format!("{name}: {reason}")).collect();
    if let Some(reason) = view.idle_ensemble.as_ref().filter(|_| view.lacks_quorum().is_none()) {
        lines.push(format!("ZooKeeper: {reason}"));
    }
    if view.topics.is_none() {
        lines.push("topics, leaders and ISR: no broker answers".to_owned());
    }
    if view.controller.is_none() {
        lines.push("the controller: nobody names one".to_owned());
    }
    lines
}
