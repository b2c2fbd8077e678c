//! The class-data archive (AppCDS): the classes that nodes load at their start, as a JVM has them in
//! memory once they are parsed and verified. A node maps it instead of reading them out of jars.
//!
//! One archive serves every role of one Kafka on one Java. Its classes are named by a list in the project, so
//! that no node has to be run for it (docs/performance.md compares it with archives of nodes that ran). A JVM
//! that cannot use it (other jars, another Java, a broken file) goes on without (`-Xshare:auto`), so it is
//! never a reason to fail.

use std::fmt::Write;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::cache::{self, touch};
use super::checksums::hex;
use super::dump::{class_list, dump};
use super::error::DistError;
use super::host::absolute;
use super::java::home_of;
use super::progress::FetchProgress;
use crate::plan::model::{JavaPlan, KafkaPlan};

/// Older Java has no archive of application classes, or reads lists of another format (lambda
/// proxies: JDK-8198698, Java 16).
const OLDEST_JAVA: u32 = 17;

/// Where the archive for these is kept; `None` when there is none for them.
pub(crate) fn class_data(kafka: &KafkaPlan, java: &JavaPlan, cache: &Path) -> Option<PathBuf> {
    class_list(&kafka.version).filter(|_| java.major >= OLDEST_JAVA)?;
    let mut who = Sha256::new();
    // The last tells it from an archive that must not be mapped in place.
    let parts = [java.program.display().to_string(), kafka.classpath.join(":"), "linked".to_owned()];
    for part in parts {
        who.update(part);
        who.update([0]);
    }
    let name = format!("kafka-{}-java-{}-{}.jsa", kafka.version, java.version, &hex(who)[..12]);
    Some(absolute(cache).join("class-data").join(name))
}

/// Makes the archive unless it is there and its jars, its Java and its list are as they were; blocks,
/// for some seconds of CPU time. Any number of processes may do it at once. True when it was made.
pub(crate) fn make_class_data(
    archive: &Path,
    kafka: &KafkaPlan,
    java: &JavaPlan,
    progress: &dyn FetchProgress,
) -> Result<bool, DistError> {
    let wanted = Inputs::read(kafka, java);
    if is_fresh(archive, &wanted) {
        touch(&note_of(archive));
        return Ok(false);
    }
    let folder = archive.parent().unwrap_or(archive);
    let lock = cache::hold(&folder.join("lock"), || {
        progress.step("waiting for another command that makes a class-data archive");
    })?;
    if is_fresh(archive, &wanted) {
        return Ok(false);
    }
    clean(folder)?;
    progress.step("making a class-data archive, once: nodes start faster with it");
    let work = tempfile::Builder::new()
        .prefix(".work-")
        .tempdir_in(folder)
        .map_err(DistError::io("create a folder in", folder))?;
    let made = dump(work.path(), kafka, java, &lock)?;
    cache::install(&made, archive, work.path())?;
    let note = note_of(archive);
    fs::write(&note, wanted.with_archive(archive)).map_err(DistError::io("write", &note))?;
    Ok(true)
}

/// Removes an archive that has been changed since it was made, so that nodes start without it until the next
/// `up` makes it anew; true when it did. A JVM looks at the head of an archive only: of damaged contents it
/// would die. One that is being made at this moment is left alone.
pub(crate) fn drop_changed(archive: &Path) -> Result<bool, DistError> {
    let made = || {
        let note = fs::read_to_string(note_of(archive)).unwrap_or_default();
        note.lines().last() == Some(stamp(archive).as_str())
    };
    if !archive.is_file() || made() {
        return Ok(false);
    }
    let folder = archive.parent().unwrap_or(archive);
    let Some(_lock) = cache::try_hold(&folder.join("lock"))? else { return Ok(false) };
    if made() {
        return Ok(false);
    }
    fs::remove_file(archive).or_else(ignore_absent).map_err(DistError::io("remove", archive))?;
    Ok(true)
}

/// Kafka's and Java's version in the name of an archive.
pub(super) fn versions_in(name: &str) -> Option<(&str, &str)> {
    let (stem, _) = name.strip_suffix(".jsa")?.rsplit_once('-')?;
    stem.strip_prefix("kafka-")?.split_once("-java-")
}

