//! "Did you mean", for words of the command line.

use std::fmt::Write as _;

/// A longer list is cut to so many.
const SHOWN: usize = 8;

/// What names are of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    noun: &'static str,
    /// The commands that tell all of them; without one, a hint does.
    told_by: Option<&'static str>,
}

pub(crate) const BROKERS: Kind = Kind { noun: "brokers", told_by: Some("`cluster status`") };
pub(crate) const CERTS: Kind = Kind { noun: "certificates", told_by: Some("`cluster certs`") };
pub(crate) const CLUSTERS: Kind = Kind { noun: "clusters", told_by: Some("`cluster list`") };
pub(crate) const GROUPS: Kind = Kind { noun: "groups", told_by: Some("`cluster group list`") };
pub(crate) const LISTENERS: Kind = Kind { noun: "listeners", told_by: None };
pub(crate) const NODES: Kind = Kind { noun: "nodes", told_by: Some("`cluster status`") };
pub(crate) const NODES_AND_TOPICS: Kind =
    Kind { noun: "nodes and topics", told_by: Some("`cluster status` and `cluster topic list`") };
pub(crate) const TOOLS: Kind = Kind { noun: "tools", told_by: None };
pub(crate) const TOPICS: Kind = Kind { noun: "topics", told_by: Some("`cluster topic list`") };
pub(crate) const USERS: Kind = Kind { noun: "users", told_by: None };

/// The candidate that `word` was most likely meant to be; `None` when none is near.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        // A third of the letters may be wrong: more is another word.
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `did you mean velib? clusters: single, velib`, or only the list. Of a long one the nearest, and what tells all.
pub(crate) fn hint(word: &str, kind: Kind, candidates: &[String]) -> String {
    hint_of(word, nearest(word, candidates.iter().map(String::as_str)), kind, candidates)
}

/// The same, for who knows better what was meant.
pub(crate) fn hint_of(word: &str, meant: Option<&str>, kind: Kind, candidates: &[String]) -> String {
    let mut text = match meant {
        Some(near) => format!("did you mean `{near}`? "),
        None => String::new(),
    };
    let mut shown: Vec<&str> = candidates.iter().map(String::as_str).collect();
    let cut = kind.told_by.filter(|_| shown.len() > SHOWN);
    if cut.is_some() {
        let word = word.to_lowercase();
        shown.sort_by_cached_key(|candidate| {
            let candidate = candidate.to_lowercase();
            // Part of a name is far from the whole by its letters.
            (!candidate.contains(&word), strsim::damerau_levenshtein(&word, &candidate))
        });
        shown.truncate(SHOWN);
    }
    text += &format!("{}: {}", kind.noun, shown.join(", "));
    if let Some(commands) = cut {
        let _ = write!(text, " and {} more: see {commands}", candidates.len() - SHOWN);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let names = ["broker-0", "broker-1", "zookeeper-1"];
        assert_eq!(nearest("brokr-0", names), Some("broker-0"));
        assert_eq!(nearest("Zookeper-1", names), Some("zookeeper-1"));
        assert_eq!(nearest("kafka", names), None);
    }

    fn groups(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("g{number:03}")).chain(["riders".to_owned()]).collect()
    }

    #[test]
    fn of_many_names_the_nearest_are_shown_and_the_command_that_lists_all() {
        assert_eq!(
            hint("rider", GROUPS, &groups(299)),
            "did you mean `riders`? groups: riders, g000, g001, g002, g003, g004, g005, g006 and 292 more: \
             see `cluster group list`"
        );
        let told = hint("29", GROUPS, &groups(299));
        assert!(told.contains("groups: g029, g129, g229, g290, g291"), "what it is a part of: {told}");
    }

    #[test]
    fn a_few_names_are_shown_in_their_order_and_so_are_all_that_no_command_lists() {
        assert_eq!(hint("x", GROUPS, &groups(7)), "groups: g000, g001, g002, g003, g004, g005, g006, riders");
        let told = hint("x", TOOLS, &groups(299));
        assert!(told.ends_with("g298, riders"), "{told}");
    }
}
