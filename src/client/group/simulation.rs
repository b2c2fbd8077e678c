//! Members against a coordinator that a test plays: by rules that are Kafka's, with requests and answers
//! that get lost, coordinators that move, applications that are slow, and time that jumps.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use kafka_protocol::error::ResponseError;
use proptest::prelude::*;

use super::event::{Event, Offsets, Settings};
use super::machine::Machine;
use super::request::{Answer, Refusal, Request};
use crate::model::topic_partition::TopicPartition;
use crate::wire::groups::Partitions;
use crate::wire::groups::join_group::{JoinAnswer, Joined, JoinedMember};

const TOPIC: &str = "bikes";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Preparing,
    Completing,
    Stable,
}

#[derive(Debug)]
struct Known {
    seen: Instant,
    /// Whose join, or sync, is held back.
    waiting: Option<Sender>,
    joined: bool,
}

/// `GroupCoordinator`, as far as members can tell.
#[derive(Debug)]
struct Coordinator {
    broker: i32,
    phase: Phase,
    since: Instant,
    generation: i32,
    leader: String,
    members: BTreeMap<String, Known>,
    assignments: BTreeMap<String, Partitions>,
    offsets: Offsets,
    partitions: i32,
    ids: usize,
    /// Ids of members that were taken for dead.
    buried: BTreeSet<String>,
    replies: Vec<(Sender, Reply)>,
}

type Reply = Result<Answer, Refusal>;

/// A player and the number of its request.
type Sender = (usize, u64);

fn code<T>(error: ResponseError) -> Result<T, Refusal> {
    Err(Refusal::Code(error))
}

impl Coordinator {
    fn prepare(&mut self, now: Instant) {
        if self.phase != Phase::Preparing {
            (self.phase, self.since) = (Phase::Preparing, now);
            for member in self.members.values_mut() {
                member.joined = false;
                let too_late = || code(ResponseError::RebalanceInProgress);
                self.replies.extend(member.waiting.take().map(|from| (from, too_late())));
            }
        }
    }

    /// `None`: the answer is held back.
    fn serve(&mut self, from: Sender, to: Option<i32>, request: Request, now: Instant) -> Option<Reply> {
        use ResponseError::{IllegalGeneration, NotCoordinator, RebalanceInProgress, UnknownMemberId};
        match &request {
            Request::FindCoordinator => return Some(Ok(Answer::Coordinator(self.broker))),
            Request::Partitions(topics) => {
                let all = [(TOPIC.to_owned(), (0..self.partitions).collect())];
                return Some(Ok(Answer::Partitions(
                    all.into_iter().filter(|(t, _)| topics.contains(t)).collect(),
                )));
            }
            _ if to != Some(self.broker) => return Some(code(NotCoordinator)),
            Request::Join { member_id, .. } if member_id.is_empty() => {
                self.ids += 1;
                let id = format!("m{}", self.ids);
                let known = Known { seen: now, waiting: None, joined: false };
                // Every other one as brokers before 2.2 do it: a member at once.
                if self.ids.is_multiple_of(2) {
                    self.prepare(now);
                    self.members.insert(id, Known { waiting: Some(from), joined: true, ..known });
                    return None;
                }
                self.members.insert(id.clone(), known);
                return Some(Ok(Answer::Joined(JoinAnswer::MemberIdRequired(id))));
            }
            _ => {}
        }
        let (id, generation) = match &request {
            Request::Join { member_id, .. } | Request::Leave { member_id } => (member_id, self.generation),
            Request::Sync { member_id, generation, .. }
            | Request::Heartbeat { member_id, generation }
            | Request::Commit { member_id, generation, .. } => (member_id, *generation),
            _ => return Some(Ok(Answer::Fetched(self.offsets.clone()))),
        };
        let Some(member) = self.members.get_mut(id) else { return Some(code(UnknownMemberId)) };
        member.seen = now;
        if generation != self.generation {
            return Some(code(IllegalGeneration));
        }
        match request {
            Request::Join { member_id, .. } => {
                self.prepare(now);
                if let Some(member) = self.members.get_mut(&member_id) {
                    (member.waiting, member.joined) = (Some(from), true);
                }
                None
            }
            Request::Leave { member_id } => {
                self.members.remove(&member_id);
                self.prepare(now);
                Some(Ok(Answer::Done))
            }
            Request::Sync { member_id, assignments, .. } => match self.phase {
                Phase::Preparing => Some(code(RebalanceInProgress)),
                _ => {
                    member.waiting = Some(from);
                    if member_id == self.leader && self.phase == Phase::Completing {
                        self.assignments = assignments;
                        self.phase = Phase::Stable;
                    }
                    None
                }
            },
            Request::Commit { offsets, .. } => match self.phase {
                Phase::Completing => Some(code(RebalanceInProgress)),
                _ => {
                    self.offsets.extend(offsets);
                    Some(Ok(Answer::Done))
                }
            },
            _ => Some(match self.phase {
                Phase::Stable => Ok(Answer::Done),
                _ => code(RebalanceInProgress),
            }),
        }
    }

