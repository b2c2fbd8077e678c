//! What a node has written since it was last started: its files are appended to, and hold earlier runs too.

use std::ffi::OsString;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::plan::model::NodePlan;

/// At most this much is read, in bytes: the newest of it.
const AT_MOST: u64 = 256 * 1024;

/// How the two files stood, in [`NodePlan::start_file`].
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Marks {
    log: Option<Mark>,
    output: Option<Mark>,
}

/// An end of a file. Log4j renames a full log, which stays the same file, so its name does not do.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Mark {
    device: u64,
    inode: u64,
    length: u64,
}

impl Mark {
    /// `None` where nothing was written yet.
    fn of(path: &Path) -> Option<Self> {
        // A log that was being rotated when its process died has only its second name.
        let file = [0, 1].into_iter().find_map(|number| numbered(path, number).metadata().ok())?;
        Some(Mark { device: file.dev(), inode: file.ino(), length: file.len() })
    }

    /// A file that is shorter than it was has been emptied since, or is another in its place.
    fn is_of(&self, file: &Metadata) -> bool {
        (file.dev(), file.ino()) == (self.device, self.inode) && file.len() >= self.length
    }
}

/// Notes where the node's files end. To be called under the node's lock, just before its process is made, so
/// that whoever comes after this process knows it too.
pub(super) fn note(node: &NodePlan) -> io::Result<()> {
    let marks = Marks { log: Mark::of(&node.log_file()), output: Mark::of(&node.output_file()) };
    let text = serde_json::to_string(&marks)?;
    let mut file = OpenOptions::new();
    let file = file.write(true).create(true).truncate(false).mode(0o600).open(node.start_file())?;
    // Written over the old one, which also a full disk has room for; blanks cover what was longer.
    let width = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    file.write_all_at(format!("{text:width$}").as_bytes(), 0)
}

/// What a node has written since it was started; `None` of a file that cannot be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// Of [`NodePlan::log_file`].
    pub log: Option<String>,
    /// Of [`NodePlan::output_file`].
    pub output: Option<String>,
}

/// Reads it, at most 256 KiB of each.
pub(crate) fn since_start(node: &NodePlan) -> Said {
    // Of a node that nobody noted all of it counts.
    let noted = std::fs::read(node.start_file()).ok();
    let marks: Marks = noted.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
    Said {
        log: read(&node.log_file(), marks.log.as_ref()),
        output: read(&node.output_file(), marks.output.as_ref()),
    }
}

/// The newest part of what stands behind the mark, over the names that the file had since.
fn read(path: &Path, mark: Option<&Mark>) -> Option<String> {
    let mut parts: Vec<Vec<u8>> = Vec::new();
    let mut room = AT_MOST;
    for number in 0.. {
        let mut file = match File::open(numbered(path, number)) {
            Ok(file) => file,
            // It has just been renamed, and there is no new one yet.
            Err(_) if number == 0 && mark.is_some() => continue,
            Err(_) => break,
        };
        let known = file.metadata().ok()?;
        let is_marked = mark.is_some_and(|mark| mark.is_of(&known));
        let start = mark.filter(|_| is_marked).map_or(0, |mark| mark.length);
        let from = start.max(known.len().saturating_sub(room));
        file.seek(SeekFrom::Start(from)).ok()?;
        let mut bytes = Vec::new();
        file.take(room).read_to_end(&mut bytes).ok()?;
        room -= bytes.len() as u64;
        parts.push(bytes);
        // Without a mark there is nothing by which to know an older file as this start's.
        if is_marked || mark.is_none() || room == 0 {
            break;
        }
    }
    parts.reverse();
    (!parts.is_empty()).then(|| String::from_utf8_lossy(&parts.concat()).into_owned())
}

