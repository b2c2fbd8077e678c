//! Names that an argument takes, for completion: what is known of them now, without waiting for whom nobody hears.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use clap::builder::ArgExt;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::context::Context;
use crate::api::message::Seen;
use crate::dist::tools;
use crate::engine::clusters::Found;
use crate::engine::ops::{AdminOps, FolderOps, NodeOps};
use crate::model::ids::Role;
use crate::model::signal;
use crate::plan::model::Plan;
use crate::spec;
use crate::spec::defaults;
use crate::spec::versions::{self, Coordination};

/// Whoever has pressed TAB waits for a supervisor or a broker no longer than that.
const PATIENCE: Duration = Duration::from_millis(300);

/// What the value of an argument is a name of; the argument says it with `add`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Names {
    Brokers,
    Clusters,
    Groups,
    Nodes,
    /// And settings of them: [`Names::Settings`].
    NodesAndTopics,
    /// And, once a topic is written, its partitions.
    NodesTopicsAndPartitions,
    Profiles,
    /// Of the node or topic that the line names.
    Settings,
    Signals,
    /// Nodes, and what a node can be.
    Targets,
    Tools,
    Topics,
    /// Of a secured cluster.
    Users,
    Listeners,
    Certs,
    TopicSettings,
    /// With what stands between a setting and its value.
    TopicAssignments,
    /// Of Kafka.
    Versions,
}

impl ArgExt for Names {}

/// All that is known of such names. `before`: the words so far, without `current`, which is what the name that is
/// looked for begins with.
pub(super) async fn known<E: NodeOps + FolderOps + AdminOps>(
    names: Names,
    before: &[OsString],
    current: &str,
    cx: &Context<'_, E>,
) -> Vec<String> {
    let mut known = match names {
        Names::Clusters => cx.clusters().unwrap_or_default().into_iter().map(|found| found.name).collect(),
        Names::Versions => versions::SUPPORTED.iter().rev().map(|known| known.version.to_owned()).collect(),
        Names::Profiles => spec::profiles().map(str::to_owned).collect(),
        Names::Signals => signal::each_name().map(str::to_owned).collect(),
        names => of_cluster(names, before, current, cx).await,
    };
    // Kafka lets a group have any name: what a shell would read otherwise is left to be typed.
    let is_plain = |c: char| c.is_alphanumeric() || "-_.:/=@+,".contains(c);
    known.retain(|name| name.chars().all(is_plain));
    known
}

async fn of_cluster<E: NodeOps + FolderOps + AdminOps>(
    names: Names,
    before: &[OsString],
    current: &str,
    cx: &Context<'_, E>,
) -> Vec<String> {
    let Ok(found) = cx.chosen() else { return Vec::new() };
    let Ok(plan) = cx.engine.stored_plan(&found.dir) else { return Vec::new() };
    let is_given = |name: &String| before.iter().any(|word| word == name.as_str());
    let node_names = || plan.nodes.iter().map(|node| node.name.to_string());
    match names {
        Names::Clusters | Names::Profiles | Names::Signals | Names::Versions => Vec::new(),
        Names::Nodes => node_names().filter(|name| !is_given(name)).collect(),
        Names::Brokers => {
            let brokers = plan.nodes.iter().filter(|node| node.role() == Role::Broker);
            brokers.map(|node| node.name.to_string()).collect()
        }
        Names::Targets => {
            let nodes = node_names().filter(|name| !is_given(name));
            nodes.chain(meanings(current, &plan, &found, cx).await).collect()
        }
        Names::Topics => topics(&plan, &found, cx).await.into_keys().collect(),
        Names::NodesTopicsAndPartitions if current.contains('/') => {
            let topic = current.split('/').next().unwrap_or_default();
            partitions(topic, &plan, &found, cx).await
        }
        Names::NodesAndTopics | Names::NodesTopicsAndPartitions => {
            node_names().chain(topics(&plan, &found, cx).await.into_keys()).collect()
        }
        Names::Certs => plan.key_holders().filter(|name| !is_given(name)).collect(),
        Names::Listeners => plan.listeners.keys().cloned().collect(),
        Names::Users => plan.security.iter().flat_map(|security| security.users.keys().cloned()).collect(),
        Names::Groups => groups(&found, cx).await,
        Names::Tools => tools::all(&plan.kafka.version).iter().map(|tool| tool.name.to_owned()).collect(),
        Names::Settings => settings(&plan, !node_names().any(|name| is_given(&name))),
        Names::TopicSettings => settings(&plan, true),
        Names::TopicAssignments => settings(&plan, true).iter().map(|key| format!("{key}=")).collect(),
    }
}

