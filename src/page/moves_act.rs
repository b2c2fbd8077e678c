//! Replicas moved by the page: shown first, begun as shown, finished or cancelled. What is under way goes on when
//! nobody waits for it; with the supervisor ends only the following of it, as with a command that is killed.

use std::time::Duration;

use anstream::adapter::strip_str;
use minijinja::{Value, context};
use serde::Deserialize;

use super::answer;
use super::hub::{Ended, Hub, Part};
use super::plans::Plans;
use super::render::{self, Reader};
use super::under_way::{Room, Stand};
use super::value::{told, why};
use super::words::Came;
use crate::admin::AdminError;
use crate::admin::given;
use crate::admin::moves::{Move, Moved, PlanFile, Proposal, Wanted};
use crate::engine::ops::{AdminOps, LIVE};
use crate::error::{ExitCode, Failure};
use crate::output::moves;
use crate::paths::ClusterDir;

/// What Kafka refuses it refuses by then; what takes longer goes on, and is followed in the view.
const AT_ONCE: Duration = Duration::from_millis(1_500);
/// Cancelling waits for replicas to be back, which takes some seconds with a controller that is busy.
const SOON: Duration = Duration::from_secs(12);

/// What a form says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Form {
    /// Empty: all.
    topic: String,
    /// The id of a broker that shall hold nothing of them; empty: none is left out.
    without: String,
    /// Empty: not throttled.
    throttle: String,
    /// The plan that was shown.
    plan: u64,
    /// It was told what is undone.
    sure: bool,
}

/// What was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    moves: Vec<Move>,
    /// Bytes a second.
    throttle: Option<u64>,
}

impl Form {
    fn wanted(&self) -> Result<Wanted, Failure> {
        let topics = Some(self.topic.clone()).filter(|topic| !topic.is_empty()).into_iter().collect();
        let without = match self.without.as_str() {
            "" => None,
            id => Some(id.parse().map_err(|_| usage(format!("`{id}` is no broker's id")))?),
        };
        Ok(Wanted::Spread { topics, exclude: Vec::new(), without: without.into_iter().collect() })
    }

    fn throttle(&self) -> Result<Option<u64>, Failure> {
        let text = Some(self.throttle.trim()).filter(|text| !text.is_empty());
        text.map(given::rate).transpose().map_err(usage)
    }
}

fn usage(message: String) -> Failure {
    Failure::new(ExitCode::Usage, message)
}

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Propose(Wanted, Option<u64>),
    Begin(Shown),
    /// What was shown is not known here.
    Forgotten,
    /// Follow what another began to its end.
    Finish,
    MayCancel,
    Cancel,
}

impl Step {
    /// `None`: there is no such form.
    fn parse(what: &str, form: &Form, shown: Option<Shown>) -> Option<Result<Self, Failure>> {
        Some(match (what, shown) {
            ("propose", _) => form.wanted().and_then(|wanted| Ok(Step::Propose(wanted, form.throttle()?))),
            ("begin", Some(shown)) => Ok(Step::Begin(shown)),
            ("begin", None) => Ok(Step::Forgotten),
            ("finish", _) => Ok(Step::Finish),
            ("cancel", _) if form.sure => Ok(Step::Cancel),
            ("cancel", _) => Ok(Step::MayCancel),
            _ => return None,
        })
    }

    fn patience(&self) -> Option<Duration> {
        match self {
            Step::Begin(_) | Step::Finish => Some(AT_ONCE),
            Step::Propose(..) | Step::Forgotten | Step::MayCancel | Step::Cancel => Some(SOON),
        }
    }

    /// It goes on to its end, and what became of that is told in the view.
    fn is_move(&self) -> bool {
        matches!(self, Step::Begin(_) | Step::Finish | Step::Cancel)
    }

