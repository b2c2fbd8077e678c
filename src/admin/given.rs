//! Settings of topics and rates as people write them, on the command line and on the page.

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
    consistent(Alteration { topic, partitions, set, delete })
        .map_err(|failure| failure.hint("give either `--config` or `--delete-config` for it"))
}

/// Itself, unless a setting is both set and deleted.
pub(crate) fn consistent(wanted: Alteration) -> Result<Alteration, Failure> {
    match wanted.set.keys().find(|key| wanted.delete.contains(*key)) {
        Some(key) => Err(Failure::new(ExitCode::Usage, format!("`{key}` is to be set and to be deleted"))),
        None => Ok(wanted),
    }
}

/// Bytes a second: `10MB/s`, `512KiB/s`, `1GB`, or a plain number; `k`, `M` and `G` are powers of 1000, `Ki` and
/// the like of 1024. At least one.
pub(crate) fn rate(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 7] = [
        ("", 1),
        ("k", 1000),
        ("m", 1_000_000),
        ("g", 1_000_000_000),
        ("ki", 1 << 10),
        ("mi", 1 << 20),
        ("gi", 1 << 30),
    ];
    let wrong = || "rates look like 10MB/s, 512KiB/s or 1048576 (bytes a second)".to_owned();
    let lower = text.trim().to_lowercase();
    let bytes = lower.strip_suffix("/s").unwrap_or(&lower).trim_end();
    let at = bytes.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(bytes.len());
    let (number, unit) = bytes.split_at(at);
    let unit = unit.trim_start();
    let unit = unit.strip_suffix('b').unwrap_or(unit);
    let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor).ok_or_else(wrong)?;
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let rate = number * factor as f64;
    // Kafka has it as a long; nothing copies a petabyte a second.
    (1.0..=1e15).contains(&rate).then_some(rate as u64).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_read_as_people_write_them() {
        for (text, bytes) in [
            ("10MB/s", 10_000_000),
            ("10 mb/s", 10_000_000),
            ("1.5M", 1_500_000),
            ("512KiB/s", 524_288),
            ("1GiB", 1 << 30),
            ("1048576", 1_048_576),
            ("100b/s", 100),
        ] {
            assert_eq!(rate(text), Ok(bytes), "{text}");
        }
        for text in ["", "0", "0.1", "-1", "fast", "10x", "1..2", "10MB/m", "99999999999GB", "nan", "inf"] {
            assert!(rate(text).is_err(), "{text}");
        }
    }

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
