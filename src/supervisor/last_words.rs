//! Why a node ended, or what it cannot do, by what its log and its JVM have said since it was started.

use crate::model::reason::LastWords;
use crate::plan::model::NodePlan;
use crate::process::since_start::since_start;
use crate::view::last_words;
use crate::view::refused::{RefusedClient, refused};

/// `None` when there is nothing that looks like a reason in what it wrote since its start.
pub(crate) fn last_words(node: &NodePlan) -> Option<LastWords> {
    let said = since_start(node);
    let (log, output) = (said.log.unwrap_or_default(), said.output.unwrap_or_default());
    last_words::last_words(&log, &output)
}

/// Clients whom a broker has refused, by its log.
pub(crate) fn refused_clients(node: &NodePlan) -> Vec<RefusedClient> {
    since_start(node).log.as_deref().map(refused).unwrap_or_default()
}

/// What a node that is up cannot do, by its log.
pub(crate) fn lasting(node: &NodePlan) -> Option<LastWords> {
    since_start(node).log.as_deref().and_then(last_words::lasting)
}