    async fn run(self, dir: &ClusterDir) -> Result<Answer, Failure> {
        match self {
            Step::Propose(wanted, throttle) => {
                Ok(Answer::Plan(LIVE.propose_moves(dir, &wanted).await?, throttle))
            }
            Step::Begin(Shown { moves, throttle }) => {
                // Whether what was shown is still true.
                let plan = Wanted::Plan(PlanFile::of(&moves));
                let now = LIVE.propose_moves(dir, &plan).await?;
                Ok(Answer::Moved(LIVE.move_replicas(dir, &now.moves(), throttle, &mut |_| {}).await?))
            }
            Step::Finish => Ok(Answer::Moved(LIVE.watch_moves(dir, &mut |_| {}).await?)),
            Step::Cancel => Ok(Answer::Moved(LIVE.cancel_moves(dir).await?)),
            Step::MayCancel => {
                let moving = LIVE.moving(dir).await?;
                Ok(Answer::MayCancel(moving.partitions.iter().filter(|one| !one.is_done).count()))
            }
            Step::Forgotten => Ok(Answer::Forgotten),
        }
    }
}

enum Answer {
    /// What would be moved.
    Plan(Proposal, Option<u64>),
    Moved(Moved),
    /// So many partitions would go back.
    MayCancel(usize),
    Forgotten,
}

/// What became of a move, a line each.
fn said(moved: &Moved) -> String {
    let text = strip_str(&moves::moved(moved)).to_string();
    moved.warnings.iter().fold(text, |text, warning| format!("{text}{warning}\n")).trim_end().to_owned()
}

/// For the view; `None`: who cancelled it tells.
fn ended(result: &Result<Answer, Failure>) -> Option<Ended> {
    match result {
        Ok(Answer::Moved(moved)) => {
            let kind = if moved.not_elected.is_empty() { "done" } else { "failed" };
            Some(Ended::new(kind, Came::Words(said(moved))))
        }
        Err(failure) if failure.message != AdminError::Cancelled.to_string() => {
            Some(Ended::new("failed", Came::Words(why(failure))))
        }
        _ => None,
    }
}

/// Has it done: the answer as HTML; `None`: there is no such form.
pub(super) async fn act(
    dir: ClusterDir,
    what: &str,
    form: Form,
    plans: &Plans<Shown>,
    hub: &Hub,
    room: &Room,
    reader: Reader<'_>,
) -> Option<String> {
    let say = |kind: &str, message: &str| answer::plain(reader, kind, message);
    let step = match Step::parse(what, &form, plans.find(form.plan, &dir))? {
        Ok(step) => step,
        Err(failure) => return Some(say("failed", &why(&failure))),
    };
    let (patience, is_move) = (step.patience(), step.is_move());
    let (at, hub, cluster) = (dir.clone(), hub.clone(), reader.cluster.to_owned());
    let work = async move {
        let work = step.run(&at);
        if is_move { hub.tell(cluster, Part::Replicas, work, ended).await } else { work.await }
    };
    let stand = room.run(patience, work).await;
    if is_move && matches!(stand, Stand::UnderWay) {
        let begun = context! { kind => "begun", warnings => Value::from(()) };
        return Some(render::page("moves_answer.html", reader, begun));
    }
    Some(match answer::through(reader, stand) {
        Err(nothing_yet) => nothing_yet,
        Ok(Err(failure)) => say("failed", &why(&failure)),
        Ok(Ok(Answer::Moved(moved))) => {
            say(if moved.not_elected.is_empty() { "done" } else { "failed" }, &said(&moved))
        }
        Ok(Ok(answer)) => match values(&answer, &dir, plans) {
            Ok(values) => render::page("moves_answer.html", reader, values),
            Err(error) => say("failed", &error),
        },
    })
}

