//! What a client needs to know of a cluster, as values and as variables of its environment.

use std::path::{Path, PathBuf};

use crate::model::ids::Role;
use crate::plan::jaas;
use crate::plan::login::Login;
use crate::plan::model::{NodePlan, Plan};
use crate::plan::properties;
use crate::plan::security::protocol;
use crate::spec::model::{Clients, Secret, Security};

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

/// What a client of a secured cluster needs beside the addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Secured {
    security: Security,
    /// The CA, whose certificates are to be trusted; `None` where clients do without TLS.
    ca: Option<PathBuf>,
    /// Key and certificate, where clients show one.
    own: Option<PathBuf>,
    login: Login,
    /// What Kafka's own clients take, as a file.
    pub properties: PathBuf,
}

impl Connection {
    pub(crate) fn of(plan: &Plan, login: &Login) -> Self {
        let some = |servers: String| Some(servers).filter(|servers| !servers.is_empty());
        Connection {
            bootstrap_servers: addresses(plan, Role::Broker),
            bootstrap_controllers: some(list(plan.nodes.iter().filter_map(NodePlan::controller_port))),
            zookeeper_connect: some(addresses(plan, Role::ZooKeeper)),
            secured: Secured::of(plan, login),
        }
    }
}

/// Where clients reach the brokers by one of the spec's listeners; `None`: there is none of this name.
pub(crate) fn through(plan: &Plan, listener: &str) -> Option<String> {
    let (at, _, spec) = plan.listeners.get_full(listener)?;
    let ports = plan.of_role(Role::Broker).filter_map(|node| node.ports.more.get(at).copied().flatten());
    Some(ports.map(|port| spec.advertised(port)).collect::<Vec<_>>().join(","))
}

impl Secured {
    pub(crate) fn of(plan: &Plan, login: &Login) -> Option<Self> {
        let (keys, security) = (plan.keys()?, plan.security.clone()?);
        Some(Secured {
            ca: protocol(&security).ends_with("SSL").then(|| keys.ca()),
            own: (security.clients == Clients::Mtls).then(|| keys.of(&login.user)),
            login: login.clone(),
            properties: keys.client_properties(&login.user),
            security,
        })
    }

    /// With its properties in this file.
    #[cfg(test)]
    pub(crate) fn at(properties: &str) -> Self {
        let security = Security::of(Clients::Tls);
        Secured { security, ca: None, own: None, login: Login::program(), properties: properties.into() }
    }

    /// Mechanism, user and password, where clients show one.
    fn sasl(&self) -> Option<(&'static str, &str, &str)> {
        let Secret(password) = self.login.password.as_ref()?;
        Some((self.security.clients.mechanism()?, &self.login.user, password))
    }

    /// What Kafka's own clients take beside the addresses.
    pub(crate) fn java(&self) -> String {
        let mut pairs = vec![("security.protocol", protocol(&self.security).to_owned())];
        if let Some(ca) = &self.ca {
            pairs.extend([("ssl.truststore.type", "PEM".to_owned()), ("ssl.truststore.location", shown(ca))]);
        }
        if let Some(own) = &self.own {
            pairs.extend([("ssl.keystore.type", "PEM".to_owned()), ("ssl.keystore.location", shown(own))]);
        }
        if let Some((mechanism, user, password)) = self.sasl() {
            pairs.push(("sasl.mechanism", mechanism.to_owned()));
            pairs.extend(
                jaas::of_client(self.security.clients, user, password).map(|jaas| ("sasl.jaas.config", jaas)),
            );
        }
        pairs.iter().map(|(key, value)| properties::line(key, value) + "\n").collect()
    }

