//! Brokers that join and leave, asked for by the page or by a program: as `scale` and `decommission` have it, but that
//! no replica is moved away here.

use super::order::BY;
use crate::api::message::{Reply, Request};
use crate::engine::leave;
use crate::engine::membership::{Leaving, MOST_BROKERS, Retired};
use crate::engine::ops::{FolderOps, LIVE, NodeOps};
use crate::engine::outcome;
use crate::error::{ExitCode, Failure};
use crate::model::event::Event;
use crate::model::ids::NodeName;
use crate::model::outcome::OutcomeKind;
use crate::output::members::Scaled;
use crate::paths::{ClusterDir, Folders};
use crate::plan::model::Plan;

/// A number of brokers that a cluster can have.
pub(super) fn count(text: &str) -> Result<u16, Failure> {
    let count = text.trim().parse().ok().filter(|count| (1..=MOST_BROKERS).contains(count));
    count.ok_or_else(|| {
        Failure::new(ExitCode::Usage, format!("`{text}` is no number of brokers: 1 to {MOST_BROKERS}"))
    })
}

/// Gives the cluster so many brokers, and waits until it is usable with them; with what their plan warns of.
pub(super) async fn scale(dir: &ClusterDir, count: u16) -> Result<(Scaled, Vec<String>), Failure> {
    let (folders, at) = (folders(dir)?, dir.clone());
    // Another command may hold the cluster's folder for a while.
    let scaled = tokio::task::spawn_blocking(move || LIVE.scale(&folders, &at, count)).await;
    let scaled = scaled.map_err(|error| Failure::new(ExitCode::Failed, error.to_string()))??;
    let mut told = Scaled::new(&scaled.plan, &scaled.added, &scaled.kept, scaled.is_up);
    if let Some(action) = scaled.action(count) {
        let request = Request { action, by: BY.to_owned() };
        let mut usable_after_ms = None;
        let mut on_reply = |reply: Reply| {
            if let Reply::Event { entry } = reply
                && let Event::Usable { after_ms } = entry.event
            {
                usable_after_ms = Some(after_ms);
            }
        };
        let came = LIVE.act(dir, &request, &mut on_reply).await?;
        if came.result != OutcomeKind::Done {
            return Err(outcome::failure(&came));
        }
        told.came(&came, usable_after_ms);
    }
    let warnings = if scaled.added.is_empty() { Vec::new() } else { scaled.plan.warnings };
    Ok((told, warnings))
}

/// Who is to leave: a member that may and holds nothing, or one that left before.
pub(super) async fn leaving(plan: &Plan, broker: &str, force: bool) -> Result<NodeName, Failure> {
    let broker = leave::named(plan, broker)?;
    if plan.node(broker).is_some() {
        let held = leave::held_if_it_may(&LIVE, plan, broker, force).await?;
        leave::must_be_empty(broker, &held)?;
    }
    Ok(broker)
}

/// Takes a broker out that holds nothing.
pub(super) async fn retire(
    dir: &ClusterDir,
    plan: &Plan,
    broker: &str,
    (force, keep_data): (bool, bool),
) -> Result<Retired, Failure> {
    let broker = leaving(plan, broker, force).await?;
    let leaving = Leaving { broker, force, keep_data, by: BY.to_owned() };
    LIVE.retire(&folders(dir)?, dir, &leaving).await
}

/// Of a cluster's home, with the cache of whoever started this supervisor.
fn folders(dir: &ClusterDir) -> Result<Folders, Failure> {
    let home = dir.path().parent().unwrap_or(dir.path()).to_owned();
    Ok(Folders { home, ..Folders::from_env()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_has_one_broker_to_a_hundred() {
        assert_eq!((count(" 3 ").unwrap(), count("100").unwrap()), (3, 100));
        for wrong in ["", "0", "101", "-1", "three", "70000"] {
            assert!(count(wrong).unwrap_err().message.contains("1 to 100"), "{wrong}");
        }
    }
}
