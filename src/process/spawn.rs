//! Starting a node's process so that it outlives us and can never be started twice.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use super::ProcessError;
use super::identity::Identity;
use super::{output, pidfd, session, since_start};
use crate::host::HostError;
use crate::host::lock;
use crate::plan::model::NodePlan;

/// A process just started, our child.
#[derive(Debug)]
pub(crate) struct Spawned {
    pub identity: Identity,
    pub(super) child: Child,
    pub(super) pidfd: OwnedFd,
}

/// Starts the node: its argv and environment exactly, its folder as current folder, a session of
/// its own, output appended to [`NodePlan::output_file`].
///
/// Standard input is the node's lock file, locked just before. The lock belongs to the open file,
/// which from then on only the child has: it is held exactly as long as the node lives, also when
/// the supervisor dies between the fork and noting the pid. So a second start fails with
/// [`ProcessError::AlreadyRunning`], whatever the supervisor knows or has forgotten. The file is
/// empty: a node that reads standard input finds its end.
pub(crate) fn spawn(node: &NodePlan) -> Result<Spawned, ProcessError> {
    let (program, arguments) = node.argv.split_first().ok_or(ProcessError::NoProgram)?;
    if !node.dir.is_dir() {
        return Err(ProcessError::NoFolder { dir: node.dir.clone() });
    }
    let lock = acquire(&node.dir)?;
    let output_file = node.output_file();
    let stdout = output::open(&output_file)?;
    let stderr = stdout.try_clone().map_err(|error| HostError::io("open", &output_file, error))?;
    if let Err(error) = since_start::note(node) {
        // It only makes older lines count among the reasons of a failure.
        tracing::warn!("failed to note how the logs of {} stand: {error}", node.name);
    }
    let mut command = Command::new(program);
    command.args(arguments).current_dir(&node.dir).env_clear().envs(&node.env);
    command.stdin(lock).stdout(stdout).stderr(stderr);
    session::detach(&mut command);
    let spawned = command.spawn();
    spawned.map_err(|source| ProcessError::Exec { program: program.clone(), source }).and_then(take_over)
}

/// True while a process of the node lives, also one that nobody has noted.
pub(crate) fn lock_is_held(node_dir: &Path) -> Result<bool, ProcessError> {
    Ok(lock::is_held(&lock_file(node_dir))?)
}

fn lock_file(node_dir: &Path) -> PathBuf {
    node_dir.join("node.lock")
}

fn acquire(node_dir: &Path) -> Result<File, ProcessError> {
    let lock = lock_file(node_dir);
    lock::try_lock(&lock)?.ok_or(ProcessError::AlreadyRunning { lock })
}

