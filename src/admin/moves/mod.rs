//! Moving replicas from broker to broker: what is to move ([`planner`], pure), how it is written to a file
//! ([`plan_file`]), and how Kafka is asked for it, watched and checked (`run`).

mod cancel;
mod kafka;
pub(crate) mod moving;
mod note;
mod others;
mod placed;
pub(crate) mod plan_file;
pub(crate) mod planner;
mod progress;
pub(crate) mod proposal;
pub(crate) mod racks;
mod run;
#[cfg(test)]
mod run_tests;
mod throttle;

pub(crate) use moving::Moving;
pub(crate) use plan_file::PlanFile;
pub(crate) use progress::MoveProgress;
pub(crate) use proposal::{PlannedMove, Proposal, Wanted};
pub(crate) use run::{Moved, MovedResult};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::topic_partition::TopicPartition;

/// Hears how far a move is, some times a second.
pub(crate) type OnProgress<'a> = &'a mut dyn FnMut(&MoveProgress);

/// One partition that changes hands, the preferred leader first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Move {
    pub topic: String,
    pub partition: i32,
    pub before: Vec<i32>,
    pub after: Vec<i32>,
}

impl Move {
    /// Which partition it is about.
    pub(crate) fn key(&self) -> TopicPartition {
        TopicPartition::new(&self.topic, self.partition)
    }

    /// Brokers that have yet to copy it.
    pub(crate) fn adding(&self) -> impl Iterator<Item = i32> + '_ {
        self.after.iter().copied().filter(|id| !self.before.contains(id))
    }

    /// How many copies are made; none when only the order of replicas, and so the preferred leader, changes.
    pub(crate) fn copies(&self) -> usize {
        self.adding().count()
    }
}
