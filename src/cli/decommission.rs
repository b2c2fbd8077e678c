use clap::Args;

use super::context::{self, Context};
use super::names::Names;
use crate::admin::moves::Wanted;
use crate::cli::moves::Moving;
use crate::engine::leave;
use crate::engine::membership::{Leaving, Retired};
use crate::engine::ops::Engine;
use crate::error::{End, ExitCode};
use crate::model::ids::NodeName;
use crate::output::{members, moves, outcome};
use crate::paths::ClusterDir;

/// Take a broker out of a cluster that runs, for good
///
/// Its replicas are moved to the other brokers first: the plan is shown, and asked for. Then it is stopped in
/// order and forgotten, and its data is deleted; no later broker gets its id.
#[derive(Debug, Args)]
pub(super) struct Decommission {
    /// Name of the broker, such as broker-3
    #[arg(value_name = "BROKER", add = Names::Brokers)]
    broker: String,

    /// Even while other nodes are down or partitions under-replicated
    #[arg(long)]
    force: bool,

    /// Leave its folder with its data where it is
    #[arg(long)]
    keep_data: bool,

    #[command(flatten)]
    moving: Moving,

    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

impl Decommission {
    pub(super) async fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let dir = cx.chosen()?.dir;
        let plan = cx.engine.stored_plan(&dir)?;
        let broker = leave::named(&plan, &self.broker)?;
        if plan.node(broker).is_some() {
            let held = leave::held_if_it_may(&cx.engine, &plan, broker, self.force).await?;
            if !held.is_empty() {
                self.drain(cx, &dir, broker).await?;
            }
        }
        let leaving =
            Leaving { broker, force: self.force, keep_data: self.keep_data, by: context::by("decommission") };
        let Retired { outcome, stale } = cx.engine.retire(&cx.folders, &dir, &leaving).await?;
        if let Some(stale) = members::stale(&stale, &plan.name) {
            cx.screen.say(stale);
        }
        match self.json {
            true => cx.screen.json(&outcome::Report::from(&outcome))?,
            false => cx.screen.print(outcome::text(&outcome))?,
        }
        Ok(ExitCode::Ok)
    }

