use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::as_user::AsUser;
use super::context::Context;
use super::names::Names;
use crate::admin::moves::{Moved, PlanFile, Proposal, Wanted};
use crate::cli::moves::Moving;
use crate::engine::ops::Engine;
use crate::error::{End, ExitCode, Failure};
use crate::output::moves::{self, Report};

/// Spread replicas and preferred leaders evenly over the live brokers
///
/// Shows which replicas would move, asks, has Kafka move them, and returns when all are in the ISR, the preferred
/// leaders lead and the throttle is gone. Ctrl-C leaves Kafka at it: `--watch` goes on, `--cancel` undoes.
#[derive(Debug, Args)]
pub(super) struct Rebalance {
    /// Of these topics; every topic without one, Kafka's own included
    #[arg(value_name = "TOPIC", add = Names::Topics)]
    topics: Vec<String>,

    /// Leave this topic as it is; several times
    #[arg(long, value_name = "TOPIC", add = Names::Topics)]
    exclude: Vec<String>,

    /// Carry out this plan instead, of `--save` or of kafka-reassign-partitions
    #[arg(long, value_name = "FILE", conflicts_with_all = ["topics", "exclude"])]
    plan: Option<PathBuf>,

    /// Write the plan to a file, which kafka-reassign-partitions reads, too
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,

    /// Only show the plan
    #[arg(long)]
    dry_run: bool,

    /// Follow a move that is under way, and finish it: check it, take its throttle away; `q` ends the looking
    #[arg(long, conflicts_with_all = ["topics", "exclude", "plan", "save", "dry_run", "throttle", "cancel", "yes"])]
    watch: bool,

    /// Cancel what is being moved: replicas go back to where they were
    #[arg(long, conflicts_with_all = ["topics", "exclude", "plan", "save", "dry_run", "throttle", "yes"])]
    cancel: bool,

    #[command(flatten)]
    moving: Moving,

    /// Print as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    as_user: AsUser,
}

impl Rebalance {
    pub(super) async fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        self.as_user.log_in(cx);
        let dir = cx.chosen()?.dir;
        if self.cancel {
            let moved = cx.engine.cancel_moves(&dir).await?;
            return self.report(cx, None, Some(&moved));
        }
        if self.watch {
            let moved = self.moving.watch(cx, &dir).await?;
            return self.report(cx, None, Some(&moved));
        }
        let wanted = match &self.plan {
            Some(path) => Wanted::Plan(read(path)?),
            None => Wanted::Spread {
                topics: self.topics.clone(),
                exclude: self.exclude.clone(),
                without: Default::default(),
            },
        };
        let proposal = cx.engine.propose_moves(&dir, &wanted).await?;
        proposal.warnings.iter().for_each(|warning| cx.screen.warn(warning));
        if let Some(path) = &self.save {
            save(path, &proposal)?;
            cx.screen.say(format!("the plan is in {}", path.display()));
        }
        if self.dry_run || proposal.moves.is_empty() {
            return self.report(cx, Some(&proposal), None);
        }
        let moved = self.moving.carry_out(cx, &dir, &proposal, self.json).await?;
        self.report(cx, Some(&proposal), Some(&moved))
    }

    fn report<E: Engine>(
        &self,
        cx: &mut Context<'_, E>,
        plan: Option<&Proposal>,
        outcome: Option<&Moved>,
    ) -> Result<ExitCode, End> {
        let is_even = plan.is_some_and(|plan| plan.moves.is_empty());
        let result = match outcome {
            Some(moved) => moves::result(moved.result),
            None if is_even => "even",
            None => "planned",
        };
        if let Some(moved) = outcome {
            moved.warnings.iter().for_each(|warning| cx.screen.warn(warning));
        }
        match (self.json, plan, outcome) {
            (true, ..) => {
                let throttle_bytes_per_second = self.moving.throttle;
                cx.screen.json(&Report { result, throttle_bytes_per_second, plan, outcome })?;
            }
            (false, _, Some(moved)) => cx.screen.print(moves::moved(moved))?,
            (false, ..) if is_even && self.plan.is_some() => {
                cx.screen.print("all is as planned already\n")?
            }
            (false, ..) if is_even => cx.screen.print("evenly spread: nothing to move\n")?,
            (false, Some(plan), None) => cx.screen.print(moves::plan(plan, cx.screen.out_width()))?,
            (false, None, None) => {}
        }
        Ok(match outcome.is_some_and(|moved| !moved.not_elected.is_empty()) {
            true => ExitCode::Failed,
            false => ExitCode::Ok,
        })
    }
}

fn read(path: &Path) -> Result<PlanFile, Failure> {
    let text = fs::read_to_string(path)
        .map_err(|error| Failure { code: ExitCode::BadInput, ..Failure::io("read", path, &error) })?;
    PlanFile::parse(&text).map_err(|fault| {
        Failure::new(ExitCode::BadInput, format!("{} is no plan: {}", path.display(), fault.what))
            .hint(fault.remedy)
    })
}

