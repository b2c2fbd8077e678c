//! The spec: what the user wants, read from YAML and checked before anything starts.
//!
//! `parse` makes a tree that remembers places; `check` and what it calls walk it into a [`Spec`] and
//! collect every mistake on the way. docs/spec.md is the reference for users.

mod acls;
mod check;
pub(crate) mod coordination;
pub(crate) mod defaults;
pub(crate) mod definition;
pub(crate) mod examples;
mod fields;
mod file;
mod group;
mod kafka;
pub(crate) mod listeners;
pub(crate) mod min_isr;
pub(crate) mod mistake;
pub(crate) mod model;
mod name;
pub(crate) mod owned;
mod parse;
mod ports;
mod schema;
pub(crate) mod security;
mod settings;
mod show;
pub(crate) mod sketch;
pub(crate) mod suggest;
#[cfg(test)]
mod tests;
pub(crate) mod topics;
mod tree;
mod values;
pub(crate) mod versions;
mod write;

use std::path::Path;

use indexmap::IndexMap;

pub(crate) use file::{read, read_from};
pub(crate) use mistake::SpecErrors;
pub(crate) use model::Spec;
use model::{KafkaSpec, NodeGroup, Profile, RestartPolicy};
pub(crate) use schema::schema;
pub(crate) use write::write;

/// The spec of `up` without a file, as a user could have written it.
pub(crate) const DEFAULT_YAML: &str = include_str!("default.yaml");

/// The spec of `run` without a file.
pub(crate) const SMALLEST_YAML: &str = "name: run\nzookeeper: 1\nbrokers: 1\n";

/// Reads and checks a file.
pub(crate) fn load(path: &Path) -> Result<Spec, SpecErrors> {
    parse(&read(path)?, &path.to_string_lossy())
}

/// Checks a text. `file_name` is shown with mistakes, gives the name of a spec without one, and its
/// folder is where relative paths start; the file itself is not read.
pub(crate) fn parse(text: &str, file_name: &str) -> Result<Spec, SpecErrors> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > file::MAX_BYTES {
        return Err(file::huge(file_name));
    }
    let root = parse::tree(text).map_err(|draft| SpecErrors::new(file_name, text, vec![draft]))?;
    let mut mistakes = mistake::Mistakes::new(text);
    let spec = check::spec(&root, Path::new(file_name), &mut mistakes);
    match mistakes.drafts.is_empty() {
        true => Ok(spec),
        false => Err(SpecErrors::new(file_name, text, mistakes.drafts)),
    }
}

/// A mistake that only a look at the machine finds, in the value at this path of keys, of a text that has been checked.
/// Without such a value it is one of the file as a whole.
pub(crate) fn mistake_at(
    text: &str,
    file_name: &str,
    path: &[&str],
    message: String,
    help: String,
) -> SpecErrors {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let root = parse::tree(text).ok();
    let found = root.as_ref().and_then(|root| path.iter().try_fold(root, |node, key| node.at(key)));
    match found {
        Some(node) => {
            let draft = mistake::Draft::new(node.span.clone(), message).help(help);
            SpecErrors::new(file_name, text, vec![draft])
        }
        None => SpecErrors::of_file(file_name, message, Some(help)),
    }
}

/// A profile by the word that specs have for it.
pub(crate) fn profile(word: &str) -> Result<Profile, String> {
    let found = check::PROFILES.iter().find(|(known, _)| *known == word);
    found.map(|(_, profile)| *profile).ok_or_else(|| "profiles are fast, stock and durable".to_owned())
}

/// The words that specs have for profiles.
pub(crate) fn profiles() -> impl Iterator<Item = &'static str> {
    check::PROFILES.iter().map(|(word, _)| *word)
}

/// What [`DEFAULT_YAML`] says, without a way to fail.
pub(crate) fn default_spec() -> Spec {
    let three = || NodeGroup { count: 3, ..NodeGroup::default() };
    Spec {
        name: "default".to_owned(),
        kafka: KafkaSpec { version: Some(versions::DEFAULT.to_owned()), home: None },
        java: None,
        profile: Profile::default(),
        restart: RestartPolicy::default(),
        port_base: None,
        security: None,
        listeners: IndexMap::new(),
        templates: None,
        zookeeper: three(),
        controllers: NodeGroup::default(),
        combined: false,
        brokers: three(),
        topics: IndexMap::new(),
    }
}
