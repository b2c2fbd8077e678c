//! The plan as text for people: what `cluster plan` prints.

use std::fmt::Write;

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use crate::model::ids::Role;
use crate::plan::connection::through;
use crate::plan::layout;
use crate::plan::memory::Need;
use crate::plan::model::{Distribution, NodePlan, Origin, Plan, Setting};
use crate::spec::model::{Clients, ListenerSpec, Security, User};

/// Everything of the plan but the files' texts: nodes, Kafka and Java, topics, and every setting
/// with its origin and reason. Of a plan with Kafka's defaults, those that all brokers have are
/// counted, and listed if `all`.
pub(crate) fn describe(plan: &Plan, all: bool) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "cluster {}, profile {}", plan.name, word(&plan.profile));
    out.push('\n');
    section(&mut out, facts(plan));
    out.push_str("\nnodes, in the order of starting\n");
    section(&mut out, nodes(plan));
    if !plan.topics.is_empty() {
        out.push_str("\ntopics\n");
        section(&mut out, topics(plan));
    }
    for role in [Role::ZooKeeper, Role::Controller, Role::Broker] {
        let nodes: Vec<&NodePlan> = plan.of_role(role).collect();
        settings(&mut out, role, &nodes, all);
    }
    for warning in &plan.warnings {
        let _ = write!(out, "\nwarning: {warning}\n");
    }
    out
}

/// The name of a value as specs write it (`fast`, `on-failure`).
pub(crate) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => format!("{other:?}"),
    }
}

/// Who can connect to a listener, and what they have to show.
fn who_reaches(listener: &ListenerSpec, security: Option<&Security>) -> String {
    let who = match listener.bind {
        bind if bind.is_loopback() => format!("whoever is on this machine can connect (bound to {bind})"),
        bind if bind.is_unspecified() => {
            format!("whoever reaches this machine, from any network, can connect (bound to {bind})")
        }
        bind => format!("whoever reaches {bind} can connect"),
    };
    let shows = match security.map(|security| security.clients) {
        None | Some(Clients::Tls) => "and may read, write and delete everything",
        Some(Clients::Mtls) => "and has to show a certificate of the cluster's CA",
        Some(Clients::Scram | Clients::Plain) => "and has to show a password",
    };
    let seen = match security {
        Some(security) if security.encrypted => "",
        _ => "; nothing is encrypted",
    };
    format!("{who}, {shows}{seen}")
}

/// Who there is, and of how many ACLs.
fn users(security: &Security) -> String {
    let acls = |user: &User| user.acls.iter().map(|grant| grant.operations.len()).sum::<usize>();
    let one = |(name, user): (&String, &User)| match acls(user) {
        0 => name.clone(),
        1 => format!("{name} (1 ACL)"),
        count => format!("{name} ({count} ACLs)"),
    };
    let users = security.users.iter().map(one).collect::<Vec<_>>().join(", ");
    let rest = if security.allows_by_default { "allowed to everybody" } else { "denied" };
    format!("{users}; what no ACL speaks of is {rest}")
}

