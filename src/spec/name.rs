//! The cluster's name: a folder's name, and a word on the command line beside names of nodes.

use std::path::Path;

use super::fields::Entry;
use super::mistake::Mistakes;
use super::suggest::quote;
use super::values;
use crate::model::ids::NodeName;

/// Longest name, in bytes.
const LONGEST: usize = 64;

/// The `name` of the spec.
pub(super) fn given(entry: Entry, mistakes: &mut Mistakes) -> Option<String> {
    let written = values::text(entry, "name: velib", mistakes)?;
    match fault(written) {
        None => Some(written.to_owned()),
        Some(fault) => {
            let usable = sanitised(written);
            let help = match usable {
                Some(usable) => format!("for example `name: {usable}`"),
                None => "lowercase letters, digits, `-`, `_` and `.`, for example `name: velib`".to_owned(),
            };
            mistakes.add(entry.place(), format!("the name {} {fault}", quote(written)), help);
            None
        }
    }
}

/// The name of a spec that gives none: its file's, in the letters that a name may have.
pub(super) fn from_file(file: &Path, mistakes: &mut Mistakes) -> Option<String> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let name = sanitised(&stem);
    if name.is_none() {
        mistakes.add(
            &(0..0),
            format!("the spec has no name, and its file's, {}, cannot be one", quote(&stem)),
            "add one, for example `name: velib`",
        );
    }
    name
}

/// Why the text cannot be a name.
fn fault(name: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    if name.is_empty() {
        Some("is empty".to_owned())
    } else if name.len() > LONGEST {
        Some(format!("is {} bytes long; at most {LONGEST} are allowed", name.len()))
    } else if name.contains(['/', '\\']) {
        Some("contains a path; it becomes the name of one folder".to_owned())
    } else if name.starts_with(['.', '-']) {
        Some(format!("begins with `{}`", &name[..1]))
    } else if name.chars().any(|c| c.is_ascii_uppercase()) {
        Some("has upper case letters".to_owned())
    } else if let Some(bad) = name.chars().find(|c| !allowed(*c)) {
        Some(format!("contains {}", quote(&bad.to_string())))
    } else if name.parse::<NodeName>().is_ok() {
        Some("is reserved: a node has this name".to_owned())
    } else if name == "all" {
        Some("is reserved".to_owned())
    } else {
        None
    }
}

/// The nearest text that is a name.
fn sanitised(text: &str) -> Option<String> {
    let lower: String = text
        .chars()
        .flat_map(char::to_lowercase)
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' })
        .collect();
    let name: String = lower.trim_start_matches(['.', '-']).chars().take(LONGEST).collect();
    let name = name.trim_end_matches(['.', '-']).to_owned();
    fault(&name).is_none().then_some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_one_plain_folder() {
        for good in ["velib", "legacy-0.10", "a", "0", "a_b", &"x".repeat(64), "broker", "broker-x"] {
            assert_eq!(fault(good), None, "{good}");
        }
        for bad in [
            "",
            "../x",
            "a/b",
            "a\\b",
            ".",
            "..",
            ".x",
            "-x",
            "Velib",
            "a b",
            "é",
            &"x".repeat(65),
            "broker-0",
            "zookeeper-1",
            "all",
        ] {
            assert!(fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn a_file_gives_the_nearest_name() {
        for (stem, name) in [
            ("velib", "velib"),
            ("My Cluster", "my-cluster"),
            ("../x", "x"),
            (".hidden", "hidden"),
            ("Öl", "l"),
        ] {
            assert_eq!(sanitised(stem).as_deref(), Some(name), "{stem}");
        }
        for none in ["", "-", "...", "<>", "broker-0"] {
            assert_eq!(sanitised(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_sanitised_is_a_name(text in ".*") {
            if let Some(name) = sanitised(&text) {
                prop_assert_eq!(fault(&name), None);
            }
        }
    }
}
