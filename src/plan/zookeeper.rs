//! What a ZooKeeper server's zoo.cfg says, and why. Keys that QuorumPeerConfig does not know become
//! system properties `zookeeper.<key>`, so a key is written only where its version has a use for it.

use std::collections::BTreeMap;

use crate::model::ids::{NodeName, Role};
use crate::plan::layers::{Group, Layers};
use crate::plan::layout::{self, NodeDir};
use crate::plan::model::{Origin, Ports};
use crate::plan::version::has_zookeeper_3_5;
use crate::spec::model::{Profile, Spec};

/// Every setting of one ZooKeeper server, laid over each other.
pub(super) fn settings(
    spec: &Spec,
    kafka_version: &str,
    node: NodeName,
    dir: &NodeDir,
    ports: &BTreeMap<NodeName, Ports>,
) -> Layers {
    let mut layers = Layers::default();
    let ensemble = spec.zookeeper.count > 1;
    layers.profile(
        Group::Resources,
        "maxClientCnxns",
        0,
        "Every client has the same address here, so connections per address are not limited.",
    );
    if spec.profile == Profile::Stock {
        stock(&mut layers, ensemble);
    } else {
        fast(&mut layers, ensemble);
        let (force, why) = match spec.profile {
            Profile::Durable => ("yes", "Every change is on disk before it is acknowledged."),
            _ => ("no", "Changes reach the disk when the kernel writes them; safe while the machine runs."),
        };
        layers.profile(Group::Data, "forceSync", force, why);
    }
    layers.config(Origin::Cluster, Role::ZooKeeper, &spec.zookeeper.settings.config);
    if let Some(own) = layout::overrides(spec, node) {
        layers.config(Origin::Node, node.role, &own.config);
    }
    planner(&mut layers, kafka_version, node, dir, ports);
    layers
}

fn planner(
    layers: &mut Layers,
    kafka_version: &str,
    node: NodeName,
    dir: &NodeDir,
    ports: &BTreeMap<NodeName, Ports>,
) {
    let client = ports.get(&node).map_or(0, |own| own.client);
    layers.planner(Group::Identity, "clientPort", client, "Brokers and tools connect here.");
    layers.planner(Group::Identity, "clientPortAddress", "127.0.0.1", "Loopback only.");
    if has_zookeeper_3_5(kafka_version) {
        layers.planner(
            Group::Identity,
            "admin.enableServer",
            false,
            "Its HTTP server would listen on every interface, and all servers would want port 8080.",
        );
        layers.planner(
            Group::Identity,
            "4lw.commands.whitelist",
            "*",
            "All four-letter words answer (srvr, mntr, stat); by default only srvr.",
        );
    }
    layers.planner(
        Group::Data,
        "dataDir",
        dir.data().display(),
        "Snapshots, the transaction log and myid, which tells this server who it is.",
    );
    for (member, ports) in ports.iter().filter(|(name, _)| name.role == Role::ZooKeeper) {
        // A single server runs standalone: no member lines.
        if let (Some(quorum), Some(election)) = (ports.quorum, ports.election) {
            layers.planner(
                Group::Ensemble,
                &format!("server.{}", member.id),
                format!("127.0.0.1:{quorum}:{election}"),
                &format!("{member}: followers connect to the first port, votes go to the second."),
            );
        }
    }
}

fn limits(layers: &mut Layers, init: u32, sync: u32, init_why: &str, sync_why: &str) {
    layers.profile(Group::Timing, "initLimit", init, init_why);
    layers.profile(Group::Timing, "syncLimit", sync, sync_why);
}

/// ZooKeeper has no default for the two limits of an ensemble: those of its sample file.
fn stock(layers: &mut Layers, ensemble: bool) {
    if ensemble {
        limits(
            layers,
            10,
            5,
            "Ticks that a follower may take to join the leader; from zoo_sample.cfg.",
            "Ticks that a follower may lag behind the leader; from zoo_sample.cfg.",
        );
    }
}

fn fast(layers: &mut Layers, ensemble: bool) {
    layers.profile(
        Group::Timing,
        "tickTime",
        500,
        "Milliseconds; dead brokers and servers are noticed sooner than with the default of 3000.",
    );
    if ensemble {
        limits(
            layers,
            20,
            10,
            "Ticks that a follower may take to join the leader: 10 s, for a machine that starts all at once.",
            "Ticks that a follower may lag behind the leader: 5 s.",
        );
    }
    layers.profile(
        Group::Timing,
        "maxSessionTimeout",
        60_000,
        "Clients may ask for sessions as long as with the default tick; 20 short ticks would cap them at 10 s.",
    );
    layers.profile(
        Group::Data,
        "preAllocSize",
        1024,
        "KiB by which the transaction log grows; the default of 64 MiB is much for little data.",
    );
    layers.profile(
        Group::Data,
        "autopurge.purgeInterval",
        1,
        "Old snapshots and logs are removed every hour; by default never.",
    );
}
