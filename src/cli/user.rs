//! Whose keys a client of a secured cluster is given.

use crate::engine::suggest;
use crate::error::{ExitCode, Failure};
use crate::plan::model::Plan;
use crate::spec::model::Clients;

/// The user that is meant; `None`: nobody in particular.
///
/// # Errors
///
/// There is no such user, or clients of the cluster do not show who they are.
pub(super) fn of<'a>(plan: &Plan, wanted: Option<&'a str>) -> Result<Option<&'a str>, Failure> {
    let Some(name) = wanted else { return Ok(None) };
    let refused = |message: String, hint: String| Err(Failure::new(ExitCode::Usage, message).hint(hint));
    match &plan.security {
        None => refused(
            format!("{} has no users: everything in it is in plain text", plan.name),
            "leave `--user` out, or secure the cluster with `security: mtls` in its spec".to_owned(),
        ),
        Some(security) if security.clients == Clients::Tls => refused(
            format!("{} has no users: its clients do not show who they are (`security: tls`)", plan.name),
            "leave `--user` out, or write `security: mtls` in the spec".to_owned(),
        ),
        Some(security) if security.users.contains_key(name) => Ok(wanted),
        Some(security) => {
            let users: Vec<String> = security.users.keys().cloned().collect();
            let hint = match users.is_empty() {
                true => {
                    "users stand in the spec: `security: { clients: mtls, users: { alice: {} } }`".to_owned()
                }
                false => suggest::hint(name, suggest::USERS, &users),
            };
            refused(format!("{} has no user {name}", plan.name), hint)
        }
    }
}