    /// Moves all that the broker holds to the others, which end up evenly loaded.
    async fn drain<E: Engine>(
        &self,
        cx: &mut Context<'_, E>,
        dir: &ClusterDir,
        broker: NodeName,
    ) -> Result<(), End> {
        let (topics, exclude) = (Vec::new(), Vec::new());
        let wanted = Wanted::Spread { topics, exclude, without: [broker.id].into() };
        let proposal = cx.engine.propose_moves(dir, &wanted).await?;
        proposal.warnings.iter().for_each(|warning| cx.screen.warn(warning));
        let moved = self.moving.carry_out(cx, dir, &proposal, self.json).await?;
        moved.warnings.iter().for_each(|warning| cx.screen.warn(warning));
        cx.screen.show(moves::moved(&moved).trim_end());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::admin::moves::{Moved, MovedResult, Wanted};
    use crate::cli::testing::{Fake, Ran, run, run_unread};
    use crate::engine::membership::Retired;
    use crate::error::{ExitCode, Failure};
    use crate::model::ids::NodeName;
    use crate::model::outcome::{NodeOutcome, NodeResult, Outcome, OutcomeKind, Stop, Summary};
    use crate::model::samples::{healthy, node, partition, topic};
    use crate::model::status::NodeState;
    use crate::output::moves::samples;
    use crate::output::outcome::Report;
    use crate::paths::ClusterDir;
    use crate::plan::members::Shifted;

    const B2: NodeName = NodeName { role: crate::model::ids::Role::Broker, id: 2 };

    fn retired() -> Retired {
        let stop = Stop::InOrder { after_ms: 352 };
        let left = NodeResult::Left { stop, kept_data: false, dir: "/velib/broker-2".into() };
        let nodes = vec![NodeOutcome::new(B2, left)];
        let outcome = Outcome { result: OutcomeKind::Done, summary: Summary::Nodes, nodes };
        Retired { outcome, stale: Vec::new() }
    }

    /// Of velib, on whose broker-2 there are replicas or none.
    fn decommission(holds: bool, moved: Result<Moved, Failure>, retired: Retired, line: &str) -> Ran {
        run(velib(holds, moved, retired), line)
    }

    fn velib(holds: bool, moved: Result<Moved, Failure>, retired: Retired) -> Fake {
        let fake = Fake::with_clusters(&["velib"]);
        let mut status = healthy();
        let replicas: &[i32] = if holds { &[0, 2] } else { &[0, 1] };
        status.topics = Some([("t".to_owned(), topic(vec![partition(Some(0), replicas, replicas)]))].into());
        fake.statuses([Ok(status)]);
        fake.proposal(Ok(samples::proposal()));
        fake.moved(vec![], moved);
        fake.retires(Ok(retired));
        fake
    }

    #[test]
    fn a_reader_that_went_away_keeps_no_broker() {
        let fake = velib(true, Ok(samples::moved(MovedResult::Moved)), retired());
        let ran = run_unread(fake, "decommission broker-2 --yes");
        assert_eq!((ran.code, ran.fake.carried_out().len()), (ExitCode::Ok, 1), "{}", ran.err);
        assert_eq!(ran.fake.retired().unwrap().broker, B2);
    }

    #[test]
    fn an_empty_broker_leaves_without_being_drained() {
        let ran =
            decommission(false, Err(Failure::new(ExitCode::Failed, "x")), retired(), "decommission broker-2");
        assert_eq!(ran.code, ExitCode::Ok, "{}", ran.err);
        assert_eq!(
            ran.out,
            "broker-2: stopped in order after 352 ms; no longer a member, its data is deleted from /velib/broker-2\n"
        );
        let leaving = ran.fake.retired().unwrap();
        assert_eq!((leaving.broker, leaving.force, leaving.keep_data), (B2, false, false));
    }

    #[test]
    fn a_broker_that_holds_replicas_leaves_only_once_it_is_drained() {
        let line = "decommission broker-2 --force --keep-data --throttle 1MB/s --yes --json";
        let moved = || Ok(samples::moved(MovedResult::Moved));
        let ran = decommission(true, moved(), retired(), line);
        let without = [2].into();
        let (topics, exclude) = (Vec::new(), Vec::new());
        assert_eq!(ran.fake.wanted_moves(), [Wanted::Spread { topics, exclude, without }]);
        assert_eq!(ran.fake.carried_out(), [(samples::proposal().moves(), Some(1_000_000))]);
        let leaving = ran.fake.retired().unwrap();
        assert!(leaving.force && leaving.keep_data);
        let outcome: Report = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(outcome.nodes[0].node, B2);
        let ran = decommission(true, Err(Failure::new(ExitCode::Failed, "not moved")), retired(), line);
        assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Failed, ""));
        assert!(ran.fake.retired().is_none());
        let ran = decommission(true, moved(), retired(), "decommission broker-2");
        assert_eq!((ran.code, ran.fake.carried_out().len()), (ExitCode::Usage, 0), "nobody to ask");
        assert!(ran.fake.retired().is_none());
    }

    #[test]
    fn nodes_that_are_only_starting_are_waited_for_and_those_that_stay_down_are_not() {
        let status = |state| {
            let mut status = healthy();
            status.topics = Some([].into());
            status.nodes[3] = node(NodeName::broker(0), state);
            Ok(status)
        };
        let fake = Fake::with_clusters(&["velib"]);
        fake.retires(Ok(retired()));
        fake.statuses([NodeState::Starting, NodeState::Starting, NodeState::Ready].map(status));
        let ran = run(fake, "decommission broker-2");
        assert_eq!(ran.code, ExitCode::Ok, "{}", ran.err);
        ran.fake.statuses([status(NodeState::Killed)]);
        let ran = run(ran.fake, "decommission broker-2");
        assert_eq!(ran.code, ExitCode::Refused);
        assert_eq!(
            ran.err,
            "error: the cluster is not well: broker-0 not ready\nhint: see `cluster status`; `--force` does it anyway\n"
        );
    }

    #[test]
    fn settings_that_those_who_stay_have_outgrown_are_told() {
        let setting = Shifted {
            key: "default.replication.factor".into(),
            running: Some("3".into()),
            wanted: Some("2".into()),
        };
        let retired = Retired { stale: vec![setting], ..retired() };
        let ran =
            decommission(false, Ok(samples::moved(MovedResult::Moved)), retired, "decommission broker-2");
        assert_eq!(
            ran.err,
            "until `cluster -c velib down` and `up` the other brokers keep default.replication.factor=3 (then 2)\n"
        );
    }

    #[test]
    fn what_is_no_broker_is_asked_of_nobody_and_one_that_left_is_no_error() {
        for name in ["broker-7", "zookeeper-1", "broker-x"] {
            let ran = decommission(
                false,
                Ok(samples::moved(MovedResult::Moved)),
                retired(),
                &format!("decommission {name}"),
            );
            assert_eq!(ran.code, ExitCode::Usage, "{name}");
            assert!(ran.fake.retired().is_none());
        }
        let fake = Fake::with_clusters(&["velib"]);
        let mut plan = fake.plan("velib");
        plan.next_broker_id = Some(8);
        let dir = ClusterDir(plan.dir.clone());
        fs::write(dir.plan(), serde_json::to_vec(&plan).unwrap()).unwrap();
        fake.retires(Ok(retired()));
        let ran = run(fake, "decommission broker-7");
        assert_eq!(ran.code, ExitCode::Ok, "{}", ran.err);
        assert_eq!(ran.fake.retired().unwrap().broker, NodeName::broker(7));
    }
}
