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

/// Start nodes that are down, and return when they are ready
#[derive(Debug, Args)]
pub(super) struct Start {
    #[command(flatten)]
    nodes: Nodes,

    /// How long to wait until they are ready; it goes on after that
    #[arg(long, value_name = "DURATION", value_parser = text::duration, default_value = ask::PATIENCE)]
    timeout: Duration,

    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

impl Start {
    pub(super) async fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let change = Change {
            command: "start",
            goal: Goal::Ready,
            is_shown: true,
            timeout: Some(self.timeout),
            json: self.json,
        };
        change.run(cx, |plan| self.nodes.of(plan), |nodes| Action::Start { nodes }).await
    }
}

#[cfg(test)]
mod tests {
    use crate::api::message::Reply;
    use crate::cli::testing::{Fake, run};
    use crate::model::action::Action;
    use crate::model::event::Event;
    use crate::model::ids::NodeName;
    use crate::model::outcome::{NodeOutcome, NodeResult, OutcomeKind};
    use crate::output::events::samples;

    #[test]
    fn the_node_reaches_the_supervisor_and_its_outcome_is_told() {
        let fake = Fake::with_clusters(&["velib"]);
        let node = NodeOutcome::new(NodeName::broker(1), NodeResult::Ready { after_ms: Some(3400) });
        fake.answer(OutcomeKind::Done, "done", vec![node]);
        let ran = run(fake, "start broker-1");
        assert_eq!(ran.fake.requests(), [Action::Start { nodes: vec![NodeName::broker(1)] }]);
        assert_eq!(ran.out, "broker-1: ready after 3.4 s\n");
    }

    #[test]
    fn in_a_pipe_that_a_node_is_ready_is_said_once() {
        let fake = Fake::with_clusters(&["velib"]);
        let name = NodeName::broker(1);
        for event in [Event::Started { node: name, pid: 7 }, Event::Ready { node: name, after_ms: 3400 }] {
            fake.reply(Reply::Event { entry: samples::entry(event) });
        }
        let node = NodeOutcome::new(name, NodeResult::Ready { after_ms: Some(3400) });
        fake.answer(OutcomeKind::Done, "done", vec![node]);
        let ran = run(fake, "start broker-1");
        assert_eq!(ran.err, "broker-1: started, pid 7\n");
        assert_eq!(ran.out, "broker-1: ready after 3.4 s\n");
    }

    #[test]
    fn all_means_every_node_of_the_plan() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.answer(OutcomeKind::Done, "done", vec![]);
        let ran = run(fake, "start --all --json");
        let nodes: Vec<_> = (1..=3).map(NodeName::zookeeper).chain((0..3).map(NodeName::broker)).collect();
        assert_eq!(ran.fake.requests(), [Action::Start { nodes }]);
        let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(json["result"], "done");
    }
}
