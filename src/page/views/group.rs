//! One group: its members, its offsets, and how its lag goes on while somebody looks.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use minijinja::value::Object;
use minijinja::{Value, context};
use serde::Serialize;

use super::groups::is_calm;
use super::lag::{self, Lag, Point};
use crate::admin::group::{GroupDescription, GroupsDescription, MemberDescription, OffsetDescription};
use crate::engine::ops::{AdminOps, LIVE};
use crate::output::foreign::printable;
use crate::page::value::told;
use crate::paths::ClusterDir;

/// What Kafka said, or why it did not, and the lags until then.
#[derive(Debug)]
struct Told {
    described: Result<GroupsDescription, String>,
    points: Vec<Point>,
}

impl Object for Told {}

pub(super) async fn ask(dir: &ClusterDir, name: &str, before: &Value) -> Value {
    let described = LIVE.describe_groups(dir, Some(name)).await.map_err(|failure| failure.message);
    let before = before.downcast_object_ref::<Told>().map_or(&[][..], |told| &told.points);
    let group = described.as_ref().ok().and_then(|described| described.groups.first());
    let lag = group.and_then(|group| Lag::of(group).total);
    let points = lag::further(before, Point { at_ms: Timestamp::now().as_millisecond(), lag });
    Value::from_object(Told { described, points })
}

#[derive(Serialize)]
struct Row<'a> {
    topic: &'a str,
    partition: i32,
    committed: Option<i64>,
    end: Option<i64>,
    lag: Option<i64>,
    /// Client id of who has it.
    holder: Option<String>,
    note: Option<String>,
}

#[derive(Serialize)]
struct Member<'a> {
    client: String,
    id: String,
    host: String,
    /// `None`: it is no consumer, or none that is understood.
    partitions: Option<&'a BTreeMap<String, Vec<i32>>>,
}

#[derive(Serialize)]
struct Number {
    time: String,
    instant: String,
    lag: Option<i64>,
}

pub(super) fn context(name: &str, asked: &Value) -> Value {
    let common = context! { name, shown => printable(name) };
    let Some(Told { described, points }) = asked.downcast_object_ref::<Told>() else {
        return context! { is_told => false, ..common };
    };
    let curve = context! {
        points => lag::as_json(points),
        numbers => told(points.iter().rev().map(number).collect::<Vec<_>>()), ..common
    };
    let (group, why, unknown) = match described {
        Ok(described) => (described.groups.first(), None, &described.unknown[..]),
        Err(why) => (None, Some(why), &[][..]),
    };
    context! { is_told => true, why, unknown => told(unknown), group => group.map(values), ..curve }
}

fn values(group: &GroupDescription) -> Value {
    let is_known = group.state.is_some();
    let topics: BTreeSet<&str> = group.partitions.iter().map(|row| row.topic.as_str()).collect();
    let members: Vec<_> = group.members.iter().map(member).collect();
    let rows: Vec<_> = group.partitions.iter().map(|of| row(of, &group.members)).collect();
    context! {
        kind => group.kind.map(|kind| kind.to_string()),
        state => group.state.as_deref(),
        is_calm => is_calm(group),
        protocol => group.protocol_type.as_deref().map(printable),
        assignor => group.assignor.as_deref().map(printable),
        coordinator => group.coordinator,
        lag => told(Lag::of(group)),
        offsets_known => group.offsets_known,
        members => is_known.then(|| told(members)),
        topics => told(topics),
        rows => told(rows),
    }
}

fn row<'a>(row: &'a OffsetDescription, members: &[MemberDescription]) -> Row<'a> {
    let holder = members.iter().find(|member| Some(&member.member_id) == row.member_id.as_ref());
    Row {
        topic: &row.topic,
        partition: row.partition,
        committed: row.committed_offset,
        end: row.log_end_offset,
        lag: row.lag,
        holder: holder.map(|member| printable(&member.client_id).into_owned()),
        note: row.metadata.as_deref().map(|text| printable(text).into_owned()),
    }
}

fn member(member: &MemberDescription) -> Member<'_> {
    Member {
        client: printable(&member.client_id).into_owned(),
        id: printable(&member.member_id).into_owned(),
        host: printable(member.host.trim_start_matches('/')).into_owned(),
        partitions: member.partitions.as_ref(),
    }
}

fn number(point: &Point) -> Number {
    let at = Timestamp::from_millisecond(point.at_ms).unwrap_or_default();
    let time = at.to_zoned(TimeZone::system()).strftime("%H:%M:%S").to_string();
    Number { time, instant: at.to_string(), lag: point.lag }
}

#[cfg(test)]
mod tests {
    use super::super::lag::samples::group;
    use super::*;

    #[test]
    fn a_group_is_shown_with_who_has_each_partition_and_the_lags_so_far() {
        let points = vec![Point { at_ms: 1_000, lag: None }, Point { at_ms: 3_000, lag: Some(2) }];
        let groups = vec![group("riders", &[(Some(1), Some(3))])];
        let described = Ok(GroupsDescription { groups, unknown: vec![] });
        let values = context("riders", &Value::from_object(Told { described, points }));
        assert_eq!(values.get_attr("points").unwrap().as_str(), Some("[[1.0,3.0],[null,2]]"));
        let rows = values.get_attr("group").unwrap().get_attr("rows").unwrap();
        let row = rows.try_iter().unwrap().next().unwrap();
        assert_eq!(row.get_attr("holder").unwrap().as_str(), Some("<m>"));
        assert_eq!(i64::try_from(row.get_attr("lag").unwrap()).unwrap(), 2);
    }

    #[test]
    fn a_group_that_is_gone_keeps_its_curve_and_says_why() {
        let told = Told { described: Err("velib has no group `x`".into()), points: vec![] };
        let values = context("x", &Value::from_object(told));
        assert_eq!(values.get_attr("why").unwrap().as_str(), Some("velib has no group `x`"));
        assert!(values.get_attr("group").unwrap().is_none());
    }
}
