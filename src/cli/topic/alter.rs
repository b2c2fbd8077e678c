use clap::Args;

use super::values;
use crate::admin::given;
use crate::cli::as_user::AsUser;
use crate::cli::context::Context;
use crate::cli::names::Names;
use crate::engine::ops::{AccessOps, AdminOps, NodeOps};
use crate::error::{End, ExitCode};
use crate::output::topics;

/// Add partitions to a topic, change its settings
///
/// Kafka checks all of it before any of it is done. Needs Kafka 2.3 for settings, 1.0 for partitions.
#[derive(Debug, Args)]
pub(super) struct Alter {
    #[arg(add = Names::Topics)]
    name: String,

    /// How many in all; never fewer than there are. Keys are spread over them anew
    #[arg(long, value_name = "N", value_parser = values::partitions())]
    #[arg(required_unless_present_any = ["config", "delete_config"])]
    partitions: Option<u32>,

    /// A setting of the topic; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = given::setting, add = Names::TopicAssignments)]
    config: Vec<(String, String)>,

    /// A setting that the topic shall have from its brokers again; may be given several times
    #[arg(long, value_name = "KEY", add = Names::TopicSettings)]
    delete_config: Vec<String>,

    /// Print as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    as_user: AsUser,
}

impl Alter {
    pub(super) async fn run<E: NodeOps + AdminOps + AccessOps>(
        self,
        cx: &mut Context<'_, E>,
    ) -> Result<ExitCode, End> {
        self.as_user.log_in(cx);
        let wanted = given::alteration(self.name, self.partitions, self.config, self.delete_config)?;
        let altered = cx.engine.alter_topic(&cx.chosen()?.dir, &wanted).await?;
        match self.json {
            true => cx.screen.json(&altered)?,
            false => cx.screen.print(topics::altered(&altered))?,
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::admin::Altered;
    use crate::admin::alter::{ConfigChange, PartitionChange};
    use crate::cli::testing::{Admin, Fake, run};
    use crate::error::ExitCode;

    #[test]
    fn it_says_what_changed_or_that_nothing_did() {
        let change = |before: Option<&str>, after: Option<&str>| ConfigChange {
            key: "retention.ms".into(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        let altered = |partitions, configs| Altered { topic: "bikes".into(), partitions, configs };
        for (altered, said) in [
            (altered(None, vec![]), "bikes: nothing to change\n"),
            (altered(Some(PartitionChange { before: 2, after: 3 }), vec![]), "bikes: 2 -> 3 partitions\n"),
            (altered(None, vec![change(None, Some("1"))]), "bikes: retention.ms=1\n"),
            (altered(None, vec![change(Some("1"), Some("2"))]), "bikes: retention.ms=2 (was 1)\n"),
            (altered(None, vec![change(Some("1"), None)]), "bikes: retention.ms deleted (was 1)\n"),
        ] {
            let fake = Fake::with_clusters(&["velib"]);
            fake.admin(Admin::Altered(Ok(altered)));
            assert_eq!(run(fake, "topic alter bikes --partitions 3").out, said);
        }
    }

    #[test]
    fn setting_and_deleting_the_same_is_refused() {
        let line = "topic alter bikes --config retention.ms=1 --delete-config retention.ms";
        assert_eq!(run(Fake::with_clusters(&["velib"]), line).code, ExitCode::Usage);
    }
}
