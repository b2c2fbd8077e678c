use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::ask::{self, Ask};
use super::context::{self, Context};
use super::names::Names;
use super::{source, text};
use crate::api::message::{Reply, Request};
use crate::engine::ops::Engine;
use crate::engine::source::{Chosen, Preparation};
use crate::error::{End, ExitCode};
use crate::model::action::Action;
use crate::model::outcome::{NodeResult, OutcomeKind};
use crate::output::cluster;
use crate::output::fetch::FetchBar;
use crate::output::ladder::Goal;
use crate::output::progress::Progress;
use crate::output::screen::Screen;
use crate::page::Page;
use crate::paths::ClusterDir;
use crate::plan::model::Plan;
use crate::spec::{self, model::Profile};

/// Start a cluster and return when it is usable
///
/// Without SPEC: the cluster that --cluster names comes up as it was; without both, the one that
/// CLUSTER_SPEC or else ./cluster.yaml describes; without these, the cluster `default`, which is
/// new with 3 ZooKeeper servers and 3 brokers. With SPEC, --cluster gives the cluster another name.
/// On a cluster that runs, `up` starts what is missing and changes nothing that is right already.
#[derive(Debug, Args)]
pub(super) struct Up {
    /// The YAML file that describes the cluster, or `-` for standard input
    spec: Option<PathBuf>,

    /// In place of the spec's: fast, stock or durable
    #[arg(long, value_parser = spec::profile, add = Names::Profiles)]
    profile: Option<Profile>,

    /// Even if the machine's memory is too small for the nodes
    #[arg(long)]
    force: bool,

    /// How long the certificates of a secured cluster are valid that are made now and later: years without it
    #[arg(long, value_name = "DURATION", value_parser = text::lifetime)]
    cert_lifetime: Option<Duration>,

    /// Supervise in this process; Ctrl-C takes the cluster down in order
    #[arg(long)]
    foreground: bool,

    /// How long to wait until the cluster is usable; it goes on starting after that
    #[arg(long, value_name = "DURATION", value_parser = text::duration, default_value = ask::PATIENCE)]
    #[arg(conflicts_with = "foreground")]
    timeout: Duration,

    /// Print where to connect as JSON
    #[arg(long)]
    json: bool,
}

