//! Mappings of the spec: their keys, each once, and each known where only some are.

use std::collections::HashMap;

use super::mistake::Mistakes;
use super::suggest::{nearest, quote};
use super::tree::{Node, Span, Value};

/// A key and its value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub key: &'a str,
    pub at: &'a Span,
    pub node: &'a Node,
}

impl<'a> Entry<'a> {
    /// Where a mistake about the value is shown: the value, or the key when there is none to show.
    pub(super) fn place(&self) -> &'a Span {
        match &self.node.value {
            Value::Scalar(_) if !self.node.span.is_empty() => &self.node.span,
            _ => self.at,
        }
    }
}

/// The entries of a mapping with free keys. Nothing at all is an empty mapping: its lines may all be
/// commented out. `at` is where a value that is no mapping is shown, `example` what could stand there.
pub(super) fn entries<'a>(entry: Entry<'a>, example: &str, mistakes: &mut Mistakes) -> Vec<Entry<'a>> {
    match &entry.node.value {
        Value::Null => Vec::new(),
        Value::Map(pairs) => pairs_once(pairs, mistakes),
        _ => {
            mistakes.add(
                entry.place(),
                format!("{} must be a mapping, not {}", quote(entry.key), entry.node.kind()),
                format!("for example `{example}`"),
            );
            Vec::new()
        }
    }
}

/// The pairs with a key of text, the first of each.
pub(super) fn pairs_once<'a>(pairs: &'a [(Node, Node)], mistakes: &mut Mistakes) -> Vec<Entry<'a>> {
    let mut seen = HashMap::new();
    let mut entries = Vec::with_capacity(pairs.len());
    for (key, node) in pairs {
        let Value::Scalar(text) = &key.value else {
            mistakes.add(
                &key.span,
                format!("a key must be a word, not {}", key.kind()),
                "write `key: value`",
            );
            continue;
        };
        if let Some(first) = seen.insert(text.as_str(), &key.span) {
            let line = mistakes.line(first);
            mistakes.add(
                &key.span,
                format!("{} is there twice", quote(text)),
                format!("keep one: it stands in line {line} already"),
            );
        } else {
            entries.push(Entry { key: text, at: &key.span, node });
        }
    }
    entries
}

/// A mapping whose keys are all known to the spec.
pub(super) struct Fields<'a>(Vec<Entry<'a>>);

impl<'a> Fields<'a> {
    /// Reports what is not in `known`; `elsewhere` may say where such a key belongs.
    pub(super) fn new(
        entries: Vec<Entry<'a>>,
        known: &[&str],
        elsewhere: impl Fn(&str) -> Option<String>,
        mistakes: &mut Mistakes,
    ) -> Self {
        let (known_ones, unknown): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| known.contains(&entry.key));
        for entry in unknown {
            let help =
                elsewhere(entry.key).unwrap_or_else(|| match nearest(entry.key, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if known.contains(&"config") && entry.key.contains('.') => {
                        format!(
                            "settings of Kafka and ZooKeeper go under `config`: `config: {{ {}: … }}`",
                            entry.key
                        )
                    }
                    None => format!("the keys here are: {}", known.join(", ")),
                });
            mistakes.add(entry.at, format!("unknown key {}", quote(entry.key)), help);
        }
        Fields(known_ones)
    }

    pub(super) fn get(&self, key: &str) -> Option<Entry<'a>> {
        self.0.iter().copied().find(|entry| entry.key == key)
    }
}
