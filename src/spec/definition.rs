//! What a setting of Kafka may be: its type, and what its validator lets through. Where nobody but Kafka can tell,
//! any value is let through.

use super::suggest::{nearest, quote};

/// A setting as Kafka's `ConfigDef` has it (`ConfigDef.ConfigKey`).
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// How Kafka's documentation writes it: `null` is no value. `None`: there is none, since the setting must
    /// be given.
    pub default: Option<&'static str>,
    kind: Kind,
    allowed: Allowed,
    /// No value at all, or an empty list.
    may_be_empty: bool,
}

/// How Kafka reads a text (`ConfigDef.Type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Boolean,
    Short,
    Int,
    Long,
    Double,
    List,
    /// STRING, PASSWORD and CLASS, which only Kafka can look for.
    Text,
}

/// What a `ConfigDef.Validator` lets through.
#[derive(Clone, Debug, PartialEq)]
enum Allowed {
    Anything,
    /// `ConfigDef.Range`: from, to, both included.
    Range(Option<&'static str>, Option<&'static str>),
    /// `ConfigDef.ValidString`; of lists, `ConfigDef.ValidList`.
    Words(Vec<&'static str>),
    /// `ConfigDef.CaseInsensitiveValidString`.
    WordsInAnyCase(Vec<&'static str>),
}

/// Ends of a definition's text, see [`Definition::read`].
const NOT_EMPTY: &str = " not empty";
const ANY_CASE: &str = " in any case";

/// What is wrong with a value, and what would be right.
type Fault = (String, String);

impl Definition {
    /// `INT`, `INT 1..`, `DOUBLE 0..1`, `STRING a|b`, `STRING a|b in any case`, `LIST a|b not empty`.
    pub(super) fn read(text: &'static str, default: Option<&'static str>) -> Self {
        let (text, may_be_empty) = match text.strip_suffix(NOT_EMPTY) {
            Some(text) => (text, false),
            None => (text, true),
        };
        let (kind, allowed) = text.split_once(' ').unwrap_or((text, ""));
        let kind = match kind {
            "BOOLEAN" => Kind::Boolean,
            "SHORT" => Kind::Short,
            "INT" => Kind::Int,
            "LONG" => Kind::Long,
            "DOUBLE" => Kind::Double,
            "LIST" => Kind::List,
            _ => Kind::Text,
        };
        let end = |end: &'static str| Some(end).filter(|end| !end.is_empty());
        let allowed = match (allowed.split_once(".."), allowed.strip_suffix(ANY_CASE)) {
            _ if allowed.is_empty() => Allowed::Anything,
            (Some((least, most)), _) => Allowed::Range(end(least), end(most)),
            (None, Some(words)) => Allowed::WordsInAnyCase(words.split('|').collect()),
            (None, None) => Allowed::Words(allowed.split('|').collect()),
        };
        Definition { default, kind, allowed, may_be_empty }
    }

    /// A whole number (`Integer.parseInt`) of any size.
    pub(super) fn int() -> Self {
        Definition::read("INT", None)
    }

    /// Why Kafka would refuse this value of the setting `key`, as `ConfigDef.parseType` and the validator do, and
    /// what it would take. What config providers put in the place of `${…}` (KIP-421), nobody knows.
    pub fn fault(&self, key: &str, written: &str) -> Option<Fault> {
        let value = trim(written);
        if value.contains("${") {
            return None;
        }
        if value.is_empty() && !self.takes_empty() {
            let help = format!("{}; or leave the setting out", self.choice());
            return Some((format!("{} cannot be empty", quote(key)), help));
        }
        match self.kind {
            Kind::Boolean => boolean(key, value),
            Kind::Short => self.whole(key, value, (i16::MIN.into(), i16::MAX.into())),
            Kind::Int => self.whole(key, value, (i32::MIN.into(), i32::MAX.into())),
            Kind::Long => self.whole(key, value, (i64::MIN.into(), i64::MAX.into())),
            Kind::Double => self.double(key, value),
            Kind::Text => self.word(value).map(|fault| self.not_a_word(key, fault, "one of")),
            Kind::List if value.is_empty() => None,
            Kind::List => {
                let fault = value.split(',').find_map(|item| self.word(item.trim_matches(IS_SPACE)));
                fault.map(|fault| self.not_a_word(key, fault, "of these, separated by commas"))
            }
        }
    }

    fn takes_empty(&self) -> bool {
        match self.kind {
            Kind::Text => self.may_be_empty && self.word("").is_none(),
            Kind::List => self.may_be_empty,
            _ => false,
        }
    }

    fn whole(&self, key: &str, value: &str, bounds: (i128, i128)) -> Option<Fault> {
        if may_be_foreign_digits(value) {
            return None;
        }
        let Some(number) = whole_number(value) else {
            let name = match self.kind {
                Kind::Short => "SHORT",
                Kind::Long => "LONG",
                _ => "INT",
            };
            let what = format!("{} is a whole number ({name}), not {}", quote(key), quote(value));
            return Some((what, meant(value).unwrap_or_else(|| self.choice())));
        };
        let out_of_range = || format!("{} is {}, which is out of range", quote(key), quote(value));
        if number < bounds.0 || number > bounds.1 {
            return Some((out_of_range(), format!("from {} to {}", bounds.0, bounds.1)));
        }
        (!self.in_range(number as f64)).then(|| (out_of_range(), self.choice()))
    }

    fn double(&self, key: &str, value: &str) -> Option<Fault> {
        match double(value) {
            Double::Number(number) if self.in_range(number) => None,
            Double::Number(_) => {
                Some((format!("{} is {}, which is out of range", quote(key), quote(value)), self.choice()))
            }
            Double::Hexadecimal => None,
            Double::None => {
                Some((format!("{} is a number (DOUBLE), not {}", quote(key), quote(value)), self.choice()))
            }
        }
    }

    /// Compared as `ConfigDef.Range` does, as floating-point numbers.
    fn in_range(&self, number: f64) -> bool {
        let Allowed::Range(least, most) = self.allowed else { return true };
        let end = |text: Option<&str>| text.and_then(|text| text.parse::<f64>().ok());
        !end(least).is_some_and(|least| number < least) && !end(most).is_some_and(|most| number > most)
    }

    /// The word, if it is none of those that are allowed.
    fn word<'a>(&self, value: &'a str) -> Option<&'a str> {
        let is_allowed = match &self.allowed {
            Allowed::Words(words) => words.contains(&value),
            // Java's upper case of letters beyond ASCII may be what is allowed; no word has any.
            Allowed::WordsInAnyCase(words) => {
                words.iter().any(|word| word.to_uppercase() == value.to_uppercase())
            }
            Allowed::Anything | Allowed::Range(..) => true,
        };
        (!is_allowed).then_some(value)
    }

