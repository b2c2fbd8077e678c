//! Values as templates take them.

use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

/// What can be written as JSON, with the same names.
pub(super) fn told(value: impl Serialize) -> Value {
    Value::from(Serde(value))
}
