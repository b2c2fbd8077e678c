//! What is known of Kafka, and when it was last asked.

use std::collections::BTreeSet;

use super::counts::{Millis, Question};
use crate::model::event::Event;
use crate::model::view::ClusterView;
use crate::plan::model::Plan;

/// While something is moving.
pub(super) const SURVEY_MOVING_MS: Millis = 100;
pub(super) const SURVEY_QUIET_MS: Millis = 2_000;
/// After the last change that was seen, more may follow.
pub(super) const AFTERMATH_MS: Millis = 3_000;
/// Nothing that is expected to move has moved for so long: look less often.
pub(super) const PATIENCE_MS: Millis = 60_000;

#[derive(Debug)]
pub(super) struct Watch {
    /// With what the last survey could not tell as an earlier one did: what changes are told against.
    pub view: Option<ClusterView>,
    /// The last survey alone.
    pub fresh: Option<ClusterView>,
    /// The survey that told it.
    pub told_by: Question,
    pub surveying: bool,
    pub next: Millis,
    /// When something last happened that Kafka will react to.
    pub stirred: Millis,
    pub changed: Millis,
    /// The spec's topics.
    pub of_spec: BTreeSet<String>,
    /// Those of them whose creation the journal has told: it is both done by us and seen.
    told: BTreeSet<String>,
}

impl Watch {
    pub(super) fn new(plan: &Plan, now: Millis) -> Self {
        let mut watch = Watch {
            view: None,
            fresh: None,
            told_by: 0,
            surveying: false,
            next: now,
            stirred: now,
            changed: now,
            of_spec: BTreeSet::new(),
            told: BTreeSet::new(),
        };
        watch.set_topics(plan);
        watch
    }

    pub(super) fn set_topics(&mut self, plan: &Plan) {
        self.of_spec = plan.topics.iter().map(|topic| topic.name.clone()).collect();
    }

    pub(super) fn view(&self) -> Option<&ClusterView> {
        self.view.as_ref()
    }

    /// The event, or nothing when it is no news.
    pub(super) fn news(&mut self, event: Event) -> Option<Event> {
        match &event {
            Event::TopicCreated { topic, by_spec: true, .. } if !self.told.insert(topic.clone()) => None,
            Event::TopicDeleted { topic } => {
                self.told.remove(topic);
                Some(event)
            }
            _ => Some(event),
        }
    }

    /// Something happened that Kafka will react to.
    pub(super) fn stir(&mut self, now: Millis) {
        self.stirred = now;
        self.next = self.next.min(now + SURVEY_MOVING_MS);
    }

    pub(super) fn deadline(&self, has_processes: bool) -> Option<Millis> {
        (has_processes && !self.surveying).then_some(self.next)
    }
}
