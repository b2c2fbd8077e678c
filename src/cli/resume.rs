use clap::Args;

use super::change::Change;
use super::context::Context;
use super::nodes::Nodes;
use crate::engine::ops::Engine;
use crate::error::{End, ExitCode};
use crate::model::action::Action;
use crate::output::ladder::Goal;

/// Let paused nodes go on (SIGCONT)
#[derive(Debug, Args)]
pub(super) struct Resume {
    #[command(flatten)]
    nodes: Nodes,

    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

impl Resume {
    pub(super) async fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let change =
            Change { command: "resume", goal: Goal::Ready, is_shown: false, timeout: None, json: self.json };
        change.run(cx, |plan| self.nodes.of(plan), |nodes| Action::Resume { nodes }).await
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Fake, run};
    use crate::model::action::Action;
    use crate::model::outcome::OutcomeKind;

    #[test]
    fn all_means_every_node_of_the_plan() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.answer(OutcomeKind::Done, "resumed", vec![]);
        let ran = run(fake, "resume --all");
        let [Action::Resume { nodes }] = &ran.fake.requests()[..] else { panic!("another request") };
        assert_eq!(nodes.len(), 6);
    }
}
