//! `zookeeper`, `controllers` and `brokers`: how many, and what holds for all or for one.

use std::collections::{BTreeMap, BTreeSet};

use super::definition::Definition;
use super::fields::{self, Entry, Fields};
use super::kafka::NamedVersion;
use super::min_isr::{self, Asked};
use super::mistake::Mistakes;
use super::model::{NodeGroup, NodeSettings};
use super::ports::{self, FixedPort};
use super::suggest::{nearest, quote};
use super::tree::Value;
use super::{defaults, kafka, owned, settings, values};
use crate::model::ids::{NodeName, Role};

/// How many nodes a role has when nothing else is said.
pub(super) const DEFAULT_COUNT: u16 = 3;

pub(super) struct Checked {
    pub group: NodeGroup,
    /// `None` when the count is a mistake: nothing that depends on it is then said.
    pub known_count: Option<u16>,
    /// Of controllers: the first brokers are they.
    pub combined: bool,
    pub ports: Vec<FixedPort>,
    /// Of the role and of its nodes.
    pub min_isr: Vec<Asked>,
    /// Versions that the role or its nodes name.
    pub versions: Vec<NamedVersion>,
}

impl Checked {
    fn of(count: u16) -> Self {
        Checked {
            group: NodeGroup { count, ..NodeGroup::default() },
            known_count: Some(count),
            combined: false,
            ports: Vec::new(),
            min_isr: Vec::new(),
            versions: Vec::new(),
        }
    }

    /// Of a role that the cluster does not have.
    pub(super) fn none() -> Self {
        Checked::of(0)
    }
}

/// More voters only make writes slower; more brokers do not fit on a machine.
fn max_count(role: Role) -> u16 {
    match role {
        Role::ZooKeeper | Role::Controller => 7,
        Role::Broker => 100,
    }
}

/// What is said of a role.
pub(super) fn keys(role: Role) -> &'static [&'static str] {
    match role {
        Role::ZooKeeper => &["count", "version", "heap", "config", "jvm_flags", "env", "nodes"],
        Role::Controller => &["count", "combined", "version", "heap", "config", "jvm_flags", "env", "nodes"],
        Role::Broker => &["count", "ids", "version", "heap", "config", "jvm_flags", "env", "nodes"],
    }
}

/// What is said of a single node.
pub(super) const NODE_KEYS: &[&str] = &["version", "heap", "config", "jvm_flags", "env", "port"];

/// The largest id that a broker can have in a spec.
pub(super) const MAX_ID: u32 = 9999;

/// `version` is the cluster's, if the spec says it.
pub(super) fn check(
    entry: Option<Entry>,
    role: Role,
    version: Option<&str>,
    mistakes: &mut Mistakes,
) -> Checked {
    let mut checked = Checked::of(DEFAULT_COUNT);
    let Some(entry) = entry else { return checked };
    let mut count_is = |entry: Entry, mistakes: &mut Mistakes| {
        checked.known_count = count(entry, role, mistakes);
        checked.group.count = checked.known_count.unwrap_or(DEFAULT_COUNT);
    };
    // `brokers: 3` is short for `brokers: { count: 3 }`.
    if let Value::Scalar(_) = &entry.node.value {
        count_is(entry, mistakes);
        return checked;
    }
    let example = format!("{}: {{ count: 3 }}", entry.key);
    let entries = fields::entries(entry, &example, mistakes);
    let elsewhere = |key: &str| match key {
        "port" => {
            Some(format!("a port is one node's own: `nodes: {{ {}: {{ port: 19092 }} }}`", role.first(1)[0]))
        }
        _ => None,
    };
    let fields = Fields::new(entries, keys(role), elsewhere, mistakes);
    let given = fields.get("count");
    if let Some(entry) = given {
        count_is(entry, mistakes);
    }
    if let Some(entry) = fields.get("ids") {
        let ids = ids(entry, mistakes);
        agree(entry, &ids, given.and(checked.known_count), mistakes);
        checked.known_count = (!ids.is_empty()).then_some(ids.len() as u16);
        checked.group.count = checked.known_count.unwrap_or(DEFAULT_COUNT);
        checked.group.ids = Some(ids).filter(|ids| !ids.is_empty());
    }
    if let Some(entry) = fields.get("combined") {
        checked.combined = values::boolean(entry, mistakes).unwrap_or_default();
        refuse_own(&fields, checked.combined, mistakes);
    }
    checked.group.settings = node_settings(&fields, role, version, &mut checked, mistakes);
    if let Some(entry) = fields.get("nodes") {
        nodes(entry, role, version, &mut checked, mistakes);
    }
    checked
}

