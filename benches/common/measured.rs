//! A whole process: how long it took, and the most memory that it had.

use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};

/// The bench itself with this as its first argument runs the rest as a command, and says what it cost: the
/// system tells the memory of children only as the largest of all, so that each has a parent of its own.
const MEASURE: &str = "--measure-one";

pub(crate) struct Measured {
    pub seconds: f64,
    /// Peak resident memory in MiB.
    pub peak_mib: f64,
    pub out: String,
}

/// To be called first by a bench's `main`.
pub(crate) fn measure_if_asked() {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|first| first != MEASURE) {
        return;
    }
    let begun = Instant::now();
    let status = Command::new(arguments.next().unwrap()).args(arguments).status().unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    let peak_kib = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss();
    eprintln!("{MEASURE} {seconds} {peak_kib}");
    std::process::exit(status.code().unwrap_or(1));
}

/// Runs a command with the standard input and output that it is given; what it writes to standard output
/// is kept when `keep`.
pub(crate) fn measured(command: &Command, stdin: Stdio, keep: bool) -> Measured {
    let mut wrapper = Command::new(std::env::current_exe().unwrap());
    wrapper.arg(MEASURE).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapper.env(name, value),
            None => wrapper.env_remove(name),
        };
    }
    let stdout = if keep { Stdio::piped() } else { Stdio::null() };
    let child = wrapper.stdin(stdin).stdout(stdout).stderr(Stdio::piped()).spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {err}");
    let told = err.lines().rev().find_map(|line| line.strip_prefix(MEASURE)).unwrap();
    let mut numbers = told.split_whitespace().map(|number| number.parse::<f64>().unwrap());
    Measured {
        seconds: numbers.next().unwrap(),
        peak_mib: numbers.next().unwrap() / 1024.0,
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
    }
}
