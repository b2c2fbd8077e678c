//! The words of the page, a file per language.

use std::sync::OnceLock;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use minijinja::value::Serde;
use minijinja::{Error, ErrorKind, Value};

use super::admit::cookies;
use crate::units;

/// A language of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Lang {
    En,
    Fr,
}

/// The cookie that has the reader's choice.
pub(super) const COOKIE: &str = "lang";

impl Lang {
    pub(super) const ALL: [Lang; 2] = [Lang::En, Lang::Fr];

    /// As in HTML's `lang`.
    pub(super) fn code(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Fr => "fr",
        }
    }

    pub(super) fn parse(code: &str) -> Option<Self> {
        Lang::ALL.into_iter().find(|lang| lang.code() == code)
    }

    /// What the reader chose, else what the browser prefers, else English.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let chosen =
            cookies(headers).filter(|(name, _)| *name == COOKIE).find_map(|(_, code)| Lang::parse(code));
        chosen.or_else(|| preferred(headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?)).unwrap_or(Lang::En)
    }

    /// As [`units::duration`], with the signs and units of the language.
    pub(super) fn duration(self, ms: u64) -> String {
        let told = units::duration(ms);
        match self {
            Lang::En => told,
            Lang::Fr => told.replace('.', ",").replace(" d", " j").replace(' ', "\u{a0}"),
        }
    }

    /// Every text, as the templates name them.
    pub(super) fn texts(self) -> &'static Value {
        static TEXTS: OnceLock<[Value; 2]> = OnceLock::new();
        let texts = TEXTS.get_or_init(|| {
            let fr = spaced(include_str!("../../templates/page/fr.yaml"));
            [include_str!("../../templates/page/en.yaml"), &fr].map(read)
        });
        &texts[self as usize]
    }
}

/// The first language of `Accept-Language` that the page has; browsers put them in the reader's order.
fn preferred(accepted: &str) -> Option<Lang> {
    accepted.split(',').find_map(|one| Lang::parse(one.trim().split(['-', ';']).next()?))
}

/// French signs that a space stands before do not begin a line: the file need not have spaces that nobody can see.
fn spaced(yaml: &str) -> String {
    let signs = [" :", " ;", " ?", " !", " »"];
    signs
        .into_iter()
        .fold(yaml.replace("« ", "«\u{a0}"), |text, sign| text.replace(sign, &sign.replace(' ', "\u{a0}")))
}

fn read(yaml: &str) -> Value {
    let texts: serde_json::Value = serde_yaml::from_str(yaml).unwrap_or_default();
    Value::from(Serde(texts))
}

/// A text that depends on a number: `{one: 1 broker, other: "{n} brokers"}`, and `none` where that reads otherwise.
pub(super) fn counted(texts: &Value, n: u64) -> Result<String, Error> {
    let key = match n {
        0 if !texts.get_attr("none")?.is_undefined() => "none",
        1 => "one",
        _ => "other",
    };
    let text = texts.get_attr(key)?;
    let text =
        text.as_str().ok_or_else(|| Error::new(ErrorKind::UndefinedError, format!("no text `{key}`")))?;
    Ok(text.replace("{n}", &grouped(n)))
}

/// `1234567` with thin spaces between its thousands.
pub(super) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() * 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The path of every text, and what it has in braces.
    fn keys(value: &serde_json::Value, path: &str, found: &mut BTreeSet<String>) {
        match value {
            serde_json::Value::Object(map) => {
                for (key, value) in map {
                    keys(value, &format!("{path}.{key}"), found);
                }
            }
            serde_json::Value::String(text) => {
                assert!(!text.trim().is_empty(), "{path} is empty");
                let mut holes: Vec<&str> =
                    text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
                holes.sort_unstable();
                holes.dedup();
                found.insert(format!("{path} {holes:?}"));
            }
            other => panic!("{path} is no text: {other}"),
        }
    }

    #[test]
    fn both_languages_have_the_same_texts() {
        let [en, fr] = Lang::ALL.map(|lang| {
            let mut found = BTreeSet::new();
            let mut texts = serde_json::to_value(lang.texts()).unwrap();
            // The engine says it in English itself; `words` holds the French of it against what can be said.
            let engine = texts.as_object_mut().unwrap().remove("engine");
            assert_eq!(engine.is_some(), lang == Lang::Fr);
            keys(&texts, "t", &mut found);
            found
        });
        assert!(en.len() > 50, "{en:?}");
        let differ: Vec<_> = en.symmetric_difference(&fr).collect();
        assert!(differ.is_empty(), "only in one language: {differ:#?}");
    }

    #[test]
    fn durations_are_written_as_the_language_does() {
        let told = |ms| Lang::ALL.map(|lang| lang.duration(ms).replace('\u{a0}', "~"));
        assert_eq!(told(3450), ["3.4 s", "3,4~s"]);
        assert_eq!(told(187_200_000), ["2 d 4 h", "2~j~4~h"]);
    }

    #[test]
    fn the_readers_choice_comes_before_the_browsers() {
        let of = |pairs: &[(&'static str, &str)]| {
            let pair = |(name, value): &(&'static str, &str)| {
                (axum::http::HeaderName::from_static(name), value.parse().unwrap())
            };
            Lang::of(&pairs.iter().map(pair).collect())
        };
        assert_eq!(of(&[]), Lang::En);
        assert_eq!(of(&[("accept-language", "de-DE,fr-CH;q=0.8,en;q=0.5")]), Lang::Fr);
        assert_eq!(of(&[("accept-language", "en-US,fr;q=0.8")]), Lang::En);
        assert_eq!(of(&[("accept-language", "en-US"), ("cookie", "a=b; lang=fr")]), Lang::Fr);
        assert_eq!(of(&[("accept-language", "fr"), ("cookie", "lang=xx")]), Lang::Fr);
    }

    #[test]
    fn texts_are_counted() {
        let (one, other) = ("1 broker", "{n} brokers");
        let plain = Value::from(Serde(serde_json::json!({ "one": one, "other": other })));
        let told = |n| counted(&plain, n).unwrap();
        assert_eq!([told(0), told(1), told(12)], ["0 brokers", "1 broker", "12 brokers"]);
        let none = Value::from(Serde(serde_json::json!({ "none": "no broker", "one": one, "other": other })));
        assert_eq!(counted(&none, 0).unwrap(), "no broker");
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(grouped),
            ["0", "999", "1\u{202f}000", "1\u{202f}234\u{202f}567"]
        );
    }
}
