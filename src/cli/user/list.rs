use clap::Args;

use crate::cli::context::Context;
use crate::engine::ops::{AccessOps, NodeOps};
use crate::error::{End, ExitCode};
use crate::output::access;

/// List the users of a secured cluster: those of the spec, those who were added, and the program itself
#[derive(Debug, Args)]
pub(super) struct List {
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) async fn run<E: NodeOps + AccessOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let users = cx.engine.users(&cx.chosen()?.dir).await?;
        match self.json {
            true => cx.screen.json(&users)?,
            false => cx.screen.print(access::users(&users, cx.screen.out_width()))?,
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Fake, run};
    use crate::engine::users::{From, ListedUser, Shows};

    fn fake() -> Fake {
        let user =
            |user: &str, from, acls| ListedUser { user: user.into(), shows: Shows::Password, from, acls };
        let fake = Fake::with_clusters(&["velib"]);
        fake.users(vec![
            user("alice", From::Spec, Some(2)),
            user("carol", From::Command, Some(0)),
            user("cluster", From::Program, None),
        ]);
        fake
    }

    #[test]
    fn users_are_a_table_and_its_json_is_stable() {
        insta::assert_snapshot!(run(fake(), "user list").out, @r"
        USER     SHOWS       FROM          ACLS
        alice    a password  the spec         2
        carol    a password  user add         0
        cluster  a password  this program   all
        ");
        insta::assert_snapshot!(run(fake(), "user list --json").out, @r#"
        [
          {
            "user": "alice",
            "shows": "password",
            "from": "spec",
            "acls": 2
          },
          {
            "user": "carol",
            "shows": "password",
            "from": "command",
            "acls": 0
          },
          {
            "user": "cluster",
            "shows": "password",
            "from": "program",
            "acls": null
          }
        ]
        "#);
    }
}
