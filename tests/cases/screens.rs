//! What commands show on terminals of several sizes, and off a terminal.

use std::collections::BTreeSet;

use textwrap::core::display_width;

use crate::common::cluster::Cluster;
use crate::common::home::TestHome;
use crate::common::terminal::Terminal;
use crate::common::{specs, until};

/// The name of a topic: as long as the widest sensible screen, and then some.
fn long() -> String {
    "stations".repeat(20)
}

fn on_terminal(cluster: &Cluster, rows: u16, columns: u16, line: &str) -> Terminal {
    let words: Vec<&str> = ["-c", &cluster.name].into_iter().chain(line.split(' ')).collect();
    Terminal::start(cluster.command(&words), rows, columns)
}

/// Those that are the same in every run: others are numbers or short.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split_whitespace().map(|word| word.trim_end_matches(','));
    words.filter(|word| word.chars().filter(|letter| letter.is_alphabetic()).count() > 3)
}

/// What it says off a terminal.
#[track_caller]
fn whole(cluster: &Cluster, line: &str) -> String {
    let whole = cluster.run(&line.split(' ').collect::<Vec<_>>()).ok().out;
    assert!(!whole.contains('…') && !whole.contains(" more\n"), "`{line}` is whole off a terminal:\n{whole}");
    whole
}

/// What it says on a terminal, where every line fits.
#[track_caller]
fn fitting(cluster: &Cluster, columns: u16, line: &str) -> String {
    let (code, shown) = on_terminal(cluster, 50, columns, line).finish();
    assert_eq!(code, Some(0), "`{line}`: {shown}");
    for text in shown.lines() {
        // The terminal breaks a word that is wider.
        let fits = display_width(text) <= columns.into() || !text.trim().contains(' ');
        assert!(fits, "a line of `{line}` is wider than {columns} columns: {text}\n{shown}");
    }
    shown
}

/// A word of `shown` that is none of what is said off a terminal.
fn broken<'a>(shown: &'a str, whole: &str) -> Option<&'a str> {
    let known: BTreeSet<&str> = words(whole).collect();
    // A name may be shortened, a list cut between its items, and a title broken at a hyphen.
    let is_part = |word: &str| {
        let begins = |known: &&str| known.strip_prefix(word).is_some_and(|rest| rest.starts_with(','));
        word == "more" || word.contains('…') || word.to_uppercase() == word || known.iter().any(begins)
    };
    words(shown).find(|word| !known.contains(word) && !is_part(word))
}

#[test]
fn lines_fit_terminals_of_any_size_and_are_whole_without_one() {
    let long = long();
    let cluster = Cluster::new(
        TestHome::with_cluster(),
        &specs::sized(
            "screens",
            1,
            2,
            &format!(
                "topics:\n  {long}: {{ partitions: 3, replication_factor: 2, config: {{ retention.ms: 86400000 }} }}\n  \
                 wide: {{ partitions: 300, replication_factor: 1 }}\n"
            ),
        ),
    );
    cluster.cluster(&["up", &cluster.spec]).ok();
    cluster.run(&["consume", "wide", "--group", "riders", "--until-end"]).ok();
    let keys = "offsets.topic.replication.factor transaction.state.log.replication.factor log.dirs";
    for line in [
        "status",
        &format!("status --topic {long}"),
        "topic list",
        "topic describe",
        &format!("explain {long}"),
        "why",
        "why broker-0",
        &format!("why {long}"),
        "list",
        &format!("config broker-0 {keys}"),
        &format!("config {long}"),
        &format!("plan {}", cluster.spec),
        "group list",
        "group describe riders",
        "cache list",
        "events -n 5",
    ] {
        let said = whole(&cluster, line);
        for columns in [60, 80, 200] {
            let shown = fitting(&cluster, columns, line);
            // It may say something else by now.
            let found =
                broken(&shown, &said).and_then(|_| broken(&shown, &whole(&cluster, line)).map(str::to_owned));
            assert_eq!(found, None, "a word of `{line}` is broken at {columns} columns:\n{shown}\n{said}");
        }
    }
    let listed = cluster.run(&["topic", "list"]).ok().out;
    assert!(listed.lines().any(|line| line.starts_with(&long)), "{listed}");

    let said = whole(&cluster, "status --topic wide");
    for columns in [80, 200] {
        let mut watch = on_terminal(&cluster, 10, columns, "status --watch --topic wide");
        let shown = until("a whole screen", || {
            let shown = watch.shows();
            shown.last()?.starts_with("healthy").then_some(shown)
        });
        assert!(shown.len() < 10 && shown[0].starts_with("screens  Kafka"), "{shown:#?}");
        let left_out: usize = shown
            .iter()
            .find_map(|line| line.strip_prefix("... ")?.strip_suffix(" lines more")?.parse().ok())
            .unwrap_or_else(|| panic!("nothing says how much is left out: {shown:#?}"));
        let all = said.lines().filter(|line| !line.is_empty()).count();
        assert_eq!(left_out + shown.len() - 1, all, "{shown:#?}");
        watch.types("q");
        assert_eq!(watch.finish().0, Some(0));
    }

    cluster.run(&["kill", "broker-1", "--force"]).ok();
    for line in ["status", "why", &format!("why {long}")] {
        for columns in [60, 80] {
            fitting(&cluster, columns, line);
        }
    }
}
