//! How far behind a group is, and how that went on.

use serde::Serialize;

use crate::admin::group::GroupDescription;

/// How many points of a curve are kept.
const KEPT: usize = 120;

/// Of all partitions of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Lag {
    /// Records; `None`: unknown, if only of one partition.
    pub total: Option<i64>,
    /// Of the partitions whose lag is known.
    at_least: i64,
    /// It has committed nothing that it could be behind of.
    is_none: bool,
}

impl Lag {
    pub(super) fn of(group: &GroupDescription) -> Self {
        let known = group.partitions.iter().filter_map(|row| row.lag);
        let (count, at_least) =
            known.fold((0, 0i64), |(count, sum), lag| (count + 1, sum.saturating_add(lag.max(0))));
        let is_open = |lag: Option<i64>, committed: Option<i64>| lag.is_none() && committed.is_some();
        let all =
            group.offsets_known && !group.partitions.iter().any(|row| is_open(row.lag, row.committed_offset));
        Lag { total: all.then_some(at_least), at_least, is_none: all && count == 0 }
    }
}

/// A lag at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    /// Since 1970, in ms.
    pub at_ms: i64,
    /// `None`: unknown.
    pub lag: Option<i64>,
}

/// The last ones with another behind them.
pub(super) fn further(before: &[Point], next: Point) -> Vec<Point> {
    let skipped = (before.len() + 1).saturating_sub(KEPT);
    before[skipped..].iter().copied().chain([next]).collect()
}

/// As the curve takes them: times in s, then lags, `null` where there is a gap.
pub(super) fn as_json(points: &[Point]) -> String {
    let times: Vec<f64> = points.iter().map(|point| point.at_ms as f64 / 1000.0).collect();
    let lags: Vec<Option<i64>> = points.iter().map(|point| point.lag).collect();
    serde_json::json!([times, lags]).to_string()
}

#[cfg(test)]
pub(super) mod samples {
    use crate::admin::group::{GroupDescription, GroupType, MemberDescription, OffsetDescription};

    /// A group with one member, and with committed offset and log end of each partition of bikes.
    pub(in crate::page::views) fn group(
        name: &str,
        offsets: &[(Option<i64>, Option<i64>)],
    ) -> GroupDescription {
        let row = |(partition, (committed, end)): (i32, &(Option<i64>, Option<i64>))| OffsetDescription {
            topic: "bikes".into(),
            partition,
            committed_offset: *committed,
            log_end_offset: *end,
            lag: end.zip(*committed).map(|(end, at)| end - at),
            metadata: None,
            member_id: Some("m-1".into()),
        };
        let member = MemberDescription {
            member_id: "m-1".into(),
            client_id: "<m>".into(),
            host: "/127.0.0.1".into(),
            partitions: Some([("bikes".to_owned(), (0..offsets.len() as i32).collect())].into()),
        };
        GroupDescription {
            group: name.into(),
            kind: Some(GroupType::Classic),
            state: Some("Stable".into()),
            protocol_type: Some("consumer".into()),
            assignor: Some("range".into()),
            coordinator: Some(1),
            members: vec![member],
            offsets_known: true,
            partitions: (0..).zip(offsets).map(row).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::group;
    use super::*;

    #[test]
    fn a_lag_is_known_when_that_of_every_partition_is() {
        let lag = |offsets: &[(Option<i64>, Option<i64>)]| Lag::of(&group("riders", offsets));
        let all = lag(&[(Some(40), Some(42)), (Some(0), Some(3)), (None, Some(9))]);
        assert_eq!(all, Lag { total: Some(5), at_least: 5, is_none: false });
        let some = lag(&[(Some(40), Some(42)), (Some(7), None)]);
        assert_eq!(some, Lag { total: None, at_least: 2, is_none: false });
        assert!(lag(&[(None, Some(9))]).is_none);
        assert_eq!(lag(&[(Some(9), Some(4))]).total, Some(0), "a log that is shorter than it was");
        let mut untold = group("riders", &[(None, Some(9))]);
        untold.offsets_known = false;
        assert_eq!(Lag::of(&untold), Lag { total: None, at_least: 0, is_none: false });
    }

    #[test]
    fn a_curve_keeps_its_last_points_and_has_gaps() {
        let mut points = Vec::new();
        for at in 0..300 {
            points = further(&points, Point { at_ms: at * 500, lag: (at != 299).then_some(at) });
        }
        assert_eq!(points.len(), KEPT);
        assert_eq!(points[0].lag, Some(180));
        assert_eq!(as_json(&points[118..]), "[[149.0,149.5],[298,null]]");
    }
}
