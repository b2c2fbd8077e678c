//! The YAML text as a tree that remembers where each value stands: what the checks walk over.

use std::ops::Range;

/// A place in the text, in bytes; always on character boundaries and inside the text.
pub(super) type Span = Range<usize>;

/// A value and its place. An aliased or merged value stands where it was written, not where it is used.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub span: Span,
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// Always the text as written (`3.10`, `yes`, `0755`), never what YAML would make of it.
    Scalar(String),
    List(Vec<Node>),
    /// In the order of the file; may hold a key twice.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// The value of a key of a mapping.
    pub(super) fn at(&self, key: &str) -> Option<&Node> {
        let Value::Map(entries) = &self.value else { return None };
        let of_key = |entry: &&(Node, Node)| matches!(&entry.0.value, Value::Scalar(text) if text == key);
        entries.iter().find(of_key).map(|(_, value)| value)
    }

    /// What the value is, for a message: `a list`.
    pub(super) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Scalar(_) => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

/// The last character boundary of the text that is not after `at`.
pub(super) fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}
