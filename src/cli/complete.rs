use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use clap::{ArgMatches, Args, Command};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use super::context::Context;
use super::names::{self, Names};
use crate::engine::ops::{AdminOps, FolderOps, NodeOps};
use crate::error::{End, ExitCode};

/// Print what the last word of a command line can become; the scripts of `completions` ask it
///
/// A line each: the word, a tab, what it is about. Nothing where nothing is known.
#[derive(Debug, Args)]
pub(super) struct Complete {
    /// `cluster` and what follows; the last word is the one to complete, and may be empty
    #[arg(last = true, required = true)]
    words: Vec<OsString>,
}

/// What an argument asks to be told of its names.
type Told = Arc<dyn Fn(Names) -> Vec<String> + Send + Sync>;

impl Complete {
    /// `command`: what is completed.
    pub(super) async fn run<E: NodeOps + FolderOps + AdminOps>(
        self,
        mut command: Command,
        cx: &mut Context<'_, E>,
    ) -> Result<ExitCode, End> {
        let Some((current, before)) = self.words.split_last() else { return Ok(ExitCode::Ok) };
        let given = command.clone().ignore_errors(true).try_get_matches_from(before).ok();
        command.build();
        if let Some(given) = &given {
            if is_of_another_program(&command, given) {
                return Ok(ExitCode::Ok);
            }
            cx.name(cluster_of(&command, given));
        }
        let mut known = BTreeMap::new();
        let text = current.to_string_lossy();
        for names in asked(&command, &self.words) {
            known.insert(names, names::known(names, before, &text, cx).await);
        }
        let told = Arc::new(move |names| known.get(&names).cloned().unwrap_or_default());
        let mut candidates = candidates(command, &self.words, told);
        let is_option =
            |candidate: &CompletionCandidate| candidate.get_value().as_encoded_bytes().starts_with(b"-");
        // Options are many, and whoever wants one types its `-`.
        if current.is_empty() && !candidates.iter().all(is_option) {
            candidates.retain(|candidate| !is_option(candidate));
        }
        cx.screen.whole(lines(&candidates))?;
        Ok(ExitCode::Ok)
    }
}

fn lines(candidates: &[CompletionCandidate]) -> String {
    let mut text = String::new();
    for candidate in candidates {
        // What is no text cannot be typed either.
        let Some(word) = candidate.get_value().to_str() else { continue };
        if word.contains(char::is_control) {
            continue;
        }
        let about = candidate.get_help().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(text, "{word}\t{}", about.lines().next().unwrap_or_default());
    }
    text
}

/// The kinds of names that the last word may be one of.
fn asked(command: &Command, words: &[OsString]) -> Vec<Names> {
    let asked: Arc<Mutex<Vec<Names>>> = Arc::default();
    let notes = Arc::clone(&asked);
    let told = Arc::new(move |names| {
        notes.lock().unwrap_or_else(PoisonError::into_inner).push(names);
        Vec::new()
    });
    candidates(command.clone(), words, told);
    let asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
    asked.clone()
}

fn candidates(command: Command, words: &[OsString], told: Told) -> Vec<CompletionCandidate> {
    let here = std::env::current_dir().ok();
    let mut command = with_names(command, words, &told);
    let found =
        clap_complete::engine::complete(&mut command, words.to_vec(), words.len() - 1, here.as_deref());
    // There is no sense in telling somebody who presses TAB why there is nothing.
    found.unwrap_or_default()
}

/// The same, where each argument that takes names completes them. A command is offered by its name, not by another one
/// such as `ps`, unless that is typed.
fn with_names(command: Command, words: &[OsString], told: &Told) -> Command {
    let is_typed = command.get_visible_aliases().any(|alias| words.iter().any(|word| word == alias));
    let command = if is_typed { command } else { command.visible_alias(None::<&str>) };
    let command = command.mut_args(|arg| match arg.get::<Names>() {
        None => arg,
        Some(&names) => {
            let told = Arc::clone(told);
            arg.add(ArgValueCompleter::new(move |current: &OsStr| {
                let current = current.to_string_lossy();
                let fitting = told(names).into_iter().filter(|name| name.starts_with(&*current));
                fitting.map(CompletionCandidate::new).collect()
            }))
        }
    });
    command.mut_subcommands(|below| with_names(below, words, told))
}

