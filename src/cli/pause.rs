use clap::Args;

use super::change::Change;
use super::context::Context;
use super::targets::Targets;
use crate::engine::ops::Engine;
use crate::error::{End, ExitCode};
use crate::model::action::Action;
use crate::output::ladder::Goal;

/// Stop the processes of nodes where they are (SIGSTOP), until `resume`
///
/// A paused node keeps its ports, files and memory and answers nobody: what a long garbage collection or a
/// frozen machine looks like. After its session the cluster goes on without it.
#[derive(Debug, Args)]
pub(super) struct Pause {
    #[command(flatten)]
    targets: Targets,

    /// Even if that loses the quorum or takes partitions below min.insync.replicas
    #[arg(long)]
    force: bool,

    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

impl Pause {
    pub(super) async fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let change =
            Change { command: "pause", goal: Goal::Down, is_shown: false, timeout: None, json: self.json };
        change
            .run_on(cx, |plan| self.targets.of(plan), |nodes| Action::Pause { nodes, force: self.force })
            .await
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Fake, run};
    use crate::model::action::Action;
    use crate::model::ids::NodeName;
    use crate::model::outcome::OutcomeKind;

    #[test]
    fn the_nodes_reach_the_supervisor() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.answer(OutcomeKind::Done, "paused", vec![]);
        let ran = run(fake, "pause broker-1 --force");
        assert_eq!(
            ran.fake.requests(),
            [Action::Pause { nodes: vec![NodeName::broker(1).into()], force: true }]
        );
    }
}
