//! Which ends of nodes are the kernel's doing: it kills a process when there is no memory left (the OOM killer), and keeps
//! count of those, but not of who they were.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::host::memory::{Memory, oom_kills};
use crate::model::ids::NodeName;
use crate::model::reason::Reason;

/// The count, against the ends that it explains. Read when a node starts and when SIGKILL has ended one.
#[derive(Debug)]
pub(super) struct OomKills {
    /// `/`, or what tests have instead.
    root: PathBuf,
    /// Kills that were the end of a node.
    explained: u64,
    /// By node: how many kills there were before it started that were not the end of one.
    before: BTreeMap<NodeName, u64>,
}

impl Default for OomKills {
    fn default() -> Self {
        Self::below(PathBuf::from("/"))
    }
}

impl OomKills {
    fn below(root: PathBuf) -> Self {
        OomKills { root, explained: 0, before: BTreeMap::new() }
    }

    /// Kills from before its start are not its end.
    pub(super) fn starts(&mut self, node: NodeName) {
        if let Some(unexplained) = self.unexplained() {
            self.before.insert(node, unexplained);
        }
    }

    /// Why it ended, when SIGKILL ended it that nobody of us sent, and it was the kernel.
    pub(super) fn end_of(&mut self, node: NodeName) -> Option<Reason> {
        let unexplained = self.unexplained()?;
        if unexplained <= *self.before.get(&node)? {
            return None;
        }
        // One kill is the end of one node; several can be killed before the first of them is seen.
        self.explained += 1;
        for before in self.before.values_mut() {
            *before = (*before).min(unexplained - 1);
        }
        let memory = Memory::below(&self.root).filter(|memory| memory.is_limited);
        Some(Reason::OutOfMemoryKill { limit_bytes: memory.map(|memory| memory.total) })
    }

    fn unexplained(&self) -> Option<u64> {
        oom_kills(&self.root).map(|kills| kills.saturating_sub(self.explained))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::model::ids::Role;

    const B0: NodeName = NodeName { role: Role::Broker, id: 0 };
    const B1: NodeName = NodeName { role: Role::Broker, id: 1 };

    struct World {
        kills: OomKills,
        root: tempfile::TempDir,
    }

    impl World {
        /// In a cgroup with a limit, in which so many were killed already.
        fn new(count: u64) -> Self {
            let root = tempfile::tempdir().unwrap();
            let world = World { kills: OomKills::below(root.path().to_owned()), root };
            world.write("proc/meminfo", "MemTotal: 8388608 kB\nMemAvailable: 4194304 kB\n");
            world.write("proc/self/cgroup", "0::/unit\n");
            world.write("proc/self/mountinfo", "31 23 0:28 / /cgroup rw - cgroup2 cgroup2 rw\n");
            world.write("cgroup/unit/memory.max", "440401920\n");
            world.write("cgroup/unit/memory.current", "20971520\n");
            world.count(count);
            world
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn count(&self, count: u64) {
            self.write("cgroup/unit/memory.events", &format!("oom {count}\noom_kill {count}\n"));
        }

        fn is_kernels(&mut self, node: NodeName) -> bool {
            self.kills.end_of(node).is_some()
        }
    }

    #[test]
    fn a_kill_since_the_start_of_a_node_is_told_with_the_limit_of_the_cgroup() {
        let mut world = World::new(7);
        world.kills.starts(B0);
        world.count(8);
        let reason = Reason::OutOfMemoryKill { limit_bytes: Some(420 << 20) };
        assert_eq!(world.kills.end_of(B0), Some(reason));
    }

    #[test]
    fn without_a_kill_since_its_start_it_was_somebody_else() {
        let mut world = World::new(7);
        world.kills.starts(B0);
        assert!(!world.is_kernels(B0));
        world.write("cgroup/unit/memory.events", "");
        assert!(!world.is_kernels(B0), "nobody counts");
    }

    #[test]
    fn one_kill_explains_the_end_of_one_node() {
        let mut world = World::new(0);
        world.kills.starts(B0);
        world.kills.starts(B1);
        world.count(1);
        assert!(world.is_kernels(B0));
        assert!(!world.is_kernels(B1));
    }

    #[test]
    fn of_two_that_were_killed_at_once_both_are_told_and_the_next_one_too() {
        let mut world = World::new(0);
        world.kills.starts(B0);
        world.kills.starts(B1);
        world.count(2);
        assert!(world.is_kernels(B0));
        world.kills.starts(B0);
        assert!(world.is_kernels(B1), "though the first is started again already");
        world.count(3);
        assert!(world.is_kernels(B0));
    }
}
