//! The words of the page, a file per language.

use std::sync::OnceLock;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use minijinja::Value;
use minijinja::value::Serde;

use super::admit::cookies;

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

    /// Every text, as the templates name them.
    pub(super) fn texts(self) -> &'static Value {
        static TEXTS: OnceLock<[Value; 2]> = OnceLock::new();
        let texts = TEXTS.get_or_init(|| {
            [include_str!("../../templates/page/en.yaml"), include_str!("../../templates/page/fr.yaml")]
                .map(read)
        });
        &texts[self as usize]
    }
}

/// The first language of `Accept-Language` that the page has; browsers put them in the reader's order.
fn preferred(accepted: &str) -> Option<Lang> {
    accepted.split(',').find_map(|one| Lang::parse(one.trim().split(['-', ';']).next()?))
}

fn read(yaml: &str) -> Value {
    let texts: serde_json::Value = serde_yaml::from_str(yaml).unwrap_or_default();
    Value::from(Serde(texts))
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
            keys(&serde_json::to_value(lang.texts()).unwrap(), "t", &mut found);
            found
        });
        assert!(en.len() > 50, "{en:?}");
        let differ: Vec<_> = en.symmetric_difference(&fr).collect();
        assert!(differ.is_empty(), "only in one language: {differ:#?}");
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
}
