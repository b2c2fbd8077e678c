//! A whole cluster: what `up` prints at its end, and the table of `list`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::foreign::printable;
use super::style::{self, paint};
use super::table::{Align, Cell, Table};
use super::width::Width;
use crate::engine::clusters::Found;
use crate::error::Failure;
use crate::model::ids::Role;
use crate::plan::connection::{Connection, addresses, through};
use crate::plan::login::Login;
use crate::plan::model::{NodePlan, Plan};
use crate::units::{self, count};

/// The answer of `up --json`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Up {
    pub name: String,
    pub dir: PathBuf,
    pub bootstrap_servers: String,
    /// By the spec's further listeners, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub listeners: BTreeMap<String, String>,
    /// `None` in KRaft.
    pub zookeeper_connect: Option<String>,
    /// `None` when it was usable before.
    pub usable_after_ms: Option<u64>,
    pub topics: Vec<String>,
}

impl Up {
    pub(crate) fn new(plan: &Plan, usable_after_ms: Option<u64>) -> Self {
        let Connection { bootstrap_servers, zookeeper_connect, .. } = Connection::of(plan, &Login::program());
        Up {
            name: plan.name.clone(),
            dir: plan.dir.clone(),
            bootstrap_servers,
            listeners: plan
                .listeners
                .keys()
                .filter_map(|name| Some((name.clone(), through(plan, name)?)))
                .collect(),
            zookeeper_connect,
            usable_after_ms,
            topics: plan.topics.iter().map(|topic| topic.name.clone()).collect(),
        }
    }
}

/// What is running now and what to do with it.
pub(crate) fn up(plan: &Plan, up: &Up) -> String {
    let usable = match up.usable_after_ms {
        Some(ms) => format!("usable after {}", units::duration(ms)),
        None => "usable".to_owned(),
    };
    let name = paint(style::STRONG, &up.name);
    let mut text = format!("{name}: {}, {usable}\n\n", inventory(plan));
    let mut row = |what: &str, value: &str| text.push_str(&format!("  {what:<18}{}\n", printable(value)));
    row("bootstrap servers", &up.bootstrap_servers);
    for (name, servers) in &up.listeners {
        row(&format!("by {name}"), servers);
    }
    if let Some(servers) = &up.zookeeper_connect {
        row("ZooKeeper", servers);
    }
    if !up.topics.is_empty() {
        row("topics", &up.topics.join(", "));
    }
    row("folder", &up.dir.display().to_string());
    row("next", "cluster status | events -f | kill NODE | down");
    text
}

/// `Kafka 3.9.2, 3 ZooKeeper servers, 3 brokers`, `Kafka 4.4.0, 3 controllers (combined), 3 brokers`.
pub(crate) fn inventory(plan: &Plan) -> String {
    let coordinators = coordinators(plan.of_role(Role::ZooKeeper).count(), controllers(plan));
    let brokers = count(plan.of_role(Role::Broker).count(), "broker");
    let combined = plan.of_role(Role::Broker).any(NodePlan::is_voter);
    let combined = if combined { " (combined)" } else { "" };
    format!("Kafka {}, {coordinators}{combined}, {brokers}", plan.versions())
}

/// Brokers that are controllers too included.
fn controllers(plan: &Plan) -> usize {
    plan.nodes.iter().filter_map(NodePlan::controller_port).count()
}

/// `3 ZooKeeper servers`, `1 controller`: a cluster has the ones or the others.
fn coordinators(servers: usize, controllers: usize) -> String {
    if servers > 0 { count(servers, "ZooKeeper server") } else { count(controllers, "controller") }
}

/// One cluster of `list`; the fields of its JSON.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Listed {
    pub name: String,
    /// Its supervisor runs.
    pub running: bool,
    pub dir: PathBuf,
    /// This and all that follows: `None` when the plan cannot be read.
    pub kafka_version: Option<String>,
    pub brokers: Option<usize>,
    /// 0 in KRaft.
    pub zookeeper: Option<usize>,
    /// 0 with ZooKeeper. Brokers that are controllers too count as both.
    pub controllers: Option<usize>,
    pub supervisor_pid: Option<u32>,
    pub bootstrap_servers: Option<String>,
    /// Why the plan cannot be read.
    pub error: Option<String>,
}

impl Listed {
    /// One that was found, and its plan as far as it can be read.
    pub(crate) fn of(found: &Found, plan: Result<Plan, Failure>) -> Self {
        let plan = plan.map_err(|failure| failure.message);
        let pid = found.supervisor.as_ref().and_then(|supervisor| supervisor.pid);
        let plan = plan.as_ref().map_err(String::clone);
        Listed::new(&found.name, found.dir.path(), found.supervisor.is_some(), pid, plan)
    }

    pub(crate) fn new(
        name: &str,
        dir: &Path,
        running: bool,
        supervisor_pid: Option<u32>,
        plan: Result<&Plan, String>,
    ) -> Self {
        let (plan, error) = match plan {
            Ok(plan) => (Some(plan), None),
            Err(error) => (None, Some(error)),
        };
        Listed {
            name: name.to_owned(),
            running,
            dir: dir.to_owned(),
            kafka_version: plan.map(Plan::versions),
            brokers: plan.map(|plan| plan.of_role(Role::Broker).count()),
            zookeeper: plan.map(|plan| plan.of_role(Role::ZooKeeper).count()),
            controllers: plan.map(controllers),
            supervisor_pid,
            bootstrap_servers: plan.map(|plan| addresses(plan, Role::Broker)),
            error,
        }
    }
}

