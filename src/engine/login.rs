//! Whose keys a client of a secured cluster is given.

use crate::engine::suggest;
use crate::error::{ExitCode, Failure};
use crate::pki::password;
use crate::plan::keys::PROGRAM;
use crate::plan::login::Login;
use crate::plan::model::Plan;
use crate::spec::model::Secret;

/// Who is meant: this program, unless a user is named. With the password, where clients show one.
///
/// # Errors
///
/// There is no such user, or clients of the cluster do not show who they are; the password cannot be read.
pub(crate) fn of(plan: &Plan, wanted: Option<&str>) -> Result<Login, Failure> {
    if let Some(name) = wanted {
        exists(plan, name)?;
    }
    let user = wanted.unwrap_or(PROGRAM).to_owned();
    let is_asked = plan.security.as_ref().is_some_and(|security| security.clients.mechanism().is_some());
    let keys = plan.keys().filter(|_| is_asked);
    let password = keys.map(|keys| password::read(&keys.password(&user))).transpose()?.map(Secret);
    Ok(Login { user, password })
}

/// Refuses who is nobody, with who was meant.
pub(crate) fn exists(plan: &Plan, name: &str) -> Result<(), Failure> {
    let refused = |message: String, hint: String| Err(Failure::new(ExitCode::Usage, message).hint(hint));
    let security = match plan.with_users() {
        Ok(security) => security,
        Err(because) => {
            let instead = match plan.security {
                None => "secure the cluster with `security: mtls` in its spec",
                Some(_) => "write `security: mtls` in the spec",
            };
            let message = format!("{} has no users: {because}", plan.name);
            return refused(message, format!("leave `--user` out, or {instead}"));
        }
    };
    if security.users.contains_key(name) {
        return Ok(());
    }
    let users: Vec<String> = security.users.keys().cloned().collect();
    let hint = match users.is_empty() {
        true => "users stand in the spec: `security: { clients: scram, users: { alice: {} } }`".to_owned(),
        false => suggest::hint(name, suggest::USERS, &users),
    };
    refused(format!("{} has no user {name}", plan.name), hint)
}
