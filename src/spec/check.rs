//! The tree to a `Spec`: the top level. Every check goes on after a mistake, so that all are found.

use std::path::Path;

use super::coordination::Coordinators;
use super::fields::{self, Fields};
use super::mistake::Mistakes;
use super::model::{Profile, RestartPolicy, Spec};
use super::suggest::quote;
use super::tree::{Node, Value};
use super::{coordination, group, kafka, listeners, min_isr, name, ports, security, topics, values};
use crate::model::ids::Role;

pub(super) const KEYS: &[&str] = &[
    "name",
    "kafka",
    "java",
    "profile",
    "restart",
    "port_base",
    "security",
    "listeners",
    "templates",
    "zookeeper",
    "controllers",
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
    let kafka = kafka::check(top.get("kafka"), coordination::default_version(&top), folder, mistakes);
    let coordinators = coordination::check(&top, &kafka, mistakes);
    let brokers = group::check(top.get("brokers"), Role::Broker, kafka.version.as_deref(), mistakes);
    coordination::check_versions(&coordinators, &brokers, mistakes);
    coordination::check_ids(&coordinators, &brokers, top.get("controllers").or(top.get("brokers")), mistakes);
    let Coordinators { zookeeper, controllers } = coordinators;
    ports::clashes(
        zookeeper.ports.iter().chain(&controllers.ports).chain(&brokers.ports),
        port_base,
        mistakes,
    );
    let security = top.get("security").and_then(|entry| security::check(entry, mistakes));
    if let Some(security) = &security {
        for role in ["brokers", "controllers"] {
            top.get(role)
                .into_iter()
                .for_each(|entry| security::refuse_authorizer(entry.node, security, mistakes));
        }
    }
    let listeners = top.get("listeners").map(|entry| listeners::check(entry, security.as_ref(), mistakes));
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

    let spec = Spec {
        name: name.unwrap_or_default(),
        kafka,
        java: top.get("java").and_then(|entry| values::path(entry, folder, mistakes)),
        profile,
        restart: top
            .get("restart")
            .and_then(|entry| values::choice(entry, POLICIES, POLICY_SYNONYMS, mistakes))
            .unwrap_or_default(),
        port_base,
        listeners: listeners.unwrap_or_default(),
        security,
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
        combined: controllers.combined,
        controllers: controllers.group,
        brokers: brokers.group,
        topics: topics.unwrap_or_default(),
    };
    // With a home whose version nobody has looked at, it is settled later.
    if let (Some(entry), true) = (top.get("security"), spec.zookeeper.count > 0)
        && let Some((message, help)) = security::without_kraft(&spec)
    {
        mistakes.add(entry.at, message, help);
    }
    spec
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
    Fields::new(pairs, KEYS, belongs_elsewhere, mistakes)
}

fn belongs_elsewhere(key: &str) -> Option<String> {
    let place = match key {
        "version" | "kafka_version" => {
            "`kafka: { version: … }`, or, of some nodes, in `brokers`, `zookeeper` or `controllers`"
        }
        "home" | "kafka_home" => "`kafka: { home: … }`",
        "java_home" => "`java: …`",
        "heap" | "config" | "jvm_flags" | "env" => "`brokers`, `zookeeper` or `controllers`",
        "nodes" | "port" => "`nodes` of `brokers`, `zookeeper` or `controllers`",
        "combined" => "`controllers`",
        "clients" | "users" => "`security`",
        "bind" | "advertise" => "`listeners: { docker: { bind: …, advertise: … } }`",
        "partitions" | "replication_factor" => "a topic, under `topics`",
        _ => return None,
    };
    Some(format!("this belongs in {place}"))
}
