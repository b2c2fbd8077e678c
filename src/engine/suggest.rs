//! "Did you mean", for words of the command line.

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

/// `did you mean velib? clusters: single, velib`, or only the list.
pub(crate) fn hint(word: &str, noun: &str, candidates: &[String]) -> String {
    let list = format!("{noun}: {}", candidates.join(", "));
    match nearest(word, candidates.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`? {list}"),
        None => list,
    }
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
}
