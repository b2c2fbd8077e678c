//! What is kept of an open page, for the supervisor that comes after this one: `page.json`, of this user alone.

use std::fs;
use std::io;

use serde::{Deserialize, Serialize};

use crate::host::files;
use crate::paths::ClusterDir;

/// Length of a token in bytes: nobody guesses 128 bits.
const TOKEN: usize = 16;

/// Where the page is, and who is let in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub port: u16,
    /// Lets somebody do everything.
    pub token: String,
    /// Lets somebody look.
    pub read_token: String,
}

impl Kept {
    /// With tokens that nobody knows yet.
    pub(super) fn new(port: u16) -> Result<Self, String> {
        Ok(Kept { port, token: token()?, read_token: token()? })
    }

    /// `None` when no page was open, or its file makes no sense: then nobody is let in by it.
    pub(super) fn load(dir: &ClusterDir) -> Option<Self> {
        serde_json::from_slice(&fs::read(dir.page()).ok()?).ok()
    }

    pub(super) fn store(&self, dir: &ClusterDir) -> Result<(), String> {
        let text = serde_json::to_vec(self).map_err(|error| error.to_string())?;
        files::replace(&dir.page(), &text).map_err(|error| error.to_string())
    }

    pub(super) fn remove(dir: &ClusterDir) -> Result<(), String> {
        match fs::remove_file(dir.page()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(format!("failed to remove {}: {error}", dir.page().display()))
            }
            _ => Ok(()),
        }
    }
}

fn token() -> Result<String, String> {
    let mut bytes = [0; TOKEN];
    getrandom::fill(&mut bytes).map_err(|error| format!("the system has no random numbers: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_kept_is_of_this_user_alone_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let dir = ClusterDir(folder.path().to_owned());
        assert_eq!(Kept::load(&dir), None);
        let kept = Kept::new(9000).unwrap();
        kept.store(&dir).unwrap();
        assert_eq!(Kept::load(&dir), Some(kept.clone()));
        assert_eq!(fs::metadata(dir.page()).unwrap().permissions().mode() & 0o777, 0o600);
        assert_ne!(kept.token, kept.read_token);
        assert_eq!(kept.token.len(), 32);
        fs::write(dir.page(), "{").unwrap();
        assert_eq!(Kept::load(&dir), None);
        Kept::remove(&dir).unwrap();
        Kept::remove(&dir).unwrap();
    }
}
