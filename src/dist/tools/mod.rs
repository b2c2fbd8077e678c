//! Kafka's own command line tools: which there are, how each is told where to connect, and the JVM
//! that runs one.
//!
//! What Kafka's bin/*.sh do: a distribution of Maven has jars only.

mod classes;
pub(crate) mod connect;
mod jvm;
mod refused;
mod secured;
mod table;

pub(crate) use connect::Connect;
pub(crate) use jvm::{ToolError, command};
pub(crate) use refused::find_refused;

use crate::plan::version::at_least;
use crate::spec::versions::SUPPORTED;

/// A tool of one line of Kafka versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tool {
    /// Of its script in Kafka's bin, without `.sh`.
    pub name: &'static str,
    pub main_class: &'static str,
    /// A class of another jar, without which it ends at once.
    pub needs: Option<&'static str>,
    pub connect: Connect,
    /// The script's `-Xmx`.
    pub heap_mib: u32,
}

/// The tools of a version.
pub(crate) fn all(kafka_version: &str) -> &'static [Tool] {
    let since = |version: &[u32]| at_least(kafka_version, version);
    match () {
        () if since(&[4, 4]) => &table::KAFKA_4_4,
        () if since(&[4, 3]) => &table::KAFKA_4_3,
        () if since(&[4, 2]) => &table::KAFKA_4_2,
        () if since(&[4, 1]) => &table::KAFKA_4_1,
        () if since(&[4]) => &table::KAFKA_4_0,
        () if since(&[3, 9]) => table::KAFKA_3_9,
        () if since(&[2]) => table::before_3_9(kafka_version),
        () if since(&[1]) => &table::KAFKA_1,
        () => table::KAFKA_0_10_2,
    }
}

/// The tool that `word` names, with or without `kafka-` in front and `.sh` behind.
pub(crate) fn find(kafka_version: &str, word: &str) -> Option<&'static Tool> {
    all(kafka_version).iter().find(|tool| is_meant(tool.name, word))
}

/// Name and main class of each tool of a version.
pub fn main_classes(kafka_version: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    all(kafka_version).iter().map(|tool| (tool.name, tool.main_class))
}

fn is_meant(name: &str, word: &str) -> bool {
    let word = word.strip_suffix(".sh").unwrap_or(word);
    name == word || name.strip_prefix("kafka-") == Some(word)
}

/// The oldest and the newest supported version that have what `word` names.
pub(crate) fn versions_with(word: &str) -> Option<(&'static str, &'static str)> {
    let mut with =
        SUPPORTED.iter().map(|known| known.version).filter(|version| find(version, word).is_some());
    let first = with.next()?;
    Some((first, with.next_back().unwrap_or(first)))
}

#[cfg(test)]
mod tests;
