//! Asking the supervisor for something and waiting for its definite answer, visibly.

use std::cell::RefCell;
use std::fmt::Write;
use std::pin::pin;
use std::time::Duration;

use super::context::Context;
use crate::api::message::{Reply, Request};
use crate::engine::ops::NodeOps;
use crate::engine::{follow, outcome};
use crate::error::{End, ExitCode, Failure};
use crate::model::action::Action;
use crate::model::ids::NodeName;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::output::ladder::{Goal, Ladder};
use crate::output::progress::Progress;
use crate::paths::ClusterDir;
use crate::plan::model::Plan;
use crate::process::since_start::since_start;
use crate::units;

/// How long `up`, `start` and `restart` wait unless told otherwise.
pub(super) const PATIENCE: &str = "180s";

/// How often the seconds of a live line are redrawn.
const TICK: Duration = Duration::from_millis(100);

/// A request, and what is shown while it runs.
pub(super) struct Ask<'a> {
    pub dir: &'a ClusterDir,
    pub plan: &'a Plan,
    pub request: Request,
    pub goal: Goal,
    /// Those that get a line; none for what is done in a moment.
    pub shown: Vec<NodeName>,
    /// Without one, as long as the supervisor takes.
    pub timeout: Option<Duration>,
}

/// The answer of a request that was done.
#[derive(Debug)]
pub(super) struct Answer {
    pub outcome: Outcome,
    /// How long it took until the cluster was usable, when this request made it so.
    pub usable_after_ms: Option<u64>,
}

enum Ended {
    Answered(Result<Outcome, Failure>),
    Interrupted,
    OutOfTime(Duration),
}

impl Ask<'_> {
    /// Done, or the reason why not. Neither Ctrl-C nor a timeout undoes the request.
    pub(super) async fn run<E: NodeOps>(self, cx: &mut Context<'_, E>) -> Result<Answer, End> {
        let mut progress = Progress::new(cx.screen, self.goal, self.shown.iter().copied());
        if matches!(self.request.action, Action::Start { .. }) {
            progress = progress.without_ready();
        }
        let shared = RefCell::new((progress, &mut *cx.screen));
        let mut on_reply = |reply: Reply| {
            let (progress, screen) = &mut *shared.borrow_mut();
            progress.reply(screen, &reply);
        };
        let ended = {
            let mut acting = pin!(cx.engine.act(self.dir, &self.request, &mut on_reply));
            let mut interrupted = pin!(tokio::signal::ctrl_c());
            // A year is for ever.
            let patience = self.timeout.unwrap_or(Duration::from_secs(365 * 86_400));
            let mut out_of_time = pin!(tokio::time::sleep(patience));
            let mut ticks = tokio::time::interval(TICK);
            loop {
                tokio::select! {
                    biased;
                    outcome = &mut acting => break Ended::Answered(outcome),
                    _ = &mut interrupted => break Ended::Interrupted,
                    () = &mut out_of_time => break Ended::OutOfTime(patience),
                    _ = ticks.tick() => shared.borrow().0.tick(),
                }
            }
        };
        let (progress, screen) = shared.into_inner();
        // The answer to the others is printed, a line a node, right below.
        let is_told = !matches!(self.request.action, Action::Up | Action::Scale { .. });
        match &ended {
            Ended::Answered(Ok(outcome))
                if outcome.result == OutcomeKind::Done && is_told && screen.out_is_terminal() =>
            {
                progress.clear();
            }
            Ended::Interrupted => progress.look_away(),
            _ => progress.finish(),
        }
        let ladder = progress.ladder();
        match ended {
            Ended::Answered(Ok(outcome)) if outcome.result == OutcomeKind::Done => {
                Ok(Answer { outcome, usable_after_ms: ladder.usable_after_ms() })
            }
            Ended::Answered(Ok(outcome)) => Err(undone(self.plan, &outcome, self.goal, ladder).into()),
            Ended::Answered(Err(failure)) => Err(failure.into()),
            Ended::Interrupted => {
                screen.say(self.goes_on());
                Err(End::Quiet(ExitCode::Interrupted))
            }
            Ended::OutOfTime(after) => {
                let ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
                let mut message = format!("{} within {}", self.not_yet(), units::duration(ms));
                diagnose(&mut message, self.plan, ladder);
                Err(Failure::new(ExitCode::TimedOut, message).hint(self.goes_on()).into())
            }
        }
    }

    fn not_yet(&self) -> String {
        let name = &self.plan.name;
        match (&self.request.action, self.goal) {
            (Action::Up, _) => format!("{name} did not become usable"),
            (_, Goal::Ready) => format!("not every node of {name} became ready"),
            (_, Goal::Down) => format!("not every node of {name} went down"),
        }
    }

    fn goes_on(&self) -> String {
        let name = &self.plan.name;
        match self.request.action {
            Action::Up => {
                format!(
                    "{name} goes on starting in the background; `cluster status` shows how far it is, `cluster down` stops it"
                )
            }
            Action::Restart { .. } => format!(
                "the node that {name} is at becomes ready again, and no other is restarted; `cluster status` shows how far it is"
            ),
            _ => format!("{name} goes on with it in the background; `cluster status` shows how far it is"),
        }
    }
}

