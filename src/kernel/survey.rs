//! Watching Kafka: when to survey it, and what changed since the last time.

use super::node::Node;
use super::watch::{AFTERMATH_MS, PATIENCE_MS, SURVEY_MOVING_MS, SURVEY_QUIET_MS};
use super::{Effect, Kernel, Millis, Question};
use crate::model::event::Event;
use crate::model::ids::NodeName;
use crate::model::view::ClusterView;
use crate::view::changes::{Change, changes, remember};

impl Kernel {
    pub(super) fn drive_watch(&mut self) {
        let now = self.now;
        if self.has_processes() && !self.watch.surveying && now >= self.watch.next {
            self.watch.surveying = true;
            let survey = self.question();
            self.effects.push(Effect::Survey { survey });
        }
    }

    /// A survey outside the usual rhythm begins; `look` takes what it tells.
    pub(crate) fn begin_look(&mut self) -> Question {
        self.question()
    }

    /// Takes what Kafka says outside the usual rhythm, before a guard judges by it.
    pub(crate) fn look(&mut self, survey: Question, view: ClusterView, now: Millis) {
        self.set_now(now);
        self.learn(survey, view);
    }

    pub(super) fn surveyed(&mut self, survey: Question, view: ClusterView) {
        self.learn(survey, view);
        self.watch.surveying = false;
        let moving = self.is_moving();
        self.watch.next = self.now + if moving { SURVEY_MOVING_MS } else { SURVEY_QUIET_MS };
    }

    /// A survey that was begun before the one that is known would tell of changes backwards.
    fn learn(&mut self, survey: Question, view: ClusterView) {
        if survey < self.watch.told_by {
            return;
        }
        self.watch.told_by = survey;
        let now = self.now;
        let seen = match &self.watch.view {
            Some(last) => changes(last, &view),
            None => Vec::new(),
        };
        if !seen.is_empty() {
            self.watch.changed = now;
        }
        for change in seen {
            let event = self.event_of(change, survey);
            if let Some(event) = self.watch.news(event) {
                self.journal(event);
            }
        }
        self.watch.fresh = Some(view.clone());
        self.watch.view = Some(match self.watch.view.take() {
            Some(last) => remember(&last, view),
            None => view,
        });
    }

    /// A change as the journal has it: since when, and for whose sake.
    fn event_of(&self, change: Change, survey: Question) -> Event {
        match change {
            Change::ZooKeeperLeader { from, to } => {
                Event::ZooKeeperLeaderChanged { from: Some(from), to: Some(to) }
            }
            Change::BrokerGone(node) => Event::BrokerGone { node, after_ms: self.since_exit(node, survey) },
            Change::BrokerRegistered(node) => Event::BrokerRegistered { node },
            Change::Controller { role, from, to } => {
                Event::ControllerChanged { role, from: Some(from), to: Some(to) }
            }
            Change::LeadersMoved { moved, offline } => Event::LeadersMoved { moved, offline },
            Change::IsrShrunk(partitions) => Event::IsrShrunk { partitions },
            Change::IsrExpanded(partitions) => Event::IsrExpanded { partitions },
            Change::TopicCreated { topic, partitions, replication_factor } => {
                let by_spec = self.watch.of_spec.contains(&topic);
                Event::TopicCreated { topic, partitions, replication_factor, by_spec }
            }
            Change::TopicDeleted { topic } => Event::TopicDeleted { topic },
        }
    }

    /// How long after the end of its process a broker was gone for Kafka. One that leaves in
    /// order is gone first, and the end of an earlier process says nothing about it.
    fn since_exit(&self, node: NodeName, survey: Question) -> Option<Millis> {
        let of_this = |node: &&Node| {
            node.running().is_none_or(|running| !running.was_ready) && node.exited_after < survey
        };
        let exited_at = self.nodes.get(&node).filter(of_this).and_then(|node| node.exited_at);
        exited_at.map(|at| self.now.saturating_sub(at))
    }

    /// Kafka has not yet followed what the processes did.
    fn is_moving(&self) -> bool {
        let now = self.now;
        if now.saturating_sub(self.watch.changed) < AFTERMATH_MS
            || now.saturating_sub(self.watch.stirred) < AFTERMATH_MS
        {
            return true;
        }
        now.saturating_sub(self.watch.stirred) < PATIENCE_MS && !self.is_settled()
    }

    fn is_settled(&self) -> bool {
        if self.nodes.values().any(|node| node.running().is_some_and(|running| !running.ready)) {
            return false;
        }
        let Some(view) = &self.watch.view else { return false };
        let lives = |id: i32| self.nodes.get(&NodeName::broker(id)).is_some_and(Node::is_alive);
        let ghosts = view.registered.iter().flatten().any(|id| !lives(*id));
        let waiting =
            view.topics.iter().flatten().flat_map(|(_, topic)| topic.partitions.values()).any(|partition| {
                partition.leader.is_some_and(|leader| !lives(leader))
                    || partition.replicas.iter().any(|id| lives(*id) && !partition.isr.contains(id))
            });
        !ghosts && !waiting
    }
}
