use clap::Args;

use super::change::Change;
use super::context::Context;
use super::engine::Engine;
use super::{nodes, text};
use crate::api::action::Action;
use crate::error::ExitCode;
use crate::output::ladder::Goal;
use crate::output::screen::End;

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

    /// Even if that loses the quorum or takes partitions below min.insync.replicas
    #[arg(long)]
    force: bool,

    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

impl Kill {
    pub async fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let change =
            Change { command: "kill", goal: Goal::Down, is_shown: false, timeout: None, json: self.json };
        change
            .run(
                cx,
                |plan| nodes::named(plan, &self.nodes),
                |nodes| Action::Kill { nodes, signal: self.signal, force: self.force },
            )
            .await
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
        assert_eq!(ran.fake.requests(), [Action::Kill { nodes, signal: "SIGTERM".into(), force: true }]);
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
    fn an_unknown_node_is_asked_of_nobody() {
        let ran = run(Fake::with_clusters(&["velib"]), "kill broker-7");
        assert_eq!(ran.code, ExitCode::Usage);
        assert_eq!(ran.fake.requests(), []);
    }
}
