use clap::{Args, Subcommand};

use super::as_user::AsUser;
use super::context::Context;
use super::names::Names;
use crate::admin::Elected;
use crate::engine::ops::{AccessOps, AdminOps, NodeOps};
use crate::error::{End, ExitCode};
use crate::output::topics;

/// Elect leaders
#[derive(Debug, Args)]
pub(super) struct Elect {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Preferred(Preferred),
}

/// Let the first replica of every partition lead again
///
/// Exits with 1 when a preferred replica could not be elected.
#[derive(Debug, Args)]
struct Preferred {
    /// Every topic without it
    #[arg(add = Names::Topics)]
    topic: Option<String>,

    /// Print as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    as_user: AsUser,
}

impl Elect {
    pub(super) async fn run<E: NodeOps + AdminOps + AccessOps>(
        self,
        cx: &mut Context<'_, E>,
    ) -> Result<ExitCode, End> {
        let Command::Preferred(Preferred { topic, json, as_user }) = self.command;
        as_user.log_in(cx);
        let elections = cx.engine.elect_preferred(&cx.chosen()?.dir, topic.as_deref()).await?;
        match json {
            true => cx.screen.json(&elections)?,
            false => cx.screen.print(topics::elections(&elections))?,
        }
        Ok(match elections.iter().any(|election| election.result == Elected::Not) {
            true => ExitCode::Failed,
            false => ExitCode::Ok,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::admin::{Elected, Election};
    use crate::cli::testing::{Admin, Fake, run};
    use crate::error::ExitCode;

    fn election(partition: i32, before: Option<i32>, result: Elected, reason: Option<&str>) -> Election {
        Election {
            topic: "bikes".into(),
            partition,
            preferred: Some(1),
            before,
            result,
            reason: reason.map(str::to_owned),
        }
    }

    fn elect(elections: Vec<Election>, line: &str) -> (ExitCode, String) {
        let fake = Fake::with_clusters(&["velib"]);
        fake.admin(Admin::Elected(Ok(elections)));
        let ran = run(fake, line);
        (ran.code, ran.out)
    }

    #[test]
    fn each_partition_says_what_became_of_it() {
        let elections = vec![
            election(0, Some(0), Elected::Moved, None),
            election(1, Some(1), Elected::Already, None),
            election(2, Some(0), Elected::Not, Some("broker-1 is down")),
            election(3, None, Elected::Moved, None),
        ];
        let (code, out) = elect(elections, "elect preferred bikes");
        assert_eq!(code, ExitCode::Failed);
        insta::assert_snapshot!(out, @r"
        bikes/0: moved 0 -> 1
        bikes/1: led by 1 already
        bikes/2: stays at 0: broker-1 is down
        bikes/3: moved none -> 1
        2 moved, 1 already, 1 not
        ");
    }

    #[test]
    fn leaders_that_are_all_preferred_now_are_a_success() {
        let (code, out) = elect(vec![election(0, Some(0), Elected::Moved, None)], "elect preferred --json");
        assert_eq!(code, ExitCode::Ok);
        insta::assert_snapshot!(out, @r#"
        [
          {
            "topic": "bikes",
            "partition": 0,
            "preferred": 1,
            "before": 0,
            "result": "moved",
            "reason": null
          }
        ]
        "#);
    }
}
