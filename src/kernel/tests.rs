//! The kernel's promises, with a world that obeys and a clock that is a number.

use crate::model::signal::Signal;
use proptest::prelude::*;

use super::world::{Voters, World, plan, plan_of};
use super::{Kernel, Observation};
use crate::model::action::Action;
use crate::model::event::Event;
use crate::model::exit::Exit;
use crate::model::ids::{NodeName, Role};
use crate::model::outcome::{NodeResult, OutcomeKind, Stop};
use crate::model::reason::Reason;
use crate::model::status::NodeState;
use crate::model::step::Step;
use crate::model::target::Target;
use crate::model::view::{ClusterView, PartitionView, TopicView};
use crate::spec::model::RestartPolicy;

const B0: NodeName = NodeName { role: crate::model::ids::Role::Broker, id: 0 };
const B1: NodeName = NodeName { role: crate::model::ids::Role::Broker, id: 1 };
const B2: NodeName = NodeName { role: crate::model::ids::Role::Broker, id: 2 };
const Z1: NodeName = NodeName { role: crate::model::ids::Role::ZooKeeper, id: 1 };
const Z2: NodeName = NodeName { role: crate::model::ids::Role::ZooKeeper, id: 2 };

fn running() -> World {
    let mut world = World::new(&plan(3, 3, RestartPolicy::OnFailure));
    let outcome = world.up();
    assert_eq!(outcome.result, OutcomeKind::Done, "{outcome:?}");
    world
}

fn targets(nodes: &[NodeName]) -> Vec<Target> {
    nodes.iter().copied().map(Target::Node).collect()
}

fn kill(nodes: &[NodeName]) -> Action {
    Action::Kill { nodes: targets(nodes), signal: Signal::KILL, force: false, fast_failover: false }
}

fn state(world: &World, name: NodeName) -> NodeState {
    world.kernel.node(name).unwrap().state()
}

#[test]
fn nothing_starts_before_somebody_asks() {
    let mut world = World::new(&plan(3, 3, RestartPolicy::OnFailure));
    world.pass(10_000);
    assert!(world.processes.is_empty());
    world.pass(60_000);
    assert!(world.shut_down, "a supervisor without work ends");
}

#[test]
fn up_is_answered_when_every_node_is_ready_and_the_cluster_is_usable() {
    let world = running();
    assert_eq!(world.processes.len(), 6);
    assert!(world.kernel.nodes().all(super::node::Node::is_ready));
    let last_ready = world.journal.iter().rposition(|e| matches!(e, Event::Ready { .. })).unwrap();
    let usable = world.journal.iter().position(|e| matches!(e, Event::Usable { .. })).unwrap();
    assert!(usable > last_ready);
}

#[test]
fn brokers_are_started_when_the_ports_of_the_ensemble_are_open() {
    let world = running();
    let last_port = |world: &World| {
        let opened = |e: &Event| matches!(e, Event::Reached { node, step: Step::Port, .. } if node.role == Role::ZooKeeper);
        world.journal.iter().rposition(opened).unwrap()
    };
    let first_broker = world
        .journal
        .iter()
        .position(|e| matches!(e, Event::Started { node, .. } if node.role == Role::Broker));
    assert!(first_broker.unwrap() > last_port(&world), "{:?}", world.journal);
}

#[test]
fn brokers_are_not_held_back_for_long_by_a_server_that_opens_no_port() {
    let mut world = World::new(&plan(3, 3, RestartPolicy::OnFailure));
    world.mute.extend([1, 2, 3].map(NodeName::zookeeper));
    world.ask(Action::Up);
    world.pass(1_000);
    assert_eq!(world.processes.len(), 3);
    assert_eq!(state(&world, B0), NodeState::Waiting);
    world.pass(10_000);
    assert_eq!(world.processes.len(), 6);
}

#[test]
fn a_server_that_cannot_start_holds_no_broker_back() {
    let mut world = World::new(&plan(3, 3, RestartPolicy::OnFailure));
    world.broken.insert(Z1);
    world.ask(Action::Up);
    world.pass(1_000);
    assert_eq!(state(&world, B0), NodeState::Ready);
}

#[test]
fn up_again_changes_nothing() {
    let mut world = running();
    let before = world.processes.clone();
    let outcome = world.up();
    assert_eq!(outcome.message(), "already up and usable; no node was changed");
    assert!(outcome.nodes.iter().all(|node| node.is_unchanged()));
    assert_eq!(world.processes, before);
}

#[test]
fn a_killed_broker_stays_down_until_started() {
    let mut world = running();
    let id = world.ask(kill(&[B0]));
    assert_eq!(world.answer(id).result, OutcomeKind::Done);
    world.pass(600_000);
    assert_eq!(state(&world, B0), NodeState::Killed);
    assert!(world.up().message().contains("kept down: broker-0"));
    assert_eq!(state(&world, B0), NodeState::Killed);
    let id = world.ask(Action::Start { nodes: vec![B0] });
    assert_eq!(world.answer(id).result, OutcomeKind::Done);
    assert_eq!(state(&world, B0), NodeState::Ready);
}

#[test]
fn a_broker_killed_while_it_starts_is_killed_as_soon_as_it_has_a_pid() {
    let mut world = World::new(&plan(1, 1, RestartPolicy::OnFailure));
    world.ask(Action::Up);
    let id = world.ask(kill(&[B0]));
    assert_eq!(world.answer(id).result, OutcomeKind::Done);
    world.pass(60_000);
    assert!(!world.processes.contains_key(&B0));
}

#[test]
fn the_stale_registration_is_removed_before_a_killed_broker_starts_again() {
    let mut world = running();
    let id = world.ask(kill(&[B0]));
    world.answer(id);
    assert!(world.registered.contains(&B0), "a plain kill leaves the session alone");
    let id = world.ask(Action::Start { nodes: vec![B0] });
    assert_eq!(world.answer(id).result, OutcomeKind::Done);
    let starts = world.journal.iter().filter(|e| matches!(e, Event::Started { node, .. } if *node == B0));
    assert_eq!(starts.count(), 2, "no attempt died with NodeExists");
}

