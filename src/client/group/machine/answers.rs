//! What an answer of the coordinator makes of the member.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kafka_protocol::error::ResponseError;

use super::super::assign::{ASSIGNORS, assign};
use super::super::event::Event;
use super::super::request::{Answer, Refusal, Request};
use super::{LOOK, Machine, PAUSE, State, wanted};
use crate::model::topic_partition::TopicPartition;
use crate::wire::groups::join_group::JoinAnswer;

impl Machine {
    /// What became of the request that is under way.
    pub(crate) fn answered(&mut self, answer: Result<Answer, Refusal>, now: Instant) {
        let Some((_, request)) = self.flight.take() else { return };
        match answer {
            Ok(answer) => {
                if !matches!(request, Request::FindCoordinator | Request::Partitions(_)) {
                    self.trouble_is_over();
                }
                self.done(request, answer, now);
            }
            Err(Refusal::Lost(reason)) => {
                if !matches!(request, Request::FindCoordinator | Request::Partitions(_)) {
                    self.coordinator = None;
                }
                self.pause(reason, now);
            }
            Err(Refusal::Code(code)) => self.refused(request, code, now),
        }
    }

    fn done(&mut self, request: Request, answer: Answer, now: Instant) {
        match (answer, &self.state) {
            (Answer::Coordinator(id), _) => self.coordinator = Some(id),
            (Answer::Joined(JoinAnswer::MemberIdRequired(id)), _) => self.member_id = id,
            (Answer::Joined(JoinAnswer::Joined(joined)), state) => {
                let goes_on = *state == State::Joining;
                (self.member_id, self.generation) = (joined.member_id.clone(), joined.generation);
                self.heartbeat_at = now + self.settings.heartbeat;
                self.plan = None;
                if goes_on {
                    self.state = match joined.members.is_empty() {
                        true => State::Syncing(BTreeMap::new()),
                        false => State::Planning(joined),
                    };
                }
            }
            (Answer::Partitions(topics), State::Planning(joined)) => {
                match assign(&joined.assignor, &joined.members, &topics) {
                    Some(assignments) => {
                        self.plan = Some((wanted(joined), topics));
                        self.look_at = now + LOOK;
                        self.state = State::Syncing(assignments);
                    }
                    None => {
                        let what =
                            format!("the group agreed on `{}`, which is not known here", joined.assignor);
                        self.fail(what);
                    }
                }
            }
            (Answer::Partitions(topics), State::Stable)
                if self.plan.as_ref().is_some_and(|(_, planned)| *planned != topics) =>
            {
                self.note("topics have other partitions than before; they are shared out anew");
                self.revoke(now);
            }
            (Answer::Synced(partitions), State::Syncing(_)) => self.state = State::Fetching(partitions),
            (Answer::Fetched(committed), State::Fetching(partitions)) => {
                let keys = partitions
                    .iter()
                    .flat_map(|(topic, numbers)| numbers.iter().map(move |n| TopicPartition::new(topic, *n)));
                let partitions: BTreeMap<_, _> =
                    keys.map(|key| (key.clone(), committed.get(&key).copied())).collect();
                self.held = partitions.keys().cloned().collect();
                self.events.push(Event::Assigned { generation: self.generation, partitions });
                self.state = State::Stable;
            }
            (Answer::Done, state) => match request {
                Request::Commit { offsets, .. } => {
                    // The application may have read on meanwhile.
                    self.offsets.retain(|key, offset| offsets.get(key) != Some(offset));
                    self.events.push(Event::Committed(offsets));
                }
                Request::Leave { .. } if matches!(state, State::Leaving(_)) => self.over(),
                _ => {}
            },
            _ => {}
        }
    }