/// The failure that an outcome other than `Done` is; each node that became of something is named.
pub(super) fn undone(plan: &Plan, outcome: &Outcome, goal: Goal, ladder: &Ladder) -> Failure {
    let mut failure = outcome::failure(outcome);
    let failed = matches!(outcome.result, OutcomeKind::Failed | OutcomeKind::TimedOut);
    for node in outcome.nodes.iter().filter(|_| outcome.result != OutcomeKind::Refused) {
        // One node's own word may be all that there is to say.
        if !outcome.has_told(node) {
            // Writing to a String cannot fail.
            let _ = write!(failure.message, "\n  {}: {}", node.node, node.result);
        }
    }
    if failed && goal == Goal::Ready {
        diagnose(&mut failure.message, plan, ladder);
    }
    failure
}

/// For every node that is not there yet: the step, the last error and the tail of its log.
fn diagnose(message: &mut String, plan: &Plan, ladder: &Ladder) {
    const LINES: usize = 5;
    for (name, rung) in ladder.nodes().filter(|(_, rung)| !ladder.is_done(rung)) {
        // Writing to a String cannot fail.
        let _ = write!(message, "\n  {name}: {}", rung.text());
        let Some(node) = plan.node(name) else { continue };
        let said = since_start(node);
        let files = [(node.log_file(), said.log), (node.output_file(), said.output)];
        let Some((path, tail)) = follow::tail(&files, LINES) else { continue };
        let _ = write!(message, "\n    {} ends with:", path.display());
        for line in tail {
            let _ = write!(message, "\n    | {line}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::cli::testing::{self, Fake};
    use crate::model::event::Event;
    use crate::model::outcome::{NodeOutcome, NodeResult, Summary};
    use crate::model::reason::Reason;
    use crate::model::status::NodeState;
    use crate::model::step::Step;
    use crate::output::events;
    use crate::output::screen::Screen;

    fn up(plan: &Plan, timeout: Duration) -> (ClusterDir, Request, Vec<NodeName>, Option<Duration>) {
        let dir = ClusterDir(plan.dir.clone());
        let request = Request { action: Action::Up, by: "a test".into() };
        (dir, request, plan.nodes.iter().map(|node| node.name).collect(), Some(timeout))
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_names_the_step_the_last_error_and_the_tail_of_the_log() {
        let fake = Fake::with_clusters(&["velib"]);
        let plan = fake.plan("velib");
        let node = plan.node(NodeName::broker(0)).unwrap();
        fs::create_dir_all(node.log_file().parent().unwrap()).unwrap();
        fs::write(node.log_file(), (1..=9).map(|n| format!("line {n}\n")).collect::<String>()).unwrap();
        let mut stuck = crate::model::samples::node(NodeName::broker(0), NodeState::Starting);
        stuck.waiting_for = Some(Step::Port);
        stuck.reason = Some(Reason::NotReady { why: "connection refused".into() });
        fake.reply(Reply::Progress { node: stuck });
        for node in plan.nodes.iter().filter(|node| node.name != NodeName::broker(0)) {
            let event = Event::Ready { node: node.name, after_ms: 900 };
            fake.reply(Reply::Event { entry: events::samples::entry(event) });
        }
        let (mut screen, _, _) = Screen::recorded();
        let mut cx = testing::context(fake, &mut screen, None);
        let (dir, request, shown, timeout) = up(&plan, Duration::from_secs(180));
        let ask = Ask { dir: &dir, plan: &plan, request, goal: Goal::Ready, shown, timeout };
        let Err(End::Failure(failure)) = ask.run(&mut cx).await else { panic!("it was done") };
        assert_eq!(failure.code, ExitCode::TimedOut);
        let message = failure.message.replace(&*plan.dir.to_string_lossy(), "DIR");
        insta::assert_snapshot!(message, @r#"
        velib did not become usable within 3 min
          broker-0: waiting for its port to open: connection refused
            DIR/broker-0/logs/server.log ends with:
            | line 5
            | line 6
            | line 7
            | line 8
            | line 9
        "#);
        assert!(failure.hint.unwrap().starts_with("velib goes on starting in the background"));
    }

    #[tokio::test]
    async fn the_answer_brings_the_time_until_usable() {
        let fake = Fake::with_clusters(&["velib"]);
        let plan = fake.plan("velib");
        fake.reply(Reply::Event { entry: events::samples::entry(Event::Usable { after_ms: 4100 }) });
        fake.answer(OutcomeKind::Done, "usable", vec![]);
        let (mut screen, _, _) = Screen::recorded();
        let mut cx = testing::context(fake, &mut screen, None);
        let (dir, request, shown, timeout) = up(&plan, Duration::from_secs(180));
        let ask = Ask { dir: &dir, plan: &plan, request, goal: Goal::Ready, shown, timeout };
        assert_eq!(ask.run(&mut cx).await.unwrap().usable_after_ms, Some(4100));
    }

    #[test]
    fn a_failure_says_what_became_of_each_node_once() {
        let plan = crate::plan::samples::plan("/x".as_ref(), "velib");
        let nodes = vec![
            NodeOutcome::new(
                NodeName::broker(0),
                NodeResult::Failed { reason: Some(Reason::Words { text: "crash loop".into() }) },
            ),
            NodeOutcome::new(NodeName::broker(1), NodeResult::Ready { after_ms: None }),
        ];
        let outcome = Outcome { result: OutcomeKind::Failed, summary: Summary::NotUp, nodes };
        let ladder = Ladder::new(Goal::Ready, [NodeName::broker(0)]);
        let failure = undone(&plan, &outcome, Goal::Ready, &ladder);
        assert_eq!(failure.code, ExitCode::Failed);
        insta::assert_snapshot!(failure.message, @r#"
        broker-0 did not come up: crash loop
          broker-1: ready
          broker-0: waiting
        "#);
    }
}