#[test]
fn a_crashed_broker_is_restarted_at_once_without_meeting_its_old_session() {
    let mut world = running();
    world.exit(B1, Exit::Signal(9));
    world.pass(5_000);
    assert_eq!(state(&world, B1), NodeState::Ready);
    let exits = world.journal.iter().filter(|e| matches!(e, Event::Exited { node, .. } if *node == B1));
    assert_eq!(exits.count(), 1);
}

#[test]
fn a_broker_is_gone_for_kafka_counted_from_the_end_of_its_own_process() {
    let mut world = running();
    let registered = |ids: &[i32]| ClusterView {
        registered: Some(ids.iter().copied().collect()),
        ..ClusterView::default()
    };
    let gone = |world: &mut World| {
        for ids in [&[0, 1, 2][..], &[0, 2]] {
            let survey = world.kernel.begin_look();
            world.kernel.look(survey, registered(ids), world.now);
        }
        world.pass(100);
        let after = |event: &Event| match event {
            Event::BrokerGone { after_ms, .. } => Some(*after_ms),
            _ => None,
        };
        world.journal.iter().rev().find_map(after).unwrap()
    };
    world.mute.insert(B1);
    world.exit(B1, Exit::Signal(9));
    world.pass(100);
    assert!(gone(&mut world).is_some_and(|ms| ms <= 100), "its successor is not there yet");
    world.mute.remove(&B1);
    world.pass(5_000);
    assert_eq!(state(&world, B1), NodeState::Ready);
    assert_eq!(gone(&mut world), None, "it lives, and only its predecessor ended");
}

#[test]
fn a_broker_does_not_start_over_its_old_registration_while_no_quorum_serves() {
    let mut world = running();
    let id = world.ask(Action::Kill {
        nodes: targets(&[Z1, Z2, B0]),
        signal: Signal::KILL,
        force: true,
        fast_failover: false,
    });
    world.answer(id);
    let start = world.ask(Action::Start { nodes: vec![B0] });
    world.pass(60_000);
    assert!(!world.processes.contains_key(&B0));
    assert_eq!(state(&world, B0), NodeState::Waiting);
    world.ask(Action::Start { nodes: vec![Z1] });
    assert_eq!(world.answer(start).result, OutcomeKind::Done);
}

#[test]
fn a_crash_loop_is_given_up_and_up_says_so() {
    let mut world = World::new(&plan(1, 1, RestartPolicy::OnFailure));
    world.broken.insert(B0);
    let outcome = world.up();
    assert_eq!(outcome.result, OutcomeKind::Failed);
    assert!(outcome.message().contains("broker-0"), "{}", outcome.message());
    let starts =
        world.journal.iter().filter(|e| matches!(e, Event::Started { node, .. } if *node == B0)).count();
    world.pass(600_000);
    let later =
        world.journal.iter().filter(|e| matches!(e, Event::Started { node, .. } if *node == B0)).count();
    assert_eq!((starts, later), (3, 3));
    assert_eq!(state(&world, B0), NodeState::CrashLoop);
}

#[test]
fn policy_never_leaves_an_exited_node_alone() {
    let mut world = World::new(&plan(1, 1, RestartPolicy::Never));
    world.up();
    world.exit(B0, Exit::Code(1));
    world.pass(600_000);
    assert_eq!(state(&world, B0), NodeState::Exited);
}

#[test]
fn a_stubborn_node_is_killed_after_its_deadline_and_the_answer_says_which_it_was() {
    let mut world = running();
    world.stubborn.insert(B0);
    let id = world.ask(Action::Stop { nodes: targets(&[B0, B1]), force: true });
    let outcome = world.answer(id);
    let forced = |result: &_| matches!(result, NodeResult::Stopped(Stop::Forced { after_ms: 4950..5050 }));
    assert!(forced(&outcome.nodes[0].result), "{outcome:?}");
    let second = &outcome.nodes[1].result;
    assert!(matches!(second, NodeResult::Stopped(Stop::InOrder { .. })), "{outcome:?}");
}

#[test]
fn down_stops_brokers_before_coordinators_and_then_the_supervisor_ends() {
    let mut world = running();
    let id = world.ask(Action::Down);
    assert_eq!(world.answer(id).result, OutcomeKind::Done);
    world.pass(1);
    assert!(world.shut_down);
    let exits: Vec<NodeName> = world
        .journal
        .iter()
        .filter_map(|event| match event {
            Event::Exited { node, .. } => Some(*node),
            _ => None,
        })
        .collect();
    let first_server = exits.iter().position(|node| node.role == crate::model::ids::Role::ZooKeeper).unwrap();
    assert_eq!(first_server, 3, "{exits:?}");
}

#[test]
fn the_last_controllers_are_not_waited_for_on_the_way_down() {
    for (voters, leader) in [(Voters::Controllers, NodeName::controller(101)), (Voters::Combined, B1)] {
        let mut world = World::new(&voters.plan(&[0, 1, 2], RestartPolicy::OnFailure));
        world.up();
        // A leader waits for a successor.
        world.stubborn.insert(leader);
        let (id, began) = (world.ask(Action::Down), world.now);
        let outcome = world.answer(id);
        assert_eq!(outcome.message(), "down");
        let of_leader = outcome.nodes.iter().find(|node| node.node == leader).unwrap();
        let result = &of_leader.result;
        assert!(matches!(result, NodeResult::Stopped(Stop::WithoutQuorum { .. })), "{result:?}");
        assert!(world.now - began < 1_000, "{} ms", world.now - began);
        let is_broker = leader.role == crate::model::ids::Role::Broker;
        assert_eq!(world.closing.contains(&leader), is_broker, "a broker closes its logs first");
    }
}

