//! A spec as YAML that reads back as the same spec: what is stored once the members of a cluster are no
//! longer those of the file that it came from.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::acls;
use super::check::{POLICIES, PROFILES};
use super::model::{Grant, ListenerSpec, NodeGroup, NodeSettings, Secret, Security, Spec, TopicSpec, User};
use super::security::WAYS;
use crate::model::acl::{EVERYBODY, Pattern, Permission, ResourceType};

/// The whole spec in block style, every value written out. Comments, anchors and the layout of the text
/// that it was read from are not kept; relative paths have become absolute.
pub(crate) fn write(spec: &Spec) -> String {
    let word = |found: Option<&str>| found.map(Yaml::text);
    let path = |path: &std::path::Path| Yaml::text(&path.to_string_lossy());
    let kafka = Yaml::map([
        ("version", spec.kafka.version.as_deref().map(Yaml::text)),
        ("home", spec.kafka.home.as_deref().map(path)),
    ]);
    let profile = PROFILES.iter().find(|(_, known)| *known == spec.profile).map(|(word, _)| *word);
    let restart = POLICIES.iter().find(|(_, known)| *known == spec.restart).map(|(word, _)| *word);
    let topics = spec.topics.iter().map(|(name, spec)| (name.clone(), topic(spec))).collect();
    let listeners = spec.listeners.iter().map(|(name, spec)| (name.clone(), listener(spec)));
    let whole = Yaml::map([
        ("name", Some(Yaml::text(&spec.name))),
        ("kafka", Some(kafka)),
        ("java", spec.java.as_deref().map(path)),
        ("profile", word(profile)),
        ("restart", word(restart)),
        ("port_base", spec.port_base.map(Yaml::number)),
        ("security", spec.security.as_ref().map(security)),
        ("listeners", Some(Yaml::Map(listeners.collect()))),
        ("templates", spec.templates.as_deref().map(path)),
        ("zookeeper", Some(group(&spec.zookeeper, false))),
        ("controllers", Some(group(&spec.controllers, spec.combined))),
        ("brokers", Some(group(&spec.brokers, false))),
        ("topics", Some(Yaml::Map(topics))),
    ]);
    let mut text = String::new();
    whole.write(&mut text, 0);
    text
}

fn security(security: &Security) -> Yaml {
    let clients =
        WAYS.iter().find(|(_, known)| *known == Some(security.clients)).map(|(word, _)| Yaml::text(word));
    if *security == Security::of(security.clients) {
        return clients.unwrap_or_else(|| Yaml::map([]));
    }
    let user = |user: &User| {
        Yaml::map([
            ("password", user.password.as_ref().map(|Secret(text)| Yaml::text(text))),
            ("acls", Some(Yaml::List(user.acls.iter().map(grant).collect()))),
        ])
    };
    let users = security.users.iter().map(|(name, own)| (name.clone(), user(own)));
    Yaml::map([
        ("clients", clients),
        ("encryption", (!security.encrypted).then(|| Yaml::text("none"))),
        ("users", Some(Yaml::Map(users.collect()))),
        ("default", security.allows_by_default.then(|| Yaml::text("allow"))),
    ])
}

fn listener(listener: &ListenerSpec) -> Yaml {
    Yaml::map([
        ("bind", Some(Yaml::text(&listener.bind.to_string()))),
        ("advertise", Some(Yaml::text(&listener.advertise))),
        ("insecure", listener.insecure.then(|| Yaml::text("true"))),
    ])
}

fn grant(grant: &Grant) -> Yaml {
    let (kind, name) = (grant.resource.kind, &grant.resource.name);
    let name = match (kind, grant.resource.pattern) {
        (ResourceType::Cluster, _) => Yaml::text("true"),
        (_, Pattern::Literal) => Yaml::text(name),
        (_, Pattern::Prefixed) => Yaml::text(&format!("{name}*")),
    };
    let key = acls::RESOURCES.iter().find(|(_, known)| *known == kind).map_or("", |(key, _)| *key);
    let operations = grant.operations.iter().map(|operation| Yaml::text(operation.word())).collect();
    let permission = if grant.permission == Permission::Allow { "allow" } else { "deny" };
    Yaml::map([
        (key, Some(name)),
        (permission, Some(Yaml::List(operations))),
        ("host", (grant.host != EVERYBODY).then(|| Yaml::text(&grant.host))),
    ])
}

