use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::context::Context;
use super::names::Names;
use super::targets;
use crate::engine::journal::Journal;
use crate::engine::ops::{FolderOps, NodeOps};
use crate::engine::suggest;
use crate::error::{End, ExitCode, Failure};
use crate::model::event::Entry;
use crate::model::ids::{NodeName, Role};
use crate::model::status::{NodeState, Status};
use crate::model::target::{NotATarget, Target};
use crate::output::diagnosis;
use crate::output::why as output;
use crate::paths::ClusterDir;
use crate::plan::model::Plan;
use crate::supervisor::last_words::{last_words, lasting, refused_clients};
use crate::view::diagnosis::{About, Diagnosis, diagnose, diagnose_down, is_unwell};
use crate::view::why::{Why, why};

/// Say why a node, a topic or the whole cluster is as it is, and what would help
///
/// Of a node: who wanted what, what happened since, the step that it is on, the last error of its log. Of a topic:
/// leaders, ISR, who is missing. Without a name: which nodes and partitions are not as they should be.
#[derive(Debug, Args)]
pub(super) struct WhyCommand {
    /// A node, such as broker-0 or controller, a topic, or a partition such as velib-stations/3
    #[arg(value_name = "NODE|TOPIC|TOPIC/PARTITION", add = Names::NodesTopicsAndPartitions)]
    name: Option<String>,

    /// A topic is meant, though a node is called so
    #[arg(long, requires = "name")]
    topic: bool,

    /// Print as JSON
    #[arg(long)]
    json: bool,
}

impl WhyCommand {
    pub(super) async fn run<E: NodeOps + FolderOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let dir = cx.chosen()?.dir;
        let plan = cx.engine.stored_plan(&dir)?;
        match &self.name {
            Some(name) if !self.topic && may_be_node(name) => self.node(cx, &dir, &plan, name).await,
            Some(name) => {
                let status = cx.engine.status(&dir, None).await?;
                let about = topic(name, &status, &plan)?;
                let journal = Journal::of(&dir).entries()?;
                self.show(cx, &diagnose(&status, about, &journal, unwell(&plan, &status, &journal)))
            }
            None => {
                let journal = Journal::of(&dir).entries()?;
                let told = match running(cx, &dir).await? {
                    Some(status) => {
                        diagnose(&status, About::Cluster, &journal, unwell(&plan, &status, &journal))
                    }
                    None => diagnose_down(&plan.name, ended(&plan, &journal)),
                };
                self.show(cx, &told)
            }
        }
    }

    async fn node<E: NodeOps + FolderOps>(
        &self,
        cx: &mut Context<'_, E>,
        dir: &ClusterDir,
        plan: &Plan,
        name: &str,
    ) -> Result<ExitCode, End> {
        let names = targets::meant(cx, dir, plan, &[name.to_owned()]).await?;
        let status = running(cx, dir).await?;
        let journal = Journal::of(dir).entries()?;
        for name in names {
            let mut told = why_of(plan, name, status.as_ref(), &journal);
            if name.role == Role::Broker {
                told.refused = plan.node(name).map(refused_clients).unwrap_or_default();
            }
            match self.json {
                true => cx.screen.json(&told)?,
                false => cx.screen.print(output::text(&told, Timestamp::now(), &TimeZone::system()))?,
            }
        }
        Ok(ExitCode::Ok)
    }

    fn show<E>(&self, cx: &mut Context<'_, E>, told: &Diagnosis) -> Result<ExitCode, End> {
        match self.json {
            true => cx.screen.json(told)?,
            false => cx.screen.print(diagnosis::text(told, Timestamp::now(), &TimeZone::system()))?,
        }
        Ok(ExitCode::Ok)
    }
}

/// A node's name, or a word for what one is.
fn may_be_node(name: &str) -> bool {
    !matches!(name.parse::<Target>(), Err(NotATarget::Unknown(_)))
}

