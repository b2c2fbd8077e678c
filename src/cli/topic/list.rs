use clap::Args;

use crate::cli::as_user::AsUser;
use crate::cli::context::Context;
use crate::engine::ops::{AccessOps, AdminOps, NodeOps};
use crate::error::{End, ExitCode};
use crate::output::topics;

/// List topics
#[derive(Debug, Args)]
pub(super) struct List {
    /// Kafka's own, too
    #[arg(long)]
    internal: bool,

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
        let mut listed = cx.engine.topics(&cx.chosen()?.dir).await?;
        listed.retain(|topic| self.internal || !topic.internal);
        match self.json {
            true => cx.screen.json(&listed)?,
            false if listed.is_empty() => cx.screen.say("there are no topics"),
            false => cx.screen.print(topics::list(&listed, cx.screen.out_width()))?,
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::admin::Listed;
    use crate::cli::testing::{Admin, Fake, run};

    fn listing() -> Fake {
        let topic = |topic: &str, internal| Listed {
            topic: topic.into(),
            internal,
            partitions: 10,
            replication_factor: 2,
        };
        let fake = Fake::with_clusters(&["velib"]);
        fake.admin(Admin::Listed(Ok(vec![topic("__consumer_offsets", true), topic("bikes", false)])));
        fake
    }

    #[test]
    fn kafkas_own_topics_are_listed_only_when_asked_for() {
        insta::assert_snapshot!(run(listing(), "topic list").out, @r"
        TOPIC  PARTITIONS  REPLICATION FACTOR
        bikes          10                   2
        ");
        let json = run(listing(), "topic list --internal --json").out;
        let listed: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
        assert_eq!(listed.len(), 2);
        assert_eq!(listed[0]["topic"], "__consumer_offsets");
    }
}
