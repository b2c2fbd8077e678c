//! A page of docs/ whose commands are run, and whose output is compared with what they say.
//!
//! Blocks marked `console` count: a line that begins with `$ ` is a command, what follows is its standard
//! output, or standard error where that is empty: progress is not shown. What differs from run to run (times, sizes, pids, ports) is compared by its kind only;
//! a line `...` stands for any lines, `…` within a line for anything.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use regex::Regex;

use super::home::TestHome;
use super::run::Running;

/// One command of a page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// From 1.
    pub line: usize,
    pub command: String,
    pub output: Vec<String>,
}

pub(crate) fn steps(markdown: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for (number, line) in (1..).zip(markdown.lines()) {
        match line.trim_end() {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            line => match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => {
                    steps.push(Step { line: number, command: command.to_owned(), output: Vec::new() });
                }
                (None, Some(step)) => step.output.push(line.to_owned()),
                (None, None) => panic!("line {number}: output before any command"),
            },
        }
    }
    steps
}

/// Runs every command of a page in turn, in a shell, with `cluster` on its PATH, and compares.
#[track_caller]
pub(crate) fn walk(home: &TestHome, page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let steps = steps(&fs::read_to_string(&path).unwrap());
    assert!(!steps.is_empty(), "{page} has no commands");
    for step in &steps {
        let said = run(home, &step.command);
        let actual: Vec<&str> = said.lines().map(str::trim_end).collect();
        assert!(
            matches(&step.output, &actual),
            "{page}:{}: `{}` says\n{said}\n--- and not\n{}",
            step.line,
            step.command,
            step.output.join("\n")
        );
    }
}

fn run(home: &TestHome, command: &str) -> String {
    let bin = home.root().join("bin");
    if !bin.exists() {
        fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_cluster"), bin.join("cluster")).unwrap();
    }
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let plain = home.command::<&str>(&[]);
    let mut shell = Command::new("bash");
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    // Where a user's clusters are.
    shell.env_remove("CLUSTER_HOME").env("PATH", path).current_dir(env!("CARGO_MANIFEST_DIR"));
    shell.args(["-c", command]);
    let run = Running::start(shell).finish();
    if run.out.is_empty() { run.err } else { run.out }
}

fn matches(expected: &[String], actual: &[&str]) -> bool {
    match (expected.split_first(), actual.split_first()) {
        (None, None) => true,
        (Some((line, rest)), _) if line == "..." => {
            (0..=actual.len()).any(|skipped| matches(rest, &actual[skipped..]))
        }
        (Some((expected, rest)), Some((actual, others))) => {
            is_like(&normal(expected), &normal(actual)) && matches(rest, others)
        }
        _ => false,
    }
}

/// `expected` may have `…` for anything.
fn is_like(expected: &str, actual: &str) -> bool {
    let mut pieces = expected.split('…');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = actual.strip_prefix(first) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// A line without what differs from run to run.
fn normal(line: &str) -> String {
    static KINDS: LazyLock<[(Regex, &str); 5]> = LazyLock::new(|| {
        [
            (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z?", "<time>"),
            (r"\b\d+(\.\d+)? (ms|s|min|h)\b", "<duration>"),
            (r"\b\d+(\.\d+)? (B|kB|KiB|MB|MiB|GB|GiB)\b", "<size>"),
            // Pids and ports; whatever a page counts is smaller.
            (r"\b\d{3,}\b", "<number>"),
            (r"\s+", " "),
        ]
        .map(|(kind, name)| (Regex::new(kind).unwrap(), name))
    });
    let named =
        KINDS.iter().fold(line.to_owned(), |line, (kind, name)| kind.replace_all(&line, *name).into_owned());
    named.trim().to_owned()
}

#[test]
fn a_page_is_cut_into_commands_and_what_they_say() {
    let page =
        "text\n```console\n$ cluster list\nvelib\n\n$ cluster down\n```\n$ not this\n```yaml\nname: x\n```\n";
    let step = |line, command: &str, output: &[&str]| Step {
        line,
        command: command.to_owned(),
        output: output.iter().map(|&line| line.to_owned()).collect(),
    };
    assert_eq!(steps(page), [step(3, "cluster list", &["velib", ""]), step(6, "cluster down", &[])]);
}

#[test]
fn what_differs_from_run_to_run_is_passed_over_and_nothing_else() {
    let says = |expected: &[&str], actual: &[&str]| {
        matches(&expected.iter().map(|&line| line.to_owned()).collect::<Vec<_>>(), actual)
    };
    assert!(says(&["broker-0: gone after 8 ms"], &["broker-0: gone after 1.2 s"]));
    assert!(!says(&["broker-0: gone after 8 ms"], &["broker-1: gone after 8 ms"]));
    assert!(says(&["broker-0  ready  19866  19092"], &["broker-0 ready 712 20000"]));
    assert!(!says(&["Isr: 0,1"], &["Isr: 1"]));
    assert!(says(&["a", "...", "d"], &["a", "b", "c", "d"]) && says(&["a", "..."], &["a"]));
    assert!(!says(&["a", "...", "d"], &["a", "b"]));
    assert!(says(&["leader … of …, 3"], &["leader 1 of 2, 3"]) && !says(&["leader …, 3"], &["leader 1, 4"]));
}
