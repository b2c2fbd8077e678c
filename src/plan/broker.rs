//! What a broker's server.properties says, and why. Checked against `ConfigDef` of
//! kafka.server.KafkaConfig in 0.10.2.2 and 3.9.2.

use std::collections::BTreeMap;

use crate::model::ids::{NodeName, Role};
use crate::plan::kraft;
use crate::plan::layers::{Group, Layers};
use crate::plan::layout::{self, NodeDir};
use crate::plan::model::{Origin, Ports};
use crate::plan::security;
use crate::plan::version::at_least;
use crate::spec::min_isr::{Excess, SETTING as MIN_ISR};
use crate::spec::model::{Profile, Spec};
use crate::spec::versions::Coordination;

/// Every setting of one broker, laid over each other.
pub(super) fn settings(
    spec: &Spec,
    (kafka_version, oldest): (&str, &str),
    node: NodeName,
    dir: &NodeDir,
    ports: &BTreeMap<NodeName, Ports>,
) -> Layers {
    let mut layers = Layers::default();
    let is_kraft = spec.coordination() == Coordination::Kraft;
    match is_kraft {
        true => kraft::profile(&mut layers, spec, oldest),
        false => ensemble(&mut layers, spec),
    }
    if !is_kraft {
        common_protocol(&mut layers, kafka_version, oldest);
    }
    profile(&mut layers, spec, kafka_version);
    layers.config(Origin::Cluster, Role::Broker, &spec.brokers.settings.config);
    if let Some(own) = layout::overrides(spec, node) {
        layers.config(Origin::Node, node.role, &own.config);
    }
    match is_kraft {
        true => kraft::planner(&mut layers, spec, node, dir, ports),
        false => planner(&mut layers, spec, node, dir, ports),
    }
    layers
}

/// Settings of a controller: those of the brokers that it decides on, since in KRaft it creates topics and
/// elects leaders (kafka.server.ControllerServer, ControllerApis).
pub(super) fn of_controller(
    spec: &Spec,
    (kafka_version, oldest): (&str, &str),
    node: NodeName,
    dir: &NodeDir,
    ports: &BTreeMap<NodeName, Ports>,
) -> Layers {
    kraft::controller(spec, oldest, node, dir, ports, |layers| {
        if spec.profile != Profile::Stock {
            replication(layers, spec, kafka_version);
            partitions(layers);
        }
    })
}

fn profile(layers: &mut Layers, spec: &Spec, version: &str) {
    let brokers = spec.brokers.count;
    match spec.profile {
        // Only what several nodes on one host need.
        Profile::Stock if brokers < 3 => internal_topics(layers, brokers, version),
        Profile::Stock => {}
        Profile::Fast | Profile::Durable => {
            replication(layers, spec, version);
            internal_topics(layers, brokers, version);
            topics(layers, version);
            resources(layers, version);
        }
    }
    if spec.profile == Profile::Durable {
        layers.profile(
            Group::Data,
            "log.flush.interval.messages",
            1,
            "Every message is on disk before it is acknowledged; Kafka leaves that to the kernel.",
        );
    }
}

/// Brokers of several versions speak the oldest one's protocol, as in a rolling upgrade. (In KRaft it follows from the
/// metadata version that all have been formatted with.) Versions before 3.0 write messages in a format of their own,
/// which may not be newer than the protocol.
fn common_protocol(layers: &mut Layers, version: &str, oldest: &str) {
    let line = |version: &str| {
        // 0.10.2 has a protocol of its own, from 1.0 on each minor version.
        let parts = if at_least(version, &[1]) { 2 } else { 3 };
        version.split('.').take(parts).collect::<Vec<_>>().join(".")
    };
    let (own, common) = (line(version), line(oldest));
    if own == common {
        return;
    }
    let why = format!("Brokers of Kafka {common} are in the cluster.");
    layers.profile(Group::Replication, "inter.broker.protocol.version", &common, &why);
    if !at_least(oldest, &[3]) {
        layers.profile(Group::Replication, "log.message.format.version", &common, &why);
    }
}

fn planner(
    layers: &mut Layers,
    spec: &Spec,
    node: NodeName,
    dir: &NodeDir,
    ports: &BTreeMap<NodeName, Ports>,
) {
    let ensemble: Vec<String> = ports
        .iter()
        .filter(|(name, _)| name.role == Role::ZooKeeper)
        .map(|(_, ports)| format!("127.0.0.1:{}", ports.client))
        .collect();
    let mut put = |group, key, value: String, reason| layers.planner(group, key, value, reason);
    put(Group::Identity, "broker.id", node.id.to_string(), "The id that Kafka's logs and tools print.");
    put(
        Group::Identity,
        "broker.id.generation.enable",
        "false".into(),
        "The id above is the one, whatever its size; ZooKeeper hands out none.",
    );
    security::of_zookeeper(layers, spec, &ports.get(&node).copied().unwrap_or_default());
    let mut put = |group, key, value: String, reason| layers.planner(group, key, value, reason);
    put(
        Group::Data,
        "log.dirs",
        dir.data().display().to_string(),
        "One folder a broker; it survives restarts.",
    );
    put(
        Group::Ensemble,
        "zookeeper.connect",
        ensemble.join(","),
        "Every server of the ensemble, so that any of them may fail.",
    );
}

