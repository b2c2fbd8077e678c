//! The tree to a `Spec`: the top level. Every check goes on after a mistake, so that all are found.

use std::path::Path;

use super::fields::{self, Entry, Fields};
use super::mistake::Mistakes;
use super::model::{KafkaSpec, Profile, RestartPolicy, Spec};
use super::suggest::quote;
use super::tree::{Node, Value};
use super::{group, min_isr, name, ports, topics, values, versions};
use crate::ids::Role;

const KEYS: &[&str] = &[
    "name",
    "kafka",
    "java",
    "profile",
    "restart",
    "port_base",
    "templates",
    "zookeeper",
    "brokers",
    "topics",
];

pub(super) const PROFILES: &[(&str, Profile)] =
    &[("fast", Profile::Fast), ("stock", Profile::Stock), ("durable", Profile::Durable)];

pub(super) const POLICIES: &[(&str, RestartPolicy)] = &[
    ("on-failure", RestartPolicy::OnFailure),
    ("never", RestartPolicy::Never),
    ("always", RestartPolicy::Always),
];

/// What YAML 1.1 takes for booleans.
const POLICY_SYNONYMS: &[(&str, &str)] = &[
    ("no", "never"),
    ("off", "never"),
    ("false", "never"),
    ("yes", "always"),
    ("on", "always"),
    ("true", "always"),
];

/// `file` names the spec and its folder; it is not read here. The values of a spec with mistakes are
/// stand-ins: the caller drops it.
pub(super) fn spec(root: &Node, file: &Path, mistakes: &mut Mistakes) -> Spec {
    let folder = file.parent().unwrap_or(Path::new(""));
    let top = top_level(root, mistakes);

    let name = match top.get("name") {
        Some(entry) => name::given(entry, mistakes),
        None => name::from_file(file, mistakes),
    };
    let port_base = top.get("port_base").and_then(|entry| ports::base(entry, mistakes));
    let zookeeper = group::check(top.get("zookeeper"), Role::ZooKeeper, mistakes);
    let brokers = group::check(top.get("brokers"), Role::Broker, mistakes);
    ports::clashes(zookeeper.ports.iter().chain(&brokers.ports), port_base, mistakes);
    let kafka = kafka(top.get("kafka"), folder, mistakes);
    let profile = top
        .get("profile")
        .and_then(|entry| {
            values::choice(entry, PROFILES, &[("default", "stock"), ("safe", "durable")], mistakes)
        })
        .unwrap_or_default();
    if let (Some(version), Some(_)) = (&kafka.version, brokers.known_count) {
        min_isr::check_brokers(&brokers.min_isr, &brokers.group, profile, version, mistakes);
    }
    let cluster = topics::Cluster {
        brokers: brokers.known_count,
        version: kafka.version.as_deref(),
        min_isr: inherited_min_isr(&brokers, profile),
    };
    let topics = top.get("topics").map(|entry| topics::check(entry, cluster, mistakes));

    Spec {
        name: name.unwrap_or_default(),
        kafka,
        java: top.get("java").and_then(|entry| values::path(entry, folder, mistakes)),
        profile,
        restart: top
            .get("restart")
            .and_then(|entry| values::choice(entry, POLICIES, POLICY_SYNONYMS, mistakes))
            .unwrap_or_default(),
        port_base,
        templates: top.get("templates").and_then(|entry| {
            let templates = values::path(entry, folder, mistakes)?;
            if !templates.is_dir() {
                let what = if templates.exists() { "is not a folder" } else { "does not exist" };
                mistakes.add(
                    entry.place(),
                    format!("the folder of templates {what}: {}", quote(&templates.to_string_lossy())),
                    "a relative path starts at the folder of the spec",
                );
            }
            Some(templates)
        }),
        zookeeper: zookeeper.group,
        brokers: brokers.group,
        topics: topics.unwrap_or_default(),
    }
}

