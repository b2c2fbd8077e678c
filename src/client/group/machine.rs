//! The member as a state machine: answers in, requests and events out. No I/O; `now` is an argument. What an answer
//! makes of it stands in [`answers`].
//!
//! At most one request is under way. A life goes Joining, Planning (leaders), Syncing, Fetching, Stable,
//! and with each rebalance Revoking, Committing and Joining again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::event::{Event, Offsets, Settings};
use super::request::Request;
use crate::model::topic_partition::TopicPartition;
use crate::wire::groups::Partitions;
use crate::wire::groups::join_group::Joined;

mod answers;

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(100);
/// How often a leader looks whether topics have got partitions, or exist by now.
const LOOK: Duration = Duration::from_secs(10);
/// How long the last commit and the good-bye may take.
const GOOD_BYE: Duration = Duration::from_secs(5);

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Joining,
    Planning(Joined),
    Syncing(BTreeMap<String, Partitions>),
    Fetching(Partitions),
    Stable,
    /// Until the application has let go, or this moment.
    Revoking(Instant),
    /// The last offsets of a generation.
    Committing,
    /// Until it is done, or this moment.
    Leaving(Instant),
    Over,
}

#[derive(Debug)]
pub(crate) struct Machine {
    settings: Settings,
    state: State,
    session_timeout: Duration,
    /// Broker id.
    coordinator: Option<i32>,
    /// Empty: none yet.
    member_id: String,
    generation: i32,
    /// What the application has been assigned and has not let go of.
    held: BTreeSet<TopicPartition>,
    /// To be committed, of `held`.
    offsets: Offsets,
    /// Of a leader: the topics that all members want, and the partitions that it has shared out.
    plan: Option<(BTreeSet<String>, Partitions)>,
    flight: Option<(u64, Request)>,
    flights: u64,
    /// Nothing is asked before.
    not_before: Instant,
    heartbeat_at: Instant,
    look_at: Instant,
    /// What hinders it, and has been told.
    trouble: Option<String>,
    /// Of a member that leaves.
    problem: Option<String>,
    events: Vec<Event>,
}

