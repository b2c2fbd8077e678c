use std::time::Duration;

use clap::{Args, ValueEnum};

use super::context::Context;
use super::names::Names;
use super::text;
use crate::engine::ops::Engine;
use crate::engine::signals::{self, Signals};
use crate::engine::suggest;
use crate::error::{End, ExitCode, Failure};
use crate::model::status::{Health, Status};
use crate::output::status;
use crate::output::width::Width;
use crate::paths::ClusterDir;
use crate::units;

/// How often `--watch` asks.
const WATCH: Duration = Duration::from_secs(1);
/// How often `--wait` asks.
const WAIT: Duration = Duration::from_millis(200);

/// Show nodes, topics and how the cluster is
///
/// All of it is what Kafka and ZooKeeper say at this moment; what they could not be asked is
/// shown as unknown. The last line is the verdict.
#[derive(Debug, Args)]
pub(super) struct StatusCommand {
    /// The cluster, as with --cluster
    #[arg(value_name = "CLUSTER", add = Names::Clusters)]
    name: Option<String>,

    /// Show every partition of this topic
    #[arg(short, long, add = Names::Topics)]
    topic: Option<String>,

    /// Print as JSON; with --watch a line each time
    #[arg(long)]
    json: bool,

    /// Redraw every second; `q` ends it
    #[arg(short, long, conflicts_with_all = ["check", "wait"])]
    watch: bool,

    /// Exit with 10 when degraded, 11 when unavailable
    #[arg(long)]
    check: bool,

    /// Wait until the cluster is so
    #[arg(long, value_name = "STATE")]
    wait: Option<State>,

    /// How long to wait, 60s unless given
    #[arg(long, value_name = "DURATION", value_parser = text::duration, requires = "wait")]
    #[arg(default_value_if("wait", clap::builder::ArgPredicate::IsPresent, "60s"))]
    timeout: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum State {
    Healthy,
    Degraded,
    Unavailable,
}

impl State {
    fn is(self, health: Health) -> bool {
        let wanted = match self {
            State::Healthy => Health::Healthy,
            State::Degraded => Health::Degraded,
            State::Unavailable => Health::Unavailable,
        };
        wanted == health
    }
}

impl StatusCommand {
    pub(super) async fn run<E: Engine>(mut self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        cx.name(self.name.take());
        let dir = cx.chosen()?.dir;
        if self.watch {
            return self.redraw(cx, &dir).await;
        }
        let status = match self.wait {
            Some(state) => self.until(cx, &dir, state).await?,
            None => cx.engine.status(&dir, self.topic.as_deref()).await?,
        };
        self.topic_is_there(cx, &dir, &status).await?;
        match self.json {
            true => cx.screen.json(&status)?,
            false => cx.screen.print(self.text(&status, cx.screen.out_width()))?,
        }
        Ok(match status.verdict.state {
            Health::Degraded if self.check => ExitCode::Degraded,
            Health::Unavailable if self.check => ExitCode::Unavailable,
            _ => ExitCode::Ok,
        })
    }

    fn text(&self, status: &Status, width: Width) -> String {
        status::text(status, self.topic.as_deref(), width)
    }

    async fn topic_is_there<E: Engine>(
        &self,
        cx: &Context<'_, E>,
        dir: &ClusterDir,
        status: &Status,
    ) -> Result<(), Failure> {
        let (Some(topic), Some(topics)) = (&self.topic, &status.topics) else { return Ok(()) };
        if topics.contains_key(topic) {
            return Ok(());
        }
        let failure = Failure::new(ExitCode::Usage, format!("{} has no topic `{topic}`", status.cluster));
        // The answer has the topic that was asked for and no other.
        let all = cx.engine.status(dir, None).await?.topics.unwrap_or_default();
        let real: Vec<_> = all.into_iter().filter(|(_, of)| !of.internal).map(|(name, _)| name).collect();
        Err(match real.is_empty() {
            true => failure.hint("it has no topics"),
            false => failure.hint(suggest::hint(topic, suggest::TOPICS, &real)),
        })
    }

    async fn until<E: Engine>(
        &self,
        cx: &Context<'_, E>,
        dir: &ClusterDir,
        wanted: State,
    ) -> Result<Status, Failure> {
        let mut last = None;
        let asking = async {
            loop {
                match cx.engine.status(dir, self.topic.as_deref()).await {
                    Ok(status) if wanted.is(status.verdict.state) => return Ok(status),
                    Ok(status) => last = Some(status.verdict.message),
                    // No answer in time is an answer that may still come.
                    Err(failure) if failure.code == ExitCode::TimedOut => last = Some(failure.message),
                    Err(failure) => return Err(failure),
                }
                tokio::time::sleep(WAIT).await;
            }
        };
        let timeout = self.timeout.unwrap_or(Duration::MAX);
        match tokio::time::timeout(timeout, asking).await {
            Ok(answer) => answer,
            Err(_) => {
                let waited = units::duration(u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX));
                let last = last.unwrap_or_else(|| "no answer".to_owned());
                Err(Failure::new(ExitCode::TimedOut, format!("still not so after {waited}: {last}")))
            }
        }
    }