    /// Buries the silent, and answers what was held back; by simulated member.
    fn tick(&mut self, settings: &Settings, now: Instant) -> Vec<(Sender, Reply)> {
        let late = self.phase == Phase::Preparing && now - self.since > settings.rebalance_timeout;
        let dead = |member: &Known| match (self.phase, member.waiting) {
            (Phase::Preparing, _) if late && !member.joined => true,
            (_, None) => now - member.seen > settings.session_timeout,
            (_, Some(_)) => false,
        };
        let buried: Vec<String> =
            self.members.iter().filter(|(_, member)| dead(member)).map(|(id, _)| id.clone()).collect();
        for id in buried {
            self.members.remove(&id);
            self.buried.insert(id);
            self.prepare(now);
        }
        let mut replies = std::mem::take(&mut self.replies);
        if self.phase == Phase::Preparing && self.members.values().all(|member| member.joined) {
            self.generation += 1;
            self.phase = Phase::Completing;
            self.leader = self.members.keys().next().cloned().unwrap_or_default();
            self.assignments.clear();
            let everybody = |id: &String| JoinedMember {
                id: id.clone(),
                instance_id: None,
                topics: vec![TOPIC.to_owned()],
            };
            let everybody: Vec<_> = self.members.keys().map(everybody).collect();
            for (id, member) in &mut self.members {
                member.seen = now;
                let joined = Joined {
                    generation: self.generation,
                    member_id: id.clone(),
                    assignor: "range".to_owned(),
                    members: if *id == self.leader { everybody.clone() } else { vec![] },
                };
                let reply = Ok(Answer::Joined(JoinAnswer::Joined(joined)));
                replies.extend(member.waiting.take().map(|from| (from, reply)));
            }
        } else if self.phase == Phase::Stable {
            for (id, member) in &mut self.members {
                let mine = self.assignments.get(id).cloned().unwrap_or_default();
                replies.extend(member.waiting.take().map(|from| (from, Ok(Answer::Synced(mine)))));
            }
        }
        replies
    }
}

/// One member, and the application that owns it.
struct Player {
    machine: Machine,
    generation: i32,
    holds: Offsets,
    /// Another may have what it holds: it was buried, or let go too late.
    forgiven: bool,
    events: Vec<Event>,
    /// The request as it is on its way, and to whom.
    sent: Option<(u64, Option<i32>, Request)>,
    over: bool,
}

struct World {
    now: Instant,
    settings: Settings,
    coordinator: Coordinator,
    players: Vec<Player>,
}

#[derive(Clone, Copy, Debug)]
enum Op {
    Serve(usize),
    LoseRequest(usize),
    LoseAnswer(usize),
    /// The application hears and answers.
    Listen(usize),
    Wait(u64),
    Move,
    Grow,
    Leave(usize),
    Enter,
}

