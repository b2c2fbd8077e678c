//! What of a text fits the rows of a terminal.

use super::width::{self, Width, wrap};
use crate::units;

/// All lines when they fit; else those that do, each cut where the terminal ends, and how many more there are. The last
/// one is always among them, and whole. Where they do not fit, empty ones are the first to go.
pub(super) fn fit(text: &str, rows: usize, columns: usize) -> String {
    // One word may be wider than the terminal.
    let height = |line: &str| width::columns(line).div_ceil(columns).max(1);
    let wrapped = wrap(text, Width::Columns(columns));
    // The cursor stands on a row of its own below them.
    if wrapped.lines().map(height).sum::<usize>() < rows {
        return wrapped.into_owned();
    }
    let mut lines: Vec<&str> = text.lines().collect();
    let Some(last) = lines.pop() else { return String::new() };
    let last = wrap(last, Width::Columns(columns));
    let room = rows.saturating_sub(last.lines().map(height).sum::<usize>() + 1);
    if lines.len() > room {
        lines.retain(|line| !line.is_empty());
    }
    let more = match lines.len().saturating_sub(room) {
        0 => None,
        // Its own line takes the place of one more.
        more => (room > 0).then(|| format!("... {} more", units::count(more + 1, "line"))),
    };
    let shown = if more.is_some() { room - 1 } else { room };
    let above = lines.iter().take(shown).map(|line| cut(line, columns));
    above.chain(more).chain([last.into_owned()]).map(|line| line + "\n").collect()
}

/// The first letters, with all of the line's colours, and that there are more.
fn cut(line: &str, columns: usize) -> String {
    if width::columns(line) <= columns {
        return line.to_owned();
    }
    let (mut shown, mut in_colour) = (0, false);
    let is_kept = |letter: &char| {
        if *letter == '\x1b' || in_colour {
            in_colour = *letter != 'm';
            return true;
        }
        shown += width::columns(letter.encode_utf8(&mut [0; 4]));
        shown < columns
    };
    line.chars().filter(is_kept).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_the_terminal_is_cut_but_for_the_last_line() {
        assert_eq!(fit("a\nb\nc\nverdict\n", 4, 80), "a\n... 2 lines more\nverdict\n");
        assert_eq!(fit("a\n\nb\n\nverdict\n", 4, 80), "a\nb\nverdict\n");
        assert_eq!(fit("a b c d\nverdict\n", 5, 7), "a b c d\nverdict\n");
        assert_eq!(fit("one two three\nverdict\n", 9, 8), "one two\n  three\nverdict\n");
        assert_eq!(fit("a\nb\nc\nin so many words\n", 5, 8), "... 3 lines more\nin so\n  many\n  words\n");
        assert_eq!(fit("a\nb\nverdict\n", 4, 80), "a\nb\nverdict\n");
        assert_eq!(fit("a\nb\nverdict\n", 4, 4), "... 2 lines more\nverdict\n");
        assert_eq!(fit("a\nb\nverdict\n", 1, 80), "verdict\n");
        assert_eq!(cut("\x1b[32mready\x1b[0m at last", 3), "\x1b[32mre\x1b[0m…");
    }
}
