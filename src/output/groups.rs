//! Consumer groups: the list, `describe` in the columns of kafka-consumer-groups.sh, and what was done to
//! them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::foreign::printable;
use super::style::{self, paint};
use super::table::{Align, Cell, Table};
use super::width::Width;
use crate::admin::group::{
    DeletedGroups, GroupDescription, GroupList, GroupType, GroupsDescription, MemberDescription,
    OffsetDescription, ResetPlan,
};
use crate::units::count;

/// What a reset did, or would do; the JSON of `group reset`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ResetReport {
    /// False of one that was only to be shown.
    pub done: bool,
    #[serde(flatten)]
    pub plan: ResetPlan,
}

/// A row a group, then what could not be learnt.
pub(crate) fn list(listed: &GroupList, width: Width) -> String {
    use Align::{Left, Right};
    let mut table = Table::new(&[
        ("GROUP", Left),
        ("TYPE", Left),
        ("PROTOCOL", Left),
        ("STATE", Left),
        ("COORDINATOR", Left),
        ("MEMBERS", Right),
    ]);
    for group in &listed.groups {
        table.row([
            Cell::name(&group.group),
            group.kind.to_string().into(),
            match group.protocol_type.as_str() {
                "" => "-".into(),
                protocol => protocol.into(),
            },
            group.state.as_str().into(),
            format!("broker-{}", group.coordinator).into(),
            group.members.to_string().into(),
        ]);
    }
    let table = if listed.groups.is_empty() { String::new() } else { table.fit(width) };
    with_unknown(vec![table], &listed.unknown)
}

/// Each group as a line and a table, then what could not be learnt.
pub(crate) fn description(described: &GroupsDescription, width: Width) -> String {
    with_unknown(described.groups.iter().map(|group| one(group, width)).collect(), &described.unknown)
}

