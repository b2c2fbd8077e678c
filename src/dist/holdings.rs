//! What lies in the cache folder, and taking it away.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use super::cache;
use super::class_data;
use super::error::DistError;
use super::host::absolute;

/// What a thing in the cache is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// A distribution, below `kafka/`.
    Kafka,
    /// A startup archive, below `class-data/`.
    Archive,
    /// Maven's local repository, `m2/`: what distributions were copied from.
    Maven,
}

/// One thing in the cache; the fields of its JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Holding {
    pub kind: Kind,
    pub path: PathBuf,
    /// On disk.
    pub bytes: u64,
    /// Of distributions and archives.
    pub kafka_version: Option<String>,
    /// Of archives: the Java that can read it, and its program.
    pub java_version: Option<String>,
    pub java: Option<PathBuf>,
    /// When an `up` last found it; `None` when that is not known.
    pub last_used: Option<Timestamp>,
    /// Of archives: the Java and the Kafka that it was made of are still there.
    pub usable: bool,
    /// Running clusters that need it.
    pub used_by: Vec<String>,
}

/// Everything in the cache, distributions first. A cache that is not there holds nothing.
pub(crate) fn holdings(cache: &Path) -> Result<Vec<Holding>, DistError> {
    let cache = absolute(cache);
    let mut found = Vec::new();
    for (version, path) in visible(&cache.join("kafka"))? {
        if path.is_dir() {
            let used = modified(&cache::lock_file(&cache, &version));
            found.push(Holding { last_used: used, ..Holding::new(Kind::Kafka, path, Some(version)) });
        }
    }
    for (name, path) in visible(&cache.join("class-data"))? {
        if let Some((kafka, java)) = class_data::versions_in(&name) {
            let note = class_data::note_of(&path);
            found.push(Holding {
                java_version: Some(java.to_owned()),
                java: class_data::java_in(&note),
                last_used: modified(&note),
                usable: note.is_file() && !class_data::is_dead(&note),
                ..Holding::new(Kind::Archive, path, Some(kafka.to_owned()))
            });
        }
    }
    let maven = cache::maven_repository(&cache);
    if maven.is_dir() {
        found.push(Holding::new(Kind::Maven, maven, None));
    }
    Ok(found)
}

/// Takes one thing out of the cache; false when another command is at work on it.
///
/// What running nodes have mapped they keep. A distribution is moved aside before it is deleted, so that
/// none is ever found in half.
pub(crate) fn remove(holding: &Holding, cache: &Path) -> Result<bool, DistError> {
    let cache = absolute(cache);
    let path = &holding.path;
    let lock = match holding.kind {
        Kind::Kafka => cache::lock_file(&cache, holding.kafka_version.as_deref().unwrap_or_default()),
        Kind::Archive => cache.join("class-data/lock"),
        Kind::Maven => cache.join("m2.lock"),
    };
    let Some(_lock) = cache::try_hold(&lock)? else { return Ok(false) };
    if holding.kind == Kind::Archive {
        for file in [path.clone(), class_data::note_of(path)] {
            fs::remove_file(&file).or_else(absent).map_err(DistError::io("remove", &file))?;
        }
        return Ok(true);
    }
    let Some(folder) = path.parent() else { return Ok(false) };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = tempfile::Builder::new()
        .prefix(&format!(".{name}."))
        .tempdir_in(folder)
        .map_err(DistError::io("create a folder in", folder))?;
    fs::rename(path, aside.path().join("removed")).map_err(DistError::io("move aside", path))?;
    let old = aside.path().to_owned();
    aside.close().map_err(DistError::io("remove", &old))?;
    Ok(true)
}

impl Holding {
    fn new(kind: Kind, path: PathBuf, kafka_version: Option<String>) -> Self {
        Holding {
            kind,
            bytes: size(&path),
            path,
            kafka_version,
            java_version: None,
            java: None,
            last_used: None,
            usable: true,
            used_by: Vec::new(),
        }
    }
}

/// Names in a folder but for those that begin with a dot, sorted. One that is not there has none.
fn visible(folder: &Path) -> Result<Vec<(String, PathBuf)>, DistError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(DistError::io("read", folder)(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(DistError::io("read", folder))?;
        match entry.file_name().into_string() {
            Ok(name) if !name.starts_with('.') => found.push((name, entry.path())),
            _ => {}
        }
    }
    found.sort();
    Ok(found)
}

