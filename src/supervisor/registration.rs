//! The registration of a broker whose process is gone: taken away, so that its next one need not wait until the old
//! session ends.

use std::time::Duration;

use crate::model::ids::{NodeName, Role};
use crate::plan::model::{NodePlan, Plan};
use crate::wire::eligible::leaderless;
use crate::wire::pool::Pool;
use crate::wire::unregister::unregister;
use crate::zookeeper::session::ZkHandle;

/// How long taking one away may take; then it is tried again.
const CLEARING: Duration = Duration::from_secs(5);
/// How long the other brokers are waited for.
const ASK: Duration = Duration::from_secs(1);

/// What a broker writes into its data folder at the end of an orderly stop, and by which the quorum is told
/// (`CleanShutdownFileHandler`).
const CLEAN_SHUTDOWN: &str = ".kafka_cleanshutdown";

/// Takes it away. Returns what was removed, for people; nothing: there was none, or it has to end by itself. Its
/// process must be proven dead.
///
/// # Errors
/// One short line: it may go at another try.
pub(super) async fn clear(
    zookeeper: Option<&ZkHandle>,
    pool: &Pool,
    plan: &Plan,
    node: NodeName,
) -> Result<Vec<String>, String> {
    let removed = match zookeeper {
        Some(zookeeper) => {
            zookeeper.clear_registration(node.id, CLEARING).await.map_err(|error| error.to_string())?
        }
        None if must_wait(pool, plan, node).await => Vec::new(),
        None => match unregister(pool, node.id, CLEARING).await.map_err(|error| error.to_string())? {
            true => vec![format!("the registration of {node}")],
            false => Vec::new(),
        },
    };
    Ok(removed)
}

/// A KRaft broker that registers anew without a registration before counts as one that was killed: where it is the
/// one that may lead a partition, nobody might any more (KIP-966). So one that was stopped in order waits until its
/// session has ended, unless the others say that no partition depends on it.
async fn must_wait(pool: &Pool, plan: &Plan, node: NodeName) -> bool {
    let was_killed = |plan: &NodePlan| !plan.data().join(CLEAN_SHUTDOWN).exists();
    if plan.node(node).is_none_or(was_killed) {
        return false;
    }
    match leaderless(pool, ASK).await {
        Ok(partitions) => partitions.iter().any(|partition| partition.depends_on(node.id)),
        // Whoever is alone has nobody to ask, and nobody else is eligible.
        Err(_) => plan.of_role(Role::Broker).count() > 1,
    }
}
