//! Emptying a broker before it leaves.

use crate::error::{ExitCode, Failure};
use crate::ids::NodeName;
use crate::plan::model::Plan;

/// How many partitions a message names.
const NAMED: usize = 3;

/// Sees to it that a broker holds no replica when this returns. `held` are the partitions
/// (`topic-number`) of which it holds one now, never none. Replicas are not moved from here: a broker
/// that holds some is refused, and they are named.
pub fn drain(plan: &Plan, broker: NodeName, held: &[String]) -> Result<(), Failure> {
    let replicas = if held.len() == 1 { "1 replica" } else { &format!("{} replicas", held.len()) };
    let some = held.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    Err(Failure::new(ExitCode::Failed, format!("{broker} still holds {replicas}, e.g. {some}")).hint(format!(
        "move them to other brokers first, for example with `cluster -c {} exec kafka-reassign-partitions`",
        plan.name
    )))
}
