use clap::Args;

use crate::cli::as_user::AsUser;
use crate::cli::context::Context;
use crate::cli::names::Names;
use crate::engine::ops::{AccessOps, AdminOps, NodeOps};
use crate::error::{End, ExitCode};
use crate::output::groups;

/// Delete groups without members, and their offsets
///
/// Needs Kafka 1.1.
#[derive(Debug, Args)]
pub(super) struct Delete {
    #[arg(value_name = "GROUP", required = true, add = Names::Groups)]
    groups: Vec<String>,

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
        let mut names = self.groups;
        names.sort();
        names.dedup();
        if !self.yes {
            cx.engine.may_delete_groups(&dir, &names).await?;
            let question = format!("delete {} and its offsets?", names.join(", "));
            cx.must_confirm(&question, "deleting groups", "nothing was deleted")?;
        }
        let deleted = cx.engine.delete_groups(&dir, &names).await?;
        match self.json {
            true => cx.screen.json(&deleted)?,
            false => cx.screen.print(groups::deleted(&deleted))?,
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Fake, Groups, run, run_answering};
    use crate::error::{ExitCode, Failure};

    #[test]
    fn yes_deletes_without_asking_and_each_once() {
        let ran = run(Fake::with_clusters(&["velib"]), "group delete b a b --yes");
        assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Ok, "a: deleted\nb: deleted\n"));
        assert_eq!(ran.fake.deleted(), [["a", "b"]]);
    }

    #[test]
    fn only_somebody_who_says_yes_deletes() {
        let ran = run(Fake::with_clusters(&["velib"]), "group delete a");
        assert_eq!((ran.code, ran.fake.deleted().len()), (ExitCode::Usage, 0));
        for (typed, code) in [("y\n", ExitCode::Ok), ("\n", ExitCode::Failed)] {
            let ran = run_answering(Fake::with_clusters(&["velib"]), "group delete a", typed);
            assert_eq!((ran.code, ran.fake.deleted().len()), (code, usize::from(code == ExitCode::Ok)));
            assert!(ran.err.contains("delete a and its offsets? [y/N]"), "{}", ran.err);
        }
    }

    #[test]
    fn nobody_is_asked_about_a_group_that_cannot_be_deleted() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.groups(Groups::MayDelete(Err(Failure::new(ExitCode::Usage, "velib has no group `a`"))));
        let ran = run_answering(fake, "group delete a", "y\n");
        assert_eq!((ran.code, ran.fake.deleted().len()), (ExitCode::Usage, 0));
        assert!(!ran.err.contains("[y/N]"), "{}", ran.err);
    }
}
