//! A sentence in pieces: what somebody else said in it stays in their words, and is marked as English.

use std::fmt::Display;

use minijinja::{HtmlEscape, Value};
use serde::{Serialize, Serializer};

/// What is said. To a template it is HTML, with every piece escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::page) struct Said(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    text: String,
    /// In English, whatever the reader's language: Kafka's, the system's.
    is_theirs: bool,
}

impl<T: Display> From<T> for Said {
    /// In the reader's language, or in none: names, numbers.
    fn from(text: T) -> Self {
        Said::piece(text.to_string(), false)
    }
}

impl Said {
    /// Somebody else's words.
    pub(in crate::page) fn theirs(text: &str) -> Self {
        Said::piece(text.to_owned(), true)
    }

    fn piece(text: String, is_theirs: bool) -> Self {
        Said(Vec::from_iter((!text.is_empty()).then_some(Piece { text, is_theirs })))
    }

    /// A text with its `{holes}` filled; one that nobody fills stays.
    pub(super) fn fill(text: &str, holes: &[(&str, Said)]) -> Self {
        let mut said = Said::default();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            let filled = behind.split_once('}').and_then(|(name, after)| {
                let (_, value) = holes.iter().find(|(hole, _)| *hole == name)?;
                Some((value, after))
            });
            said = said.and(before);
            (said, rest) = match filled {
                Some((value, after)) => (said.and(value.clone()), after),
                None => (said.and("{"), behind),
            };
        }
        said.and(rest)
    }

    /// With what comes behind it.
    pub(super) fn and(mut self, more: impl Into<Said>) -> Self {
        for piece in more.into().0 {
            match self.0.last_mut().filter(|last| last.is_theirs == piece.is_theirs) {
                Some(last) => last.text.push_str(&piece.text),
                None => self.0.push(piece),
            }
        }
        self
    }

    pub(super) fn join(parts: impl IntoIterator<Item = Said>, between: &str) -> Self {
        let mut parts = parts.into_iter();
        let first = parts.next().unwrap_or_default();
        parts.fold(first, |said, part| said.and(between).and(part))
    }

    /// Without marks.
    pub(in crate::page) fn plain(&self) -> String {
        self.0.iter().map(|piece| piece.text.as_str()).collect()
    }

    fn html(&self) -> String {
        let piece = |piece: &Piece| {
            let text = HtmlEscape(&piece.text);
            if piece.is_theirs { format!("<span lang=\"en\">{text}</span>") } else { text.to_string() }
        };
        self.0.iter().map(piece).collect()
    }
}

impl Serialize for Said {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Value::from_safe_string(self.html()).serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use minijinja::Environment;
    use minijinja::value::Serde;

    use super::*;

    #[test]
    fn what_is_quoted_is_marked_and_everything_is_escaped_once() {
        let holes = [("who", Said::from("<b>{why}")), ("why", Said::theirs("it's </span> {who}"))];
        let said = Said::fill("{who} & {why}, {nobody} {", &holes);
        assert_eq!(said.plain(), "<b>{why} & it's </span> {who}, {nobody} {");
        let mut environment = Environment::new();
        environment.add_template("x.html", "{{ row.said }}").unwrap();
        #[derive(Serialize)]
        struct Row {
            said: Said,
        }
        let row = Value::from(Serde(Row { said }));
        let html = environment.get_template("x.html").unwrap().render(minijinja::context! { row }).unwrap();
        assert_eq!(
            html,
            "&lt;b&gt;{why} &amp; <span lang=\"en\">it&#x27;s &lt;&#x2f;span&gt; {who}</span>, {nobody} {"
        );
    }

    #[test]
    fn pieces_of_a_kind_are_one_and_nothing_is_none() {
        let said = Said::join([Said::from("a"), Said::theirs(""), Said::theirs("b")], ", ");
        assert_eq!(said, Said::from("a, , ").and(Said::theirs("b")));
        assert_eq!(Said::join([], ", "), Said::default());
    }
}
