use clap::Args;

use super::as_user::AsUser;
use super::context::Context;
use super::names::Names;
use crate::admin::ConfigRequest;
use crate::engine::ops::{AccessOps, AdminOps, NodeOps};
use crate::error::{End, ExitCode};
use crate::output::config;

/// Show the settings in force of a node or a topic, and where each comes from
///
/// As the broker itself reports them. Those at Kafka's own defaults are counted.
#[derive(Debug, Args)]
pub(super) struct ConfigCommand {
    /// A node such as broker-0, or a topic
    #[arg(value_name = "NODE|TOPIC", add = Names::NodesAndTopics)]
    name: String,

    /// These settings only, whatever their value
    #[arg(value_name = "KEY", add = Names::Settings)]
    keys: Vec<String>,

    /// List the settings at Kafka's own defaults, too
    #[arg(long)]
    all: bool,

    /// A topic is meant, though a node is called so
    #[arg(long)]
    topic: bool,

    /// Print every setting as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    as_user: AsUser,
}

impl ConfigCommand {
    pub(super) async fn run<E: NodeOps + AdminOps + AccessOps>(
        self,
        cx: &mut Context<'_, E>,
    ) -> Result<ExitCode, End> {
        self.as_user.log_in(cx);
        let all = self.all || !self.keys.is_empty();
        let wanted = ConfigRequest { name: self.name, is_topic: self.topic, keys: self.keys };
        let configs = cx.engine.config(&cx.chosen()?.dir, &wanted).await?;
        match self.json {
            true => cx.screen.json(&configs)?,
            false => cx.screen.print(config::text(&configs, all, cx.screen.out_width()))?,
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Admin, Fake, run};
    use crate::output::config::samples::configs;

    fn said(line: &str) -> (String, Fake) {
        let fake = Fake::with_clusters(&["velib"]);
        fake.admin(Admin::Configs(Ok(configs())));
        let ran = run(fake, line);
        (ran.out, ran.fake)
    }

    #[test]
    fn settings_at_their_defaults_are_shown_on_demand_and_in_the_json() {
        assert!(!said("config broker-0").0.contains("num.replica.fetchers"));
        for line in
            ["config broker-0 --all", "config broker-0 --json", "config broker-0 num.replica.fetchers"]
        {
            assert!(said(line).0.contains("num.replica.fetchers"), "{line}");
        }
    }

    #[test]
    fn what_is_asked_for_is_handed_on() {
        let (_, fake) = said("config broker-0 a b --topic");
        let [request] = &fake.config_requests()[..] else { panic!() };
        assert_eq!((request.name.as_str(), request.is_topic), ("broker-0", true));
        assert_eq!(request.keys, ["a", "b"]);
    }
}
