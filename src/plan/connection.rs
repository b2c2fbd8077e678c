//! What a client needs to know of a cluster, as values and as variables of its environment.

use std::path::Path;

use crate::model::ids::Role;
use crate::plan::model::Plan;

/// Where the clients of a plan connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Connection {
    /// Kafka's `bootstrap.servers`.
    pub bootstrap_servers: String,
    /// Kafka's `zookeeper.connect`; `None` in KRaft.
    pub zookeeper_connect: Option<String>,
}

impl Connection {
    pub(crate) fn of(plan: &Plan) -> Self {
        Connection {
            bootstrap_servers: addresses(plan, Role::Broker),
            zookeeper_connect: Some(addresses(plan, Role::ZooKeeper)).filter(|servers| !servers.is_empty()),
        }
    }
}

/// The client addresses of one role, as `bootstrap.servers` and `zookeeper.connect` have them.
/// Everything listens on 127.0.0.1 only.
pub(crate) fn addresses(plan: &Plan, role: Role) -> String {
    let addresses = plan.of_role(role).map(|node| format!("127.0.0.1:{}", node.ports.client));
    addresses.collect::<Vec<_>>().join(",")
}

/// The variables with which programs find the cluster; docs/tools.md says who reads which.
/// `kafka_home`: the distribution, when it has the scripts that users of `KAFKA_HOME` look for.
pub(crate) fn variables(plan: &Plan, kafka_home: Option<&Path>) -> Vec<(&'static str, String)> {
    let Connection { bootstrap_servers, zookeeper_connect } = Connection::of(plan);
    let mut variables = vec![
        ("KAFKA_BOOTSTRAP_SERVERS", bootstrap_servers.clone()),
        ("BOOTSTRAP_SERVERS", bootstrap_servers),
    ];
    variables.extend(zookeeper_connect.map(|servers| ("ZOOKEEPER_CONNECT", servers)));
    variables.push(("CLUSTER_NAME", plan.name.clone()));
    variables.extend(plan.dir.parent().map(|home| ("CLUSTER_HOME", home.display().to_string())));
    variables.extend(kafka_home.map(|home| ("KAFKA_HOME", home.display().to_string())));
    variables
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::samples;

    #[test]
    fn every_node_of_a_role_is_in_its_connection() {
        let connection = Connection::of(&samples::plan(Path::new("/state"), "velib"));
        assert_eq!(connection.bootstrap_servers, "127.0.0.1:21000,127.0.0.1:21001,127.0.0.1:21002");
        let servers = "127.0.0.1:20001,127.0.0.1:20002,127.0.0.1:20003";
        assert_eq!(connection.zookeeper_connect.as_deref(), Some(servers));
    }

    #[test]
    fn kafka_home_is_a_variable_only_of_a_distribution_with_scripts() {
        let plan = samples::plan(Path::new("/state"), "velib");
        let names = |home| variables(&plan, home).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert!(!names(None).contains(&"KAFKA_HOME"));
        assert!(names(Some(Path::new("/opt/kafka"))).contains(&"KAFKA_HOME"));
        assert!(variables(&plan, None).contains(&("CLUSTER_HOME", "/state".to_owned())));
    }
}
