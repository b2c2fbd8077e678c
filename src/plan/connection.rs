//! What a client needs to know of a cluster, as values and as variables of its environment.

use std::path::{Path, PathBuf};

use crate::model::ids::Role;
use crate::plan::keys::{KeyFolder, PROGRAM};
use crate::plan::model::{NodePlan, Plan};
use crate::plan::properties;
use crate::spec::model::Clients;

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
    /// Of a secured cluster.
    pub secured: Option<Secured>,
}

/// What a client of a secured cluster needs beside the addresses: files, in the cluster's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Secured {
    /// The CA, whose certificates are to be trusted.
    pub ca: PathBuf,
    /// Key and certificate, where clients show one.
    pub own: Option<PathBuf>,
    /// All of it as Kafka's own clients take it.
    pub properties: PathBuf,
}

impl Connection {
    /// For this user of a secured cluster, or for this program.
    pub(crate) fn of(plan: &Plan, user: Option<&str>) -> Self {
        let some = |servers: String| Some(servers).filter(|servers| !servers.is_empty());
        Connection {
            bootstrap_servers: addresses(plan, Role::Broker),
            bootstrap_controllers: some(list(plan.nodes.iter().filter_map(NodePlan::controller_port))),
            zookeeper_connect: some(addresses(plan, Role::ZooKeeper)),
            secured: Secured::of(plan, user.unwrap_or(PROGRAM)),
        }
    }
}

impl Secured {
    fn of(plan: &Plan, user: &str) -> Option<Self> {
        let (keys, security) = (plan.keys()?, plan.security.as_ref()?);
        Some(Secured {
            ca: keys.ca(),
            own: (security.clients == Clients::Mtls).then(|| keys.of(user)),
            properties: keys.client_properties(user),
        })
    }

    /// The same as librdkafka has it, in key and value.
    pub(crate) fn librdkafka(&self) -> Vec<(&'static str, String)> {
        let path = |path: &Path| path.display().to_string();
        let mut pairs = vec![("security.protocol", "ssl".to_owned()), ("ssl.ca.location", path(&self.ca))];
        if let Some(own) = &self.own {
            // One file has both.
            pairs.extend(["ssl.certificate.location", "ssl.key.location"].map(|key| (key, path(own))));
        }
        pairs
    }
}

/// The client addresses of one role, as `bootstrap.servers` and `zookeeper.connect` have them.
pub(crate) fn addresses(plan: &Plan, role: Role) -> String {
    list(plan.of_role(role).map(|node| node.ports.client))
}

/// What Kafka's own clients take beside the addresses to connect to a secured cluster as this user, who shows a
/// certificate whether it is asked for or not.
pub(crate) fn client_properties(keys: &KeyFolder, user: &str) -> String {
    properties_of(&keys.ca(), Some(&keys.of(user)))
}

fn properties_of(ca: &Path, own: Option<&Path>) -> String {
    let path = |path: &Path| path.display().to_string();
    let mut pairs = vec![
        ("security.protocol", "SSL".to_owned()),
        ("ssl.truststore.type", "PEM".to_owned()),
        ("ssl.truststore.location", path(ca)),
    ];
    if let Some(own) = own {
        pairs.extend([("ssl.keystore.type", "PEM".to_owned()), ("ssl.keystore.location", path(own))]);
    }
    pairs.iter().map(|(key, value)| properties::line(key, value) + "\n").collect()
}

/// A whole file for Kafka's own clients.
pub(crate) fn java_properties(connection: &Connection) -> String {
    let mut text = properties::line("bootstrap.servers", &connection.bootstrap_servers) + "\n";
    if let Some(secured) = &connection.secured {
        text += &properties_of(&secured.ca, secured.own.as_deref());
    }
    text
}

/// A whole file for librdkafka, which takes every character but the end of a line as it is.
pub(crate) fn librdkafka_properties(connection: &Connection) -> String {
    let mut pairs = vec![("bootstrap.servers", connection.bootstrap_servers.clone())];
    pairs.extend(connection.secured.iter().flat_map(Secured::librdkafka));
    pairs.iter().map(|(key, value)| format!("{key}={value}\n")).collect()
}

/// Everything listens on 127.0.0.1 only.
fn list(ports: impl Iterator<Item = u16>) -> String {
    ports.map(|port| format!("127.0.0.1:{port}")).collect::<Vec<_>>().join(",")
}

