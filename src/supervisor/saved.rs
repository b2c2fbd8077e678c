//! `state.json`: what the next supervisor must know. Written before it is acted on.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::SupervisorError;
use crate::host::HostError;
use crate::host::files::replace_at_once;
use crate::kernel::Goal;
use crate::kernel::durable::{Durable, DurableNode, Found};
use crate::model::ids::NodeName;
use crate::model::outcome::KeptDown;
use crate::plan::model::Plan;
use crate::process::Identity;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Saved {
    #[serde(flatten)]
    pub durable: Durable,
    /// Processes by the only name that is theirs for ever.
    pub processes: BTreeMap<NodeName, Identity>,
}

impl Saved {
    /// Of a cluster that was never started.
    pub(crate) fn fresh() -> Self {
        Saved { durable: Durable { goal: Goal::Down, nodes: BTreeMap::new() }, processes: BTreeMap::new() }
    }

    /// Of a cluster whose state was lost while these nodes ran: they go on. What does not run may
    /// have been kept down, so it is not started unasked.
    pub(crate) fn lost(plan: &Plan, running: &BTreeMap<NodeName, Found>) -> Self {
        let node = |name: NodeName| DurableNode {
            kept_down: (!running.contains_key(&name)).then_some(KeptDown::Stopped),
            stale_registration: true,
            ready: false,
        };
        let nodes = plan.nodes.iter().map(|planned| (planned.name, node(planned.name))).collect();
        Saved { durable: Durable { goal: Goal::Up, nodes }, processes: BTreeMap::new() }
    }

    /// What is saved in `path`; a fresh state when there is no such file.
    pub(crate) fn load(path: &Path) -> Result<Self, SupervisorError> {
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
    pub(crate) fn is_wanted_up(&self) -> bool {
        self.durable.goal == Goal::Up
    }

    /// Replaces the file whole: a kill leaves the old state or the new one.
    pub(crate) fn store(&self, path: &Path) -> Result<(), HostError> {
        let text =
            serde_json::to_vec_pretty(self).map_err(|error| HostError::io("write", path, error.into()))?;
        match replace_at_once(path, &text) {
            Err(full @ HostError::DiskFull { .. }) => overwrite(path, text).map_err(|_| full),
            written => written,
        }
    }
}

/// Puts the new state in the place of the old one: a full disk has no room for both, and one that
/// forgot a `down` would have the next supervisor start everything again.
fn overwrite(path: &Path, mut text: Vec<u8>) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(path)?;
    let old = file.metadata()?;
    // Half a state is worse than an old one.
    if text.len() as u64 > old.blocks() * 512 {
        return Err(io::ErrorKind::StorageFull.into());
    }
    // Blank lines cover the rest of the old one, so that a single write does it.
    text.resize(text.len().max(old.len() as usize), b'\n');
    file.write_all_at(&text, 0)
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
    fn without_room_for_a_second_file_the_state_takes_the_place_of_the_old_one_if_it_fits() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let saved = Saved::fresh();
        fs::write(&path, "x".repeat(1000)).unwrap();
        overwrite(&path, serde_json::to_vec(&saved).unwrap()).unwrap();
        assert_eq!(Saved::load(&path).unwrap(), saved);
        assert_eq!(fs::metadata(&path).unwrap().len(), 1000);
        assert!(overwrite(&path, vec![b'y'; 1 << 20]).is_err());
        assert_eq!(Saved::load(&path).unwrap(), saved);
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
