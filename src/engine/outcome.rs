//! What the answer to a request means for whoever asked: the exit code, and the failure unless it is done.

use crate::error::{ExitCode, Failure};
use crate::model::outcome::{Outcome, OutcomeKind, Summary};

/// The exit code of docs/exit-codes.md.
pub(crate) fn exit_code(result: OutcomeKind) -> ExitCode {
    match result {
        OutcomeKind::Done => ExitCode::Ok,
        OutcomeKind::Refused => ExitCode::Refused,
        OutcomeKind::Failed | OutcomeKind::Superseded | OutcomeKind::GoingDown => ExitCode::Failed,
        OutcomeKind::TimedOut => ExitCode::TimedOut,
        OutcomeKind::BadRequest => ExitCode::Usage,
    }
}

/// What is told of an outcome that is not `Done`.
pub(crate) fn failure(outcome: &Outcome) -> Failure {
    let failure = Failure::new(exit_code(outcome.result), outcome.message());
    match outcome.result {
        OutcomeKind::Refused => failure.hint("`--force` does it anyway"),
        OutcomeKind::Superseded | OutcomeKind::GoingDown => {
            failure.hint("`cluster events` tells what came in between")
        }
        _ => failure,
    }
}

/// What a `down` came to that found nobody to ask: what was wanted is so. Any other failure stays one.
pub(crate) fn already_down(failure: Failure, cluster: &str) -> Result<Outcome, Failure> {
    match failure.code {
        ExitCode::NotRunning => {
            let summary = Summary::WasNotRunning { cluster: cluster.to_owned() };
            Ok(Outcome::of(OutcomeKind::Done, summary))
        }
        _ => Err(failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let why = "killing zookeeper-2 would lose the quorum";
        let failure = failure(&Outcome::of(OutcomeKind::Refused, Summary::words(why)));
        assert_eq!(failure.message, why);
        assert!(failure.hint.unwrap().contains("--force"));
    }
}
