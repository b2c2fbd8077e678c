//! What fits a line: names shortened in the middle, lists with the number of what they leave out.

/// How wide a line may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    /// Into a pipe or a file: nothing is cut.
    Whole,
    /// On a terminal.
    Columns(usize),
}

/// `velib-sta…ions-eu`: the ends of a name tell it from its neighbours.
pub(crate) fn middle(name: &str, columns: usize) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= columns {
        return name.to_owned();
    }
    let kept = columns.saturating_sub(1);
    let (head, tail) = (kept.div_ceil(2), kept / 2);
    letters[..head].iter().chain(&['…']).chain(&letters[letters.len() - tail..]).collect()
}

/// `0-3,7 ... 12 more`: as many of the items as fit, each with the number of things that it stands for.
pub(crate) fn list(items: &[(String, usize)], between: &str, columns: usize) -> String {
    let text = |shown: usize| {
        let names: Vec<&str> = items[..shown].iter().map(|(item, _)| item.as_str()).collect();
        let more: usize = items[shown..].iter().map(|(_, things)| things).sum();
        match (shown, more) {
            (_, 0) => names.join(between),
            (0, more) => format!("... {more} more"),
            (_, more) => format!("{} ... {more} more", names.join(between)),
        }
    };
    let fits = |text: &String| text.chars().count() <= columns;
    (0..=items.len()).rev().map(text).find(fits).unwrap_or_else(|| text(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_both_ends() {
        assert_eq!(middle("velib-stations-of-europe", 11), "velib…urope");
        assert_eq!(middle("velib", 5), "velib");
        assert_eq!(middle("velib", 1), "…");
    }

    #[test]
    fn a_list_says_how_much_it_leaves_out() {
        let items = [("0-3".to_owned(), 4), ("7".to_owned(), 1), ("9-20".to_owned(), 12)];
        assert_eq!(list(&items, ",", 80), "0-3,7,9-20");
        assert_eq!(list(&items, ",", 18), "0-3,7,9-20");
        assert_eq!(list(&items, ",", 9), "... 17 more");
        let long = [("0-3".to_owned(), 4), ("100-200".to_owned(), 101), ("900-2000".to_owned(), 1101)];
        assert_eq!(list(&long, ",", 19), "0-3 ... 1202 more");
    }
}
