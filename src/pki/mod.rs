//! The keys and passwords of a secured cluster: a CA of its own, and a certificate for each node and the program itself;
//! a certificate or a password for each user.

mod certificate;
mod error;
pub(crate) mod password;
pub(crate) mod scram;
mod secret;

use certificate::Authority;
pub(crate) use error::PkiError;
use secret::private;

use crate::host::HostError;
use crate::host::files::{create_folder, replace};
use crate::plan::jaas;
use crate::plan::keys::KeyFolder;
use crate::plan::model::Plan;
use crate::spec::model::Secret;

/// Makes what is missing of a cluster's keys: the CA, and a key and certificate for each of `names`. What is there
/// stays as it is, so that whoever has a copy can go on with it.
///
/// The certificate of the CA is written last of the two: without it there is no CA, and certificates of an earlier
/// one are made anew.
///
/// # Errors
///
/// A file cannot be written, or others than this user can read a private key.
pub(crate) fn ensure<'a>(
    keys: &KeyFolder,
    cluster: &str,
    names: impl Iterator<Item = &'a str>,
) -> Result<(), PkiError> {
    create_folder(keys.path())?;
    let is_new = !keys.ca().exists();
    let authority = if is_new { Authority::new(cluster)? } else { Authority::read(cluster, keys)? };
    if is_new {
        replace(&keys.ca_key(), authority.key_pem().as_bytes())?;
    }
    for name in names {
        let path = keys.of(name);
        if is_new || !path.exists() {
            replace(&path, authority.issue(name)?.as_bytes())?;
        }
        private(&path)?;
    }
    Ok(replace(&keys.ca(), authority.certificate_pem().as_bytes())?)
}

/// The same of passwords: each of the spec, or one that is made. And what brokers know of them.
///
/// # Errors
///
/// A file cannot be written, or others than this user can read a password.
pub(crate) fn ensure_passwords(keys: &KeyFolder, plan: &Plan) -> Result<(), PkiError> {
    create_folder(keys.path())?;
    for (user, wanted) in plan.password_holders() {
        password::ensure(&keys.password(user), wanted.map(|Secret(text)| text.as_str()))?;
    }
    let Some(security) = &plan.security else { return Ok(()) };
    let with_password = |(user, _)| Ok((user, password::read(&keys.password(user))?));
    let users: Vec<(&str, String)> =
        plan.password_holders().map(with_password).collect::<Result<_, HostError>>()?;
    match jaas::of_brokers(security.clients, &users) {
        Some(text) => Ok(replace(&keys.jaas(), text.as_bytes())?),
        None => Ok(()),
    }
}

/// Whether the users of a plan, or the passwords that it gives them, are not those that brokers were told.
pub(crate) fn passwords_differ(keys: &KeyFolder, plan: &Plan) -> Result<bool, PkiError> {
    let told = password::read(&keys.jaas())?;
    let mut named = 0;
    for (user, wanted) in plan.password_holders() {
        named += 1;
        let path = keys.password(user);
        if !path.exists()
            || wanted.is_some_and(|Secret(wanted)| password::read(&path).ok().as_ref() != Some(wanted))
        {
            return Ok(true);
        }
    }
    Ok(told.matches("\n    \"user_").count() != named)
}

#[cfg(test)]
mod tests;