#[test]
fn a_rolling_restart_takes_the_next_node_only_when_every_replica_is_in_the_isr_and_leaders_last() {
    let mut world = running();
    let partition = |isr: &[i32]| PartitionView {
        leader: Some(0),
        leader_epoch: None,
        replicas: vec![0, 1, 2],
        isr: isr.to_vec(),
    };
    let view = |isr: &[i32]| {
        let partitions = [(0, partition(isr))].into();
        let topic = TopicView { partitions, min_insync_replicas: 1, internal: false };
        let topics = Some([("t".to_owned(), topic)].into());
        ClusterView { controller: Some(0), topics, ..ClusterView::default() }
    };
    world.view = view(&[0, 1]);
    world.pass(3_000);
    let id = world.ask(Action::Restart { nodes: vec![B0, B1, B2], force: false, rolling: true });
    world.pass(20_000);
    assert!(!world.answers.contains_key(&id), "broker-2 is not in the ISR");
    let restarted = |world: &World| -> Vec<NodeName> {
        let exits = world.journal.iter().filter_map(|event| match event {
            Event::Exited { node, .. } => Some(*node),
            _ => None,
        });
        exits.collect()
    };
    assert_eq!(restarted(&world), []);
    world.view = view(&[0, 1, 2]);
    assert_eq!(world.answer(id).result, OutcomeKind::Done);
    assert_eq!(restarted(&world), [B1, B2, B0], "broker-0 is the controller");

    let stop = world.ask(Action::Stop { nodes: targets(&[B2]), force: true });
    world.answer(stop);
    world.view = view(&[0, 1]);
    world.pass(3_000);
    let id = world.ask(Action::Restart { nodes: vec![B0], force: false, rolling: true });
    let outcome = world.answer(id);
    assert_eq!(outcome.result, OutcomeKind::Refused);
    assert!(outcome.message().contains("t/0 lacks broker-2"), "{}", outcome.message());
}

/// What Kafka says of one partition of all three brokers.
fn with_isr(isr: &[i32]) -> ClusterView {
    let partition =
        PartitionView { leader: Some(0), leader_epoch: None, replicas: vec![0, 1, 2], isr: isr.to_vec() };
    let topic = TopicView { partitions: [(0, partition)].into(), min_insync_replicas: 1, internal: false };
    let topics = Some([("t".to_owned(), topic)].into());
    ClusterView { controller: Some(0), topics, ..ClusterView::default() }
}

fn rolling(nodes: &[NodeName]) -> Action {
    Action::Restart { nodes: nodes.to_vec(), force: false, rolling: true }
}

#[test]
fn a_rolling_restart_beside_a_replica_that_does_not_come_by_itself_is_refused_with_what_brings_it() {
    let crash_loop = |world: &mut World| {
        world.broken.insert(B2);
        world.exit(B2, Exit::Code(1));
        world.pass(600_000);
    };
    let pause = |world: &mut World| {
        let id = world.ask(Action::Pause { nodes: targets(&[B2]), force: true });
        world.answer(id);
    };
    let stop = |world: &mut World| {
        let id = world.ask(Action::Stop { nodes: targets(&[B2]), force: true });
        world.answer(id);
    };
    type Cause = fn(&mut World);
    let causes: [(Cause, &str, &str); 3] = [
        (crash_loop, "given up after a crash loop", "cluster start broker-2"),
        (pause, "is paused", "cluster resume broker-2"),
        (stop, "is kept down", "cluster start broker-2"),
    ];
    for (cause, why, helps) in causes {
        let mut world = running();
        let before = world.processes.clone();
        cause(&mut world);
        world.view = with_isr(&[0, 1]);
        world.pass(3_000);
        let id = world.ask(rolling(&[B0, B1]));
        let outcome = world.answer(id);
        assert_eq!(outcome.result, OutcomeKind::Refused, "{outcome:?}");
        for part in ["t/0 lacks broker-2", why, helps] {
            assert!(outcome.message().contains(part), "no `{part}` in {}", outcome.message());
        }
        assert_eq!(world.processes[&B0], before[&B0]);
        // Its own restart may be what it needs.
        world.broken.clear();
        let id = world.ask(rolling(&[B2]));
        assert_eq!(world.answer(id).result, OutcomeKind::Done);
    }
}

#[test]
fn a_rolling_restart_beside_a_node_that_the_policy_leaves_is_refused() {
    let mut world = World::new(&plan(3, 3, RestartPolicy::Never));
    world.up();
    world.exit(B2, Exit::Code(1));
    world.view = with_isr(&[0, 1]);
    world.pass(3_000);
    let id = world.ask(rolling(&[B0]));
    let outcome = world.answer(id);
    assert_eq!(outcome.result, OutcomeKind::Refused);
    assert!(outcome.message().contains("the restart policy leaves it"), "{}", outcome.message());
}

#[test]
fn a_restart_that_nobody_waits_for_any_more_does_not_happen_later() {
    let mut world = running();
    let before = world.processes.clone();
    world.view = with_isr(&[0, 1]);
    world.pass(3_000);
    let id = world.ask(rolling(&[B0, B1]));
    world.pass(10_000);
    assert!(!world.answers.contains_key(&id), "broker-2 may come back into the ISR");
    world.kernel.abandon(id, world.now);
    world.view = with_isr(&[0, 1, 2]);
    let outcome = world.answer(id);
    assert!(outcome.message().ends_with("not restarted: broker-1, broker-0"), "{}", outcome.message());
    world.pass(60_000);
    assert_eq!(world.processes, before);
}

#[test]
fn a_restart_that_is_abandoned_brings_back_the_node_that_it_has_stopped_and_takes_no_other() {
    for force in [true, false] {
        let mut world = running();
        let before = world.processes.clone();
        world.view = with_isr(&[0, 1, 2]);
        world.pass(3_000);
        world.stubborn.insert(B1);
        let id = world.ask(Action::Restart { nodes: vec![B1, B2], force, rolling: !force });
        world.pass(1);
        world.kernel.abandon(id, world.now);
        let outcome = world.answer(id);
        assert_eq!(outcome.result, OutcomeKind::Failed);
        assert!(outcome.message().ends_with("not restarted: broker-2"), "{}", outcome.message());
        world.pass(60_000);
        assert_eq!(state(&world, B1), NodeState::Ready);
        assert_ne!(world.processes[&B1], before[&B1]);
        assert_eq!(world.processes[&B2], before[&B2]);
    }
}

#[test]
fn a_combined_node_that_stops_beside_a_majority_is_waited_for() {
    let mut world = World::new(&Voters::Combined.plan(&[0, 1, 2], RestartPolicy::OnFailure));
    world.up();
    world.stubborn.insert(B1);
    let id = world.ask(Action::Stop { nodes: targets(&[B1]), force: false });
    let outcome = world.answer(id);
    let forced = |result: &_| matches!(result, NodeResult::Stopped(Stop::Forced { after_ms: 4950..5050 }));
    assert!(forced(&outcome.nodes[0].result), "{outcome:?}");
    assert!(world.closing.is_empty());
}

