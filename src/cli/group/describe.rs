use clap::Args;

use crate::cli::as_user::AsUser;
use crate::cli::context::Context;
use crate::cli::names::Names;
use crate::engine::ops::{AccessOps, AdminOps, NodeOps};
use crate::error::{End, ExitCode};
use crate::output::groups;

/// Show groups: state, members, and of each partition offset, lag and who has it
///
/// What a dead broker cannot tell is shown as unknown.
#[derive(Debug, Args)]
pub(super) struct Describe {
    /// Every group without it
    #[arg(add = Names::Groups)]
    group: Option<String>,

    /// Print as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    as_user: AsUser,
}

impl Describe {
    pub(super) async fn run<E: NodeOps + AdminOps + AccessOps>(
        self,
        cx: &mut Context<'_, E>,
    ) -> Result<ExitCode, End> {
        self.as_user.log_in(cx);
        let described = cx.engine.describe_groups(&cx.chosen()?.dir, self.group.as_deref()).await?;
        match self.json {
            true => cx.screen.json(&described)?,
            false if described.groups.is_empty() && described.unknown.is_empty() => {
                cx.screen.say("there are no groups");
            }
            false => cx.screen.print(groups::description(&described, cx.screen.out_width()))?,
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::admin::group::GroupsDescription;
    use crate::cli::testing::{Fake, Groups, run};
    use crate::output::groups::samples::description;

    #[test]
    fn a_description_is_text_or_json() {
        for (line, begin) in [
            ("group describe riders", "Group: riders  State: Stable"),
            ("group describe --json", "{\n  \"groups\": ["),
        ] {
            let fake = Fake::with_clusters(&["velib"]);
            fake.groups(Groups::Described(description()));
            let ran = run(fake, line);
            assert!(ran.out.starts_with(begin), "{}", ran.out);
        }
    }

    #[test]
    fn a_cluster_without_groups_says_so() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.groups(Groups::Described(GroupsDescription { groups: vec![], unknown: vec![] }));
        let ran = run(fake, "group describe");
        assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", "there are no groups\n"));
    }
}