impl World {
    fn new(players: usize) -> Self {
        let now = Instant::now();
        let coordinator = Coordinator {
            broker: 0,
            phase: Phase::Stable,
            since: now,
            generation: 0,
            leader: String::new(),
            members: BTreeMap::new(),
            assignments: BTreeMap::new(),
            offsets: Offsets::new(),
            partitions: 4,
            ids: 0,
            buried: BTreeSet::new(),
            replies: Vec::new(),
        };
        let settings = Settings::new("g", vec![TOPIC.to_owned()]);
        let mut world = World { now, settings, coordinator, players: Vec::new() };
        (0..players).for_each(|_| world.enter());
        world
    }

    fn enter(&mut self) {
        self.players.push(Player {
            machine: Machine::new(self.settings.clone(), self.now),
            generation: -1,
            holds: Offsets::new(),
            forgiven: false,
            events: Vec::new(),
            sent: None,
            over: false,
        });
    }

    fn run(&mut self, op: Op) {
        let count = self.players.len();
        match op {
            Op::Serve(who) => self.serve(who % count, true),
            Op::LoseAnswer(who) => self.serve(who % count, false),
            Op::LoseRequest(who) => self.answer(who % count, Err(Refusal::Lost("lost".to_owned()))),
            Op::Listen(who) => self.listen(who % count),
            Op::Wait(ms) => self.now += Duration::from_millis(ms),
            Op::Move => self.coordinator.broker += 1,
            Op::Grow => self.coordinator.partitions += 1,
            Op::Leave(who) => {
                let player = &mut self.players[who % count];
                player.machine.leave(player.generation, std::mem::take(&mut player.holds), self.now);
                player.over = true;
            }
            Op::Enter if count < 5 => self.enter(),
            Op::Enter => {}
        }
        self.settle();
    }

    fn serve(&mut self, who: usize, answered: bool) {
        let Some((number, to, request)) = self.players[who].sent.take() else { return };
        if self.players[who].machine.flight() != Some(number) {
            return;
        }
        let lost = || Err(Refusal::Lost("lost".to_owned()));
        match self.coordinator.serve((who, number), to, request, self.now) {
            Some(reply) => self.answer(who, if answered { reply } else { lost() }),
            None if !answered => self.answer(who, lost()),
            None => {}
        }
    }

    fn answer(&mut self, who: usize, reply: Reply) {
        let player = &mut self.players[who];
        if player.machine.flight().is_some() {
            player.sent = None;
            player.machine.answered(reply, self.now);
        }
    }

    fn settle(&mut self) {
        for ((who, number), reply) in self.coordinator.tick(&self.settings, self.now) {
            // One that was given up is read by nobody.
            if self.players[who].machine.flight() == Some(number) {
                self.answer(who, reply);
            }
        }
        for player in &mut self.players {
            if let Some((number, request)) = player.machine.next(self.now) {
                player.sent = Some((number, player.machine.coordinator(), request));
            }
            player.events.extend(player.machine.events());
        }
        for player in &mut self.players {
            let late = |event: &Event| matches!(event, Event::Note(text) if text.contains("did not let go"));
            player.forgiven |= player.events.iter().any(late);
            let gone = |event: &Event| matches!(event, Event::Revoked { lost: true, .. });
            player.forgiven |= player.events.iter().any(gone);
        }
        // Whoever was buried does not know yet.
        if !self.coordinator.buried.is_empty() {
            let buried = std::mem::take(&mut self.coordinator.buried);
            for player in self.players.iter_mut().filter(|player| buried.contains(player.machine.member_id()))
            {
                player.forgiven = true;
            }
        }
        let mut holders: BTreeMap<&TopicPartition, usize> = BTreeMap::new();
        for player in self.players.iter().filter(|player| !player.forgiven) {
            player.holds.keys().for_each(|key| *holders.entry(key).or_default() += 1);
        }
        assert!(holders.values().all(|count| *count == 1), "two members have the same partition");
    }

