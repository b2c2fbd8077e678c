//! Brokers that joined or left.

use schemars::JsonSchema;
use serde::Serialize;

use super::style::{self, paint};
use crate::model::ids::{NodeName, Role};
use crate::model::outcome::Outcome;
use crate::plan::connection::addresses;
use crate::plan::members::Shifted;
use crate::plan::model::Plan;
use crate::units::{self, count};

/// The answer of `scale --json`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Scaled {
    pub name: String,
    /// How many the cluster has now.
    pub brokers: usize,
    /// Those that joined.
    pub added: Vec<NodeName>,
    /// `false`: they start with the next `up`.
    pub running: bool,
    pub bootstrap_servers: String,
    /// `None` when nothing joined, or nothing runs.
    pub usable_after_ms: Option<u64>,
    /// Settings that go by the number of brokers and were left as they are.
    pub kept_settings: Vec<Shifted>,
}

impl Scaled {
    pub(crate) fn new(plan: &Plan, added: &[NodeName], kept: &[Shifted], running: bool) -> Self {
        Scaled {
            name: plan.name.clone(),
            brokers: plan.of_role(Role::Broker).count(),
            added: added.to_vec(),
            running,
            bootstrap_servers: addresses(plan, Role::Broker),
            usable_after_ms: None,
            kept_settings: kept.to_vec(),
        }
    }

    /// What came of having them started: brokers of an earlier `scale` that was not seen through may have joined, too.
    pub(crate) fn came(&mut self, outcome: &Outcome, usable_after_ms: Option<u64>) {
        let joined = outcome.nodes.iter().filter(|node| !node.is_unchanged());
        self.added = joined.map(|node| node.node).collect();
        self.usable_after_ms = usable_after_ms;
    }
}

/// What is so now, and what was left alone.
pub(crate) fn scaled(scaled: &Scaled) -> String {
    let (name, brokers) = (paint(style::STRONG, &scaled.name), count(scaled.brokers, "broker"));
    if scaled.added.is_empty() {
        return format!("{name}: {brokers} already; nothing was changed\n");
    }
    let added: Vec<String> = scaled.added.iter().map(NodeName::to_string).collect();
    let added = added.join(", ");
    let mut text = match (scaled.running, scaled.usable_after_ms) {
        (false, _) => {
            format!("{name}: {brokers} from the next `cluster -c {} up` on; added: {added}\n\n", scaled.name)
        }
        (true, Some(ms)) => {
            format!("{name}: {brokers}, usable after {}; joined: {added}\n\n", units::duration(ms))
        }
        (true, None) => format!("{name}: {brokers}, usable; joined: {added}\n\n"),
    };
    let mut row = |what: &str, value: &str| text.push_str(&format!("  {what:<18}{value}\n"));
    row("bootstrap servers", &scaled.bootstrap_servers);
    row("topics", "stay where they are; new ones use every broker");
    if !scaled.kept_settings.is_empty() {
        let kept: Vec<String> =
            scaled.kept_settings.iter().map(|kept| shifted(kept, scaled.brokers)).collect();
        row("settings", &format!("stay as they are: {}", kept.join(", ")));
    }
    text
}

/// What is told of settings that the brokers of a smaller cluster still have; nothing when there are none.
pub(crate) fn stale(settings: &[Shifted], cluster: &str) -> Option<String> {
    let one = |setting: &Shifted| {
        format!(
            "{}={} (then {})",
            setting.key,
            value(setting.running.as_ref()),
            value(setting.wanted.as_ref())
        )
    };
    let all: Vec<String> = settings.iter().map(one).collect();
    let until = format!("until `cluster -c {cluster} down` and `up` the other brokers keep");
    (!all.is_empty()).then(|| format!("{until} {}", all.join(", ")))
}

/// `min.insync.replicas=1 (with 3 brokers it would be 2)`.
fn shifted(setting: &Shifted, brokers: usize) -> String {
    let (running, wanted) = (value(setting.running.as_ref()), value(setting.wanted.as_ref()));
    format!("{}={running} (with {} it would be {wanted})", setting.key, count(brokers, "broker"))
}

fn value(value: Option<&String>) -> &str {
    value.map_or("Kafka's default", String::as_str)
}
