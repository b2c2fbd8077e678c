//! What the nodes of a KRaft cluster have in common: the quorum, and which node has which roles.

use std::collections::BTreeMap;

use crate::model::ids::{NodeName, Role};
use crate::plan::layers::{Group, Layers};
use crate::plan::layout::{self, NodeDir};
use crate::plan::model::{Origin, Ports};
use crate::plan::security::{self, CONTROLLER, Roles};
use crate::plan::version::at_least;
use crate::spec::model::{Profile, Spec};

/// The port of a voter at which controllers and brokers connect to it as a controller.
pub(crate) fn controller_port(ports: &Ports) -> u16 {
    ports.quorum.unwrap_or(ports.client)
}

/// Every setting of one controller, laid over each other.
pub(crate) fn controller(
    spec: &Spec,
    oldest: &str,
    node: NodeName,
    dir: &NodeDir,
    ports: &BTreeMap<NodeName, Ports>,
    of_brokers: impl FnOnce(&mut Layers),
) -> Layers {
    let mut layers = Layers::default();
    of_brokers(&mut layers);
    profile(&mut layers, spec, oldest);
    layers.config(Origin::Cluster, Role::Broker, &spec.brokers.settings.config);
    layers.config(Origin::Cluster, Role::Controller, &spec.controllers.settings.config);
    if let Some(own) = layout::overrides(spec, node) {
        layers.config(Origin::Node, node.role, &own.config);
    }
    planner(&mut layers, spec, node, dir, ports);
    layers
}

/// How soon a dead broker or controller is noticed, and news of the metadata reach the others.
/// `oldest`: the oldest version of the cluster.
pub(crate) fn profile(layers: &mut Layers, spec: &Spec, oldest: &str) {
    if spec.profile == Profile::Stock {
        return;
    }
    layers.profile(
        Group::Quorum,
        "broker.session.timeout.ms",
        4000,
        "A killed broker is noticed after about 4 s; Kafka waits 9 s.",
    );
    layers.profile(
        Group::Quorum,
        "broker.heartbeat.interval.ms",
        500,
        "A broker that starts or stops is acted on sooner; Kafka's brokers report every 2 s.",
    );
    // From 4.1 on followers are told of a new high watermark at once (KIP-1166).
    if !at_least(oldest, &[4, 1]) {
        layers.profile(
            Group::Quorum,
            "metadata.max.idle.interval.ms",
            100,
            "Before Kafka 4.1 a decision is seen with the record after it, which an idle quorum writes every 500 ms.",
        );
    }
}

/// What makes a node a broker, a controller or both.
pub(crate) fn planner(
    layers: &mut Layers,
    spec: &Spec,
    node: NodeName,
    dir: &NodeDir,
    ports: &BTreeMap<NodeName, Ports>,
) {
    let voters = layout::voters(spec);
    let own = ports.get(&node).copied().unwrap_or_default();
    let is_broker = node.role == Role::Broker;
    let is_controller = voters.contains(&node);
    let roles = match (is_broker, is_controller) {
        (true, true) => "broker,controller",
        (true, false) => "broker",
        (false, _) => "controller",
    };
    let quorum: Vec<String> = voters
        .iter()
        .filter_map(|voter| Some((voter.id, ports.get(voter)?)))
        .map(|(id, ports)| format!("{id}@127.0.0.1:{}", controller_port(ports)))
        .collect();

    layers.planner(Group::Identity, "node.id", node.id, "The id that Kafka's logs and tools print.");
    layers.planner(Group::Identity, "process.roles", roles, "What this node is in the cluster.");
    security::planner(layers, spec, Roles { is_broker, is_controller }, &own);
    if let Some(security) = &spec.security {
        security::tls(layers, spec, security, node, dir, is_broker);
        security::acls(layers, security);
    }
    let mut put = |group, key, value: String, reason| layers.planner(group, key, value, reason);
    put(
        Group::Data,
        "log.dirs",
        dir.data().display().to_string(),
        "One folder a node; it survives restarts.",
    );
    put(
        Group::Quorum,
        "controller.listener.names",
        CONTROLLER.into(),
        "The listener at which controllers are reached.",
    );
    put(
        Group::Quorum,
        "controller.quorum.voters",
        quorum.join(","),
        "Every controller, so that any minority of them may fail.",
    );
}
