//! What fits a line: names shortened in the middle, lists with the number of what they leave out, sentences in several
//! lines.

use std::borrow::Cow;

use textwrap::{Options, WordSeparator, WordSplitter};

/// How wide a line may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    /// Into a pipe or a file: nothing is cut.
    Whole,
    /// On a terminal.
    Columns(usize),
}

impl Width {
    /// A name that stands at the head of a line, shortened where it would fill more than one.
    pub(crate) fn name(self, name: &str) -> Cow<'_, str> {
        /// For what stands before it.
        const BEFORE: usize = 8;
        match self {
            Width::Whole => name.into(),
            Width::Columns(columns) => middle(name, columns.saturating_sub(BEFORE)).into(),
        }
    }
}

/// How many columns a text of one line takes, its colours aside.
pub(crate) fn columns(text: &str) -> usize {
    textwrap::core::display_width(text)
}

/// `velib-sta…ions-eu`: the ends of a name tell it from its neighbours.
pub(crate) fn middle(name: &str, columns: usize) -> String {
    if self::columns(name) <= columns {
        return name.to_owned();
    }
    let kept = columns.saturating_sub(1);
    let head = first(name.chars(), kept.div_ceil(2));
    let tail = first(name.chars().rev(), kept / 2);
    head.chars().chain(['…']).chain(tail.chars().rev()).collect()
}

/// As many letters as fit.
fn first(letters: impl Iterator<Item = char>, columns: usize) -> String {
    let mut used = 0;
    let fits = |letter: &char| {
        used += self::columns(letter.encode_utf8(&mut [0; 4]));
        used <= columns
    };
    letters.take_while(fits).collect()
}

/// `0-3,7 ... 12 more`: as many of the items as fit, each with the number of things that it stands for.
pub(crate) fn list(items: &[(String, usize)], between: &str, columns: usize) -> String {
    let text = |shown| first_items(items, between, shown);
    let fits = |text: &String| self::columns(text) <= columns;
    (0..=items.len()).rev().map(text).find(fits).unwrap_or_else(|| text(0))
}

/// The first items of such a list, and how many things the others are.
pub(crate) fn first_items(items: &[(String, usize)], between: &str, shown: usize) -> String {
    let (first, others) = items.split_at(shown.min(items.len()));
    let names: Vec<&str> = first.iter().map(|(item, _)| item.as_str()).collect();
    let more: usize = others.iter().map(|(_, things)| things).sum();
    match (names.len(), more) {
        (_, 0) => names.join(between),
        (0, more) => format!("... {more} more"),
        (_, more) => format!("{} ... {more} more", names.join(between)),
    }
}

/// In lines that fit, broken between words; `hyphens`: behind those, too. A word that is wider than a line stays whole.
pub(crate) fn words(text: &str, columns: usize, hyphens: bool) -> Vec<Cow<'_, str>> {
    textwrap::wrap(text, options(columns, hyphens))
}

fn options<'a>(columns: usize, hyphens: bool) -> Options<'a> {
    let splitter = if hyphens { WordSplitter::HyphenSplitter } else { WordSplitter::NoHyphenation };
    let options = Options::new(columns).break_words(false);
    options.word_separator(WordSeparator::AsciiSpace).word_splitter(splitter)
}

/// Each line that does not fit in several, which stand further in than its beginning. A word that is wider than a
/// line stays whole: the terminal breaks a path by itself, and gives it back whole to whoever copies it.
pub(crate) fn wrap(text: &str, width: Width) -> Cow<'_, str> {
    let Width::Columns(columns) = width else { return text.into() };
    if text.lines().all(|line| self::columns(line) <= columns) {
        return text.into();
    }
    let lines = text.split_inclusive('\n').map(|line| match line.strip_suffix('\n') {
        Some(line) => wrap_line(line, columns) + "\n",
        None => wrap_line(line, columns),
    });
    lines.collect::<String>().into()
}

fn wrap_line(line: &str, columns: usize) -> String {
    if self::columns(line) <= columns {
        return line.to_owned();
    }
    let text = line.trim_start_matches(' ');
    let indent = &line[..line.len() - text.len()];
    let further = format!("{indent}  ");
    textwrap::fill(text, options(columns, false).initial_indent(indent).subsequent_indent(&further))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_both_ends() {
        assert_eq!(middle("velib-stations-of-europe", 11), "velib…urope");
        assert_eq!(middle("velib", 5), "velib");
        assert_eq!(middle("velib", 1), "…");
        assert_eq!(middle("自転車-stations", 9), "自転…ions");
        assert_eq!(Width::Columns(17).name("velib-stations"), "veli…ions");
        assert_eq!(Width::Whole.name("velib-stations"), "velib-stations");
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

    #[test]
    fn a_sentence_goes_on_below_further_in_and_no_word_is_broken() {
        let wrapped = |text| wrap(text, Width::Columns(20)).into_owned();
        assert_eq!(wrapped("short\n  as it is  here\n"), "short\n  as it is  here\n");
        assert_eq!(
            wrapped("\n  broker-0 is down and kept so\nend"),
            "\n  broker-0 is down\n    and kept so\nend"
        );
        assert_eq!(
            wrapped("in /a/path/that/is/longer/than/that\n"),
            "in\n  /a/path/that/is/longer/than/that\n"
        );
        assert_eq!(wrapped("    /a/path/that/is/longer\n"), "    /a/path/that/is/longer\n");
        let red = "\x1b[31mtwelve letters and more\x1b[0m\n";
        assert_eq!(wrapped(red), "\x1b[31mtwelve letters and\n  more\x1b[0m\n");
        let long = "x ".repeat(100);
        assert_eq!(wrap(&long, Width::Whole), long);
    }
}