/// `None`: nothing of the cluster runs.
async fn running<E: NodeOps>(cx: &Context<'_, E>, dir: &ClusterDir) -> Result<Option<Status>, Failure> {
    match cx.engine.status(dir, None).await {
        Ok(status) => Ok(Some(status)),
        Err(failure) if failure.code == ExitCode::NotRunning => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn why_of(plan: &Plan, name: NodeName, status: Option<&Status>, journal: &[Entry]) -> Why {
    let is_ready =
        status.and_then(|status| status.node(name)).is_some_and(|node| node.state == NodeState::Ready);
    let said = if is_ready { lasting } else { last_words };
    why(name, status, journal, plan.node(name).and_then(said))
}

fn unwell(plan: &Plan, status: &Status, journal: &[Entry]) -> Vec<Why> {
    let all = status.nodes.iter().map(|node| (node, why_of(plan, node.node, Some(status), journal)));
    all.filter(|(node, why)| is_unwell(node) || why.error.is_some()).map(|(_, why)| why).collect()
}

/// Nodes of a cluster that is down, whose end nobody asked for.
fn ended(plan: &Plan, journal: &[Entry]) -> Vec<Why> {
    let all = plan.nodes.iter().map(|node| why_of(plan, node.name, None, journal));
    all.filter(|why| why.state == NodeState::Exited).collect()
}

/// The topic or partition that is there and called so.
fn topic<'a>(text: &'a str, status: &Status, plan: &Plan) -> Result<About<'a>, Failure> {
    let (name, number) = match text.rsplit_once('/') {
        Some((name, number)) => {
            let number = number.parse::<i32>().ok().filter(|number| *number >= 0);
            let wrong = || {
                let message = format!("`{text}` names no partition");
                Failure::new(ExitCode::Usage, message).hint("write TOPIC/PARTITION, such as velib-stations/3")
            };
            (name, Some(number.ok_or_else(wrong)?))
        }
        None => (text, None),
    };
    let Some(topics) = &status.topics else {
        let message = format!("no broker of {} could tell of topics", plan.name);
        return Err(Failure::new(ExitCode::Failed, message).hint("`cluster why` says what is wrong with it"));
    };
    let Some(topic) = topics.get(name) else {
        let nodes = plan.nodes.iter().map(|node| node.name.to_string());
        let real = topics.iter().filter(|(_, topic)| !topic.internal).map(|(name, _)| name.clone());
        let real: Vec<String> = nodes.chain(real).collect();
        let failure =
            Failure::new(ExitCode::Usage, format!("{} has no node and no topic `{name}`", plan.name));
        // As Kafka calls a partition.
        let of_partition = name.rsplit_once('-').filter(|(topic, number)| {
            topics
                .get(*topic)
                .is_some_and(|topic| number.parse().is_ok_and(|n| topic.partitions.contains_key(&n)))
        });
        return Err(match of_partition {
            Some((topic, number)) => failure.hint(format!("did you mean `{topic}/{number}`?")),
            None => failure.hint(suggest::hint(name, suggest::NODES_AND_TOPICS, &real)),
        });
    };
    match number.filter(|number| !topic.partitions.contains_key(number)) {
        Some(number) => {
            let last = topic.partitions.keys().last().copied().unwrap_or_default();
            let message = format!("{name} has no partition {number}: its last is {last}");
            Err(Failure::new(ExitCode::Usage, message))
        }
        None => Ok(About::Topic(name, number)),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::cli::testing::{Fake, run};
    use crate::error::{ExitCode, Failure};
    use crate::model::event::Event;
    use crate::model::ids::NodeName;
    use crate::model::samples::{degraded, healthy};
    use crate::output::events;

    #[test]
    fn the_journal_and_the_status_make_the_reason() {
        let fake = Fake::with_clusters(&["velib"]);
        let asked = Event::Asked {
            request: 1,
            action: "kill broker-0 --signal SIGKILL".into(),
            by: "cluster kill".into(),
            asked: None,
        };
        let line = serde_json::to_string(&events::samples::entry(asked)).unwrap();
        fs::write(fake.home().join("velib/events.jsonl"), line + "\n").unwrap();
        fake.statuses([Ok(crate::model::samples::degraded())]);
        let ran = run(fake, "why broker-0");
        assert!(ran.out.starts_with("broker-0: killed\n"), "{}", ran.out);
        assert!(ran.out.contains("kill broker-0 --signal SIGKILL"), "{}", ran.out);
        assert!(ran.out.contains("`cluster start broker-0`"), "{}", ran.out);
    }

    #[test]
    fn a_cluster_that_is_down_is_told_of_too_and_an_unknown_node_is_not() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.statuses([Err(Failure::new(ExitCode::NotRunning, "down"))]);
        let ran = run(fake, "why broker-0");
        assert_eq!(ran.code, ExitCode::Ok);
        assert!(ran.out.contains("`cluster up` starts it"), "{}", ran.out);
        assert_eq!(run(Fake::with_clusters(&["velib"]), "why broker-9").code, ExitCode::Usage);
    }

    #[test]
    fn without_a_name_it_is_what_is_wrong_with_the_cluster_or_one_line() {
        let said = |status: Result<crate::model::status::Status, Failure>, line: &str| {
            let fake = Fake::with_clusters(&["velib"]);
            fake.statuses([status]);
            run(fake, line).out
        };
        assert_eq!(said(Ok(healthy()), "why"), "healthy (green): 1 more broker may fail\n");
        let out = said(Ok(degraded()), "why");
        assert!(out.contains("\nnodes\n  broker-0     killed") && out.contains("\npartitions\n"), "{out}");
        let json: serde_json::Value = serde_json::from_str(&said(Ok(degraded()), "why --json")).unwrap();
        assert_eq!(json["nodes"][0]["node"], "broker-0");
        assert_eq!(json["partitions"][0]["lacks"][0], "under-replicated");
        let down = said(Err(Failure::new(ExitCode::NotRunning, "down")), "why");
        assert_eq!(down, "velib is down: nothing of it runs\n\nwhat helps\n  `cluster up` starts it\n");
    }

    #[test]
    fn a_node_that_is_ready_is_told_of_when_its_log_says_what_it_cannot_do() {
        let fake = Fake::with_clusters(&["velib"]);
        let log = fake.plan("velib").node(NodeName::broker(0)).unwrap().log_file();
        fs::create_dir_all(log.parent().unwrap()).unwrap();
        let text =
            "[t] ERROR it failed\njava.lang.UnsatisfiedLinkError: failed to map segment from shared object\n";
        fs::write(&log, text.to_owned() + "[t] ERROR something else\n").unwrap();
        fake.statuses([Ok(healthy())]);
        let out = run(fake, "why").out;
        assert!(out.contains("\n  broker-0     ready") && out.contains("cannot load native code"), "{out}");
        assert!(!out.contains("broker-1"), "{out}");
    }

    #[test]
    fn a_topic_or_a_partition_is_meant_where_no_node_is_called_so() {
        let ran = |line: &str| {
            let fake = Fake::with_clusters(&["velib"]);
            fake.statuses([Ok(degraded())]);
            run(fake, line)
        };
        let topic = ran("why velib-stations").out;
        assert!(topic.starts_with("3 of 3 partitions of velib-stations are not"), "{topic}");
        assert!(topic.contains("`cluster explain velib-stations`"), "{topic}");
        assert!(ran("why velib-stations/0").out.contains("\n  0: under-replicated; leader 1"));
        assert!(ran("why broker-0").out.starts_with("broker-0: killed"));
        for (line, said) in [
            ("why velib-stations/7", "velib-stations has no partition 7: its last is 2"),
            ("why velib-stations/x", "`velib-stations/x` names no partition"),
            (
                "why velib-stations-0",
                "velib has no node and no topic `velib-stations-0`\nhint: did you mean `velib-stations/0`?",
            ),
            ("why velib-station", "velib has no node and no topic `velib-station`"),
            ("why broker-0 --topic", "velib has no node and no topic `broker-0`"),
        ] {
            let ran = ran(line);
            assert_eq!(ran.code, ExitCode::Usage, "{line}");
            assert!(ran.err.starts_with(&format!("error: {said}")), "{}", ran.err);
        }
    }
}