fn values(answer: &Answer, dir: &ClusterDir, plans: &Plans<Shown>) -> Result<Value, String> {
    let nothing = context! { warnings => Value::from(()) };
    Ok(match answer {
        Answer::Plan(proposal, _) if proposal.moves.is_empty() => {
            context! { kind => "even", warnings => told(&proposal.warnings) }
        }
        Answer::Plan(proposal, throttle) => {
            // A string: JSON and JavaScript would round it.
            let plan = plans.keep(dir, Shown { moves: proposal.moves(), throttle: *throttle })?.to_string();
            let Proposal { moves, brokers, bytes, warnings, .. } = proposal;
            context! {
                kind => "plan", plan, bytes => *bytes, throttle => *throttle, moves => told(moves),
                brokers => told(brokers), warnings => told(warnings),
            }
        }
        Answer::MayCancel(partitions) => context! { kind => "may_cancel", on_way => *partitions, ..nothing },
        Answer::Moved(_) | Answer::Forgotten => context! { kind => "forgotten", ..nothing },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::moves::MovedResult;
    use crate::output::moves::samples;
    use crate::page::admit::Rights;
    use crate::page::text::Lang;

    fn step(what: &str, form: Form) -> Option<Result<Step, String>> {
        Step::parse(what, &form, None).map(|step| step.map_err(|failure| failure.message))
    }

    #[test]
    fn a_form_says_what_is_spread_over_which_brokers_and_how_fast() {
        let spread = |topics: &[&str], without: &[i32]| Wanted::Spread {
            topics: topics.iter().map(|topic| (*topic).to_owned()).collect(),
            exclude: vec![],
            without: without.iter().copied().collect(),
        };
        let form = Form::default();
        assert_eq!(step("propose", form.clone()), Some(Ok(Step::Propose(spread(&[], &[]), None))));
        let form = Form { topic: "bikes".into(), without: "2".into(), throttle: " 10MB/s ".into(), ..form };
        let throttled = Step::Propose(spread(&["bikes"], &[2]), Some(10_000_000));
        assert_eq!(step("propose", form.clone()), Some(Ok(throttled)));
        for wrong in
            [Form { throttle: "fast".into(), ..form.clone() }, Form { without: "x".into(), ..form.clone() }]
        {
            assert!(matches!(step("propose", wrong), Some(Err(_))));
        }
        assert_eq!(step("begin", form.clone()), Some(Ok(Step::Forgotten)));
        assert_eq!(step("cancel", form.clone()), Some(Ok(Step::MayCancel)), "asked first");
        assert_eq!(step("cancel", Form { sure: true, ..form.clone() }), Some(Ok(Step::Cancel)));
        assert_eq!(step("other", form.clone()), None);
        let shown = Shown { moves: samples::proposal().moves(), throttle: Some(7) };
        let begun = Step::parse("begin", &form, Some(shown.clone())).unwrap().unwrap();
        assert_eq!(begun, Step::Begin(shown), "as shown, whatever the form says now");
    }

    #[test]
    fn what_became_of_it_is_told_once() {
        let moved = Moved { warnings: vec!["b keeps x".into()], ..samples::moved(MovedResult::Moved) };
        assert!(said(&moved).ends_with("after 2.1 s\nb keeps x"), "{}", said(&moved));
        assert_eq!(ended(&Ok(Answer::Moved(moved.clone()))).unwrap().kind, "done");
        let unled = Moved { not_elected: vec!["bikes/0: down".into()], ..moved };
        assert_eq!(ended(&Ok(Answer::Moved(unled))).unwrap().kind, "failed");
        assert_eq!(ended(&Err(usage("no".into()))).unwrap().kind, "failed");
        assert!(ended(&Err(AdminError::Cancelled.into())).is_none());
    }

    #[test]
    fn every_answer_can_be_shown_in_both_languages() {
        let mut risky = samples::proposal();
        risky.warnings.push("<b>".into());
        let unknown = Proposal { bytes: None, ..samples::proposal() };
        let even = Proposal { moves: vec![], ..samples::proposal() };
        let answers = [
            Answer::Plan(risky, Some(1000)),
            Answer::Plan(unknown, None),
            Answer::Plan(even, None),
            Answer::MayCancel(2),
            Answer::Forgotten,
        ];
        for (answer, lang) in answers.iter().flat_map(|answer| Lang::ALL.map(|lang| (answer, lang))) {
            let reader = Reader { cluster: "velib", lang, rights: Rights::All };
            let values = values(answer, &ClusterDir("/here".into()), &Plans::default()).unwrap();
            let html = render::page("moves_answer.html", reader, values);
            assert!(!html.contains("failed to render") && !html.contains("<b>"), "{html}");
        }
    }
}
