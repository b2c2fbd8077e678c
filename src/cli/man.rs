use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use clap_mangen::roff::{Roff, bold, roman};

use super::context::Context;
use super::examples;
use super::no_cluster::NoCluster;
use crate::error::{End, ExitCode, Failure};
use crate::host::files;

/// Write a man page for each command into a folder
///
/// For example `cluster man ~/.local/share/man/man1`, and then `man cluster-kill`.
#[derive(Debug, Args)]
pub(super) struct Man {
    /// The folder; made when it is not there
    dir: PathBuf,

    #[command(flatten)]
    _no_cluster: NoCluster,
}

impl Man {
    /// `command`: what is described, with all below it.
    pub(super) fn run<E>(self, command: clap::Command, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        files::create_folder(&self.dir).map_err(Failure::from)?;
        // A page of the command `help` would say nothing.
        let mut command = command.disable_help_subcommand(true);
        command.build();
        pages(&command, "", &self.dir)
            .map_err(|error| Failure::io("write man pages in", &self.dir, &error))?;
        cx.screen.print(format!("wrote the man pages of `cluster` in {}\n", self.dir.display()))?;
        Ok(ExitCode::Ok)
    }
}

/// `path`: the words of the command behind `cluster`.
fn pages(command: &clap::Command, path: &str, dir: &Path) -> io::Result<()> {
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        pages(sub, format!("{path} {}", sub.get_name()).trim_start(), dir)?;
    }
    let man = clap_mangen::Man::new(command.clone());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    synopsis(command).to_writer(&mut page)?;
    man.render_description_section(&mut page)?;
    if command.get_arguments().any(|argument| !argument.is_hide_set()) {
        man.render_options_section(&mut page)?;
    }
    if command.get_subcommands().any(|sub| !sub.is_hide_set()) {
        man.render_subcommands_section(&mut page)?;
    }
    for section in [exit_status(path), environment(path), files(path), by_example(path), see_also(path)] {
        section.to_writer(&mut page)?;
    }
    std::fs::write(dir.join(man.get_filename()), page)
}

/// As the help has it, where an option's value has a name and what may come several times says so.
fn synopsis(command: &clap::Command) -> Roff {
    let usage = command.clone().render_usage().to_string();
    let mut section = Roff::new();
    section.control("SH", ["SYNOPSIS"]);
    for line in usage.trim_start_matches("Usage:").lines().map(str::trim) {
        section.text([roman(line)]).control("br", []);
    }
    section
}

/// All codes, or what is particular to this command.
fn exit_status(path: &str) -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["EXIT STATUS"]);
    let rows = rows(EXIT_CODES).filter(|(code, _)| code.parse::<u8>().is_ok());
    if path.is_empty() {
        described(&mut section, rows.map(|(code, meaning)| (code.to_owned(), meaning)));
        return section;
    }
    section.text([roman("0 when what was asked is done; cluster(1) lists the others.")]);
    let of_this = |text: &&str| text.contains(&format!("`{path}`")) || text.contains(&format!("`{path} "));
    for text in points(EXIT_CODES).iter().map(String::as_str).filter(of_this) {
        section.control("PP", []).text([roman(plain(text))]);
    }
    section
}

fn environment(path: &str) -> Roff {
    let mut section = Roff::new();
    if path.is_empty() {
        section.control("SH", ["ENVIRONMENT"]);
        described(
            &mut section,
            VARIABLES.iter().map(|(name, what)| ((*name).to_owned(), (*what).to_owned())),
        );
    }
    section
}

fn files(path: &str) -> Roff {
    let mut section = Roff::new();
    if path.is_empty() {
        section.control("SH", ["FILES"]);
        let own = FILES.iter().map(|(name, what)| ((*name).to_owned(), (*what).to_owned()));
        let of_a_cluster =
            rows(STATE).filter(|(name, what)| name.starts_with('`') && !what.starts_with("`$"));
        let of_a_cluster =
            of_a_cluster.map(|(name, what)| (format!("$CLUSTER_HOME/NAME/{}", plain(name)), what));
        described(&mut section, own.chain(of_a_cluster));
    }
    section
}

fn by_example(path: &str) -> Roff {
    let mut section = Roff::new();
    let lines: Vec<_> = match path {
        "" => ["up", "status", "kill", "start", "down"].iter().flat_map(|one| examples::of(one)).collect(),
        path => examples::of(path).collect(),
    };
    if !lines.is_empty() {
        section.control("SH", ["EXAMPLES"]);
        described(&mut section, lines.into_iter().map(|(line, what)| (line.to_owned(), what.to_owned())));
    }
    section
}

fn see_also(path: &str) -> Roff {
    let mut section = Roff::new();
    if !path.is_empty() {
        section.control("SH", ["SEE ALSO"]).text([bold("cluster"), roman("(1)")]);
    }
    section
}

