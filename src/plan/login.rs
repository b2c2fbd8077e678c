//! As whom somebody connects to a secured cluster.

use crate::spec::model::{PROGRAM, Secret};

/// Who connects to a secured cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// By name.
    pub user: String,
    /// Where clients show one, and it is known.
    pub password: Option<Secret>,
}

/// Behind what there is not, for a user: brokers hide what somebody may not describe.
pub(crate) fn shown_to(user: Option<&str>) -> String {
    user.map(|user| format!(" that {user} may describe")).unwrap_or_default()
}

impl Login {
    /// This program, whose password nobody needs to know who only hands on where things are.
    pub(crate) fn program() -> Self {
        Login { user: PROGRAM.to_owned(), password: None }
    }
}
