//! Who gets which partitions, as Kafka's own assignors share them out, so that any member may be the leader.
//! Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::wire::groups::Partitions;
use crate::wire::groups::join_group::JoinedMember;

/// The assignors that are known here, the preferred one first. Java consumers offer `range` and
/// `cooperative-sticky`, librdkafka's `range` and `roundrobin`: `range` is common to all.
pub(crate) const ASSIGNORS: &[&str] = &["range", "roundrobin"];

/// The partitions of every member; `topics` are those that exist, with their partitions. `None`: another
/// assignor than [`ASSIGNORS`].
pub(crate) fn assign(
    assignor: &str,
    members: &[JoinedMember],
    topics: &Partitions,
) -> Option<BTreeMap<String, Partitions>> {
    let members = in_order(members);
    match assignor {
        "range" => Some(range(&members, topics)),
        "roundrobin" => Some(round_robin(&members, topics)),
        _ => None,
    }
}

/// Static members first, by instance id, then the others, by member id (`AbstractPartitionAssignor.MemberInfo`).
fn in_order(members: &[JoinedMember]) -> Vec<&JoinedMember> {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by_key(|member| (member.instance_id.is_none(), &member.instance_id, &member.id));
    members
}

fn nothing_yet(members: &[&JoinedMember]) -> BTreeMap<String, Partitions> {
    members.iter().map(|member| (member.id.clone(), Partitions::new())).collect()
}

/// Of each topic, neighbouring partitions to each member, the first ones getting one more when it does not
/// come out even (`RangeAssignor`).
fn range(members: &[&JoinedMember], topics: &Partitions) -> BTreeMap<String, Partitions> {
    let mut assigned = nothing_yet(members);
    for (topic, numbers) in topics {
        let takers: Vec<_> = members.iter().filter(|member| member.topics.contains(topic)).collect();
        let mut left = sorted(numbers).into_iter();
        for (turn, member) in takers.iter().enumerate() {
            let more = usize::from(turn < numbers.len() % takers.len());
            let share: Vec<i32> = left.by_ref().take(numbers.len() / takers.len() + more).collect();
            if let Some(held) = assigned.get_mut(&member.id).filter(|_| !share.is_empty()) {
                held.insert(topic.clone(), share);
            }
        }
    }
    assigned
}

/// All partitions in turn, to whoever wants their topic (`RoundRobinAssignor`).
fn round_robin(members: &[&JoinedMember], topics: &Partitions) -> BTreeMap<String, Partitions> {
    let mut assigned = nothing_yet(members);
    let mut turn = 0;
    for (topic, numbers) in
        topics.iter().filter(|(topic, _)| members.iter().any(|m| m.topics.contains(*topic)))
    {
        for number in sorted(numbers) {
            while !members[turn % members.len()].topics.contains(topic) {
                turn += 1;
            }
            if let Some(held) = assigned.get_mut(&members[turn % members.len()].id) {
                held.entry(topic.clone()).or_default().push(number);
            }
            turn += 1;
        }
    }
    assigned
}

