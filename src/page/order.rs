//! What somebody wants done to nodes, by a button or by a program, as the action that a command would ask for.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::model::action::Action;
use crate::model::ids::NodeName;
use crate::model::signal::Signal;
use crate::model::target::Target;

/// Who asks, for the journal.
pub(super) const BY: &str = "the page";

/// What is to be done to nodes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    pub action: Verb,
    /// Names of nodes; `kill`, `stop` and `pause` take whom they mean, too: `controller`, `leader:velib-stations/3`.
    pub nodes: Vec<Target>,
    /// Though a guard would refuse: it may cost a quorum, or take partitions offline.
    #[serde(default)]
    pub force: bool,
    /// `kill`: another one than SIGKILL.
    #[serde(default)]
    pub signal: Option<Signal>,
    /// `kill`: the cluster need not wait until the sessions of these brokers end.
    #[serde(default)]
    pub fast_failover: bool,
    /// `restart`: each node only when every replica is in the ISR, and leaders after the others.
    #[serde(default)]
    pub rolling: bool,
}

/// As the command is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Verb {
    Kill,
    Stop,
    Start,
    Pause,
    Resume,
    Restart,
}

impl Order {
    /// The error is for people.
    pub(super) fn action(self) -> Result<Action, String> {
        let Order { action, nodes, force, signal, fast_failover, rolling } = self;
        if nodes.is_empty() {
            return Err("name at least one node".to_owned());
        }
        let misplaced = [
            (signal.is_some() && action != Verb::Kill, "signal", "kill"),
            (fast_failover && action != Verb::Kill, "fast_failover", "kill"),
            (rolling && action != Verb::Restart, "rolling", "restart"),
        ];
        if let Some((_, field, verb)) = misplaced.into_iter().find(|(is_wrong, ..)| *is_wrong) {
            return Err(format!("`{field}` goes with `{verb}` only"));
        }
        let named = |nodes: Vec<Target>| -> Result<Vec<NodeName>, String> {
            let name = |target: Target| {
                target
                    .node()
                    .ok_or_else(|| format!("`{target}`: this takes names of nodes, such as broker-0"))
            };
            nodes.into_iter().map(name).collect()
        };
        let action = match action {
            Verb::Kill => {
                Action::Kill { nodes, signal: signal.unwrap_or(Signal::KILL), force, fast_failover }
            }
            Verb::Stop => Action::Stop { nodes, force },
            Verb::Pause => Action::Pause { nodes, force },
            Verb::Start => Action::Start { nodes: named(nodes)? },
            Verb::Resume => Action::Resume { nodes: named(nodes)? },
            Verb::Restart => Action::Restart { nodes: named(nodes)?, force, rolling },
        };
        action.check().map_err(|senseless| senseless.to_string())?;
        Ok(action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(json: &str) -> Result<String, String> {
        let order: Order = serde_json::from_str(json).map_err(|error| error.to_string())?;
        order.action().map(|action| action.to_string())
    }

    #[test]
    fn an_order_is_what_the_command_asks_for() {
        for (order, command) in [
            (r#"{"action":"kill","nodes":["broker-0"]}"#, "kill broker-0 --signal SIGKILL"),
            (
                r#"{"action":"kill","nodes":["leader:velib-stations/3"],"force":true,"fast_failover":true}"#,
                "kill leader:velib-stations/3 --signal SIGKILL --fast-failover --force",
            ),
            (
                r#"{"action":"kill","nodes":["broker-0"],"signal":"SIGTERM"}"#,
                "kill broker-0 --signal SIGTERM",
            ),
            (r#"{"action":"stop","nodes":["controller"]}"#, "stop controller"),
            (r#"{"action":"pause","nodes":["zookeeper-1"],"force":true}"#, "pause zookeeper-1 --force"),
            (r#"{"action":"start","nodes":["broker-0","broker-1"],"force":true}"#, "start broker-0 broker-1"),
            (r#"{"action":"resume","nodes":["broker-0"]}"#, "resume broker-0"),
            (r#"{"action":"restart","nodes":["broker-0"],"rolling":true}"#, "restart broker-0 --rolling"),
        ] {
            assert_eq!(action(order).unwrap(), command);
        }
    }

    #[test]
    fn what_makes_no_sense_is_not_asked_for() {
        for (order, why) in [
            (r#"{"action":"down","nodes":["broker-0"]}"#, "unknown variant `down`"),
            (r#"{"action":"kill","nodes":["<script>"]}"#, "<script>"),
            (r#"{"action":"kill","nodes":[]}"#, "at least one node"),
            (r#"{"action":"start","nodes":["controller"]}"#, "names of nodes"),
            (r#"{"action":"stop","nodes":["broker-0"],"rolling":true}"#, "`rolling` goes with `restart`"),
            (r#"{"action":"stop","nodes":["broker-0"],"signal":"SIGTERM"}"#, "`signal` goes with `kill`"),
            (
                r#"{"action":"kill","nodes":["zookeeper-1"],"fast_failover":true}"#,
                "is for brokers: zookeeper-1 has no registration",
            ),
            (
                r#"{"action":"kill","nodes":["broker-0"],"signal":"STOP","fast_failover":true}"#,
                "needs a signal that ends a process, and SIGSTOP does not",
            ),
            (r#"{"action":"kill","nodes":["broker-0"],"singal":"TERM"}"#, "unknown field `singal`"),
        ] {
            let said = action(order).unwrap_err();
            assert!(said.contains(why), "{order}: {said}");
        }
    }
}