#[test]
fn a_broker_of_kraft_never_waits_out_its_old_session() {
    for voters in [Voters::Controllers, Voters::Combined] {
        for signal in [Signal::KILL, Signal::TERM] {
            let mut world = World::new(&voters.plan(&[0, 1, 2], RestartPolicy::OnFailure));
            world.up();
            let kill = Action::Kill { nodes: targets(&[B1]), signal, force: false, fast_failover: false };
            let id = world.ask(kill);
            world.answer(id);
            let id = world.ask(Action::Start { nodes: vec![B1] });
            assert_eq!(world.answer(id).result, OutcomeKind::Done);
            let cleared =
                |event: &Event| matches!(event, Event::RegistrationCleared { node, .. } if *node == B1);
            let cleared = world.journal.iter().position(cleared).unwrap();
            let started = |event: &Event| matches!(event, Event::Started { node, .. } if *node == B1);
            assert!(cleared < world.journal.iter().rposition(started).unwrap());
        }
    }
}

#[test]
fn the_cluster_is_told_of_a_broker_only_when_that_is_dead_and_before_it_starts_again() {
    for voters in [Voters::ZooKeeper, Voters::Controllers, Voters::Combined] {
        let mut world = World::new(&voters.plan(&[0, 1, 2], RestartPolicy::OnFailure));
        world.up();
        let kill = |fast_failover| {
            let (nodes, signal) = (vec![B1], Signal::KILL);
            Action::Kill { nodes: targets(&nodes), signal, force: false, fast_failover }
        };
        let id = world.ask(kill(true));
        let start = world.ask(Action::Start { nodes: vec![B1] });
        world.answer(start);
        assert_eq!(world.answer(id).result, OutcomeKind::Done);
        let of_b1: Vec<&str> = world
            .journal
            .iter()
            .rev()
            .take_while(|event| !matches!(event, Event::Asked { .. }))
            .filter_map(|event| match event {
                Event::Exited { node: B1, .. } => Some("exited"),
                Event::RegistrationCleared { node: B1, .. } => Some("cleared"),
                Event::Started { node: B1, .. } => Some("started"),
                _ => None,
            })
            .collect();
        assert_eq!(of_b1, ["started", "cleared", "exited"], "the last one first");
    }
}

#[test]
fn a_killed_broker_of_which_the_cluster_is_told_stays_down() {
    let mut world = running();
    let (nodes, signal) = (vec![B0], Signal::KILL);
    let kill = |fast_failover| Action::Kill { nodes: targets(&nodes), signal, force: false, fast_failover };
    let id = world.ask(kill(false));
    assert!(!world.answer(id).message().contains("told"));
    assert!(world.registered.contains(&B0));
    let id = world.ask(kill(true));
    let outcome = world.answer(id);
    assert!(outcome.message().ends_with("the cluster was told"), "{}", outcome.message());
    assert!(!world.registered.contains(&B0), "also of one that was killed before");
    world.pass(60_000);
    assert_eq!(state(&world, B0), NodeState::Killed);
}

#[test]
fn without_a_quorum_nobody_can_be_told_and_the_answer_says_so() {
    let mut world = running();
    let kill = |nodes: Vec<NodeName>, fast_failover| Action::Kill {
        nodes: targets(&nodes),
        signal: Signal::KILL,
        force: true,
        fast_failover,
    };
    let id = world.ask(kill(vec![Z1, Z2], false));
    world.answer(id);
    let id = world.ask(kill(vec![B0], true));
    let outcome = world.answer(id);
    assert_eq!(outcome.result, OutcomeKind::Done);
    assert!(outcome.message().ends_with("no quorum serves"), "{}", outcome.message());
}

#[test]
fn combined_brokers_without_which_there_is_no_majority_start_without_one() {
    let mut world = World::new(&Voters::Combined.plan(&[0, 1, 2], RestartPolicy::OnFailure));
    world.up();
    let nodes = vec![B0, B1, NodeName::broker(2)];
    let id = world.ask(Action::Kill {
        nodes: targets(&nodes),
        signal: Signal::KILL,
        force: true,
        fast_failover: false,
    });
    world.answer(id);
    let id = world.ask(Action::Start { nodes });
    assert_eq!(world.answer(id).result, OutcomeKind::Done);
}

#[test]
fn a_start_overtakes_a_stop_that_has_not_come_to_its_node() {
    let mut world = running();
    let stop = world.ask(Action::Stop { nodes: targets(&[B1, Z1]), force: false });
    // broker-1 leaves first, so zookeeper-1 has no signal yet.
    let start = world.ask(Action::Start { nodes: vec![Z1] });
    let stopped = world.answer(stop);
    assert_eq!(stopped.result, OutcomeKind::Superseded);
    assert_eq!(stopped.message(), "zookeeper-1 was started by a later request");
    assert_eq!(world.answer(start).result, OutcomeKind::Done);
    world.pass(5_000);
    assert_eq!(state(&world, Z1), NodeState::Ready);
    assert_eq!(state(&world, B1), NodeState::Stopped);
}

#[test]
fn down_during_up_overtakes_it() {
    let mut world = World::new(&plan(3, 3, RestartPolicy::OnFailure));
    let up = world.ask(Action::Up);
    world.pass(2);
    let down = world.ask(Action::Down);
    assert_eq!(world.answer(up).result, OutcomeKind::Superseded);
    assert_eq!(world.answer(down).result, OutcomeKind::Done);
    assert!(world.processes.is_empty());
}

#[test]
fn a_second_zookeeper_is_refused_without_force() {
    let mut world = running();
    let id = world.ask(kill(&[Z1]));
    assert_eq!(world.answer(id).result, OutcomeKind::Done);
    let id = world.ask(kill(&[Z2]));
    assert_eq!(world.answer(id).result, OutcomeKind::Refused);
    assert_eq!(state(&world, Z2), NodeState::Ready);
    let id = world.ask(Action::Kill {
        nodes: targets(&[Z2]),
        signal: Signal::KILL,
        force: true,
        fast_failover: false,
    });
    assert_eq!(world.answer(id).result, OutcomeKind::Done);
}