impl Machine {
    pub(crate) fn new(settings: Settings, now: Instant) -> Self {
        Machine {
            session_timeout: settings.session_timeout,
            settings,
            state: State::Joining,
            coordinator: None,
            member_id: String::new(),
            generation: -1,
            held: BTreeSet::new(),
            offsets: Offsets::new(),
            plan: None,
            flight: None,
            flights: 0,
            not_before: now,
            heartbeat_at: now,
            look_at: now,
            trouble: None,
            problem: None,
            events: Vec::new(),
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// As the coordinator calls it; empty: not yet, or no longer.
    #[cfg(test)]
    pub(crate) fn member_id(&self) -> &str {
        &self.member_id
    }

    pub(crate) fn coordinator(&self) -> Option<i32> {
        self.coordinator
    }

    pub(crate) fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// The number of the request that is under way. One with another number has been given up, and its
    /// answer must not be handed in.
    pub(crate) fn flight(&self) -> Option<u64> {
        self.flight.as_ref().map(|(number, _)| *number)
    }

    /// What has happened since the last call.
    pub(crate) fn events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// The application has read so far. Offsets of an earlier generation, and of partitions that it does
    /// not have, are passed over: another member may have committed later ones.
    pub(crate) fn commit(&mut self, generation: i32, offsets: Offsets) {
        if generation == self.generation {
            self.offsets.extend(offsets.into_iter().filter(|(key, _)| self.held.contains(key)));
        }
    }

    /// The application has stopped reading what was revoked; these are its last offsets.
    pub(crate) fn release(&mut self, generation: i32, offsets: Offsets) {
        self.commit(generation, offsets);
        if matches!(self.state, State::Revoking(_)) && generation == self.generation {
            self.held.clear();
            self.state = State::Committing;
        }
    }

    /// The application has stopped reading for good; these are its last offsets.
    pub(crate) fn leave(&mut self, generation: i32, offsets: Offsets, now: Instant) {
        if matches!(self.state, State::Leaving(_) | State::Over) {
            return;
        }
        self.commit(generation, offsets);
        // A new member has no name to leave by: it waits to be told.
        let waits_for_its_id =
            self.member_id.is_empty() && matches!(self.flight, Some((_, Request::Join { .. })));
        // Given up, it might be carried out after the last one, which takes another connection then.
        let commits = matches!(self.flight, Some((_, Request::Commit { .. })));
        if !waits_for_its_id && !commits {
            self.flight = None;
        }
        self.state = State::Leaving(now + GOOD_BYE);
        self.not_before = now;
    }

    /// The next request and its number, if one is due.
    pub(crate) fn next(&mut self, now: Instant) -> Option<(u64, Request)> {
        self.expire(now);
        if self.flight.is_some() || now < self.not_before {
            return None;
        }
        let request = self.due(now)?;
        self.flights += 1;
        self.flight = Some((self.flights, request.clone()));
        self.flight.clone()
    }

    /// When [`Machine::next`] has to be called again if nothing happens before.
    pub(crate) fn wake_at(&self) -> Option<Instant> {
        let deadline = match self.state {
            State::Revoking(until) | State::Leaving(until) => Some(until),
            State::Over => return None,
            _ => None,
        };
        let due = match self.state {
            _ if self.flight.is_some() => None,
            State::Stable if self.coordinator.is_some() && self.plan.is_some() => {
                Some(self.heartbeat_at.min(self.look_at))
            }
            State::Stable | State::Revoking(_) if self.coordinator.is_some() => Some(self.heartbeat_at),
            _ => Some(self.not_before),
        };
        let due = due.map(|due| due.max(self.not_before));
        deadline.into_iter().chain(due).min()
    }

    fn expire(&mut self, now: Instant) {
        match self.state {
            State::Revoking(until) if now >= until => {
                self.note(
                    "the application did not let go of its partitions in time; their last offsets are lost",
                );
                self.rejoin();
            }
            State::Leaving(until) if now >= until => {
                let reason =
                    self.trouble.take().unwrap_or_else(|| "the coordinator does not answer".to_owned());
                self.problem.get_or_insert(reason);
                self.over();
            }
            _ => {}
        }
    }

    fn due(&mut self, now: Instant) -> Option<Request> {
        if let State::Leaving(_) = self.state
            && self.member_id.is_empty()
        {
            self.over();
        }
        if self.state == State::Over {
            return None;
        }
        if self.coordinator.is_none() {
            return Some(Request::FindCoordinator);
        }
        if self.state == State::Committing && self.offsets.is_empty() {
            self.rejoin();
        }
        let (generation, member_id) = (self.generation, self.member_id.clone());
        let is_member = matches!(self.state, State::Fetching(_) | State::Stable | State::Revoking(_));
        if is_member && now >= self.heartbeat_at {
            self.heartbeat_at = now + self.settings.heartbeat;
            return Some(Request::Heartbeat { generation, member_id });
        }
        // Before commits: an application that commits all the time would leave it no turn.
        if self.state == State::Stable
            && now >= self.look_at
            && let Some((topics, _)) = &self.plan
        {
            self.look_at = now + LOOK;
            return Some(Request::Partitions(topics.clone()));
        }
        let commits = matches!(self.state, State::Stable | State::Committing | State::Leaving(_));
        if commits && !self.offsets.is_empty() {
            return Some(Request::Commit { generation, member_id, offsets: self.offsets.clone() });
        }
        match &self.state {
            State::Joining => Some(Request::Join { member_id, session_timeout: self.session_timeout }),
            State::Planning(joined) => Some(Request::Partitions(wanted(joined))),
            State::Syncing(assignments) => {
                Some(Request::Sync { generation, member_id, assignments: assignments.clone() })
            }
            State::Fetching(_) => Some(Request::Fetch),
            State::Leaving(_) => Some(Request::Leave { member_id }),
            _ => None,
        }
    }

    /// What was held is given up, with whatever was not committed of it.
    fn rejoin(&mut self) {
        self.held.clear();
        self.offsets.clear();
        self.plan = None;
        self.generation = -1;
        self.state = State::Joining;
    }

    fn note(&mut self, what: impl Into<String>) {
        self.events.push(Event::Note(what.into()));
    }

    fn fail(&mut self, what: String) {
        self.revoke_as_lost();
        self.state = State::Over;
        self.events.push(Event::Failed(what));
    }

    fn revoke_as_lost(&mut self) {
        let is_told = matches!(self.state, State::Revoking(_));
        if !self.held.is_empty() && !is_told {
            let (generation, partitions) = (self.generation, std::mem::take(&mut self.held));
            self.events.push(Event::Revoked { generation, partitions, lost: true });
        }
    }

    fn over(&mut self) {
        self.flight = None;
        self.state = State::Over;
        self.events.push(Event::Left { problem: self.problem.take() });
    }
}

/// The topics that members want.
fn wanted(joined: &Joined) -> BTreeSet<String> {
    joined.members.iter().flat_map(|member| member.topics.iter().cloned()).collect()
}

#[cfg(test)]
mod tests;
