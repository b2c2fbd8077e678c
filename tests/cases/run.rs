//! `run`: a cluster for one command, of which nothing is left, however it ends.

use std::fs;
use std::path::PathBuf;

use cluster::model::event::Event;
use nix::sys::signal::Signal;

use crate::common::guard::Guard;
use crate::common::home::{TestHome, cache};
use crate::common::procs::{self, Process};
use crate::common::run::Running;
use crate::common::{journal, specs, until};

/// A spec for `run`, and the folder that its cluster gets.
struct Ephemeral {
    dir: PathBuf,
    spec: String,
    _guard: Guard,
    home: TestHome,
}

impl Ephemeral {
    fn new(name: &str) -> Self {
        let home = TestHome::with_cluster();
        // The home of these clusters is in the cache that all tests share.
        let name = format!("{name}-{}", std::process::id());
        let spec = home.write("run.yaml", specs::single(&name));
        let dir = cache().join("run").join(format!("{name}-1"));
        Ephemeral { _guard: Guard::of(&dir), dir, spec, home }
    }

    fn begin(&self, script: &str) -> Running {
        self.begin_with(&[], script)
    }

    fn begin_with(&self, options: &[&str], script: &str) -> Running {
        let command = ["--", "sh", "-c", script, env!("CARGO_BIN_EXE_cluster")];
        self.home.start(&[&["run", &self.spec], options, &command].concat())
    }

    fn name(&self) -> &str {
        self.dir.file_name().unwrap().to_str().unwrap()
    }

    fn processes(&self) -> Vec<Process> {
        procs::of(&self.dir)
    }

    /// What `run` had to do is done when it ends.
    #[track_caller]
    fn assert_nothing_is_left(&self) {
        assert!(self.processes().is_empty(), "{:?}", self.processes());
        assert!(!self.dir.exists());
        for folder in ["state", "user", "tmp"] {
            assert_eq!(fs::read_dir(self.home.root().join(folder)).unwrap().count(), 0, "in {folder}");
        }
    }
}

/// Waits until the command has said it.
#[track_caller]
fn until_out(running: &Running, word: &str) {
    until("the command's output", || running.out().contains(word).then_some(()));
}

#[test]
fn run_hands_on_output_and_exit_code_and_leaves_nothing() {
    let run = Ephemeral::new("beside");
    // `cluster` is about this cluster in the command, and so is Kafka's own tool.
    let script = "\"$0\" exec topics --list && echo \"$BOOTSTRAP_SERVERS\" && exit 7";
    let ran = run.begin(script).finish().exits(7);
    let lines: Vec<_> = ran.out.lines().collect();
    assert_eq!(lines[0], "hello", "standard output is the command's alone: {ran}");
    assert!(lines.len() == 2 && lines[1].starts_with("127.0.0.1:"), "{ran}");
    run.assert_nothing_is_left();
    let logs = run.home.root().join("logs");
    let options = ["--quiet", "--logs-on-failure", logs.to_str().unwrap()];
    let ran = run.begin_with(&options, "kill -SEGV $$").finish().exits(128 + 11);
    assert_eq!(ran.err, format!("the command beside {} ended with exit code 139\n", run.name()));
    run.assert_nothing_is_left();
    let copied = |file: &str| fs::read_to_string(logs.join(run.name()).join(file)).unwrap();
    assert!(copied("broker-0/logs/server.log").contains("started"));
    assert!(copied("broker-0/config/server.properties").contains("listeners="));
    assert!(copied("events.jsonl").contains("usable"));
}

#[test]
fn a_run_that_is_killed_leaves_no_process_and_no_folder() {
    let run = Ephemeral::new("orphan");
    let running = run.begin("echo here; exec sleep 3600");
    until_out(&running, "here");
    let begun = run.processes();
    assert!(begun.iter().any(Process::is_java) && begun.iter().any(Process::is_supervisor), "{begun:?}");
    running.kill(Signal::SIGKILL);
    running.finish().exits(128 + 9);
    until("the end of all processes", || run.processes().is_empty().then_some(()));
    until("the end of the command", || run.home.processes().is_empty().then_some(()));
    run.assert_nothing_is_left();
}