#[test]
fn the_journal_keeps_the_value_of_every_answer_and_refusal() {
    let mut world = running();
    for (action, refused) in
        [(kill(&[Z1]), false), (kill(&[Z2]), true), (kill(&[NodeName::broker(9)]), false)]
    {
        let id = world.ask(action);
        let answered = world.answer(id);
        let kept = world.journal.iter().find_map(|event| match event {
            Event::Answered { request, message, outcome, .. } if *request == id => {
                Some((message, outcome, false))
            }
            Event::Refused { request, message, outcome } if *request == id => Some((message, outcome, true)),
            _ => None,
        });
        assert_eq!(kept, Some((&answered.message(), &Some(answered.clone()), refused)));
    }
}

#[test]
fn an_unknown_node_changes_nothing() {
    let mut world = running();
    let before = world.processes.clone();
    let id = world.ask(kill(&[B0, NodeName::broker(9)]));
    let outcome = world.answer(id);
    assert_eq!(outcome.result, OutcomeKind::BadRequest);
    assert!(outcome.message().contains("zookeeper-3, broker-0, broker-1, broker-2"), "{}", outcome.message());
    world.pass(1_000);
    assert_eq!(world.processes, before);
}

#[test]
fn a_live_process_that_never_answers_is_not_up() {
    let mut world = World::new(&plan(1, 1, RestartPolicy::OnFailure));
    world.mute.insert(B0);
    let id = world.ask(Action::Up);
    world.pass(600_000);
    assert!(!world.answers.contains_key(&id));
    assert_eq!(state(&world, B0), NodeState::Starting);
    world.mute.clear();
    assert_eq!(world.answer(id).result, OutcomeKind::Done);
}

#[test]
fn a_ready_node_that_stops_answering_is_unresponsive_until_it_answers_again() {
    let mut world = running();
    world.mute.insert(B0);
    world.pass(10_000);
    assert_eq!(state(&world, B0), NodeState::Unresponsive);
    world.mute.clear();
    world.pass(10_000);
    assert_eq!(state(&world, B0), NodeState::Ready);
}

#[test]
fn probes_from_before_a_standstill_are_held_against_nobody() {
    let mut world = running();
    world.delays = [900].into();
    world.mute.insert(B0);
    // Until two have failed and the third is under way.
    while world.kernel.node(B0).unwrap().running().unwrap().failures < 2 {
        world.pass(100);
    }
    world.pass(400);
    world.mute.clear();
    world.kernel.forgive(world.now);
    world.pass(10_000);
    assert_eq!(state(&world, B0), NodeState::Ready);
    assert!(!world.journal.iter().any(|event| matches!(event, Event::Unready { .. })), "{:?}", world.journal);
}

#[test]
fn a_signal_that_does_not_end_a_process_leaves_the_intent_alone() {
    let mut world = running();
    let stop =
        Action::Kill { nodes: targets(&[B0]), signal: Signal::STOP, force: true, fast_failover: false };
    let id = world.ask(stop);
    assert_eq!(world.answer(id).result, OutcomeKind::Done);
    assert_eq!(state(&world, B0), NodeState::Paused);
    assert!(!world.kernel.alive().contains(&B0));
}

#[test]
fn restart_stops_and_starts_each_node_in_turn() {
    let mut world = running();
    let before = world.processes.clone();
    let id = world.ask(Action::Restart { nodes: vec![B0, B1], force: true, rolling: false });
    let outcome = world.answer(id);
    assert_eq!(outcome.result, OutcomeKind::Done, "{outcome:?}");
    assert_ne!(world.processes[&B0], before[&B0]);
    let index = |wanted: &dyn Fn(&Event) -> bool| world.journal.iter().rposition(wanted).unwrap();
    let b0_ready = index(&|event| matches!(event, Event::Ready { node, .. } if *node == B0));
    let b1_gone = index(&|event| matches!(event, Event::Exited { node, .. } if *node == B1));
    assert!(b0_ready < b1_gone, "broker-1 is stopped before broker-0 is back");
}

#[test]
fn late_observations_of_an_earlier_process_are_ignored() {
    let mut world = running();
    let old = world.kernel.node(B0).unwrap().epoch();
    let id = world.ask(Action::Restart { nodes: vec![B0], force: true, rolling: false });
    world.answer(id);
    let late = Observation::Exited { node: B0, epoch: old, exit: Exit::Code(1), reason: None };
    world.kernel.observe(late, world.now);
    assert_eq!(state(&world, B0), NodeState::Ready);
}

#[test]
fn that_the_kernel_killed_a_node_is_told_in_the_journal_and_the_status_unless_we_were_to_end_it_anyway() {
    let mut world = running();
    let reason = Some(Reason::OutOfMemoryKill { limit_bytes: None });
    let told = |world: &World| {
        world.journal.iter().any(|event| matches!(event, Event::Exited { reason: Some(_), .. }))
    };
    let end = |world: &mut World, node: NodeName| {
        let ((epoch, _), exit) = (world.processes.remove(&node).unwrap(), Exit::Signal(9));
        Observation::Exited { node, epoch, exit, reason: reason.clone() }
    };
    world.kernel.request(crate::model::asked::Asked::from(kill(&[B0])), "test", world.now);
    let killed = end(&mut world, B0);
    world.kernel.observe(killed, world.now);
    world.act();
    assert!(!told(&world), "{:?}", world.journal);
    let killed = end(&mut world, B1);
    world.kernel.observe(killed, world.now);
    assert_eq!(world.kernel.nodes[&B1].trouble, reason);
    world.act();
    assert!(told(&world), "{:?}", world.journal);
}