/// A role that the cluster does not have is left out.
fn group(group: &NodeGroup, combined: bool) -> Yaml {
    if group.count == 0 {
        return Yaml::map([]);
    }
    let ids = group.ids.as_ref().map(|ids| Yaml::List(ids.iter().map(Yaml::number).collect()));
    let nodes = group.nodes.iter().map(|(name, own)| (name.to_string(), Yaml::map(settings(own))));
    let count = group.ids.is_none().then(|| Yaml::number(group.count));
    let mut entries =
        vec![("count", count), ("ids", ids), ("combined", combined.then(|| Yaml::text("true")))];
    entries.extend(settings(&group.settings));
    entries.push(("nodes", Some(Yaml::Map(nodes.collect()))));
    Yaml::map(entries)
}

fn settings(settings: &NodeSettings) -> Vec<(&'static str, Option<Yaml>)> {
    let flags = settings.jvm_flags.iter().map(|flag| Yaml::text(flag)).collect();
    vec![
        ("version", settings.version.as_deref().map(Yaml::text)),
        ("heap", settings.heap_mib.map(|mib| Yaml::text(&format!("{mib}m")))),
        ("port", settings.port.map(Yaml::number)),
        ("config", Some(texts(&settings.config))),
        ("jvm_flags", Some(Yaml::List(flags))),
        ("env", Some(texts(&settings.env))),
    ]
}

fn topic(topic: &TopicSpec) -> Yaml {
    Yaml::map([
        ("partitions", Some(Yaml::number(topic.partitions))),
        ("replication_factor", Some(Yaml::number(topic.replication_factor))),
        ("config", Some(texts(&topic.config))),
    ])
}

fn texts(values: &BTreeMap<String, String>) -> Yaml {
    Yaml::Map(values.iter().map(|(key, value)| (key.clone(), Yaml::text(value))).collect())
}

/// As much of YAML as a spec needs.
enum Yaml {
    /// Already quoted where it has to be.
    Scalar(String),
    List(Vec<Yaml>),
    Map(Vec<(String, Yaml)>),
}

impl Yaml {
    fn text(text: &str) -> Yaml {
        Yaml::Scalar(quoted(text))
    }

    fn number(number: impl ToString) -> Yaml {
        Yaml::Scalar(number.to_string())
    }

    /// What is not there, or has nothing in it, is left out: that is what it means.
    fn map<'a>(entries: impl IntoIterator<Item = (&'a str, Option<Yaml>)>) -> Yaml {
        let there = entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        Yaml::Map(there.filter(|(_, value)| !value.is_empty()).collect())
    }

    fn is_empty(&self) -> bool {
        match self {
            Yaml::Scalar(_) => false,
            Yaml::List(items) => items.is_empty(),
            Yaml::Map(entries) => entries.is_empty(),
        }
    }

    /// A scalar or a list in one line with all that it holds, a mapping in lines of its own. Writing to a String cannot
    /// fail.
    fn write(&self, out: &mut String, depth: usize) {
        match self {
            Yaml::Scalar(text) => out.push_str(text),
            Yaml::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { ", " });
                    item.write_in_line(out, depth);
                }
                out.push(']');
            }
            Yaml::Map(entries) if entries.is_empty() => out.push_str("{}"),
            Yaml::Map(entries) => {
                for (key, value) in entries {
                    let _ = write!(out, "{:1$}{2}:", "", 2 * depth, quoted(key));
                    let is_block = matches!(value, Yaml::Map(entries) if !entries.is_empty());
                    out.push(if is_block { '\n' } else { ' ' });
                    value.write(out, depth + 1);
                    if !is_block {
                        out.push('\n');
                    }
                }
            }
        }
    }
}

