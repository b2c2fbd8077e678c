use clap::Args;

use super::rule::{can_be, host, operation, resource};
use crate::cli::context::Context;
use crate::cli::names::Names;
use crate::engine::login;
use crate::engine::ops::{AccessOps, FolderOps, NodeOps};
use crate::error::{End, ExitCode, Failure};
use crate::model::acl::{Operation, Pattern, Resource};
use crate::output::access;
use crate::plan::keys::PROGRAM;
use crate::view::authorize::Deed;

/// Tell whether a user may do something, and by which ACL
///
/// By the ACLs that brokers have at this moment. Exits with 0 when they may, and with 13 when they may not.
#[derive(Debug, Args)]
pub(super) struct Check {
    #[arg(value_name = "USER", add = Names::Users)]
    user: String,

    /// What they would do, such as write
    #[arg(value_name = "OPERATION", value_parser = operation)]
    operation: Operation,

    /// With what: a topic, or topic:NAME, group:NAME, transactional-id:NAME, cluster
    #[arg(value_name = "RESOURCE", value_parser = resource, add = Names::Topics)]
    resource: Resource,

    /// From which address
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", value_parser = host)]
    host: String,

    /// Print as JSON
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) async fn run<E: NodeOps + FolderOps + AccessOps>(
        self,
        cx: &mut Context<'_, E>,
    ) -> Result<ExitCode, End> {
        let dir = cx.chosen()?.dir;
        let Resource { kind, pattern, name } = self.resource.clone();
        if pattern == Pattern::Prefixed {
            let failure = Failure::new(ExitCode::Usage, format!("{} names many", self.resource));
            return Err(failure.hint("name one of them").into());
        }
        can_be(self.operation, &self.resource)?;
        if self.user != PROGRAM {
            login::exists(&cx.engine.stored_plan(&dir)?, &self.user)?;
        }
        let deed = Deed { user: self.user, operation: self.operation, resource: kind, name, host: self.host };
        let decision = cx.engine.check_acls(&dir, &deed).await?;
        match self.json {
            true => cx.screen.json(&access::checked(&deed, &decision))?,
            false => cx.screen.print(access::decision(&deed, &decision))?,
        }
        Ok(if decision.allowed { ExitCode::Ok } else { ExitCode::Denied })
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Fake, Ran, run, secured};
    use crate::error::ExitCode;
    use crate::model::acl::Operation;
    use crate::model::samples::acl;

    fn check(line: &str) -> Ran {
        let fake = Fake::with_clusters(&["velib"]);
        secured(&fake, "velib", &["alice"]);
        fake.acls(vec![acl("alice", Operation::Write, "topic:velib-*")]);
        run(fake, line)
    }

    #[test]
    fn yes_and_no_have_a_reason_and_a_code() {
        let yes = check("acl check alice describe velib-stations");
        assert_eq!(yes.code, ExitCode::Ok);
        insta::assert_snapshot!(yes.out, @"yes: alice may describe topic:velib-stations: by `alice: allow write topic:velib-*`");
        let no = check("acl check alice read velib-stations");
        assert_eq!(no.code, ExitCode::Denied);
        insta::assert_snapshot!(no.out, @"no: alice may not read topic:velib-stations: ACLs speak of it, and none allows this");
        insta::assert_snapshot!(check("acl check alice read bikes").out, @"no: alice may not read topic:bikes: no ACL speaks of it");
        insta::assert_snapshot!(check("acl check cluster delete topic:bikes").out, @"yes: cluster may delete topic:bikes: it is a super user");
        insta::assert_snapshot!(check("acl check alice read velib-stations --json").out, @r#"
        {
          "user": "alice",
          "operation": "read",
          "resource": "topic",
          "name": "velib-stations",
          "host": "127.0.0.1",
          "allowed": false,
          "reason": "not-allowed",
          "acl": null
        }
        "#);
    }

    #[test]
    fn a_question_that_makes_no_sense_is_refused() {
        for (line, why) in [
            ("acl check alice write velib-*", "names many"),
            ("acl check bob write bikes", "has no user bob"),
            ("acl check alice write group:x", "cannot be done with a group"),
        ] {
            let ran = check(line);
            assert_eq!(ran.code, ExitCode::Usage, "{line}");
            assert!(ran.err.contains(why), "{}", ran.err);
        }
    }
}
