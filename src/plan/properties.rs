//! Java's .properties format (java.util.Properties.load), which server.properties, zoo.cfg and
//! log4j.properties are read as.

/// `key=value` as one line that Java reads back unchanged. Pure ASCII, since Java reads the file as
/// ISO 8859-1: other characters become `\uXXXX`, as UTF-16.
pub(crate) fn line(key: &str, value: &str) -> String {
    format!("{}={}", escape(key, true), escape(value, false))
}

/// A value, escaped for the right side of a line.
pub(crate) fn value(text: &str) -> String {
    escape(text, false)
}

fn escape(text: &str, is_key: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, character) in text.chars().enumerate() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\u{c}' => out.push_str("\\f"),
            // Leading white space of a value is skipped; any white space, `=` or `:` ends a key.
            ' ' if is_key || at == 0 => out.push_str("\\ "),
            '=' | ':' | '#' | '!' if is_key => {
                out.push('\\');
                out.push(character);
            }
            ' '..='~' => out.push(character),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04X}"));
                }
            }
        }
    }
    out
}

/// Every key and value of a file in its order, as Java reads them; a key may come twice, and then
/// Java takes the last.
pub fn parse(text: &str) -> Vec<(String, String)> {
    logical_lines(text).iter().map(|line| key_and_value(line)).collect()
}

/// Lines without comments and blank ones, continued lines joined.
fn logical_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut open: Option<String> = None;
    for natural in text.split(['\n', '\r']) {
        let natural = natural.trim_start_matches([' ', '\t', '\u{c}']);
        if open.is_none() && (natural.is_empty() || natural.starts_with(['#', '!'])) {
            continue;
        }
        let mut logical = open.take().unwrap_or_default();
        let backslashes = natural.bytes().rev().take_while(|&byte| byte == b'\\').count();
        if backslashes % 2 == 1 {
            logical.push_str(&natural[..natural.len() - 1]);
            open = Some(logical);
        } else {
            logical.push_str(natural);
            lines.push(logical);
        }
    }
    lines.extend(open);
    lines
}

fn key_and_value(line: &str) -> (String, String) {
    let blank = [' ', '\t', '\u{c}'];
    let mut escaped = false;
    let end = line
        .find(|character: char| {
            let ends = !escaped && (matches!(character, '=' | ':') || blank.contains(&character));
            escaped = character == '\\' && !escaped;
            ends
        })
        .unwrap_or(line.len());
    let rest = line[end..].trim_start_matches(blank);
    let rest = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start_matches(blank);
    (unescape(&line[..end]), unescape(rest))
}

fn unescape(text: &str) -> String {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let plain = match character {
            '\\' => match characters.next() {
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('f') => '\u{c}',
                Some('u') => {
                    let digits: String = characters.by_ref().take(4).collect();
                    units.push(u16::from_str_radix(&digits, 16).unwrap_or(0xFFFD));
                    continue;
                }
                Some(other) => other,
                None => continue,
            },
            other => other,
        };
        units.extend_from_slice(plain.encode_utf16(&mut [0; 2]));
    }
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_key_and_value_reads_back_as_it_was_written(
            pairs in prop::collection::vec((".*", ".*"), 1..5)
        ) {
            let text: String = pairs.iter().map(|(key, value)| line(key, value) + "\n").collect();
            prop_assert!(text.is_ascii());
            prop_assert_eq!(parse(&text), pairs);
        }
    }

    #[test]
    fn a_path_with_a_space_and_letters_outside_ascii_is_escaped_as_java_wants() {
        assert_eq!(line("log.dirs", "/home/zoé 🦀/a\\b"), r"log.dirs=/home/zo\u00E9 \uD83E\uDD80/a\\b");
    }

    #[test]
    fn files_that_people_write_are_read_as_java_reads_them() {
        let text = "# comment\n  ! another\r\n\na = 1\nb:2\nc 3\nd\\ e = x\\\n   y\nempty=\nalone\n";
        let expected = [("a", "1"), ("b", "2"), ("c", "3"), ("d e", "xy"), ("empty", ""), ("alone", "")];
        let expected: Vec<_> =
            expected.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        assert_eq!(parse(text), expected);
    }
}
