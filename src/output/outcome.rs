//! The definite answer to a request: text and JSON.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::foreign::printable;
use super::style::{self, paint};
use crate::model::ids::NodeName;
use crate::model::outcome::{NodeOutcome, NodeResult, Outcome, OutcomeKind};

/// An outcome as `--json` has it: the values, and their words for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// How the request ended.
    pub result: OutcomeKind,
    /// All of it in one line, for people: [`Outcome::message`].
    pub message: String,
    /// In the order asked for; empty when nothing was begun.
    pub nodes: Vec<NodeReport>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeReport {
    pub node: NodeName,
    /// For people.
    pub what: String,
    pub unchanged: bool,
    pub result: NodeResult,
}

impl From<&Outcome> for Report {
    fn from(outcome: &Outcome) -> Self {
        let nodes = outcome.nodes.iter().map(NodeReport::from).collect();
        Report { result: outcome.result, message: outcome.message(), nodes }
    }
}

impl From<&NodeOutcome> for NodeReport {
    fn from(outcome: &NodeOutcome) -> Self {
        NodeReport {
            node: outcome.node,
            what: outcome.result.to_string(),
            unchanged: outcome.is_unchanged(),
            result: outcome.result.clone(),
        }
    }
}

/// Above what became of the nodes of one of several clusters.
pub(crate) fn heading(cluster: &str, is_first: bool) -> String {
    let gap = if is_first { "" } else { "\n" };
    format!("{gap}{}\n", paint(style::STRONG, cluster))
}

/// `broker-0: killed with SIGKILL`, a line a node; the message when no node is named.
pub(crate) fn text(outcome: &Outcome) -> String {
    if outcome.nodes.is_empty() {
        return format!("{}\n", printable(&outcome.message()));
    }
    let line = |node: &NodeOutcome| format!("{}: {}\n", node.node, printable(&node.result.to_string()));
    outcome.nodes.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::outcome::{Stop, Summary};
    use crate::model::signal::Signal;

    fn two() -> Outcome {
        let killed = NodeResult::Killed { signal: Signal::KILL, after_ms: Some(8), failover: None };
        let down = NodeResult::AlreadyDown { stays_down: true, failover: None };
        let nodes = vec![
            NodeOutcome::new(NodeName::broker(0), killed),
            NodeOutcome::new(NodeName::broker(1), down),
            NodeOutcome::new(NodeName::broker(2), NodeResult::Stopped(Stop::InOrder { after_ms: 412 })),
        ];
        Outcome { result: OutcomeKind::Done, summary: Summary::Nodes, nodes }
    }

    #[test]
    fn what_became_of_each_node_is_a_line() {
        let lines = [
            "broker-0: killed with SIGKILL, gone after 8 ms",
            "broker-1: already down; stays down",
            "broker-2: stopped in order after 412 ms",
        ];
        assert_eq!(text(&two()), lines.join("\n") + "\n");
        assert_eq!(two().message(), lines.join("; "));
        assert_eq!(text(&Outcome::of(OutcomeKind::Done, Summary::Down)), "down\n");
    }

    #[test]
    fn json_has_the_values_beside_the_words() {
        insta::assert_json_snapshot!(Report::from(&two()).nodes, @r#"
        [
          {
            "node": "broker-0",
            "what": "killed with SIGKILL, gone after 8 ms",
            "unchanged": false,
            "result": {
              "kind": "killed",
              "signal": "SIGKILL",
              "after_ms": 8
            }
          },
          {
            "node": "broker-1",
            "what": "already down; stays down",
            "unchanged": true,
            "result": {
              "kind": "already-down",
              "stays_down": true
            }
          },
          {
            "node": "broker-2",
            "what": "stopped in order after 412 ms",
            "unchanged": false,
            "result": {
              "kind": "stopped",
              "how": "in-order",
              "after_ms": 412
            }
          }
        ]
        "#);
    }
}