fn save(path: &Path, proposal: &Proposal) -> Result<(), Failure> {
    let text = PlanFile::of(&proposal.moves()).text();
    fs::write(path, text).map_err(|error| Failure::io("write", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::moves::{MoveProgress, MovedResult};
    use crate::cli::testing::{Fake, run, run_answering, run_unread};
    use crate::output::moves::samples;

    fn planned() -> Fake {
        let fake = Fake::with_clusters(&["velib"]);
        fake.proposal(Ok(samples::proposal()));
        fake.moved(vec![MoveProgress::default()], Ok(samples::moved(MovedResult::Moved)));
        fake
    }

    #[test]
    fn the_plan_is_shown_and_only_a_yes_carries_it_out() {
        for (typed, code) in [("y\n", ExitCode::Ok), ("n\n", ExitCode::Failed), ("\n", ExitCode::Failed)] {
            let ran = run_answering(planned(), "rebalance", typed);
            assert_eq!(
                (ran.code, ran.fake.carried_out().len()),
                (code, usize::from(code == ExitCode::Ok)),
                "{typed:?}"
            );
            assert!(ran.out.starts_with("TOPIC  PARTITION"), "{}", ran.out);
            assert!(ran.err.contains("move these replicas (not throttled)? [y/N]"), "{}", ran.err);
        }
        let ran = run(planned(), "rebalance");
        assert_eq!((ran.code, ran.fake.carried_out().len()), (ExitCode::Usage, 0));
        assert!(ran.err.contains("--yes"), "{}", ran.err);
    }

    #[test]
    fn yes_carries_it_out_at_the_rate_that_was_given() {
        let ran = run(planned(), "rebalance bikes --exclude docks --throttle 2MiB/s --yes");
        assert_eq!(ran.fake.carried_out(), [(samples::proposal().moves(), Some(2 << 20))]);
        let (topics, exclude) = (vec!["bikes".to_owned()], vec!["docks".to_owned()]);
        assert_eq!(
            ran.fake.wanted_moves(),
            [Wanted::Spread { topics, exclude, without: Default::default() }]
        );
        assert!(ran.out.ends_with("after 2.1 s\n"), "{}", ran.out);
        assert!(ran.err.contains("at most 2.0 MiB/s a broker"), "{}", ran.err);
    }

    #[test]
    fn what_nobody_reads_is_done_all_the_same() {
        let ran = run_unread(planned(), "rebalance --yes");
        assert_eq!((ran.code, ran.fake.carried_out().len()), (ExitCode::Ok, 1), "{}", ran.err);
        let unelected = Err(Failure::new(ExitCode::TimedOut, "out of time"));
        let fake = planned();
        fake.moved(vec![], unelected);
        assert_eq!(run_unread(fake, "rebalance --yes").code, ExitCode::TimedOut);
    }

    #[test]
    fn a_dry_run_moves_nothing_and_saves_what_can_be_given_back() {
        let fake = planned();
        let path = fake.home().join("plan.json");
        let line = format!("rebalance --dry-run --save {}", path.display());
        let ran = run(fake.again(), &line);
        assert_eq!((ran.code, fake.carried_out().len()), (ExitCode::Ok, 0));
        fake.proposal(Ok(samples::proposal()));
        let ran = run(fake, &format!("rebalance --plan {} --dry-run --json", path.display()));
        let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!((&report["result"], &report["outcome"]), (&"planned".into(), &serde_json::Value::Null));
        let plan = PlanFile::of(&samples::proposal().moves());
        assert_eq!(ran.fake.wanted_moves().last(), Some(&Wanted::Plan(plan)));
    }

    #[test]
    fn a_file_that_is_no_plan_is_told_with_its_line_and_column() {
        let fake = planned();
        let path = fake.home().join("plan.json");
        fs::write(&path, "{\"version\": 1,\n \"partitions\": 7}").unwrap();
        let ran = run(fake, &format!("rebalance --plan {}", path.display()));
        assert_eq!(ran.code, ExitCode::BadInput);
        assert!(ran.err.contains("line 2 column 16"), "{}", ran.err);
        assert_eq!(run(planned(), "rebalance --plan /nowhere/plan.json").code, ExitCode::BadInput);
    }

    #[test]
    fn an_even_spread_asks_nothing() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.proposal(Ok(Proposal { moves: vec![], ..samples::proposal() }));
        let ran = run(fake, "rebalance");
        assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Ok, "evenly spread: nothing to move\n"));
    }

    #[test]
    fn out_of_time_says_how_to_go_on() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.proposal(Ok(samples::proposal()));
        let ran = run(fake, "rebalance --yes --timeout 5m");
        assert_eq!(ran.code, ExitCode::TimedOut);
        assert!(ran.err.contains("after 5 min") && ran.err.contains("--watch"), "{}", ran.err);
    }

    #[test]
    fn a_leader_that_was_not_elected_is_a_failure() {
        let fake = planned();
        let mut moved = samples::moved(MovedResult::Moved);
        moved.not_elected.push("bikes/0: broker-2 is down".into());
        fake.moved(vec![], Ok(moved));
        assert_eq!(run(fake, "rebalance --watch").code, ExitCode::Failed);
    }

    #[test]
    fn cancelling_is_reported() {
        let fake = planned();
        fake.moved(vec![], Ok(samples::moved(MovedResult::Cancelled)));
        let ran = run(fake, "rebalance --cancel");
        assert!(ran.out.starts_with("cancelled: 2 partitions back"), "{}", ran.out);
    }
}
