//! Which folders Kafka can read.

use std::path::Path;

use crate::plan::PlanError;

/// Refuses folders that Kafka would misread, however they are escaped.
pub(super) fn check(dir: &Path) -> Result<(), PlanError> {
    let refuse = |why| PlanError::Folder { dir: dir.to_owned(), why };
    let text = dir.to_str().ok_or_else(|| refuse("its name is not UTF-8"))?;
    if !dir.is_absolute() {
        return Err(refuse("its path is not absolute"));
    }
    if text.contains(',') {
        return Err(refuse("it has a comma, and Kafka's log.dirs is a list separated by commas"));
    }
    if text.contains("${") {
        return Err(refuse("it has `${`, and log4j replaces what follows"));
    }
    if text.chars().any(char::is_control) {
        return Err(refuse("it has a control character"));
    }
    Ok(())
}
