//! Why something was not done, for programs: the same for a command with `--json` and for the page's HTTP API.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::error::Failure;

/// Why something was not done.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Problem {
    /// The word of the exit code that a command ends with, such as `refused`.
    pub code: &'static str,
    /// For people.
    pub message: String,
    /// What to do next, for people.
    pub hint: Option<String>,
    /// Of a spec, with its file, as `validate --json` has them.
    #[serde(flatten)]
    #[schemars(skip)]
    pub mistakes: Option<Box<Value>>,
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let Failure { code, message, hint, mistakes, .. } = failure;
        Problem { code: code.word(), message, hint, mistakes }
    }
}
