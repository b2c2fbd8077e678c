//! The memory that a cgroup leaves its processes (cgroups(7)): of a container, of a systemd unit with `MemoryMax`.

use std::fs;
use std::path::{Path, PathBuf};

/// What the tightest of the limits round this process allows, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    /// `memory.max`, in v1 `memory.limit_in_bytes`.
    pub total: u64,
    /// What is left of it; files that the kernel can drop count as left.
    pub available: u64,
}

/// The two versions' names of what is read.
struct Files {
    limit: &'static str,
    used: &'static str,
    /// In `memory.stat`: cached files, which give way before anything is killed.
    droppable: [&'static str; 2],
    /// Has a line `oom_kill N`: of Linux 4.13, in v1 of 4.19.
    events: &'static str,
}

const V1: Files = Files {
    limit: "memory.limit_in_bytes",
    used: "memory.usage_in_bytes",
    droppable: ["total_active_file ", "total_inactive_file "],
    events: "memory.oom_control",
};
const V2: Files = Files {
    limit: "memory.max",
    used: "memory.current",
    droppable: ["active_file ", "inactive_file "],
    events: "memory.events",
};

/// The limits of this process's cgroup and of those round it, of which the one that leaves the least is told; `None`
/// when there is none. `root` is `/`, or what tests have instead. `machine` is the memory that there is: a limit above
/// it is none, as the huge number is that v1 has for that.
pub(crate) fn limit(root: &Path, machine: u64) -> Option<Limit> {
    let (folders, files) = folders(root)?;
    let limits = folders.iter().filter_map(|folder| limit_in(folder, &files));
    limits.filter(|limit| limit.total < machine).min_by_key(|limit| limit.available)
}

/// How many processes of this process's cgroup the kernel has killed for want of memory, be it the cgroup's or the
/// machine's; of the next one round it where the cgroup does not tell. `None`: none of them tells.
pub(crate) fn oom_kills(root: &Path) -> Option<u64> {
    let (folders, files) = folders(root)?;
    folders.iter().find_map(|folder| kills_in(&folder.join(files.events)))
}

/// The number of a line `oom_kill N`, as cgroups and /proc/vmstat have it.
pub(super) fn kills_in(file: &Path) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}

/// The folders of this process's cgroup and of those round it, from the inside out, and what their files are called.
fn folders(root: &Path) -> Option<(Vec<PathBuf>, Files)> {
    let read = |path: &str| fs::read_to_string(root.join(path)).ok();
    let (groups, mounts) = (read("proc/self/cgroup")?, read("proc/self/mountinfo")?);
    let (folder, top, files) = folder(&groups, &mounts)?;
    let below = |path: &Path| root.join(path.strip_prefix("/").unwrap_or(path));
    let folders = folder.ancestors().take_while(|path| path.starts_with(&top));
    Some((folders.map(below).collect(), files))
}

/// The limit of one cgroup; the topmost one of a machine has none.
fn limit_in(folder: &Path, files: &Files) -> Option<Limit> {
    let text = |name: &str| fs::read_to_string(folder.join(name)).ok();
    // `max` is no number, and no limit.
    let number = |name: &str| text(name)?.trim().parse::<u64>().ok();
    let total = number(files.limit)?;
    let stat = text("memory.stat").unwrap_or_default();
    let bytes =
        |line: &str| files.droppable.iter().find_map(|name| line.strip_prefix(name)?.trim().parse().ok());
    let droppable = stat.lines().filter_map(bytes).fold(0, u64::saturating_add);
    let used = number(files.used)?.saturating_sub(droppable);
    Some(Limit { total, available: total.saturating_sub(used) })
}