#[test]
fn the_next_supervisor_goes_on_where_the_last_one_was_killed() {
    let mut world = running();
    let id = world.ask(kill(&[B0]));
    world.answer(id);
    let durable = world.kernel.durable();
    let plan = plan(3, 3, RestartPolicy::OnFailure);
    let found = world
        .processes
        .iter()
        .filter(|(name, _)| **name != B1)
        .map(|(name, (_, pid))| (*name, super::durable::Found { pid: *pid, age_ms: 60_000 }))
        .collect();
    // broker-1 ended while no supervisor watched.
    world.processes.remove(&B1);
    let lost = [(B1, 77)].into();
    world.kernel = Kernel::recover(&plan, &durable, &found, &lost, world.now);
    let unseen = Reason::Ended { exit: Exit::Unseen };
    assert_eq!(world.kernel.nodes[&B1].trouble, Some(unseen), "what status says meanwhile");
    for (epoch, _) in world.processes.values_mut() {
        *epoch = 1;
    }
    world.journal.clear();
    world.act();
    world.pass(10_000);
    assert_eq!(state(&world, B0), NodeState::Killed);
    assert_eq!(state(&world, B1), NodeState::Ready);
    assert!(matches!(&world.journal[..], [Event::Adopted { .. }, ..]));
    let unseen = |event: &&Event| matches!(event, Event::Exited { node, pid: 77, .. } if *node == B1);
    assert_eq!(world.journal.iter().filter(unseen).count(), 1);
}

#[test]
fn a_down_that_lost_its_supervisor_is_finished_by_the_next_one() {
    let mut world = running();
    world.ask(Action::Down);
    let durable = world.kernel.durable();
    let found = world.processes.iter();
    let found =
        found.map(|(name, (_, pid))| (*name, super::durable::Found { pid: *pid, age_ms: 0 })).collect();
    let plan = plan(3, 3, RestartPolicy::OnFailure);
    world.kernel = Kernel::recover(&plan, &durable, &found, &Default::default(), world.now);
    for (epoch, _) in world.processes.values_mut() {
        *epoch = 1;
    }
    world.pass(30_000);
    assert!(world.shut_down);
}

const B3: NodeName = NodeName { role: crate::model::ids::Role::Broker, id: 3 };

fn members(ids: &[i32]) -> crate::plan::model::Plan {
    plan_of(3, ids, RestartPolicy::OnFailure)
}

#[test]
fn a_broker_that_joins_comes_up_beside_the_others_and_scale_is_answered_when_all_is_usable() {
    let mut world = running();
    let before = world.processes.clone();
    world.journal.clear();
    world.take(&members(&[0, 1, 2, 3])).unwrap();
    let id = world.ask(Action::Scale { brokers: 4, nodes: vec![B3] });
    let outcome = world.answer(id);
    assert_eq!(outcome.result, OutcomeKind::Done, "{outcome:?}");
    assert!(outcome.message().starts_with("joined: broker-3; usable after"), "{}", outcome.message());
    assert_eq!(state(&world, B3), NodeState::Ready);
    assert!(before.iter().all(|(name, process)| world.processes[name] == *process), "another was touched");
    assert!(
        matches!(&world.journal[..2], [Event::Asked { .. }, Event::NodeAdded { node: B3 }]),
        "{:?}",
        world.journal
    );
    let at = |wanted: &dyn Fn(&Event) -> bool| world.journal.iter().position(wanted).unwrap();
    let ready = at(&|event| matches!(event, Event::Ready { node, .. } if *node == B3));
    assert!(at(&|event| matches!(event, Event::Usable { .. })) > ready);

    let id = world.ask(Action::Scale { brokers: 4, nodes: vec![B0, B1, B3] });
    let again = world.answer(id);
    assert!(again.nodes.iter().all(|node| node.is_unchanged()), "{again:?}");
}

#[test]
fn scale_waits_for_what_joins_and_not_for_a_broker_that_is_down_or_broken() {
    let mut world = running();
    world.broken.insert(B1);
    world.exit(B1, Exit::Code(1));
    let id = world.ask(kill(&[B0]));
    world.answer(id);
    world.pass(600_000);
    assert_eq!(state(&world, B1), NodeState::CrashLoop);
    world.take(&members(&[0, 1, 2, 3])).unwrap();
    let id = world.ask(Action::Scale { brokers: 4, nodes: vec![B0, B1, B3] });
    assert_eq!(world.answer(id).result, OutcomeKind::Done);
    assert_eq!([state(&world, B0), state(&world, B1)], [NodeState::Killed, NodeState::CrashLoop]);
}

#[test]
fn a_broker_that_cannot_join_is_told_of() {
    let mut world = running();
    world.broken.insert(B3);
    world.take(&members(&[0, 1, 2, 3])).unwrap();
    let id = world.ask(Action::Scale { brokers: 4, nodes: vec![B3] });
    let outcome = world.answer(id);
    assert_eq!(outcome.result, OutcomeKind::Failed);
    assert!(outcome.message().contains("broker-3"), "{}", outcome.message());
}

#[test]
fn only_a_node_without_a_process_that_nobody_wants_is_forgotten() {
    let mut world = running();
    assert_eq!(world.take(&members(&[0, 2])), Err(B1));
    assert!(world.kernel.node(B1).is_some());
    let id = world.ask(Action::Stop { nodes: targets(&[B1]), force: true });
    assert_eq!(world.take(&members(&[0, 2])), Err(B1), "it is still on its way out");
    world.answer(id);
    world.take(&members(&[0, 2])).unwrap();
    let id = world.ask(Action::Forget { nodes: vec![B1] });
    assert_eq!(world.answer(id).result, OutcomeKind::Done);
    assert!(world.journal.contains(&Event::NodeRemoved { node: B1 }));
    world.pass(60_000);
    assert!(!world.processes.contains_key(&B1));
    assert!(!world.kernel.durable().nodes.contains_key(&B1));
    let id = world.ask(Action::Start { nodes: vec![B1] });
    assert_eq!(world.answer(id).result, OutcomeKind::BadRequest);
    // With a hole in the ids, everything else works.
    assert_eq!(world.up().result, OutcomeKind::Done);
}

#[test]
fn a_broker_added_while_nobody_supervised_comes_up_and_its_coming_is_told() {
    let mut world = running();
    let durable = world.kernel.durable();
    let found = world.processes.iter();
    let found =
        found.map(|(name, (_, pid))| (*name, super::durable::Found { pid: *pid, age_ms: 0 })).collect();
    world.kernel = Kernel::recover(&members(&[0, 1, 2, 3]), &durable, &found, &Default::default(), world.now);
    for (epoch, _) in world.processes.values_mut() {
        *epoch = 1;
    }
    world.journal.clear();
    // The next supervisor counts its requests anew.
    world.answers.clear();
    let id = world.ask(Action::Scale { brokers: 4, nodes: vec![B3] });
    assert_eq!(world.journal[0], Event::NodeAdded { node: B3 });
    assert_eq!(world.answer(id).result, OutcomeKind::Done);
    assert_eq!(state(&world, B3), NodeState::Ready);
}