    fn not_a_word(&self, key: &str, wrong: &str, how: &str) -> Fault {
        let (Allowed::Words(words) | Allowed::WordsInAnyCase(words)) = &self.allowed else {
            return (format!("{} cannot be {}", quote(key), quote(wrong)), self.choice());
        };
        let all = words.join(", ");
        let help = match nearest(wrong, words.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? {how}: {all}"),
            None => format!("{how}: {all}"),
        };
        (format!("{} cannot be {}", quote(key), quote(wrong)), help)
    }

    /// What is taken.
    fn choice(&self) -> String {
        match (&self.allowed, self.kind) {
            (Allowed::Range(Some(least), Some(most)), _) => format!("from {least} to {most}"),
            (Allowed::Range(Some(least), None), _) => format!("at least {least}"),
            (Allowed::Range(None, Some(most)), _) => format!("at most {most}"),
            (Allowed::Words(words) | Allowed::WordsInAnyCase(words), _) => {
                format!("one of: {}", words.join(", "))
            }
            (_, Kind::Boolean) => "true or false".to_owned(),
            _ => match self.default.filter(|default| !matches!(*default, "" | "null")) {
                Some(default) => format!("Kafka's default is {default}"),
                None => match self.kind {
                    Kind::Short | Kind::Int | Kind::Long => "a whole number, in digits".to_owned(),
                    Kind::Double => "a number, such as 0.5".to_owned(),
                    _ => "a text".to_owned(),
                },
            },
        }
    }
}

/// As `String.trim` of Java does.
fn trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

/// What is left out round the commas of a list: `\s` of `java.util.regex`.
const IS_SPACE: &[char] = &[' ', '\t', '\n', '\u{b}', '\u{c}', '\r'];

fn boolean(key: &str, value: &str) -> Option<Fault> {
    let is = |word: &str| value.eq_ignore_ascii_case(word);
    if is("true") || is("false") {
        return None;
    }
    let help = match value {
        _ if ["yes", "on", "y", "1"].iter().any(|word| is(word)) => "write `true`",
        _ if ["no", "off", "n", "0"].iter().any(|word| is(word)) => "write `false`",
        _ => "true or false",
    };
    Some((format!("{} is true or false (BOOLEAN), not {}", quote(key), quote(value)), help.to_owned()))
}

/// `Integer.parseInt` and its like: digits after an optional sign. What is beyond all of them is as large as can be.
fn whole_number(text: &str) -> Option<i128> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let beyond = if text.starts_with('-') { i128::MIN } else { i128::MAX };
    is_number.then(|| text.parse().unwrap_or(beyond))
}