/// The largest `min.insync.replicas` of brokers that a topic may fall short of. More than there are
/// brokers is a mistake of its own; and only `stock` leaves a topic with fewer replicas as it is.
fn inherited_min_isr(brokers: &group::Checked, profile: Profile) -> Option<u32> {
    let count = brokers.known_count.filter(|_| profile == Profile::Stock)?;
    let asked = brokers.min_isr.iter().map(|asked| asked.replicas);
    asked.filter(|replicas| *replicas <= u32::from(count)).max()
}

fn top_level<'a>(root: &'a Node, mistakes: &mut Mistakes) -> Fields<'a> {
    let pairs = match &root.value {
        Value::Map(pairs) => fields::pairs_once(pairs, mistakes),
        Value::Null => {
            mistakes.add(
                &(0..0),
                "the spec is empty",
                "write at least `brokers: 3`; `cluster up` without a file starts 3 ZooKeeper servers and 3 brokers",
            );
            Vec::new()
        }
        _ => {
            mistakes.add(
                &root.span,
                format!("a spec is a mapping, not {}", root.kind()),
                format!("its keys are: {}", KEYS.join(", ")),
            );
            Vec::new()
        }
    };
    let (kraft, pairs) = pairs.into_iter().partition::<Vec<_>, _>(|entry| entry.key == "controllers");
    for entry in kraft {
        mistakes.add(
            entry.at,
            "KRaft is not supported yet; use zookeeper",
            format!("write `zookeeper: 3`; Kafka versions that run with it: {}", supported()),
        );
    }
    Fields::new(pairs, KEYS, belongs_elsewhere, mistakes)
}

fn belongs_elsewhere(key: &str) -> Option<String> {
    let place = match key {
        "version" | "kafka_version" => "`kafka: { version: … }`",
        "home" | "kafka_home" => "`kafka: { home: … }`",
        "java_home" => "`java: …`",
        "heap" | "config" | "jvm_flags" | "env" => "`brokers` or `zookeeper`",
        "nodes" | "port" => "`nodes` of `brokers` or `zookeeper`",
        "partitions" | "replication_factor" => "a topic, under `topics`",
        _ => return None,
    };
    Some(format!("this belongs in {place}"))
}

fn kafka(entry: Option<Entry>, folder: &Path, mistakes: &mut Mistakes) -> KafkaSpec {
    let default = KafkaSpec { version: Some(versions::DEFAULT.to_owned()), home: None };
    let Some(entry) = entry else { return default };
    let entries = fields::entries(entry, "kafka: { version: 3.9 }", mistakes);
    let fields = Fields::new(entries, &["version", "home"], |_| None, mistakes);
    let home = fields.get("home").and_then(|entry| values::path(entry, folder, mistakes));
    let version = fields.get("version").and_then(|entry| version(entry, mistakes));
    match (version, home) {
        (None, None) => default,
        (version, home) => KafkaSpec { version: version.map(str::to_owned), home },
    }
}

/// The full version that is meant. The text is looked up, not a number: `3.10` is not 3.1.
fn version(entry: Entry, mistakes: &mut Mistakes) -> Option<&'static str> {
    let written = values::text(entry, "version: 3.9", mistakes)?;
    if let Some(known) = versions::resolve(written) {
        return Some(known.version);
    }
    let all = supported();
    let help = if major(written).is_some_and(|major| major >= 4) {
        format!("Kafka 4 and later run without ZooKeeper, which is not supported yet; supported: {all}")
    } else {
        match nearest_version(written) {
            Some(near) => format!("did you mean `{near}`? supported: {all}"),
            None => format!("supported: {all}"),
        }
    };
    mistakes.add(entry.place(), format!("Kafka {} is not a supported version", quote(written)), help);
    None
}

fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

/// The supported version that shares the most leading numbers, the newest of several.
fn nearest_version(wanted: &str) -> Option<&'static str> {
    let wanted = wanted.trim().trim_start_matches(['v', 'V']);
    let shared = |known: &str| known.split('.').zip(wanted.split('.')).take_while(|(a, b)| a == b).count();
    let near = versions::SUPPORTED.iter().max_by_key(|known| shared(known.version))?;
    (shared(near.version) > 0).then_some(near.version)
}

fn supported() -> String {
    versions::SUPPORTED.iter().map(|known| known.version).collect::<Vec<_>>().join(", ")
}