/// How a broker gets on with ZooKeeper.
fn ensemble(layers: &mut Layers, spec: &Spec) {
    layers.profile(
        Group::Ensemble,
        "zookeeper.connection.timeout.ms",
        30_000,
        "All nodes start at once on one machine, so the ensemble may take its time.",
    );
    if spec.profile != Profile::Stock {
        layers.profile(
            Group::Ensemble,
            "zookeeper.session.timeout.ms",
            6000,
            "A killed broker is noticed after about 6 s; Kafka 3.9 waits 18 s.",
        );
    }
}

/// Kafka's own topics cannot be created with more replicas than there are brokers.
fn internal_topics(layers: &mut Layers, brokers: u16, version: &str) {
    let why = "One replica a broker, three at most.";
    layers.profile(Group::Replication, "offsets.topic.replication.factor", brokers.min(3), why);
    let mut log_of = |what: &str, users: &str| {
        layers.profile(Group::Replication, &format!("{what}.replication.factor"), brokers.min(3), why);
        let enough = brokers >= 3;
        let why = match enough {
            true => format!("{users} go on while one broker is down."),
            false => "With fewer than three brokers, one replica must do.".to_owned(),
        };
        layers.profile(Group::Replication, &format!("{what}.min.isr"), if enough { 2 } else { 1 }, &why);
    };
    if at_least(version, &[0, 11]) {
        log_of("transaction.state.log", "Transactions");
    }
    if at_least(version, &[4, 1]) {
        log_of("share.coordinator.state.topic", "Share groups");
    }
}

fn replication(layers: &mut Layers, spec: &Spec, version: &str) {
    let brokers = spec.brokers.count;
    let (min_isr, why) = min_isr(spec, version);
    layers.profile(
        Group::Replication,
        "default.replication.factor",
        brokers.min(3),
        "For topics that are created without a factor: one replica a broker, three at most.",
    );
    layers.profile(Group::Replication, MIN_ISR, min_isr, why);
    layers.profile(
        Group::Replication,
        "replica.lag.time.max.ms",
        10_000,
        "A replica that stops fetching leaves the ISR after 10 s; Kafka 3.9 waits 30 s.",
    );
    layers.profile(
        Group::Replication,
        "replica.fetch.wait.max.ms",
        100,
        "A broker that is back is in the ISR at its second fetch, 100 ms after the first; Kafka's wait 500 ms.",
    );
    layers.profile(
        Group::Replication,
        "replica.fetch.backoff.ms",
        100,
        "A follower that asks for a new topic too early asks again soon; Kafka's waits 1 s, and acks=all with it.",
    );
    layers.profile(
        Group::Replication,
        "leader.imbalance.check.interval.seconds",
        30,
        "Leaders go back to the preferred replica soon after a restart; Kafka looks every 300 s.",
    );
    if !at_least(version, &[0, 11]) {
        layers.profile(
            Group::Replication,
            "unclean.leader.election.enable",
            false,
            "No replica that lacks messages may lead; the default since Kafka 0.11.",
        );
    }
}

fn min_isr(spec: &Spec, version: &str) -> (u16, &'static str) {
    let factor =
        |key: &str| spec.brokers.settings.config.get(key).and_then(|value| value.parse::<u16>().ok());
    let alone = ["default.replication.factor", "offsets.topic.replication.factor"]
        .into_iter()
        .any(|key| factor(key) == Some(1));
    match spec.brokers.count {
        ..3 => (1, "Fewer than three brokers: more would stop all writes when one is down."),
        _ if alone && Excess::of(version).is_deadly(2, 1) => {
            (1, "A factor in `config` is 1: with more, no acks=all write to such a topic would ever do.")
        }
        _ => (2, "With acks=all, two replicas have every message; one broker may be down."),
    }
}

fn partitions(layers: &mut Layers) {
    layers.profile(
        Group::Topics,
        "num.partitions",
        3,
        "Partitions of topics that are created without a number; Kafka's default is 1.",
    );
}

fn topics(layers: &mut Layers, version: &str) {
    partitions(layers);
    layers.profile(
        Group::Topics,
        "offsets.topic.num.partitions",
        10,
        "50 partitions of __consumer_offsets are many for one machine.",
    );
    if at_least(version, &[0, 11]) {
        layers.profile(
            Group::Topics,
            "transaction.state.log.num.partitions",
            10,
            "50 partitions of __transaction_state are many for one machine.",
        );
    }
    if at_least(version, &[4, 1]) {
        layers.profile(
            Group::Topics,
            "share.coordinator.state.topic.num.partitions",
            10,
            "50 partitions of __share_group_state are many for one machine.",
        );
    }
    if !at_least(version, &[1, 0]) {
        layers.profile(
            Group::Topics,
            "delete.topic.enable",
            true,
            "Deleting a topic deletes it; the default since Kafka 1.0.",
        );
    }
}

fn resources(layers: &mut Layers, version: &str) {
    if at_least(version, &[0, 11]) {
        layers.profile(
            Group::Timing,
            "group.initial.rebalance.delay.ms",
            100,
            "The first consumer of a group does not wait 3 s for others.",
        );
    }
    if !at_least(version, &[4]) {
        layers.profile(
            Group::Timing,
            "controlled.shutdown.retry.backoff.ms",
            1000,
            "An orderly stop that finds no controller ends sooner; Kafka waits 5 s between tries.",
        );
    }
    layers.profile(Group::Resources, "num.network.threads", 2, "Several brokers share this machine.");
    layers.profile(Group::Resources, "num.io.threads", 4, "Several brokers share this machine.");
    layers.profile(
        Group::Resources,
        "log.cleaner.dedupe.buffer.size",
        4 * 1024 * 1024,
        "Kafka's 128 MiB, taken at the start, would not fit into a small heap.",
    );
}
