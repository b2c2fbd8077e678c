//! Settings that the planner owns: refused in `config`, each with what to do instead.

use crate::model::ids::Role;

/// What to do instead of setting a key.
struct Owned {
    /// Settings, whole, or their beginning if it ends in `*`, or `*` between beginning and end.
    keys: &'static [&'static str],
    instead: &'static str,
}

const BROKER: &[Owned] = &[
    Owned {
        keys: &["broker.id", "node.id", "broker.id.generation.enable", "reserved.broker.max.id"],
        instead: "a broker's id is the number in its name: broker-0 has id 0",
    },
    Owned {
        keys: &["listeners", "advertised.*", "port", "host.name"],
        instead: "give the node a `port` under `nodes`, or set `port_base`; everything listens on loopback",
    },
    Owned {
        keys: &[
            "listener.security.protocol.map",
            "inter.broker.listener.name",
            "security.inter.broker.protocol",
            "control.plane.listener.name",
        ],
        instead: "leave it out: listeners are in plain text or with TLS as `security` has it, all on loopback",
    },
    Owned {
        keys: &[
            "ssl.keystore.*",
            "ssl.truststore.*",
            "ssl.key.password",
            "ssl.client.auth",
            "listener.name.*ssl.client.auth",
            "ssl.principal.mapping.rules",
        ],
        instead: "leave it out: `security` makes the keys, and says who has to show one",
    },
    Owned {
        keys: &["log.dir", "log.dirs", "metadata.log.dir"],
        instead: "leave it out: data lies in the node's own folder under $CLUSTER_HOME",
    },
    Owned {
        keys: &["zookeeper.connect"],
        instead: "leave it out: it names the cluster's own ZooKeeper servers, see `zookeeper`",
    },
    Owned {
        keys: &[
            "process.roles",
            "controller.listener.names",
            "controller.quorum.voters",
            "controller.quorum.bootstrap.servers",
            "controller.quorum.auto.join.enable",
            "zookeeper.metadata.migration.*",
        ],
        instead: "leave it out: the quorum is all the nodes of `controllers`",
    },
];

/// Both roles read the same file, kafka.server.KafkaConfig.
const CONTROLLER: &[Owned] = BROKER;

const ZOOKEEPER: &[Owned] = &[
    Owned {
        keys: &["dataDir", "dataLogDir"],
        instead: "leave it out: data lies in the node's own folder under $CLUSTER_HOME",
    },
    Owned {
        keys: &["clientPort", "clientPortAddress", "secureClientPort", "secureClientPortAddress"],
        instead: "give the node a `port` under `nodes`, or set `port_base`; everything listens on loopback",
    },
    Owned {
        keys: &[
            "server.*",
            "quorumListenOnAllIPs",
            "group.*",
            "weight.*",
            "dynamicConfigFile",
            "standaloneEnabled",
            "reconfigEnabled",
        ],
        instead: "leave it out: the ensemble is all the servers of `zookeeper`, see its `count`",
    },
    Owned {
        keys: &["admin.*"],
        instead: "leave it out: the admin server is off, all servers would want its port on every interface",
    },
    Owned {
        keys: &["4lw.commands.whitelist"],
        instead: "leave it out: every four-letter word is allowed, `status` needs some of them",
    },
];

/// What to do instead of setting `key`, if the planner owns it.
pub(crate) fn instead(role: Role, key: &str) -> Option<&'static str> {
    let table = match role {
        Role::Broker => BROKER,
        Role::Controller => CONTROLLER,
        Role::ZooKeeper => ZOOKEEPER,
    };
    table
        .iter()
        .find(|owned| owned.keys.iter().any(|pattern| matches(pattern, key)))
        .map(|owned| owned.instead)
}

fn matches(pattern: &str, key: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == key,
        Some((start, end)) => key.strip_prefix(start).is_some_and(|rest| rest.ends_with(end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_addresses_and_folders_are_the_planners() {
        for key in [
            "broker.id",
            "listeners",
            "advertised.listeners",
            "advertised.host.name",
            "log.dirs",
            "controller.quorum.voters",
        ] {
            assert!(instead(Role::Broker, key).is_some(), "{key}");
        }
        for key in [
            "dataDir",
            "clientPort",
            "server.1",
            "admin.serverPort",
            "admin.enableServer",
            "quorumListenOnAllIPs",
            "4lw.commands.whitelist",
        ] {
            assert!(instead(Role::ZooKeeper, key).is_some(), "{key}");
        }
    }

    #[test]
    fn other_settings_are_free() {
        for key in [
            "num.partitions",
            "controller.quorum.election.timeout.ms",
            "controller.socket.timeout.ms",
            "log.retention.hours",
            "port.x",
            "dataDir",
        ] {
            assert_eq!(instead(Role::Broker, key), None, "{key}");
        }
        for key in ["tickTime", "log.dirs", "serverCnxnFactory"] {
            assert_eq!(instead(Role::ZooKeeper, key), None, "{key}");
        }
    }

    /// The reference is the table that users see.
    #[test]
    fn docs_name_every_key() {
        let docs = include_str!("../../docs/spec.md");
        for key in BROKER.iter().chain(ZOOKEEPER).flat_map(|owned| owned.keys) {
            assert!(docs.contains(&format!("`{key}`")), "docs/spec.md lacks {key}");
        }
    }
}
