//! YAML text to a tree. The only file that knows the YAML library.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_yaml::{Error, Location, MessageFormatter, Options, Spanned, UserMessageFormatter};

use super::mistake::Draft;
use super::tree::{Node, Span, Value, floor};

/// Nesting that no spec needs; keeps the recursion below off the end of the stack.
const MAX_DEPTH: usize = 16;
/// What aliases may unfold to, in nodes and in bytes of text.
const MAX_NODES: usize = 100_000;
const MAX_TEXT: usize = 4 * 1024 * 1024;

/// The tree of a text with exactly one document. A syntax error ends the reading, so there is one.
pub(super) fn tree(text: &str) -> Result<Node, Draft> {
    match serde_yaml::from_str_with_options::<Spanned<Raw>>(text, options()) {
        Ok(raw) => Ok(node(raw, text)),
        Err(error) => Err(explain(&error, text)),
    }
}

fn options() -> Options {
    serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_depth: MAX_DEPTH,
            max_nodes: MAX_NODES,
            max_events: 4 * MAX_NODES,
            max_total_scalar_bytes: MAX_TEXT,
            max_recorded_anchor_events: MAX_NODES,
            max_recorded_anchor_bytes: MAX_TEXT,
            // Many nodes may share one anchor: the limits on what is unfolded are enough.
            enforce_alias_anchor_ratio: false,
        },
        // The checks report duplicates, all of them and with both places.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        // Only the place of a number is used (see `node`), so any number will do.
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        emit_comments: false,
        with_snippet: false,
    }
}

/// What the library makes of a value, before the text is looked up.
enum Raw {
    Null,
    Text(String),
    /// A number or a boolean, which would lose its spelling: `3.10` would become 3.1.
    Inferred,
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }
    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Raw, E> {
        Ok(Raw::Inferred)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Inferred)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Inferred)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Inferred)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

fn node(raw: Spanned<Raw>, text: &str) -> Node {
    let mut span = span(&raw.defined, text);
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Text(scalar) => Value::Scalar(scalar),
        Raw::Inferred => Value::Scalar(text[span.clone()].trim().to_owned()),
        Raw::List(items) => Value::List(items.into_iter().map(|item| node(item, text)).collect()),
        Raw::Map(entries) => {
            Value::Map(entries.into_iter().map(|(key, value)| (node(key, text), node(value, text))).collect())
        }
    };
    // A list or mapping in block style has no mark of its own: it is shown by its first line.
    if span.is_empty() {
        match &value {
            Value::List(items) if !items.is_empty() => span = items[0].span.clone(),
            Value::Map(entries) if !entries.is_empty() => span = entries[0].0.span.clone(),
            _ => {}
        }
    }
    Node { span, value }
}

/// The library's place in bytes, kept inside the text and without surrounding white space.
fn span(location: &Location, text: &str) -> Span {
    let place = location.span();
    let start = match place.byte_offset() {
        Some(start) => start as usize,
        None => offset(text, location.line() as usize, location.column() as usize),
    };
    let start = floor(text, start);
    let end = start.saturating_add(place.byte_len().unwrap_or(0) as usize);
    let shown = text[start..floor(text, end)].trim_end();
    start..start + shown.len()
}

/// The byte where a line and column, both from 1 and in characters, begin.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let Some(line) = text.split_inclusive('\n').nth(line.saturating_sub(1)) else { return text.len() };
    let before = line.as_ptr() as usize - text.as_ptr() as usize;
    let inside = line.char_indices().nth(column.saturating_sub(1)).map_or(line.len(), |(at, _)| at);
    before + inside
}

/// A place without extent, as syntax errors have it, with the word that begins there.
fn word(span: Span, text: &str) -> Span {
    if !span.is_empty() {
        return span;
    }
    let rest = &text[span.start..];
    let ends = |c: char| c.is_whitespace() || matches!(c, ',' | ':' | '[' | ']' | '{' | '}');
    let first = rest.chars().next().filter(|c| !c.is_whitespace()).map_or(0, char::len_utf8);
    let more = rest[first..].find(ends).unwrap_or(rest.len() - first);
    span.start..span.start + if first == 0 || rest.starts_with(ends) { first } else { first + more }
}

/// A syntax error in our words where the library's are about its own interface.
fn explain(error: &Error, text: &str) -> Draft {
    let at = error.location().map_or(0..0, |location| word(span(&location, text), text));
    let error = match error.without_snippet() {
        Error::AliasError { error, .. } => error.without_snippet(),
        error => error,
    };
    let draft = |message: &str, help: &str| Draft::new(at.clone(), message).help(help);
    match error {
        Error::Budget { .. }
        | Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => draft(
            "the file is nested too deeply, or its aliases unfold to too much",
            &format!("a spec has at most {MAX_DEPTH} levels and {MAX_NODES} values, aliases unfolded"),
        ),
        Error::RecursiveReferencesRequireWeakTypes { .. } => {
            draft("an alias stands inside its own anchor", "write the value out")
        }
        Error::MultipleDocuments { .. } => draft(
            "a second document begins here",
            "one file describes one cluster: remove the `---` and what follows",
        ),
        Error::UnknownAnchor { .. } => draft(
            "no anchor of this name stands before the alias",
            "define it above with `&name`, or quote a value that begins with `*`",
        ),
        _ => {
            let message = UserMessageFormatter.format_message(error);
            let help = if indented_by_tab(text, at.start) {
                "indent with spaces: YAML does not allow tabs there"
            } else if message.contains("unclosed") || message.contains("end of stream") {
                "close it where it ends"
            } else if message.contains("unexpected character") {
                "quote a value that has this character: '…'"
            } else {
                "give each key a line of its own, indented like its neighbours; quote a value with `: ` in it"
            };
            draft(&format!("not valid YAML: {}", message.trim_end_matches('.')), help)
        }
    }
}

/// Is a tab in the indentation of the line at `at`, or of the one before it?
fn indented_by_tab(text: &str, at: usize) -> bool {
    let line = text[..at].matches('\n').count();
    text.lines().skip(line.saturating_sub(1)).take(2).any(|line| {
        let indent = &line[..line.len() - line.trim_start().len()];
        indent.contains('\t')
    })
}
