//! What a client needs to know of a cluster, as values and as variables of its environment.

use std::path::Path;

use crate::model::ids::Role;
use crate::plan::model::{NodePlan, Plan};

/// Where the clients of a plan connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Connection {
    /// Kafka's `bootstrap.servers`.
    pub bootstrap_servers: String,
    /// Kafka's `bootstrap.controllers`, which its tools take as `--bootstrap-controller` (KIP-919); `None` with
    /// ZooKeeper.
    pub bootstrap_controllers: Option<String>,
    /// Kafka's `zookeeper.connect`; `None` in KRaft.
    pub zookeeper_connect: Option<String>,
}

impl Connection {
    pub(crate) fn of(plan: &Plan) -> Self {
        let some = |servers: String| Some(servers).filter(|servers| !servers.is_empty());
        Connection {
            bootstrap_servers: addresses(plan, Role::Broker),
            bootstrap_controllers: some(list(plan.nodes.iter().filter_map(NodePlan::controller_port))),
            zookeeper_connect: some(addresses(plan, Role::ZooKeeper)),
        }
    }
}

/// The client addresses of one role, as `bootstrap.servers` and `zookeeper.connect` have them.
pub(crate) fn addresses(plan: &Plan, role: Role) -> String {
    list(plan.of_role(role).map(|node| node.ports.client))
}

/// Everything listens on 127.0.0.1 only.
fn list(ports: impl Iterator<Item = u16>) -> String {
    ports.map(|port| format!("127.0.0.1:{port}")).collect::<Vec<_>>().join(",")
}

/// The variables with which programs find the cluster; docs/tools.md says who reads which.
/// `kafka_home`: the distribution, when it has the scripts that users of `KAFKA_HOME` look for.
pub(crate) fn variables(plan: &Plan, kafka_home: Option<&Path>) -> Vec<(&'static str, String)> {
    let Connection { bootstrap_servers, bootstrap_controllers, zookeeper_connect } = Connection::of(plan);
    let mut variables = vec![
        ("KAFKA_BOOTSTRAP_SERVERS", bootstrap_servers.clone()),
        ("BOOTSTRAP_SERVERS", bootstrap_servers),
    ];
    variables.extend(bootstrap_controllers.map(|servers| ("KAFKA_BOOTSTRAP_CONTROLLERS", servers)));
    variables.extend(zookeeper_connect.map(|servers| ("ZOOKEEPER_CONNECT", servers)));
    variables.push(("CLUSTER_NAME", plan.name.clone()));
    variables.extend(plan.dir.parent().map(|home| ("CLUSTER_HOME", home.display().to_string())));
    variables.extend(kafka_home.map(|home| ("KAFKA_HOME", home.display().to_string())));
    variables
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixture::{facts, kraft};
    use crate::plan::{plan, samples};

    #[test]
    fn every_node_of_a_role_is_in_its_connection() {
        let connection = Connection::of(&samples::plan(Path::new("/state"), "velib"));
        assert_eq!(connection.bootstrap_servers, "127.0.0.1:21000,127.0.0.1:21001,127.0.0.1:21002");
        let servers = "127.0.0.1:20001,127.0.0.1:20002,127.0.0.1:20003";
        assert_eq!(connection.zookeeper_connect.as_deref(), Some(servers));
    }

    #[test]
    fn controllers_are_in_the_connection_of_kraft_whether_they_are_brokers_too_or_not() {
        for (combined, controllers) in [
            (false, "127.0.0.1:19192,127.0.0.1:19193,127.0.0.1:19194"),
            (true, "127.0.0.1:19292,127.0.0.1:19293,127.0.0.1:19294"),
        ] {
            let spec = kraft(3, 4, combined);
            let plan = plan(&spec, &facts(&spec)).unwrap();
            let connection = Connection::of(&plan);
            assert_eq!(connection.bootstrap_controllers.as_deref(), Some(controllers));
            assert_eq!(connection.zookeeper_connect, None);
            let variable = ("KAFKA_BOOTSTRAP_CONTROLLERS", controllers.to_owned());
            assert!(variables(&plan, None).contains(&variable));
        }
        let zookeeper = samples::plan(Path::new("/state"), "velib");
        assert_eq!(Connection::of(&zookeeper).bootstrap_controllers, None);
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
