//! Passwords of users: in a file each, and as JAAS and SCRAM have them.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};

use super::error::PkiError;
use super::secret::private;
use crate::host::HostError;
use crate::host::files::replace;

/// 120 random bits, as 20 letters, digits, `-` and `_`.
const RANDOM_BYTES: usize = 15;

/// Has this file hold the password of the spec, or else the one that it has, or else a new one.
pub(super) fn ensure(path: &Path, wanted: Option<&str>) -> Result<(), PkiError> {
    match wanted {
        Some(wanted) => replace(path, wanted.as_bytes())?,
        None if path.exists() => {}
        None => replace(path, made()?.as_bytes())?,
    }
    private(path)
}

/// One that nobody can guess.
pub(crate) fn made() -> Result<String, PkiError> {
    let mut bytes = [0; RANDOM_BYTES];
    fill(&mut bytes)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// The password in this file.
///
/// # Errors
///
/// It cannot be read.
pub(crate) fn read(path: &Path) -> Result<String, HostError> {
    fs::read_to_string(path).map_err(|error| HostError::io("read", path, error))
}

/// Random bytes, which nobody can guess.
pub(super) fn fill(bytes: &mut [u8]) -> Result<(), PkiError> {
    let none = |_| PkiError::NotMade("the system has no random numbers".to_owned());
    SystemRandom::new().fill(bytes).map_err(none)
}
