//! Text that others chose (names of groups, values, errors of brokers, lines of logs), made harmless to a
//! terminal: what would move its cursor, colour it, ring, split a row or turn the direction of writing is shown as
//! an escape. JSON has the text whole ([`json`]).

use std::borrow::Cow;
use std::fmt::Write;

/// What of the control characters may pass.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    Nothing,
    /// Newlines and tabs.
    Layout,
    /// Newlines, tabs and our own colours.
    Styles,
}

/// A text that stands within a line, such as a name: `a\nb` and `\x1b[31m` in what is printed. Escapes again what
/// is escaped already without a change.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, Keep::Nothing)
}

/// A text of several lines, such as an error with the end of a log.
pub(crate) fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, Keep::Layout)
}

/// Lines of any bytes, such as messages; what is no UTF-8 is shown as `\xff`.
pub(crate) fn bytes(bytes: &[u8]) -> String {
    whole(bytes, Keep::Layout)
}

/// A text of ours, with our colours. The last door before a terminal: whatever was forgotten may have colours
/// and newlines, but is not obeyed.
pub(super) fn styled(text: &str) -> Cow<'_, str> {
    match text.bytes().all(|byte| matches!(byte, b'\n' | b'\t' | b' '..=b'~')) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(whole(text.as_bytes(), Keep::Styles)),
    }
}

/// The same JSON without characters that JSON allows and a terminal obeys: they are only within strings, where
/// `\u009b` means the same.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    // The first bytes of those characters in UTF-8; most text has none of them.
    let may_be = memchr::memchr3(0x7f, 0xc2, 0xe2, text.as_bytes()).is_some();
    if !may_be || !text.chars().any(is_obeyed_in_json) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        // Writing to a String cannot fail.
        let _ = match is_obeyed_in_json(c) {
            true => write!(out, "\\u{:04x}", u32::from(c)),
            false => out.write_char(c),
        };
    }
    Cow::Owned(out)
}

/// JSON itself escapes the others, and has newlines of its own.
fn is_obeyed_in_json(c: char) -> bool {
    is_obeyed(c) && !c.is_ascii_control() || c == '\x7f'
}

/// C0, DEL, C1; separators of lines; characters that turn the direction of what follows (UAX #9).
fn is_obeyed(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escaped(text: &str, keep: Keep) -> Cow<'_, str> {
    match text.chars().any(is_obeyed) {
        true => Cow::Owned(whole(text.as_bytes(), keep)),
        false => Cow::Borrowed(text),
    }
}

fn whole(bytes: &[u8], keep: Keep) -> String {
    let mut out = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        let mut rest = chunk.valid();
        while let Some(c) = rest.chars().next() {
            let length = match (c, keep) {
                ('\x1b', Keep::Styles) => style(rest),
                _ => None,
            };
            match (length, c, keep) {
                (Some(length), ..) => out.push_str(&rest[..length]),
                (None, '\n' | '\t', Keep::Layout | Keep::Styles) => out.push(c),
                _ => escape(c, &mut out),
            }
            rest = &rest[length.unwrap_or(c.len_utf8())..];
        }
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

fn escape(c: char, out: &mut String) {
    let _ = match c {
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        c if c.is_ascii_control() => write!(out, "\\x{:02x}", u32::from(c)),
        c if is_obeyed(c) => write!(out, "\\u{{{:x}}}", u32::from(c)),
        c => out.write_char(c),
    };
}

/// The length of the colour (SGR of ECMA-48) that the text begins with.
fn style(text: &str) -> Option<usize> {
    let digits = text.strip_prefix("\x1b[")?;
    let end = digits.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    digits[end..].starts_with('m').then_some("\x1b[".len() + end + 1)
}

#[cfg(test)]
pub(crate) mod samples {
    /// Every character that a terminal obeys, and a colour that is none of ours.
    pub(crate) fn hostile() -> String {
        let obeyed = (0..=0x9f).chain(0x2028..=0x202e).chain(0x2066..=0x2069).filter_map(char::from_u32);
        let obeyed: String = obeyed.filter(|c| super::is_obeyed(*c)).collect();
        format!("\x1b[35mforeign{obeyed}")
    }

    /// The first character of it that a terminal would obey, our own colours and newlines aside.
    pub(crate) fn obeyed(text: &str) -> Option<char> {
        let ours = anstream::adapter::strip_str(text).to_string();
        if text.contains("\x1b[35m") {
            return Some('\x1b');
        }
        ours.chars().find(|c| super::is_obeyed(*c) && *c != '\n')
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        assert_eq!(
            printable("esc\x1b[31mred\x07\u{9b}2J\u{202e}\n\t\r\x7f"),
            r"esc\x1b[31mred\x07\u{9b}2J\u{202e}\n\t\r\x7f"
        );
        assert_eq!(lines("a\tb\r\nc\x1b[2J"), "a\tb\\r\nc\\x1b[2J");
        assert_eq!(bytes(b"\xffa\x9b\n\xc3\xa9"), "\\xffa\\x9b\né");
        for plain in ["", "bikes", "vélo", "自転車", "🚲", r"a\nb"] {
            assert_eq!(printable(plain), plain);
        }
    }

    #[test]
    fn our_colours_pass_the_last_door_and_nothing_else_does() {
        let ours = crate::output::style::paint(crate::output::style::BAD.bold(), "down");
        assert_eq!(styled(&ours), ours);
        for other in ["\x1b[2J", "\x1b]0;title\x07", "\x1b[31", "\x1b", "\u{9b}31m", "\x1b[?25h", "\r"] {
            let shown = styled(other).into_owned();
            assert!(shown.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{other:?}: {shown:?}");
        }
    }

    #[test]
    fn json_means_the_same_and_is_obeyed_by_no_terminal() {
        let hostile = samples::hostile();
        let written = serde_json::to_string_pretty(&[&hostile]).unwrap();
        let shown = json(&written);
        assert_eq!(samples::obeyed(&shown), None, "{shown}");
        assert_eq!(serde_json::from_str::<[String; 1]>(&shown).unwrap(), [hostile]);
    }

    proptest! {
        #[test]
        fn whatever_it_is_no_terminal_obeys_it(text in "(\\PC|[\\x00-\\x1f\\x7f-\\x9f\u{2028}-\u{202e}\\[m;0-9]){0,30}") {
            let shown = printable(&text);
            prop_assert!(!shown.chars().any(is_obeyed), "{shown:?}");
            prop_assert_eq!(printable(&shown), &*shown);
            prop_assert!(!lines(&text).chars().any(|c| is_obeyed(c) && c != '\n' && c != '\t'));
            let door = styled(&text).into_owned();
            let bare = anstream::adapter::strip_str(&door).to_string();
            prop_assert!(!bare.chars().any(|c| is_obeyed(c) && c != '\n' && c != '\t'), "{door:?}");
        }
    }
}