#[test]
fn a_broker_that_was_seen_gone_by_a_survey_from_before_its_end_is_not_counted_from_there() {
    let mut world = running();
    let registered = |ids: &[i32]| ClusterView {
        registered: Some(ids.iter().copied().collect()),
        ..ClusterView::default()
    };
    let first = world.kernel.begin_look();
    world.kernel.look(first, registered(&[0, 1, 2]), world.now);
    let survey = world.kernel.begin_look();
    let (epoch, _) = world.processes.remove(&B1).unwrap();
    let exited = Observation::Exited { node: B1, epoch, exit: Exit::Code(143), reason: None };
    world.kernel.observe(exited, world.now);
    world.kernel.look(survey, registered(&[0, 2]), world.now);
    world.pass(1);
    assert!(world.journal.contains(&Event::BrokerGone { node: B1, after_ms: None }), "{:?}", world.journal);
}

#[test]
fn a_probe_from_before_a_pause_does_not_end_it() {
    let mut world = running();
    world.delays = [900].into();
    world.pass(2_500);
    let pause = world.ask(Action::Pause { nodes: targets(&[B1]), force: true });
    world.answer(pause);
    world.pass(10_000);
    assert!(!world.journal.contains(&Event::Resumed { node: B1 }), "{:?}", world.journal);
    assert_eq!(state(&world, B1), NodeState::Paused);
}

#[test]
fn a_signal_that_pauses_nobody_is_not_told_as_a_pause() {
    let mut world = running();
    let (nodes, signal) = (vec![B1], Signal::TSTP);
    let id = world.ask(Action::Kill { nodes: targets(&nodes), signal, force: true, fast_failover: false });
    world.answer(id);
    assert_eq!(state(&world, B1), NodeState::Ready);
}

#[test]
fn a_pause_or_a_signal_that_reaches_nobody_has_failed() {
    let mut world = running();
    let stop = world.ask(Action::Stop { nodes: targets(&[B1]), force: true });
    world.answer(stop);
    let pause = |nodes: &[NodeName]| Action::Pause { nodes: targets(nodes), force: true };
    let send = |nodes: &[NodeName]| Action::Kill {
        nodes: targets(nodes),
        signal: Signal::QUIT,
        force: true,
        fast_failover: false,
    };
    for (action, result) in [
        (pause(&[B1]), OutcomeKind::Failed),
        (send(&[B1]), OutcomeKind::Failed),
        (send(&[B1, B2]), OutcomeKind::Done),
        (pause(&[B1, B2]), OutcomeKind::Done),
    ] {
        let told = format!("{action:?}");
        let id = world.ask(action);
        assert_eq!(world.answer(id).result, result, "{told}");
    }
}

#[derive(Clone, Debug)]
enum Move {
    /// Another plan is stored and taken, with these of the brokers 0 to 4; then it is asked for.
    Members(std::collections::BTreeSet<i32>),
    Ask(Action),
    Crash(NodeName),
    Pass(u64),
    Mute(NodeName),
    Speak,
    Stubborn(NodeName),
    Break(NodeName),
    Take(NodeName),
}

fn any_node() -> impl Strategy<Value = NodeName> {
    prop_oneof![(1..=3).prop_map(NodeName::zookeeper), (0..5).prop_map(NodeName::broker)]
}

fn any_voters() -> impl Strategy<Value = Voters> {
    prop_oneof![Just(Voters::ZooKeeper), Just(Voters::Controllers), Just(Voters::Combined)]
}

impl Move {
    /// The same in a plan with these voters.
    fn among(self, voters: Voters) -> Move {
        let name = |name| voters.name(name);
        let all = |nodes: Vec<NodeName>| nodes.into_iter().map(name).collect::<Vec<_>>();
        let meant = |nodes: Vec<Target>| targets(&all(nodes.iter().filter_map(Target::node).collect()));
        match self {
            Move::Ask(Action::Kill { nodes, signal, force, fast_failover }) => {
                Move::Ask(Action::Kill { nodes: meant(nodes), signal, force, fast_failover })
            }
            Move::Ask(Action::Start { nodes }) => Move::Ask(Action::Start { nodes: all(nodes) }),
            Move::Ask(Action::Stop { nodes, force }) => {
                Move::Ask(Action::Stop { nodes: meant(nodes), force })
            }
            Move::Ask(Action::Restart { nodes, force, rolling }) => {
                Move::Ask(Action::Restart { nodes: all(nodes), force, rolling })
            }
            Move::Crash(node) => Move::Crash(name(node)),
            Move::Mute(node) => Move::Mute(name(node)),
            Move::Stubborn(node) => Move::Stubborn(name(node)),
            Move::Break(node) => Move::Break(name(node)),
            Move::Take(node) => Move::Take(name(node)),
            other => other,
        }
    }
}

/// What can happen while answers are under way.
#[derive(Clone, Debug)]
enum Happening {
    Ask(Action),
    /// Somebody else stops a process, or lets it go on.
    Outsider(NodeName, bool),
    Crash(NodeName),
    /// Another controller is elected, whose id is larger.
    Elect,
    Look,
    Pass(u64),
}

fn any_happening() -> impl Strategy<Value = Happening> {
    let signal = prop_oneof![
        Just(Signal::STOP),
        Just(Signal::CONT),
        Just(Signal::TSTP),
        Just(Signal::QUIT),
        Just(Signal::KILL)
    ];
    let kill = |(node, signal): (NodeName, Signal)| Action::Kill {
        nodes: targets(&[node]),
        signal,
        force: true,
        fast_failover: false,
    };
    let node = || prop_oneof![Just(B0), Just(B1), Just(Z1)];
    let nodes = move || node().prop_map(|node| vec![node]);
    let ask = prop_oneof![
        4 => nodes().prop_map(|nodes| Action::Pause { nodes: targets(&nodes), force: true }),
        4 => nodes().prop_map(|nodes| Action::Resume { nodes }),
        3 => (node(), signal).prop_map(kill),
        2 => nodes().prop_map(|nodes| Action::Start { nodes }),
        1 => nodes().prop_map(|nodes| Action::Stop { nodes: targets(&nodes), force: true }),
        3 => Just(Action::Up),
    ];
    prop_oneof![
        4 => ask.prop_map(Happening::Ask),
        1 => (node(), any::<bool>()).prop_map(|(node, paused)| Happening::Outsider(node, paused)),
        1 => node().prop_map(Happening::Crash),
        2 => Just(Happening::Elect),
        2 => Just(Happening::Look),
        5 => (0u64..1_000).prop_map(Happening::Pass),
    ]
}