fn sorted(numbers: &[i32]) -> BTreeSet<i32> {
    numbers.iter().copied().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::topic_partition::TopicPartition;

    fn member(id: &str, topics: &[&str]) -> JoinedMember {
        let topics = topics.iter().map(|topic| (*topic).to_owned()).collect();
        JoinedMember { id: id.to_owned(), instance_id: None, topics }
    }

    fn topics(counts: &[(&str, i32)]) -> Partitions {
        counts.iter().map(|(topic, count)| ((*topic).to_owned(), (0..*count).collect())).collect()
    }

    /// `t0 t1` by member.
    fn shown(assignor: &str, members: &[JoinedMember], topics: &Partitions) -> Vec<String> {
        let assigned = assign(assignor, members, topics).unwrap();
        let names = |held: &Partitions| -> Vec<String> {
            held.iter()
                .flat_map(|(topic, numbers)| numbers.iter().map(move |n| format!("{topic}{n}")))
                .collect()
        };
        assigned.iter().map(|(id, held)| format!("{id}: {}", names(held).join(" "))).collect()
    }

    #[test]
    fn shares_are_those_that_kafka_s_own_documentation_shows() {
        // RangeAssignor: two consumers, two topics of three partitions.
        let two = [member("C1", &["t", "u"]), member("C0", &["t", "u"])];
        let both = topics(&[("t", 3), ("u", 3)]);
        assert_eq!(shown("range", &two, &both), ["C0: t0 t1 u0 u1", "C1: t2 u2"]);
        assert_eq!(shown("roundrobin", &two, &both), ["C0: t0 t2 u1", "C1: t1 u0 u2"]);
        // RoundRobinAssignor: three topics of 1, 2 and 3 partitions, subscriptions that differ.
        let three = [member("C0", &["t"]), member("C1", &["t", "u"]), member("C2", &["t", "u", "v"])];
        let all = topics(&[("t", 1), ("u", 2), ("v", 3)]);
        assert_eq!(shown("roundrobin", &three, &all), ["C0: t0", "C1: u0", "C2: u1 v0 v1 v2"]);
    }

    #[test]
    fn static_members_come_first_and_an_unknown_assignor_is_none() {
        let fixed = JoinedMember { instance_id: Some("z".to_owned()), ..member("m2", &["t"]) };
        let members = [member("m1", &["t"]), fixed];
        assert_eq!(shown("range", &members, &topics(&[("t", 3)])), ["m1: t2", "m2: t0 t1"]);
        assert_eq!(assign("sticky", &members, &topics(&[])), None);
    }

    fn any_members() -> impl Strategy<Value = Vec<JoinedMember>> {
        let wants = proptest::collection::btree_set(prop_oneof!["t", "u", "v", "w"], 0..4);
        let members = proptest::collection::btree_map("[a-f]{1,3}", wants, 1..7);
        members.prop_map(|members| {
            let member = |(id, topics): (String, BTreeSet<String>)| JoinedMember {
                id,
                instance_id: None,
                topics: topics.into_iter().collect(),
            };
            members.into_iter().map(member).collect()
        })
    }

    fn any_topics() -> impl Strategy<Value = Partitions> {
        let counts = proptest::collection::btree_map(prop_oneof!["t", "u", "v"], 0..9i32, 0..4);
        counts.prop_map(|counts| {
            counts.into_iter().map(|(topic, count)| (topic, (0..count).collect())).collect()
        })
    }

    proptest! {
        #[test]
        fn every_partition_that_somebody_wants_goes_to_one_who_wants_it(
            members in any_members(),
            topics in any_topics(),
            assignor in prop_oneof![Just("range"), Just("roundrobin")],
        ) {
            let assigned = assign(assignor, &members, &topics).unwrap();
            prop_assert_eq!(assigned.len(), members.len());
            let mut given = Vec::new();
            for member in &members {
                for (topic, numbers) in &assigned[&member.id] {
                    prop_assert!(member.topics.contains(topic));
                    given.extend(numbers.iter().map(|number| TopicPartition::new(topic, *number)));
                }
            }
            given.sort();
            let wanted = topics.iter().filter(|(topic, _)| members.iter().any(|m| m.topics.contains(*topic)));
            let wanted: Vec<_> =
                wanted.flat_map(|(topic, numbers)| numbers.iter().map(move |n| TopicPartition::new(topic, *n))).collect();
            prop_assert_eq!(given, wanted);
        }

        #[test]
        fn range_differs_by_one_a_topic_and_the_first_members_have_more(members in any_members(), topics in any_topics()) {
            let assigned = assign("range", &members, &topics).unwrap();
            for topic in topics.keys() {
                let takers = members.iter().filter(|member| member.topics.contains(topic));
                let shares: Vec<_> =
                    takers.map(|member| assigned[&member.id].get(topic).cloned().unwrap_or_default()).collect();
                let (first, last) = (shares.first().map_or(0, Vec::len), shares.last().map_or(0, Vec::len));
                prop_assert!(first - last <= 1 && shares.is_sorted_by(|one, next| one.len() >= next.len()));
                prop_assert!(shares.concat().is_sorted(), "neighbours stay together");
            }
        }

        #[test]
        fn round_robin_differs_by_one_in_all_when_all_want_the_same(
            ids in proptest::collection::btree_set("[a-f]{1,3}", 1..7),
            topics in any_topics(),
        ) {
            let members: Vec<_> = ids.iter().map(|id| member(id, &["t", "u", "v"])).collect();
            let assigned = assign("roundrobin", &members, &topics).unwrap();
            let counts = || assigned.values().map(|held| held.values().map(Vec::len).sum::<usize>());
            prop_assert!(counts().max().unwrap_or(0) - counts().min().unwrap_or(0) <= 1);
        }
    }
}