/// Names, and what each is.
fn described(section: &mut Roff, entries: impl Iterator<Item = (String, String)>) {
    for (name, what) in entries {
        section.control("TP", []).text([bold(name)]).text([roman(what)]);
    }
}

/// What every command goes by, beside its options.
const VARIABLES: &[(&str, &str)] = &[
    ("CLUSTER_NAME", "The cluster that is meant, when there are several and no option names one."),
    ("CLUSTER_SPEC", "The spec of commands that name none, in place of ./cluster.yaml."),
    ("CLUSTER_HOME", "The folder of all clusters; $XDG_STATE_HOME/cluster, else ~/.local/state/cluster."),
    ("CLUSTER_CACHE", "What is fetched and made once; $XDG_CACHE_HOME/cluster, else ~/.cache/cluster."),
    ("CLUSTER_ARCHIVE_URL", "A mirror of the Apache archive."),
    ("KAFKA_HOME", "An unpacked Kafka, used when its version is the spec's."),
    ("JAVA_HOME", "The Java of nodes and tools, unless the spec names one; else java of PATH."),
    ("NO_COLOR", "No colours when it is set."),
];

/// Files that are of no single cluster.
const FILES: &[(&str, &str)] = &[("./cluster.yaml", "The spec of commands that name none.")];

const EXIT_CODES: &str = include_str!("../../docs/exit-codes.md");
const STATE: &str = include_str!("../../docs/state.md");

/// The first and the last column of the tables of a page of docs.
fn rows(page: &str) -> impl Iterator<Item = (&str, String)> {
    page.lines().filter_map(|line| {
        let cells = line.strip_prefix("| ")?.strip_suffix(" |")?;
        Some((cells.split(" | ").next()?, plain(cells.rsplit(" | ").next()?)))
    })
}

/// The points of its lists, each in one line.
fn points(page: &str) -> Vec<String> {
    let mut points: Vec<String> = Vec::new();
    for line in page.lines() {
        match (line.strip_prefix("- "), line.strip_prefix("  "), points.last_mut()) {
            (Some(first), _, _) => points.push(first.to_owned()),
            (None, Some(more), Some(point)) => *point += &format!(" {more}"),
            _ => {}
        }
    }
    points
}

/// Without the marks of Markdown.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('[') {
        plain.push_str(before);
        match link.split_once("](").and_then(|(label, to)| Some((label, to.split_once(')')?.1))) {
            Some((label, after)) => {
                plain.push_str(label);
                rest = after;
            }
            None => {
                plain.push('[');
                rest = link;
            }
        }
    }
    (plain + rest).replace('`', "")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::cli::testing::{Fake, run};

    /// By name.
    fn pages() -> BTreeMap<String, String> {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("man1");
        run(Fake::with_clusters(&[]), &format!("man {}", folder.display()));
        let files = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
        files
            .map(|file| {
                let text = std::fs::read_to_string(file.path()).unwrap();
                (file.file_name().into_string().unwrap(), text.replace("\\-", "-").replace("\\&", ""))
            })
            .collect()
    }

    #[test]
    fn every_command_has_a_page_of_its_own() {
        let pages = pages();
        assert!(pages["cluster.1"].contains("cluster-up"));
        assert!(pages["cluster-kill.1"].contains("SIGKILL by default"));
        assert!(pages["cluster-topic-create.1"].contains("partitions"));
        assert!(!pages.contains_key("cluster-supervise.1"), "hidden commands are nobody's business");
    }

    #[test]
    fn pages_have_the_sections_of_a_man_page() {
        let pages = pages();
        let whole = &pages["cluster.1"];
        for words in [
            ".SH \"EXIT STATUS\"\n.TP\n\\fB0\\fR\nWhat was asked is done.",
            ".SH ENVIRONMENT\n.TP\n\\fBCLUSTER_NAME\\fR",
            ".SH FILES\n.TP\n\\fB./cluster.yaml\\fR",
            "\\fB$CLUSTER_HOME/NAME/events.jsonl\\fR\nThe journal (events.md)",
            ".SH EXAMPLES\n.TP\n\\fBcluster up\\fR",
        ] {
            assert!(whole.contains(words), "{words}:\n{whole}");
        }
        for (name, page) in pages.iter().filter(|(name, _)| *name != "cluster.1") {
            assert!(
                page.contains(".SH \"EXIT STATUS\"") && page.contains(".SH \"SEE ALSO\""),
                "{name}: {page}"
            );
        }
        let kill = &pages["cluster-kill.1"];
        assert!(kill.contains(".SH SYNOPSIS\ncluster kill [OPTIONS] <NODE>...\n"), "{kill}");
        assert!(kill.contains(".SH EXAMPLES\n.TP\n\\fBcluster kill broker-0\\fR\nSIGKILL"), "{kill}");
        assert!(kill.contains("exit with 2 when there is no such topic or partition"), "{kill}");
        assert!(pages["cluster-run.1"].contains("125 when the cluster does not come up"));
    }
}