/// Combined controllers are brokers, and have nothing of their own.
fn refuse_own(fields: &Fields, combined: bool, mistakes: &mut Mistakes) {
    for key in ["version", "heap", "config", "jvm_flags", "env", "nodes"] {
        if let Some(entry) = fields.get(key).filter(|_| combined) {
            mistakes.add(
                entry.at,
                format!("combined controllers are brokers, and have no `{key}` of their own"),
                "put it under `brokers`, or remove `combined`",
            );
        }
    }
}

fn count(entry: Entry, role: Role, mistakes: &mut Mistakes) -> Option<u16> {
    let most = max_count(role);
    let count = values::number(entry, (0, u32::MAX), &format!("{}: 3", entry.key), mistakes)?;
    match u16::try_from(count) {
        Ok(count @ 1..) if count <= most => Some(count),
        _ => {
            let what = match role {
                Role::ZooKeeper => "ZooKeeper servers",
                Role::Controller => "controllers",
                Role::Broker => "brokers",
            };
            let message = match count {
                0 => format!("a cluster needs at least one of its {what}"),
                _ => format!("{count} {what} are too many"),
            };
            mistakes.add(entry.place(), message, format!("from 1 to {most}"));
            None
        }
    }
}

/// The ids of `ids: [0, 2, 3]`, in ascending order; none when one of them is a mistake.
fn ids(entry: Entry, mistakes: &mut Mistakes) -> Vec<i32> {
    const EXAMPLE: &str = "ids: [0, 2, 3]";
    let Value::List(items) = &entry.node.value else {
        mistakes.add(
            entry.place(),
            format!("`ids` must be a list, not {}", entry.node.kind()),
            format!("for example `{EXAMPLE}`; `count: 3` alone leaves the ids to the cluster"),
        );
        return Vec::new();
    };
    let mut ids = BTreeSet::new();
    let before = mistakes.drafts.len();
    for node in items {
        let at = if node.span.is_empty() { entry.at } else { &node.span };
        let item = Entry { key: "ids", at, node };
        let Some(id) = values::number(item, (0, MAX_ID), EXAMPLE, mistakes) else { continue };
        if !ids.insert(id as i32) {
            mistakes.add(
                item.place(),
                format!("broker {id} is there twice"),
                "each broker has an id of its own",
            );
        }
    }
    let most = usize::from(max_count(Role::Broker));
    if items.is_empty() || items.len() > most {
        let message = match items.len() {
            0 => "a cluster needs at least one of its brokers".to_owned(),
            many => format!("{many} brokers are too many"),
        };
        mistakes.add(entry.place(), message, format!("from 1 to {most}"));
    }
    if mistakes.drafts.len() == before { ids.into_iter().collect() } else { Vec::new() }
}

/// `count` beside `ids` says the same.
fn agree(entry: Entry, ids: &[i32], count: Option<u16>, mistakes: &mut Mistakes) {
    if let Some(count) = count.filter(|count| !ids.is_empty() && usize::from(*count) != ids.len()) {
        mistakes.add(
            entry.at,
            format!("`ids` names {} brokers, and `count` is {count}", ids.len()),
            "remove `count`, or make it the number of ids",
        );
    }
}

fn nodes(entry: Entry, role: Role, version: Option<&str>, checked: &mut Checked, mistakes: &mut Mistakes) {
    let of_role = checked.group.settings.version.clone();
    let version = of_role.as_deref().or(version);
    let known = match &checked.group.ids {
        Some(ids) => ids.iter().copied().map(NodeName::broker).collect(),
        None => role.first(checked.known_count.unwrap_or(max_count(role))),
    };
    let example = format!("nodes: {{ {}: {{ heap: 512m }} }}", known[0]);
    for node in fields::entries(entry, &example, mistakes) {
        let name = node.key.parse::<NodeName>().ok().filter(|name| known.contains(name));
        let entries = fields::entries(node, &format!("{}: {{ heap: 512m }}", node.key), mistakes);
        let elsewhere = |key: &str| {
            matches!(key, "nodes" | "count" | "ids").then(|| "this belongs one level up".to_owned())
        };
        let fields = Fields::new(entries, NODE_KEYS, elsewhere, mistakes);
        let mut settings = node_settings(&fields, role, version, checked, mistakes);
        let port = fields.get("port").and_then(|entry| Some((entry, ports::port(entry, mistakes)?)));
        let Some(name) = name else {
            mistakes.add(
                node.at,
                format!("there is no node {}", quote(node.key)),
                which_nodes(node.key, role, &known),
            );
            continue;
        };
        if let Some((entry, port)) = port {
            settings.port = Some(port);
            checked.ports.push(FixedPort { node: name, port, span: entry.place().clone() });
        }
        checked.group.nodes.insert(name, settings);
    }
}