/// Bytes on disk of a file, or of a folder with all that is in it. What cannot be read counts nothing.
fn size(path: &Path) -> u64 {
    let Ok(meta) = path.symlink_metadata() else { return 0 };
    let own = meta.blocks() * 512;
    if !meta.is_dir() {
        return own;
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    own + entries.map(|entry| size(&entry.path())).sum::<u64>()
}

fn modified(path: &Path) -> Option<Timestamp> {
    Timestamp::try_from(path.metadata().ok()?.modified().ok()?).ok()
}

fn absent(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::testing::{Recorder, write};

    fn cache_with(files: &[&str]) -> tempfile::TempDir {
        let cache = tempfile::tempdir().unwrap();
        files.iter().for_each(|file| write(&cache.path().join(file), "x"));
        cache
    }

    #[test]
    fn a_cache_that_is_not_there_holds_nothing() {
        let cache = tempfile::tempdir().unwrap();
        assert_eq!(holdings(&cache.path().join("none")).unwrap(), []);
    }

    #[test]
    fn distributions_archives_and_maven_are_told_with_their_versions_and_nothing_else_is() {
        let cache = cache_with(&[
            "kafka/3.9.2/libs/a.jar",
            "kafka/3.9.2.lock",
            "kafka/.3.9.2.work/libs/a.jar",
            "class-data/kafka-3.9.2-java-17.0.15-046f6234d77c.jsa",
            "class-data/kafka-3.9.2-java-17.0.15-046f6234d77c.txt",
            "class-data/lock",
            "m2/org/a.jar",
            "ports.json",
        ]);
        let found = holdings(cache.path()).unwrap();
        let told: Vec<_> = found
            .iter()
            .map(|one| (one.kind, one.kafka_version.as_deref(), one.java_version.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                (Kind::Kafka, Some("3.9.2"), None),
                (Kind::Archive, Some("3.9.2"), Some("17.0.15")),
                (Kind::Maven, None, None),
            ]
        );
        assert!(found.iter().all(|one| one.bytes > 0));
        assert!(found[0].last_used.is_some() && found[1].last_used.is_some());
    }

    #[test]
    fn an_archive_whose_java_is_gone_is_of_no_use() {
        let cache = cache_with(&["class-data/kafka-3.9.2-java-17.0.15-046f6234d77c.jsa"]);
        let note = cache.path().join("class-data/kafka-3.9.2-java-17.0.15-046f6234d77c.txt");
        write(&note, "java 17.0.15\n/gone/bin/java 1 2.3\n");
        let found = holdings(cache.path()).unwrap();
        assert!(!found[0].usable);
        assert_eq!(found[0].java.as_deref(), Some(Path::new("/gone/bin/java")));
    }

    #[test]
    fn what_is_removed_is_gone_with_its_note_and_the_rest_stays() {
        let cache = cache_with(&[
            "kafka/3.9.2/libs/a.jar",
            "kafka/0.10.2.2/libs/a.jar",
            "class-data/kafka-3.9.2-java-17.0.15-046f6234d77c.jsa",
            "class-data/kafka-3.9.2-java-17.0.15-046f6234d77c.txt",
        ]);
        let found = holdings(cache.path()).unwrap();
        for one in found.iter().filter(|one| one.kafka_version.as_deref() == Some("3.9.2")) {
            assert!(remove(one, cache.path()).unwrap());
        }
        let left = holdings(cache.path()).unwrap();
        assert_eq!(
            left.iter().map(|one| one.kafka_version.as_deref()).collect::<Vec<_>>(),
            [Some("0.10.2.2")]
        );
        let dots = fs::read_dir(cache.path().join("kafka")).unwrap().flatten();
        assert!(!dots.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with('.')));
        assert_eq!(visible(&cache.path().join("class-data")).unwrap().len(), 1, "its lock is all");
    }

    #[test]
    fn what_another_command_works_on_is_left_alone() {
        let cache = cache_with(&["kafka/3.9.2/libs/a.jar"]);
        let _theirs = cache::lock(cache.path(), "3.9.2", &Recorder::default()).unwrap();
        let found = holdings(cache.path()).unwrap();
        assert!(!remove(&found[0], cache.path()).unwrap());
        assert!(found[0].path.exists());
    }
}