/// A child that could not be identified or watched would be lost track of: it is ended instead.
fn take_over(mut child: Child) -> Result<Spawned, ProcessError> {
    let pid = child.id();
    let known = || -> Result<Option<(Identity, OwnedFd)>, ProcessError> {
        Ok(Identity::of_child(pid)?.zip(pidfd::open(pid)?))
    };
    match known() {
        Ok(Some((identity, pidfd))) => Ok(Spawned { identity, child, pidfd }),
        other => {
            // Neither can fail in a way that leaves a process: it is our child, not reaped yet.
            let _ = child.kill();
            let _ = child.wait();
            let gone = || ProcessError::Watch { pid, source: std::io::ErrorKind::NotFound.into() };
            Err(other.err().unwrap_or_else(gone))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::process::Stdio;

    use super::*;
    use crate::host::procfs;
    use crate::model::signal::Signal;
    use crate::process::signal;
    use crate::process::testing::{Guard, Node, helper, helper_argument};
    use crate::process::usage;
    use crate::testing::until;

    #[test]
    fn a_node_gets_its_folder_its_argv_and_exactly_its_environment() {
        let mut node = Node::running(&["sh", "-c", "pwd; env; echo \"$0\" >&2", "an argument"]);
        node.plan.env.insert("KAFKA_OPTS".into(), "-Dx=y".into());
        node.spawn().child_mut().wait().unwrap();
        let output = fs::read_to_string(node.plan.output_file()).unwrap();
        let lines: Vec<&str> = output.lines().collect();
        assert_eq!(lines[0], node.plan.dir.to_str().unwrap());
        assert_eq!(lines.last(), Some(&"an argument"));
        // dash itself sets PWD; nothing else may come in beside what the plan has.
        let mut names: Vec<&str> =
            lines[1..lines.len() - 1].iter().filter_map(|line| line.split('=').next()).collect();
        names.retain(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name));
        assert_eq!(names, ["KAFKA_OPTS"]);
    }

    #[test]
    fn a_node_leads_a_session_of_its_own() {
        let running = Node::sleeping().spawn();
        let pid = nix::unistd::Pid::from_raw(running.identity.pid as i32);
        assert_eq!(nix::unistd::getsid(Some(pid)).unwrap(), pid);
        assert_eq!(nix::unistd::getpgid(Some(pid)).unwrap(), pid);
    }

    #[test]
    fn no_descriptor_of_ours_leaks_into_a_node() {
        // dup(2) gives a descriptor that is not close-on-exec, as one inherited from a shell.
        let null = File::open("/dev/null").unwrap();
        let leaky = nix::unistd::dup(&null).unwrap();
        let node = Node::sleeping();
        let running = node.spawn();
        let descriptors = procfs::proc_file(running.identity.pid, "fd");
        let open = || -> BTreeMap<String, PathBuf> {
            let entries = fs::read_dir(&descriptors).unwrap().map(Result::unwrap);
            let name = |entry: &fs::DirEntry| entry.file_name().into_string().unwrap();
            entries.filter_map(|entry| Some((name(&entry), fs::read_link(entry.path()).ok()?))).collect()
        };
        let output = node.plan.output_file();
        let expected = [("0", node.plan.dir.join("node.lock")), ("1", output.clone()), ("2", output)];
        let expected = expected.map(|(number, path)| (number.to_owned(), path)).into();
        // Not at once: while it starts, the program itself has its libraries open.
        until("these three are all", || open() == expected);
        drop(leaky);
    }

    #[test]
    fn a_second_start_is_refused_as_long_as_the_first_lives() {
        let node = Node::sleeping();
        let mut running = node.spawn();
        assert!(lock_is_held(&node.plan.dir).unwrap());
        let refused = spawn(&node.plan).unwrap_err();
        assert!(matches!(refused, ProcessError::AlreadyRunning { .. }), "{refused}");
        running.child_mut().kill().unwrap();
        running.child_mut().wait().unwrap();
        until("the lock is free", || !lock_is_held(&node.plan.dir).unwrap());
        node.spawn();
    }

    #[test]
    fn a_program_that_does_not_exist_is_named_and_the_lock_is_free_again() {
        let node = Node::running(&["/nonexistent/java", "-version"]);
        let error = spawn(&node.plan).unwrap_err();
        assert!(error.to_string().starts_with("failed to run /nonexistent/java: "), "{error}");
        until("the lock is free", || !lock_is_held(&node.plan.dir).unwrap());
    }

    #[test]
    fn a_missing_folder_is_named() {
        let mut node = Node::sleeping();
        node.plan.dir = node.plan.dir.join("gone");
        let error = spawn(&node.plan).unwrap_err();
        assert!(matches!(&error, ProcessError::NoFolder { dir } if *dir == node.plan.dir), "{error}");
    }

    /// Not a test: the supervisor that dies, run by the two tests below as a process of its own.
    /// Starts the node whose plan it is given, notes its pid and waits to be killed.
    #[test]
    fn helper_spawns_a_node() {
        let Some(folder) = helper_argument("spawns-a-node:") else { return };
        let plan = fs::read(Path::new(&folder).join("plan.json")).unwrap();
        let spawned = spawn(&serde_json::from_slice(&plan).unwrap()).unwrap();
        let noted = Path::new(&folder).join("identity.new");
        fs::write(&noted, serde_json::to_vec(&spawned.identity).unwrap()).unwrap();
        fs::rename(noted, Path::new(&folder).join("identity")).unwrap();
        std::io::stdin().read_line(&mut String::new()).unwrap();
    }

    /// Starts `node` through a process that is then killed, as a supervisor might be.
    fn spawned_by_one_that_dies(node: &Node, before: impl FnOnce(&Identity)) -> Guard {
        let folder = node.plan.dir.to_str().unwrap();
        fs::write(node.plan.dir.join("plan.json"), serde_json::to_vec(&node.plan).unwrap()).unwrap();
        let mut helper = helper(module_path!(), "helper_spawns_a_node", "spawns-a-node:", folder);
        let mut supervisor = helper.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let noted = node.plan.dir.join("identity");
        until("the node is started", || noted.exists());
        let identity: Identity = serde_json::from_slice(&fs::read(noted).unwrap()).unwrap();
        let guard = Guard::adopted(identity);
        before(&guard.identity);
        supervisor.kill().unwrap();
        supervisor.wait().unwrap();
        guard
    }

    #[test]
    fn the_lock_outlives_the_one_that_started_the_node() {
        let node = Node::sleeping();
        let guard = spawned_by_one_that_dies(&node, |_| {});
        assert!(guard.identity.is_alive());
        assert!(matches!(spawn(&node.plan), Err(ProcessError::AlreadyRunning { .. })));
        signal::signal(&guard.identity, Signal::KILL).unwrap();
        until("the lock is free", || !lock_is_held(&node.plan.dir).unwrap());
    }

    #[test]
    fn a_paused_node_stays_paused_when_the_supervisor_dies() {
        let node = Node::sleeping();
        let paused = |identity: &Identity| usage::usage(identity).unwrap().unwrap().state.is_paused();
        let guard = spawned_by_one_that_dies(&node, |identity| {
            signal::signal(identity, Signal::STOP).unwrap();
            until("it is paused", || paused(identity));
        });
        assert!(paused(&guard.identity));
    }
}
