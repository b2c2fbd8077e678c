//! Files that nobody else may read.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::error::PkiError;
use crate::host::HostError;

/// Refuses a private key or password that others can read: whoever has it can be who it is of.
pub(super) fn private(path: &Path) -> Result<(), PkiError> {
    let metadata = fs::metadata(path).map_err(|error| HostError::io("read", path, error))?;
    let mode = metadata.permissions().mode() & 0o777;
    match mode & 0o077 {
        0 => Ok(()),
        _ => Err(PkiError::Readable { path: path.to_owned(), mode }),
    }
}
