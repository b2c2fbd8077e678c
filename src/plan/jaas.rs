//! JAAS: what brokers and clients know of passwords.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::spec::model::Clients;

const SCRAM: &str = "org.apache.kafka.common.security.scram.ScramLoginModule";
const PLAIN: &str = "org.apache.kafka.common.security.plain.PlainLoginModule";

/// The file of all brokers: for each listener of clients (`JaasContext.loadServerContext`). With SCRAM the passwords are
/// in the cluster's metadata; with PLAIN they are here, as brokers read it when they start. `None`: clients show no
/// password.
pub(crate) fn of_brokers<'a>(
    listeners: impl Iterator<Item = &'a str>,
    clients: Clients,
    users: &BTreeMap<&str, String>,
) -> Option<String> {
    let mut module = String::new();
    match clients {
        Clients::Tls | Clients::Mtls => return None,
        Clients::Scram => {
            let _ = writeln!(module, "    {SCRAM} required;");
        }
        Clients::Plain => {
            let _ = write!(module, "    {PLAIN} required");
            for (user, password) in users {
                let _ = write!(module, "\n    {}={}", quoted(&format!("user_{user}")), quoted(password));
            }
            module += ";\n";
        }
    }
    Some(listeners.map(|name| format!("{name}.KafkaServer {{\n{module}}};\n")).collect())
}

/// The value of a client's `sasl.jaas.config`; `None`: clients show no password.
pub(crate) fn of_client(clients: Clients, user: &str, password: &str) -> Option<String> {
    let module = match clients {
        Clients::Tls | Clients::Mtls => return None,
        Clients::Scram => SCRAM,
        Clients::Plain => PLAIN,
    };
    Some(format!("{module} required username={} password={};", quoted(user), quoted(password)))
}

/// As `java.io.StreamTokenizer` reads it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brokers_know_the_passwords_of_plain_and_no_others() {
        let users = [("alice", r#"a "b\c;"#.to_owned()), ("cluster", "x".to_owned())].into();
        let plain = of_brokers(["client"].into_iter(), Clients::Plain, &users).unwrap();
        assert_eq!(
            plain,
            "client.KafkaServer {\n    org.apache.kafka.common.security.plain.PlainLoginModule required\n    \
             \"user_alice\"=\"a \\\"b\\\\c;\"\n    \"user_cluster\"=\"x\";\n};\n"
        );
        assert!(!of_brokers(["client"].into_iter(), Clients::Scram, &users).unwrap().contains("alice"));
        let two = of_brokers(["client", "docker"].into_iter(), Clients::Scram, &users).unwrap();
        assert!(two.contains("client.KafkaServer {") && two.contains("docker.KafkaServer {"), "{two}");
        assert_eq!(of_brokers(["client"].into_iter(), Clients::Mtls, &users), None);
    }

    #[test]
    fn a_client_shows_its_own() {
        let scram = of_client(Clients::Scram, "alice", r#"a"b"#).unwrap();
        assert!(scram.ends_with(r#"ScramLoginModule required username="alice" password="a\"b";"#), "{scram}");
        assert_eq!(of_client(Clients::Tls, "alice", "x"), None);
    }
}