fn facts(plan: &Plan) -> Table {
    let heap: u64 = plan.nodes.iter().map(|node| u64::from(node.heap_mib)).sum();
    let mut table = new_table();
    let mut row = |what: &str, value: String| {
        table.add_row([what.to_owned(), value]);
    };
    row("Kafka", format!("{} in {} ({})", plan.kafka.version, plan.kafka.home.display(), plan.kafka.source));
    for Distribution { kafka, .. } in &plan.other_kafkas {
        row("Kafka", format!("{} in {} ({})", kafka.version, kafka.home.display(), kafka.source));
    }
    row("Java", format!("{}, {} ({})", plan.java.version, plan.java.program.display(), plan.java.source));
    row("folder", plan.dir.display().to_string());
    let memory = Need::of(&plan.nodes, plan.profile).in_words();
    row("memory", format!("{memory}, {heap} MiB of it heap"));
    if let (Some(security), Some(keys)) = (&plan.security, plan.keys()) {
        let clients = match security.clients {
            Clients::Tls => "tls: every connection is encrypted, and clients do not show who they are",
            Clients::Mtls => "mtls: every connection is encrypted, and clients show a certificate",
            Clients::Scram if security.encrypted => {
                "scram: every connection is encrypted, and clients show a password"
            }
            Clients::Scram => "scram: clients show a password, and their connections are in plain text",
            Clients::Plain if security.encrypted => {
                "plain: every connection is encrypted, and clients show a password"
            }
            Clients::Plain => "plain: clients show a password, and it and all else is in plain text",
        };
        row("security", format!("{clients}; keys in {}", keys.path().display()));
        if !security.users.is_empty() {
            row("users", users(security));
        }
    }
    for (name, listener) in &plan.listeners {
        let reached = through(plan, name).unwrap_or_default();
        row(
            &format!("listener {name}"),
            format!("{reached}; {}", who_reaches(listener, plan.security.as_ref())),
        );
    }
    row("restart", word(&plan.restart));
    table
}

fn nodes(plan: &Plan) -> Table {
    let mut table = new_table();
    // A column of its own only where it tells something.
    let (mixed, is_secured) = (!plan.other_kafkas.is_empty(), plan.security.is_some());
    let mut header = vec!["node", "id", "port", "quorum, election", "heap", "folder"];
    header.extend(is_secured.then_some("internal port"));
    header.extend(mixed.then_some("Kafka"));
    table.add_row(header);
    for node in &plan.nodes {
        let quorum = match (node.ports.quorum, node.ports.election) {
            (Some(quorum), Some(election)) => format!("{quorum}, {election}"),
            (Some(quorum), None) => quorum.to_string(),
            _ => "-".to_owned(),
        };
        let mut row = vec![
            node.name.to_string(),
            match node.role() {
                Role::Broker if plan.cluster_id.is_none() => format!("broker.id {}", node.name.id),
                Role::Broker | Role::Controller => format!("node.id {}", node.name.id),
                Role::ZooKeeper => format!("myid {}", node.name.id),
            },
            format!("127.0.0.1:{}", node.ports.client),
            quorum,
            format!("{} MiB", node.heap_mib),
            node.dir.strip_prefix(&plan.dir).unwrap_or(&node.dir).display().to_string(),
        ];
        let internal = || node.ports.internal.map_or("-".to_owned(), |port| port.to_string());
        row.extend(is_secured.then(internal));
        row.extend(mixed.then(|| plan.version_of(node).to_owned()));
        table.add_row(row);
    }
    table
}

fn topics(plan: &Plan) -> Table {
    let mut table = new_table();
    table.add_row(["topic", "partitions", "factor", "settings"]);
    for topic in &plan.topics {
        let settings: Vec<String> = topic
            .settings
            .iter()
            .map(|setting| {
                let notes: Vec<String> = setting.reason.iter().cloned().chain(default(setting)).collect();
                let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
                format!("{}={}{notes}", setting.key, setting.value)
            })
            .collect();
        table.add_row([
            topic.name.clone(),
            topic.partitions.to_string(),
            topic.replication_factor.to_string(),
            settings.join(", "),
        ]);
    }
    table
}

/// What all nodes of a role share once, then what each has of its own.
fn settings(out: &mut String, role: Role, nodes: &[&NodePlan], all: bool) {
    let Some((first, others)) = nodes.split_first() else { return };
    let shared = |setting: &&Setting| others.iter().all(|node| node.settings.contains(setting));
    let file = layout::main_config_name(role);
    let common: Vec<&Setting> = first.settings.iter().filter(shared).collect();
    let whose = if others.is_empty() {
        first.name.to_string()
    } else {
        let one = if role == Role::ZooKeeper { "ZooKeeper server" } else { role.word() };
        format!("every {one}")
    };
    let (shown, counted): (Vec<&Setting>, Vec<&Setting>) =
        common.iter().partition(|setting| all || setting.origin != Origin::Default);
    setting_section(out, &format!("{file} of {whose}"), &shown);
    if !counted.is_empty() {
        let count = counted.len();
        let _ = writeln!(
            out,
            "\n{count} more settings are at Kafka's own defaults (`cluster plan --all` lists them)"
        );
    }
    for node in nodes {
        let own: Vec<&Setting> = node.settings.iter().filter(|setting| !common.contains(setting)).collect();
        setting_section(out, &format!("{file} of {}", node.name), &own);
    }
}

