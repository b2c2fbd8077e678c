//! What is done to a group: its offsets reset, as they were shown before, or the group deleted.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use minijinja::{Value, context};
use serde::Deserialize;

use super::answer;
use super::plans::Plans;
use super::render::{self, Reader};
use super::under_way::Room;
use super::value::told;
use crate::admin::group::{Reset, ResetPlan, ResetTo, Selection};
use crate::engine::ops::{AdminOps, LIVE};
use crate::error::Failure;
use crate::output::foreign::printable;
use crate::paths::ClusterDir;

/// What a form says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    /// `plan` (shows what a reset would do), `reset` or `delete`.
    what: String,
    /// The group's.
    name: String,
    /// Empty: all topics that it has committed offsets for.
    topic: String,
    /// `earliest`, `latest`, `offset`, `time` or `shift`: the others are values of these.
    to: String,
    offset: String,
    /// Local, as `<input type="datetime-local">` has it.
    time: String,
    shift: String,
    /// The plan that was shown.
    plan: u64,
    /// It was told what is lost.
    sure: bool,
}

impl Wanted {
    /// The error is for people.
    fn reset(&self) -> Result<Reset, String> {
        let partitions = match self.topic.as_str() {
            "" => Selection::All,
            topic => Selection::Topics([(topic.to_owned(), None)].into()),
        };
        Ok(Reset { group: self.name.clone(), partitions, to: self.to()? })
    }

    fn to(&self) -> Result<ResetTo, String> {
        match self.to.as_str() {
            "earliest" => Ok(ResetTo::Earliest),
            "latest" => Ok(ResetTo::Latest),
            "offset" => {
                let offset = self.offset.trim().parse().ok().filter(|offset: &i64| *offset >= 0);
                offset.map(ResetTo::Offset).ok_or_else(|| "give an offset, such as 42".to_owned())
            }
            "time" => {
                let local: Option<DateTime> = self.time.trim().parse().ok();
                let moment = local.and_then(|local| local.to_zoned(TimeZone::system()).ok());
                let wrong = || "give a time, such as 2026-11-23 01:34".to_owned();
                moment.map(|moment| ResetTo::Time(moment.timestamp().as_millisecond())).ok_or_else(wrong)
            }
            "shift" => {
                let by = self.shift.trim().parse().map(ResetTo::ShiftBy);
                by.map_err(|_| "give a number of messages, such as -10".to_owned())
            }
            other => Err(format!("there is no `{other}` to reset to")),
        }
    }
}

enum Answer {
    /// What would be done.
    Plan(ResetPlan),
    Reset(ResetPlan),
    /// It can be deleted; offsets of so many partitions are lost, if that is known.
    MayDelete(Option<usize>),
    Deleted,
    /// The plan that was shown is not known here.
    Forgotten,
}

/// Has it done: the answer as HTML.
pub(super) async fn act(
    dir: ClusterDir,
    wanted: Wanted,
    plans: &Plans<ResetPlan>,
    room: &Room,
    reader: Reader<'_>,
) -> String {
    let (asked, at, known) = (wanted.clone(), dir.clone(), plans.find(wanted.plan, &dir));
    let stand = room.run(None, async move { ask(&at, &asked, known).await }).await;
    let came = match answer::through(reader, stand) {
        Ok(came) => came,
        Err(nothing_yet) => return nothing_yet,
    };
    match came.and_then(|answer| values(&answer, &wanted, &dir, plans)) {
        Ok(values) => render::page("group_answer.html", reader, values),
        Err(why) => answer::plain(reader, "failed", &why),
    }
}

async fn ask(dir: &ClusterDir, wanted: &Wanted, known: Option<ResetPlan>) -> Result<Answer, String> {
    let message = |Failure { message, .. }| message;
    let names = std::slice::from_ref(&wanted.name);
    match (wanted.what.as_str(), known) {
        ("plan", _) => {
            let plan = LIVE.plan_group_reset(dir, &wanted.reset()?).await;
            plan.map(Answer::Plan).map_err(message)
        }
        ("reset", Some(plan)) => {
            LIVE.reset_group(dir, &plan).await.map_err(message)?;
            Ok(Answer::Reset(plan))
        }
        ("reset", None) => Ok(Answer::Forgotten),
        ("delete", _) if wanted.sure => {
            LIVE.delete_groups(dir, names).await.map_err(message)?;
            Ok(Answer::Deleted)
        }
        ("delete", _) => {
            LIVE.may_delete_groups(dir, names).await.map_err(message)?;
            let described = LIVE.describe_groups(dir, Some(&wanted.name)).await.map_err(message)?;
            let group = described.groups.first().filter(|group| group.offsets_known);
            let committed = group
                .map(|group| group.partitions.iter().filter(|row| row.committed_offset.is_some()).count());
            Ok(Answer::MayDelete(committed))
        }
        (other, _) => Err(format!("there is no action `{other}`")),
    }
}

