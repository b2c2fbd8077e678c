//! Settings of the spec's `config` that this Kafka does not know: a slip, or a plugin's own.
//!
//! Only the brokers': what ZooKeeper does not know becomes a Java property
//! (`QuorumPeerConfig.parseProperties`), of which there is no list.

use std::collections::BTreeMap;

use crate::model::ids::Role;
use crate::spec::defaults::{self, Table};
use crate::spec::model::Spec;
use crate::spec::suggest::nearest;
use crate::spec::{owned, versions};

/// What no `ConfigDef` of a broker has, but Kafka or a plugin that comes with it reads: whole, or the
/// beginning of several.
const READ_BY_KAFKA: &[&str] = &[
    // Any setting, for one listener (`ListenerName.configPrefix`, KIP-103).
    "listener.name.",
    // AclAuthorizer and StandardAuthorizer; SimpleAclAuthorizer in 0.10.
    "super.users",
    "allow.everyone.if.no.acl.found",
    "authorizer.zookeeper.",
    // KafkaMetricsConfig and KafkaCSVMetricsReporter.
    "kafka.metrics.",
    "kafka.csv.metrics.",
    // JmxReporter (KIP-606).
    "metrics.jmx.",
    // Plugins of tiered storage (KIP-405).
    "rsm.config.",
    "rlmm.config.",
];

/// A line for each, with what was probably meant. Kafka itself says nothing that is seen: it takes
/// the setting for a plugin's.
pub(crate) fn settings(spec: &Spec, version: &str) -> Vec<String> {
    let of_all = spec.brokers.settings.version.as_deref().unwrap_or(version);
    let of_nodes = spec
        .brokers
        .nodes
        .iter()
        .map(|(node, own)| (node.to_string(), &own.config, spec.version_of(*node).unwrap_or(version)));
    std::iter::once(("brokers".to_owned(), &spec.brokers.settings.config, of_all))
        .chain(of_nodes)
        .filter_map(|(whose, config, version)| Some((whose, config, defaults::of(version)?, version)))
        .flat_map(|(whose, config, known, version)| of_config(&whose, config, &known.brokers, version))
        .collect()
}

fn of_config(whose: &str, config: &BTreeMap<String, String>, known: &Table, version: &str) -> Vec<String> {
    config
        .keys()
        .filter(|key| !known.contains_key(key.as_str()) && !is_read(key))
        .map(|key| {
            let hint = hint(key, version);
            format!("`{key}` in the `config` of {whose} is no setting of Kafka {version}, which ignores it unless a plugin reads it{hint}")
        })
        .collect()
}

/// Kafka or a plugin that comes with it reads this, though no `ConfigDef` has it.
pub(crate) fn is_read(key: &str) -> bool {
    READ_BY_KAFKA.iter().any(|read| key.starts_with(read))
}

/// `; did you mean ...?`, or which version has it; empty when nobody knows.
pub(crate) fn hint(key: &str, version: &str) -> String {
    let has_it = |version: &str| defaults::of(version).is_some_and(|other| other.brokers.contains_key(key));
    if let Some(other) = versions::SUPPORTED.iter().rev().find(|other| has_it(other.version)) {
        return format!("; Kafka {} has it", other.version);
    }
    let Some(known) = defaults::of(version).map(|known| &known.brokers) else { return String::new() };
    let free = known.keys().copied().filter(|key| owned::instead(Role::Broker, key).is_none());
    nearest(key, free).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::NodeName;
    use crate::plan::fixture::spec;
    use crate::spec::model::NodeSettings;

    fn with(keys: &[&str]) -> Spec {
        let mut spec = spec(1, 3);
        spec.brokers.settings.config = keys.iter().map(|key| ((*key).to_owned(), "1".to_owned())).collect();
        spec
    }

    #[test]
    fn a_slip_is_told_with_its_place_and_what_was_meant() {
        let mut spec = with(&["log.retention.hour"]);
        let own =
            NodeSettings { config: with(&["num.oi.threads"]).brokers.settings.config, ..Default::default() };
        spec.brokers.nodes.insert(NodeName::broker(2), own);
        assert_eq!(
            settings(&spec, "3.9.2"),
            [
                "`log.retention.hour` in the `config` of brokers is no setting of Kafka 3.9.2, which ignores it unless a plugin reads it; did you mean `log.retention.hours`?",
                "`num.oi.threads` in the `config` of broker-2 is no setting of Kafka 3.9.2, which ignores it unless a plugin reads it; did you mean `num.io.threads`?",
            ]
        );
    }

    #[test]
    fn a_setting_of_a_topic_among_the_brokers_finds_the_brokers_name_for_it() {
        let said = settings(&with(&["retention.ms"]), "3.9.2").join("\n");
        assert!(said.ends_with("did you mean `log.retention.ms`?"), "{said}");
    }

    #[test]
    fn a_setting_of_another_version_is_told_as_one() {
        let said = settings(&with(&["group.initial.rebalance.delay.ms"]), "0.10.2.2").join("\n");
        assert!(said.ends_with("plugin reads it; Kafka 4.4.0 has it"), "{said}");
    }

    #[test]
    fn a_plugins_own_setting_is_told_without_a_guess() {
        let said = settings(&with(&["my.reporter.url"]), "3.9.2");
        assert_eq!(said.len(), 1);
        assert!(said[0].ends_with("unless a plugin reads it"), "{said:?}");
    }

    #[test]
    fn what_kafka_reads_is_not_told() {
        let fine = [
            "num.partitions",
            "listener.name.internal.ssl.keystore.location",
            "super.users",
            "rsm.config.dir",
            "metrics.jmx.include",
        ];
        assert_eq!(settings(&with(&fine), "3.9.2"), Vec::<String>::new());
        assert_eq!(settings(&with(&["host.name.x"]), "3.10.0"), Vec::<String>::new(), "no table, no word");
    }
}
