//! The journal, read from its file, and what holds for every journal.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cluster::model::event::{Entry, Event};

/// Every whole line. The last one may be half written while its supervisor writes it.
pub(crate) fn read(path: &Path) -> Vec<Entry> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Entries count up by one, whatever became of the supervisors that wrote them.
#[track_caller]
pub(crate) fn assert_no_gap(entries: &[Entry]) {
    for pair in entries.windows(2) {
        assert_eq!(pair[0].seq + 1, pair[1].seq, "{pair:?}");
    }
}

/// Every process that is in the journal, and is gone, went exactly once.
#[track_caller]
pub(crate) fn assert_each_exits_once(entries: &[Entry]) {
    let mut exits = BTreeMap::new();
    for entry in entries {
        match entry.event {
            Event::Started { node, pid } | Event::Adopted { node, pid } => {
                exits.entry((node, pid)).or_insert(0);
            }
            Event::Exited { node, pid, .. } => *exits.entry((node, pid)).or_insert(0) += 1,
            _ => {}
        }
    }
    let wrong: Vec<_> = exits.into_iter().filter(|(_, exits)| *exits != 1).collect();
    let lines = entries.iter().map(|entry| format!("{entry:?}\n")).collect::<String>();
    assert!(wrong.is_empty(), "not one exit each, but (node, pid), exits: {wrong:?}\n{lines}");
}

/// What happens next in a story, and how to tell that it does.
pub(crate) type Chapter<'a> = (&'a str, &'a dyn Fn(&Event) -> bool);

/// `steps` come in this order, other entries between them.
#[track_caller]
pub(crate) fn assert_story(entries: &[Entry], steps: &[Chapter<'_>]) {
    let mut rest = entries.iter();
    for (what, is) in steps {
        assert!(
            rest.any(|entry| is(&entry.event)),
            "`{what}` does not come after the steps before it in:\n{}",
            entries.iter().map(|entry| format!("{entry:?}\n")).collect::<String>()
        );
    }
}
