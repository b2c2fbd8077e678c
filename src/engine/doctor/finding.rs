//! What was found, and what to do about it; the JSON of `doctor --json` is a list of these.

use serde::Serialize;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// `java`, `kafka`, `memory`, `disk`, `files`, `ports`, `clock`, `clusters`, `leftovers` or `cache`.
    pub what: &'static str,
    pub state: State,
    /// What is there, in a line.
    pub found: String,
    /// What to do about it, unless it is good.
    pub remedy: Option<String>,
    /// `--fix` does that; it changes nothing that anybody could miss.
    pub fixable: bool,
    /// It was mended just now.
    pub fixed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Good,
    /// Clusters come up all the same.
    Warning,
    /// No cluster comes up, or not all of one.
    Problem,
}

impl Finding {
    pub(crate) fn good(what: &'static str, found: impl Into<String>) -> Self {
        Finding { what, state: State::Good, found: found.into(), remedy: None, fixable: false, fixed: false }
    }

    pub(crate) fn bad(
        what: &'static str,
        state: State,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Finding { state, remedy: Some(remedy.into()), ..Finding::good(what, found) }
    }

    /// Whether it still stands in somebody's way.
    pub(crate) fn is_problem(&self) -> bool {
        self.state == State::Problem && !self.fixed
    }
}