impl Up {
    pub(super) async fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let chosen = Chosen { profile: self.profile, ..source::of(cx, self.spec.clone())? };
        let how = Preparation {
            supervised: !self.foreground,
            force: self.force,
            cert_lifetime: self.cert_lifetime,
        };
        let bar = FetchBar::new(cx.screen.err_is_terminal());
        let prepared = cx.engine.prepare(&cx.folders, &chosen, how, &bar);
        bar.finish();
        let plan = prepared?;
        for warning in &plan.warnings {
            cx.screen.warn(warning);
        }
        let dir = ClusterDir(plan.dir.clone());
        let request = Request { action: Action::Up, by: context::by("up") };
        if self.foreground {
            return self.stay(cx, &plan, &request).await;
        }
        let shown = plan.nodes.iter().map(|node| node.name).collect();
        let ask =
            Ask { dir: &dir, plan: &plan, request, goal: Goal::Ready, shown, timeout: Some(self.timeout) };
        let answer = ask.run(cx).await?;
        // Without a time it was usable before: what was done then, if anything, is the answer's to say.
        let is_kept_down = |result: &NodeResult| matches!(result, NodeResult::StaysDown { .. });
        let kept_down = answer.outcome.nodes.iter().any(|node| is_kept_down(&node.result));
        if answer.usable_after_ms.is_none() || kept_down {
            cx.screen.say(answer.outcome.message());
        }
        self.tell(cx.screen, &plan, answer.usable_after_ms)?;
        Ok(ExitCode::Ok)
    }

    /// Until the cluster is down again.
    async fn stay<E: Engine>(
        &self,
        cx: &mut Context<'_, E>,
        plan: &Plan,
        request: &Request,
    ) -> Result<ExitCode, End> {
        let nodes = plan.nodes.iter().map(|node| node.name);
        let mut progress = Progress::new(cx.screen, Goal::Ready, nodes);
        let screen = &mut *cx.screen;
        let mut told = Ok(());
        let mut on_reply = |reply: Reply| {
            progress.reply(screen, &reply);
            if let Reply::Done { outcome } = reply {
                progress.finish();
                if outcome.result == OutcomeKind::Done {
                    told = self.tell(screen, plan, progress.ladder().usable_after_ms());
                    screen.say("Ctrl-C takes it down");
                }
            }
        };
        let outcome = cx.engine.foreground(plan, request, Box::new(Page::default()), &mut on_reply).await?;
        match outcome.result {
            OutcomeKind::Done => told.map(|()| ExitCode::Ok),
            // Ctrl-C or `down` came before it was usable, and it is down in order.
            OutcomeKind::Superseded => Ok(ExitCode::Interrupted),
            _ => Err(ask::undone(plan, &outcome, Goal::Ready, progress.ladder()).into()),
        }
    }

    fn tell(&self, screen: &mut Screen, plan: &Plan, usable_after_ms: Option<u64>) -> Result<(), End> {
        let up = cluster::Up::new(plan, usable_after_ms);
        match self.json {
            true => screen.json(&up),
            false => screen.print(cluster::up(plan, &up)),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::api::message::Reply;
    use crate::cli::testing::{Fake, run, run_beside};
    use crate::engine::source::Source;
    use crate::error::ExitCode;
    use crate::model::action::Action;
    use crate::model::event::Event;
    use crate::model::outcome::OutcomeKind;
    use crate::output::events::samples::entry;
    use crate::paths::ClusterDir;
    use crate::spec::{self, model::Profile};

    fn usable() -> Fake {
        let fake = Fake::with_clusters(&["velib"]);
        fake.reply(Reply::Event { entry: entry(Event::Usable { after_ms: 4100 }) });
        fake.answer(OutcomeKind::Done, "usable", vec![]);
        fake
    }

    #[test]
    fn without_a_spec_the_default_comes_up() {
        let ran = run(usable(), "up");
        assert_eq!(ran.code, ExitCode::Ok);
        assert_eq!(ran.fake.prepared(), [(Source::Default, None)]);
        assert_eq!(ran.fake.requests(), [Action::Up]);
        assert!(ran.out.contains("usable after 4.1 s"), "{}", ran.out);
        assert!(ran.out.contains("bootstrap servers 127.0.0.1:21000,127.0.0.1:21001"), "{}", ran.out);
    }

    #[test]
    fn a_named_cluster_comes_up_as_it_was_and_a_new_name_is_given_to_the_spec() {
        let ran = run(usable(), "-c velib up");
        let dir = ClusterDir(ran.fake.home().join("velib"));
        assert_eq!(ran.fake.prepared(), [(Source::Stored(dir), None)]);
        let ran = run(usable(), "-c other up");
        assert_eq!(ran.fake.prepared(), [(Source::Default, Some("other".into()))]);
        let ran = run(usable(), "up x.yaml -c other");
        assert_eq!(ran.fake.prepared(), [(Source::File("x.yaml".into()), Some("other".into()))]);
    }

    #[test]
    fn who_names_no_spec_means_the_one_of_the_folder() {
        let prepared = |line: &str| {
            let ran = run_beside(usable(), line, "cluster.yaml");
            (ran.fake.prepared().remove(0), ran.err.contains("the spec is cluster.yaml\n"))
        };
        let of_folder = || Source::File("cluster.yaml".into());
        assert_eq!(prepared("up"), ((of_folder(), None), true));
        assert_eq!(prepared("-c other up"), ((of_folder(), Some("other".into())), true));
        assert_eq!(prepared("up x.yaml"), ((Source::File("x.yaml".into()), None), false));
        let ((source, _), is_told) = prepared("-c velib up");
        assert!(matches!(source, Source::Stored(_)) && !is_told, "it is there as it was: {source:?}");
    }

    #[test]
    fn when_it_is_up_already_that_is_said() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.answer(OutcomeKind::Done, "already up and usable; no node was changed", vec![]);
        let ran = run(fake, "up");
        assert_eq!(ran.code, ExitCode::Ok);
        assert!(ran.err.contains("no node was changed"), "{}", ran.err);
    }

    #[test]
    fn the_command_line_can_take_another_profile_and_more_memory_than_there_is() {
        let ran = run(usable(), "up x.yaml --profile durable --force");
        let (chosen, how) = ran.fake.preparations().remove(0);
        assert_eq!((chosen.profile, how.force, how.supervised), (Some(Profile::Durable), true, true));
        assert_eq!(spec::profile("quick").unwrap_err(), "profiles are fast, stock and durable");
    }

    #[test]
    fn json_is_all_that_standard_output_gets() {
        let ran = run(usable(), "up --json");
        let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(json["usable_after_ms"], 4100);
        assert_eq!(json["topics"][0], "velib-stations");
    }

    #[test]
    fn what_did_not_come_up_is_no_success() {
        for (result, code) in [
            (OutcomeKind::Failed, ExitCode::Failed),
            (OutcomeKind::TimedOut, ExitCode::TimedOut),
            (OutcomeKind::Superseded, ExitCode::Failed),
        ] {
            let fake = Fake::with_clusters(&["velib"]);
            fake.answer(result, "broker-0 did not come up", vec![]);
            let ran = run(fake, "up");
            assert_eq!(ran.code, code);
            assert_eq!(ran.out, "");
            assert!(ran.err.contains("error: broker-0 did not come up"), "{}", ran.err);
        }
    }

    #[test]
    fn in_the_foreground_it_tells_when_it_is_usable_and_ends_well_when_taken_down() {
        let ran = run(usable(), "up --foreground");
        assert_eq!(ran.code, ExitCode::Ok);
        assert!(ran.out.contains("usable after 4.1 s"), "{}", ran.out);
        assert!(ran.err.ends_with("Ctrl-C takes it down\n"), "{}", ran.err);
    }
}
