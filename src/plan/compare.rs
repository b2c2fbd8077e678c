//! What differs between two plans, in lines for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::model::ids::NodeName;
use crate::plan::describe::word;
use crate::plan::layout;
use crate::plan::model::{NodePlan, Plan, Ports, TopicPlan};

/// One thing that the new plan would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Difference {
    NodeAdded(NodeName),
    NodeRemoved(NodeName),
    /// The version of its Kafka.
    Kafka {
        node: NodeName,
        old: String,
        new: String,
    },
    /// A setting of the node's main config file; `None`: not in that file.
    Setting {
        node: NodeName,
        key: String,
        old: Option<String>,
        new: Option<String>,
    },
    Ports {
        node: NodeName,
        old: Ports,
        new: Ports,
    },
    /// Arguments of the command line, apart from the classpath.
    Arguments {
        node: NodeName,
        removed: Vec<String>,
        added: Vec<String>,
    },
    /// A variable of the environment; the values are not shown, since they may be secret.
    Environment {
        node: NodeName,
        variable: String,
    },
    /// Another file of the node has another text.
    File {
        node: NodeName,
        name: String,
    },
    TopicAdded(String),
    /// The topic is in the old plan only. (`up` deletes no topic.)
    TopicRemoved(String),
    Topic {
        topic: String,
        what: String,
        old: Option<String>,
        new: Option<String>,
    },
    /// Something of the cluster as a whole: `Kafka`, `Java`, `profile`, `restart`, `folder`.
    Cluster {
        what: &'static str,
        old: String,
        new: String,
    },
}

fn words(arguments: &[String]) -> String {
    if arguments.is_empty() { "(nothing)".to_owned() } else { arguments.join(" ") }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "(not set)".to_owned());
        match self {
            Difference::NodeAdded(node) => write!(f, "{node} is new"),
            Difference::NodeRemoved(node) => write!(f, "{node} is gone"),
            Difference::Kafka { node, old, new } => write!(f, "{node}: Kafka {old} -> {new}"),
            Difference::Setting { node, key, old, new } => {
                write!(f, "{node}: {key} {} -> {}", shown(old), shown(new))
            }
            Difference::Ports { node, old, new } => {
                let shown =
                    |ports: &Ports| ports.all().map(|port| port.to_string()).collect::<Vec<_>>().join(", ");
                write!(f, "{node}: ports {} -> {}", shown(old), shown(new))
            }
            Difference::Arguments { node, removed, added } => {
                write!(f, "{node}: command line {} -> {}", words(removed), words(added))
            }
            Difference::Environment { node, variable } => {
                write!(f, "{node}: environment variable {variable}")
            }
            Difference::File { node, name } => write!(f, "{node}: text of {name}"),
            Difference::TopicAdded(topic) => write!(f, "topic {topic} is new"),
            Difference::TopicRemoved(topic) => write!(f, "topic {topic} is no longer in the spec"),
            Difference::Topic { topic, what, old, new } => {
                write!(f, "topic {topic}: {what} {} -> {}", shown(old), shown(new))
            }
            Difference::Cluster { what, old, new } => write!(f, "{what} {old} -> {new}"),
        }
    }
}

/// Everything that differs: the cluster as a whole, then each node, then the topics. Empty when the
/// new plan would run the same.
pub(crate) fn compare(old: &Plan, new: &Plan) -> Vec<Difference> {
    let mut differences = of_cluster(old, new);
    let names: BTreeSet<NodeName> = old.nodes.iter().chain(&new.nodes).map(|node| node.name).collect();
    for name in names {
        match (old.node(name), new.node(name)) {
            (Some(before), Some(after)) => {
                // Apart from what the cluster's own version changes for all.
                let names = before.kafka_version.is_some() || after.kafka_version.is_some();
                let (was, is) = (old.version_of(before), new.version_of(after));
                if names && was != is {
                    let (old, new) = (was.to_owned(), is.to_owned());
                    differences.push(Difference::Kafka { node: name, old, new });
                }
                differences.extend(of_node(before, after));
            }
            (Some(_), None) => differences.push(Difference::NodeRemoved(name)),
            (None, _) => differences.push(Difference::NodeAdded(name)),
        }
    }
    differences.extend(of_topics(&old.topics, &new.topics));
    differences
}

fn of_cluster(old: &Plan, new: &Plan) -> Vec<Difference> {
    let kafka = |plan: &Plan| format!("{} in {}", plan.kafka.version, plan.kafka.home.display());
    let java = |plan: &Plan| format!("{} ({})", plan.java.version, plan.java.program.display());
    [
        ("folder", old.dir.display().to_string(), new.dir.display().to_string()),
        ("Kafka", kafka(old), kafka(new)),
        ("Java", java(old), java(new)),
        ("profile", word(&old.profile), word(&new.profile)),
        ("restart", word(&old.restart), word(&new.restart)),
    ]
    .into_iter()
    .filter(|(_, old, new)| old != new)
    .map(|(what, old, new)| Difference::Cluster { what, old, new })
    .collect()
}

