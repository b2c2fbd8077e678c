//! Things worth knowing about a plan that are no mistake.

use std::path::Path;

use crate::model::cause::Cause;
use crate::model::ids::Role;
use crate::plan::facts::Facts;
use crate::plan::memory::Need;
use crate::plan::model::NodePlan;
use crate::plan::unknown;
use crate::spec::min_isr::{Excess, SETTING, set_in};
use crate::spec::model::{Profile, Spec};
use crate::spec::versions::Coordination;

const MIB: u64 = 1024 * 1024;

/// What is worth knowing of a plan: of its spec, and of what it takes of the machine.
pub(super) fn warnings(spec: &Spec, facts: &Facts, nodes: &[NodePlan]) -> Vec<String> {
    let mut warnings = of_spec(spec, Some(&facts.kafka.version));
    let need = Need::of(nodes, spec.profile);
    if let Some(memory) = facts.memory.filter(|memory| need.at_most > memory.total / 5 * 4) {
        warnings.push(format!(
            "the nodes may take {} MiB of memory and {} has {} MiB: lower heap or the number of nodes",
            need.at_most / MIB,
            memory.whose(),
            memory.total / MIB
        ));
    }
    if facts.is_noexec && unpack_at_home(nodes) {
        warnings.push(format!("{}; {}", without_native_code(&facts.dir), Cause::Noexec.remedy()));
    }
    warnings
}

/// What brokers cannot do that unpack native code in this folder, which is mounted `noexec`.
pub(crate) fn without_native_code(folder: &Path) -> String {
    format!(
        "{} is mounted noexec: brokers cannot load native code there, and fail at messages in snappy or zstd",
        folder.display()
    )
}

/// Whether a broker unpacks native code in its own folder: of several flags for another the last holds.
pub(crate) fn unpack_at_home(nodes: &[NodePlan]) -> bool {
    let tmp = |node: &NodePlan| {
        let flag = node.argv.iter().rev().find_map(|flag| flag.strip_prefix("-Djava.io.tmpdir="));
        flag.is_some_and(|tmp| Path::new(tmp).starts_with(&node.dir))
    };
    nodes.iter().any(|node| node.role() == Role::Broker && tmp(node))
}

/// What is worth knowing of a spec. `version`: the full version of Kafka, if it is known before
/// anything is looked up.
pub(crate) fn of_spec(spec: &Spec, version: Option<&str>) -> Vec<String> {
    let mut warnings = Vec::new();
    let (voters, what) = match spec.coordination() {
        Coordination::ZooKeeper => (spec.zookeeper.count, "an ensemble of {} ZooKeeper servers"),
        Coordination::Kraft => (spec.controllers.count, "a quorum of {} controllers"),
    };
    if voters >= 2 && voters.is_multiple_of(2) {
        let tolerated = (voters - 1) / 2;
        warnings.push(format!(
            "{} survives {tolerated} failure{}, no more than one of {}",
            what.replace("{}", &voters.to_string()),
            if tolerated == 1 { "" } else { "s" },
            voters - 1
        ));
    }
    if let Some(version) = version {
        warnings.extend(unknown::settings(spec, version));
        warnings.extend(min_isr(spec, version));
    }
    if spec.brokers.count > 1 {
        for (name, _) in spec.topics.iter().filter(|(_, topic)| topic.replication_factor == 1) {
            warnings.push(format!(
                "topic {name} has replication factor 1: while a broker is down, its partitions there are offline"
            ));
        }
    }
    warnings
}

/// `min.insync.replicas`, of brokers or of a topic, that is more than there can be in sync.
fn min_isr(spec: &Spec, version: &str) -> Vec<String> {
    let nodes = spec.brokers.nodes.values().map(|own| &own.config);
    let of_brokers = std::iter::once(&spec.brokers.settings.config).chain(nodes).filter_map(set_in).max();
    // The other profiles give a topic with fewer replicas a setting of its own.
    let inherited = of_brokers.filter(|_| spec.profile == Profile::Stock);
    let consequence = match Excess::of(version) {
        Excess::Capped => "asks for all replicas of a topic instead",
        Excess::Refused => "refuses every acks=all produce",
    };
    let count = |count: u16, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let too_many = of_brokers.filter(|asked| *asked > spec.brokers.count).map(|asked| {
        let brokers = count(spec.brokers.count, "broker");
        format!("{SETTING} of the brokers is {asked}, with {brokers}: Kafka {version} {consequence}")
    });
    let topics = spec.topics.iter().filter_map(|(name, topic)| {
        let factor = topic.replication_factor;
        let asked = set_in(&topic.config).or(inherited).filter(|asked| *asked > factor)?;
        let replicas = count(factor, "replica");
        Some(format!("{SETTING} of topic {name} is {asked}, with {replicas}: Kafka {version} {consequence}"))
    });
    too_many.into_iter().chain(topics).collect()
}

