//! What the engine says, in the reader's language. The English of it is the engine's own, as on the command line; the
//! French is in `fr.yaml` below `engine`, chosen by the same values.

mod french;
mod said;
#[cfg(test)]
mod tests;

pub(super) use said::Said;

use super::text::Lang;
use crate::model::outcome::Outcome;

/// The answer to a request.
pub(super) fn outcome(lang: Lang, outcome: &Outcome) -> Said {
    match lang {
        Lang::En => Said::from(outcome.message()),
        Lang::Fr => french::outcome(outcome),
    }
}
