//! Bringing into the cache what a located distribution still lacks.

use std::path::Path;

use super::archive::{self, Archive};
use super::artifacts::{self, JAXB, needs_jaxb};
use super::cache::{self, touch};
use super::checksums::{self, Sums};
use super::error::{DistError, Miss};
use super::host::{HostEnv, absolute};
use super::locate::{Distribution, Located};
use super::maven::Maven;
use super::progress::FetchProgress;
use super::unpack::unpack;
use crate::plan::model::JavaPlan;
use crate::plan::source::KafkaSource;

/// Fetches a distribution that is not present; blocks. Tells the source that was used.
///
/// First the Apache archive; when it has not this version or cannot be reached, Maven. Any number of
/// processes may do it at once, and any of them may be killed at any moment.
pub fn fetch_kafka(
    located: &Located,
    java: &JavaPlan,
    cache: &Path,
    env: &HostEnv,
    progress: &dyn FetchProgress,
) -> Result<KafkaSource, DistError> {
    let cache = &absolute(cache);
    if located.plan.home == cache::home(cache, &located.plan.version) {
        touch(&cache::lock_file(cache, &located.plan.version));
    }
    if located.present {
        return Ok(located.plan.source);
    }
    let version = located.plan.version.as_str();
    let checksums = checksums::of_kafka(version).unwrap_or_default();
    let fetch = Fetch { version, scala: &located.scala, checksums, java, cache, env, progress };
    fetch.run(located)
}

struct Fetch<'a> {
    version: &'a str,
    scala: &'a str,
    /// Of the jars that Maven must give.
    checksums: Sums,
    java: &'a JavaPlan,
    cache: &'a Path,
    env: &'a HostEnv,
    progress: &'a dyn FetchProgress,
}

impl Fetch<'_> {
    fn run(&self, located: &Located) -> Result<KafkaSource, DistError> {
        let _lock = cache::lock(self.cache, self.version, self.progress)?;
        let source = self.bring(located);
        // Not before: the Maven of a killed command may have been at work until now.
        cache::clean(self.cache, self.version)?;
        source
    }

    fn bring(&self, located: &Located) -> Result<KafkaSource, DistError> {
        let home = cache::home(self.cache, self.version);
        let mut source = located.plan.source;
        if located.plan.home == home {
            source = match Distribution::at(&home) {
                Ok(found) if found.version == self.version => KafkaSource::Cache,
                _ => self.distribution(&home)?,
            };
            archive::remove_parts(&self.cache.join("kafka"), &self.archive_name(), None)?;
        }
        let lacks_jaxb = Distribution::at(&located.plan.home).is_ok_and(|found| !found.has_jaxb);
        if lacks_jaxb && self.must_have_jaxb() {
            let work = cache::workspace(self.cache, self.version)?;
            self.jaxb(work.path(), &cache::jaxb_folder(self.cache).join(JAXB))?;
        }
        Ok(source)
    }

    /// Without its extension: the name of the folder in it, too.
    fn archive_name(&self) -> String {
        format!("kafka_{}-{}", self.scala, self.version)
    }

    fn distribution(&self, home: &Path) -> Result<KafkaSource, DistError> {
        let archive = match self.try_archive(home) {
            Ok(()) => return Ok(KafkaSource::Archive),
            Err(Miss::Fatal(error)) => return Err(error),
            Err(Miss::Unavailable(why)) => why,
        };
        match self.try_maven(home) {
            Ok(()) => Ok(KafkaSource::Maven),
            Err(Miss::Fatal(error)) => Err(error),
            Err(Miss::Unavailable(maven)) => {
                Err(DistError::NotFetched { version: self.version.to_owned(), archive, maven })
            }
        }
    }

    fn try_archive(&self, home: &Path) -> Result<(), Miss> {
        let folder = self.cache.join("kafka");
        self.progress.step("asking the Apache archive");
        let tgz =
            Archive::new(self.env).download(self.version, &self.archive_name(), &folder, self.progress)?;
        self.progress.step("unpacking");
        let work = cache::workspace(self.cache, self.version)?;
        let unpacked = work.path().join("distribution");
        unpack(&tgz, &self.archive_name(), &unpacked)?;
        let found =
            Distribution::at(&unpacked).map_err(|why| DistError::BadArchive { path: tgz.clone(), why })?;
        if !found.has_jaxb && self.must_have_jaxb() {
            self.jaxb(work.path(), &unpacked.join("libs").join(JAXB))?;
        }
        Ok(cache::install(&unpacked, home, work.path())?)
    }

    fn try_maven(&self, home: &Path) -> Result<(), Miss> {
        let maven = Maven::find(self.java, self.cache, self.env)?;
        let artifacts = artifacts::of_kafka(self.version, self.scala)
            .ok_or_else(|| Miss::Unavailable("no recipe for this version is known".to_owned()))?;
        let work = cache::workspace(self.cache, self.version)?;
        let fetched = work.path().join("distribution");
        let libs = fetched.join("libs");
        let names: Vec<&str> = self.checksums.keys().map(String::as_str).collect();
        self.progress.step(&format!("fetching {} jars with Maven", names.len()));
        maven.copy_jars(&artifacts, work.path(), &libs, &names, self.progress)?;
        self.progress.step("verifying");
        checksums::verify(self.version, &libs, &self.checksums)?;
        Ok(cache::install(&fetched, home, work.path())?)
    }

    fn must_have_jaxb(&self) -> bool {
        needs_jaxb(self.version) && self.java.major >= 9
    }

    /// Fetches the jaxb-api jar alone and puts it at `target`.
    fn jaxb(&self, work: &Path, target: &Path) -> Result<(), DistError> {
        self.progress.step(&format!("fetching {JAXB} with Maven"));
        let mut wanted = self.checksums.clone();
        wanted.retain(|file, _| file == JAXB);
        let libs = work.join("jaxb");
        Maven::find(self.java, self.cache, self.env)
            .and_then(|maven| maven.copy_jars(&[artifacts::jaxb()], work, &libs, &[JAXB], self.progress))
            .map_err(|miss| match miss {
                Miss::Unavailable(why) => DistError::NoJaxb { kafka: self.version.to_owned(), why },
                Miss::Fatal(error) => error,
            })?;
        checksums::verify(self.version, &libs, &wanted)?;
        cache::install(&libs.join(JAXB), target, work)
    }
}

#[cfg(test)]
mod tests;
