//! Fetching jars with the user's own Maven: their settings.xml, mirrors and proxies hold.

use std::collections::HashSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use super::artifacts::{self, Artifact};
use super::cache;
use super::error::{DistError, Miss};
use super::host::HostEnv;
use super::java::home_of;
use super::progress::FetchProgress;
use crate::plan::model::JavaPlan;

const COPY_DEPENDENCIES: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies";

/// How often arriving jars are counted.
const TICK: Duration = Duration::from_millis(100);

/// `mvn`, with what it needs to leave everything outside the cache alone.
pub(super) struct Maven<'a> {
    program: PathBuf,
    java: &'a JavaPlan,
    cache: &'a Path,
    env: &'a HostEnv,
}

impl<'a> Maven<'a> {
    pub(super) fn find(java: &'a JavaPlan, cache: &'a Path, env: &'a HostEnv) -> Result<Self, Miss> {
        let program = env.program("mvn").ok_or_else(|| Miss::Unavailable("mvn is not on PATH".to_owned()))?;
        Ok(Maven { program, java, cache, env })
    }

    /// Copies the artifacts and what they need at run time to `libs`. `work` is scratch space of the
    /// caller's; both are absolute. Arriving files are reported against `expected`, the names of all jars, if not empty.
    pub(super) fn copy_jars(
        &self,
        artifacts: &[Artifact],
        work: &Path,
        libs: &Path,
        expected: &[&str],
        progress: &dyn FetchProgress,
    ) -> Result<(), Miss> {
        let project = work.join("maven");
        // Without a .mvn of its own, Maven takes options from one in a folder above.
        for folder in [&project.join(".mvn"), &project.join("tmp")] {
            fs::create_dir_all(folder).map_err(DistError::io("create", folder))?;
        }
        let pom = project.join("pom.xml");
        fs::write(&pom, artifacts::pom(artifacts)).map_err(DistError::io("write", &pom))?;
        let log = project.join("mvn.log");
        let output = File::create(&log).map_err(DistError::io("create", &log))?;
        let error_output = output.try_clone().map_err(DistError::io("open", &log))?;
        let lock = cache::lock_maven(self.cache, progress)?;
        let repository = cache::maven_repository(self.cache);

        let mut command = Command::new(&self.program);
        command
            .arg("-B")
            .arg(COPY_DEPENDENCIES)
            .arg("-DincludeScope=runtime")
            .arg(option("-DoutputDirectory=", libs))
            .arg(option("-Dmaven.repo.local=", &repository))
            .current_dir(&project)
            // Standard input is the lock, so that it stays held while Maven writes to its repository,
            // even when this process is killed.
            .stdin(Stdio::from(lock))
            .stdout(Stdio::from(output))
            .stderr(Stdio::from(error_output))
            .env_remove("MAVEN_BASEDIR")
            // By default a JVM leaves files in /tmp. The folder is relative since this variable is
            // split at spaces.
            .env("MAVEN_OPTS", jvm_options(self.env.maven_opts.as_deref()));
        if let Some(home) = home_of(&self.java.program) {
            command.env("JAVA_HOME", home);
        }
        if let Some(path) = &self.env.path {
            command.env("PATH", path);
        }

        tracing::info!(
            "runs {} {COPY_DEPENDENCIES}, which writes to {}",
            self.program.display(),
            log.display()
        );
        let status = self.watch(command, &repository, expected, progress)?;
        if status.success() {
            return Ok(());
        }
        let said = fs::read(&log).map_err(DistError::io("read", &log))?;
        Err(Miss::Unavailable(format!(
            "mvn failed ({status}): {}",
            complaint(&String::from_utf8_lossy(&said))
        )))
    }

    /// Runs Maven to its end, counting the jars that its repository has got meanwhile.
    fn watch(
        &self,
        mut command: Command,
        repository: &Path,
        expected: &[&str],
        progress: &dyn FetchProgress,
    ) -> Result<ExitStatus, DistError> {
        let run = |error| DistError::io("run", &self.program)(error);
        let mut child = command.spawn().map_err(run)?;
        // The command holds this process's copy of the lock.
        drop(command);
        let expected: HashSet<&str> = expected.iter().copied().collect();
        let mut told = None;
        loop {
            let ended = child.try_wait().map_err(run)?;
            let arrived = count(repository, &expected);
            if !expected.is_empty() && told.replace(arrived) != Some(arrived) {
                progress.items(arrived, expected.len() as u64);
            }
            match ended {
                Some(status) => return Ok(status),
                None => thread::sleep(TICK),
            }
        }
    }
}

fn option(name: &str, path: &Path) -> std::ffi::OsString {
    let mut option = std::ffi::OsString::from(name);
    option.push(path);
    option
}

fn jvm_options(users: Option<&str>) -> String {
    format!("{} -XX:-UsePerfData -Djava.io.tmpdir=tmp", users.unwrap_or_default()).trim_start().to_owned()
}

/// How many of these files are somewhere below the folder. Maven writes under other names first.
fn count(folder: &Path, names: &HashSet<&str>) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => count(&entry.path(), names),
            _ => u64::from(entry.file_name().to_str().is_some_and(|name| names.contains(name))),
        })
        .sum()
}

/// What Maven says about its failure: its first error line, else the last that it printed.
fn complaint(log: &str) -> String {
    let errors = log.lines().filter_map(|line| line.strip_prefix("[ERROR] ")).map(str::trim);
    let last = log.lines().rev().map(str::trim);
    let line = errors.chain(last).find(|line| !line.is_empty()).unwrap_or("it printed nothing");
    line.trim_end_matches("-> [Help 1]").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_jvm_options_for_maven_are_kept() {
        assert!(jvm_options(Some("-Dhttps.proxyHost=p")).starts_with("-Dhttps.proxyHost=p -XX:"));
        assert!(jvm_options(None).starts_with("-XX:"));
    }

    #[test]
    fn the_first_error_line_of_maven_is_its_complaint() {
        let log = "[INFO] x\n[ERROR] Could not resolve kafka_2.13 -> [Help 1]\n[ERROR] \n[ERROR] re-run\n";
        assert_eq!(complaint(log), "Could not resolve kafka_2.13");
        assert_eq!(complaint("a\nThe JAVA_HOME is wrong\n\n"), "The JAVA_HOME is wrong");
        assert_eq!(complaint(""), "it printed nothing");
    }
}
