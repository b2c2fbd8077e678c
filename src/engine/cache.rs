//! What `cluster cache` does: whose clusters need what lies in the cache, warming it, clearing it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;

use crate::dist::{self, FetchProgress, Holding, Kind, Located, class_data, make_class_data};
use crate::engine::draft::Draft;
use crate::engine::host::Host;
use crate::engine::prepare;
use crate::engine::source::Source;
use crate::error::Failure;
use crate::host::leases::Leases;
use crate::paths::{ClusterDir, Folders};
use crate::plan::model::Plan;
use crate::render::store;
use crate::spec::model::Profile;

/// One Kafka in the answer of `cache warm --json`, a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Warmed {
    pub kafka_version: String,
    pub kafka_home: PathBuf,
    pub java_version: String,
    pub java: PathBuf,
    /// Kafka was not there before.
    pub fetched: bool,
    pub archive: Option<PathBuf>,
    pub archive_bytes: Option<u64>,
    /// It was not there before, or of no use.
    pub archive_made: bool,
    /// Why nodes start without an archive.
    pub without_archive: Option<String>,
    pub took_ms: u64,
}

/// The answer of `cache clear --json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Cleared {
    pub removed: Vec<Holding>,
    pub freed_bytes: u64,
    pub kept: Vec<Kept>,
}

/// What was not removed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Kept {
    pub path: PathBuf,
    pub why: String,
}

impl Kept {
    /// One that running clusters need.
    pub(crate) fn used(holding: &Holding) -> Self {
        let why = match holding.used_by.as_slice() {
            [one] => format!("the cluster {one} runs on it"),
            several => format!("the clusters {} run on it", several.join(", ")),
        };
        Kept { path: holding.path.clone(), why }
    }
}

/// Everything in the cache, each with the running clusters that need it.
pub(crate) fn holdings(folders: &Folders) -> Result<Vec<Holding>, Failure> {
    let mut found = dist::holdings(&folders.cache)?;
    let running = running(folders)?;
    for one in &mut found {
        one.used_by = users(one, &running);
    }
    Ok(found)
}

/// Running clusters that need a thing of the cache.
fn users(holding: &Holding, running: &BTreeMap<PathBuf, Plan>) -> Vec<String> {
    let needs = |plan: &&Plan| match holding.kind {
        Kind::Kafka => plan.distributions().iter().any(|one| one.kafka.home == holding.path),
        Kind::Archive => {
            plan.distributions().iter().any(|one| one.class_data.as_ref() == Some(&holding.path))
        }
        Kind::Maven => false,
    };
    running.values().filter(needs).map(|plan| plan.name.clone()).collect()
}

/// Plans of the clusters that run: of this home, ephemeral ones, and those of another home that have ports
/// by the same cache.
fn running(folders: &Folders) -> Result<BTreeMap<PathBuf, Plan>, Failure> {
    let mut dirs: Vec<PathBuf> = match folders.cache.is_dir() {
        true => Leases::open(&folders.cache)?.clusters().into_iter().collect(),
        false => Vec::new(),
    };
    for home in [&folders.home, &folders.ephemeral().home] {
        let entries = fs::read_dir(home).into_iter().flatten().flatten();
        dirs.extend(entries.map(|entry| entry.path()));
    }
    let mut plans = BTreeMap::new();
    for dir in dirs.into_iter().map(ClusterDir) {
        // A plan of another format is of a cluster that this program cannot have started.
        if let Ok(Some(plan)) = store::load(&dir)
            && prepare::is_up(&dir, &plan)
        {
            plans.insert(dir.0, plan);
        }
    }
    Ok(plans)
}

/// Brings every Kafka of a spec into the cache and makes its startup archive; blocks. The cluster's own is first.
pub(crate) fn warm(
    folders: &Folders,
    source: &Source,
    progress: &dyn FetchProgress,
) -> Result<Vec<Warmed>, Failure> {
    let spec = Draft::read(source)?.spec;
    let host = Host::look(&spec, folders)?;
    host.all().map(|kafka| warm_one(&host, kafka, spec.profile, folders, progress)).collect()
}

fn warm_one(
    host: &Host,
    kafka: &Located,
    profile: Profile,
    folders: &Folders,
    progress: &dyn FetchProgress,
) -> Result<Warmed, Failure> {
    let began = Instant::now();
    host.fetch(kafka, folders, progress)?;
    let archive = class_data(&kafka.plan, &host.java, &folders.cache);
    let without = match (&archive, profile) {
        (_, Profile::Stock) => Some("profile stock starts without one"),
        (None, _) => Some("there is none for this Kafka on this Java"),
        (Some(_), _) => None,
    };
    let archive = archive.filter(|_| without.is_none());
    let made = match &archive {
        Some(archive) => make_class_data(archive, &kafka.plan, &host.java, progress)?,
        None => false,
    };
    Ok(Warmed {
        kafka_version: kafka.plan.version.clone(),
        kafka_home: kafka.plan.home.clone(),
        java_version: host.java.version.clone(),
        java: host.java.program.clone(),
        fetched: !kafka.present,
        archive_bytes: archive.as_deref().and_then(bytes),
        archive,
        archive_made: made,
        without_archive: without.map(str::to_owned),
        took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

fn bytes(path: &Path) -> Option<u64> {
    Some(path.metadata().ok()?.len())
}

/// Removes everything that no running cluster needs; with `archives_only`, only archives.
pub(crate) fn clear(folders: &Folders, archives_only: bool) -> Result<Cleared, Failure> {
    let mut cleared = Cleared::default();
    for one in holdings(folders)?.into_iter().filter(|one| is_meant(one, archives_only)) {
        if !one.used_by.is_empty() {
            cleared.kept.push(Kept::used(&one));
        } else if dist::remove(&one, &folders.cache)? {
            cleared.freed_bytes += one.bytes;
            cleared.removed.push(one);
        } else {
            cleared.kept.push(Kept { path: one.path, why: "another command works on it".to_owned() });
        }
    }
    Ok(cleared)
}

/// Whether `clear` is about it.
pub(crate) fn is_meant(holding: &Holding, archives_only: bool) -> bool {
    !archives_only || holding.kind == Kind::Archive
}

#[cfg(test)]
pub(crate) mod samples {
    use super::*;

    /// A distribution that `velib` runs on, and an archive that nobody needs.
    pub(crate) fn holdings() -> Vec<Holding> {
        let one = |kind, path: &str, mib: u64| Holding {
            kind,
            path: path.into(),
            bytes: mib << 20,
            kafka_version: Some("3.9.2".into()),
            java_version: None,
            java: None,
            last_used: None,
            usable: true,
            used_by: vec![],
        };
        vec![
            Holding { used_by: vec!["velib".into()], ..one(Kind::Kafka, "/cache/kafka/3.9.2", 100) },
            Holding {
                java_version: Some("17.0.15".into()),
                java: Some("/jdk/bin/java".into()),
                ..one(Kind::Archive, "/cache/class-data/a.jsa", 60)
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_users_are_all_named() {
        let used = Holding { used_by: vec!["a".into(), "b".into()], ..samples::holdings()[0].clone() };
        assert_eq!(Kept::used(&used).why, "the clusters a, b run on it");
    }
}