/// `server.log`, then `server.log.1` for the file that had this name before.
fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = OsString::from(path);
    if number > 0 {
        name.push(format!(".{number}"));
    }
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;
    use crate::process::testing::Node;

    /// A node with an earlier run's log and output, then started.
    fn started() -> Node {
        let node = Node::sleeping();
        fs::create_dir_all(node.plan.log_file().parent().unwrap()).unwrap();
        write(&node.plan.log_file(), "old\n");
        write(&node.plan.output_file(), "old output\n");
        note(&node.plan).unwrap();
        node
    }

    fn write(path: &Path, text: &str) {
        OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
    }

    fn log(node: &Node) -> String {
        since_start(&node.plan).log.unwrap()
    }

    #[test]
    fn only_what_is_written_after_the_start_counts() {
        let node = started();
        assert_eq!(since_start(&node.plan), Said { log: Some("".into()), output: Some("".into()) });
        write(&node.plan.log_file(), "new\n");
        write(&node.plan.output_file(), "new output\n");
        let said = since_start(&node.plan);
        assert_eq!(said, Said { log: Some("new\n".into()), output: Some("new output\n".into()) });
        note(&node.plan).unwrap();
        assert_eq!(log(&node), "");
    }

    #[test]
    fn a_log_that_was_rotated_since_is_read_from_where_it_was() {
        let node = started();
        let path = node.plan.log_file();
        write(&path, "first\n");
        fs::rename(&path, numbered(&path, 1)).unwrap();
        assert_eq!(log(&node), "first\n", "a moment before there is a new one");
        write(&path, "second\n");
        assert_eq!(log(&node), "first\nsecond\n");
        fs::rename(numbered(&path, 1), numbered(&path, 2)).unwrap();
        fs::rename(&path, numbered(&path, 1)).unwrap();
        write(&path, "third\n");
        assert_eq!(log(&node), "first\nsecond\nthird\n");
    }

    #[test]
    fn a_log_that_was_emptied_or_replaced_is_all_of_this_start() {
        let node = started();
        let path = node.plan.log_file();
        fs::write(&path, "n\n").unwrap();
        assert_eq!(log(&node), "n\n");
        let other = path.with_extension("other");
        fs::write(&other, "another file\n").unwrap();
        fs::rename(&other, &path).unwrap();
        assert_eq!(log(&node), "another file\n");
    }

    #[test]
    fn a_log_that_was_not_there_is_read_whole_and_what_older_files_there_are_is_not() {
        let node = started();
        let path = node.plan.log_file();
        fs::remove_file(&path).unwrap();
        note(&node.plan).unwrap();
        assert_eq!(since_start(&node.plan).log, None);
        write(&path, "new\n");
        write(&numbered(&path, 1), "old\n");
        assert_eq!(log(&node), "new\n");
        fs::remove_file(node.plan.start_file()).unwrap();
        assert_eq!(log(&node), "new\n", "also when nothing was noted");
    }

    #[test]
    fn a_shorter_note_leaves_nothing_of_a_longer_one() {
        let node = started();
        fs::remove_file(node.plan.log_file()).unwrap();
        fs::remove_file(node.plan.output_file()).unwrap();
        note(&node.plan).unwrap();
        let noted: Marks = serde_json::from_slice(&fs::read(node.plan.start_file()).unwrap()).unwrap();
        assert_eq!(noted, Marks::default());
    }

    #[test]
    fn of_a_long_log_the_end_is_read() {
        let node = started();
        write(&node.plan.log_file(), &"line\n".repeat(100_000));
        write(&node.plan.log_file(), "end");
        let log = log(&node);
        assert_eq!(log.len() as u64, AT_MOST);
        assert!(log.ends_with("line\nend"));
    }

    #[test]
    fn every_spawn_notes_where_the_files_end() {
        let node = started();
        write(&node.plan.log_file(), "old, too\n");
        let _running = node.spawn();
        assert_eq!(log(&node), "");
        super::super::spawn::spawn(&node.plan).unwrap_err();
        write(&node.plan.log_file(), "new\n");
        assert_eq!(log(&node), "new\n");
        super::super::spawn::spawn(&node.plan).unwrap_err();
        assert_eq!(log(&node), "new\n", "a start that is refused is none");
    }
}