/// The `java` program that an archive was made with, as its note tells.
pub(super) fn java_in(note: &Path) -> Option<PathBuf> {
    let text = fs::read_to_string(note).ok()?;
    text.lines().nth(1)?.rsplitn(3, ' ').nth(2).map(PathBuf::from)
}

/// What the archive was made of; the JVM compares jars and its own build, but goes on without a word.
struct Inputs(String);

impl Inputs {
    fn read(kafka: &KafkaPlan, java: &JavaPlan) -> Self {
        let mut text = format!("java {}\n{}\n", java.version, stamp(&java.program));
        let release = home_of(&java.program).and_then(|home| fs::read_to_string(home.join("release")).ok());
        text.push_str(&release.unwrap_or_default());
        for jar in kafka.classpath.iter().flat_map(|entry| jars(entry)) {
            let _ = writeln!(text, "{}", stamp(&jar));
        }
        let list = Sha256::new().chain_update(class_list(&kafka.version).unwrap_or_default());
        let _ = writeln!(text, "list {}", hex(list));
        Inputs(text)
    }

    /// The archive itself, too: a JVM does not look whether its contents are as they were written.
    fn with_archive(&self, archive: &Path) -> String {
        format!("{}{}\n", self.0, stamp(archive))
    }
}

fn is_fresh(archive: &Path, wanted: &Inputs) -> bool {
    archive.is_file()
        && fs::read_to_string(note_of(archive)).is_ok_and(|note| note == wanted.with_archive(archive))
}

pub(super) fn note_of(archive: &Path) -> PathBuf {
    archive.with_extension("txt")
}

/// The files that a classpath entry stands for.
pub(super) fn jars(entry: &str) -> Vec<PathBuf> {
    let Some(folder) = entry.strip_suffix("/*") else { return vec![PathBuf::from(entry)] };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut jars: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "jar")).collect();
    jars.sort();
    jars
}

/// Path, size and time of change of a file.
fn stamp(path: &Path) -> String {
    match fs::metadata(path) {
        Ok(meta) => {
            format!("{} {} {}.{:09}", path.display(), meta.len(), meta.mtime(), meta.mtime_nsec())
        }
        Err(_) => format!("{} absent", path.display()),
    }
}

/// Removes what commands that were killed have left, and archives whose Java or Kafka is gone. The
/// caller holds the lock.
fn clean(folder: &Path) -> Result<(), DistError> {
    let entries = fs::read_dir(folder).map_err(DistError::io("read", folder))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".work-")) {
            fs::remove_dir_all(&path).map_err(DistError::io("remove", &path))?;
        } else if path.extension().is_some_and(|extension| extension == "txt") && is_dead(&path) {
            // Running nodes keep what they have mapped.
            for dead in [path.with_extension("jsa"), path] {
                fs::remove_file(&dead).or_else(ignore_absent).map_err(DistError::io("remove", &dead))?;
            }
        }
    }
    Ok(())
}

/// Whether a note names a file that is not there any more: its archive fits nothing.
pub(super) fn is_dead(note: &Path) -> bool {
    let text = fs::read_to_string(note).unwrap_or_default();
    let named = |line: &str| line.rsplitn(3, ' ').nth(2).map(PathBuf::from);
    text.lines().filter(|line| line.starts_with('/')).filter_map(named).any(|file| !file.exists())
}