/// What a node can be, as far as it is written: the topics of `leader:`, the partitions of `leader:bikes/`.
async fn meanings<E: NodeOps>(current: &str, plan: &Plan, found: &Found, cx: &Context<'_, E>) -> Vec<String> {
    let has_zookeeper = plan.coordination() == Coordination::ZooKeeper;
    let Some((role, rest)) = current.split_once(':') else {
        let fixed = ["controller", "leader:", "follower:", "random:"].map(str::to_owned);
        return fixed.into_iter().chain(has_zookeeper.then(|| "zookeeper-leader".to_owned())).collect();
    };
    match (role, rest.split_once('/')) {
        ("leader" | "follower", None) => {
            let topics = topics(plan, found, cx).await;
            topics.into_keys().map(|topic| format!("{role}:{topic}/")).collect()
        }
        ("leader" | "follower", Some((topic, _))) => {
            let partitions = partitions(topic, plan, found, cx).await;
            partitions.into_iter().map(|partition| format!("{role}:{partition}")).collect()
        }
        ("random", _) => {
            let mut roles: Vec<_> = plan.nodes.iter().map(|node| format!("random:{}", node.role())).collect();
            roles.sort();
            roles.dedup();
            roles
        }
        _ => Vec::new(),
    }
}

/// `bikes/0` and the other partitions of a topic.
async fn partitions<E: NodeOps>(topic: &str, plan: &Plan, found: &Found, cx: &Context<'_, E>) -> Vec<String> {
    let count = topics(plan, found, cx).await.remove(topic).unwrap_or(0);
    (0..count).map(|partition| format!("{topic}/{partition}")).collect()
}

/// Topics and how many partitions they have: the plan's, and those that a supervisor knows of.
async fn topics<E: NodeOps>(plan: &Plan, found: &Found, cx: &Context<'_, E>) -> BTreeMap<String, usize> {
    let planned = plan.topics.iter().map(|topic| (topic.name.clone(), topic.partitions as usize));
    let mut topics: BTreeMap<String, usize> = planned.collect();
    if found.supervisor.is_none() {
        return topics;
    }
    let (mut seen, told) = (None, Notify::new());
    let mut on_seen = |one| {
        if let Seen::Status(status) = one {
            seen = Some(status);
            told.notify_one();
        }
    };
    // A watch starts no supervisor, and its first word is what the supervisor knows already.
    let first = async {
        tokio::select! {
            () = told.notified() => {}
            _ = cx.engine.watch(&found.dir, &mut on_seen) => {}
        }
    };
    // Late or never: then the plan's it is.
    let _ = timeout(PATIENCE, first).await;
    let exist = seen.and_then(|status| status.topics).unwrap_or_default();
    topics.extend(exist.into_iter().map(|(name, topic)| (name, topic.partitions.len())));
    topics
}

async fn groups<E: AdminOps>(found: &Found, cx: &Context<'_, E>) -> Vec<String> {
    match timeout(PATIENCE, cx.engine.groups(&found.dir)).await {
        Ok(Ok(list)) => list.groups.into_iter().map(|group| group.group).collect(),
        _ => Vec::new(),
    }
}

fn settings(plan: &Plan, of_topics: bool) -> Vec<String> {
    let Some(known) = defaults::of(&plan.kafka.version) else { return Vec::new() };
    let table = if of_topics { &known.topics } else { &known.brokers };
    table.keys().map(|key| (*key).to_owned()).collect()
}
