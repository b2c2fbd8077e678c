//! `--help` as people read it: commands in groups, and examples beneath each.

use clap::Command;
use clap::builder::StyledStr;

use super::examples;
use crate::error::ExitCode;

/// Every command that is shown, under the heading that it stands under.
const GROUPS: &[(&str, &[&str])] = &[
    ("Clusters", &["up", "status", "down", "list", "ui", "env", "run"]),
    ("Nodes", &["kill", "start", "stop", "restart", "pause", "resume", "logs", "events", "why"]),
    ("Topics and data", &["topic", "produce", "consume", "group", "config", "describe", "explain", "bench"]),
    ("Brokers and replicas", &["scale", "decommission", "rebalance", "elect"]),
    ("Users", &["user", "acl", "certs"]),
    ("Specs", &["init", "validate", "plan", "render", "schema"]),
    ("Tools", &["exec", "doctor", "cache", "completions", "man", "checksums", "help"]),
];

/// Help or the version, which the command line of this process asks for.
pub(super) fn show() -> ! {
    command(super::command()).get_matches();
    std::process::exit(ExitCode::Usage as i32)
}

/// The command line with groups and examples: for whoever reads it. Parsing needs neither.
pub(super) fn command(plain: Command) -> Command {
    let commands = grouped(&plain);
    let header = plain.get_styles().get_header();
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{commands}{header}Options:{header:#}\n\
         {{options}}{{after-help}}"
    );
    with_examples(plain, "").help_template(StyledStr::from(template))
}

/// The groups, each in the form that clap gives a list of commands, with its colours and its line breaks.
fn grouped(plain: &Command) -> String {
    let mut whole = plain.clone();
    // The command `help` is there only then.
    whole.build();
    let header = plain.get_styles().get_header();
    let mut text = String::new();
    for (heading, names) in GROUPS {
        let commands = names.iter().filter_map(|name| whole.find_subcommand(name).cloned());
        let mut group = Command::new("cluster")
            .disable_help_subcommand(true)
            .styles(plain.get_styles().clone())
            .max_term_width(WIDEST)
            .subcommands(commands.enumerate().map(|(at, command)| command.display_order(at)))
            .help_template("{subcommands}");
        let list = group.render_help();
        text += &format!("{header}{heading}:{header:#}\n{}\n\n", list.ansi().to_string().trim_end());
    }
    text
}

/// Lines are no longer than this, on terminals that are wider, too.
pub(super) const WIDEST: usize = 100;

/// `path`: the words between `cluster` and the commands below this one.
fn with_examples(command: Command, path: &str) -> Command {
    let below: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let command = below.iter().fold(command, |command, name| {
        let path = format!("{path} {name}");
        command.mut_subcommand(name, |sub| with_examples(sub, path.trim_start()))
    });
    let of_this: Vec<_> = examples::of(path).collect();
    if of_this.is_empty() {
        return command;
    }
    let header = command.get_styles().get_header();
    let mut text = format!("{header}Examples:{header:#}");
    for (line, what) in of_this {
        text += &format!("\n  {line}\n      {what}");
    }
    command.after_long_help(StyledStr::from(text))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn every_command_stands_in_one_group() {
        let mut plain = Cli::command();
        plain.build();
        let shown = plain.get_subcommands().filter(|command| !command.is_hide_set());
        let mut shown: Vec<&str> = shown.map(Command::get_name).collect();
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        shown.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(shown, grouped);
    }

    #[test]
    fn help_has_the_groups_the_options_and_what_each_command_does() {
        let help = command(Cli::command()).render_help().to_string();
        let places: Vec<_> =
            GROUPS.iter().map(|(heading, _)| help.find(&format!("\n{heading}:\n"))).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{help}");
        assert!(help.contains("\n  kill     Send a signal to nodes"), "{help}");
        assert!(help.contains("\nOptions:\n  -c, --cluster <NAME>"), "{help}");
        assert!(!help.contains("\nCommands:") && !help.contains("supervise"), "{help}");
        assert!(help.lines().all(|line| line.chars().count() <= WIDEST), "{help}");
    }

    #[test]
    fn long_help_has_examples_and_short_help_has_none() {
        let mut whole = command(Cli::command());
        whole.build();
        let kill = whole.find_subcommand_mut("kill").unwrap();
        assert!(kill.render_long_help().to_string().contains("Examples:\n  cluster kill broker-0\n"));
        assert!(!kill.render_help().to_string().contains("Examples:"));
    }

    #[test]
    fn the_options_of_all_commands_stand_behind_a_commands_own() {
        let mut whole = command(Cli::command());
        whole.build();
        let help = whole.find_subcommand_mut("kill").unwrap().render_help().to_string();
        let places =
            ["--signal", "--force", "--json", "--cluster", "--verbose"].map(|option| help.find(option));
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{help}");
    }
}
