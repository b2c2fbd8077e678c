//! Brokers that join and leave by the page, as `scale` and `decommission` have it: what it takes goes on when nobody
//! waits for it, and how it ended is told to all who look.

use std::time::Duration;

use anstream::adapter::strip_str;
use minijinja::context;
use serde::Deserialize;

use super::answer;
use super::hub::{Ended, Hub, Part};
use super::members;
use super::render::{self, Reader};
use super::under_way::{Room, Stand};
use super::value::why;
use super::words::Came;
use crate::engine::ops::{FolderOps, LIVE};
use crate::error::{ExitCode, Failure};
use crate::output::{members as words, outcome};
use crate::paths::ClusterDir;

/// What is refused is refused by then; what takes longer goes on, and is followed in the view.
const AT_ONCE: Duration = Duration::from_millis(1_500);
/// Other nodes that are only starting are waited for.
const SOON: Duration = Duration::from_secs(22);

/// What a form says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Form {
    /// How many there are to be in all.
    brokers: String,
    /// Who is to leave.
    broker: String,
    /// Though the cluster is not well.
    force: bool,
    /// It was told what is lost.
    sure: bool,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Scale(u16),
    MayLeave { broker: String, force: bool },
    Leave { broker: String, force: bool },
}

impl Step {
    /// `None`: there is no such form.
    fn parse(what: &str, form: Form) -> Option<Result<Self, Failure>> {
        let Form { brokers, broker, force, sure } = form;
        Some(match what {
            "scale" => members::count(&brokers).map(Step::Scale),
            "decommission" if sure => Ok(Step::Leave { broker, force }),
            "decommission" => Ok(Step::MayLeave { broker, force }),
            _ => return None,
        })
    }

    fn patience(&self) -> Duration {
        match self {
            Step::Scale(_) | Step::Leave { .. } => AT_ONCE,
            Step::MayLeave { .. } => SOON,
        }
    }

    async fn run(self, dir: &ClusterDir) -> Result<Answer, Failure> {
        match self {
            Step::Scale(count) => {
                let (scaled, warnings) = members::scale(dir, count).await?;
                let text = strip_str(&words::scaled(&scaled)).to_string();
                let text = warnings.iter().fold(text, |text, warning| format!("{text}\n{warning}"));
                Ok(Answer::Done(text.trim_end().to_owned()))
            }
            Step::MayLeave { broker, force } => {
                let plan = LIVE.stored_plan(dir)?;
                let name = members::leaving(&plan, &broker, force).await?;
                Ok(match plan.node(name) {
                    None => Answer::Done(format!("{name} is no member")),
                    Some(node) => Answer::MayLeave { folder: node.dir.display().to_string() },
                })
            }
            Step::Leave { broker, force } => {
                let plan = LIVE.stored_plan(dir)?;
                let retired = members::retire(dir, &plan, &broker, (force, false)).await?;
                let mut text = outcome::text(&retired.outcome);
                text.extend(words::stale(&retired.stale, &plan.name));
                Ok(Answer::Done(text.trim_end().to_owned()))
            }
        }
    }
}

#[derive(Debug)]
enum Answer {
    Done(String),
    /// Its data in this folder would be lost.
    MayLeave {
        folder: String,
    },
}

/// For the view.
fn ended(result: &Result<Answer, Failure>) -> Option<Ended> {
    match result {
        Ok(Answer::Done(message)) => Some(Ended::new("done", Came::Words(message.clone()))),
        Ok(Answer::MayLeave { .. }) => None,
        Err(failure) => Some(Ended::new("failed", Came::Words(why(failure)))),
    }
}

/// Has it done: the answer as HTML; `None`: there is no such form.
pub(super) async fn act(
    dir: ClusterDir,
    what: &str,
    form: Form,
    hub: &Hub,
    room: &Room,
    reader: Reader<'_>,
) -> Option<String> {
    let (broker, force) = (form.broker.clone(), form.force);
    let say = |kind: &str, message: &str| answer::plain(reader, kind, message);
    let step = match Step::parse(what, form)? {
        Ok(step) => step,
        Err(failure) => return Some(say("failed", &why(&failure))),
    };
    let (patience, is_change) = (step.patience(), !matches!(step, Step::MayLeave { .. }));
    let (hub, cluster) = (hub.clone(), reader.cluster.to_owned());
    let work = async move {
        let work = step.run(&dir);
        if is_change { hub.tell(cluster, Part::Nodes, work, ended).await } else { work.await }
    };
    let leave = |kind: &str, message: &str, folder: &str| {
        let values = context! { kind, message, folder, force, broker => broker.as_str() };
        render::page("members_answer.html", reader, values)
    };
    let stand = room.run(Some(patience), work).await;
    if matches!(stand, Stand::UnderWay) {
        return Some(leave("under_way", "", ""));
    }
    Some(match answer::through(reader, stand) {
        Err(nothing_yet) => nothing_yet,
        // There is a form to insist with; what the command line would insist with is no word of the page.
        Ok(Err(failure)) if failure.code == ExitCode::Refused && !force => {
            leave("refused", &failure.message, "")
        }
        Ok(Err(failure)) => say("failed", &why(&failure)),
        Ok(Ok(Answer::Done(message))) => say("done", &message),
        Ok(Ok(Answer::MayLeave { folder })) => leave("may_leave", "", &folder),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::admit::Rights;
    use crate::page::text::Lang;

    fn step(what: &str, form: Form) -> Option<Result<Step, String>> {
        Step::parse(what, form).map(|step| step.map_err(|failure| failure.message))
    }

    #[test]
    fn a_form_says_how_many_there_are_to_be_or_who_leaves() {
        let many = |text: &str| step("scale", Form { brokers: text.into(), ..Form::default() }).unwrap();
        assert_eq!(many(" 3 "), Ok(Step::Scale(3)));
        assert!(many("0").unwrap_err().contains("1 to 100"));
        let form = Form { broker: "broker-2".into(), ..Form::default() };
        let (broker, force) = ("broker-2".to_owned(), false);
        let asked = Step::MayLeave { broker: broker.clone(), force };
        assert_eq!(step("decommission", form.clone()), Some(Ok(asked)), "asked first");
        let sure = Form { sure: true, ..form.clone() };
        assert_eq!(step("decommission", sure), Some(Ok(Step::Leave { broker, force })));
        assert_eq!(step("forget", form), None);
    }

    #[test]
    fn what_was_only_asked_is_not_told_to_all() {
        assert!(ended(&Ok(Answer::MayLeave { folder: "/x".into() })).is_none());
        assert_eq!(ended(&Ok(Answer::Done("left".into()))).unwrap().kind, "done");
        assert_eq!(ended(&Err(Failure::new(ExitCode::Failed, "no"))).unwrap().kind, "failed");
    }

    #[test]
    fn every_answer_can_be_shown_in_both_languages() {
        for (kind, lang) in ["may_leave", "refused", "under_way"]
            .into_iter()
            .flat_map(|kind| Lang::ALL.map(|lang| (kind, lang)))
        {
            let reader = Reader { cluster: "velib", lang, rights: Rights::All };
            let values =
                context! { kind, message => "<b>", folder => "<i>", broker => "broker-2", force => true };
            let html = render::page("members_answer.html", reader, values);
            assert!(
                !html.contains("failed to render") && !html.contains("<b>") && !html.contains("<i>"),
                "{html}"
            );
        }
    }
}
