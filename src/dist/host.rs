//! The values of the environment that say where Java and Kafka are.

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Read once at the edge, so that everything below is a function of its arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostEnv {
    /// `JAVA_HOME`: its `bin/java`.
    pub java_home: Option<PathBuf>,
    /// `KAFKA_HOME`: an unpacked distribution.
    pub kafka_home: Option<PathBuf>,
    /// `PATH`: where `java` is looked for.
    pub path: Option<OsString>,
    /// `MAVEN_OPTS`: the user's options for the JVM of Maven.
    pub maven_opts: Option<String>,
    /// `CLUSTER_ARCHIVE_URL`: a mirror with the layout of <https://archive.apache.org/dist>.
    pub archive_url: Option<String>,
}

impl HostEnv {
    /// An empty variable counts as not set.
    pub fn from_env() -> Self {
        let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        let text = |name: &str| set(name).map(|value| value.to_string_lossy().into_owned());
        HostEnv {
            java_home: set("JAVA_HOME").map(PathBuf::from),
            kafka_home: set("KAFKA_HOME").map(PathBuf::from),
            path: set("PATH"),
            maven_opts: text("MAVEN_OPTS"),
            archive_url: text("CLUSTER_ARCHIVE_URL"),
        }
    }

    /// The program that a shell would run for `name`, as an absolute path.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        self.places(name.as_ref()).find(|path| is_executable(path)).map(|path| absolute(&path))
    }

    /// Where a shell looks for `name`, whether it is there or not.
    pub(crate) fn places(&self, name: &OsStr) -> impl Iterator<Item = PathBuf> {
        self.path.iter().flat_map(env::split_paths).map(move |folder| folder.join(name))
    }
}

/// A file with an execute bit.
pub(crate) fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// Taken from the current folder when relative; as it is when that folder cannot be told.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
