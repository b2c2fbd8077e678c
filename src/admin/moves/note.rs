//! What a move asked Kafka for, on disk until it is through: so that whoever comes after a command that was
//! killed can finish or cancel it, and knows which throttle is ours.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Move;
use super::throttle::Throttle;
use crate::admin::error::AdminError;
use crate::host::files::replace;

/// `moves.json`: written before anything is changed, removed when nothing of it is left in Kafka.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    pub moves: Vec<Move>,
    /// What was set for this move, and is taken away after it.
    pub throttle: Option<Throttle>,
    /// `--cancel` was asked for meanwhile.
    pub cancelled: bool,
}

impl Note {
    pub(super) fn load(path: &Path) -> Result<Option<Self>, AdminError> {
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("read", path, &error)),
        };
        serde_json::from_slice(&text).map(Some).map_err(|error| AdminError::Local {
            what: format!("{} is no note of a move: {error}", path.display()),
            remedy:
                "remove it; throttles that it told of are seen and removed with `cluster exec kafka-configs`"
                    .to_owned(),
        })
    }

    pub(super) fn save(&self, path: &Path) -> Result<(), AdminError> {
        let text = serde_json::to_vec_pretty(self).map_err(|error| failed("write", path, &error))?;
        replace(path, &text).map_err(|error| AdminError::Local {
            what: error.to_string(),
            remedy: "nothing was moved; without this file a throttle could not be found again".to_owned(),
        })
    }

    pub(super) fn remove(path: &Path) -> Result<(), AdminError> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path, &error)),
            _ => Ok(()),
        }
    }
}

fn failed(what: &str, path: &Path, error: &dyn std::fmt::Display) -> AdminError {
    AdminError::Local {
        what: format!("failed to {what} {}: {error}", path.display()),
        remedy: "see to it that the folder can be read and written".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_found_as_it_was_left_until_it_is_removed() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("moves.json");
        assert_eq!(Note::load(&path).unwrap(), None);
        let moves = vec![Move { topic: "bikes".into(), partition: 0, before: vec![0, 1], after: vec![2, 1] }];
        let note = Note { throttle: Some(Throttle::of(&moves, 1000)), moves, cancelled: false };
        note.save(&path).unwrap();
        assert_eq!(Note::load(&path).unwrap(), Some(note));
        Note::remove(&path).unwrap();
        Note::remove(&path).unwrap();
        assert_eq!(Note::load(&path).unwrap(), None);
        fs::write(&path, "{").unwrap();
        assert!(Note::load(&path).unwrap_err().to_string().contains("moves.json is no note"));
    }
}
