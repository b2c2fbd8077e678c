use std::time::Duration;

use clap::Args;

use super::change::Change;
use super::context::Context;
use super::nodes::Nodes;
use super::{ask, text};
use crate::engine::ops::Engine;
use crate::error::{End, ExitCode};
use crate::model::action::Action;
use crate::output::ladder::Goal;

/// Stop and start nodes, one after the other
///
/// With --rolling each waits until every replica is in the ISR, and those that lead come last: a client that asks for
/// acks=all meets no error that it cannot try again after. It is refused beside a replica that does not come back by
/// itself, such as one of a broker that was stopped, paused or given up.
#[derive(Debug, Args)]
pub(super) struct Restart {
    #[command(flatten)]
    nodes: Nodes,

    /// Each node only when every replica is in the ISR, and leaders after the others
    #[arg(long)]
    rolling: bool,

    /// Even if that loses the quorum or takes partitions below min.insync.replicas
    #[arg(long)]
    force: bool,

    /// How long to wait until they are ready again; no further node is restarted after that
    #[arg(long, value_name = "DURATION", value_parser = text::duration, default_value = ask::PATIENCE)]
    timeout: Duration,

    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

impl Restart {
    pub(super) async fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let change = Change {
            command: "restart",
            goal: Goal::Ready,
            is_shown: true,
            timeout: Some(self.timeout),
            json: self.json,
        };
        change
            .run(
                cx,
                |plan| self.nodes.of(plan),
                |nodes| Action::Restart { nodes, force: self.force, rolling: self.rolling },
            )
            .await
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Fake, run};
    use crate::model::action::Action;
    use crate::model::ids::NodeName;
    use crate::model::outcome::{NodeOutcome, NodeResult, OutcomeKind};

    #[test]
    fn the_node_reaches_the_supervisor_and_its_outcome_is_told() {
        let fake = Fake::with_clusters(&["velib"]);
        let node = NodeOutcome::new(NodeName::broker(1), NodeResult::Ready { after_ms: Some(3400) });
        fake.answer(OutcomeKind::Done, "done", vec![node]);
        let ran = run(fake, "restart broker-1 --force");
        assert_eq!(
            ran.fake.requests(),
            [Action::Restart { nodes: vec![NodeName::broker(1)], force: true, rolling: false }]
        );
        assert_eq!(ran.out, "broker-1: ready after 3.4 s\n");
    }

    #[test]
    fn all_means_every_node_of_the_plan() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.answer(OutcomeKind::Done, "done", vec![]);
        let ran = run(fake, "restart --all --rolling --json");
        let nodes: Vec<_> = (1..=3).map(NodeName::zookeeper).chain((0..3).map(NodeName::broker)).collect();
        assert_eq!(ran.fake.requests(), [Action::Restart { nodes, force: false, rolling: true }]);
        let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(json["result"], "done");
    }
}
