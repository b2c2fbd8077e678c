//! Whether a broker may leave its cluster, as it is asked for by name.

use std::time::Duration;

use tokio::time::Instant;

use super::ops::NodeOps;
use super::suggest;
use crate::admin::{Obstacle, may_leave};
use crate::error::{ExitCode, Failure};
use crate::model::ids::{NodeName, Role};
use crate::model::sentence::name_some;
use crate::model::status::NodeState;
use crate::paths::ClusterDir;
use crate::plan::model::Plan;

/// How long other nodes that are starting are waited for.
const STARTING: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(100);

/// A broker of the plan, or one that left it.
pub(crate) fn named(plan: &Plan, name: &str) -> Result<NodeName, Failure> {
    let parsed = name.parse::<NodeName>().ok();
    if let Some(node) = parsed.and_then(|name| plan.node(name)).filter(|node| node.is_voter()) {
        let (name, what) = match node.role() {
            Role::ZooKeeper => (node.name, "is no broker: the ZooKeeper servers"),
            Role::Controller => (node.name, "is no broker: the controllers"),
            Role::Broker => (node.name, "is a controller too: the controllers"),
        };
        return Err(Failure::new(ExitCode::Usage, format!("{name} {what} of a cluster stay the same")));
    }
    let was_there = |name: &NodeName| plan.next_broker_id.is_some_and(|next| name.id < next);
    let known = |name: &NodeName| plan.node(*name).is_some() || was_there(name);
    if let Some(broker) = parsed.filter(|name| name.role == Role::Broker).filter(known) {
        return Ok(broker);
    }
    let brokers: Vec<String> = plan.of_role(Role::Broker).map(|node| node.name.to_string()).collect();
    Err(Failure::new(ExitCode::Usage, format!("{} has no broker `{name}`", plan.name)).hint(suggest::hint(
        name,
        suggest::BROKERS,
        &brokers,
    )))
}

/// The partitions that have to leave the broker first, if it may leave then.
pub(crate) async fn held_if_it_may<E: NodeOps>(
    engine: &E,
    plan: &Plan,
    broker: NodeName,
    force: bool,
) -> Result<Vec<String>, Failure> {
    let dir = ClusterDir(plan.dir.clone());
    let began = Instant::now();
    loop {
        let status = engine.status(&dir, None).await?;
        // A new supervisor asks the nodes that it has adopted anew.
        let starting = status.nodes.iter().any(|node| node.state == NodeState::Starting);
        match may_leave(&status, plan, broker, force) {
            Err(Obstacle::Unwell { .. }) if starting && began.elapsed() < STARTING => {
                tokio::time::sleep(LOOK).await;
            }
            held => return Ok(held?),
        }
    }
}

/// For whoever moves nothing away.
pub(crate) fn must_be_empty(broker: NodeName, held: &[String]) -> Result<(), Failure> {
    match held.len() {
        0 => Ok(()),
        count => {
            let replicas = if count == 1 { "a replica" } else { "replicas" };
            let message = format!("{broker} holds {replicas} of {}", name_some(held));
            Err(Failure::new(ExitCode::Usage, message).hint("move them to the other brokers first"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::samples;

    #[test]
    fn what_is_no_broker_cannot_leave_and_one_that_left_is_known() {
        let mut plan = samples::plan("/x".as_ref(), "velib");
        assert_eq!(named(&plan, "broker-1").unwrap(), NodeName::broker(1));
        let voter = named(&plan, "zookeeper-1").unwrap_err().message;
        assert!(voter.ends_with("the ZooKeeper servers of a cluster stay the same"), "{voter}");
        let missing = named(&plan, "broker-7").unwrap_err();
        assert_eq!(missing.message, "velib has no broker `broker-7`");
        assert!(missing.hint.unwrap().contains("broker-0"));
        plan.next_broker_id = Some(8);
        assert_eq!(named(&plan, "broker-7").unwrap(), NodeName::broker(7));
    }

    #[test]
    fn a_broker_that_holds_replicas_has_to_be_emptied() {
        let broker = NodeName::broker(2);
        assert!(must_be_empty(broker, &[]).is_ok());
        let one = must_be_empty(broker, &["bikes/0".to_owned()]).unwrap_err();
        assert_eq!(one.message, "broker-2 holds a replica of bikes/0");
        let many: Vec<String> = (0..40).map(|number| format!("bikes/{number}")).collect();
        let told = must_be_empty(broker, &many).unwrap_err().message;
        assert!(told.starts_with("broker-2 holds replicas of bikes/0, ") && told.len() < 200, "{told}");
    }
}
