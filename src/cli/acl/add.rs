use clap::Args;

use super::rule::Rule;
use crate::cli::as_user::AsUser;
use crate::cli::context::Context;
use crate::engine::ops::{AccessOps, FolderOps, NodeOps};
use crate::error::{End, ExitCode};
use crate::output::access;

/// Allow a user to do something, or deny it
///
/// Returns when every live broker knows it. One that denies wins over all that allow.
#[derive(Debug, Args)]
pub(super) struct Add {
    #[command(flatten)]
    rule: Rule,

    /// Print as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    as_user: AsUser,
}

impl Add {
    pub(super) async fn run<E: NodeOps + FolderOps + AccessOps>(
        self,
        cx: &mut Context<'_, E>,
    ) -> Result<ExitCode, End> {
        self.as_user.log_in(cx);
        let dir = cx.chosen()?.dir;
        let acls = self.rule.acls()?;
        self.rule.of_somebody(&cx.engine.stored_plan(&dir)?)?;
        let added = cx.engine.add_acls(&dir, &acls).await?;
        match self.json {
            true => cx.screen.json(&added)?,
            false => cx.screen.print(access::changed(&added, "added", "is there already"))?,
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Fake, run, secured};
    use crate::error::ExitCode;
    use crate::model::acl::Operation;
    use crate::model::samples::acl;

    fn fake() -> Fake {
        let fake = Fake::with_clusters(&["velib"]);
        secured(&fake, "velib", &["alice"]);
        fake.acls(vec![acl("alice", Operation::Read, "topic:velib-*")]);
        fake
    }

    #[test]
    fn each_operation_is_an_acl_and_what_is_there_is_told_apart() {
        let ran = run(fake(), "acl add alice read,Write topic:velib-*");
        insta::assert_snapshot!(ran.out, @r"
        is there already: alice: allow read topic:velib-*
        added: alice: allow write topic:velib-*
        ");
        let json = run(fake(), "acl add * read x --deny --host 10.0.0.1 --json");
        insta::assert_snapshot!(json.out, @r#"
        [
          {
            "principal": "User:*",
            "permission": "deny",
            "operation": "read",
            "resource": "topic",
            "pattern": "literal",
            "name": "x",
            "host": "10.0.0.1",
            "changed": true
          }
        ]
        "#);
    }

    #[test]
    fn what_cannot_be_is_refused_before_anybody_is_asked() {
        for (line, why) in [
            ("acl add alcie read x", "did you mean `alice`?"),
            ("acl add alice write group:x", "cannot be done with a group"),
        ] {
            let ran = run(fake(), line);
            assert_eq!(ran.code, ExitCode::Usage);
            assert!(ran.err.contains(why), "{line}: {}", ran.err);
        }
    }
}
