use clap::Args;

use crate::cli::context::Context;
use crate::cli::names::Names;
use crate::engine::ops::{AccessOps, NodeOps};
use crate::error::{End, ExitCode};
use crate::output::access;

/// Remove a user and every ACL of theirs from a secured cluster that runs
///
/// With mtls their certificate stays valid: who has a copy is still let in, and may do what everybody may. One of the
/// spec comes back when that is brought up again.
#[derive(Debug, Args)]
pub(super) struct Remove {
    #[arg(value_name = "NAME", add = Names::Users)]
    name: String,

    /// Do not ask
    #[arg(short, long)]
    yes: bool,

    /// Print as JSON
    #[arg(long)]
    json: bool,
}

impl Remove {
    pub(super) async fn run<E: NodeOps + AccessOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let dir = cx.chosen()?.dir;
        if !self.yes {
            let question = format!("remove the user {} and every ACL of theirs?", self.name);
            cx.must_confirm(&question, "removing a user", "nothing was removed")?;
        }
        let removed = cx.engine.remove_user(&dir, &self.name).await?;
        match self.json {
            true => cx.screen.json(&access::Changed::removed(&self.name, &removed))?,
            false => cx.screen.print(access::removed(&self.name, &removed))?,
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Fake, run, run_answering};
    use crate::engine::users::RemovedUser;
    use crate::error::ExitCode;

    fn fake() -> Fake {
        let fake = Fake::with_clusters(&["velib"]);
        fake.removes(RemovedUser { acls: 2, is_in_spec: true });
        fake
    }

    #[test]
    fn only_somebody_who_says_yes_removes() {
        assert_eq!(run(fake(), "user remove alice").code, ExitCode::Usage);
        let ran = run_answering(fake(), "user remove alice", "n\n");
        assert_eq!((ran.code, ran.fake.removed_users().len()), (ExitCode::Failed, 0));
        let ran = run_answering(fake(), "user remove alice", "y\n");
        assert_eq!((ran.code, ran.fake.removed_users()), (ExitCode::Ok, vec!["alice".to_owned()]));
        insta::assert_snapshot!(run(fake(), "user remove alice --yes").out, @"alice: removed, and 2 ACLs of theirs; the spec names them: they come back when it is brought up again");
        insta::assert_snapshot!(run(fake(), "user remove alice --yes --json").out, @r#"
        {
          "user": "alice",
          "result": "removed",
          "removed_acls": 2
        }
        "#);
    }
}