fn setting_section(out: &mut String, title: &str, settings: &[&Setting]) {
    if settings.is_empty() {
        return;
    }
    let mut table = new_table();
    let defaults = settings.iter().any(|setting| default(setting).is_some());
    for setting in settings {
        let mut row = vec![
            format!("{}={}", setting.key, setting.value),
            origin(setting.origin, setting.role),
            setting.reason.clone().unwrap_or_default(),
        ];
        if defaults {
            row.insert(2, default(setting).unwrap_or_default());
        }
        table.add_row(row);
    }
    let _ = write!(out, "\n{title}\n");
    section(out, table);
}

/// Kafka's own default, where it is another value.
fn default(setting: &Setting) -> Option<String> {
    let default = setting.kafka_default.as_ref().filter(|default| **default != setting.value)?;
    Some(format!("default {default}"))
}

/// The layer in words; `role` is [`Setting::role`].
pub(crate) fn origin(origin: Origin, role: Option<Role>) -> String {
    match (origin, role) {
        (Origin::Default, _) => "kafka default".to_owned(),
        (Origin::Profile, _) => "profile".to_owned(),
        (Origin::Cluster, Some(role)) => format!("{}.config", role.section()),
        // A line of a template that the spec names.
        (Origin::Cluster, None) => "the spec".to_owned(),
        (Origin::Node, _) => "the node's config".to_owned(),
        (Origin::Planner, _) => "planner".to_owned(),
    }
}

/// Columns without lines; as wide as their content, whatever the terminal.
fn new_table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table
}

fn section(out: &mut String, table: Table) {
    for line in table.lines() {
        let _ = writeln!(out, " {}", line.trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::NodeName;
    use crate::plan::fixture::{facts, spec};
    use crate::plan::{plan, with_kafka_defaults};
    use crate::spec::model::{NodeSettings, Spec};

    fn effective(spec: &Spec) -> Plan {
        with_kafka_defaults(plan(spec, &facts(spec)).unwrap())
    }

    #[test]
    fn settings_at_kafkas_own_defaults_are_counted_and_listed_on_demand() {
        let plan = effective(&spec(1, 2));
        let is_default = |setting: &&Setting| setting.origin == Origin::Default;
        let count = plan.node(NodeName::broker(0)).unwrap().settings.iter().filter(is_default).count();
        assert!(count > 200, "{count}");
        let (short, long) = (describe(&plan, false), describe(&plan, true));
        assert!(short.contains(&format!("\n{count} more settings are at Kafka's own defaults")), "{short}");
        assert!(!short.contains("num.replica.fetchers"), "{short}");
        assert!(!long.contains("more settings"), "{long}");
        assert_eq!(long.lines().filter(|line| line.contains("  kafka default")).count(), count);
    }

    #[test]
    fn a_default_that_one_node_leaves_is_shown_for_the_others() {
        let mut spec = spec(1, 2);
        let own = NodeSettings {
            config: [("log.retention.hours".to_owned(), "24".to_owned())].into(),
            ..NodeSettings::default()
        };
        spec.brokers.nodes.insert(NodeName::broker(1), own);
        let text = describe(&effective(&spec), false);
        let line = |start: &str| text.lines().find(|line| line.trim_start().starts_with(start)).unwrap();
        assert!(line("log.retention.hours=168").ends_with("kafka default"), "{text}");
        assert!(line("log.retention.hours=24").ends_with("default 168"), "{text}");
    }
}
