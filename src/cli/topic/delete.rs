use clap::Args;

use crate::cli::as_user::AsUser;
use crate::cli::context::Context;
use crate::cli::names::Names;
use crate::engine::ops::{AccessOps, AdminOps, NodeOps};
use crate::error::{End, ExitCode};
use crate::output::topics;

/// Delete topics and all that is in them
///
/// Returns when no broker tells of them any more.
#[derive(Debug, Args)]
pub(super) struct Delete {
    #[arg(value_name = "NAME", required = true, add = Names::Topics)]
    names: Vec<String>,

    /// Do not ask
    #[arg(short, long)]
    yes: bool,

    /// Print as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    as_user: AsUser,
}

impl Delete {
    pub(super) async fn run<E: NodeOps + AdminOps + AccessOps>(
        self,
        cx: &mut Context<'_, E>,
    ) -> Result<ExitCode, End> {
        self.as_user.log_in(cx);
        let dir = cx.chosen()?.dir;
        let mut names = self.names;
        names.sort();
        names.dedup();
        if !self.yes {
            cx.engine.may_delete_topics(&dir, &names).await?;
            let question = format!("delete {} and all that is in it?", names.join(", "));
            cx.must_confirm(&question, "deleting topics", "nothing was deleted")?;
        }
        let deleted = cx.engine.delete_topics(&dir, &names).await?;
        match self.json {
            true => cx.screen.json(&deleted)?,
            false => cx.screen.print(topics::deleted(&deleted))?,
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::admin::Deleted;
    use crate::cli::testing::{Admin, Fake, run, run_answering};
    use crate::error::{ExitCode, Failure};

    fn deleting() -> Fake {
        let fake = Fake::with_clusters(&["velib"]);
        let deleted = Deleted { deleted: vec!["bikes".into(), "docks".into()], pending_on: vec![] };
        fake.admin(Admin::Deleted(Ok(deleted)));
        fake
    }

    #[test]
    fn yes_deletes_without_asking_and_each_once() {
        let ran = run(deleting(), "topic delete docks bikes docks --yes");
        assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Ok, "bikes: deleted\ndocks: deleted\n"));
        assert_eq!(ran.fake.deleted(), [["bikes", "docks"]]);
    }

    #[test]
    fn without_a_terminal_nothing_is_deleted() {
        let ran = run(deleting(), "topic delete bikes");
        assert_eq!((ran.code, ran.fake.deleted().len()), (ExitCode::Usage, 0));
        assert!(ran.err.contains("--yes"), "{}", ran.err);
    }

    #[test]
    fn on_a_terminal_only_a_yes_deletes() {
        for (typed, code) in [
            ("y\n", ExitCode::Ok),
            ("Yes\n", ExitCode::Ok),
            ("\n", ExitCode::Failed),
            ("n\n", ExitCode::Failed),
            ("yellow\n", ExitCode::Failed),
            ("", ExitCode::Failed),
        ] {
            let ran = run_answering(deleting(), "topic delete bikes", typed);
            assert_eq!(
                (ran.code, ran.fake.deleted().len()),
                (code, usize::from(code == ExitCode::Ok)),
                "{typed:?}"
            );
            assert!(ran.err.contains("delete bikes and all that is in it? [y/N]"), "{}", ran.err);
        }
    }

    #[test]
    fn nobody_is_asked_about_a_topic_that_is_not_there() {
        let fake = deleting();
        fake.admin(Admin::MayDelete(Err(Failure::new(ExitCode::Usage, "velib has no topic `bike`"))));
        let ran = run_answering(fake, "topic delete bike", "y\n");
        assert_eq!((ran.code, ran.fake.deleted().len()), (ExitCode::Usage, 0));
        assert!(!ran.err.contains("[y/N]"), "{}", ran.err);
    }
}
