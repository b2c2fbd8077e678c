use clap::{ArgGroup, Args};

use super::values::{self, Partitions};
use crate::admin::group::{Reset, ResetTo, Selection};
use crate::cli::as_user::AsUser;
use crate::cli::context::Context;
use crate::cli::names::Names;
use crate::engine::ops::{AccessOps, AdminOps, NodeOps};
use crate::error::{End, ExitCode, Failure};
use crate::output::groups;

/// Move the committed offsets of a group without members
///
/// Shows where each partition goes and asks. All of them are moved at once, or none.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("where").required(true).args(["to", "to_time", "shift_by"])))]
#[command(group(ArgGroup::new("what").required(true).args(["topic", "all_topics"])))]
pub(super) struct ResetCommand {
    #[arg(add = Names::Groups)]
    group: String,

    /// A topic, or some of its partitions: bikes:0,3; may be given several times
    #[arg(long, value_name = "TOPIC", value_parser = values::partitions, add = Names::Topics)]
    topic: Vec<Partitions>,

    /// Every partition that the group has committed an offset for
    #[arg(long)]
    all_topics: bool,

    /// earliest, latest, or an offset that is in the log
    #[arg(long, value_name = "OFFSET", value_parser = values::target, allow_hyphen_values = true)]
    to: Option<ResetTo>,

    /// The first message since then, the end when there is none: 10m (ago), 2026-11-23 01:34
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    to_time: Option<ResetTo>,

    /// Messages forward, or back: -10
    #[arg(long, value_name = "N", value_parser = values::shift, allow_hyphen_values = true)]
    shift_by: Option<ResetTo>,

    /// Only show what would be done
    #[arg(long)]
    dry_run: bool,

    /// Do not ask
    #[arg(short, long)]
    yes: bool,

    /// Print as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    as_user: AsUser,
}

impl ResetCommand {
    pub(super) async fn run<E: NodeOps + AdminOps + AccessOps>(
        self,
        cx: &mut Context<'_, E>,
    ) -> Result<ExitCode, End> {
        self.as_user.log_in(cx);
        let dir = cx.chosen()?.dir;
        let Some(to) = self.to.or(self.to_time).or(self.shift_by) else {
            return Err(Failure::new(ExitCode::Usage, "it is not said where to").into());
        };
        let partitions = match self.all_topics {
            true => Selection::All,
            false => values::selection(self.topic),
        };
        let wanted = Reset { group: self.group, partitions, to };
        let plan = cx.engine.plan_group_reset(&dir, &wanted).await?;
        if !self.dry_run {
            if !self.yes {
                cx.screen.show(groups::moves(&plan, cx.screen.err_width()).trim_end());
                let question = format!("reset these offsets of group {}?", plan.group);
                cx.must_confirm(&question, "resetting offsets", "no offset was reset")?;
            }
            cx.engine.reset_group(&dir, &plan).await?;
        }
        match self.json {
            true => cx.screen.json(&groups::ResetReport { done: !self.dry_run, plan })?,
            false => cx.screen.print(groups::reset(&plan, !self.dry_run, cx.screen.out_width()))?,
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::group::target::Move;
    use crate::admin::group::{GroupType, ResetPlan};
    use crate::cli::testing::{Fake, Groups, run, run_answering};

    fn resetting() -> Fake {
        let moved = |partition, before, after| Move { topic: "bikes".into(), partition, before, after };
        let partitions = vec![moved(0, Some(40), 7), moved(1, None, 0)];
        let fake = Fake::with_clusters(&["velib"]);
        fake.groups(Groups::Planned(Ok(ResetPlan {
            group: "riders".into(),
            kind: GroupType::Classic,
            partitions,
        })));
        fake
    }

    const LINE: &str = "group reset riders --topic bikes:0,1 --to earliest";

    #[test]
    fn the_plan_is_shown_and_only_a_yes_carries_it_out() {
        for (typed, code) in [("y\n", ExitCode::Ok), ("n\n", ExitCode::Failed), ("", ExitCode::Failed)] {
            let ran = run_answering(resetting(), LINE, typed);
            assert_eq!((ran.code, ran.fake.reset().len()), (code, usize::from(code == ExitCode::Ok)));
            assert!(ran.err.contains("bikes          0   40     7"), "{}", ran.err);
            assert!(ran.err.contains("reset these offsets of group riders? [y/N]"), "{}", ran.err);
        }
        let ran = run(resetting(), LINE);
        assert_eq!((ran.code, ran.fake.reset().len()), (ExitCode::Usage, 0));
        assert!(ran.err.contains("--yes"), "{}", ran.err);
    }

    #[test]
    fn yes_does_it_and_a_dry_run_does_not() {
        let done = run(resetting(), &format!("{LINE} --yes"));
        assert_eq!(done.fake.reset().len(), 1);
        insta::assert_snapshot!(done.out, @r"
        TOPIC  PARTITION  NOW  THEN
        bikes          0   40     7
        bikes          1    -     0
        riders: 2 offsets reset
        ");
        let dry = run(resetting(), &format!("{LINE} --yes --dry-run"));
        assert_eq!(dry.fake.reset().len(), 0);
        assert!(dry.out.ends_with("riders: 2 offsets would be reset\n"), "{}", dry.out);
    }

    #[test]
    fn the_json_says_whether_it_was_done() {
        let ran = run(resetting(), &format!("{LINE} --dry-run --json"));
        let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!((&json["done"], &json["group"]), (&false.into(), &"riders".into()));
        let second = serde_json::json!({ "topic": "bikes", "partition": 1, "before": null, "after": 0 });
        assert_eq!(json["partitions"][1], second);
    }

    #[test]
    fn what_is_asked_for_reaches_kafka_as_given() {
        for (options, partitions, to) in [
            ("--all-topics --shift-by -3", Selection::All, ResetTo::ShiftBy(-3)),
            (
                "--topic bikes:1 --topic docks --to 9",
                Selection::Topics([("bikes".into(), Some([1].into())), ("docks".into(), None)].into()),
                ResetTo::Offset(9),
            ),
        ] {
            let ran = run(resetting(), &format!("group reset riders {options} --yes"));
            assert_eq!(ran.fake.resets(), [Reset { group: "riders".into(), partitions, to }]);
        }
    }

    #[test]
    fn nobody_is_asked_about_what_cannot_be() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.groups(Groups::Planned(Err(Failure::new(ExitCode::Busy, "group `riders` has members"))));
        let ran = run_answering(fake, LINE, "y\n");
        assert_eq!((ran.code, ran.fake.reset().len()), (ExitCode::Busy, 0));
        assert!(!ran.err.contains("[y/N]"), "{}", ran.err);
    }
}
