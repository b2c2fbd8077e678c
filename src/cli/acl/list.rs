use clap::Args;

use crate::cli::as_user::AsUser;
use crate::cli::context::Context;
use crate::cli::names::Names;
use crate::engine::ops::{AccessOps, NodeOps};
use crate::error::{End, ExitCode};
use crate::output::access;

/// List ACLs: those of the spec, and what was added since by anybody
#[derive(Debug, Args)]
pub(super) struct List {
    /// Of this user alone, '*' for those of everybody
    #[arg(value_name = "USER", add = Names::Users)]
    of: Option<String>,

    /// Print as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    as_user: AsUser,
}

impl List {
    pub(super) async fn run<E: NodeOps + AccessOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        self.as_user.log_in(cx);
        let mut acls = cx.engine.acls(&cx.chosen()?.dir).await?;
        if let Some(user) = &self.of {
            acls.retain(|acl| acl.user() == user);
        }
        match self.json {
            true => cx.screen.json(&acls)?,
            false if acls.is_empty() => cx.screen.say("there are no ACLs"),
            false => cx.screen.print(access::acls(&acls, cx.screen.out_width()))?,
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Fake, run};
    use crate::model::acl::Operation;
    use crate::model::samples::acl;

    fn fake() -> Fake {
        let fake = Fake::with_clusters(&["velib"]);
        let mut acls = vec![
            acl("alice", Operation::Read, "topic:velib-*"),
            acl("alice", Operation::Write, "topic:velib-*"),
            acl("bob", Operation::Read, "group:*"),
        ];
        acls[2].host = "10.0.0.1".to_owned();
        fake.acls(acls);
        fake
    }

    #[test]
    fn operations_with_one_resource_share_a_row_and_json_has_each() {
        insta::assert_snapshot!(run(fake(), "acl list").out, @r"
        USER   PERMISSION  OPERATIONS   RESOURCE       HOST
        alice  allow       read, write  topic:velib-*  *
        bob    allow       read         group:*        10.0.0.1
        ");
        insta::assert_snapshot!(run(fake(), "acl list bob --json").out, @r#"
        [
          {
            "principal": "User:bob",
            "permission": "allow",
            "operation": "read",
            "resource": "group",
            "pattern": "literal",
            "name": "*",
            "host": "10.0.0.1"
          }
        ]
        "#);
        let nobody = run(fake(), "acl list carol");
        assert_eq!((nobody.out.as_str(), nobody.err.as_str()), ("", "there are no ACLs\n"));
    }
}