fn ignore_absent(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::testing::{Recorder, script, write};
    use crate::plan::source::{JavaSource, KafkaSource};

    struct Fixture {
        dir: tempfile::TempDir,
        kafka: KafkaPlan,
        java: JavaPlan,
    }

    /// A Java whose "archive" is the number of times it has been asked for one.
    fn fixture() -> Fixture {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("jdk/bin/java");
        let counts = r#"echo x >>"${0%/*}/runs"; : >loaded.log
for a; do case $a in -XX:SharedArchiveFile=*) wc -l <"${0%/*}/runs" >"${a#*=}";; esac; done"#;
        script(&program, counts);
        write(&dir.path().join("libs/kafka.jar"), "x");
        let kafka = KafkaPlan {
            version: "3.9.2".into(),
            home: dir.path().into(),
            classpath: vec![format!("{}/libs/*", dir.path().display())],
            source: KafkaSource::Cache,
        };
        let java = JavaPlan { program, version: "17.0.15".into(), major: 17, source: JavaSource::Path };
        Fixture { dir, kafka, java }
    }

    impl Fixture {
        fn archive(&self) -> PathBuf {
            class_data(&self.kafka, &self.java, self.dir.path()).unwrap()
        }

        /// How often Java had been run when the archive was made.
        fn make(&self) -> String {
            let archive = self.archive();
            make_class_data(&archive, &self.kafka, &self.java, &Recorder::default()).unwrap();
            fs::read_to_string(archive).unwrap().trim().to_owned()
        }
    }

    #[test]
    fn an_archive_is_made_once() {
        let fixture = fixture();
        assert_eq!([fixture.make(), fixture.make()], ["1", "1"]);
        let names: Vec<_> = fs::read_dir(fixture.archive().parent().unwrap()).unwrap().flatten().collect();
        assert_eq!(names.len(), 3, "archive, note and lock: {names:?}");
    }

    #[test]
    fn another_jar_another_java_or_a_touched_archive_has_it_made_anew() {
        let fixture = fixture();
        fixture.make();
        write(&fixture.dir.path().join("libs/plugin.jar"), "x");
        assert_eq!(fixture.make(), "2");
        write(&fixture.dir.path().join("jdk/release"), "JAVA_RUNTIME_VERSION=\"17.0.15+7\"");
        assert_eq!(fixture.make(), "3");
        write(&fixture.archive(), "half of it");
        assert_eq!(fixture.make(), "4");
        assert_eq!(fixture.make(), "4");
    }

    #[test]
    fn what_a_killed_command_has_left_is_removed() {
        let fixture = fixture();
        let left = fixture.archive().with_file_name(".work-dead");
        write(&left.join("classes.jsa"), "half");
        fixture.make();
        assert!(!left.exists());
    }

    #[test]
    fn an_archive_of_a_java_that_is_gone_is_removed_with_the_next_one() {
        let mut fixture = fixture();
        fixture.make();
        let old = fixture.archive();
        let moved = fixture.dir.path().join("other jdk");
        fs::rename(fixture.dir.path().join("jdk"), &moved).unwrap();
        fixture.java.program = moved.join("bin/java");
        fixture.make();
        assert!(!old.exists() && !note_of(&old).exists());
        assert!(fixture.archive().exists() && note_of(&fixture.archive()).exists());
    }

    #[test]
    fn a_java_that_cannot_make_it_is_an_error_and_leaves_no_archive() {
        let fixture = fixture();
        script(&fixture.java.program, "echo; echo no space left >&2; echo; exit 1");
        let archive = fixture.archive();
        let error =
            make_class_data(&archive, &fixture.kafka, &fixture.java, &Recorder::default()).unwrap_err();
        assert!(error.to_string().contains("no space left"), "{error}");
        assert!(!archive.exists());
    }

    #[test]
    fn a_changed_archive_is_taken_away_before_a_jvm_dies_of_it() {
        let fixture = fixture();
        fixture.make();
        let archive = fixture.archive();
        assert!(!drop_changed(&archive).unwrap() && archive.exists());
        let whole = fs::read(&archive).unwrap();
        fs::write(&archive, vec![b'?'; whole.len()]).unwrap();
        let lock = cache::try_hold(&archive.with_file_name("lock")).unwrap();
        assert!(!drop_changed(&archive).unwrap() && archive.exists(), "somebody makes one");
        drop(lock);
        assert!(drop_changed(&archive).unwrap() && !archive.exists());
        assert!(!drop_changed(&archive).unwrap(), "it is gone");
    }

    #[test]
    fn only_known_kafkas_on_a_java_that_reads_the_list_have_one() {
        let Fixture { dir, kafka, java } = fixture();
        let old_java = JavaPlan { major: 11, ..java.clone() };
        let other_kafka = KafkaPlan { version: "5.0.0".into(), ..kafka.clone() };
        assert_eq!(class_data(&kafka, &old_java, dir.path()), None);
        assert_eq!(class_data(&other_kafka, &java, dir.path()), None);
        let of = |kafka: &KafkaPlan, java: &JavaPlan| class_data(kafka, java, dir.path()).unwrap();
        let other_home = KafkaPlan { classpath: vec!["/other/*".into()], ..kafka.clone() };
        let other_java = JavaPlan { program: "/other/java".into(), ..java.clone() };
        assert_ne!(of(&kafka, &java), of(&other_home, &java));
        assert_ne!(of(&kafka, &java), of(&kafka, &other_java));
    }
}
