//! Reading files that grow: across rotation (`server.log` becomes `server.log.1`), new starts and
//! truncation.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::{End, Failure};

/// How often a followed file is looked at.
pub(crate) const INTERVAL: std::time::Duration = std::time::Duration::from_millis(100);

/// Takes one line, without its newline.
pub(crate) type OnLine<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), End>;

/// A file that is read on from where the last look ended.
#[derive(Debug)]
pub(crate) struct Follow {
    path: PathBuf,
    open: Option<Open>,
    /// The beginning of a line whose end has not come yet.
    torn: Vec<u8>,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// Of the next byte.
    offset: u64,
}

impl Follow {
    /// From its beginning; it need not be there yet.
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        Follow { path: path.into(), open: None, torn: Vec::new() }
    }

    /// From the first line that begins within its last `bytes`.
    pub(crate) fn near_end(path: impl Into<PathBuf>, bytes: u64) -> Result<Self, Failure> {
        let path = path.into();
        let failed = |error: io::Error| Failure::io("read", &path, &error);
        let mut open = open(&path)?;
        if let Some(Open { file, offset }) = &mut open {
            let length = file.metadata().map_err(failed)?.len();
            if length > bytes {
                // A line may begin right there: the end of the one before is looked for.
                let from = length - bytes - 1;
                file.seek(SeekFrom::Start(from)).map_err(failed)?;
                let mut skipped = Vec::new();
                BufReader::new(&*file).read_until(b'\n', &mut skipped).map_err(failed)?;
                *offset = from + skipped.len() as u64;
                file.seek(SeekFrom::Start(*offset)).map_err(failed)?;
            }
        }
        Ok(Follow { path, open, torn: Vec::new() })
    }

    /// Every whole line that has come since the last look.
    pub(crate) fn read(&mut self, line: OnLine) -> Result<(), End> {
        if self.open.is_none() {
            self.open = open(&self.path)?;
        }
        let Some(open_file) = &self.open else { return Ok(()) };
        let known =
            identity_of(&open_file.file).map_err(|error| Failure::io("look at", &self.path, &error))?;
        self.drain(line)?;
        // No file at all: in the middle of a rotation, or deleted.
        let Some(now) = identity(&self.path) else { return Ok(()) };
        if now == known {
            return Ok(());
        }
        // Rotated. What was written between the last read and the rename is still to come.
        self.drain(line)?;
        self.end(line)?;
        for between in newer_than(&self.path, known) {
            let mut follow = Follow::new(between);
            follow.open = open(&follow.path)?;
            follow.drain(line)?;
            follow.end(line)?;
        }
        self.open = open(&self.path)?;
        self.drain(line)
    }

    /// A last line that nobody will finish.
    pub(crate) fn end(&mut self, line: OnLine) -> Result<(), End> {
        match std::mem::take(&mut self.torn) {
            torn if torn.is_empty() => Ok(()),
            torn => line(&torn),
        }
    }

    fn drain(&mut self, line: OnLine) -> Result<(), End> {
        while self.read_some(line)? {}
        Ok(())
    }

    /// The whole lines of the next piece of the file that is open; false at its end.
    pub(crate) fn read_some(&mut self, line: OnLine) -> Result<bool, End> {
        if self.open.is_none() {
            self.open = open(&self.path)?;
        }
        let Some(open) = &mut self.open else { return Ok(false) };
        let failed = |error: &io::Error| Failure::io("read", &self.path, error);
        if open.file.metadata().map_err(|error| failed(&error))?.len() < open.offset {
            // Truncated: what is there now is new.
            open.file.seek(SeekFrom::Start(0)).map_err(|error| failed(&error))?;
            open.offset = 0;
            self.torn.clear();
        }
        let mut chunk = vec![0; 64 * 1024];
        let length = loop {
            match open.file.read(&mut chunk) {
                Ok(0) => return Ok(false),
                Ok(length) => break length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(&error).into()),
            }
        };
        open.offset += length as u64;
        let mut rest = &chunk[..length];
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            match self.torn.is_empty() {
                true => line(&rest[..end])?,
                false => {
                    self.torn.extend_from_slice(&rest[..end]);
                    line(&std::mem::take(&mut self.torn))?;
                }
            }
            rest = &rest[end + 1..];
        }
        self.torn.extend_from_slice(rest);
        Ok(true)
    }
}

