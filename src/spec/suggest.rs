//! "Did you mean": the nearest of the words that would have been right.

/// The candidate that `wrong` most probably stands for, if any is near.
pub(crate) fn nearest<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = plain(wrong);
    if wrong.is_empty() || wrong.len() > 100 {
        return None;
    }
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&wrong, &plain(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 5 && *distance < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `did you mean X?` when something is near, else the whole choice.
pub(super) fn one_of(wrong: &str, candidates: &[&str]) -> String {
    match nearest(wrong, candidates.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("one of: {}", candidates.join(", ")),
    }
}

/// Case, `-`, `_` and `.` are the usual slips: `replicationFactor`, `jvm-flags`.
fn plain(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '-' | '_' | '.' | ' ')).flat_map(char::to_lowercase).collect()
}

/// The user's own text in a message: short, and without control characters.
pub(super) fn quote(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut short: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    // Quotes need no escape between backticks.
    short = short.replace("\\'", "'").replace("\\\"", "\"");
    if text.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    format!("`{short}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_or_of_style_finds_the_word() {
        let words = ["partitions", "replication_factor", "config", "heap", "jvm_flags"];
        for (wrong, right) in [
            ("partition", "partitions"),
            ("partitons", "partitions"),
            ("replicationFactor", "replication_factor"),
            ("replication-factor", "replication_factor"),
            ("confg", "config"),
            ("hepa", "heap"),
            ("JVM_FLAGS", "jvm_flags"),
        ] {
            assert_eq!(nearest(wrong, words), Some(right), "{wrong}");
        }
    }

    #[test]
    fn nothing_near_is_nothing() {
        for wrong in ["", "x", "retention", "zookeeper.connect"] {
            assert_eq!(nearest(wrong, ["partitions", "config", "heap"]), None, "{wrong}");
        }
    }
}
