//! Unpacking a distribution's .tgz: only what is needed, and never outside the folder.

use std::fs::{self, File, Permissions};
use std::io::{self, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use flate2::read::GzDecoder;

use super::error::DistError;
use super::locate::is_runtime_jar;

/// The folders of a distribution that are kept: jars, tools, and the configs that come with them.
const WANTED: [&str; 3] = ["libs", "bin", "config"];

/// Unpacks `root/{libs,bin,config}` of the archive to `into/{libs,bin,config}`.
pub(super) fn unpack(tgz: &Path, root: &str, into: &Path) -> Result<(), DistError> {
    let bad = |why: String| DistError::BadArchive { path: tgz.to_owned(), why };
    let unreadable = |error: io::Error| bad(error.to_string());
    let file = File::open(tgz).map_err(DistError::io("open", tgz))?;
    let mut archive = tar::Archive::new(GzDecoder::new(BufReader::new(file)));
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let path = entry.path().map_err(unreadable)?.into_owned();
        let inside =
            below(&path, root).ok_or_else(|| bad(format!("{} lies outside {root}/", path.display())))?;
        if !is_wanted(&inside) {
            continue;
        }
        let target = into.join(&inside);
        let kind = entry.header().entry_type();
        if kind.is_dir() {
            fs::create_dir_all(&target).map_err(DistError::io("create", &target))?;
        } else if kind.is_file() {
            if let Some(folder) = target.parent() {
                fs::create_dir_all(folder).map_err(DistError::io("create", folder))?;
            }
            let mut file = File::create_new(&target).map_err(DistError::io("create", &target))?;
            // Reading the archive and writing the file can both fail; the path is told for either.
            io::copy(&mut entry, &mut file).map_err(DistError::io("unpack", &target))?;
            let runs = entry.header().mode().is_ok_and(|mode| mode & 0o100 != 0);
            let mode = Permissions::from_mode(if runs { 0o755 } else { 0o644 });
            file.set_permissions(mode).map_err(DistError::io("set the mode of", &target))?;
        } else {
            // Kafka's archives have no links, and a link could lead outside.
            return Err(bad(format!("{} is neither a file nor a folder", path.display())));
        }
    }
    Ok(())
}

/// The path relative to `root`; `None` when it is not below it or takes a way round.
fn below(path: &Path, root: &str) -> Option<PathBuf> {
    let mut parts = path.components().filter(|part| *part != Component::CurDir);
    if parts.next()? != Component::Normal(root.as_ref()) {
        return None;
    }
    parts
        .map(|part| match part {
            Component::Normal(name) => Some(name),
            _ => None,
        })
        .collect()
}

fn is_wanted(inside: &Path) -> bool {
    let in_wanted = WANTED.iter().any(|folder| inside.starts_with(folder));
    let is_other_jar = inside.parent() == Some(Path::new("libs"))
        && !inside.file_name().and_then(|name| name.to_str()).is_some_and(is_runtime_jar);
    in_wanted && !is_other_jar
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::testing::{Entry, tgz, write_bytes};

    fn unpacked(entries: &[Entry]) -> (tempfile::TempDir, Result<(), DistError>) {
        let dir = tempfile::tempdir().unwrap();
        let archive = dir.path().join("a.tgz");
        write_bytes(&archive, &tgz(entries));
        let result = unpack(&archive, "k", &dir.path().join("out"));
        (dir, result)
    }

    #[test]
    fn only_what_runs_is_unpacked_and_scripts_stay_executable() {
        let (dir, result) = unpacked(&[
            Entry::File("k/LICENSE", "x", 0o644),
            Entry::File("k/libs/a.jar", "abc", 0o644),
            Entry::File("k/libs/a-javadoc.jar", "x", 0o644),
            Entry::File("k/libs/a.jar.asc", "x", 0o644),
            Entry::File("./k/bin/run.sh", "x", 0o755),
            Entry::File("k/bin/windows/run.bat", "x", 0o644),
            Entry::File("k/site-docs/x.tgz", "x", 0o644),
        ]);
        result.unwrap();
        let out = dir.path().join("out");
        assert_eq!(fs::read_to_string(out.join("libs/a.jar")).unwrap(), "abc");
        assert_eq!(out.join("bin/run.sh").metadata().unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(fs::read_dir(out.join("libs")).unwrap().count(), 1);
        assert!(!out.join("LICENSE").exists() && !out.join("site-docs").exists());
    }

    #[test]
    fn a_path_that_escapes_is_refused_and_nothing_is_written_there() {
        for path in
            ["k/libs/../../../evil.jar", "../evil.jar", "/evil.jar", "other/libs/evil.jar", "k/../evil.jar"]
        {
            let (dir, result) = unpacked(&[Entry::File(path, "x", 0o644)]);
            assert!(result.unwrap_err().to_string().contains("lies outside k/"), "{path}");
            assert!(!dir.path().join("evil.jar").exists());
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_path_is_accepted_stays_inside(parts in proptest::collection::vec("k|libs|a|\\.|\\.\\.|", 1..6)) {
            if let Some(inside) = below(Path::new(&parts.join("/")), "k") {
                assert!(inside.components().all(|part| matches!(part, Component::Normal(_))));
            }
        }
    }

    #[test]
    fn links_are_refused() {
        let (dir, result) =
            unpacked(&[Entry::Link("k/libs/sub", "/tmp"), Entry::File("k/libs/sub/a.jar", "x", 0o644)]);
        // A link without the name of a jar is passed over, so what follows lands in a real folder.
        result.unwrap();
        assert!(dir.path().join("out/libs/sub").symlink_metadata().unwrap().is_dir());
        let (_dir, result) = unpacked(&[Entry::Link("k/libs/a.jar", "/etc/passwd")]);
        assert!(result.unwrap_err().to_string().contains("neither a file nor a folder"));
    }

    #[test]
    fn what_is_no_archive_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        write_bytes(&dir.path().join("a.tgz"), b"<html>");
        assert!(matches!(
            unpack(&dir.path().join("a.tgz"), "k", dir.path()),
            Err(DistError::BadArchive { .. })
        ));
    }
}
