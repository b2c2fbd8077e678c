//! What killed commands have left behind, and what the cache keeps for nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::diagnosis::Diagnosis;
use crate::dist;
use crate::engine::doctor::{Finding, State};
use crate::engine::{cache, ephemeral};
use crate::error::Failure;
use crate::host::files;
use crate::paths::Folders;
use crate::units;

/// A temporary file is written and renamed in a moment; an older one has no writer any more.
const OLD: Duration = Duration::from_secs(3600);

pub(super) fn examine(folders: &Folders) -> Result<Vec<Diagnosis>, Failure> {
    let run = folders.ephemeral();
    let mut found: Vec<Diagnosis> = Vec::new();
    let graves = entries(&[&folders.home, &run.home], |name, _| name.starts_with(".deleted-"));
    found.extend(removal(graves, "folder of a cluster whose deletion was cut short", remove_folder));
    let temporary = entries(&[&folders.home, &folders.cache, &run.home], |name, path| {
        name.starts_with(".tmp") && path.is_file() && is_old(path)
    });
    found.extend(removal(temporary, "temporary file of a command that was killed", remove_file));
    let ownerless = ephemeral::ownerless(folders)?.len();
    if ownerless > 0 {
        let text = format!("{} whose `cluster run` was killed", units::count(ownerless, "cluster"));
        let finding = Finding::bad("leftovers", State::Warning, text, "take them down and remove them");
        let folders = folders.clone();
        found.push(Diagnosis::mended_by(finding, move || ephemeral::clear(&folders)));
    }
    if found.is_empty() {
        found.push(Finding::good("leftovers", "none").into());
    }
    found.extend(cache(folders)?);
    Ok(found)
}

fn cache(folders: &Folders) -> Result<Vec<Diagnosis>, Failure> {
    let holdings = cache::holdings(folders)?;
    let bytes: u64 = holdings.iter().map(|one| one.bytes).sum();
    let text = format!("{} in {}", units::size(bytes), folders.cache.display());
    let mut found = vec![Finding::good("cache", text).into()];
    for dead in holdings.into_iter().filter(|one| !one.usable && one.used_by.is_empty()) {
        let text = format!("{} fits no Java or Kafka that is there", dead.path.display());
        let finding = Finding::bad("cache", State::Warning, text, "remove it");
        let cache = folders.cache.clone();
        found.push(Diagnosis::mended_by(finding, move || {
            dist::remove(&dead, &cache)?;
            Ok(())
        }));
    }
    Ok(found)
}

/// One finding for all of a kind.
fn removal(paths: Vec<PathBuf>, noun: &str, remove: fn(&Path) -> Result<(), Failure>) -> Option<Diagnosis> {
    let first = paths.first()?;
    let text = match paths.len() {
        1 => format!("{}: {noun}", first.display()),
        more => format!("{} and {} like it: {noun}", first.display(), more - 1),
    };
    let finding = Finding::bad("leftovers", State::Warning, text, "remove it");
    Some(Diagnosis::mended_by(finding, move || paths.iter().try_for_each(|path| remove(path))))
}

fn remove_folder(path: &Path) -> Result<(), Failure> {
    Ok(files::remove(path)?)
}

fn remove_file(path: &Path) -> Result<(), Failure> {
    fs::remove_file(path).map_err(|error| Failure::io("remove", path, &error))
}

fn entries(folders: &[&PathBuf], is_it: impl Fn(&str, &Path) -> bool) -> Vec<PathBuf> {
    let all = folders.iter().flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten());
    let paths = all.map(|entry| entry.path());
    let mut found: Vec<PathBuf> =
        paths.filter(|path| is_it(&path.file_name().unwrap_or_default().to_string_lossy(), path)).collect();
    found.sort();
    found
}

fn is_old(path: &Path) -> bool {
    let changed = path.metadata().and_then(|file| file.modified());
    changed.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > OLD))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_is_found_and_mended_and_what_is_in_use_stays() {
        let root = tempfile::tempdir().unwrap();
        let folders = Folders { home: root.path().join("home"), cache: root.path().join("cache") };
        fs::create_dir_all(folders.home.join(".deleted-velib/broker-0")).unwrap();
        fs::create_dir_all(&folders.cache).unwrap();
        let (old, new) = (folders.cache.join(".tmpOld"), folders.cache.join(".tmpNew"));
        fs::write(&old, "x").unwrap();
        fs::write(&new, "x").unwrap();
        let long_ago = std::time::SystemTime::now() - 2 * OLD;
        fs::File::options().write(true).open(&old).unwrap().set_modified(long_ago).unwrap();
        let archives = folders.cache.join("class-data");
        fs::create_dir_all(&archives).unwrap();
        let dead = archives.join("kafka-3.9.2-java-17.0.1-0123456789ab.jsa");
        fs::write(&dead, "x").unwrap();

        let bad = |fix: bool| -> Vec<Finding> {
            let found = examine(&folders).unwrap().into_iter().map(|one| one.settled(fix));
            found.filter(|one| one.state != State::Good).collect()
        };
        assert_eq!(bad(false).len(), 3);
        assert!(bad(true).iter().all(|one| one.fixed));
        assert_eq!(bad(false), []);
        assert!(new.exists() && !old.exists() && !dead.exists());
    }
}
