//! Lines of several logs, each behind the name of whose it is.

use super::foreign;
use super::style::{self, paint};

/// Lines that wait to be shown.
pub(crate) struct NamedLines {
    /// As wide as the longest one; none when there is only one source, whose lines stand for themselves.
    names: Vec<String>,
    /// Whose each is, and where it ends in `text`.
    lines: Vec<(usize, usize)>,
    /// Without newlines.
    text: Vec<u8>,
}

impl NamedLines {
    /// Of these sources.
    pub(crate) fn of(names: Vec<String>) -> Self {
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let names = match names.len() {
            0 | 1 => Vec::new(),
            _ => names.iter().map(|name| format!("{name:<width$}  ")).collect(),
        };
        NamedLines { names, lines: Vec::new(), text: Vec::new() }
    }

    /// A line of the source at this place.
    pub(crate) fn push(&mut self, at: usize, line: &[u8]) {
        self.text.extend_from_slice(line);
        self.lines.push((at, self.text.len()));
    }

    /// There is enough to be worth a write.
    pub(crate) fn is_long(&self) -> bool {
        self.text.len() > 1 << 16
    }

    /// None waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Those that waited are shown.
    pub(super) fn clear(&mut self) {
        self.lines.clear();
        self.text.clear();
    }

    fn each(&self) -> impl Iterator<Item = (usize, &[u8])> {
        let begins = std::iter::once(0).chain(self.lines.iter().map(|(_, end)| *end));
        begins.zip(&self.lines).map(|(begin, (at, end))| (*at, &self.text[begin..*end]))
    }

    /// These very bytes.
    pub(super) fn plain(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.text.len() + self.lines.len() * 16);
        for (at, line) in self.each() {
            text.extend_from_slice(self.names.get(at).map_or("", String::as_str).as_bytes());
            text.extend_from_slice(line);
            text.push(b'\n');
        }
        text
    }

    /// For a terminal: what it can show of them.
    pub(super) fn styled(&self) -> String {
        let name = |at| self.names.get(at).map(|name| paint(style::of_source(at), name)).unwrap_or_default();
        self.each().map(|(at, line)| name(at) + &foreign::bytes(line) + "\n").collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_colour_on_a_terminal_and_what_is_behind_it_is_not_obeyed() {
        let mut lines = NamedLines::of(vec!["a".into(), "bcd".into()]);
        lines.push(1, b"x\x1b[2J");
        lines.push(0, b"");
        assert_eq!(lines.plain(), b"bcd  x\x1b[2J\na    \n");
        let styled = lines.styled();
        assert!(styled.contains("x\\x1b[2J\n") && styled.starts_with("\x1b["), "{styled}");
    }

    #[test]
    fn lines_of_one_source_have_no_name() {
        let mut lines = NamedLines::of(vec!["a".into()]);
        lines.push(0, b"x");
        assert_eq!((lines.plain(), lines.styled()), (b"x\n".to_vec(), "x\n".to_owned()));
    }
}