impl Yaml {
    fn write_in_line(&self, out: &mut String, depth: usize) {
        let Yaml::Map(entries) = self else { return self.write(out, depth) };
        out.push('{');
        for (at, (key, value)) in entries.iter().enumerate() {
            let _ = write!(out, "{} {}: ", if at == 0 { "" } else { "," }, quoted(key));
            value.write_in_line(out, depth);
        }
        out.push_str(" }");
    }
}

/// Plain where no reader of YAML could take it for anything else, else in double quotes.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-');
    let is_plain = text.starts_with(|c: char| plain(c) && c != '-')
        && text.chars().all(plain)
        && !text.eq_ignore_ascii_case("null")
        && text != "...";
    if is_plain {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c if c.is_control() || c == '\u{a0}' => {
                let _ = write!(quoted, "\\x{:02x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::spec::parse;

    fn again(spec: &Spec) -> Spec {
        let text = write(spec);
        parse(&text, "/state/again.yaml").unwrap_or_else(|errors| panic!("{errors}\n{text}"))
    }

    #[test]
    fn a_spec_that_is_written_reads_back_as_it_was() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("clusters");
        for entry in std::fs::read_dir(folder).unwrap() {
            let spec = crate::spec::load(&entry.unwrap().path()).unwrap();
            assert_eq!(again(&spec), spec);
        }
    }

    #[test]
    fn security_is_written_as_shortly_as_it_can_be_and_whole() {
        for security in [
            "security: tls",
            "security: { clients: mtls, users: { alice: , bob: {} } }",
            "security: { clients: plain, encryption: none }",
            "security: { clients: scram, users: { alice: { password: 'a \"b\\c #:' }, bob: } }",
            "security: { clients: mtls, default: allow }",
            "listeners: { lan: { bind: 0.0.0.0, advertise: h.example, insecure: true }, v6: { bind: '::1' } }",
            "security: { clients: mtls, users: { alice: { acls: [{ topic: v-*, allow: [read, alter-configs] }, \
             { group: '*', deny: all, host: 127.0.0.1 }, { cluster: true, allow: create }, \
             { transactional_id: 'a b', allow: write }] } } }",
        ] {
            let spec = parse(&format!("controllers: 3\n{security}\n"), "/state/x.yaml").unwrap();
            assert_eq!(again(&spec), spec, "{security}");
        }
        let spec = parse("controllers: 3\nsecurity: { clients: mtls }\n", "/state/x.yaml").unwrap();
        assert!(write(&spec).contains("\nsecurity: mtls\n"));
    }

    #[test]
    fn what_is_written_is_for_people() {
        let text = "name: velib\nbrokers:\n  ids: [3, 0, 2]\n  heap: 1g\n  config: { a.b: yes, c: 'x: y' }\n  \
                    nodes: { broker-3: { port: 30000, env: { E: '' } } }\n\
                    topics: { t: { partitions: 2, config: { retention.ms: -1 } } }\n";
        let spec = parse(text, "/state/velib.yaml").unwrap();
        insta::assert_snapshot!(write(&spec), @r#"
        name: velib
        kafka:
          version: 3.9.2
        profile: fast
        restart: on-failure
        zookeeper:
          count: 3
        brokers:
          ids: [0, 2, 3]
          heap: 1024m
          config:
            a.b: yes
            c: "x: y"
          nodes:
            broker-3:
              port: 30000
              env:
                E: ""
        topics:
          t:
            partitions: 2
            replication_factor: 3
            config:
              retention.ms: "-1"
        "#);
        assert_eq!(again(&spec), spec);
    }

    proptest! {
        #[test]
        fn any_text_survives_being_written(
            value in "(\\PC|[\n\t\r\u{1b}\u{7f}\u{85}\u{a0}\u{2028}\u{feff}]){0,12}",
            word in "[-~.0-9a-zA-Z_/]{1,8}",
        ) {
            let mut spec = parse("name: x\nbrokers: 1\n", "/state/x.yaml").unwrap();
            let env = &mut spec.brokers.settings.env;
            env.insert("A".to_owned(), value);
            env.insert("B".to_owned(), word);
            prop_assert_eq!(again(&spec), spec);
        }
    }
}
