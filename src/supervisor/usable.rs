//! The last gate of `up`: the cluster takes CreateTopics and an acks=all produce at the first try.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;

use crate::admin::AdminError;
use crate::admin::acls::ensure_acls;
use crate::admin::ensure::ensure_topics;
use crate::admin::users::{credentials, ensure_scram};
use crate::kernel::CheckFailure;
use crate::model::event::Event;
use crate::model::step::Step;
use crate::observe::probe::{Expectation, probe};
use crate::observe::writable::writable;
use crate::plan::model::Plan;
use crate::wire::pool::Pool;

const REQUEST: Duration = Duration::from_secs(5);
const TOPICS: Duration = Duration::from_secs(30);
/// A failed check is asked for again at once: this keeps it from spinning.
const PAUSE: Duration = Duration::from_millis(50);

/// Every broker of `live_brokers` knows all of them and a controller; the spec's topics and users exist; each
/// of their partitions would take a produce. What was done to topics on the way comes back too.
pub(super) async fn ensure_usable(
    plan: &Plan,
    live_brokers: BTreeSet<i32>,
    pool: &Pool,
) -> (Vec<Event>, Result<(), CheckFailure>) {
    let mut events = Vec::new();
    let result = check(plan, live_brokers, pool, &mut events).await;
    if result.is_err() {
        tokio::time::sleep(PAUSE).await;
    }
    (events, result)
}

async fn check(
    plan: &Plan,
    live_brokers: BTreeSet<i32>,
    pool: &Pool,
    events: &mut Vec<Event>,
) -> Result<(), CheckFailure> {
    let passing = |message: String| CheckFailure { message, fatal: false };
    let brokers = plan.nodes.iter().filter(|node| {
        node.name.role == crate::model::ids::Role::Broker && live_brokers.contains(&node.name.id)
    });
    let expectation = Expectation { live_brokers: live_brokers.clone() };
    let joined = brokers.map(|node| probe(Step::Joined, node, &expectation, pool, REQUEST));
    for answer in join_all(joined).await {
        answer.map_err(|error| passing(error.to_string()))?;
    }
    let done = ensure_topics(&plan.topics, pool, TOPICS).await;
    let done = done.map_err(|error| CheckFailure {
        fatal: !matches!(error, AdminError::Timeout { .. }),
        message: match &error {
            AdminError::Invalid { what, remedy } => format!("{what}; {remedy}"),
            error => error.to_string(),
        },
    })?;
    events.extend(done);
    let credentials =
        credentials(plan).map_err(|error| CheckFailure { fatal: true, message: error.to_string() })?;
    let told = |error: AdminError| passing(error.to_string());
    events.extend(ensure_scram(&credentials, &plan.withdrawn.users, pool, TOPICS).await.map_err(told)?);
    if let Some(security) = plan.security.as_ref().filter(|security| security.has_acls()) {
        events.extend(ensure_acls(&security.acls(), &plan.withdrawn.acls, pool, TOPICS).await.map_err(told)?);
    }
    let partitions: Vec<(String, u32)> =
        plan.topics.iter().map(|topic| (topic.name.clone(), topic.partitions)).collect();
    writable(&partitions, pool, REQUEST).await.map_err(passing)
}
