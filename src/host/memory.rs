//! How much memory there is for nodes: the machine's, or what a cgroup leaves of it; and whom the kernel killed for want
//! of it.

use std::fs;
use std::path::Path;

use super::cgroup;

/// In bytes, of /proc/meminfo or of a cgroup that leaves less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    /// `MemTotal`, or a cgroup's limit.
    pub total: u64,
    /// `MemAvailable`: what can be had without swapping.
    pub available: u64,
    /// Both are those of a cgroup, such as a container's.
    pub is_limited: bool,
}

impl Memory {
    /// What is there for this process and those that it starts; `None` where /proc does not tell.
    pub(crate) fn at_hand() -> Option<Self> {
        Self::below(Path::new("/"))
    }

    /// The same in the file system that begins at `root`.
    pub(crate) fn below(root: &Path) -> Option<Self> {
        let text = fs::read_to_string(root.join("proc/meminfo")).ok()?;
        let bytes = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
            Some(kib * 1024)
        };
        let (total, available) = (bytes("MemTotal:")?, bytes("MemAvailable:")?);
        let machine = Memory { total, available, is_limited: false };
        Some(match cgroup::limit(root, total) {
            // A cgroup can be promised more than the machine has left.
            Some(limit) => {
                Memory { total: limit.total, available: limit.available.min(available), is_limited: true }
            }
            None => machine,
        })
    }

    /// Whose it is.
    pub(crate) fn whose(self) -> &'static str {
        if self.is_limited { "this cgroup" } else { "the machine" }
    }
}

/// How many processes the kernel has killed for want of memory: of this process's cgroup, or else of the machine
/// (`oom_kill` in /proc/vmstat). `None` where neither tells. `root` is `/`, or what tests have instead.
pub(crate) fn oom_kills(root: &Path) -> Option<u64> {
    cgroup::oom_kills(root).or_else(|| cgroup::kills_in(&root.join("proc/vmstat")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cgroup_that_leaves_less_than_the_machine_is_what_counts() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("proc/meminfo", "MemTotal:        8388608 kB\nMemFree: 1 kB\nMemAvailable:    4194304 kB\n");
        let machine = Memory { total: 8 << 30, available: 4 << 30, is_limited: false };
        assert_eq!(Memory::below(root.path()), Some(machine));
        write("proc/self/cgroup", "0::/unit\n");
        write("proc/self/mountinfo", "31 23 0:28 / /cgroup rw - cgroup2 cgroup2 rw\n");
        write("cgroup/unit/memory.max", "440401920\n");
        write("cgroup/unit/memory.current", "20971520\n");
        let limited = Memory { total: 420 << 20, available: 400 << 20, is_limited: true };
        assert_eq!(Memory::below(root.path()), Some(limited));
    }

    #[test]
    fn the_machine_tells_of_kills_for_want_of_memory_where_no_cgroup_does() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(oom_kills(root.path()), None);
        fs::create_dir(root.path().join("proc")).unwrap();
        fs::write(root.path().join("proc/vmstat"), "pgfault 5\noom_kill 4\nunevictable_pgs 0\n").unwrap();
        assert_eq!(oom_kills(root.path()), Some(4));
    }
}
