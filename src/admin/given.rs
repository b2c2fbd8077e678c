//! Settings of topics as people write them, on the command line and on the page.

use std::collections::BTreeMap;

use super::alter::Alteration;
use crate::error::{ExitCode, Failure};

/// `retention.ms=1000`; the value may be empty and have `=` in it. The error is for people.
pub(crate) fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.trim().to_owned())),
        _ => Err("settings look like retention.ms=86400000".to_owned()),
    }
}

/// Each key once.
pub(crate) fn settings(given: Vec<(String, String)>) -> Result<BTreeMap<String, String>, Failure> {
    let mut settings = BTreeMap::new();
    for (key, value) in given {
        if settings.contains_key(&key) {
            return Err(Failure::new(ExitCode::Usage, format!("`{key}` is given twice"))
                .hint("give each setting one value"));
        }
        settings.insert(key, value);
    }
    Ok(settings)
}

/// What is to be other than it is; no setting is both set and deleted.
pub(crate) fn alteration(
    topic: String,
    partitions: Option<u32>,
    set: Vec<(String, String)>,
    delete: Vec<String>,
) -> Result<Alteration, Failure> {
    let (set, delete) = (settings(set)?, delete.into_iter().collect());
    let wanted = Alteration { topic, partitions, set, delete };
    match wanted.set.keys().find(|key| wanted.delete.contains(*key)) {
        Some(key) => {
            let failure = Failure::new(ExitCode::Usage, format!("`{key}` is to be set and to be deleted"));
            Err(failure.hint("give either `--config` or `--delete-config` for it"))
        }
        None => Ok(wanted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_keep_what_follows_the_first_equals_sign() {
        let pair = |key: &str, value: &str| Ok((key.to_owned(), value.to_owned()));
        assert_eq!(setting("a.b=c=d"), pair("a.b", "c=d"));
        assert_eq!(setting("a= "), pair("a", ""));
        assert!(setting("a").is_err() && setting("=a").is_err());
    }

    #[test]
    fn a_setting_has_one_value_and_is_not_both_set_and_deleted() {
        let pair = |key: &str| (key.to_owned(), "1".to_owned());
        assert!(settings(vec![pair("a"), pair("a")]).unwrap_err().message.contains("given twice"));
        let wanted = |delete: &str| alteration("t".into(), None, vec![pair("a")], vec![delete.into()]);
        assert!(wanted("a").is_err());
        assert_eq!(wanted("b").unwrap().delete, ["b".to_owned()].into());
    }
}