/// The variables with which programs find the cluster; docs/tools.md says who reads which.
/// `user`: of a secured cluster. `kafka_home`: the distribution, when it has the scripts that users of `KAFKA_HOME` look for.
pub(crate) fn variables(
    plan: &Plan,
    user: Option<&str>,
    kafka_home: Option<&Path>,
) -> Vec<(&'static str, String)> {
    let Connection { bootstrap_servers, bootstrap_controllers, zookeeper_connect, secured } =
        Connection::of(plan, user);
    let mut variables = vec![
        ("KAFKA_BOOTSTRAP_SERVERS", bootstrap_servers.clone()),
        ("BOOTSTRAP_SERVERS", bootstrap_servers),
    ];
    variables.extend(bootstrap_controllers.map(|servers| ("KAFKA_BOOTSTRAP_CONTROLLERS", servers)));
    variables.extend(zookeeper_connect.map(|servers| ("ZOOKEEPER_CONNECT", servers)));
    if let Some(secured) = secured {
        let path = |path: &Path| path.display().to_string();
        variables.push(("KAFKA_SECURITY_PROTOCOL", "SSL".to_owned()));
        variables.push(("KAFKA_SSL_CA_LOCATION", path(&secured.ca)));
        if let Some(own) = &secured.own {
            variables.push(("KAFKA_SSL_CERTIFICATE_LOCATION", path(own)));
            variables.push(("KAFKA_SSL_KEY_LOCATION", path(own)));
        }
        variables.push(("KAFKA_CLIENT_PROPERTIES", path(&secured.properties)));
    }
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
    use crate::spec::model::{Security, Spec, User};

    #[test]
    fn every_node_of_a_role_is_in_its_connection() {
        let connection = Connection::of(&samples::plan(Path::new("/state"), "velib"), None);
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
            let connection = Connection::of(&plan, None);
            assert_eq!(connection.bootstrap_controllers.as_deref(), Some(controllers));
            assert_eq!(connection.zookeeper_connect, None);
            let variable = ("KAFKA_BOOTSTRAP_CONTROLLERS", controllers.to_owned());
            assert!(variables(&plan, None, None).contains(&variable));
        }
        let zookeeper = samples::plan(Path::new("/state"), "velib");
        assert_eq!(Connection::of(&zookeeper, None).bootstrap_controllers, None);
    }

    #[test]
    fn kafka_home_is_a_variable_only_of_a_distribution_with_scripts() {
        let plan = samples::plan(Path::new("/state"), "velib");
        let names = |home| variables(&plan, None, home).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert!(!names(None).contains(&"KAFKA_HOME"));
        assert!(names(Some(Path::new("/opt/kafka"))).contains(&"KAFKA_HOME"));
        assert!(variables(&plan, None, None).contains(&("CLUSTER_HOME", "/state".to_owned())));
    }

    fn secured(clients: Clients) -> Plan {
        let users = [("alice".to_owned(), User {})].into();
        let spec = Spec { security: Some(Security { clients, users }), ..kraft(1, 1, false) };
        plan(&spec, &facts(&spec)).unwrap()
    }

    #[test]
    fn a_user_of_a_secured_cluster_is_told_the_ca_and_a_key_of_their_own() {
        let plan = secured(Clients::Mtls);
        let all = variables(&plan, Some("alice"), None);
        for (name, value) in [
            ("KAFKA_SECURITY_PROTOCOL", "SSL"),
            ("KAFKA_SSL_CA_LOCATION", "/state/velib/security/ca.pem"),
            ("KAFKA_SSL_CERTIFICATE_LOCATION", "/state/velib/security/alice.pem"),
            ("KAFKA_SSL_KEY_LOCATION", "/state/velib/security/alice.pem"),
            ("KAFKA_CLIENT_PROPERTIES", "/state/velib/security/alice.properties"),
        ] {
            assert!(all.contains(&(name, value.to_owned())), "{name}");
        }
        assert!(
            variables(&plan, None, None)
                .contains(&("KAFKA_SSL_KEY_LOCATION", "/state/velib/security/cluster.pem".to_owned()))
        );
        let connection = Connection::of(&plan, Some("alice"));
        assert_eq!(
            librdkafka_properties(&connection),
            "bootstrap.servers=127.0.0.1:19092\nsecurity.protocol=ssl\n\
             ssl.ca.location=/state/velib/security/ca.pem\n\
             ssl.certificate.location=/state/velib/security/alice.pem\n\
             ssl.key.location=/state/velib/security/alice.pem\n"
        );
        assert!(
            java_properties(&connection).contains("ssl.keystore.location=/state/velib/security/alice.pem\n")
        );
    }

    #[test]
    fn who_does_not_show_who_they_are_is_told_the_ca_alone() {
        let plan = secured(Clients::Tls);
        let names: Vec<_> = variables(&plan, None, None).into_iter().map(|(name, _)| name).collect();
        assert!(names.contains(&"KAFKA_SSL_CA_LOCATION") && !names.contains(&"KAFKA_SSL_KEY_LOCATION"));
        let connection = Connection::of(&plan, None);
        for text in [java_properties(&connection), librdkafka_properties(&connection)] {
            assert!(text.contains("ca.pem") && !text.contains("cluster.pem"), "{text}");
        }
        let plain = kraft(1, 1, false);
        let plain = Connection::of(&super::super::plan(&plain, &facts(&plain)).unwrap(), None);
        assert_eq!(java_properties(&plain), "bootstrap.servers=127.0.0.1:19092\n");
    }
}
