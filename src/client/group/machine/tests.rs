use kafka_protocol::error::ResponseError;

use super::super::request::{Answer, Refusal};
use super::*;
use crate::wire::groups::join_group::JoinAnswer;

fn refused(code: ResponseError) -> Result<Answer, Refusal> {
    Err(Refusal::Code(code))
}

/// A member of generation 1 that has one partition.
fn stable(now: Instant) -> Machine {
    let mut machine = Machine::new(Settings::new("g", vec!["t".to_owned()]), now);
    let joined = Joined { generation: 1, member_id: "m".to_owned(), ..Joined::default() };
    for answer in [
        Answer::Coordinator(0),
        Answer::Joined(JoinAnswer::Joined(joined)),
        Answer::Synced([("t".to_owned(), vec![0])].into()),
        Answer::Fetched(Offsets::new()),
    ] {
        machine.next(now).unwrap();
        machine.answered(Ok(answer), now);
    }
    assert!(matches!(machine.events()[..], [Event::Assigned { generation: 1, .. }]));
    machine
}

fn key() -> TopicPartition {
    TopicPartition::new("t", 0)
}

fn asked(machine: &mut Machine, now: Instant) -> Request {
    machine.next(now).unwrap().1
}

#[test]
fn a_rebalance_revokes_then_commits_then_joins_again() {
    let mut now = Instant::now();
    let mut machine = stable(now);
    now += machine.settings().heartbeat;
    assert!(matches!(asked(&mut machine, now), Request::Heartbeat { generation: 1, .. }));
    machine.answered(refused(ResponseError::RebalanceInProgress), now);
    let partitions = [key()].into();
    assert_eq!(machine.events(), [Event::Revoked { generation: 1, partitions, lost: false }]);
    assert_eq!(machine.next(now), None, "the application has not let go yet");
    now += machine.settings().heartbeat;
    assert!(matches!(asked(&mut machine, now), Request::Heartbeat { .. }), "it lives meanwhile");
    machine.release(1, [(key(), 7)].into());
    machine.answered(refused(ResponseError::RebalanceInProgress), now);
    assert!(matches!(asked(&mut machine, now), Request::Commit { generation: 1, .. }));
    machine.answered(Ok(Answer::Done), now);
    let again = Request::Join { member_id: "m".to_owned(), session_timeout: Duration::from_secs(10) };
    assert_eq!(asked(&mut machine, now), again);
}

#[test]
fn an_application_that_does_not_let_go_does_not_hold_the_group_up() {
    let mut now = Instant::now();
    let mut machine = stable(now);
    now += machine.settings().heartbeat;
    machine.next(now).unwrap();
    machine.answered(refused(ResponseError::RebalanceInProgress), now);
    let until = now + machine.settings().rebalance_timeout / 2;
    assert!(machine.wake_at().unwrap() <= until);
    assert!(matches!(asked(&mut machine, until), Request::Join { .. }));
    machine.release(1, [(key(), 7)].into());
    assert!(machine.offsets.is_empty(), "too late: another may have committed");
}

#[test]
fn a_member_that_the_group_has_forgotten_loses_its_partitions_and_joins_as_a_new_one() {
    for (code, id) in [(ResponseError::UnknownMemberId, ""), (ResponseError::IllegalGeneration, "m")] {
        let mut now = Instant::now();
        let mut machine = stable(now);
        now += machine.settings().heartbeat;
        machine.next(now).unwrap();
        machine.answered(refused(code), now);
        let lost = |event: &Event| matches!(event, Event::Revoked { lost: true, .. });
        assert!(machine.events().iter().any(lost));
        let Request::Join { member_id, .. } = asked(&mut machine, now) else { panic!("it joins again") };
        assert_eq!(member_id, id);
    }
}

#[test]
fn a_coordinator_that_dies_is_told_once_and_looked_for_until_there_is_another() {
    let mut now = Instant::now();
    let mut machine = stable(now);
    now += machine.settings().heartbeat;
    machine.next(now).unwrap();
    for _ in 0..3 {
        machine.answered(Err(Refusal::Lost("connection refused".to_owned())), now);
        assert_eq!(machine.next(now), None, "it pauses between two tries");
        now += PAUSE;
        assert_eq!(asked(&mut machine, now), Request::FindCoordinator);
    }
    machine.answered(Ok(Answer::Coordinator(1)), now);
    assert!(matches!(asked(&mut machine, now), Request::Heartbeat { generation: 1, .. }));
    machine.answered(Ok(Answer::Done), now);
    let notes = ["waiting for the group's coordinator: connection refused", "broker-1 coordinates the group"];
    assert_eq!(machine.events(), notes.map(|note| Event::Note(note.to_owned())));
}

#[test]
fn a_session_timeout_that_the_broker_refuses_is_replaced_until_none_is_left() {
    let now = Instant::now();
    let mut machine = Machine::new(Settings::new("g", vec![]), now);
    machine.next(now).unwrap();
    machine.answered(Ok(Answer::Coordinator(0)), now);
    let mut tried = Vec::new();
    while let Some((_, Request::Join { session_timeout, .. })) = machine.next(now) {
        tried.push(session_timeout.as_millis());
        machine.answered(refused(ResponseError::InvalidSessionTimeout), now);
    }
    let expected =
        [10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 640_000, 1_280_000, 1_800_000, 5000, 2500, 1250];
    assert_eq!(tried, expected);
    assert!(matches!(machine.events().last(), Some(Event::Failed(_))) && machine.is_over());
}

#[test]
fn leaving_ends_within_its_time_and_says_what_was_not_committed() {
    let now = Instant::now();
    let mut machine = stable(now);
    machine.leave(1, [(key(), 7)].into(), now);
    assert!(matches!(asked(&mut machine, now), Request::Commit { .. }));
    assert_eq!(machine.wake_at(), Some(now + GOOD_BYE));
    assert_eq!(machine.next(now + GOOD_BYE), None);
    let [Event::Left { problem: Some(_) }] = &machine.events()[..] else { panic!("it has not left") };
    assert!(machine.is_over() && machine.wake_at().is_none());
}

#[test]
fn the_last_commit_goes_out_after_the_one_before_is_answered() {
    let now = Instant::now();
    let mut machine = stable(now);
    machine.commit(1, [(key(), 0)].into());
    assert!(matches!(asked(&mut machine, now), Request::Commit { .. }));
    machine.leave(1, [(key(), 7)].into(), now);
    assert!(machine.flight().is_some(), "two connections would let the earlier one win");
    machine.answered(Ok(Answer::Done), now);
    let Request::Commit { offsets, .. } = asked(&mut machine, now) else { panic!("7 is not committed") };
    assert_eq!(offsets, [(key(), 7)].into());
    machine.answered(Ok(Answer::Done), now);
    assert!(matches!(asked(&mut machine, now), Request::Leave { .. }));
}
