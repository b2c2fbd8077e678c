use std::time::Duration;

use clap::Args;

use super::ask::Ask;
use super::context::{self, Context};
use crate::api::message::Request;
use crate::engine::clusters::Found;
use crate::engine::ops::Engine;
use crate::error::{End, ExitCode, Failure};
use crate::model::action::Action;
use crate::model::outcome::{Outcome, OutcomeKind, Summary};
use crate::output::ladder::Goal;
use crate::output::outcome;

/// How long the supervisor may take to end once all nodes are down. It takes milliseconds.
const LINGERS: Duration = Duration::from_secs(10);

/// Stop a cluster in order; its data stays
///
/// Brokers go first, then ZooKeeper. `cluster -c NAME up` brings it back as it was.
#[derive(Debug, Args)]
pub(super) struct Down {
    /// Delete its folder too: data, logs, events, plan
    #[arg(long)]
    delete: bool,

    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

impl Down {
    pub(super) async fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let found = cx.chosen()?;
        // A cluster whose plan cannot be read can still be deleted once it is down.
        match cx.engine.stored_plan(&found.dir) {
            Err(_) if self.delete && found.supervisor.is_none() => {}
            plan => self.stop(cx, &found, &plan?).await?,
        }
        if self.delete {
            gone(cx, &found).await?;
            cx.engine.delete(&found.dir)?;
            cx.screen.say(format!("{} is deleted", found.name));
        }
        Ok(ExitCode::Ok)
    }

    async fn stop<E: Engine>(
        &self,
        cx: &mut Context<'_, E>,
        found: &Found,
        plan: &crate::plan::model::Plan,
    ) -> Result<(), End> {
        let request = Request { action: Action::Down, by: context::by("down") };
        let shown = plan.nodes.iter().map(|node| node.name).collect();
        let ask = Ask { dir: &found.dir, plan, request, goal: Goal::Down, shown, timeout: None };
        match ask.run(cx).await {
            Ok(answer) if self.json => cx.screen.json(&outcome::Report::from(&answer.outcome)),
            Ok(answer) => cx.screen.print(outcome::text(&answer.outcome)),
            // What was wanted is so.
            Err(End::Failure(failure)) if failure.code == ExitCode::NotRunning => {
                let summary = Summary::WasNotRunning { cluster: found.name.clone() };
                let outcome = Outcome::of(OutcomeKind::Done, summary);
                if self.json {
                    return cx.screen.json(&outcome::Report::from(&outcome));
                }
                cx.screen.say(outcome.message());
                Ok(())
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

    use crate::cli::testing::{Fake, run};
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
        let ran = run(ran.fake, "down --delete");
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
    fn what_could_not_be_stopped_is_not_deleted() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.answer(OutcomeKind::Failed, "broker-0 does not end", vec![]);
        let ran = run(fake, "down --delete");
        assert_eq!(ran.code, ExitCode::Failed);
        assert!(ran.fake.home().join("velib").exists());
    }

    #[test]
    fn a_cluster_with_a_broken_plan_can_be_deleted() {
        let fake = Fake::with_clusters(&["velib"]);
        fs::write(fake.home().join("velib/plan.json"), "{").unwrap();
        assert_eq!(run(fake.again(), "down").code, ExitCode::BadInput);
        assert_eq!(run(fake.again(), "down --delete").code, ExitCode::Ok);
        assert!(!fake.home().join("velib").exists());
    }

    #[test]
    fn a_folder_is_not_deleted_under_a_supervisor_that_lives() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.running(&["velib"]);
        fake.answer(OutcomeKind::Done, "velib is down", vec![]);
        let ran = run(fake, "down --delete");
        assert_eq!(ran.code, ExitCode::Busy);
        assert!(ran.fake.home().join("velib").exists());
    }
}
