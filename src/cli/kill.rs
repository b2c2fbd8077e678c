use clap::Args;

use super::change::Change;
use super::context::Context;
use super::engine::Engine;
use super::{nodes, text};
use crate::api::action::Action;
use crate::error::{ExitCode, Failure};
use crate::ids::{NodeName, Role};
use crate::output::ladder::Goal;
use crate::output::screen::End;
use crate::process::signal::Signal;

/// Send a signal to nodes, SIGKILL by default
///
/// A node that a signal ends stays down until `start`. STOP pauses a node, CONT lets it go on.
#[derive(Debug, Args)]
pub struct Kill {
    /// Names of nodes, such as broker-0 or zookeeper-1
    #[arg(value_name = "NODE", required = true)]
    nodes: Vec<String>,

    /// Name or number, such as TERM or 15
    #[arg(short, long, value_parser = text::signal, default_value = "KILL")]
    signal: String,

    /// Tell the cluster at once that the brokers are gone, instead of when their sessions end
    ///
    /// Leaders then move in a fraction of a second. In production nobody does that: it hides the time that a
    /// real failure takes.
    #[arg(long)]
    fast_failover: bool,

    /// Even if that loses the quorum or takes partitions below min.insync.replicas
    #[arg(long)]
    force: bool,

    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

impl Kill {
    pub async fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        if self.fast_failover {
            self.must_end_brokers()?;
        }
        let change =
            Change { command: "kill", goal: Goal::Down, is_shown: false, timeout: None, json: self.json };
        change
            .run(
                cx,
                |plan| nodes::named(plan, &self.nodes),
                |nodes| Action::Kill {
                    nodes,
                    signal: self.signal,
                    force: self.force,
                    fast_failover: self.fast_failover,
                },
            )
            .await
    }

    /// Only a broker that is dead can be told to be gone.
    fn must_end_brokers(&self) -> Result<(), Failure> {
        let wrong = |message: String| Err(Failure::new(ExitCode::Usage, message));
        let is_deadly = self.signal.parse::<Signal>().is_ok_and(Signal::is_deadly);
        if !is_deadly {
            return wrong(format!(
                "`--fast-failover` needs a signal that ends a process, and {} does not",
                self.signal
            ));
        }
        let is_other = |name: &NodeName| name.role != Role::Broker;
        match self.nodes.iter().filter_map(|name| name.parse().ok()).find(is_other) {
            Some(other) => wrong(format!("`--fast-failover` is for brokers: {other} has no registration")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::api::action::{Action, NodeOutcome, OutcomeKind};
    use crate::cli::testing::{Fake, run};
    use crate::error::ExitCode;
    use crate::ids::NodeName;

    #[test]
    fn the_nodes_and_the_signal_reach_the_supervisor() {
        let fake = Fake::with_clusters(&["velib"]);
        let node =
            NodeOutcome { node: NodeName::broker(0), what: "killed with SIGTERM".into(), unchanged: false };
        fake.answer(OutcomeKind::Done, "killed", vec![node]);
        let ran = run(fake, "kill broker-0 zookeeper-1 -s term --force");
        let nodes = vec![NodeName::broker(0), NodeName::zookeeper(1)];
        let (signal, fast_failover) = ("SIGTERM".into(), false);
        assert_eq!(ran.fake.requests(), [Action::Kill { nodes, signal, force: true, fast_failover }]);
        assert_eq!(ran.out, "broker-0: killed with SIGTERM\n");
        assert_eq!(ran.err, "");
    }

    #[test]
    fn a_refusal_is_told_and_has_its_exit_code() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.answer(OutcomeKind::Refused, "that loses the quorum", vec![]);
        let ran = run(fake, "kill zookeeper-1 zookeeper-2");
        assert_eq!(ran.code, ExitCode::Refused);
        assert_eq!(ran.err, "error: that loses the quorum\nhint: `--force` does it anyway\n");
    }

    #[test]
    fn only_a_broker_that_is_dead_is_told_to_be_gone() {
        for line in ["kill zookeeper-1 --fast-failover", "kill broker-0 -s stop --fast-failover"] {
            let ran = run(Fake::with_clusters(&["velib"]), line);
            assert_eq!(ran.code, ExitCode::Usage, "{line}");
            assert_eq!(ran.fake.requests(), []);
        }
        let fake = Fake::with_clusters(&["velib"]);
        fake.answer(OutcomeKind::Done, "killed", vec![]);
        let ran = run(fake, "kill broker-0 --fast-failover");
        assert!(matches!(ran.fake.requests()[..], [Action::Kill { fast_failover: true, .. }]));
    }

    #[test]
    fn an_unknown_node_is_asked_of_nobody() {
        let ran = run(Fake::with_clusters(&["velib"]), "kill broker-7");
        assert_eq!(ran.code, ExitCode::Usage);
        assert_eq!(ran.fake.requests(), []);
    }
}