fn any_nodes() -> impl Strategy<Value = Vec<NodeName>> {
    proptest::collection::vec(any_node(), 1..4)
}

fn any_move() -> impl Strategy<Value = Move> {
    let force = any::<bool>();
    let deadly = prop_oneof![Just(Signal::KILL), Just(Signal::TERM)];
    prop_oneof![
        4 => Just(Move::Ask(Action::Up)),
        1 => Just(Move::Ask(Action::Down)),
        4 => (any_nodes(), deadly, force, any::<bool>()).prop_map(|(nodes, signal, force, fast_failover)| {
            Move::Ask(Action::Kill { nodes: targets(&nodes), signal, force, fast_failover })
        }),
        3 => any_nodes().prop_map(|nodes| Move::Ask(Action::Start { nodes })),
        2 => (any_nodes(), any::<bool>()).prop_map(|(nodes, force)| Move::Ask(Action::Stop { nodes: targets(&nodes), force })),
        2 => (any_nodes(), any::<bool>()).prop_map(|(nodes, force)| Move::Ask(Action::Restart { nodes, force, rolling: false })),
        4 => any_node().prop_map(Move::Crash),
        8 => (0u64..3_000).prop_map(Move::Pass),
        1 => any_node().prop_map(Move::Mute),
        2 => Just(Move::Speak),
        1 => any_node().prop_map(Move::Stubborn),
        1 => any_node().prop_map(Move::Break),
        1 => any_node().prop_map(Move::Take),
        3 => proptest::collection::btree_set(0..5, 1..5).prop_map(Move::Members),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever is asked and whatever fails, in any order, and whoever joins or leaves: no double start,
    /// no signal to another process (the world asserts both), only members have processes, and every
    /// request gets exactly one answer once the world obeys again.
    #[test]
    fn every_request_gets_one_answer_whatever_happens(
        voters in any_voters(),
        moves in proptest::collection::vec(any_move(), 1..40),
    ) {
        let mut world = World::new(&voters.plan(&[0, 1, 2], RestartPolicy::OnFailure));
        let moves = moves.into_iter().map(|step| step.among(voters));
        let mut asked = Vec::new();
        for step in moves {
            if world.shut_down {
                break;
            }
            match step {
                Move::Ask(action) => asked.push(world.ask(action)),
                Move::Crash(name) => world.exit(name, Exit::Signal(11)),
                Move::Pass(ms) => world.pass(ms),
                Move::Mute(name) => drop(world.mute.insert(name)),
                Move::Speak => world.mute.clear(),
                Move::Stubborn(name) => drop(world.stubborn.insert(name)),
                Move::Break(name) => drop(world.broken.insert(name)),
                Move::Take(name) => drop(world.taken.insert(name)),
                Move::Members(ids) => {
                    let ids: Vec<i32> = ids.into_iter().collect();
                    let plan = voters.plan(&ids, RestartPolicy::OnFailure);
                    let nodes = ids.into_iter().map(NodeName::broker).collect();
                    match world.take(&plan) {
                        Ok(()) => asked.push(world.ask(Action::Scale { brokers: 4, nodes })),
                        Err(busy) => prop_assert!(plan.node(busy).is_none() && world.kernel.node(busy).is_some()),
                    }
                }
            }
        }
        world.mute.clear();
        world.broken.clear();
        world.taken.clear();
        if !world.shut_down {
            // A start can wait for a quorum that the operator took away.
            asked.push(world.ask(Action::Start { nodes: (1..=3).map(|id| voters.name(NodeName::zookeeper(id))).collect() }));
            world.pass(120_000);
        }
        for name in world.processes.keys() {
            prop_assert!(world.kernel.node(*name).is_some(), "{} runs and is no member", name);
        }
        for id in asked {
            prop_assert!(world.answers.contains_key(&id), "request {} has no answer: {:#?}", id, world.kernel);
        }
    }

    /// Answers that come late, in any order, never make the journal tell what was not so (the world checks it), and
    /// what it told last is how things are, once the world has come to rest.
    #[test]
    fn the_journal_tells_nothing_that_was_not_so(
        delays in proptest::collection::vec(0u64..1_500, 1..20),
        moves in proptest::collection::vec(any_happening(), 1..40),
    ) {
        let mut world = running();
        world.view.controller = Some(0);
        world.pass(3_000);
        world.delays = delays.into();
        for happening in moves {
            match happening {
                Happening::Ask(action) => drop(world.ask(action)),
                Happening::Outsider(name, paused) => world.set_paused(name, paused),
                Happening::Crash(name) => world.exit(name, Exit::Signal(11)),
                Happening::Elect => world.view.controller = world.view.controller.map(|id| id + 1),
                Happening::Look => world.look(),
                Happening::Pass(ms) => world.pass(ms),
            }
        }
        world.pass(30_000);
        let elected = world.journal.iter().rev().find_map(|event| match event {
            Event::ControllerChanged { to, .. } => *to,
            _ => None,
        });
        prop_assert!(elected.is_none() || elected == world.view.controller);
        for node in world.kernel.nodes().filter(|node| node.running().is_some()) {
            prop_assert_eq!(node.state() == NodeState::Paused, world.is_paused(node.name), "{}", node.name);
        }
    }

    /// A node that the operator took down is never started by anybody else.
    #[test]
    fn the_operators_word_wins(crashes in proptest::collection::vec(any_node(), 0..10)) {
        let mut world = running();
        let id = world.ask(Action::Kill {
            nodes: targets(&[B0, Z1]), signal: Signal::KILL, force: true, fast_failover: false
        });
        world.answer(id);
        for name in crashes {
            world.exit(name, Exit::Code(1));
            world.pass(700);
            prop_assert!(!world.processes.contains_key(&B0));
            prop_assert!(!world.processes.contains_key(&Z1));
        }
    }
}