fn of_node(old: &NodePlan, new: &NodePlan) -> Vec<Difference> {
    let node = old.name;
    let mut differences = Vec::new();
    if old.ports != new.ports {
        differences.push(Difference::Ports { node, old: old.ports, new: new.ports });
    }
    let settings = |plan: &NodePlan| -> BTreeMap<String, String> {
        plan.settings.iter().map(|setting| (setting.key.clone(), setting.value.clone())).collect()
    };
    let changed = changes(&settings(old), &settings(new));
    differences.extend(changed.into_iter().map(|(key, old, new)| Difference::Setting {
        node,
        key,
        old,
        new,
    }));

    let lacking = |here: &[String], there: &[String]| -> Vec<String> {
        here.iter().filter(|argument| !there.contains(argument)).cloned().collect()
    };
    let (before, after) = (arguments(old), arguments(new));
    let (removed, added) = (lacking(before, after), lacking(after, before));
    // The order counts too: of two flags for the same thing the JVM takes the last.
    if !removed.is_empty() || !added.is_empty() {
        differences.push(Difference::Arguments { node, removed, added });
    } else if before != after {
        differences.push(Difference::Arguments { node, removed: before.to_vec(), added: after.to_vec() });
    }
    let changed = changes(&old.env, &new.env);
    differences
        .extend(changed.into_iter().map(|(variable, _, _)| Difference::Environment { node, variable }));
    differences.extend(files(old, new));
    differences
}

/// The command line between the program and `-cp CLASSPATH`, which belong to Java and Kafka.
fn arguments(node: &NodePlan) -> &[String] {
    let end = node.argv.iter().rposition(|argument| argument == "-cp").unwrap_or(node.argv.len());
    node.argv.get(1..end).unwrap_or_default()
}

/// Files with another text. The main config file counts by its settings, not by its comments.
fn files(old: &NodePlan, new: &NodePlan) -> Vec<Difference> {
    let texts = |plan: &NodePlan| -> BTreeMap<String, String> {
        plan.files
            .iter()
            .map(|file| {
                let name = file.path.file_name().map(|name| name.to_string_lossy().into_owned());
                (name.unwrap_or_default(), file.text.clone())
            })
            .filter(|(name, _)| name != layout::main_config_name(plan.role()))
            .collect()
    };
    changes(&texts(old), &texts(new))
        .into_iter()
        .map(|(name, _, _)| Difference::File { node: old.name, name })
        .collect()
}

fn of_topics(old: &[TopicPlan], new: &[TopicPlan]) -> Vec<Difference> {
    let mut differences = Vec::new();
    for topic in new {
        match old.iter().find(|other| other.name == topic.name) {
            Some(before) => {
                let changed = changes(&topic_values(before), &topic_values(topic));
                differences.extend(changed.into_iter().map(|(what, old, new)| Difference::Topic {
                    topic: topic.name.clone(),
                    what,
                    old,
                    new,
                }));
            }
            None => differences.push(Difference::TopicAdded(topic.name.clone())),
        }
    }
    let gone = old.iter().filter(|topic| !new.iter().any(|other| other.name == topic.name));
    differences.extend(gone.map(|topic| Difference::TopicRemoved(topic.name.clone())));
    differences
}

fn topic_values(topic: &TopicPlan) -> BTreeMap<String, String> {
    let mut values = topic.config.clone();
    values.insert("partitions".to_owned(), topic.partitions.to_string());
    values.insert("replication factor".to_owned(), topic.replication_factor.to_string());
    values
}

type Change = (String, Option<String>, Option<String>);

/// Keys whose values differ, with the old and the new value.
fn changes(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<Change> {
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    keys.into_iter()
        .map(|key| (key.clone(), old.get(key).cloned(), new.get(key).cloned()))
        .filter(|(_, old, new)| old != new)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixture::{facts, spec, topic};
    use crate::plan::{Facts, plan};
    use crate::spec::model::{NodeSettings, Spec};

    fn planned(spec: &Spec) -> Plan {
        plan(spec, &facts(spec)).unwrap()
    }

    fn lines(old: &Plan, new: &Plan) -> String {
        compare(old, new).iter().map(|difference| format!("{difference}\n")).collect()
    }

    #[test]
    fn a_plan_does_not_differ_from_itself() {
        let plan = planned(&spec(3, 3));
        assert_eq!(compare(&plan, &plan), []);
    }

    #[test]
    fn every_change_of_the_spec_is_one_line() {
        let mut old = spec(3, 2);
        old.topics.insert("stays".into(), topic(1, 1));
        old.topics.insert("goes".into(), topic(1, 1));
        let mut new = spec(3, 3);
        new.topics.insert("stays".into(), topic(4, 1));
        new.topics.insert("comes".into(), topic(1, 1));
        let own = NodeSettings {
            heap_mib: Some(512),
            config: [("num.io.threads".to_owned(), "8".to_owned())].into(),
            env: [("TOKEN".to_owned(), "secret".to_owned())].into(),
            ..NodeSettings::default()
        };
        new.brokers.nodes.insert(NodeName::broker(0), own);
        let mut new_facts = facts(&new);
        if let Some(ports) = new_facts.ports.get_mut(&NodeName::broker(1)) {
            ports.client = 9093;
        }
        new_facts.java.version = "21.0.1".into();
        let (old, new) = (planned(&old), plan(&new, &new_facts).unwrap());
        insta::assert_snapshot!(lines(&old, &new));
        assert!(!lines(&old, &new).contains("secret"));
    }

    #[test]
    fn a_classpath_or_a_comment_is_no_difference_of_a_node() {
        let spec = spec(1, 1);
        let mut other = facts(&spec);
        other.kafka.classpath.push("/more.jar".into());
        let new = plan(&spec, &Facts { ..other }).unwrap();
        let mut old = planned(&spec);
        old.nodes[0].files[0].text.push_str("# a comment\n");
        assert_eq!(compare(&old, &new), []);
    }
}
