use clap::Args;

use super::rule::Rule;
use crate::cli::as_user::AsUser;
use crate::cli::context::Context;
use crate::engine::ops::{AccessOps, NodeOps};
use crate::error::{End, ExitCode};
use crate::output::access;

/// Remove what was allowed, or with --deny denied, to a user
///
/// Returns when no live broker knows it any more. One of the spec comes back when that is brought up again.
#[derive(Debug, Args)]
pub(super) struct Remove {
    #[command(flatten)]
    rule: Rule,

    /// Print as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    as_user: AsUser,
}

impl Remove {
    pub(super) async fn run<E: NodeOps + AccessOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        self.as_user.log_in(cx);
        let dir = cx.chosen()?.dir;
        let removed = cx.engine.remove_acls(&dir, &self.rule.acls()?).await?;
        match self.json {
            true => cx.screen.json(&removed)?,
            false => cx.screen.print(access::changed(&removed, "removed", "was not there"))?,
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Fake, run};
    use crate::model::acl::Operation;
    use crate::model::samples::acl;

    #[test]
    fn what_was_not_there_is_told_apart() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.acls(vec![acl("alice", Operation::Read, "topic:velib-*")]);
        insta::assert_snapshot!(run(fake, "acl remove alice read,write velib-*").out, @r"
        removed: alice: allow read topic:velib-*
        was not there: alice: allow write topic:velib-*
        ");
    }
}
