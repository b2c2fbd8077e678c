//! `state.json`: what the next supervisor must know. Written before it is acted on.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::SupervisorError;
use crate::ids::NodeName;
use crate::kernel::Goal;
use crate::kernel::durable::Durable;
use crate::process::Identity;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    #[serde(flatten)]
    pub durable: Durable,
    /// Processes by the only name that is theirs for ever.
    pub processes: BTreeMap<NodeName, Identity>,
}

impl Saved {
    /// Of a cluster that was never started.
    pub fn fresh() -> Self {
        Saved { durable: Durable { goal: Goal::Down, nodes: BTreeMap::new() }, processes: BTreeMap::new() }
    }

    /// What is saved in `path`; a fresh state when there is no such file.
    pub fn load(path: &Path) -> Result<Self, SupervisorError> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Saved::fresh()),
            Err(source) => {
                return Err(SupervisorError::Io { what: "read", path: path.to_owned(), source });
            }
        };
        serde_json::from_slice(&bytes)
            .map_err(|error| SupervisorError::State { path: path.to_owned(), reason: error.to_string() })
    }

    /// The cluster was up when this was saved, whatever has become of its processes since.
    pub fn is_wanted_up(&self) -> bool {
        self.durable.goal == Goal::Up
    }

    /// Replaces the file whole: a kill leaves the old state or the new one.
    pub fn store(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        // Created with mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer_pretty(&mut file, self)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_loaded_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        assert_eq!(Saved::load(&path).unwrap(), Saved::fresh());
        let mut saved = Saved::fresh();
        saved.durable.goal = Goal::Up;
        saved.store(&path).unwrap();
        assert_eq!(Saved::load(&path).unwrap(), saved);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_spoilt_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        fs::write(&path, "{").unwrap();
        let error = Saved::load(&path).unwrap_err().to_string();
        assert!(error.contains("state.json"), "{error}");
    }
}