#[test]
fn a_cluster_that_is_kept_outlives_its_run_and_is_one_of_the_home() {
    let run = Ephemeral::new("kept");
    let name = run.name();
    // Killed before it has handed the cluster over, it leaves as little as any other.
    let killed = run.begin_with(&["--keep"], "echo here; exec sleep 3600");
    until_out(&killed, "here");
    killed.kill(Signal::SIGKILL);
    killed.finish().exits(128 + 9);
    until("the end of all processes", || run.home.processes().is_empty().then_some(()));
    run.assert_nothing_is_left();
    run.begin_with(&["--keep=failure"], "exit 3").finish().exits(3).says(&format!("{name} is kept"));
    // Another run clears away what has no owner, and a supervisor that begins anew looks for an owner, too.
    run.home.processes().iter().filter(|process| process.is_supervisor()).for_each(Process::sigkill);
    run.home.cluster(&["run", "--timeout", "1ms", &run.spec, "--", "true"]).exits(125);
    run.home.cluster(&["-c", name, "status", "--wait", "healthy"]).ok();
    run.home.cluster(&["down", name, "--delete", "--yes"]).ok();
    until("the end of all processes", || run.home.processes().is_empty().then_some(()));
    run.assert_nothing_is_left();
}

#[test]
fn a_run_that_is_killed_while_the_cluster_starts_leaves_nothing_either() {
    let run = Ephemeral::new("early");
    let running = run.begin("echo never");
    let started = |dir: &PathBuf| {
        let entries =
            fs::read(dir.join("events.jsonl")).is_ok().then(|| journal::read(&dir.join("events.jsonl")));
        entries.into_iter().flatten().any(|entry| matches!(entry.event, Event::Started { .. })).then_some(())
    };
    until("a started node", || started(&run.dir));
    running.kill(Signal::SIGKILL);
    running.finish().exits(128 + 9);
    until("the end of all processes", || run.home.processes().is_empty().then_some(()));
    until("the end of all nodes", || run.processes().is_empty().then_some(()));
    run.assert_nothing_is_left();
}

#[test]
fn ctrl_c_and_sigterm_reach_the_command_and_then_everything_ends() {
    let run = Ephemeral::new("signals");
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let running = run.begin("echo here; exec sleep 3600");
        until_out(&running, "here");
        running.kill(signal);
        running.finish().exits(code);
        run.assert_nothing_is_left();
    }
    // The command's own answer to a signal is what counts.
    let running = run.begin("trap 'kill $!; exit 5' TERM; sleep 3600 & echo here; wait");
    until_out(&running, "here");
    running.kill(Signal::SIGTERM);
    running.finish().exits(5);
    run.assert_nothing_is_left();
}

#[test]
fn what_the_command_does_to_its_cluster_is_no_obstacle_to_its_end() {
    let run = Ephemeral::new("rough");
    for script in [
        "kill -KILL $(cat \"$CLUSTER_HOME/$CLUSTER_NAME/supervisor.lock\") && exit 9",
        "\"$0\" kill broker-0 --force >&2 && \"$0\" down >&2 && exit 9",
        "\"$0\" down --delete --yes >&2 && exit 9",
    ] {
        run.begin(script).finish().exits(9);
        run.assert_nothing_is_left();
    }
}

#[test]
fn what_a_run_and_its_supervisor_left_when_both_were_killed_is_cleared_away_by_the_next() {
    let run = Ephemeral::new("both");
    let running = run.begin("echo here; exec sleep 3600");
    until_out(&running, "here");
    let begun = run.processes();
    begun.iter().filter(|process| process.is_supervisor()).for_each(Process::sigkill);
    running.kill(Signal::SIGKILL);
    running.finish().exits(128 + 9);
    assert!(run.processes().iter().any(Process::is_java), "nodes outlive their supervisor");
    run.home.cluster(&["run", "--", "true"]).ok();
    until("the end of all processes", || run.processes().is_empty().then_some(()));
    until("the end of the folder", || (!run.dir.exists()).then_some(()));
}

#[test]
fn a_cluster_that_does_not_come_up_ends_run_with_its_error_and_leaves_nothing() {
    let run = Ephemeral::new("fails");
    let name = run.dir.file_name().unwrap().to_str().unwrap().strip_suffix("-1").unwrap();
    let coordinators = specs::coordinators(1);
    let flags = format!("{coordinators}\nbrokers: {{ count: 1, jvm_flags: [-XX:NoSuchFlag] }}\n");
    fs::write(&run.spec, format!("name: {name}\n{flags}")).unwrap();
    let ran = run.begin("echo never").finish().exits(125).says("NoSuchFlag");
    let named = format!("error: the cluster {name}-1 did not come up: ");
    assert!(ran.err.contains(&named), "{ran}");
    assert_eq!(ran.out, "");
    run.assert_nothing_is_left();
    fs::write(&run.spec, "name: x\nbrokers: many\n").unwrap();
    run.begin("echo never").finish().exits(125);
    run.assert_nothing_is_left();
}
