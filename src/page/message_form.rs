//! The form of one message that is to be sent, and what came of it.

use bytes::Bytes;

use crate::engine::produce::one::{Landed, Order};
use crate::error::{ExitCode, Failure};
use crate::wire::records::{Header, Record};

/// The message of a form. An empty key is none; `tombstone` is the value that is none.
pub(super) fn order(fields: &[(String, String)]) -> Result<Order, Failure> {
    let text =
        |name: &str| fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    // Browsers send lines of a text with CR and LF (HTML, "newline normalization").
    let bytes = |text: &str| Bytes::from(text.replace("\r\n", "\n"));
    let partition = match text("partition").trim() {
        "" => None,
        text => {
            let number = text.parse().ok().filter(|number: &i32| *number >= 0);
            Some(number.ok_or_else(|| usage(format!("partition: `{text}` is no whole number from 0 on")))?)
        }
    };
    let is_tombstone = text("tombstone") == "true";
    if is_tombstone && !text("value").is_empty() {
        return Err(usage("a tombstone has no value: leave one of them out".to_owned()));
    }
    let headers = text("headers").lines().filter(|line| !line.trim().is_empty());
    let record = Record {
        key: Some(text("key")).filter(|key| !key.is_empty()).map(bytes),
        value: (!is_tombstone).then(|| bytes(text("value"))),
        headers: headers.map(header).collect::<Result<_, _>>()?,
        timestamp: 0,
    };
    Ok(Order { topic: text("topic").trim().to_owned(), partition, timestamp: None, record })
}

/// `name: value`.
fn header(line: &str) -> Result<Header, Failure> {
    let wrong = || usage(format!("`{line}`: headers look like name: value"));
    let (name, value) = line.split_once(':').ok_or_else(wrong)?;
    let bytes = |text: &str| Bytes::copy_from_slice(text.trim().as_bytes());
    match name.trim().is_empty() {
        true => Err(wrong()),
        false => Ok((bytes(name), Some(bytes(value)))),
    }
}

fn usage(message: String) -> Failure {
    Failure::new(ExitCode::Usage, message)
}

pub(super) fn said(landed: Landed) -> String {
    match landed.offset {
        Some(offset) => format!("partition {} has it at offset {offset}", landed.partition),
        None => format!("partition {} has it", landed.partition),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &[(&str, &str)]) -> Result<Order, String> {
        let fields: Vec<_> = fields.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        order(&fields).map_err(|failure| failure.message)
    }

    #[test]
    fn a_message_is_sent_as_it_was_typed_and_an_empty_key_is_none() {
        let typed = read(&[
            ("topic", "bikes"),
            ("key", ""),
            ("value", " a\r\nb "),
            ("partition", " 3 "),
            ("headers", "from: Paris: 11e\r\n\r\nempty:\r\n"),
        ]);
        let headers = vec![
            (Bytes::from("from"), Some(Bytes::from("Paris: 11e"))),
            (Bytes::from("empty"), Some(Bytes::new())),
        ];
        let record = Record { key: None, value: Some(Bytes::from(" a\nb ")), headers, timestamp: 0 };
        assert_eq!(typed, Ok(Order { topic: "bikes".into(), partition: Some(3), timestamp: None, record }));
        assert_eq!(read(&[("value", "")]).unwrap().record.value, Some(Bytes::new()), "empty is not null");
        let tombstone = read(&[("key", " 7 "), ("tombstone", "true")]).unwrap();
        assert_eq!(tombstone.record.value, None);
        assert_eq!(tombstone.record.key, Some(Bytes::from(" 7 ")));
        assert_eq!(tombstone.partition, None);
    }

    #[test]
    fn what_makes_no_message_is_told() {
        let wrong = |fields: &[(&str, &str)]| read(fields).unwrap_err();
        assert_eq!(wrong(&[("partition", "-1")]), "partition: `-1` is no whole number from 0 on");
        assert_eq!(wrong(&[("headers", "from Paris")]), "`from Paris`: headers look like name: value");
        assert!(wrong(&[("headers", ": Paris")]).contains("name: value"));
        assert!(wrong(&[("value", "x"), ("tombstone", "true")]).contains("tombstone"));
    }
}
