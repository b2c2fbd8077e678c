//! What can be looked at: for each view, what is asked of Kafka for it and what its template is given.

mod events;
mod overview;
mod partitions;

use std::time::Duration;

use minijinja::{Value, context};

use super::hub::Snapshot;
use super::text::Lang;
use crate::paths::ClusterDir;

/// What Kafka was asked for, for a view that needs more than the supervisor tells; undefined until it has answered.
pub(super) type Asked = Value;

/// A view, with what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum View {
    Overview,
    Partitions,
    Events(events::Filter),
}

/// The views of the navigation, in its order: as in their addresses and texts.
pub(super) const NAMES: &[&str] = &["overview", "partitions", "events"];

impl View {
    /// By its address below the cluster's, and the query of it.
    pub(super) fn parse(path: &str, query: &[(String, String)]) -> Option<Self> {
        match path {
            "overview" => Some(View::Overview),
            "partitions" => Some(View::Partitions),
            "events" => Some(View::Events(events::Filter::parse(query))),
            _ => None,
        }
    }

    /// Which entry of the navigation it belongs to.
    pub(super) fn name(&self) -> &'static str {
        match self {
            View::Overview => "overview",
            View::Partitions => "partitions",
            View::Events(_) => "events",
        }
    }

    pub(super) fn template(&self) -> &'static str {
        match self {
            View::Overview => "overview.html",
            View::Partitions => "partitions.html",
            View::Events(_) => "events.html",
        }
    }

    /// How often Kafka is asked; `None`: the supervisor tells everything.
    pub(super) fn every(&self) -> Option<Duration> {
        None
    }

    /// Asks Kafka, for all who look at it.
    pub(super) async fn ask(&self, _dir: ClusterDir) -> Asked {
        Value::UNDEFINED
    }

    /// What its template is given beside the status.
    pub(super) fn context(&self, snapshot: &Snapshot, _asked: &Asked, lang: Lang) -> Value {
        let Some(status) = snapshot.status.as_deref() else { return context! {} };
        match self {
            View::Overview => overview::context(snapshot, status, lang),
            View::Partitions => partitions::context(status),
            View::Events(filter) => events::context(snapshot, filter),
        }
    }
}
