use clap::Args;

use super::values::{self, Assignment};
use crate::admin::{TopicRequest, given};
use crate::cli::as_user::AsUser;
use crate::cli::context::Context;
use crate::cli::names::Names;
use crate::engine::ops::{AccessOps, AdminOps, NodeOps};
use crate::error::{End, ExitCode};
use crate::output::topics;
use crate::wire::create_topics::{Layout, NewTopic};

/// Create a topic
///
/// Returns when every live broker tells of its leaders, so that the first produce succeeds.
#[derive(Debug, Args)]
pub(super) struct Create {
    /// Letters, digits, `.`, `_` and `-`
    name: String,

    /// How many; the brokers' num.partitions without it
    #[arg(long, value_name = "N", value_parser = values::partitions())]
    partitions: Option<u32>,

    /// Replicas of each partition; the brokers' default.replication.factor without it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    replication_factor: Option<u16>,

    /// Broker ids of each partition's replicas, the preferred leader first: 0:1,1:2
    #[arg(long, value_name = "IDS", value_parser = values::assignment)]
    #[arg(conflicts_with_all = ["partitions", "replication_factor"])]
    assignment: Option<Assignment>,

    /// A setting of the topic; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = given::setting, add = Names::TopicAssignments)]
    config: Vec<(String, String)>,

    /// Leave a topic as it is that exists already
    #[arg(long)]
    if_not_exists: bool,

    /// Print as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    as_user: AsUser,
}

impl Create {
    pub(super) async fn run<E: NodeOps + AdminOps + AccessOps>(
        self,
        cx: &mut Context<'_, E>,
    ) -> Result<ExitCode, End> {
        self.as_user.log_in(cx);
        let layout = match self.assignment {
            Some(Assignment(replicas)) => Layout::Assigned(replicas),
            None => {
                Layout::Counted { partitions: self.partitions, replication_factor: self.replication_factor }
            }
        };
        let topic = NewTopic { name: self.name, layout, config: given::settings(self.config)? };
        let request = TopicRequest { topic, if_not_exists: self.if_not_exists };
        let created = cx.engine.create_topic(&cx.chosen()?.dir, &request).await?;
        if let Some(note) = &created.note {
            cx.screen.say(note);
        }
        if let Some(warning) = &created.warning {
            cx.screen.warn(warning);
        }
        match self.json {
            true => cx.screen.json(&created)?,
            false => cx.screen.print(topics::created(&created))?,
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::admin::{AdminError, Created, TopicRequest};
    use crate::cli::testing::{Admin, Fake, run};
    use crate::error::ExitCode;
    use crate::wire::create_topics::{Layout, NewTopic};

    fn created() -> Created {
        Created {
            topic: "bikes".into(),
            created: true,
            partitions: 4,
            replication_factor: 2,
            min_insync_replicas: None,
            note: None,
            warning: None,
        }
    }

    #[test]
    fn what_is_not_given_is_left_to_the_brokers() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.admin(Admin::Created(Ok(created())));
        let ran = run(fake, "topic create bikes");
        assert_eq!(ran.out, "bikes: created with 4 partitions, replication factor 2\n");
        let layout = Layout::Counted { partitions: None, replication_factor: None };
        let topic = NewTopic { name: "bikes".into(), layout, config: [].into() };
        assert_eq!(ran.fake.topic_requests(), [TopicRequest { topic, if_not_exists: false }]);
    }

    #[test]
    fn an_assignment_and_settings_reach_kafka_as_given() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.admin(Admin::Created(Ok(created())));
        let line =
            "topic create bikes --assignment 0:1,1:0 --config a=1 --config b=x=y --if-not-exists --json";
        let ran = run(fake, line);
        let layout = Layout::Assigned(vec![vec![0, 1], vec![1, 0]]);
        let config = [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "x=y".to_owned())].into();
        let topic = NewTopic { name: "bikes".into(), layout, config };
        assert_eq!(ran.fake.topic_requests(), [TopicRequest { topic, if_not_exists: true }]);
        insta::assert_snapshot!(ran.out, @r#"
        {
          "topic": "bikes",
          "created": true,
          "partitions": 4,
          "replication_factor": 2,
          "min_insync_replicas": null,
          "note": null,
          "warning": null
        }
        "#);
    }

    #[test]
    fn a_setting_given_twice_is_refused_before_kafka_is_asked() {
        let ran = run(Fake::with_clusters(&["velib"]), "topic create bikes --config a=1 --config a=2");
        assert_eq!((ran.code, ran.fake.topic_requests()), (ExitCode::Usage, vec![]));
    }

    #[test]
    fn a_topic_that_exists_is_told_with_the_way_out() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.admin(Admin::Created(Err(AdminError::Exists("bikes".into()).into())));
        let ran = run(fake, "topic create bikes");
        assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Usage, ""));
        assert!(ran.err.contains("exists already") && ran.err.contains("--if-not-exists"), "{}", ran.err);
    }

    #[test]
    fn a_topic_that_takes_no_produce_warns() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.admin(Admin::Created(Ok(Created { warning: Some("no produce".into()), ..created() })));
        let ran = run(fake, "topic create bikes");
        assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Ok, "warning: no produce\n"));
    }
}
