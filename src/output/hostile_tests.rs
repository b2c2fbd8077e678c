//! Whatever a cluster is called by, holds or answers: what we print of it has as many lines as ever, and nothing
//! that a terminal obeys.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::foreign::samples::{hostile, obeyed};
use super::*;
use crate::engine::doctor::{Finding, State};
use crate::model::ids::NodeName;
use crate::model::outcome::{NodeOutcome, NodeResult, Outcome, OutcomeKind, Summary};
use crate::model::reason::Reason;
use crate::output::width::Width;

/// Everything that is printed when all foreign texts are `text`.
fn printed(text: &str) -> Vec<(&'static str, String)> {
    let of = || text.to_owned();
    let some = || Some(of());

    let mut groups = groups::samples::description();
    groups.unknown = vec![of()];
    for group in &mut groups.groups {
        (group.group, group.state, group.assignor) = (of(), some(), some());
        for (number, member) in group.members.iter_mut().enumerate() {
            (member.member_id, member.host, member.client_id) = (format!("{number}{text}"), of(), of());
        }
        for row in &mut group.partitions {
            row.topic = of();
            row.metadata = some();
            row.member_id = row.member_id.as_ref().map(|_| format!("0{text}"));
        }
    }
    let deleted = crate::admin::group::DeletedGroups { deleted: vec![of()] };

    let mut topics = topics::samples::description();
    topics.unknown = vec![of()];
    for topic in &mut topics.topics {
        topic.topic = of();
        topic.configs = Some([(of(), of())].into());
    }

    let mut configs = config::samples::configs();
    configs.notes = vec![of()];
    for setting in &mut configs.settings {
        (setting.key, setting.value) = (of(), some());
        (setting.note, setting.from, setting.kafka_default) = (some(), some(), some());
    }

    let mut explained = explain::samples::ring(3, &[]);
    (explained.topic, explained.message, explained.unknown) = (of(), of(), vec![of()]);

    let mut quorum = quorum::samples::quorum();
    quorum.unknown = vec![of()];

    let finding = Finding::bad("ports", State::Problem, of(), of());

    let node = NodeName::broker(0);
    let failed = NodeOutcome::new(node, NodeResult::Failed { reason: Some(Reason::Words { text: of() }) });
    let outcome = |nodes: Vec<NodeOutcome>| {
        let summary = Summary::words(of());
        Outcome { result: OutcomeKind::Failed, summary, nodes }
    };

    use crate::model::event::Event;
    let told = [
        Event::Asked { request: 1, action: of(), by: of(), asked: None },
        Event::StartFailed { node, reason: Reason::NotStarted { why: of() } },
        Event::TopicConfigured { topic: of(), settings: vec![of()] },
        Event::TopicDeleted { topic: of() },
        Event::Trouble { message: of() },
    ];
    let told = told.map(|event| events::line(&events::samples::entry(event), &TimeZone::UTC)).concat();

    vec![
        ("group describe", groups::description(&groups, Width::Whole)),
        ("group delete", groups::deleted(&deleted)),
        ("topic describe", topics::description(&topics, Width::Whole)),
        ("config", config::text(&configs, true, Width::Whole)),
        ("explain", explain::text(&explained, Width::Whole)),
        ("describe quorum", quorum::text(&quorum, Width::Whole)),
        ("doctor", doctor::text(&[finding])),
        ("outcome", outcome::text(&outcome(Vec::new()))),
        ("outcome of nodes", outcome::text(&outcome(vec![failed]))),
        ("events", told),
        ("why", {
            let mut why = why::samples::why();
            let asked = Event::Asked { request: 1, action: of(), by: of(), asked: None };
            why.asked = Some(events::samples::entry(asked));
            (why.error, why.help) = (some(), vec![of()]);
            why::text(&why, Timestamp::UNIX_EPOCH, &TimeZone::UTC)
        }),
    ]
}

#[test]
fn a_hostile_text_is_shown_and_not_obeyed_wherever_it_stands() {
    let hostile = hostile();
    for ((what, tame), (_, shown)) in printed("tame").into_iter().zip(printed(&hostile)) {
        assert_eq!(obeyed(&shown), None, "{what}: {shown:?}");
        assert!(shown.contains(r"\x1b[35mforeign"), "{what}: {shown}");
        assert_eq!(shown.lines().count(), tame.lines().count(), "{what}: {shown}");
    }
}
