//! Which process is meant: a pid alone is not enough, since the kernel gives it to others later.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::ProcessError;
use crate::host::HostError;
use crate::host::procfs;
use crate::host::procfs::Stat;

/// One process, for all time: no other ever has the same three values.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identity {
    /// Given to another process once this one has ended and was reaped.
    pub pid: u32,
    /// Clock ticks from the boot to the start of the process: field 22 of proc_pid_stat(5).
    pub start_ticks: u64,
    /// /proc/sys/kernel/random/boot_id: ticks of another boot mean nothing.
    pub boot_id: String,
}

impl Identity {
    /// The process that has this pid now; `None` when there is none, or only a zombie.
    pub fn of(pid: u32) -> Result<Option<Self>, ProcessError> {
        match procfs::stat(pid)? {
            Some(stat) if !stat.state.is_dead() => Self::from_stat(pid, &stat).map(Some),
            _ => Ok(None),
        }
    }

    /// The identity of an own child that is not reaped yet: it counts even when it has ended.
    pub(super) fn of_child(pid: u32) -> Result<Option<Self>, ProcessError> {
        procfs::stat(pid)?.map(|stat| Self::from_stat(pid, &stat)).transpose()
    }

    fn from_stat(pid: u32, stat: &Stat) -> Result<Self, ProcessError> {
        Ok(Identity { pid, start_ticks: stat.start_ticks, boot_id: boot_id()?.to_owned() })
    }

    /// True while this very process lives; a zombie does not, nor does a stranger with its pid.
    pub fn is_alive(&self) -> bool {
        matches!(procfs::stat(self.pid), Ok(Some(stat)) if self.started_at(&stat) && !stat.state.is_dead())
    }

    pub(super) fn started_at(&self, stat: &Stat) -> bool {
        self.start_ticks == stat.start_ticks && boot_id().is_ok_and(|boot_id| boot_id == self.boot_id)
    }
}

/// The id of this boot.
fn boot_id() -> Result<&'static str, ProcessError> {
    static BOOT_ID: OnceLock<String> = OnceLock::new();
    if let Some(known) = BOOT_ID.get() {
        return Ok(known);
    }
    let path = Path::new("/proc/sys/kernel/random/boot_id");
    let text = fs::read_to_string(path).map_err(|error| HostError::io("read", path, error))?;
    Ok(BOOT_ID.get_or_init(|| text.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::testing::Node;
    use crate::testing::until;

    #[test]
    fn a_live_process_is_proven_also_after_its_identity_was_stored() {
        let own = Identity::of(std::process::id()).unwrap().unwrap();
        let stored = serde_json::to_string(&own).unwrap();
        let read: Identity = serde_json::from_str(&stored).unwrap();
        assert_eq!(read, own);
        assert!(read.is_alive());
    }

    #[test]
    fn a_recycled_pid_is_not_proven() {
        let own = Identity::of(std::process::id()).unwrap().unwrap();
        assert!(!Identity { start_ticks: own.start_ticks + 1, ..own.clone() }.is_alive());
        assert!(!Identity { boot_id: "of another boot".into(), ..own }.is_alive());
    }

    #[test]
    fn a_zombie_is_nobody() {
        let node = Node::running(&["true"]);
        let mut running = node.spawn();
        until("it ended", || procfs::stat(running.identity.pid).unwrap().unwrap().state.is_dead());
        assert_eq!(Identity::of(running.identity.pid).unwrap(), None);
        assert!(!running.identity.is_alive());
        running.child_mut().wait().unwrap();
    }

    #[test]
    fn a_pid_that_nobody_has_is_none() {
        // Larger than the largest possible pid_max, 2^22.
        assert_eq!(Identity::of(1 << 23).unwrap(), None);
    }
}