fn with_unknown(mut parts: Vec<String>, unknown: &[String]) -> String {
    parts.push(unknown.iter().map(|what| format!("unknown: {}\n", printable(what))).collect());
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

fn one(group: &GroupDescription, width: Width) -> String {
    let state = match group.state.as_deref() {
        Some(state @ ("Stable" | "Empty")) => state.to_owned(),
        Some(state) => paint(style::WARN, state),
        None => paint(style::WARN, "unknown"),
    };
    let coordinator = group.coordinator.map_or("none".to_owned(), |id| format!("broker-{id}"));
    let mut head = format!("Group: {}  State: {state}", paint(style::STRONG, width.name(&group.group)));
    if let Some(kind) = group.kind.filter(|kind| *kind != GroupType::Classic) {
        head += &format!("  Type: {kind}");
    }
    head += &format!("  Coordinator: {coordinator}");
    if let Some(assignor) = &group.assignor {
        head += &format!("  Assignor: {}", printable(assignor));
    }
    if group.state.is_some() {
        head += &format!("  Members: {}", group.members.len());
    }
    // What the members of a share group have is nobody's alone.
    let is_share = group.kind == Some(GroupType::Share);
    let apart = group.members.iter().filter(|member| is_share || !holds_something(member));
    let (rows, apart): (&[OffsetDescription], Vec<_>) = (&group.partitions, apart.collect());
    match rows.is_empty() && apart.is_empty() {
        true => head + "\n",
        false => format!("{head}\n{}", table(group, rows, &apart, width)),
    }
}

fn holds_something(member: &MemberDescription) -> bool {
    member.partitions.iter().flat_map(BTreeMap::values).any(|numbers| !numbers.is_empty())
}

/// Partitions, whoever has them, then members that have none, or none for themselves alone.
fn table(
    group: &GroupDescription,
    rows: &[OffsetDescription],
    apart: &[&MemberDescription],
    width: Width,
) -> String {
    use Align::{Left, Right};
    let has_notes = rows.iter().any(|row| row.metadata.is_some());
    let mut table = Table::new(&[
        ("GROUP", Left),
        ("TOPIC", Left),
        ("PARTITION", Right),
        ("CURRENT-OFFSET", Right),
        ("LOG-END-OFFSET", Right),
        ("LAG", Right),
        ("CONSUMER-ID", Left),
        ("HOST", Left),
        ("CLIENT-ID", Left),
        (if has_notes { "METADATA" } else { "" }, Left),
    ]);
    let number = |number: Option<i64>, otherwise: &str| -> Cell {
        number.map_or(otherwise.to_owned(), |number| number.to_string()).into()
    };
    for row in rows {
        let holder = group.members.iter().find(|member| Some(&member.member_id) == row.member_id.as_ref());
        let of_holder = |text: fn(&MemberDescription) -> &str| holder.map_or("-", text);
        let nothing = if group.offsets_known { "-" } else { "unknown" };
        // Without an offset there is nothing to be behind of.
        let no_lag = if row.committed_offset.is_none() { nothing } else { "unknown" };
        table.row([
            Cell::name(&group.group),
            Cell::name(&row.topic),
            row.partition.to_string().into(),
            number(row.committed_offset, nothing),
            number(row.log_end_offset, "unknown"),
            number(row.lag, no_lag),
            Cell::name(of_holder(|member| &member.member_id)),
            Cell::name(of_holder(|member| &member.host)),
            Cell::name(of_holder(|member| &member.client_id)),
            Cell::name(row.metadata.as_deref().unwrap_or_default()),
        ]);
    }
    for (member, (topic, numbers)) in apart.iter().flat_map(|member| {
        let held = shares(member);
        held.into_iter().map(move |held| (member, held))
    }) {
        table.row([
            Cell::name(&group.group),
            Cell::name(topic),
            numbers,
            "-".into(),
            "-".into(),
            "-".into(),
            Cell::name(&member.member_id),
            Cell::name(&member.host),
            Cell::name(&member.client_id),
            "".into(),
        ]);
    }
    table.fit(width)
}

/// Topics, each with its partitions; a dash for none.
fn shares(member: &MemberDescription) -> Vec<(String, Cell)> {
    let held = member.partitions.iter().flatten().filter(|(_, numbers)| !numbers.is_empty());
    let held: Vec<_> = held.map(|(topic, numbers)| (topic.clone(), Cell::partitions(numbers))).collect();
    if held.is_empty() { vec![("-".to_owned(), "-".into())] } else { held }
}

/// Where each partition goes.
pub(crate) fn moves(plan: &ResetPlan, width: Width) -> String {
    use Align::{Left, Right};
    let mut table = Table::new(&[("TOPIC", Left), ("PARTITION", Right), ("NOW", Right), ("THEN", Right)]);
    for moved in &plan.partitions {
        table.row([
            Cell::name(&moved.topic),
            moved.partition.to_string().into(),
            moved.before.map_or("-".to_owned(), |offset| offset.to_string()).into(),
            moved.after.to_string().into(),
        ]);
    }
    table.fit(width)
}

/// The plan, and whether it was carried out.
pub(crate) fn reset(plan: &ResetPlan, done: bool, width: Width) -> String {
    let offsets = count(plan.partitions.len(), "offset");
    let became = if done { "reset" } else { "would be reset" };
    format!("{}{}: {offsets} {became}\n", moves(plan, width), printable(&plan.group))
}

/// A line for each group.
pub(crate) fn deleted(deleted: &DeletedGroups) -> String {
    deleted.deleted.iter().map(|group| format!("{}: deleted\n", printable(group))).collect()
}

#[cfg(test)]
pub(crate) mod samples {
    //! A description made by hand.

    use super::*;

    /// One member has a partition, another none; a third partition is nobody's, and its leader is dead.
    pub(crate) fn description() -> GroupsDescription {
        let member = |number: i32, partitions: &[i32]| MemberDescription {
            member_id: format!("console-{number}-4f"),
            client_id: format!("console-{number}"),
            host: "/127.0.0.1".into(),
            partitions: Some([("bikes".to_owned(), partitions.to_vec())].into()),
        };
        let row =
            |partition, committed: Option<i64>, end: Option<i64>, member: Option<&str>| OffsetDescription {
                topic: "bikes".into(),
                partition,
                committed_offset: committed,
                log_end_offset: end,
                lag: end.zip(committed).map(|(end, at)| end - at),
                metadata: None,
                member_id: member.map(str::to_owned),
            };
        let group = GroupDescription {
            group: "riders".into(),
            kind: Some(GroupType::Classic),
            state: Some("Stable".into()),
            protocol_type: Some("consumer".into()),
            assignor: Some("range".into()),
            coordinator: Some(1),
            members: vec![member(1, &[0, 1]), member(2, &[])],
            offsets_known: true,
            partitions: vec![
                row(0, Some(40), Some(42), Some("console-1-4f")),
                row(1, None, Some(3), Some("console-1-4f")),
                row(2, Some(7), None, None),
            ],
        };
        GroupsDescription {
            groups: vec![group],
            unknown: vec!["log ends of what broker-0 leads: connection refused".into()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_group_is_described_in_kafkas_columns_and_what_nobody_told_is_unknown() {
        insta::assert_snapshot!(plain(&description(&samples::description(), Width::Whole)), @r"
        Group: riders  State: Stable  Coordinator: broker-1  Assignor: range  Members: 2
        GROUP   TOPIC  PARTITION  CURRENT-OFFSET  LOG-END-OFFSET      LAG  CONSUMER-ID   HOST        CLIENT-ID
        riders  bikes          0              40              42        2  console-1-4f  /127.0.0.1  console-1
        riders  bikes          1               -               3        -  console-1-4f  /127.0.0.1  console-1
        riders  bikes          2               7         unknown  unknown  -             -           -
        riders  -              -               -               -        -  console-2-4f  /127.0.0.1  console-2

        unknown: log ends of what broker-0 leads: connection refused
        ");
    }

    #[test]
    fn offsets_that_the_coordinator_did_not_tell_are_not_taken_for_none() {
        let mut described = samples::description();
        let group = &mut described.groups[0];
        group.offsets_known = false;
        group.partitions.retain(|row| row.partition == 1);
        let text = plain(&description(&described, Width::Whole));
        assert!(text.contains("riders  bikes          1         unknown               3  unknown"), "{text}");
    }

    #[test]
    fn what_clients_noted_has_a_column_only_when_one_did() {
        let mut described = samples::description();
        described.groups[0].partitions[0].metadata = Some("by hand".into());
        let text = plain(&description(&described, Width::Whole));
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[1].ends_with("METADATA") && lines[2].ends_with("by hand"), "{text}");
    }

    #[test]
    fn members_of_a_share_group_are_shown_beside_the_partitions_that_they_share() {
        let mut described = samples::description();
        described.unknown.clear();
        let group = &mut described.groups[0];
        group.kind = Some(GroupType::Share);
        group.members[1] = MemberDescription { member_id: "other".into(), ..group.members[0].clone() };
        group.partitions.iter_mut().for_each(|row| row.member_id = None);
        insta::assert_snapshot!(plain(&description(&described, Width::Whole)), @r"
        Group: riders  State: Stable  Type: Share  Coordinator: broker-1  Assignor: range  Members: 2
        GROUP   TOPIC  PARTITION  CURRENT-OFFSET  LOG-END-OFFSET      LAG  CONSUMER-ID   HOST        CLIENT-ID
        riders  bikes          0              40              42        2  -             -           -
        riders  bikes          1               -               3        -  -             -           -
        riders  bikes          2               7         unknown  unknown  -             -           -
        riders  bikes        0,1               -               -        -  console-1-4f  /127.0.0.1  console-1
        riders  bikes        0,1               -               -        -  other         /127.0.0.1  console-1
        ");
    }

    #[test]
    fn a_group_that_nobody_told_of_is_a_line() {
        let mut described = samples::description();
        let group = &mut described.groups[0];
        (group.kind, group.state, group.assignor, group.offsets_known) = (None, None, None, false);
        (group.members, group.partitions) = (vec![], vec![]);
        assert!(
            plain(&description(&described, Width::Whole))
                .starts_with("Group: riders  State: unknown  Coordinator: broker-1\n")
        );
    }

    #[test]
    fn the_json_of_a_description_is_stable() {
        let described = samples::description();
        insta::assert_json_snapshot!(described.groups[0].partitions[0], @r#"
        {
          "topic": "bikes",
          "partition": 0,
          "committed_offset": 40,
          "log_end_offset": 42,
          "lag": 2,
          "metadata": null,
          "member_id": "console-1-4f"
        }
        "#);
        insta::assert_json_snapshot!(described.groups[0].members[0], @r#"
        {
          "member_id": "console-1-4f",
          "client_id": "console-1",
          "host": "/127.0.0.1",
          "partitions": {
            "bikes": [
              0,
              1
            ]
          }
        }
        "#);
    }
}