    async fn redraw<E: Engine>(&self, cx: &mut Context<'_, E>, dir: &ClusterDir) -> Result<ExitCode, End> {
        let Some(keys) = cx.screen.keys() else { return self.watch_on(cx, dir).await };
        // None of these may end this process before the terminal is as it was.
        let mut signals = Signals::listen()?;
        let ended = tokio::select! {
            ended = self.watch_on(cx, dir) => return ended,
            () = keys.quit() => Ok(ExitCode::Ok),
            signal = signals.next() => Err(End::HandedOn(signals::exit_code(signal.number()))),
        };
        drop(keys);
        ended
    }

    async fn watch_on<E: Engine>(&self, cx: &mut Context<'_, E>, dir: &ClusterDir) -> Result<ExitCode, End> {
        let mut times = tokio::time::interval(WATCH);
        let mut first = true;
        loop {
            times.tick().await;
            let status = cx.engine.status(dir, self.topic.as_deref()).await?;
            self.topic_is_there(cx, dir, &status).await?;
            if self.json {
                cx.screen.json_line(&status)?;
                continue;
            }
            let text = self.text(&status, cx.screen.out_width());
            if !first && !cx.screen.out_is_terminal() {
                cx.screen.print("\n")?;
            }
            cx.screen.redraw(&text)?;
            first = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::cli::testing::{Fake, run, run_unread};
    use crate::error::{ExitCode, Failure};
    use crate::model::samples::healthy;
    use crate::model::status::{Health, Status};

    fn being(state: Health) -> Status {
        let mut status = healthy();
        status.verdict.state = state;
        status.verdict.message = format!("{state:?}").to_lowercase();
        status
    }

    fn saying(statuses: impl IntoIterator<Item = Result<Status, Failure>>) -> Fake {
        let fake = Fake::with_clusters(&["velib"]);
        fake.statuses(statuses);
        fake
    }

    #[test]
    fn the_exit_code_tells_the_state_only_when_asked_to() {
        for (state, code) in [
            (Health::Healthy, ExitCode::Ok),
            (Health::Degraded, ExitCode::Degraded),
            (Health::Unavailable, ExitCode::Unavailable),
        ] {
            assert_eq!(run(saying([Ok(being(state))]), "status --check").code, code);
            assert_eq!(run(saying([Ok(being(state))]), "status").code, ExitCode::Ok);
        }
    }

    #[test]
    fn the_exit_code_tells_the_state_to_those_who_read_nothing_else() {
        let ran = run_unread(saying([Ok(being(Health::Unavailable))]), "status --check");
        assert_eq!(ran.code, ExitCode::Unavailable);
        // Of what is redrawn for ever there is an end when nobody looks.
        assert_eq!(run_unread(saying([Ok(healthy())]), "status --watch").code, ExitCode::Ok);
    }

    #[test]
    fn json_is_the_status_as_the_supervisor_gave_it() {
        let ran = run(saying([Ok(healthy())]), "status --json");
        assert_eq!(serde_json::from_str::<Status>(&ran.out).unwrap(), healthy());
    }

    #[test]
    fn waiting_ends_as_soon_as_the_state_holds() {
        let slow = Failure::new(ExitCode::TimedOut, "no answer");
        let statuses = [Ok(being(Health::Unavailable)), Err(slow), Ok(being(Health::Healthy))];
        let ran = run(saying(statuses), "status --wait healthy");
        assert_eq!(ran.code, ExitCode::Ok);
        assert!(ran.out.ends_with("healthy\n"), "{}", ran.out);
    }

    #[test]
    fn waiting_in_vain_tells_how_it_still_is() {
        let statuses = (0..1000).map(|_| Ok(being(Health::Degraded)));
        let ran = run(saying(statuses), "status --wait healthy --timeout 30s");
        assert_eq!(ran.code, ExitCode::TimedOut);
        assert_eq!(ran.err, "error: still not so after 30.0 s: degraded\n");
    }

    #[test]
    fn waiting_for_a_cluster_that_is_down_ends_at_once() {
        let down = Failure::new(ExitCode::NotRunning, "velib is not running");
        assert_eq!(run(saying([Err(down)]), "status --wait healthy").code, ExitCode::NotRunning);
    }

    #[test]
    fn an_unknown_topic_lists_the_real_ones() {
        for json in ["", " --json", " --watch"] {
            let mut none = healthy();
            none.topics = Some(BTreeMap::new());
            let ran = run(saying([Ok(none), Ok(healthy())]), &format!("status --topic velib-station{json}"));
            assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Usage, ""));
            assert!(ran.err.contains("did you mean `velib-stations`?"), "{}", ran.err);
        }
    }

    #[test]
    fn a_topic_that_nobody_could_tell_of_is_unknown_and_no_mistake() {
        let mut status = healthy();
        status.topics = None;
        let ran = run(saying([Ok(status)]), "status --topic velib-stations");
        assert_eq!(ran.code, ExitCode::Ok);
        assert!(ran.out.contains("topics: unknown"), "{}", ran.out);
    }

    #[test]
    fn watching_shows_it_again_and_again_until_it_cannot_be_asked() {
        let down = Failure::new(ExitCode::NotRunning, "velib is not running");
        let statuses = [Ok(being(Health::Degraded)), Ok(being(Health::Healthy)), Err(down)];
        let ran = run(saying(statuses), "status --watch");
        assert_eq!(ran.code, ExitCode::NotRunning);
        assert_eq!(ran.out.matches("velib  Kafka 3.9.2").count(), 2);
        assert!(ran.out.contains("degraded\n\nvelib"), "{}", ran.out);
    }
}