    /// The application reads a record of each of its partitions, then hears what happened.
    fn listen(&mut self, who: usize) {
        let player = &mut self.players[who];
        if player.over {
            return;
        }
        player.holds.values_mut().for_each(|offset| *offset += 1);
        player.machine.commit(player.generation, player.holds.clone());
        for event in std::mem::take(&mut player.events) {
            match event {
                Event::Assigned { generation, partitions } => {
                    assert!(player.holds.is_empty(), "all earlier ones are revoked before");
                    player.generation = generation;
                    player.holds = partitions.into_iter().map(|(key, at)| (key, at.unwrap_or(0))).collect();
                    // It may have been buried since, and hear of it later.
                    player.forgiven = !self.coordinator.members.contains_key(player.machine.member_id());
                }
                Event::Revoked { generation, partitions, .. } => {
                    assert_eq!(player.holds.keys().cloned().collect::<BTreeSet<_>>(), partitions);
                    player.machine.release(generation, std::mem::take(&mut player.holds));
                }
                Event::Failed(why) => panic!("{why}"),
                Event::Committed(_) | Event::Note(_) | Event::Left { .. } => {}
            }
        }
    }

    /// No more faults: serves and listens until nothing is left to do.
    fn calm_down(&mut self) {
        for _ in 0..400 {
            for who in 0..self.players.len() {
                self.run(Op::Listen(who));
                self.run(Op::Serve(who));
            }
            self.run(Op::Wait(300));
        }
    }

    fn held(&self) -> Vec<TopicPartition> {
        let mut held: Vec<_> = self.players.iter().flat_map(|player| player.holds.keys().cloned()).collect();
        held.sort();
        held
    }
}

fn ops() -> impl Strategy<Value = Op> {
    prop_oneof![
        12 => (0..5usize).prop_map(Op::Serve),
        2 => (0..5usize).prop_map(Op::LoseRequest),
        2 => (0..5usize).prop_map(Op::LoseAnswer),
        8 => (0..5usize).prop_map(Op::Listen),
        4 => (50..1500u64).prop_map(Op::Wait),
        1 => Just(Op::Wait(11_000)),
        1 => Just(Op::Move),
        1 => Just(Op::Grow),
        1 => (0..5usize).prop_map(Op::Leave),
        1 => Just(Op::Enter),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_went_wrong_the_members_share_all_partitions_in_the_end(
        players in 1..4usize,
        ops in proptest::collection::vec(ops(), 0..120),
    ) {
        let mut world = World::new(players);
        ops.into_iter().for_each(|op| world.run(op));
        world.calm_down();
        let alive = world.players.iter().filter(|player| !player.over).count();
        let all: Vec<TopicPartition> = (0..world.coordinator.partitions).map(|n| TopicPartition::new(TOPIC, n)).collect();
        prop_assert_eq!(world.held(), if alive > 0 { all } else { vec![] });
        for player in &world.players {
            prop_assert_eq!(player.machine.is_over(), player.over);
        }
        prop_assert_eq!(world.coordinator.members.len(), alive, "those that left are gone");
    }
}

#[test]
fn a_rebalance_hands_partitions_on_where_the_application_stopped() {
    let mut world = World::new(1);
    world.calm_down();
    assert_eq!(world.held().len(), 4);
    let read: i64 = world.players[0].holds.values().sum();
    world.enter();
    world.calm_down();
    let shares: Vec<_> = world.players.iter().map(|player| player.holds.len()).collect();
    assert_eq!(shares, [2, 2]);
    assert!(world.coordinator.offsets.values().sum::<i64>() >= read, "nothing is read twice");
    world.run(Op::Leave(0));
    world.calm_down();
    assert_eq!((world.held().len(), world.players[1].holds.len()), (4, 4));
}