fn which_nodes(wrong: &str, role: Role, known: &[NodeName]) -> String {
    let names: Vec<String> = known.iter().map(NodeName::to_string).collect();
    let all = match &names[..] {
        [first, .., last] if names.len() > 7 => format!("{first} to {last}"),
        _ => names.join(", "),
    };
    // A bare number is meant as the id.
    let by_id = names.iter().find(|name| **name == format!("{role}-{wrong}"));
    let near = by_id.map(String::as_str).or_else(|| match wrong.parse::<NodeName>() {
        Ok(_) => None,
        Err(_) => nearest(wrong, names.iter().map(String::as_str)),
    });
    match near {
        Some(near) => format!("did you mean `{near}`? the nodes here are: {all}"),
        None => format!("the nodes here are: {all}"),
    }
}

/// What a role and a single node have in common. `inherited` is the version of those that name none.
fn node_settings(
    fields: &Fields,
    role: Role,
    inherited: Option<&str>,
    checked: &mut Checked,
    mistakes: &mut Mistakes,
) -> NodeSettings {
    let version = fields.get("version").and_then(|entry| kafka::named(entry, mistakes));
    checked.versions.extend(version.clone());
    let version = version.map(|named| named.version);
    let min_isr = &mut checked.min_isr;
    let mut config = |entry| config(entry, role, version.or(inherited), min_isr, mistakes);
    let config = fields.get("config").map(&mut config).unwrap_or_default();
    NodeSettings {
        version: version.map(str::to_owned),
        heap_mib: fields.get("heap").and_then(|entry| values::heap(entry, role, mistakes)),
        config,
        jvm_flags: fields
            .get("jvm_flags")
            .map(|entry| settings::jvm_flags(entry, mistakes))
            .unwrap_or_default(),
        env: fields.get("env").map(|entry| settings::env(entry, mistakes)).unwrap_or_default(),
        port: None,
    }
}

fn config(
    entry: Entry,
    role: Role,
    version: Option<&str>,
    min_isr: &mut Vec<Asked>,
    mistakes: &mut Mistakes,
) -> BTreeMap<String, String> {
    let example = match role {
        Role::ZooKeeper => "config: { tickTime: 2000 }",
        Role::Controller => "config: { controller.quorum.election.timeout.ms: 2000 }",
        Role::Broker => "config: { num.partitions: 3 }",
    };
    settings::config(entry, example, mistakes, |setting, mistakes| {
        min_isr.extend(min_isr::asked(setting));
        if let Some(instead) = owned::instead(role, setting.key) {
            mistakes.add(setting.at, format!("{} is set by the planner", quote(setting.key)), instead);
        } else if let Some(definition) = definition(role, setting.key, version) {
            settings::check_value(setting, &definition, mistakes);
        }
    })
}

/// What a setting of a node may be, where its file is known to define it.
fn definition(role: Role, key: &str, version: Option<&str>) -> Option<Definition> {
    match role {
        Role::ZooKeeper => ZOOKEEPER_INTS.contains(&key).then(Definition::int),
        Role::Controller | Role::Broker => defaults::of(version?)?.brokers.get(key).cloned(),
    }
}

/// What every ZooKeeper reads by `Integer.parseInt` (`QuorumPeerConfig.parseProperties`).
const ZOOKEEPER_INTS: &[&str] = &[
    "autopurge.purgeInterval",
    "autopurge.snapRetainCount",
    "initLimit",
    "maxClientCnxns",
    "maxSessionTimeout",
    "minSessionTimeout",
    "syncLimit",
    "tickTime",
];
