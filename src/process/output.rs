//! Files that take the output of a process: appended to, and bounded whenever a process starts.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::host::HostError;

/// Larger files are moved aside, in bytes.
const ROTATE_ABOVE: u64 = 1 << 20;

/// Opens the file for appending, in a folder that is made when missing. When it has grown beyond
/// 1 MiB it first becomes `NAME.1`, in place of the one before.
pub(super) fn open(path: &Path) -> Result<File, HostError> {
    if let Some(folder) = path.parent() {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|error| HostError::io("make folder", folder, error))?;
    }
    match fs::metadata(path) {
        Ok(file) if file.len() > ROTATE_ABOVE => {
            let rotated = fs::rename(path, rotated_name(path));
            rotated.map_err(|error| HostError::io("rename", path, error))?;
        }
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(HostError::io("look at", path, error)),
    }
    let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    opened.map_err(|error| HostError::io("open", path, error))
}

fn rotated_name(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".1");
    PathBuf::from(name)
}

/// The last lines of what was written from `start` on, at most 2 KiB; empty when it cannot be read.
pub(super) fn tail(path: &Path, start: u64) -> String {
    const AT_MOST: u64 = 2048;
    let read = || -> io::Result<String> {
        let mut file = File::open(path)?;
        let end = file.metadata()?.len();
        let from = start.max(end.saturating_sub(AT_MOST));
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(AT_MOST).read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        // A first line that was cut in the middle is no help.
        let whole = if from > start { text.split_once('\n').map_or("", |(_, rest)| rest) } else { &text };
        Ok(whole.trim_end().to_owned())
    };
    read().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn output_is_appended_and_moved_aside_once_it_is_large() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("logs/stdout.log");
        writeln!(open(&path).unwrap(), "first").unwrap();
        writeln!(open(&path).unwrap(), "second").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "first\nsecond\n");
        open(&path).unwrap().set_len(ROTATE_ABOVE + 1).unwrap();
        open(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), 0);
        assert_eq!(fs::metadata(dir.path().join("logs/stdout.log.1")).unwrap().len(), ROTATE_ABOVE + 1);
    }

    #[test]
    fn the_tail_has_whole_lines_from_the_start_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        fs::write(&path, "old\nnew 1\nnew 2\n").unwrap();
        assert_eq!(tail(&path, 4), "new 1\nnew 2");
        let lines: String = (0..500).map(|line| format!("line number {line}\n")).collect();
        fs::write(&path, &lines).unwrap();
        let tail = tail(&path, 0);
        assert!(tail.starts_with("line number ") && tail.ends_with("line number 499") && tail.len() < 2048);
    }
}
