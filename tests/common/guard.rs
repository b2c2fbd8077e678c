//! Whatever becomes of a test, its processes and its folder go: a process outlives the tests to see to it.
//!
//! The guard is this test binary, run anew. It holds the reading end of a pipe whose writing end
//! only the test has, so it learns of a return, a panic, an abort and a SIGKILL alike.

use std::env;
use std::fs;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{disk, procs, within};

const ROOT: &str = "CLUSTER_TEST_GUARDED";

/// Cleans `root` when it is dropped, and also when its process ends without dropping anything.
#[derive(Debug)]
pub(crate) struct Guard {
    child: Child,
}

impl Guard {
    pub(crate) fn of(root: &Path) -> Self {
        let child = Command::new(env::current_exe().unwrap())
            .args(["--ignored", "--exact", "common::guard::cleans_up_after_a_test"])
            .env(ROOT, root)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            // Out of reach of the terminal's Ctrl-C.
            .process_group(0)
            .spawn()
            .unwrap();
        Guard { child }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let ended = self.child.wait();
        if !std::thread::panicking() {
            assert!(ended.unwrap().success(), "the guard failed to clean up");
        }
    }
}

#[test]
#[ignore = "not a test: the guard process of the others"]
fn cleans_up_after_a_test() {
    let Some(root) = env::var_os(ROOT).map(PathBuf::from) else { return };
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    // Supervisors first, or they would start their nodes again.
    let gone = within(Duration::from_secs(60), || {
        let mut left = procs::of(&root);
        left.sort_by_key(|process| !process.is_supervisor());
        left.iter().for_each(procs::Process::sigkill);
        left.is_empty().then_some(())
    });
    disk::unmount(&root.join("state"));
    let _ = fs::remove_dir_all(&root);
    assert!(gone.is_some(), "processes of {} do not end", root.display());
}

#[test]
fn nothing_is_left_of_a_home_that_is_dropped() {
    let home = super::home::TestHome::new();
    let root = home.root().to_owned();
    let mut sleeper =
        Command::new("sleep").arg("3600").env("CLUSTER_HOME", root.join("state")).spawn().unwrap();
    // Between fork and exec it still shows the environment of the test.
    let seen = || home.processes().iter().any(|process| process.pid == sleeper.id()).then_some(());
    assert!(within(Duration::from_secs(60), seen).is_some(), "the home does not know its process");
    drop(home);
    assert!(!root.exists());
    sleeper.wait().unwrap();
}