/// A row a cluster.
pub(crate) fn list(clusters: &[Listed], width: Width) -> String {
    let mut table = Table::new(&[
        ("NAME", Align::Left),
        ("STATE", Align::Left),
        ("KAFKA", Align::Left),
        ("COORDINATORS", Align::Left),
        ("BROKERS", Align::Right),
        ("BOOTSTRAP SERVERS", Align::Left),
    ]);
    let number = |value: Option<usize>| Cell::from(value.map_or("-".to_owned(), |value| value.to_string()));
    for cluster in clusters {
        let error = cluster.error.as_deref().and_then(|text| text.lines().next()).unwrap_or_default();
        let coordinators = cluster
            .zookeeper
            .zip(cluster.controllers)
            .map_or("-".to_owned(), |(servers, controllers)| coordinators(servers, controllers));
        table.row([
            Cell::name(&cluster.name),
            if cluster.running { Cell::styled(style::GOOD, "running") } else { "down".into() },
            Cell::words(cluster.kafka_version.as_deref().unwrap_or("-")),
            Cell::words(coordinators),
            number(cluster.brokers),
            match &cluster.bootstrap_servers {
                Some(servers) => Cell::addresses(servers),
                None => Cell::words(error),
            },
        ]);
    }
    table.fit(width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::NodeName;
    use crate::plan::samples::plan;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn up_ends_in_where_to_connect_and_what_to_do_next() {
        let plan = plan(Path::new("/home/ada/.local/state/cluster"), "velib");
        insta::assert_snapshot!(plain(&up(&plan, &Up::new(&plan, Some(4123)))), @r#"
        velib: Kafka 3.9.2, 3 ZooKeeper servers, 3 brokers, usable after 4.1 s

          bootstrap servers 127.0.0.1:21000,127.0.0.1:21001,127.0.0.1:21002
          ZooKeeper         127.0.0.1:20001,127.0.0.1:20002,127.0.0.1:20003
          topics            velib-stations
          folder            /home/ada/.local/state/cluster/velib
          next              cluster status | events -f | kill NODE | down
        "#);
        insta::assert_json_snapshot!(Up::new(&plan, None), @r#"
        {
          "name": "velib",
          "dir": "/home/ada/.local/state/cluster/velib",
          "bootstrap_servers": "127.0.0.1:21000,127.0.0.1:21001,127.0.0.1:21002",
          "zookeeper_connect": "127.0.0.1:20001,127.0.0.1:20002,127.0.0.1:20003",
          "usable_after_ms": null,
          "topics": [
            "velib-stations"
          ]
        }
        "#);
    }

    #[test]
    fn the_list_shows_clusters_with_a_broken_plan_too() {
        let plan = plan(Path::new("/home/ada/.local/state/cluster"), "velib");
        let list = [
            Listed::new("velib", &plan.dir, true, Some(4600), Ok(&plan)),
            Listed::new("old", Path::new("/x/old"), false, None, Err("plan.json has format 0".into())),
        ];
        insta::assert_snapshot!(plain(&super::list(&list, Width::Whole)), @r#"
        NAME   STATE    KAFKA  COORDINATORS         BROKERS  BOOTSTRAP SERVERS
        velib  running  3.9.2  3 ZooKeeper servers        3  127.0.0.1:21000,127.0.0.1:21001,127.0.0.1:21002
        old    down     -      -                          -  plan.json has format 0
        "#);
        insta::assert_json_snapshot!(list, @r#"
        [
          {
            "name": "velib",
            "running": true,
            "dir": "/home/ada/.local/state/cluster/velib",
            "kafka_version": "3.9.2",
            "brokers": 3,
            "zookeeper": 3,
            "controllers": 0,
            "supervisor_pid": 4600,
            "bootstrap_servers": "127.0.0.1:21000,127.0.0.1:21001,127.0.0.1:21002",
            "error": null
          },
          {
            "name": "old",
            "running": false,
            "dir": "/x/old",
            "kafka_version": null,
            "brokers": null,
            "zookeeper": null,
            "controllers": null,
            "supervisor_pid": null,
            "bootstrap_servers": null,
            "error": "plan.json has format 0"
          }
        ]
        "#);
    }

    #[test]
    fn the_list_shows_the_controllers_of_a_cluster_that_runs_in_kraft() {
        let sample = plan(Path::new("/x"), "velib");
        let quorum_port = |node: &NodePlan| node.ports.client + 1000;
        let mut combined = sample.clone();
        combined.nodes.retain(|node| node.role() == Role::Broker);
        for node in &mut combined.nodes[..2] {
            node.ports.quorum = Some(quorum_port(node));
        }
        let mut apart = sample;
        for node in &mut apart.nodes {
            if node.role() == Role::ZooKeeper {
                node.name = NodeName::controller(node.name.id + 99);
            }
        }
        let listed = [&combined, &apart].map(|plan| Listed::new("velib", &plan.dir, true, None, Ok(plan)));
        let numbers = listed.each_ref().map(|one| (one.zookeeper, one.controllers, one.brokers));
        assert_eq!(numbers, [(Some(0), Some(2), Some(3)), (Some(0), Some(3), Some(3))]);
        let text = plain(&list(&listed, Width::Whole));
        assert!(text.contains("  2 controllers  ") && text.contains("  3 controllers  "), "{text}");
    }
}
