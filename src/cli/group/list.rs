use clap::Args;

use crate::cli::as_user::AsUser;
use crate::cli::context::Context;
use crate::engine::ops::{AccessOps, AdminOps, NodeOps};
use crate::error::{End, ExitCode};
use crate::output::groups;

/// List groups: of consumers, share groups, of Kafka Connect and Kafka Streams
///
/// Asks every broker; what a dead one coordinates is said to be unknown.
#[derive(Debug, Args)]
pub(super) struct List {
    /// Print as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    as_user: AsUser,
}

impl List {
    pub(super) async fn run<E: NodeOps + AdminOps + AccessOps>(
        self,
        cx: &mut Context<'_, E>,
    ) -> Result<ExitCode, End> {
        self.as_user.log_in(cx);
        let listed = cx.engine.groups(&cx.chosen()?.dir).await?;
        match self.json {
            true => cx.screen.json(&listed)?,
            false if listed.groups.is_empty() && listed.unknown.is_empty() => {
                cx.screen.say("there are no groups");
            }
            false => cx.screen.print(groups::list(&listed, cx.screen.out_width()))?,
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::admin::group::list::ListedGroup;
    use crate::admin::group::{GroupList, GroupType};
    use crate::cli::testing::{Fake, Groups, run};

    fn listing(groups: Vec<ListedGroup>, unknown: &[&str]) -> Fake {
        let unknown = unknown.iter().map(|line| (*line).to_owned()).collect();
        let fake = Fake::with_clusters(&["velib"]);
        fake.groups(Groups::Listed(GroupList { groups, unknown }));
        fake
    }

    fn group() -> ListedGroup {
        ListedGroup {
            group: "riders".into(),
            kind: GroupType::Classic,
            state: "Stable".into(),
            protocol_type: "consumer".into(),
            coordinator: 1,
            members: 2,
        }
    }

    #[test]
    fn groups_are_a_table_and_what_is_unknown_a_line_each() {
        let fake = listing(vec![group()], &["groups of broker-0, which leads ...: connection refused"]);
        insta::assert_snapshot!(run(fake, "group list").out, @r"
        GROUP   TYPE     PROTOCOL  STATE   COORDINATOR  MEMBERS
        riders  Classic  consumer  Stable  broker-1           2

        unknown: groups of broker-0, which leads ...: connection refused
        ");
        let nobody = run(listing(vec![], &[]), "group list");
        assert_eq!((nobody.out.as_str(), nobody.err.as_str()), ("", "there are no groups\n"));
        let silent = run(listing(vec![], &["groups of broker-0"]), "group list");
        assert_eq!(silent.out, "unknown: groups of broker-0\n");
    }

    #[test]
    fn the_json_of_a_list_is_stable() {
        insta::assert_snapshot!(run(listing(vec![group()], &[]), "group list --json").out, @r#"
        {
          "groups": [
            {
              "group": "riders",
              "type": "Classic",
              "state": "Stable",
              "protocol_type": "consumer",
              "coordinator": 1,
              "members": 2
            }
          ],
          "unknown": []
        }
        "#);
    }
}
