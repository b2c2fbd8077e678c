use std::time::Duration;

use clap::Args;

use super::change::Change;
use super::context::Context;
use super::names::Names;
use super::targets::Targets;
use super::{ask, text};
use crate::engine::ops::Engine;
use crate::error::{End, ExitCode, Failure};
use crate::model::action::{Action, must_be_deadly};
use crate::model::ids::NodeName;
use crate::model::signal::Signal;
use crate::output::ladder::Goal;
use crate::units;

/// Send a signal to nodes, SIGKILL by default
///
/// A node that a signal ends stays down until `start`. STOP pauses a node, CONT lets it go on. What a node is
/// (controller, leader:velib-stations/3) is found out at the moment of the signal, and told.
#[derive(Debug, Args)]
pub(super) struct Kill {
    #[command(flatten)]
    targets: Targets,

    /// Name or number, such as TERM or 15
    #[arg(short, long, value_parser = text::signal, default_value = "KILL", add = Names::Signals)]
    signal: Signal,

    /// Tell the cluster at once that the brokers are gone, instead of when their sessions end
    ///
    /// Leaders then move in a fraction of a second. In production nobody does that: it hides the time that a
    /// real failure takes.
    #[arg(long)]
    fast_failover: bool,

    /// Wait that long first; Ctrl-C leaves everything as it is
    #[arg(long, value_name = "DURATION", value_parser = text::duration)]
    after: Option<Duration>,

    /// Start them again that long after, and return when they are ready
    #[arg(long, value_name = "DURATION", value_parser = text::duration)]
    restart_after: Option<Duration>,

    /// Even if that loses the quorum or takes partitions below min.insync.replicas
    #[arg(long)]
    force: bool,

    /// Print the outcome as JSON; with --restart-after a second object for the start
    #[arg(long)]
    json: bool,
}

impl Kill {
    pub(super) async fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let found = cx.chosen()?;
        let plan = cx.engine.stored_plan(&found.dir)?;
        let targets = self.targets.of(&plan)?;
        let Kill { signal, force, fast_failover, .. } = self;
        let action = Action::Kill { nodes: targets, signal, force, fast_failover };
        let is_to_end =
            if self.restart_after.is_some() { must_be_deadly(signal, "restart-after") } else { Ok(()) };
        is_to_end
            .and_then(|()| action.check())
            .map_err(|senseless| Failure::new(ExitCode::Usage, senseless.to_string()))?;
        if let Some(after) = self.after
            && !pass(cx, after, &action).await
        {
            cx.screen.say("nothing was done");
            return Err(End::Quiet(ExitCode::Interrupted));
        }
        let kill =
            Change { command: "kill", goal: Goal::Down, is_shown: false, timeout: None, json: self.json };
        let outcome = kill.ask(cx, &found.dir, &plan, action, Vec::new()).await?;
        let Some(restart_after) = self.restart_after else { return Ok(ExitCode::Ok) };
        let nodes: Vec<NodeName> = outcome.nodes.iter().map(|node| node.node).collect();
        let start = Action::Start { nodes: nodes.clone() };
        if !pass(cx, restart_after, &start).await {
            let names: Vec<String> = nodes.iter().map(NodeName::to_string).collect();
            cx.screen.say(format!("not started again; `cluster start {}` does it", names.join(" ")));
            return Err(End::Quiet(ExitCode::Interrupted));
        }
        let timeout = text::duration(ask::PATIENCE).ok();
        let change = Change { command: "kill", goal: Goal::Ready, is_shown: true, timeout, json: self.json };
        change.ask(cx, &found.dir, &plan, start, nodes).await?;
        Ok(ExitCode::Ok)
    }
}

/// Says what it is for, and lets time pass; false when Ctrl-C came first.
async fn pass<E: Engine>(cx: &mut Context<'_, E>, time: Duration, then: &Action) -> bool {
    let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    cx.screen.say(format!("in {}: {then}", units::duration(ms)));
    tokio::select! {
        () = tokio::time::sleep(time) => true,
        _ = tokio::signal::ctrl_c() => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Fake, run};
    use crate::error::ExitCode;
    use crate::model::action::Action;
    use crate::model::ids::NodeName;
    use crate::model::outcome::{NodeOutcome, NodeResult, OutcomeKind};
    use crate::model::signal::Signal;

    fn killed(signal: Signal) -> NodeResult {
        NodeResult::Killed { signal, after_ms: None, failover: None }
    }

    #[test]
    fn the_nodes_and_the_signal_reach_the_supervisor() {
        let fake = Fake::with_clusters(&["velib"]);
        let node = NodeOutcome::new(NodeName::broker(0), killed(Signal::TERM));
        fake.answer(OutcomeKind::Done, "killed", vec![node]);
        let ran = run(fake, "kill broker-0 zookeeper-1 -s term --force");
        let nodes = vec![NodeName::broker(0).into(), NodeName::zookeeper(1).into()];
        let (signal, fast_failover) = (Signal::TERM, false);
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
    fn what_a_node_is_reaches_the_supervisor_as_a_word() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.answer(OutcomeKind::Done, "killed", vec![]);
        let ran = run(fake, "kill controller random:broker --seed 7");
        let Action::Kill { nodes, .. } = &ran.fake.requests()[0] else { panic!("another request") };
        let words: Vec<String> = nodes.iter().map(ToString::to_string).collect();
        assert_eq!(words, ["controller", "random:broker:7"]);
    }

    #[test]
    fn what_is_killed_is_started_again_by_the_name_that_it_turned_out_to_have() {
        let fake = Fake::with_clusters(&["velib"]);
        let node = NodeOutcome::new(NodeName::broker(2), killed(Signal::KILL));
        fake.answer(OutcomeKind::Done, "killed", vec![node]);
        let ran = run(fake, "kill leader:bikes/0 --after 1ms --restart-after 1ms");
        assert_eq!(ran.fake.requests()[1], Action::Start { nodes: vec![NodeName::broker(2)] });
        let said = "in 1 ms: kill leader:bikes/0 --signal SIGKILL\nin 1 ms: start broker-2\n";
        assert!(ran.err.starts_with(said), "{}", ran.err);
        let ran = run(Fake::with_clusters(&["velib"]), "kill broker-0 -s stop --restart-after 1s");
        assert_eq!((ran.code, ran.fake.requests().len()), (ExitCode::Usage, 0));
    }

    #[test]
    fn an_unknown_node_is_asked_of_nobody() {
        let ran = run(Fake::with_clusters(&["velib"]), "kill broker-7");
        assert_eq!(ran.code, ExitCode::Usage);
        assert_eq!(ran.fake.requests(), []);
    }
}
