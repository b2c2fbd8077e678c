use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::ask::Ask;
use super::context::{self, Context};
use super::names::Names;
use crate::api::message::Request;
use crate::engine::clusters::Found;
use crate::engine::ops::Engine;
use crate::engine::outcome::already_down;
use crate::error::{End, ExitCode, Failure};
use crate::model::action::Action;
use crate::output::ladder::Goal;
use crate::output::outcome::{self, Report};

/// How long the supervisor may take to end once all nodes are down. It takes milliseconds.
const LINGERS: Duration = Duration::from_secs(10);

/// Stop a cluster in order; its data stays
///
/// Brokers go first, then ZooKeeper. `cluster -c NAME up` brings it back as it was.
#[derive(Debug, Args)]
pub(super) struct Down {
    /// The cluster, as with --cluster
    #[arg(value_name = "CLUSTER", conflicts_with = "all", add = Names::Clusters)]
    name: Option<String>,

    /// Every cluster of this user
    #[arg(long)]
    all: bool,

    /// Delete its folder too: data, logs, events, plan
    #[arg(long)]
    delete: bool,

    /// Delete without asking
    #[arg(short, long)]
    yes: bool,

    /// Print the outcome as JSON; with --all an array
    #[arg(long)]
    json: bool,
}

/// How a cluster of several went down.
#[derive(Debug, Serialize)]
struct Ended<'a> {
    cluster: &'a str,
    /// `None`: it could not be asked, since its plan cannot be read.
    outcome: Option<Report>,
}

impl Down {
    pub(super) async fn run<E: Engine>(mut self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        cx.name(self.name.take());
        let found = if self.all { cx.clusters()? } else { vec![cx.chosen()?] };
        if self.delete && !self.yes && !found.is_empty() {
            let names = |one: &Found| format!("{} ({})", one.name, one.dir.path().display());
            let names = found.iter().map(names).collect::<Vec<_>>().join(", ");
            let question = format!("delete {names} with all data, logs and events?");
            cx.must_confirm(&question, "deleting a cluster", "nothing was stopped or deleted")?;
        }
        let mut ended = Vec::new();
        let mut failed = Vec::new();
        for (at, one) in found.iter().enumerate() {
            if self.all && !self.json {
                cx.screen.print(outcome::heading(&one.name, at == 0))?;
            }
            // One that stays up does not keep up the others.
            match self.end(cx, one).await {
                Ok(outcome) => ended.push(Ended { cluster: &one.name, outcome }),
                Err(End::Failure(failure)) if self.all => failed.push(failure.of(&one.name)),
                Err(end) => return Err(end),
            }
        }
        match (self.json, self.all) {
            (true, true) => cx.screen.json(&ended)?,
            (true, false) => {
                if let Some(outcome) = ended.iter().find_map(|one| one.outcome.as_ref()) {
                    cx.screen.json(outcome)?;
                }
            }
            (false, true) if found.is_empty() => cx.screen.say("there is no cluster here"),
            (false, _) => {}
        }
        let last = failed.pop();
        failed.iter().for_each(|failure| cx.screen.fail(failure));
        last.map_or(Ok(ExitCode::Ok), |failure| Err(failure.into()))
    }

    /// Takes one down, and deletes it if that is asked for.
    async fn end<E: Engine>(&self, cx: &mut Context<'_, E>, found: &Found) -> Result<Option<Report>, End> {
        // A cluster whose plan cannot be read can still be deleted once it is down.
        let outcome = match cx.engine.stored_plan(&found.dir) {
            Err(_) if self.delete && found.supervisor.is_none() => None,
            plan => Some(self.stop(cx, found, &plan?).await?),
        };
        if self.delete {
            gone(cx, found).await?;
            cx.engine.delete(&found.dir)?;
            cx.screen.say(format!("{} is deleted", found.name));
        }
        Ok(outcome)
    }

    async fn stop<E: Engine>(
        &self,
        cx: &mut Context<'_, E>,
        found: &Found,
        plan: &crate::plan::model::Plan,
    ) -> Result<Report, End> {
        let request = Request { action: Action::Down, by: context::by("down") };
        let shown = plan.nodes.iter().map(|node| node.name).collect();
        let ask = Ask { dir: &found.dir, plan, request, goal: Goal::Down, shown, timeout: None };
        match ask.run(cx).await {
            Ok(answer) => {
                if !self.json {
                    cx.screen.print(outcome::text(&answer.outcome))?;
                }
                Ok(Report::from(&answer.outcome))
            }
            Err(End::Failure(failure)) => {
                let outcome = already_down(failure, &found.name)?;
                if !self.json {
                    cx.screen.say(outcome.message());
                }
                Ok(Report::from(&outcome))
            }
            Err(end) => Err(end),
        }
    }
}

