//! Statuses made by hand.

use std::collections::BTreeMap;

use crate::model::acl::{Acl, EVERYBODY, Operation, Permission, principal};
use crate::model::ids::{NodeName, Role};
use crate::model::reason::Reason;
use crate::model::status::{
    Health, Imbalance, NodeState, NodeStatus, PartitionStatus, Status, TopicStatus, Verdict,
};
use crate::model::step::Step;
use crate::model::view::{PartitionView, VoterMode};

/// What somebody is allowed to do with a resource.
pub(crate) fn acl(user: &str, operation: Operation, resource: &str) -> Acl {
    Acl {
        principal: principal(user),
        permission: Permission::Allow,
        operation,
        resource: resource.parse().unwrap(),
        host: EVERYBODY.to_owned(),
    }
}

pub(crate) fn node(name: NodeName, state: NodeState) -> NodeStatus {
    let alive = state == NodeState::Ready;
    NodeStatus {
        node: name,
        kafka_version: "3.9.2".into(),
        state,
        waiting_for: None,
        pid: alive.then_some(4700 + name.id as u32),
        port: if name.role == Role::Broker { 21_000 } else { 20_000 } + name.id as u16,
        uptime_ms: alive.then_some(125_900),
        memory_bytes: alive.then_some(123_456_789),
        cpu_ms: alive.then_some(6_400),
        restarts: 0,
        mode: (alive && name.role == Role::ZooKeeper).then_some(VoterMode::Follower),
        registered: (name.role == Role::Broker).then_some(alive),
        session_ends_in_ms: None,
        reason: None,
    }
}

pub(crate) fn partition(leader: Option<i32>, replicas: &[i32], isr: &[i32]) -> PartitionStatus {
    let view =
        PartitionView { leader, leader_epoch: Some(1), replicas: replicas.to_vec(), isr: isr.to_vec() };
    PartitionStatus {
        preferred: view.is_preferred_leader(),
        led: view.leader.is_some(),
        under_replicated: view.is_under_replicated(),
        view,
    }
}

pub(crate) fn topic(partitions: Vec<PartitionStatus>) -> TopicStatus {
    TopicStatus { min_insync_replicas: 1, internal: false, partitions: (0..).zip(partitions).collect() }
}

/// Three and three, everything well; two topics, one of them Kafka's own.
pub(crate) fn healthy() -> Status {
    let mut nodes: Vec<_> = (1..=3).map(|id| node(NodeName::zookeeper(id), NodeState::Ready)).collect();
    nodes[1].mode = Some(VoterMode::Leader);
    nodes.extend((0..3).map(|id| node(NodeName::broker(id), NodeState::Ready)));
    let velib = topic(vec![
        partition(Some(0), &[0, 1], &[0, 1]),
        partition(Some(1), &[1, 2], &[1, 2]),
        partition(Some(2), &[2, 0], &[2, 0]),
    ]);
    let mut offsets = topic(vec![partition(Some(0), &[0, 1, 2], &[0, 1, 2])]);
    offsets.internal = true;
    Status {
        cluster: "velib".into(),
        kafka_version: "3.9.2".into(),
        supervisor_pid: 4600,
        nodes,
        controller: Some(1),
        topics: Some(BTreeMap::from([
            ("velib-stations".into(), velib),
            ("__consumer_offsets".into(), offsets),
        ])),
        imbalance: Some(Imbalance { partitions: 0, moved_by_kafka: 0, within_s: Some(30) }),
        verdict: Verdict {
            state: Health::Healthy,
            message: "healthy (green): 1 more broker may fail".into(),
            partitions: 4,
            under_replicated: 0,
            offline: vec![],
            under_min_isr: vec![],
            brokers_may_fail: 1,
            coordinators_may_fail: 1,
        },
        bear_no_failure: vec![],
        settings: vec![],
        unknown: vec![],
    }
}

/// broker-0 was killed, broker-2 is starting again.
pub(crate) fn degraded() -> Status {
    let mut status = healthy();
    status.nodes[3] = NodeStatus { registered: Some(true), ..node(NodeName::broker(0), NodeState::Killed) };
    status.nodes[5].state = NodeState::Starting;
    status.nodes[5].waiting_for = Some(Step::Port);
    status.nodes[5].registered = Some(false);
    status.nodes[5].restarts = 2;
    status.nodes[5].reason = Some(Reason::NotReady { why: "connection refused\nand more".into() });
    status.nodes[5].memory_bytes = None;
    let velib = topic(vec![
        partition(Some(1), &[0, 1], &[1]),
        partition(Some(1), &[1, 2], &[1]),
        partition(None, &[2, 0], &[0]),
    ]);
    status.topics = Some(BTreeMap::from([("velib-stations".into(), velib)]));
    status.verdict.state = Health::Unavailable;
    status.verdict.message = "unavailable (red): velib-stations/2 has no leader".into();
    status
}
