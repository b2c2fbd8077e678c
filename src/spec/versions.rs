//! The Kafka versions that a spec may name, and the Java that each runs on.

/// A supported Kafka version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KafkaVersion {
    /// Full version, e.g. `3.9.2`.
    pub version: &'static str,
    /// Scala version of the build that is fetched.
    pub scala: &'static str,
    /// Oldest and newest Java feature release that it is known to run on.
    pub java: (u32, u32),
}

/// What coordinates the brokers of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coordination {
    /// An ensemble of its own, up to Kafka 3.9.
    ZooKeeper,
    /// A quorum of controllers within Kafka (KIP-500).
    Kraft,
}

/// Oldest first.
pub const SUPPORTED: &[KafkaVersion] = &[
    // Java 9 and later need jaxb-api on the classpath (CoreUtils uses javax.xml.bind).
    KafkaVersion { version: "0.10.2.2", scala: "2.12", java: (8, 17) },
    // 1.1 calls no class that Java 9 dropped; its ZooKeeper is 3.4.
    KafkaVersion { version: "1.1.1", scala: "2.12", java: (8, 17) },
    KafkaVersion { version: "2.8.2", scala: "2.13", java: (8, 17) },
    KafkaVersion { version: "3.0.2", scala: "2.13", java: (8, 17) },
    KafkaVersion { version: "3.1.2", scala: "2.13", java: (8, 17) },
    KafkaVersion { version: "3.2.3", scala: "2.13", java: (8, 17) },
    KafkaVersion { version: "3.3.2", scala: "2.13", java: (8, 17) },
    KafkaVersion { version: "3.4.1", scala: "2.13", java: (8, 17) },
    KafkaVersion { version: "3.5.2", scala: "2.13", java: (8, 17) },
    KafkaVersion { version: "3.6.2", scala: "2.13", java: (8, 21) },
    KafkaVersion { version: "3.7.2", scala: "2.13", java: (8, 21) },
    KafkaVersion { version: "3.8.1", scala: "2.13", java: (8, 21) },
    KafkaVersion { version: "3.9.0", scala: "2.13", java: (8, 23) },
    // JDK 24 removed Subject.getSubject's security manager; 3.9.1 copes (KAFKA-17078).
    KafkaVersion { version: "3.9.1", scala: "2.13", java: (8, 25) },
    KafkaVersion { version: "3.9.2", scala: "2.13", java: (8, 25) },
    KafkaVersion { version: "4.0.2", scala: "2.13", java: (17, 25) },
    KafkaVersion { version: "4.1.2", scala: "2.13", java: (17, 25) },
    KafkaVersion { version: "4.2.1", scala: "2.13", java: (17, 25) },
    KafkaVersion { version: "4.3.1", scala: "2.13", java: (17, 25) },
    KafkaVersion { version: "4.4.0", scala: "2.13", java: (17, 25) },
];

/// What a spec gets that names no version: the newest with ZooKeeper.
pub(crate) const DEFAULT: &str = "3.9.2";

/// The newest version of all.
pub(crate) fn newest() -> &'static KafkaVersion {
    &SUPPORTED[SUPPORTED.len() - 1]
}

/// What coordinates the brokers of a spec that does not say it.
pub(crate) fn default_coordination(version: &str) -> Coordination {
    if supports(version, Coordination::ZooKeeper) { Coordination::ZooKeeper } else { Coordination::Kraft }
}

/// Whether `version` is `since` or newer, compared number by number: 0.10.2.2 is older than 0.11. A part
/// that is no number ends the comparison's numbers (`3.9.2-SNAPSHOT` counts as 3.9).
pub fn at_least(version: &str, since: &[u32]) -> bool {
    numbers(version).as_slice() >= since
}

/// A version as numbers, by which versions are ordered.
pub(crate) fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map_while(|part| part.parse().ok()).collect()
}

/// The newest supported version that `wanted` names: `3`, `3.9` and `3.9.2` all give 3.9.2.
pub(crate) fn resolve(wanted: &str) -> Option<&'static KafkaVersion> {
    SUPPORTED.iter().rev().find(|known| {
        known.version == wanted
            || known.version.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('.'))
    })
}

/// Whether brokers of this full version can be coordinated so. ZooKeeper left with 4.0 (KIP-833); KRaft before
/// 3.9 lacks what later versions need of it.
pub fn supports(version: &str, coordination: Coordination) -> bool {
    match coordination {
        Coordination::ZooKeeper => !at_least(version, &[4]),
        Coordination::Kraft => at_least(version, &[3, 9]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        let newer = ["3.7.0", "3.9.2", "3.10.0", "4.0.0"];
        assert!(newer.into_iter().all(|version| at_least(version, &[3, 7])));
        let older = ["0.10.2.2", "2.8.2", "3.6.2", "", "x"];
        assert!(older.into_iter().all(|version| !at_least(version, &[3, 7])));
    }

    #[test]
    fn a_prefix_names_the_newest_version_under_it() {
        for wanted in ["3", "3.9", "3.9.2"] {
            assert_eq!(resolve(wanted).unwrap().version, "3.9.2");
        }
        assert_eq!(resolve("0.10").unwrap().version, "0.10.2.2");
        assert_eq!(resolve("4").unwrap().version, newest().version);
        assert_eq!(resolve("4.1").unwrap().version, "4.1.2");
        assert_eq!(resolve("3.9.1").unwrap().version, "3.9.1");
    }

    #[test]
    fn other_versions_are_unknown() {
        for wanted in ["", "3.", "3.90", "40", "5", "0.1", "latest", "3.9.2.1"] {
            assert_eq!(resolve(wanted), None, "{wanted}");
        }
    }

    #[test]
    fn the_default_is_supported() {
        assert!(resolve(DEFAULT).is_some());
    }
}
