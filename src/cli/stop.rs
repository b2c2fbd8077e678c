use clap::Args;

use super::change::Change;
use super::context::Context;
use super::nodes::Nodes;
use crate::engine::ops::Engine;
use crate::error::{End, ExitCode};
use crate::model::action::Action;
use crate::model::target::Target;
use crate::output::ladder::Goal;

/// Stop nodes in order; they stay down until `start`
///
/// A node gets SIGTERM, and SIGKILL when it is not down by its deadline; which it was is told.
#[derive(Debug, Args)]
pub(super) struct Stop {
    #[command(flatten)]
    nodes: Nodes,

    /// Even if that loses the quorum or takes partitions below min.insync.replicas
    #[arg(long)]
    force: bool,

    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

impl Stop {
    pub(super) async fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let change =
            Change { command: "stop", goal: Goal::Down, is_shown: true, timeout: None, json: self.json };
        let named = |plan: &_| Ok(self.nodes.of(plan)?.into_iter().map(Target::Node).collect());
        change.run_on(cx, named, |nodes| Action::Stop { nodes, force: self.force }).await
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Fake, run};
    use crate::model::action::Action;
    use crate::model::ids::NodeName;
    use crate::model::outcome::{NodeOutcome, NodeResult, OutcomeKind, Stop};

    #[test]
    fn the_node_reaches_the_supervisor_and_its_outcome_is_told() {
        let fake = Fake::with_clusters(&["velib"]);
        let node =
            NodeOutcome::new(NodeName::broker(1), NodeResult::Stopped(Stop::InOrder { after_ms: 412 }));
        fake.answer(OutcomeKind::Done, "done", vec![node]);
        let ran = run(fake, "stop broker-1 --force");
        assert_eq!(
            ran.fake.requests(),
            [Action::Stop { nodes: vec![NodeName::broker(1).into()], force: true }]
        );
        assert_eq!(ran.out, "broker-1: stopped in order after 412 ms\n");
    }

    #[test]
    fn all_means_every_node_of_the_plan() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.answer(OutcomeKind::Done, "done", vec![]);
        let ran = run(fake, "stop --all --json");
        let nodes: Vec<_> =
            (1..=3).map(NodeName::zookeeper).chain((0..3).map(NodeName::broker)).map(Into::into).collect();
        assert_eq!(ran.fake.requests(), [Action::Stop { nodes, force: false }]);
        let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(json["result"], "done");
    }
}