fn values(
    answer: &Answer,
    wanted: &Wanted,
    dir: &ClusterDir,
    plans: &Plans<ResetPlan>,
) -> Result<Value, String> {
    let group = match answer {
        Answer::Plan(plan) | Answer::Reset(plan) => &plan.group,
        Answer::MayDelete(_) | Answer::Deleted | Answer::Forgotten => &wanted.name,
    };
    let common = context! { name => group, shown => printable(group) };
    let values = match answer {
        Answer::Plan(plan) => {
            // A string: JSON and JavaScript would round it.
            let number = plans.keep(dir, plan.clone())?.to_string();
            context! { kind => "plan", moves => told(&plan.partitions), plan => number }
        }
        Answer::Reset(plan) => context! { kind => "reset", count_of => plan.partitions.len() },
        Answer::MayDelete(committed) => context! { kind => "may_delete", committed },
        Answer::Deleted => context! { kind => "deleted" },
        Answer::Forgotten => context! { kind => "forgotten" },
    };
    Ok(context! { ..values, ..common })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::group::GroupType;
    use crate::page::admit::Rights;
    use crate::page::text::Lang;

    fn wanted(to: &str, value: &str) -> Result<ResetTo, String> {
        let value = value.to_owned();
        Wanted {
            to: to.into(),
            offset: value.clone(),
            time: value.clone(),
            shift: value,
            ..Wanted::default()
        }
        .to()
    }

    fn plan(group: &str) -> ResetPlan {
        ResetPlan { group: group.into(), kind: GroupType::Classic, partitions: vec![] }
    }

    #[test]
    fn a_form_says_where_offsets_go() {
        assert_eq!(wanted("earliest", ""), Ok(ResetTo::Earliest));
        assert_eq!(wanted("latest", "x"), Ok(ResetTo::Latest));
        assert_eq!(wanted("offset", " 42 "), Ok(ResetTo::Offset(42)));
        assert_eq!(wanted("shift", "-10"), Ok(ResetTo::ShiftBy(-10)));
        let local: DateTime = "2026-11-23T01:34".parse().unwrap();
        let moment = local.to_zoned(TimeZone::system()).unwrap().timestamp().as_millisecond();
        assert_eq!(wanted("time", "2026-11-23T01:34"), Ok(ResetTo::Time(moment)));
        for (to, value) in [("offset", "-1"), ("offset", ""), ("time", "soon"), ("shift", "x"), ("", "")] {
            assert!(wanted(to, value).is_err(), "{to} {value}");
        }
        let one = Wanted { topic: "bikes".into(), to: "latest".into(), ..Wanted::default() };
        assert_eq!(one.reset().unwrap().partitions, Selection::Topics([("bikes".into(), None)].into()));
    }

    #[test]
    fn every_answer_can_be_shown_in_both_languages() {
        let answers = [
            Answer::Plan(plan("<riders>")),
            Answer::Reset(plan("<riders>")),
            Answer::MayDelete(Some(3)),
            Answer::MayDelete(None),
            Answer::Deleted,
            Answer::Forgotten,
        ];
        let wanted = Wanted { name: "<riders>".into(), ..Wanted::default() };
        for (answer, lang) in answers.iter().flat_map(|answer| Lang::ALL.map(|lang| (answer, lang))) {
            let reader = Reader { cluster: "velib", lang, rights: Rights::All };
            let values = values(answer, &wanted, &ClusterDir("/here".into()), &Plans::default()).unwrap();
            let html = render::page("group_answer.html", reader, values);
            assert!(!html.contains("failed to render") && !html.contains("<riders>"), "{html}");
        }
    }
}