    fn refused(&mut self, request: Request, code: ResponseError, now: Instant) {
        use ResponseError::{
            CoordinatorLoadInProgress, CoordinatorNotAvailable, FencedInstanceId, GroupAuthorizationFailed,
            GroupMaxSizeReached, IllegalGeneration, InconsistentGroupProtocol, InvalidGroupId,
            InvalidSessionTimeout, NotCoordinator, RebalanceInProgress, TopicAuthorizationFailed,
            UnknownMemberId,
        };
        match (code, &request) {
            (NotCoordinator | CoordinatorNotAvailable, _) => {
                self.coordinator = None;
                self.pause(code.to_string(), now);
            }
            (CoordinatorLoadInProgress, _) => self.pause(code.to_string(), now),
            (_, Request::Leave { .. }) => self.over(),
            (UnknownMemberId | IllegalGeneration | FencedInstanceId, _) => {
                // A generation may be old although the member is known.
                if code != IllegalGeneration {
                    self.member_id.clear();
                }
                self.lose(code);
            }
            (RebalanceInProgress, Request::Commit { .. }) if self.state != State::Stable => {
                self.problem
                    .get_or_insert_with(|| "the last offsets came too late for a rebalance".to_owned());
                self.note("the group rebalances already: the last offsets were not committed");
                self.offsets.clear();
            }
            (RebalanceInProgress, Request::Join { .. }) => self.pause(code.to_string(), now),
            (RebalanceInProgress, _) => self.revoke(now),
            (InvalidSessionTimeout, Request::Join { .. }) => self.try_another_session_timeout(),
            (
                InconsistentGroupProtocol
                | GroupAuthorizationFailed
                | TopicAuthorizationFailed
                | InvalidGroupId
                | GroupMaxSizeReached,
                _,
            ) => self.fail(match code {
                InconsistentGroupProtocol => {
                    format!("{code}: its members share partitions out by none of {}", ASSIGNORS.join(", "))
                }
                code => code.to_string(),
            }),
            (code, Request::Commit { offsets, .. }) if !code.is_retriable() => {
                self.note(format!("offsets were not committed: {code}"));
                self.problem.get_or_insert_with(|| code.to_string());
                self.offsets.retain(|key, offset| offsets.get(key) != Some(offset));
            }
            (code, _) => self.pause(code.to_string(), now),
        }
    }

    /// The group rebalances: the application has to let go first.
    fn revoke(&mut self, now: Instant) {
        match &self.state {
            State::Stable if !self.held.is_empty() => {
                let (generation, partitions) = (self.generation, self.held.clone());
                self.events.push(Event::Revoked { generation, partitions, lost: false });
                self.state = State::Revoking(now + self.settings.rebalance_timeout / 2);
            }
            State::Stable | State::Syncing(_) | State::Fetching(_) | State::Planning(_) => self.rejoin(),
            State::Revoking(_) | State::Committing | State::Joining | State::Leaving(_) | State::Over => {}
        }
    }

    /// The group has gone on without this member.
    fn lose(&mut self, code: ResponseError) {
        if let State::Leaving(_) = self.state {
            if !self.offsets.is_empty() {
                self.problem.get_or_insert_with(|| format!("the last offsets were not committed: {code}"));
            }
            self.offsets.clear();
            return;
        }
        if !self.held.is_empty() || !self.offsets.is_empty() {
            self.note(format!("the group has gone on without this member: {code}"));
        }
        self.revoke_as_lost();
        self.rejoin();
    }

    /// Doubles it up to the half hour that brokers take at most by default, then halves it from what was
    /// asked for.
    fn try_another_session_timeout(&mut self) {
        const MOST: Duration = Duration::from_secs(1800);
        const LEAST: Duration = Duration::from_secs(1);
        let asked = self.settings.session_timeout;
        let now = self.session_timeout;
        let next = match now {
            now if now >= asked && now < MOST => (now * 2).min(MOST),
            now if now >= MOST => asked / 2,
            now => now / 2,
        };
        if next < LEAST {
            let what = "the brokers take no session timeout: see group.min.session.timeout.ms";
            return self.fail(what.to_owned());
        }
        self.note(format!("the broker takes no session timeout of {now:?}; {next:?} is tried"));
        self.session_timeout = next;
    }

    /// Tells what hinders it, once, and waits a moment.
    fn pause(&mut self, reason: String, now: Instant) {
        self.not_before = now + PAUSE;
        // A heartbeat may be what was lost.
        self.heartbeat_at = now;
        if self.trouble.as_ref() != Some(&reason) {
            self.note(format!("waiting for the group's coordinator: {reason}"));
            self.trouble = Some(reason);
        }
    }

    fn trouble_is_over(&mut self) {
        if self.trouble.take().is_some()
            && let Some(id) = self.coordinator
        {
            self.note(format!("broker-{id} coordinates the group"));
        }
    }
}