/// The folder of this process's cgroup that has memory in it, and that of the topmost one that can be seen.
fn folder(groups: &str, mounts: &str) -> Option<(PathBuf, PathBuf, Files)> {
    // `4:memory:/path` of v1; `0::/path` of v2. On a machine with both the memory belongs to one of them.
    let group = |is_it: &dyn Fn(&str) -> bool| {
        groups.lines().find_map(|line| {
            let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
            is_it(controllers).then_some(path)
        })
    };
    let v1 = group(&|controllers| controllers.split(',').any(|one| one == "memory"));
    let (path, kind, files) = match v1 {
        Some(path) => (path, "cgroup", V1),
        None => (group(&str::is_empty)?, "cgroup2", V2),
    };
    // `32 31 0:29 ROOT MOUNTPOINT OPTIONS ... - TYPE SOURCE SUPER_OPTIONS` (proc_pid_mountinfo(5)).
    let mount = mounts.lines().find_map(|line| {
        let (left, right) = line.split_once(" - ")?;
        let mut left = left.split(' ').skip(3);
        let (root, point) = (left.next()?, left.next()?);
        let mut right = right.split(' ');
        let is_it = right.next() == Some(kind)
            && (kind == "cgroup2" || right.nth(1)?.split(',').any(|one| one == "memory"));
        is_it.then_some((root, PathBuf::from(point)))
    });
    let (root, top) = mount?;
    // A container can see its part of the tree only, as if that were the whole.
    let inside = Path::new(path).strip_prefix(root).unwrap_or(Path::new(""));
    Some((top.join(inside), top, files))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;
    const MACHINE: u64 = 16 << 30;
    const V2_MOUNT: &str = "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n";
    const V1_MOUNTS: &str = "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
        35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n\
        41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

    /// A tree with these files.
    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    fn of(files: &[(&str, &str)]) -> Option<(u64, u64)> {
        let limit = limit(tree(files).path(), MACHINE)?;
        Some((limit.total / MIB, limit.available / MIB))
    }

    #[test]
    fn the_limit_that_leaves_the_least_counts_however_far_above() {
        let files = [
            ("proc/self/cgroup", "0::/user.slice/build.service\n"),
            ("proc/self/mountinfo", V2_MOUNT),
            ("sys/fs/cgroup/user.slice/memory.max", "440401920\n"),
            ("sys/fs/cgroup/user.slice/memory.current", "209715200\n"),
            (
                "sys/fs/cgroup/user.slice/memory.stat",
                "anon 1\ninactive_file 62914560\nactive_file 41943040\n",
            ),
            ("sys/fs/cgroup/user.slice/build.service/memory.max", "1073741824\n"),
            ("sys/fs/cgroup/user.slice/build.service/memory.current", "104857600\n"),
        ];
        assert_eq!(of(&files), Some((420, 320)), "cached files give way");
    }

    #[test]
    fn max_is_no_limit_nor_is_what_the_machine_has_not() {
        let with = |max: &str| {
            of(&[
                ("proc/self/cgroup", "0::/a\n"),
                ("proc/self/mountinfo", V2_MOUNT),
                ("sys/fs/cgroup/a/memory.max", max),
                ("sys/fs/cgroup/a/memory.current", "0\n"),
            ])
        };
        assert_eq!(with("max\n"), None);
        assert_eq!(with("9223372036854771712\n"), None);
        assert_eq!(with("1048576\n"), Some((1, 1)));
    }

    #[test]
    fn version_1_has_files_of_its_own_and_goes_before_version_2_beside_it() {
        let files = |limit: &'static str| {
            [
                ("proc/self/cgroup", "4:memory:/jobs/1\n1:cpu:/\n0::/\n"),
                ("proc/self/mountinfo", V1_MOUNTS),
                ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
                ("sys/fs/cgroup/memory/memory.usage_in_bytes", "5\n"),
                ("sys/fs/cgroup/memory/jobs/1/memory.limit_in_bytes", limit),
                ("sys/fs/cgroup/memory/jobs/1/memory.usage_in_bytes", "419430400\n"),
                (
                    "sys/fs/cgroup/memory/jobs/1/memory.stat",
                    "inactive_file 5\ntotal_inactive_file 62914560\ntotal_active_file 41943040\n",
                ),
            ]
        };
        assert_eq!(of(&files("440401920\n")), Some((420, 120)));
        assert_eq!(of(&files("9223372036854771712\n")), None);
    }

    #[test]
    fn a_container_that_sees_its_part_of_the_tree_has_the_limit_at_its_top() {
        let part = "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
        let files = |group: &'static str| {
            [
                ("proc/self/cgroup", group),
                ("proc/self/mountinfo", part),
                ("sys/fs/cgroup/memory/memory.limit_in_bytes", "440401920\n"),
                ("sys/fs/cgroup/memory/memory.usage_in_bytes", "0\n"),
            ]
        };
        for group in ["4:memory:/docker/abc\n", "4:memory:/docker/abc/inner\n", "4:memory:/\n"] {
            assert_eq!(of(&files(group)), Some((420, 420)), "{group}");
        }
    }

    #[test]
    fn kills_for_want_of_memory_are_those_of_the_innermost_cgroup_that_tells() {
        let kills = |files: &[(&str, &str)]| oom_kills(tree(files).path());
        let v2 = [
            ("proc/self/cgroup", "0::/user.slice/build.service\n"),
            ("proc/self/mountinfo", V2_MOUNT),
            ("sys/fs/cgroup/user.slice/memory.events", "oom 9\noom_kill 7\noom_group_kill 1\n"),
            ("sys/fs/cgroup/user.slice/build.service/memory.events", "oom 4\noom_kill 2\noom_group_kill 1\n"),
        ];
        assert_eq!(kills(&v2), Some(2));
        assert_eq!(kills(&v2[..3]), Some(7));
        assert_eq!(kills(&v2[..2]), None);
        let v1 = [
            ("proc/self/cgroup", "4:memory:/jobs/1\n0::/\n"),
            ("proc/self/mountinfo", V1_MOUNTS),
            (
                "sys/fs/cgroup/memory/jobs/1/memory.oom_control",
                "oom_kill_disable 0\nunder_oom 1\noom_kill 3\n",
            ),
        ];
        assert_eq!(kills(&v1), Some(3));
    }

    #[test]
    fn without_cgroups_there_is_no_limit() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[("proc/self/cgroup", "0::/a\n"), ("proc/self/mountinfo", "")]), None);
    }
}