    /// The same as librdkafka has it, in key and value.
    fn librdkafka(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![("security.protocol", protocol(&self.security).to_lowercase())];
        pairs.extend(self.ca.iter().map(|ca| ("ssl.ca.location", shown(ca))));
        // One file has both.
        let own = self.own.iter();
        pairs.extend(
            own.flat_map(|own| ["ssl.certificate.location", "ssl.key.location"].map(|key| (key, shown(own)))),
        );
        if let Some((mechanism, user, password)) = self.sasl() {
            pairs.push(("sasl.mechanisms", mechanism.to_owned()));
            pairs.extend([("sasl.username", user.to_owned()), ("sasl.password", password.to_owned())]);
        }
        pairs
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![("KAFKA_SECURITY_PROTOCOL", protocol(&self.security).to_owned())];
        variables.extend(self.ca.iter().map(|ca| ("KAFKA_SSL_CA_LOCATION", shown(ca))));
        if let Some(own) = &self.own {
            variables.push(("KAFKA_SSL_CERTIFICATE_LOCATION", shown(own)));
            variables.push(("KAFKA_SSL_KEY_LOCATION", shown(own)));
        }
        if let Some((mechanism, user, password)) = self.sasl() {
            variables.push(("KAFKA_SASL_MECHANISM", mechanism.to_owned()));
            variables.push(("KAFKA_SASL_USERNAME", user.to_owned()));
            variables.push(("KAFKA_SASL_PASSWORD", password.to_owned()));
        }
        variables.push(("KAFKA_CLIENT_PROPERTIES", shown(&self.properties)));
        variables
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// The client addresses of one role, as `bootstrap.servers` and `zookeeper.connect` have them.
pub(crate) fn addresses(plan: &Plan, role: Role) -> String {
    list(plan.of_role(role).map(|node| node.ports.client))
}

/// A whole file for Kafka's own clients.
pub(crate) fn java_properties(connection: &Connection) -> String {
    let secured = connection.secured.as_ref().map(Secured::java).unwrap_or_default();
    properties::line("bootstrap.servers", &connection.bootstrap_servers) + "\n" + &secured
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
/// `kafka_home`: the distribution, when it has the scripts that users of `KAFKA_HOME` look for.
pub(crate) fn variables(
    plan: &Plan,
    login: &Login,
    kafka_home: Option<&Path>,
) -> Vec<(&'static str, String)> {
    variables_of(plan, Connection::of(plan, login), kafka_home)
}

/// The same of a connection by another listener.
pub(crate) fn variables_of(
    plan: &Plan,
    connection: Connection,
    kafka_home: Option<&Path>,
) -> Vec<(&'static str, String)> {
    let Connection { bootstrap_servers, bootstrap_controllers, zookeeper_connect, secured } = connection;
    let mut variables = vec![
        ("KAFKA_BOOTSTRAP_SERVERS", bootstrap_servers.clone()),
        ("BOOTSTRAP_SERVERS", bootstrap_servers),
    ];
    variables.extend(bootstrap_controllers.map(|servers| ("KAFKA_BOOTSTRAP_CONTROLLERS", servers)));
    variables.extend(zookeeper_connect.map(|servers| ("ZOOKEEPER_CONNECT", servers)));
    variables.extend(secured.iter().flat_map(Secured::variables));
    variables.push(("CLUSTER_NAME", plan.name.clone()));
    variables.extend(plan.dir.parent().map(|home| ("CLUSTER_HOME", shown(home))));
    variables.extend(kafka_home.map(|home| ("KAFKA_HOME", shown(home))));
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
        let connection = Connection::of(&samples::plan(Path::new("/state"), "velib"), &Login::program());
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
            let connection = Connection::of(&plan, &Login::program());
            assert_eq!(connection.bootstrap_controllers.as_deref(), Some(controllers));
            assert_eq!(connection.zookeeper_connect, None);
            let variable = ("KAFKA_BOOTSTRAP_CONTROLLERS", controllers.to_owned());
            assert!(variables(&plan, &Login::program(), None).contains(&variable));
        }
        let zookeeper = samples::plan(Path::new("/state"), "velib");
        assert_eq!(Connection::of(&zookeeper, &Login::program()).bootstrap_controllers, None);
    }

    #[test]
    fn kafka_home_is_a_variable_only_of_a_distribution_with_scripts() {
        let plan = samples::plan(Path::new("/state"), "velib");
        let names = |home| {
            variables(&plan, &Login::program(), home).into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert!(!names(None).contains(&"KAFKA_HOME"));
        assert!(names(Some(Path::new("/opt/kafka"))).contains(&"KAFKA_HOME"));
        assert!(variables(&plan, &Login::program(), None).contains(&("CLUSTER_HOME", "/state".to_owned())));
    }

    fn alice(password: Option<&str>) -> Login {
        Login { user: "alice".to_owned(), password: password.map(|text| Secret(text.to_owned())) }
    }

    #[test]
    fn a_user_with_a_password_is_told_the_mechanism_and_the_password_beside_the_ca() {
        let login = alice(Some(r#"wonder"land"#));
        let scram = secured(Clients::Scram);
        let connection = Connection::of(&scram, &login);
        assert_eq!(
            librdkafka_properties(&connection),
            "bootstrap.servers=127.0.0.1:19092\nsecurity.protocol=sasl_ssl\n\
             ssl.ca.location=/state/velib/security/ca.pem\nsasl.mechanisms=SCRAM-SHA-512\n\
             sasl.username=alice\nsasl.password=wonder\"land\n"
        );
        let java = java_properties(&connection);
        assert!(java.contains("security.protocol=SASL_SSL\n") && !java.contains("keystore"), "{java}");
        let read: std::collections::BTreeMap<_, _> = properties::parse(&java).into_iter().collect();
        assert!(read["sasl.jaas.config"].ends_with(r#"username="alice" password="wonder\"land";"#), "{java}");
        let all = variables(&scram, &login, None);
        assert!(all.contains(&("KAFKA_SASL_PASSWORD", r#"wonder"land"#.to_owned())));
        // The fixture spares PLAIN the encryption.
        let plain = java_properties(&Connection::of(&secured(Clients::Plain), &login));
        assert!(plain.contains("security.protocol=SASL_PLAINTEXT\n") && !plain.contains("ssl."), "{plain}");
    }

    fn secured(clients: Clients) -> Plan {
        let users = [("alice".to_owned(), User::default())].into();
        let spec = Spec {
            security: Some(Security { encrypted: clients != Clients::Plain, users, ..Security::of(clients) }),
            ..kraft(1, 1, false)
        };
        plan(&spec, &facts(&spec)).unwrap()
    }

    #[test]
    fn a_user_of_a_secured_cluster_is_told_the_ca_and_a_key_of_their_own() {
        let plan = secured(Clients::Mtls);
        let all = variables(&plan, &alice(None), None);
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
            variables(&plan, &Login::program(), None)
                .contains(&("KAFKA_SSL_KEY_LOCATION", "/state/velib/security/cluster.pem".to_owned()))
        );
        let connection = Connection::of(&plan, &alice(None));
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
        let names: Vec<_> =
            variables(&plan, &Login::program(), None).into_iter().map(|(name, _)| name).collect();
        assert!(names.contains(&"KAFKA_SSL_CA_LOCATION") && !names.contains(&"KAFKA_SSL_KEY_LOCATION"));
        let connection = Connection::of(&plan, &Login::program());
        for text in [java_properties(&connection), librdkafka_properties(&connection)] {
            assert!(text.contains("ca.pem") && !text.contains("cluster.pem"), "{text}");
        }
        let plain = kraft(1, 1, false);
        let plain = Connection::of(&super::super::plan(&plain, &facts(&plain)).unwrap(), &Login::program());
        assert_eq!(java_properties(&plain), "bootstrap.servers=127.0.0.1:19092\n");
    }
}
