//! What `cluster cache` prints.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::dist::{Holding, Kind};
use crate::engine::cache::{Cleared, Warmed};
use crate::output::style;
use crate::output::table::{Align, Cell, Table};
use crate::output::width::Width;
use crate::units;

/// The answer of `cache list --json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Listing {
    /// The cache folder.
    pub dir: PathBuf,
    /// Of all entries, on disk.
    pub bytes: u64,
    pub entries: Vec<Holding>,
}

impl Listing {
    pub(crate) fn new(dir: &Path, entries: Vec<Holding>) -> Self {
        Listing { dir: dir.to_owned(), bytes: entries.iter().map(|one| one.bytes).sum(), entries }
    }
}

/// A row an entry, then the folder and the sum.
pub(crate) fn list(listing: &Listing, width: Width) -> String {
    let mut table = Table::new(&[
        ("WHAT", Align::Left),
        ("KAFKA", Align::Left),
        ("JAVA", Align::Left),
        ("SIZE", Align::Right),
        ("LAST USED", Align::Left),
        ("USED BY", Align::Left),
    ]);
    for one in &listing.entries {
        let used = one.last_used.map(|at| at.to_zoned(jiff::tz::TimeZone::system()));
        let users = match (one.usable, one.used_by.is_empty()) {
            (false, _) => Cell::words("its Java or Kafka is gone").in_style(style::WARN),
            (true, true) => "-".into(),
            (true, false) => Cell::list(one.used_by.iter().cloned()).in_style(style::GOOD),
        };
        table.row([
            Cell::words(what(one.kind)),
            one.kafka_version.as_deref().unwrap_or("-").into(),
            one.java_version.as_deref().unwrap_or("-").into(),
            units::size(one.bytes).into(),
            Cell::words(used.map_or("-".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M").to_string())),
            users,
        ]);
    }
    format!("{}\n{} in {}\n", table.fit(width), units::size(listing.bytes), listing.dir.display())
}

fn what(kind: Kind) -> &'static str {
    match kind {
        Kind::Kafka => "Kafka",
        Kind::Archive => "startup archive",
        Kind::Maven => "Maven repository",
    }
}

/// What there is now, and whether it was there before.
pub(crate) fn warmed(all: &[Warmed]) -> String {
    all.iter().map(warmed_one).collect()
}

fn warmed_one(warmed: &Warmed) -> String {
    let kafka = if warmed.fetched { "fetched" } else { "there already" };
    let mut text = format!("Kafka {}: {kafka}, {}\n", warmed.kafka_version, warmed.kafka_home.display());
    let java = format!("startup archive for Java {}", warmed.java_version);
    text += &match (&warmed.archive, warmed.archive_made, &warmed.without_archive) {
        (Some(archive), made, _) => format!(
            "{java}: {}, {}, {}\n",
            if made { "made" } else { "there already" },
            units::size(warmed.archive_bytes.unwrap_or(0)),
            archive.display()
        ),
        (None, _, why) => format!("{java}: none, {}\n", why.as_deref().unwrap_or("there is none")),
    };
    text
}

/// A line for each thing that was kept, and the sum of the rest.
pub(crate) fn cleared(cleared: &Cleared) -> String {
    let mut text = String::new();
    for one in &cleared.removed {
        text += &format!("removed {}, {}\n", one.path.display(), units::size(one.bytes));
    }
    for one in &cleared.kept {
        text += &format!("kept {}: {}\n", one.path.display(), one.why);
    }
    match cleared.removed.len() {
        0 => text + if cleared.kept.is_empty() { "nothing to remove\n" } else { "nothing was removed\n" },
        _ => text + &format!("{} freed\n", units::size(cleared.freed_bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::cache::samples;

    #[test]
    fn a_listing_has_a_row_an_entry_and_the_sum() {
        let mut entries = samples::holdings();
        entries[1].usable = false;
        let text =
            anstream::adapter::strip_str(&list(&Listing::new(Path::new("/cache"), entries), Width::Whole))
                .to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "WHAT             KAFKA  JAVA          SIZE  LAST USED  USED BY",
                "Kafka            3.9.2  -        100.0 MiB  -          velib",
                "startup archive  3.9.2  17.0.15   60.0 MiB  -          its Java or Kafka is gone",
                "",
                "160.0 MiB in /cache",
            ]
        );
    }
}
