//! Values as templates take them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use super::hub::Ended;
use super::text::Lang;
use crate::error::Failure;

/// What can be written as JSON, with the same names.
pub(super) fn told(value: impl Serialize) -> Value {
    Value::from(Serde(value))
}

/// What failed and what to do, as the command line says it.
pub(super) fn why(failure: &Failure) -> String {
    match &failure.hint {
        Some(hint) => format!("{}\n{hint}", failure.message),
        None => failure.message.clone(),
    }
}

/// What came of something that nobody waited for.
pub(super) fn ended(ended: &Ended, lang: Lang) -> Value {
    context! { kind => ended.kind, message => told(ended.came.told(lang)), at => clock(ended.at) }
}

/// Time of day here.
pub(super) fn clock(time: Timestamp) -> String {
    time.to_zoned(TimeZone::system()).strftime("%H:%M:%S.%3f").to_string()
}
