//! The project's lists of the jars that Maven must give for each version, with their SHA-256.
//!
//! A line is `<hex>  <file>`, as `sha256sum` prints it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::artifacts;
use super::cache;
use super::error::{DistError, Miss};
use super::host::{HostEnv, absolute};
use super::maven::Maven;
use super::progress::FetchProgress;
use crate::plan::model::JavaPlan;
use crate::spec::versions::SUPPORTED;

/// Files and their SHA-256 in lowercase hex.
pub(super) type Sums = BTreeMap<String, String>;

/// The list of a version, when the project has one.
pub(super) fn of_kafka(version: &str) -> Option<Sums> {
    let text = match version {
        "0.10.2.2" => include_str!("checksums/kafka-0.10.2.2.sha256"),
        "1.1.1" => include_str!("checksums/kafka-1.1.1.sha256"),
        "2.8.2" => include_str!("checksums/kafka-2.8.2.sha256"),
        "3.0.2" => include_str!("checksums/kafka-3.0.2.sha256"),
        "3.1.2" => include_str!("checksums/kafka-3.1.2.sha256"),
        "3.2.3" => include_str!("checksums/kafka-3.2.3.sha256"),
        "3.3.2" => include_str!("checksums/kafka-3.3.2.sha256"),
        "3.4.1" => include_str!("checksums/kafka-3.4.1.sha256"),
        "3.5.2" => include_str!("checksums/kafka-3.5.2.sha256"),
        "3.6.2" => include_str!("checksums/kafka-3.6.2.sha256"),
        "3.7.2" => include_str!("checksums/kafka-3.7.2.sha256"),
        "3.8.1" => include_str!("checksums/kafka-3.8.1.sha256"),
        "3.9.0" => include_str!("checksums/kafka-3.9.0.sha256"),
        "3.9.1" => include_str!("checksums/kafka-3.9.1.sha256"),
        "3.9.2" => include_str!("checksums/kafka-3.9.2.sha256"),
        "4.0.2" => include_str!("checksums/kafka-4.0.2.sha256"),
        "4.1.2" => include_str!("checksums/kafka-4.1.2.sha256"),
        "4.2.1" => include_str!("checksums/kafka-4.2.1.sha256"),
        "4.3.1" => include_str!("checksums/kafka-4.3.1.sha256"),
        "4.4.0" => include_str!("checksums/kafka-4.4.0.sha256"),
        _ => return None,
    };
    let entry = |line: &str| line.split_once("  ").map(|(sum, file)| (file.to_owned(), sum.to_owned()));
    Some(text.lines().filter_map(entry).collect())
}

/// Makes the list of a version: fetches it with Maven, trusting what Maven gives, and hashes every jar.
///
/// Also for a version that is not supported yet: its list is the first thing that it needs.
pub(crate) fn checksums(
    version: &str,
    java: &JavaPlan,
    cache: &Path,
    env: &HostEnv,
    progress: &dyn FetchProgress,
) -> Result<String, DistError> {
    let failed = |why: String| DistError::NoChecksums { version: version.to_owned(), why };
    // Every release from 2.5 on has a build for Scala 2.13.
    let scala = SUPPORTED.iter().find(|known| known.version == version).map_or("2.13", |known| known.scala);
    let artifacts = artifacts::of_kafka(version, scala)
        .ok_or_else(|| failed("no recipe for this version is known".to_owned()))?;
    let cache = &absolute(cache);
    let _lock = cache::lock(cache, version, progress)?;
    let work = cache::workspace(cache, version)?;
    let libs = work.path().join("libs");
    progress.step("fetching jars with Maven");
    Maven::find(java, cache, env)
        .and_then(|maven| maven.copy_jars(&artifacts, work.path(), &libs, &[], progress))
        .map_err(|miss| match miss {
            Miss::Unavailable(why) => failed(why),
            Miss::Fatal(error) => error,
        })?;
    let mut list = String::new();
    for (file, sum) in sums(&libs)? {
        // Writing to a String cannot fail.
        let _ = writeln!(list, "{sum}  {file}");
    }
    cache::clean(cache, version)?;
    Ok(list)
}

/// Checks that `libs` holds exactly the files of the list.
pub(super) fn verify(version: &str, libs: &Path, wanted: &Sums) -> Result<(), DistError> {
    let found = sums(libs)?;
    let mut problems: Vec<String> = wanted
        .iter()
        .filter_map(|(file, sum)| match found.get(file) {
            None => Some(format!("{file} is missing")),
            Some(other) if other != sum => {
                Some(format!("{file} differs: SHA-256 is {other}, should be {sum}"))
            }
            Some(_) => None,
        })
        .collect();
    problems.extend(
        found.keys().filter(|file| !wanted.contains_key(*file)).map(|file| format!("{file} is extra")),
    );
    if problems.is_empty() {
        Ok(())
    } else {
        Err(DistError::WrongJars { version: version.to_owned(), problems })
    }
}

fn sums(folder: &Path) -> Result<Sums, DistError> {
    let mut sums = Sums::new();
    for entry in fs::read_dir(folder).map_err(DistError::io("read", folder))? {
        let path = entry.map_err(DistError::io("read", folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        sums.insert(name, hex_digest::<Sha256>(&path).map_err(DistError::io("read", &path))?);
    }
    Ok(sums)
}

/// A file's digest in lowercase hex.
pub(super) fn hex_digest<D: Digest>(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut digest = D::new();
    let mut buffer = vec![0; 1 << 17];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            n => digest.update(&buffer[..n]),
        }
    }
    Ok(hex(digest))
}

/// What a digest has come to, in lowercase hex.
pub(super) fn hex(digest: impl Digest) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::testing::write;

    #[test]
    fn every_supported_version_has_a_list_with_its_broker() {
        for known in SUPPORTED {
            let sums = of_kafka(known.version).unwrap();
            assert!(sums.contains_key(&format!("kafka_{}-{}.jar", known.scala, known.version)));
            for (file, sum) in sums {
                assert!(sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_hexdigit()), "{file}");
            }
        }
    }

    #[test]
    fn missing_extra_and_different_jars_are_named() {
        let dir = tempfile::tempdir().unwrap();
        write(&dir.path().join("good.jar"), "abc");
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned();
        let mut wanted = Sums::from([("good.jar".to_owned(), abc.clone())]);
        verify("1", dir.path(), &wanted).unwrap();
        write(&dir.path().join("extra.jar"), "abc");
        write(&dir.path().join("other.jar"), "xyz");
        wanted.extend([("gone.jar".to_owned(), abc.clone()), ("other.jar".to_owned(), abc)]);
        let text = verify("1", dir.path(), &wanted).unwrap_err().to_string();
        for part in
            ["gone.jar is missing", "extra.jar is extra", "other.jar differs: SHA-256 is 3608bca1e44e"]
        {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains("good.jar"));
    }
}
