//! Which Kafka: the cluster's, and the one that a role or a node names for itself.

use std::path::Path;

use super::fields::{self, Entry, Fields};
use super::mistake::Mistakes;
use super::model::KafkaSpec;
use super::suggest::quote;
use super::tree::Span;
use super::{values, versions};

pub(super) fn check(
    entry: Option<Entry>,
    default: &str,
    folder: &Path,
    mistakes: &mut Mistakes,
) -> KafkaSpec {
    let default = KafkaSpec { version: Some(default.to_owned()), home: None };
    let Some(entry) = entry else { return default };
    let entries = fields::entries(entry, "kafka: { version: 3.9 }", mistakes);
    let fields = Fields::new(entries, KEYS, |_| None, mistakes);
    let home = fields.get("home").and_then(|entry| values::path(entry, folder, mistakes));
    let version = fields.get("version").and_then(|entry| version(entry, mistakes));
    match (version, home) {
        (None, None) => default,
        (version, home) => KafkaSpec { version: version.map(str::to_owned), home },
    }
}

/// What is said of the cluster's Kafka.
pub(super) const KEYS: &[&str] = &["version", "home"];

/// A version that a role or a node names for itself.
#[derive(Clone)]
pub(super) struct NamedVersion {
    pub version: &'static str,
    /// Where it is named.
    pub span: Span,
}

pub(super) fn named(entry: Entry, mistakes: &mut Mistakes) -> Option<NamedVersion> {
    version(entry, mistakes).map(|version| NamedVersion { version, span: entry.place().clone() })
}

/// The full version that is meant. The text is looked up, not a number: `3.10` is not 3.1.
fn version(entry: Entry, mistakes: &mut Mistakes) -> Option<&'static str> {
    let written = values::text(entry, "version: 3.9", mistakes)?;
    if let Some(known) = versions::resolve(written) {
        return Some(known.version);
    }
    let all = supported();
    let help = match nearest_version(written) {
        Some(near) => format!("did you mean `{near}`? supported: {all}"),
        None => format!("supported: {all}"),
    };
    mistakes.add(entry.place(), format!("Kafka {} is not a supported version", quote(written)), help);
    None
}

/// The supported version that shares the most leading numbers, the newest of several.
fn nearest_version(wanted: &str) -> Option<&'static str> {
    let wanted = wanted.trim().trim_start_matches(['v', 'V']);
    let shared = |known: &str| known.split('.').zip(wanted.split('.')).take_while(|(a, b)| a == b).count();
    let near = versions::SUPPORTED.iter().max_by_key(|known| shared(known.version))?;
    (shared(near.version) > 0).then_some(near.version)
}

fn supported() -> String {
    versions::SUPPORTED.iter().map(|known| known.version).collect::<Vec<_>>().join(", ")
}
