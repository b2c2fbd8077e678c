//! Finding a node's process that nobody noted: a supervisor died between starting it and writing
//! its pid down.
//!
//! What this looks at is the command line, and the command line only. So it cannot know:
//! - of a child that is forked and has not yet run its program: for that moment it has the
//!   supervisor's command line. Its lock tells of it: while `spawn::lock_is_held` and nothing is
//!   found, look again; it is about to run its program, or to end.
//! - of a node that was started through a script standing in for `java`: the script's interpreter
//!   or the program that it runs has another command line. The lock is held all the same.
//! - who started it: a person who ran the very same command line by hand has a process that is
//!   the node in every respect (its folders, its ports), except that it does not hold the lock.
//!
//! A process that was noted is not searched for: its `Identity` proves more than this can.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::ProcessError;
use super::identity::Identity;
use crate::host::HostError;
use crate::host::procfs;
use crate::model::ids::NodeName;
use crate::plan::model::NodePlan;

/// Processes of this user that run exactly a node's command line, in one pass over /proc. Nodes of which none was
/// found are absent.
pub(crate) fn find_all(nodes: &[&NodePlan]) -> Result<BTreeMap<NodeName, Vec<Identity>>, ProcessError> {
    let wanted: HashMap<Vec<u8>, NodeName> =
        nodes.iter().map(|node| (command_line(&node.argv), node.name)).collect();
    let mut found: BTreeMap<NodeName, Vec<Identity>> = BTreeMap::new();
    for pid in own_processes()? {
        let Some(&node) = running_command_line(pid)?.and_then(|line| wanted.get(&line)) else { continue };
        // A child that a JVM has forked to run some program has the node's command line for a
        // moment. It is in the node's process group; the node leads that.
        if procfs::stat(pid)?.is_none_or(|stat| stat.process_group != pid) {
            continue;
        }
        let Some(identity) = Identity::of(pid)? else { continue };
        // The pid may have passed to another process since its command line was read.
        let same = running_command_line(pid)?.is_some_and(|line| wanted.get(&line) == Some(&node));
        if same && identity.is_alive() {
            found.entry(node).or_default().push(identity);
        }
    }
    Ok(found)
}

/// As /proc/PID/cmdline has it: each argument ended by a NUL.
fn command_line(argv: &[String]) -> Vec<u8> {
    argv.iter().flat_map(|argument| argument.bytes().chain([0])).collect()
}

fn running_command_line(pid: u32) -> Result<Option<Vec<u8>>, ProcessError> {
    match procfs::read_of_process(&procfs::proc_file(pid, "cmdline")) {
        // Some hardened kernels hide processes that are not dumpable; no node is such a one.
        Err(HostError::Denied { .. }) => Ok(None),
        other => Ok(other?),
    }
}

fn own_processes() -> Result<impl Iterator<Item = u32>, ProcessError> {
    let proc = Path::new("/proc");
    let uid = nix::unistd::geteuid().as_raw();
    let entries = fs::read_dir(proc).map_err(|error| HostError::io("list", proc, error))?;
    Ok(entries.filter_map(Result::ok).filter_map(move |entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        (entry.metadata().ok()?.uid() == uid).then_some(pid)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::testing::Node;
    use crate::testing::until;

    /// A sleep with a command line of its own: sleep(1) adds its arguments up.
    fn named(name: NodeName, mark: &str) -> Node {
        let own = std::process::id().to_string();
        let mut node = Node::running(&["sleep", "600", mark, &own]);
        node.plan.name = name;
        node
    }

    fn find(node: &NodePlan) -> Result<Vec<Identity>, ProcessError> {
        Ok(find_all(&[node])?.remove(&node.name).unwrap_or_default())
    }

    #[test]
    fn a_process_whose_pid_was_never_noted_is_found_by_its_command_line() {
        let (one, two) = (named(NodeName::broker(1), "1"), named(NodeName::broker(2), "2"));
        let absent = named(NodeName::broker(3), "3");
        let (first, second) = (one.spawn(), two.spawn());
        let found = find_all(&[&one.plan, &two.plan, &absent.plan]).unwrap();
        let expected = [(one.plan.name, &first), (two.plan.name, &second)];
        assert_eq!(found, expected.map(|(name, node)| (name, vec![node.identity.clone()])).into());
    }

    #[test]
    fn an_argument_more_or_less_is_another_process() {
        let node = named(NodeName::broker(0), "4");
        let running = node.spawn();
        let mut other = node.plan.clone();
        other.argv.push(String::new());
        assert_eq!(find(&other).unwrap(), []);
        other.argv.truncate(3);
        assert_eq!(find(&other).unwrap(), []);
        assert_eq!(find(&node.plan).unwrap(), std::slice::from_ref(&running.identity));
    }

    #[test]
    fn a_process_that_has_ended_is_not_found() {
        let own = std::process::id().to_string();
        let node = Node::running(&["sh", "-c", "exit 0", &own]);
        let running = node.spawn();
        until("it ended", || !running.identity.is_alive());
        assert_eq!(find(&node.plan).unwrap(), []);
    }
}