/// Device and inode: the same for as long as a file is open or has a name.
type Identity = (u64, u64);

fn identity_of(file: &File) -> io::Result<Identity> {
    file.metadata().map(|metadata| (metadata.dev(), metadata.ino()))
}

fn identity(path: &Path) -> Option<Identity> {
    fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

fn open(path: &Path) -> Result<Option<Open>, Failure> {
    match File::open(path) {
        Ok(file) => Ok(Some(Open { file, offset: 0 })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::io("open", path, &error)),
    }
}

/// `server.log.2`, `server.log.1`: the older files of a log that is rotated by number, oldest first.
pub(crate) fn rotated(path: &Path) -> Vec<PathBuf> {
    let older = |number: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    };
    let mut files: Vec<_> = (1..).map(older).take_while(|path| path.is_file()).collect();
    files.reverse();
    files
}

/// The older files that came after this one: there are some when it was rotated more than once
/// between two looks.
fn newer_than(path: &Path, known: Identity) -> Vec<PathBuf> {
    let files = rotated(path);
    match files.iter().position(|file| identity(file) == Some(known)) {
        Some(at) => files[at + 1..].to_vec(),
        None => Vec::new(),
    }
}

/// The last lines of whichever of these files, each with its text, was written to last; `None` when all are empty
/// or missing. Each line is cut where it gets longer than a reader wants: Kafka logs its class path on one line.
pub(crate) fn tail(files: &[(PathBuf, Option<String>)], lines: usize) -> Option<(&Path, Vec<String>)> {
    const LONGEST: usize = 300;
    let written = |path: &Path| fs::metadata(path).and_then(|file| file.modified()).ok();
    let telling =
        files.iter().filter_map(|(path, text)| Some((path, text.as_ref().filter(|text| !text.is_empty())?)));
    let (path, text) = telling.max_by_key(|(path, _)| written(path))?;
    let all: Vec<_> = text.lines().collect();
    let cut = |line: &&str| match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => (*line).to_owned(),
    };
    Some((path, all[all.len().saturating_sub(lines)..].iter().map(cut).collect()))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    struct Log {
        dir: tempfile::TempDir,
        follow: Follow,
    }

    impl Log {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let follow = Follow::new(dir.path().join("server.log"));
            Log { dir, follow }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.dir.path().join(name)
        }

        fn write(&self, text: &str) {
            let mut file = File::options().create(true).append(true).open(self.path("server.log")).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        }

        /// As log4j's RollingFileAppender does it.
        fn rotate(&self) {
            for number in (1..9).rev() {
                let from = self.path(&format!("server.log.{number}"));
                if from.exists() {
                    fs::rename(from, self.path(&format!("server.log.{}", number + 1))).unwrap();
                }
            }
            fs::rename(self.path("server.log"), self.path("server.log.1")).unwrap();
        }

        fn look(&mut self) -> Vec<String> {
            let mut lines = Vec::new();
            let mut line = |line: &[u8]| {
                lines.push(String::from_utf8_lossy(line).into_owned());
                Ok(())
            };
            self.follow.read(&mut line).unwrap();
            lines
        }
    }

    #[test]
    fn only_what_is_new_and_whole_is_read() {
        let mut log = Log::new();
        assert_eq!(log.look(), [""; 0]);
        log.write("a\nb");
        assert_eq!(log.look(), ["a"]);
        assert_eq!(log.look(), [""; 0]);
        log.write("c\n\n");
        assert_eq!(log.look(), ["bc", ""]);
    }

    #[test]
    fn a_log_is_followed_from_the_first_whole_line_near_its_end() {
        for (bytes, lines) in
            [(1, &[][..]), (3, &["cc"]), (5, &["cc"]), (6, &["bb", "cc"]), (99, &["aa", "bb", "cc"])]
        {
            let mut log = Log::new();
            log.write("aa\nbb\ncc\n");
            log.follow = Follow::near_end(log.path("server.log"), bytes).unwrap();
            assert_eq!(log.look(), lines, "{bytes}");
            log.write("dd\n");
            assert_eq!(log.look(), ["dd"]);
        }
    }

    #[test]
    fn no_line_is_lost_or_doubled_when_the_log_is_rotated() {
        let mut log = Log::new();
        log.write("a\n");
        assert_eq!(log.look(), ["a"]);
        log.write("b\n");
        log.rotate();
        assert_eq!(log.look(), ["b"], "from the old file: there is no new one yet");
        log.write("c\n");
        assert_eq!(log.look(), ["c"]);
        log.write("d\n");
        assert_eq!(log.look(), ["d"]);
    }

    #[test]
    fn several_rotations_between_two_looks_are_read_in_order() {
        let mut log = Log::new();
        log.write("a\n");
        log.look();
        for text in ["b\n", "c\n", "d\n"] {
            log.write(text);
            log.rotate();
        }
        log.write("e\n");
        assert_eq!(log.look(), ["b", "c", "d", "e"]);
    }

    #[test]
    fn a_truncated_file_is_read_from_its_beginning() {
        let mut log = Log::new();
        log.write("a long line\n");
        log.look();
        fs::write(log.path("server.log"), "new\n").unwrap();
        assert_eq!(log.look(), ["new"]);
    }

    #[test]
    fn a_log_that_is_deleted_and_made_anew_is_followed() {
        let mut log = Log::new();
        log.write("a\n");
        log.look();
        fs::remove_file(log.path("server.log")).unwrap();
        assert_eq!(log.look(), [""; 0]);
        log.write("b\n");
        assert_eq!(log.look(), ["b"]);
    }

    #[test]
    fn the_tail_is_of_the_file_that_was_written_last() {
        let log = Log::new();
        let (first, second) = (log.path("server.log"), log.path("stdout.log"));
        let mut files = [(first.clone(), None), (second.clone(), None)];
        assert_eq!(tail(&files, 2), None);
        let file = File::create(&second).unwrap();
        file.set_modified(std::time::SystemTime::now() + std::time::Duration::from_secs(60)).unwrap();
        log.write("");
        files[0].1 = Some("a\nb\nc\n".into());
        files[1].1 = Some(String::new());
        assert_eq!(tail(&files, 2), Some((&*first, vec!["b".into(), "c".into()])), "nothing tells nothing");
        files[1].1 = Some("Error: no heap\n".into());
        assert_eq!(tail(&files, 2), Some((&*second, vec!["Error: no heap".into()])));
    }

    #[test]
    fn a_long_line_of_the_tail_is_cut() {
        let files = [(PathBuf::from("server.log"), Some(format!("a\n{}\n", "é".repeat(1000))))];
        let (_, lines) = tail(&files, 1).unwrap();
        assert_eq!(lines, [format!("{}…", "é".repeat(300))]);
    }

    proptest::proptest! {
        /// `Some(text)` is appended, `None` is a rotation; there is a look where `looks` says so.
        #[test]
        fn every_line_comes_once_and_in_order_however_it_is_written(
            steps in proptest::collection::vec(proptest::option::weighted(0.8, "[ab\n]{0,6}"), 0..30),
            looks in proptest::collection::vec(proptest::bool::ANY, 30),
        ) {
            let mut log = Log::new();
            // Before the first look there is nothing to go on from.
            log.write("");
            log.look();
            let (mut written, mut read) = (String::new(), Vec::new());
            let mut rotations = 0;
            for (step, look) in steps.iter().zip(looks) {
                match step {
                    Some(text) => {
                        log.write(text);
                        written.push_str(text);
                    }
                    // `Log` keeps nine files.
                    None if rotations < 8 => {
                        log.rotate();
                        log.write("");
                        rotations += 1;
                        // What was torn at a rotation will not be finished.
                        if !written.is_empty() && !written.ends_with('\n') {
                            written.push('\n');
                        }
                    }
                    None => {}
                }
                if look {
                    read.extend(log.look());
                }
            }
            read.extend(log.look());
            let whole = written.rfind('\n').map_or("", |end| &written[..end + 1]);
            proptest::prop_assert_eq!(read, whole.lines().map(str::to_owned).collect::<Vec<_>>());
        }
    }
}
