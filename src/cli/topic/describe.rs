use clap::Args;

use crate::cli::as_user::AsUser;
use crate::cli::context::Context;
use crate::cli::names::Names;
use crate::engine::ops::{AccessOps, AdminOps, NodeOps};
use crate::error::{End, ExitCode};
use crate::output::topics;

/// Show partitions: leader, replicas, ISR, offsets, size on disk
///
/// What a dead broker cannot tell is shown as unknown.
#[derive(Debug, Args)]
pub(super) struct Describe {
    /// All but Kafka's own without it
    #[arg(add = Names::Topics)]
    name: Option<String>,

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
        let described = cx.engine.describe_topics(&cx.chosen()?.dir, self.name.as_deref()).await?;
        match self.json {
            true => cx.screen.json(&described)?,
            false if described.topics.is_empty() => cx.screen.say("there are no topics"),
            false => cx.screen.print(topics::description(&described, cx.screen.out_width()))?,
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Admin, Fake, run};
    use crate::error::{ExitCode, Failure};
    use crate::output::topics::samples::description;

    #[test]
    fn a_description_is_text_or_json() {
        for (line, begin) in [
            ("topic describe velib", "Topic: velib  PartitionCount: 2"),
            ("topic describe velib --json", "{\n  \"topics\": ["),
        ] {
            let fake = Fake::with_clusters(&["velib"]);
            fake.admin(Admin::Described(Ok(description())));
            let ran = run(fake, line);
            assert!(ran.out.starts_with(begin), "{}", ran.out);
        }
    }

    #[test]
    fn a_cluster_that_is_down_has_its_own_exit_code() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.admin(Admin::Described(Err(Failure::new(ExitCode::NotRunning, "velib is not running"))));
        assert_eq!(run(fake, "topic describe").code, ExitCode::NotRunning);
    }
}
