//! Every group, with how far behind it is.

use std::collections::BTreeSet;

use minijinja::value::Object;
use minijinja::{Value, context};
use serde::Serialize;

use super::lag::Lag;
use crate::admin::group::{GroupDescription, GroupsDescription};
use crate::engine::ops::{AdminOps, LIVE};
use crate::output::foreign::printable;
use crate::page::value::told;
use crate::paths::ClusterDir;

/// What Kafka said, or why it did not.
#[derive(Debug)]
struct Told(Result<GroupsDescription, String>);

impl Object for Told {}

#[derive(Serialize)]
struct Row<'a> {
    /// For the address of its own view.
    group: &'a str,
    /// For people.
    shown: String,
    kind: Option<String>,
    protocol: Option<String>,
    state: Option<&'a str>,
    is_calm: bool,
    /// `None`: its coordinator did not tell.
    members: Option<usize>,
    topics: Option<usize>,
    lag: Lag,
    coordinator: Option<i32>,
}

pub(super) async fn ask(dir: &ClusterDir) -> Value {
    let described = LIVE.describe_groups(dir, None).await;
    Value::from_object(Told(described.map_err(|failure| failure.message)))
}

pub(super) fn context(asked: &Value) -> Value {
    match asked.downcast_object_ref::<Told>() {
        None => context! { is_told => false },
        Some(Told(Err(why))) => {
            context! { is_told => true, rows => Value::UNDEFINED, why, unknown => Vec::<String>::new() }
        }
        Some(Told(Ok(described))) => {
            let rows: Vec<Row<'_>> = described.groups.iter().map(row).collect();
            context! { is_told => true, rows => told(rows), unknown => &described.unknown }
        }
    }
}

fn row(group: &GroupDescription) -> Row<'_> {
    let is_known = group.state.is_some();
    let topics: BTreeSet<&str> = group.partitions.iter().map(|row| row.topic.as_str()).collect();
    Row {
        group: &group.group,
        shown: printable(&group.group).into_owned(),
        kind: group.kind.map(|kind| kind.to_string()),
        protocol: group.protocol_type.as_deref().map(|text| printable(text).into_owned()),
        state: group.state.as_deref(),
        is_calm: is_calm(group),
        members: is_known.then_some(group.members.len()),
        topics: group.offsets_known.then_some(topics.len()),
        lag: Lag::of(group),
        coordinator: group.coordinator,
    }
}

/// Nothing about its state asks for a look.
pub(super) fn is_calm(group: &GroupDescription) -> bool {
    matches!(group.state.as_deref(), Some("Stable" | "Empty"))
}

#[cfg(test)]
mod tests {
    use super::super::lag::samples::group;
    use super::*;

    #[test]
    fn a_group_that_nobody_told_of_is_shown_as_unknown() {
        let mut lost = group("lost\u{1b}", &[]);
        (lost.kind, lost.state, lost.offsets_known) = (None, None, false);
        let lost = row(&lost);
        assert_eq!((lost.members, lost.topics, lost.lag.total, lost.is_calm), (None, None, None, false));
        assert_eq!((lost.group, lost.shown.contains('\u{1b}')), ("lost\u{1b}", false));
        let known = group("riders", &[(Some(1), Some(3)), (None, None)]);
        let known = row(&known);
        assert_eq!((known.members, known.topics, known.lag.total), (Some(1), Some(1), Some(2)));
    }

    #[test]
    fn why_nothing_is_known_is_told_and_a_question_that_is_open_is_no_answer() {
        let told = Value::from_object(Told(Err("no broker answers".into())));
        let values = context(&told);
        assert_eq!(values.get_attr("why").unwrap().as_str(), Some("no broker answers"));
        assert!(values.get_attr("rows").unwrap().is_undefined());
        assert!(!context(&Value::UNDEFINED).get_attr("is_told").unwrap().is_true());
    }
}
