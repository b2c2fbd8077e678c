//! The keys and passwords of a secured cluster: a CA of its own, and a certificate for each node and the program itself;
//! a certificate or a password for each user.

pub(crate) mod certificate;
mod error;
pub(crate) mod password;
pub(crate) mod scram;
mod secret;

use std::collections::BTreeMap;

use certificate::{Authority, Term};
pub(crate) use error::PkiError;
use secret::private;

use crate::host::HostError;
use crate::host::files::{create_folder, replace};
use crate::model::ids::{NodeName, Role};
use crate::plan::jaas;
use crate::plan::keys::KeyFolder;
use crate::plan::model::Plan;
use crate::plan::security::for_clients;
use crate::spec::model::Secret;

/// Makes what is missing of a cluster's keys: the CA, and a key and certificate for each of `names`, that of a broker for
/// `hosts`, too. What is there stays as it is, so that whoever has a copy can go on with it, unless it is of a
/// broker and not for one of these hosts.
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
    hosts: &[&str],
    term: Term,
) -> Result<(), PkiError> {
    create_folder(keys.path())?;
    let is_new = !keys.ca().exists();
    let authority = if is_new { Authority::new(cluster)? } else { Authority::read(cluster, keys)? };
    if is_new {
        replace(&keys.ca_key(), authority.key_pem().as_bytes())?;
    }
    for name in names {
        let path = keys.of(name);
        let hosts = of_node(name, hosts);
        if is_new || !path.exists() || !certificate::is_for(&path, hosts)? {
            replace(&path, authority.issue(name, hosts, term)?.as_bytes())?;
        }
        private(&path)?;
    }
    Ok(replace(&keys.ca(), authority.certificate_pem().as_bytes())?)
}

/// Those that are in the certificate of a broker, and in no other.
fn of_node<'a>(name: &str, hosts: &'a [&'a str]) -> &'a [&'a str] {
    let is_broker = name.parse::<NodeName>().is_ok_and(|name| name.role == Role::Broker);
    if is_broker { hosts } else { &[] }
}

/// Gives each of `names` another key and certificate in place of those that they have: by the cluster's CA, or, to see what
/// becomes of it, by one that nobody trusts.
///
/// # Errors
///
/// A file cannot be read or written, or others than this user can read the key of the CA.
pub(crate) fn renew<'a>(
    keys: &KeyFolder,
    cluster: &str,
    names: impl Iterator<Item = &'a str>,
    hosts: &[&str],
    (term, is_foreign): (Term, bool),
) -> Result<(), PkiError> {
    let authority = if is_foreign { Authority::new(cluster)? } else { Authority::read(cluster, keys)? };
    for name in names {
        replace(&keys.of(name), authority.issue(name, of_node(name, hosts), term)?.as_bytes())?;
    }
    Ok(())
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
    match of_brokers(keys, plan)? {
        Some(text) => Ok(replace(&keys.jaas(), text.as_bytes())?),
        None => Ok(()),
    }
}

/// Whether the users of a plan, or the passwords that it gives them, are not those that brokers were told.
pub(crate) fn passwords_differ(keys: &KeyFolder, plan: &Plan) -> Result<bool, PkiError> {
    let is_new = |(user, wanted): (&str, Option<&Secret>)| wanted.is_none() && !keys.password(user).exists();
    if plan.password_holders().any(is_new) {
        return Ok(true);
    }
    Ok(of_brokers(keys, plan)? != Some(password::read(&keys.jaas())?))
}

/// What brokers are to be told of passwords: those of the plan, and else those that users have.
fn of_brokers(keys: &KeyFolder, plan: &Plan) -> Result<Option<String>, HostError> {
    let Some(security) = &plan.security else { return Ok(None) };
    let mut users = BTreeMap::new();
    for (user, wanted) in plan.password_holders() {
        let password = match wanted {
            Some(Secret(wanted)) => wanted.clone(),
            None => password::read(&keys.password(user))?,
        };
        users.insert(user, password);
    }
    Ok(jaas::of_brokers(for_clients(plan.listeners.keys()), security.clients, &users))
}

#[cfg(test)]
mod tests;