/// The cluster that the line names, as a word of its own or with `--cluster`.
fn cluster_of(command: &Command, given: &ArgMatches) -> Option<String> {
    let below =
        given.subcommand().and_then(|(name, given)| cluster_of(command.find_subcommand(name)?, given));
    let mut named = command.get_arguments().filter(|arg| arg.get::<Names>() == Some(&Names::Clusters));
    below.or_else(|| {
        named.find_map(|arg| given.try_get_one::<String>(arg.get_id().as_str()).ok().flatten().cloned())
    })
}

/// What follows the tool of `exec`, or the `--` of `run`, is no word of ours.
fn is_of_another_program(command: &Command, given: &ArgMatches) -> bool {
    if let Some((name, given)) = given.subcommand() {
        return command.find_subcommand(name).is_some_and(|below| is_of_another_program(below, given));
    }
    let mut rest = command.get_positionals().filter(|arg| arg.is_trailing_var_arg_set() || arg.is_last_set());
    rest.any(|arg| given.contains_id(arg.get_id().as_str()))
}

#[cfg(test)]
mod tests {
    use crate::admin::group::list::ListedGroup;
    use crate::admin::group::{GroupList, GroupType};
    use crate::cli::testing::{Fake, Groups, run};
    use crate::model::samples;

    /// The words that are offered for the last one of a line.
    fn offered(fake: Fake, line: &str) -> Vec<String> {
        let ran = run(fake, &format!("complete -- cluster {line}"));
        assert_eq!(ran.err, "", "{line}");
        ran.out.lines().map(|line| line.split_once('\t').unwrap().0.to_owned()).collect()
    }

    fn down() -> Fake {
        Fake::with_clusters(&["velib"])
    }

    #[test]
    fn nodes_are_offered_and_each_once() {
        assert_eq!(offered(down(), "start bro"), ["broker-0", "broker-1", "broker-2"]);
        assert_eq!(offered(down(), "start broker-0 bro"), ["broker-1", "broker-2"]);
        assert_eq!(offered(down(), "logs zookeeper-1"), ["zookeeper-1"]);
        assert_eq!(offered(down(), "decommission "), ["broker-0", "broker-1", "broker-2"]);
    }

    #[test]
    fn what_a_node_can_be_is_offered_step_by_step() {
        let first = offered(down(), "kill ");
        for word in ["broker-0", "controller", "zookeeper-leader", "leader:", "follower:", "random:"] {
            assert!(first.iter().any(|one| one == word), "{word}: {first:?}");
        }
        assert_eq!(offered(down(), "kill leader:"), ["leader:velib-stations/"]);
        let partitions = offered(down(), "kill leader:velib-stations/");
        assert_eq!((partitions.len(), partitions[9].as_str()), (10, "leader:velib-stations/9"));
        assert_eq!(offered(down(), "pause random:"), ["random:broker", "random:zookeeper"]);
        assert_eq!(offered(down(), "why velib-stations/9"), ["velib-stations/9"]);
        assert_eq!(offered(down(), "why velib"), ["velib-stations"]);
    }

    #[test]
    fn topics_are_the_plans_and_what_the_supervisor_knows() {
        for line in ["topic describe ", "consume ve", "elect preferred ", "status --topic ", "config ve"] {
            assert_eq!(offered(down(), line), ["velib-stations"], "{line}");
        }
        assert_eq!(offered(down(), "status --topic=v"), ["--topic=velib-stations"]);
        let fake = down();
        fake.running(&["velib"]);
        let mut status = samples::healthy();
        let topics = status.topics.as_mut().unwrap();
        let one = topics.values().next().unwrap().clone();
        topics.insert("bikes".into(), one);
        fake.statuses([Ok(status)]);
        assert_eq!(offered(fake, "produce b"), ["bikes"]);
    }

