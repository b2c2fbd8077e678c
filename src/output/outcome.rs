//! The definite answer to a request: text, and the exit code it stands for.

use super::foreign::printable;
use crate::error::{ExitCode, Failure};
use crate::model::outcome::{Outcome, OutcomeKind};

/// The exit code of docs/exit-codes.md.
pub fn exit_code(result: OutcomeKind) -> ExitCode {
    match result {
        OutcomeKind::Done => ExitCode::Ok,
        OutcomeKind::Refused => ExitCode::Refused,
        OutcomeKind::Failed | OutcomeKind::Superseded | OutcomeKind::GoingDown => ExitCode::Failed,
        OutcomeKind::TimedOut => ExitCode::TimedOut,
        OutcomeKind::BadRequest => ExitCode::Usage,
    }
}

/// `broker-0: killed with SIGKILL`, a line a node; the message when no node is named.
pub fn text(outcome: &Outcome) -> String {
    if outcome.nodes.is_empty() {
        return format!("{}\n", printable(&outcome.message));
    }
    outcome.nodes.iter().map(|node| format!("{}: {}\n", node.node, printable(&node.what))).collect()
}

/// What is told of an outcome that is not `Done`.
pub fn failure(outcome: &Outcome) -> Failure {
    let failure = Failure::new(exit_code(outcome.result), &outcome.message);
    match outcome.result {
        OutcomeKind::Refused => failure.hint("`--force` does it anyway"),
        OutcomeKind::Superseded | OutcomeKind::GoingDown => {
            failure.hint("`cluster events` tells what came in between")
        }
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::NodeName;
    use crate::model::outcome::NodeOutcome;

    #[test]
    fn each_result_has_its_exit_code() {
        for (result, code) in [
            (OutcomeKind::Done, 0),
            (OutcomeKind::Failed, 1),
            (OutcomeKind::Superseded, 1),
            (OutcomeKind::GoingDown, 1),
            (OutcomeKind::BadRequest, 2),
            (OutcomeKind::Refused, 5),
            (OutcomeKind::TimedOut, 8),
        ] {
            assert_eq!(exit_code(result) as u8, code);
        }
    }

    #[test]
    fn a_refusal_names_the_way_round_it() {
        let outcome = Outcome {
            result: OutcomeKind::Refused,
            message: "killing zookeeper-2 would lose the quorum".into(),
            nodes: vec![],
        };
        let failure = failure(&outcome);
        assert_eq!(failure.message, outcome.message);
        assert!(failure.hint.unwrap().contains("--force"));
    }

    #[test]
    fn what_became_of_each_node_is_a_line() {
        let node = |id, what: &str, unchanged| NodeOutcome {
            node: NodeName::broker(id),
            what: what.into(),
            unchanged,
        };
        let nodes = vec![node(0, "killed with SIGKILL", false), node(1, "already down", true)];
        let outcome = Outcome { result: OutcomeKind::Done, message: "killed broker-0".into(), nodes };
        assert_eq!(text(&outcome), "broker-0: killed with SIGKILL\nbroker-1: already down\n");
        assert_eq!(text(&Outcome { nodes: vec![], ..outcome }), "killed broker-0\n");
    }
}