#[cfg(test)]
mod tests {
    use crate::model::ids::NodeName;
    use crate::plan::Facts;
    use crate::plan::fixture::{facts, spec, topic};
    use crate::plan::model::Plan;
    use crate::plan::plan;
    use crate::spec::model::{Profile, Spec};

    fn planned(spec: &Spec) -> Plan {
        plan(spec, &facts(spec)).unwrap()
    }

    #[test]
    fn a_min_isr_above_the_factor_is_warned_of_with_what_that_kafka_makes_of_it() {
        let mut spec = spec(1, 3);
        let mut own = topic(1, 2);
        own.config.insert("min.insync.replicas".into(), "3".into());
        spec.topics.insert("own".into(), own);
        assert_eq!(
            planned(&spec).warnings,
            [
                "min.insync.replicas of topic own is 3, with 2 replicas: Kafka 3.9.2 asks for all replicas of a topic instead"
            ]
        );
        // With `kafka.home`, the spec does not know the version, and the plan does.
        spec.kafka.version = Some("0.10.2.2".into());
        spec.topics["own"].config.clear();
        assert_eq!(planned(&spec).warnings, Vec::<String>::new());
        spec.profile = Profile::Stock;
        spec.brokers.settings.config.insert("min.insync.replicas".into(), "3".into());
        assert_eq!(
            planned(&spec).warnings,
            [
                "min.insync.replicas of topic own is 3, with 2 replicas: Kafka 0.10.2.2 refuses every acks=all produce"
            ]
        );
    }

    #[test]
    fn brokers_that_ask_for_more_replicas_than_there_are_brokers_are_warned_of() {
        let mut spec = spec(1, 2);
        spec.brokers.settings.config.insert("min.insync.replicas".into(), "3".into());
        assert_eq!(
            planned(&spec).warnings,
            [
                "min.insync.replicas of the brokers is 3, with 2 brokers: Kafka 3.9.2 asks for all replicas of a topic instead"
            ]
        );
        spec.brokers.count = 3;
        assert_eq!(planned(&spec).warnings, Vec::<String>::new());
    }

    #[test]
    fn a_folder_that_is_mounted_noexec_is_warned_of_unless_native_code_goes_elsewhere() {
        let mut spec = spec(1, 2);
        let warnings = |spec: &Spec| {
            let facts = Facts { is_noexec: true, ..facts(spec) };
            plan(spec, &facts).unwrap().warnings
        };
        let [warning] = &warnings(&spec)[..] else { panic!("one warning") };
        assert!(
            warning.starts_with("/state/velib is mounted noexec: brokers cannot load native code"),
            "{warning}"
        );
        assert!(warning.contains("`-Djava.io.tmpdir=FOLDER` in `jvm_flags`"), "{warning}");
        spec.brokers.settings.jvm_flags = vec!["-Djava.io.tmpdir=/var/tmp".into()];
        assert_eq!(warnings(&spec), Vec::<String>::new());
    }

    #[test]
    fn a_setting_that_kafka_does_not_know_is_planned_and_warned_of() {
        let mut spec = spec(1, 1);
        spec.brokers.settings.config.insert("num.partition".into(), "5".into());
        let plan = planned(&spec);
        let settings = &plan.node(NodeName::broker(0)).unwrap().settings;
        assert!(settings.iter().any(|setting| setting.key == "num.partition" && setting.value == "5"));
        assert!(plan.warnings[0].contains("did you mean `num.partitions`?"), "{:?}", plan.warnings);
    }
}
