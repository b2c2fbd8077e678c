//! The keys and certificates of a secured cluster: a CA of its own, and a certificate for each node, each user and
//! the program itself.

mod certificate;
mod error;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use certificate::Authority;
pub(crate) use error::PkiError;

use crate::host::HostError;
use crate::host::files::{create_folder, replace};
use crate::plan::keys::KeyFolder;

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

/// Refuses a private key that others can read: whoever has it can be who it is of.
fn private(path: &Path) -> Result<(), PkiError> {
    let metadata = fs::metadata(path).map_err(|error| HostError::io("read", path, error))?;
    let mode = metadata.permissions().mode() & 0o777;
    match mode & 0o077 {
        0 => Ok(()),
        _ => Err(PkiError::Readable { path: path.to_owned(), mode }),
    }
}

#[cfg(test)]
mod tests;
