//! What the engine says, in the reader's language. The English of it is the engine's own, as on the command line; the
//! French is in `fr.yaml` below `engine`, chosen by the same values.

mod came;
mod french;
mod french_events;
mod said;
#[cfg(test)]
mod tests;

pub(super) use came::Came;
pub(super) use said::Said;

use super::text::Lang;
use crate::model::event::Event;
use crate::model::outcome::Outcome;
use crate::model::reason::Reason;
use crate::output::events::what;

/// The answer to a request.
pub(super) fn outcome(lang: Lang, outcome: &Outcome) -> Said {
    match lang {
        Lang::En => Said::from(outcome.message()),
        Lang::Fr => french::outcome(outcome),
    }
}

/// What happened, without when and to which node.
pub(super) fn event(lang: Lang, event: &Event) -> Said {
    match lang {
        Lang::En => Said::from(what(event)),
        Lang::Fr => french_events::event(event),
    }
}

/// Why a node is not up, or does not get on.
pub(super) fn reason(lang: Lang, reason: &Reason) -> Said {
    match lang {
        Lang::En => Said::from(reason),
        Lang::Fr => french::reason(reason),
    }
}
