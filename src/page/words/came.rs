//! What came of something that the page had done, as values: who reads it, and in which language, shows later.

use super::french::{self, say};
use super::said::Said;
use crate::model::action::Action;
use crate::model::outcome::Outcome;
use crate::page::text::Lang;

/// What there is to tell when it is over.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::page) enum Came {
    /// The answer to an action, told with what it answers: it may have been asked long ago, and by another reader.
    Answer(Action, Outcome),
    /// The engine's or Kafka's words; there is no value behind them.
    Words(String),
}

impl Came {
    pub(in crate::page) fn told(&self, lang: Lang) -> Said {
        match (self, lang) {
            (Came::Words(text), _) => Said::theirs(text.trim_end()),
            (Came::Answer(action, outcome), Lang::En) => {
                Said::from(format!("{action}: {}", outcome.message()))
            }
            (Came::Answer(action, outcome), Lang::Fr) => {
                say!("came.answer", action, outcome = french::outcome(outcome))
            }
        }
    }
}
