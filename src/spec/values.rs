//! Single values: text, numbers, choices, paths, heap sizes.

use std::path::{Path, PathBuf};

use super::fields::Entry;
use super::mistake::Mistakes;
use super::suggest::{one_of, quote};
use super::tree::Value;
use crate::model::ids::Role;

/// The text of a single value.
pub(super) fn text<'a>(entry: Entry<'a>, example: &str, mistakes: &mut Mistakes) -> Option<&'a str> {
    let key = quote(entry.key);
    match &entry.node.value {
        Value::Scalar(text) if text.contains('\0') => {
            mistakes.add(entry.place(), format!("{key} contains a NUL character"), "remove the `\\0`");
            None
        }
        Value::Scalar(text) => Some(text),
        Value::Null => {
            mistakes.add(
                entry.place(),
                format!("{key} has no value"),
                format!("give it one, for example `{example}`, or remove the key"),
            );
            None
        }
        Value::List(_) | Value::Map(_) => {
            mistakes.add(
                entry.place(),
                format!("{key} must be a single value, not {}", entry.node.kind()),
                format!("for example `{example}`"),
            );
            None
        }
    }
}

/// A whole number from `least` to `most`, in plain decimal digits: what YAML 1.1 makes of `010` (8)
/// or `1_000` surprises.
pub(super) fn number(
    entry: Entry,
    (least, most): (u32, u32),
    example: &str,
    mistakes: &mut Mistakes,
) -> Option<u32> {
    let written = text(entry, example, mistakes)?;
    let key = quote(entry.key);
    let digits = !written.is_empty() && written.bytes().all(|byte| byte.is_ascii_digit());
    let value =
        written.parse::<u32>().ok().filter(|_| digits && (written == "0" || !written.starts_with('0')));
    match value {
        Some(value) if (least..=most).contains(&value) => Some(value),
        None if !digits || written.starts_with('0') => {
            let plain = written.replace('_', "");
            let help = match plain.trim_start_matches('0').parse::<u32>() {
                Ok(meant) if meant != 0 => format!("write `{}: {meant}` if that is meant", entry.key),
                _ => format!("for example `{example}`"),
            };
            mistakes.add(
                entry.place(),
                format!("{key} must be a whole number, not {}", quote(written)),
                help,
            );
            None
        }
        _ => {
            mistakes.add(
                entry.place(),
                format!("{key} is {}, which is out of range", quote(written)),
                format!("from {least} to {most}"),
            );
            None
        }
    }
}

/// One of some words.
pub(super) fn choice<T: Copy>(
    entry: Entry,
    words: &[(&str, T)],
    synonyms: &[(&str, &str)],
    mistakes: &mut Mistakes,
) -> Option<T> {
    let written = text(entry, &format!("{}: {}", entry.key, words[0].0), mistakes)?;
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == written) {
        return Some(*value);
    }
    let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let help = match synonyms.iter().find(|(synonym, _)| *synonym == written) {
        Some((_, word)) => format!("write `{}: {word}`", entry.key),
        None => one_of(written, &names),
    };
    mistakes.add(entry.place(), format!("{} cannot be {}", quote(entry.key), quote(written)), help);
    None
}

/// What YAML 1.1 takes for booleans.
pub(super) const BOOLEAN_SYNONYMS: &[(&str, &str)] =
    &[("yes", "true"), ("on", "true"), ("no", "false"), ("off", "false")];

/// `true` or `false`.
pub(super) fn boolean(entry: Entry, mistakes: &mut Mistakes) -> Option<bool> {
    choice(entry, &[("true", true), ("false", false)], BOOLEAN_SYNONYMS, mistakes)
}

/// A path as the user means it: `~/` is the home folder, a relative one starts at the spec's folder.
pub(super) fn path(entry: Entry, folder: &Path, mistakes: &mut Mistakes) -> Option<PathBuf> {
    let written = text(entry, &format!("{}: /opt/{0}", entry.key), mistakes)?;
    if written.is_empty() {
        mistakes.add(entry.at, format!("{} is empty", quote(entry.key)), "give a path, or remove the key");
        return None;
    }
    let home = || std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    let meant = match written.strip_prefix("~/").or((written == "~").then_some("")) {
        None => folder.join(written),
        Some(rest) => match home() {
            Some(home) => home.join(rest),
            None => {
                mistakes.add(
                    entry.place(),
                    "`~` stands for the home folder, but HOME is not set",
                    "write the whole path",
                );
                return None;
            }
        },
    };
    // Only an empty path or a lost working folder fails: then the path stays relative.
    Some(std::path::absolute(&meant).unwrap_or(meant))
}

/// The largest heap that makes sense on one machine, in MiB.
const MAX_HEAP: u32 = 256 * 1024;

/// The smallest heap in MiB that a node of the role is known to start with.
fn min_heap(role: Role) -> u32 {
    match role {
        Role::ZooKeeper => 16,
        Role::Controller => 64,
        Role::Broker => 128,
    }
}

/// A heap size in MiB, written as for `-Xmx`: `256m`, `1g`.
pub(super) fn heap(entry: Entry, role: Role, mistakes: &mut Mistakes) -> Option<u32> {
    let written = text(entry, "heap: 256m", mistakes)?;
    let lower = written.to_ascii_lowercase();
    let end = lower.find(|c: char| !c.is_ascii_digit()).unwrap_or(lower.len());
    let (digits, unit) = lower.split_at(end);
    let factor = match unit {
        "m" => Some(1),
        "g" => Some(1024),
        _ => None,
    };
    let (Some(factor), false) = (factor, digits.is_empty()) else {
        let help = match unit.trim_start().chars().next() {
            _ if digits.is_empty() || digits.len() > 6 => "write MiB or GiB: `256m`, `1g`".to_owned(),
            None => format!("say the unit: `{digits}m` is {digits} MiB"),
            Some(unit @ ('m' | 'g')) => format!("write `{digits}{unit}`"),
            Some(_) => "write MiB or GiB: `256m`, `1g`".to_owned(),
        };
        mistakes.add(entry.place(), format!("`heap` cannot be {}", quote(written)), help);
        return None;
    };
    let mib = digits.parse::<u32>().unwrap_or(u32::MAX).saturating_mul(factor);
    let least = min_heap(role);
    if mib < least {
        mistakes.add(
            entry.place(),
            format!("a heap of {} is too small for a {role}", quote(written)),
            format!("give it at least {least}m"),
        );
        return None;
    }
    if mib > MAX_HEAP {
        mistakes.add(
            entry.place(),
            format!("a heap of {} is absurdly large", quote(written)),
            format!("give it at most {}g; a broker on one machine is well off with 1g", MAX_HEAP / 1024),
        );
        return None;
    }
    Some(mib)
}