    #[test]
    fn a_silent_supervisor_is_not_waited_for() {
        let fake = down();
        fake.running(&["velib"]);
        assert_eq!(offered(fake, "topic delete "), ["velib-stations"]);
    }

    #[test]
    fn groups_are_offered_as_far_as_a_shell_reads_them_as_they_are() {
        let listed = || {
            let group = |name: &str| ListedGroup {
                group: name.into(),
                kind: GroupType::Classic,
                state: "Stable".into(),
                protocol_type: "consumer".into(),
                coordinator: 0,
                members: 1,
            };
            let groups = ["riders", "two words", "$(id)"].map(group).to_vec();
            let fake = down();
            fake.groups(Groups::Listed(GroupList { groups, unknown: Vec::new() }));
            fake
        };
        assert_eq!(offered(listed(), "group describe "), ["riders"]);
        assert_eq!(offered(listed(), "consume bikes --group r"), ["riders"]);
    }

    #[test]
    fn clusters_are_offered_and_the_one_that_the_line_names_is_asked() {
        let two = || Fake::with_clusters(&["single", "velib"]);
        for line in ["-c ", "down ", "status "] {
            assert_eq!(offered(two(), line), ["single", "velib"], "{line}");
        }
        assert_eq!(offered(two(), "start bro"), [""; 0], "which of them is not said");
        for line in ["-c velib start broker-0", "start -c velib broker-0", "start --cluster=velib broker-0"] {
            assert_eq!(offered(two(), line), ["broker-0"], "{line}");
        }
        assert_eq!(offered(two(), "status velib --topic "), ["velib-stations"]);
        assert_eq!(offered(two(), "-c nobody start bro"), [""; 0]);
    }

    #[test]
    fn tools_are_offered_and_what_follows_one_is_its_own() {
        let tools = offered(down(), "exec kafka-t");
        assert!(tools.contains(&"kafka-topics".to_owned()), "{tools:?}");
        assert_eq!(offered(down(), "exec kafka-topics --"), [""; 0]);
        assert_eq!(offered(down(), "exec kafka-topics "), [""; 0]);
    }

    #[test]
    fn settings_are_those_of_what_is_named() {
        assert_eq!(offered(down(), "config broker-0 num.part"), ["num.partitions"]);
        assert_eq!(offered(down(), "config bikes retention.m"), ["retention.ms"]);
        assert_eq!(offered(down(), "topic create bikes --config retention.m"), ["retention.ms="]);
        assert_eq!(offered(down(), "topic alter bikes --delete-config retention.m"), ["retention.ms"]);
    }

    #[test]
    fn a_command_is_offered_by_its_name_unless_another_one_is_typed() {
        let commands = offered(down(), "");
        assert!(commands.iter().any(|one| one == "status") && !commands.iter().any(|one| one == "ps"));
        assert_eq!(offered(down(), "topic d"), ["describe", "delete"]);
        assert_eq!(offered(down(), "ps ve"), ["velib"]);
    }

    #[test]
    fn versions_and_examples_need_no_cluster() {
        let none = || Fake::with_clusters(&[]);
        assert_eq!(offered(none(), "up --profile "), ["fast", "stock", "durable"]);
        assert!(offered(none(), "kill --signal ").contains(&"STOP".to_owned()));
        assert_eq!(offered(none(), "init --kafka 3.9"), ["3.9.2", "3.9.1", "3.9.0"]);
        assert_eq!(offered(none(), "init --example v"), ["velib"]);
        for line in ["kill bro", "exec kafka-t", "topic describe x", "group describe x", "-c ", "nonsense x"]
        {
            assert_eq!(offered(none(), line), [""; 0], "{line}");
        }
    }

    #[test]
    fn options_are_offered_when_nothing_else_is_or_when_asked_for() {
        assert!(offered(down(), "kill broker-0 --fo").contains(&"--force".to_owned()));
        assert!(offered(down(), "kill ").iter().all(|word| !word.starts_with('-')));
        assert!(offered(down(), "list ").contains(&"--json".to_owned()));
    }
}