/// Java takes the decimal digits of every script (`Character.digit`).
fn may_be_foreign_digits(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !text.is_ascii() && digits.chars().all(char::is_numeric)
}

/// The whole number that was probably meant: `1_000`, `3.0`.
fn meant(written: &str) -> Option<String> {
    let plain = written.replace('_', "");
    let plain = plain.split_once('.').filter(|(_, rest)| rest.bytes().all(|byte| byte == b'0'));
    let plain = plain.map_or_else(|| written.replace('_', ""), |(whole, _)| whole.to_owned());
    whole_number(&plain).map(|_| format!("write `{plain}` if that is meant"))
}

/// What `Double.parseDouble` makes of a text.
enum Double {
    Number(f64),
    /// `0x1.8p3`: a number for Java, and nothing that anybody writes.
    Hexadecimal,
    None,
}

fn double(text: &str) -> Double {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    match unsigned {
        "NaN" => return Double::Number(f64::NAN),
        "Infinity" => return Double::Number(sign * f64::INFINITY),
        _ if unsigned.starts_with("0x") || unsigned.starts_with("0X") => return Double::Hexadecimal,
        _ => {}
    }
    let digits = unsigned.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(unsigned);
    let plain = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    // A second sign would be Rust's to take.
    let is_plain = digits.chars().all(plain) && !digits.starts_with(['+', '-']);
    match digits.parse::<f64>() {
        Ok(number) if is_plain => Double::Number(sign * number),
        _ => Double::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(definition: &'static str, value: &str) -> String {
        let fault = Definition::read(definition, Some("168")).fault("a.b", value);
        fault.map_or("fine".to_owned(), |(what, help)| format!("{what}: {help}"))
    }

    #[test]
    fn a_wrong_value_is_told_with_what_is_taken() {
        for (definition, value, said) in [
            ("INT", "abc", "`a.b` is a whole number (INT), not `abc`: Kafka's default is 168"),
            ("INT", "3\nx", "`a.b` is a whole number (INT), not `3\\nx`: Kafka's default is 168"),
            (
                "LONG 1..",
                "1_000",
                "`a.b` is a whole number (LONG), not `1_000`: write `1000` if that is meant",
            ),
            ("SHORT", "3.0", "`a.b` is a whole number (SHORT), not `3.0`: write `3` if that is meant"),
            ("SHORT", "32768", "`a.b` is `32768`, which is out of range: from -32768 to 32767"),
            ("INT 1..", "0", "`a.b` is `0`, which is out of range: at least 1"),
            ("INT 1..", "", "`a.b` cannot be empty: at least 1; or leave the setting out"),
            ("DOUBLE 0..0.5", "0.6", "`a.b` is `0.6`, which is out of range: from 0 to 0.5"),
            ("DOUBLE", "much", "`a.b` is a number (DOUBLE), not `much`: Kafka's default is 168"),
            ("BOOLEAN", "yes", "`a.b` is true or false (BOOLEAN), not `yes`: write `true`"),
            ("STRING lz4|gzip", "zip", "`a.b` cannot be `zip`: did you mean `gzip`? one of: lz4, gzip"),
            ("STRING lz4|gzip", "GZIP", "`a.b` cannot be `GZIP`: did you mean `gzip`? one of: lz4, gzip"),
            (
                "STRING not empty",
                " ",
                "`a.b` cannot be empty: Kafka's default is 168; or leave the setting out",
            ),
            ("LIST a|b", "a,", "`a.b` cannot be ``: of these, separated by commas: a, b"),
            ("LIST not empty", "", "`a.b` cannot be empty: Kafka's default is 168; or leave the setting out"),
        ] {
            assert_eq!(told(definition, value), said);
        }
    }

    #[test]
    fn what_kafka_takes_is_let_through_however_it_is_written() {
        for (definition, value) in [
            ("INT 1..", " +007\n"),
            ("INT 1..", "\u{661}"),
            ("INT 1..", "${file:/secret:port}"),
            ("LONG ..9223372036854775807", "9223372036854775807"),
            ("DOUBLE 0..1", "5.e-1f"),
            ("DOUBLE", "-Infinity"),
            ("DOUBLE", "0x1.8p3"),
            ("BOOLEAN", " True "),
            ("STRING off|on in any case", "On"),
            ("LIST a|b", "a , b"),
            ("LIST a|b", ""),
            ("LIST not empty", "a,,b"),
            ("CLASS", "no.such.Class"),
            ("PASSWORD", ""),
        ] {
            assert_eq!(told(definition, value), "fine", "{definition} {value:?}");
        }
    }
}