/// Waits until the supervisor has ended: it writes to the folder to the last.
async fn gone<E: Engine>(cx: &Context<'_, E>, found: &Found) -> Result<(), Failure> {
    let ending = async {
        while cx.engine.supervisor(&found.dir)?.is_some() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    };
    tokio::time::timeout(LINGERS, ending).await.unwrap_or_else(|_| {
        Err(Failure::new(ExitCode::Busy, format!("{} is still supervised, and was not deleted", found.name))
            .hint("run `cluster down --delete` again"))
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::cli::testing::{Fake, run, run_answering};
    use crate::error::{ExitCode, Failure};
    use crate::model::action::Action;
    use crate::model::outcome::OutcomeKind;
    use crate::output::outcome::Report;

    #[test]
    fn down_keeps_the_folder_and_delete_removes_it() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.answer(OutcomeKind::Done, "velib is down", vec![]);
        let ran = run(fake, "down");
        assert_eq!(ran.fake.requests(), [Action::Down]);
        assert_eq!(ran.out, "velib is down\n");
        assert!(ran.fake.home().join("velib/plan.json").exists());

        ran.fake.answer(OutcomeKind::Done, "velib is down", vec![]);
        let ran = run(ran.fake, "down --delete --yes");
        assert_eq!(ran.code, ExitCode::Ok);
        assert!(!ran.fake.home().join("velib").exists());
    }

    #[test]
    fn a_cluster_that_is_down_already_is_no_error() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.fail(Failure::new(ExitCode::NotRunning, "velib is not running"));
        let ran = run(fake, "down");
        assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Ok, "velib was not running\n"));

        ran.fake.fail(Failure::new(ExitCode::NotRunning, "velib is not running"));
        let outcome: Report = serde_json::from_str(&run(ran.fake, "down --json").out).unwrap();
        assert_eq!((outcome.result, outcome.nodes.len()), (OutcomeKind::Done, 0));
    }

    #[test]
    fn nothing_is_deleted_without_a_yes() {
        let fake = Fake::with_clusters(&["velib"]);
        let there = || fake.home().join("velib/plan.json").exists();
        // It would be taken down at once.
        fake.answer(OutcomeKind::Done, "velib is down", vec![]);
        let ran = run(fake.again(), "down --delete");
        assert_eq!((ran.code, there()), (ExitCode::Usage, true), "nobody can be asked: {}", ran.err);
        let ran = run_answering(fake.again(), "down --delete", "n\n");
        assert_eq!(
            (ran.code, there(), ran.fake.requests().len()),
            (ExitCode::Failed, true, 0),
            "{}",
            ran.err
        );
        assert!(ran.err.contains("delete velib (") && ran.err.contains("with all data"), "{}", ran.err);
        let ran = run_answering(fake.again(), "down --delete", "y\n");
        assert_eq!((ran.code, there()), (ExitCode::Ok, false), "{}", ran.err);
    }

    #[test]
    fn a_cluster_can_be_named_and_all_go_down_though_one_does_not() {
        let fake = Fake::with_clusters(&["a", "b", "c"]);
        let down = |fake: &Fake| fake.answer(OutcomeKind::Done, "down", vec![]);
        down(&fake);
        assert_eq!(run(fake.again(), "down b").code, ExitCode::Ok);
        assert_eq!(run(fake.again(), "down d").code, ExitCode::NotRunning);
        down(&fake);
        fake.answer(OutcomeKind::Failed, "broker-0 does not end", vec![]);
        down(&fake);
        let ran = run(fake.again(), "down --all --json");
        assert_eq!(ran.code, ExitCode::Failed);
        assert!(ran.err.contains("broker-0 does not end"), "{}", ran.err);
        let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!((json.as_array().unwrap().len(), &json[1]["cluster"]), (2, &"c".into()));
        assert_eq!(json[1]["outcome"]["result"], "done");
        down(&fake);
        fake.answer(OutcomeKind::Failed, "broker-0 does not end", vec![]);
        down(&fake);
        let ran = run(fake.again(), "down --all");
        assert_eq!(ran.out, "a\ndown\n\nb\n\nc\ndown\n");
        assert_eq!(ran.err, "error: b: broker-0 does not end\n");
        let ran = run(Fake::with_clusters(&[]), "down --all");
        assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Ok, "there is no cluster here\n"));
    }

    #[test]
    fn what_could_not_be_stopped_is_not_deleted() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.answer(OutcomeKind::Failed, "broker-0 does not end", vec![]);
        let ran = run(fake, "down --delete --yes");
        assert_eq!(ran.code, ExitCode::Failed);
        assert!(ran.fake.home().join("velib").exists());
    }

    #[test]
    fn a_cluster_with_a_broken_plan_can_be_deleted() {
        let fake = Fake::with_clusters(&["velib"]);
        fs::write(fake.home().join("velib/plan.json"), "{").unwrap();
        assert_eq!(run(fake.again(), "down").code, ExitCode::BadInput);
        assert_eq!(run(fake.again(), "down --delete --yes").code, ExitCode::Ok);
        assert!(!fake.home().join("velib").exists());
    }

    #[test]
    fn a_folder_is_not_deleted_under_a_supervisor_that_lives() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.running(&["velib"]);
        fake.answer(OutcomeKind::Done, "velib is down", vec![]);
        let ran = run(fake, "down --delete --yes");
        assert_eq!(ran.code, ExitCode::Busy);
        assert!(ran.fake.home().join("velib").exists());
    }
}
