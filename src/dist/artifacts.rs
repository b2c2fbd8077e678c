//! What a Kafka version is made of when Maven fetches it.

use std::fmt::Write;

/// The jar that Kafka 0.10 needs on Java 9 and later.
pub(super) const JAXB: &str = "jaxb-api-2.3.1.jar";

/// Maven coordinates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Artifact {
    group: &'static str,
    name: String,
    version: String,
    /// Whether what it depends on is wanted too.
    transitive: bool,
}

impl Artifact {
    fn new(group: &'static str, name: impl Into<String>, version: impl Into<String>) -> Self {
        Artifact { group, name: name.into(), version: version.into(), transitive: true }
    }
}

/// The broker with everything that it needs to run and to log. `None`: no recipe for this version.
pub(super) fn of_kafka(version: &str, scala: &str) -> Option<Vec<Artifact>> {
    let numbers: Vec<u32> = version.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let mut artifacts = vec![Artifact::new("org.apache.kafka", format!("kafka_{scala}"), version)];
    match *numbers.as_slice() {
        [0, 10, _, _] => artifacts.push(jaxb()),
        // The broker's pom leaves the log backend out from 1.1 on, and without one it logs nothing.
        // ZooKeeper 3.4 dies without the JMX beans of log4j, which reload4j has not.
        [1, 1, _] => artifacts.extend([
            Artifact::new("log4j", "log4j", "1.2.17"),
            Artifact::new("org.slf4j", "slf4j-log4j12", "1.7.25"),
        ]),
        [2..=3, _, _] => artifacts.extend([
            Artifact::new("ch.qos.reload4j", "reload4j", "1.2.25"),
            Artifact::new("org.slf4j", "slf4j-reload4j", "1.7.36"),
        ]),
        // The version that Kafka 4.0 to 4.4 come with.
        [4, 0..=4, _] => {
            artifacts.push(Artifact::new("org.apache.logging.log4j", "log4j-slf4j-impl", "2.24.3"));
        }
        _ => return None,
    }
    // The command line tools were moved out of the broker's jar, the last of them with 3.7.
    // Those of 4.4.0 are not at Maven Central.
    if matches!(*numbers.as_slice(), [1..=3, _, _] | [4, 0..=3, _]) {
        // Alone: the rest of what it names is Connect's web server.
        artifacts.push(Artifact {
            transitive: false,
            ..Artifact::new("org.apache.kafka", "kafka-tools", version)
        });
    }
    Some(artifacts)
}

/// Java 9 dropped `javax.xml.bind`, which `CoreUtils.generateUuidAsBase64` of Kafka 0.10 calls.
pub(super) fn needs_jaxb(version: &str) -> bool {
    version.starts_with("0.10.")
}

pub(super) fn jaxb() -> Artifact {
    Artifact { transitive: false, ..Artifact::new("javax.xml.bind", "jaxb-api", "2.3.1") }
}

/// A pom that depends on exactly these.
pub(super) fn pom(artifacts: &[Artifact]) -> String {
    let mut dependencies = String::new();
    for Artifact { group, name, version, transitive } in artifacts {
        let alone =
            "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>";
        let exclusions = if *transitive { "" } else { alone };
        // Writing to a String cannot fail.
        let _ = writeln!(
            dependencies,
            "    <dependency><groupId>{group}</groupId><artifactId>{name}</artifactId>\
             <version>{version}</version>{exclusions}</dependency>"
        );
    }
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n  \
           <modelVersion>4.0.0</modelVersion>\n  \
           <groupId>cluster</groupId>\n  <artifactId>distribution</artifactId>\n  <version>1</version>\n  \
           <packaging>pom</packaging>\n  \
           <dependencies>\n{dependencies}  </dependencies>\n</project>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::versions::SUPPORTED;

    #[test]
    fn every_supported_version_has_a_recipe() {
        for known in SUPPORTED {
            assert!(of_kafka(known.version, known.scala).is_some(), "{}", known.version);
        }
    }

    #[test]
    fn what_is_no_known_version_has_no_recipe() {
        for version in ["", "4.9.0", "5.0.0", "3.9", "0.11.0.0", "3.9.2</version>", "3.9.2-rc1", "../3"] {
            assert_eq!(of_kafka(version, "2.13"), None, "{version}");
        }
    }

    #[test]
    fn a_broker_without_log_backend_gets_one_and_the_old_one_gets_jaxb() {
        let pom_of = |version| pom(&of_kafka(version, "2.12").unwrap());
        assert!(pom_of("3.9.2").contains("<artifactId>slf4j-reload4j</artifactId><version>1.7.36</version>"));
        assert!(!pom_of("3.9.2").contains("jaxb"));
        assert!(pom_of("3.9.2").contains("<artifactId>kafka-tools</artifactId>"));
        assert!(!pom_of("4.4.0").contains("kafka-tools"));
        assert!(pom_of("0.10.2.2").contains("<version>2.3.1</version><exclusions>"));
        assert!(!pom_of("0.10.2.2").contains("reload4j"));
    }
}
