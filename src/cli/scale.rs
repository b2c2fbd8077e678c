use std::time::Duration;

use clap::{Args, Subcommand};

use super::ask::{self, Ask};
use super::context::{self, Context};
use super::text;
use crate::api::message::Request;
use crate::engine::membership::{MOST_BROKERS, Scaled};
use crate::engine::ops::Engine;
use crate::error::{End, ExitCode, Failure};
use crate::output::ladder::Goal;
use crate::output::members;

/// Add nodes to a cluster, also to one that runs
#[derive(Debug, Args)]
pub(super) struct Scale {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Brokers(Brokers),
    /// Not possible while the cluster is there: see `cluster scale zookeeper`
    #[command(hide = true, alias = "controllers")]
    Zookeeper(Voters),
}

/// Whatever is asked of them.
#[derive(Debug, Args)]
struct Voters {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    words: Vec<std::ffi::OsString>,
}

/// Add brokers until there are N, and return when the cluster is usable with them
///
/// The others go on undisturbed. Topics that exist stay where they are; new ones use the new brokers,
/// too. A cluster that is down gets them with its next `up`.
#[derive(Debug, Args)]
struct Brokers {
    /// How many brokers the cluster is to have, not fewer than it has
    #[arg(value_name = "N", value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST_BROKERS)))]
    count: u16,

    /// How long to wait until the cluster is usable with them; they go on starting after that
    #[arg(long, value_name = "DURATION", value_parser = text::duration, default_value = ask::PATIENCE)]
    timeout: Duration,

    /// Print as JSON
    #[arg(long)]
    json: bool,
}

impl Scale {
    pub(super) async fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let Brokers { count, timeout, json } = match self.command {
            Command::Brokers(brokers) => brokers,
            Command::Zookeeper(Voters { .. }) => {
                let message = "ZooKeeper servers and controllers cannot be added or taken out: every one has the list \
                               of all in its configuration, and a majority of that list has to agree";
                return Err(Failure::new(ExitCode::Usage, message)
                    .hint("write their number in the spec of a new cluster; `cluster scale brokers N` adds brokers")
                    .into());
            }
        };
        let dir = cx.chosen()?.dir;
        let scaled = cx.engine.scale(&cx.folders, &dir, count)?;
        let action = scaled.action(count);
        let Scaled { plan, added, kept, is_up } = scaled;
        if !added.is_empty() {
            plan.warnings.iter().for_each(|warning| cx.screen.warn(warning));
        }
        let mut told = members::Scaled::new(&plan, &added, &kept, is_up);
        if let Some(action) = action {
            let request = Request { action, by: context::by("scale") };
            let (goal, timeout) = (Goal::Ready, Some(timeout));
            let ask = Ask { dir: &dir, plan: &plan, request, goal, shown: added, timeout };
            let answer = ask.run(cx).await?;
            told.came(&answer.outcome, answer.usable_after_ms);
        }
        match json {
            true => cx.screen.json(&told)?,
            false => cx.screen.print(members::scaled(&told))?,
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::api::message::Reply;
    use crate::cli::testing::{Fake, run};
    use crate::engine::membership::Scaled;
    use crate::error::{ExitCode, Failure};
    use crate::model::action::Action;
    use crate::model::event::Event;
    use crate::model::ids::NodeName;
    use crate::model::outcome::{NodeOutcome, NodeResult, OutcomeKind};
    use crate::output::events::samples::entry;
    use crate::plan::members::Shifted;

    const NEW: NodeName = NodeName { role: crate::model::ids::Role::Broker, id: 2 };

    fn scaled(added: &[NodeName], is_up: bool) -> Fake {
        let fake = Fake::with_clusters(&["velib"]);
        let shifted = Shifted {
            key: "min.insync.replicas".into(),
            running: Some("1".into()),
            wanted: Some("2".into()),
        };
        let kept = if added.is_empty() { vec![] } else { vec![shifted] };
        fake.scaled(Ok(Scaled { plan: fake.plan("velib"), added: added.to_vec(), kept, is_up }));
        fake
    }

    #[test]
    fn new_brokers_are_started_and_what_is_not_changed_is_told() {
        let fake = scaled(&[NEW], true);
        fake.reply(Reply::Event { entry: entry(Event::Usable { after_ms: 1234 }) });
        let node = NodeOutcome::new(NEW, NodeResult::Joined { after_ms: 1234 });
        fake.answer(OutcomeKind::Done, "joined: broker-2; usable after 1.2 s", vec![node]);
        let ran = run(fake, "scale brokers 3");
        assert_eq!(ran.code, ExitCode::Ok);
        assert_eq!(ran.fake.requests(), [Action::Scale { brokers: 3, nodes: vec![NEW] }]);
        insta::assert_snapshot!(ran.out, @r"
        velib: 3 brokers, usable after 1.2 s; joined: broker-2

          bootstrap servers 127.0.0.1:21000,127.0.0.1:21001,127.0.0.1:21002
          topics            stay where they are; new ones use every broker
          settings          stay as they are: min.insync.replicas=1 (with 3 brokers it would be 2)
        ");
    }

    #[test]
    fn as_many_as_there_are_is_said_and_is_no_error() {
        let fake = scaled(&[], true);
        fake.answer(OutcomeKind::Done, "all of them are members already; nothing was changed", vec![]);
        let ran = run(fake, "scale brokers 3");
        assert_eq!(ran.code, ExitCode::Ok);
        let brokers = (0..3).map(NodeName::broker).collect();
        assert_eq!(ran.fake.requests(), [Action::Scale { brokers: 3, nodes: brokers }]);
        assert_eq!(ran.out, "velib: 3 brokers already; nothing was changed\n");
    }

    #[test]
    fn a_cluster_that_is_down_is_planned_anew_and_nothing_is_started() {
        let ran = run(scaled(&[NEW], false), "scale brokers 3");
        assert_eq!(ran.code, ExitCode::Ok);
        assert_eq!(ran.fake.requests(), []);
        assert!(
            ran.out.starts_with("velib: 3 brokers from the next `cluster -c velib up` on; added: broker-2\n")
        );
    }

    #[test]
    fn json_has_all_of_it() {
        let json: serde_json::Value =
            serde_json::from_str(&run(scaled(&[NEW], false), "scale brokers 3 --json").out).unwrap();
        insta::assert_json_snapshot!(json, @r#"
        {
          "added": [
            "broker-2"
          ],
          "bootstrap_servers": "127.0.0.1:21000,127.0.0.1:21001,127.0.0.1:21002",
          "brokers": 3,
          "kept_settings": [
            {
              "key": "min.insync.replicas",
              "running": "1",
              "wanted": "2"
            }
          ],
          "name": "velib",
          "running": false,
          "usable_after_ms": null
        }
        "#);
    }

    #[test]
    fn a_refusal_asks_nobody() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.scaled(Err(Failure::new(ExitCode::Usage, "velib has 3 brokers")));
        let ran = run(fake, "scale brokers 2");
        assert_eq!((ran.code, ran.fake.requests()), (ExitCode::Usage, vec![]));
    }
}
