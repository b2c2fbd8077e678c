//! What can be wrong with Java and Kafka, and what to do about it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{ExitCode, Failure};
use crate::host::HostError;
use crate::plan::folder;
use crate::plan::source::{JavaSource, KafkaSource};
use crate::spec::versions::SUPPORTED;

/// The message says what failed and why; [`DistError::hint`] what to do next.
#[derive(Debug, thiserror::Error)]
pub enum DistError {
    #[error("no java was found: the spec has no `java`, JAVA_HOME is not set, and PATH has no java program")]
    NoJava,
    #[error("{} ({origin}) is not a java home: it has no bin/java", home.display())]
    NotAJavaHome { home: PathBuf, origin: JavaSource },
    #[error("{} ({origin}) cannot be run: {why}", program.display())]
    JavaNotRunnable { program: PathBuf, origin: JavaSource, why: String },
    #[error("{} ({origin}) does not tell a java version; it printed: {said}", program.display())]
    JavaUnreadable { program: PathBuf, origin: JavaSource, said: String },
    #[error(
        "kafka {kafka} needs java {} to {}; java {major} was found: version {version} at {} ({origin})",
        needs.0, needs.1, program.display()
    )]
    WrongJava {
        kafka: String,
        needs: (u32, u32),
        major: u32,
        version: String,
        program: PathBuf,
        origin: JavaSource,
    },

    /// A path that no JVM can be given.
    #[error("{} ({of}) cannot be used: {why}", path.display())]
    OddPath { path: PathBuf, of: PathOf, why: &'static str },

    #[error("kafka {version} ({origin}) is not supported")]
    UnsupportedKafka { version: String, origin: String },
    #[error("{} ({origin}) is not a kafka distribution: {why}", home.display())]
    NotADistribution { home: PathBuf, origin: KafkaSource, why: String },
    #[error("the spec wants kafka {wanted}, but its kafka.home {} is kafka {found}", home.display())]
    AnotherVersion { wanted: String, found: String, home: PathBuf },

    #[error("CLUSTER_ARCHIVE_URL does not lead to an archive: {url}: {why}")]
    BadArchiveUrl { url: String, why: String },
    #[error("{url} is not a SHA-512 checksum, so kafka cannot be verified")]
    UnreadableChecksum { url: String },
    #[error("{url} is not what its published checksum says: SHA-512 is {found}, should be {expected}")]
    WrongChecksum { url: String, expected: String, found: String },
    #[error("the download of {url} broke off after {done} bytes: {why}")]
    BrokenDownload { url: String, done: u64, why: String },
    #[error("{} cannot be unpacked: {why}", path.display())]
    BadArchive { path: PathBuf, why: String },
    #[error("maven gave other jars for kafka {version} than its checksum list has:\n  {}", problems.join("\n  "))]
    WrongJars { version: String, problems: Vec<String> },
    #[error("kafka {version} cannot be fetched\n  from the Apache archive: {archive}\n  with Maven: {maven}")]
    NotFetched { version: String, archive: String, maven: String },
    #[error("jaxb-api, which kafka {kafka} needs on java 9 and later, cannot be fetched with Maven: {why}")]
    NoJaxb { kafka: String, why: String },
    #[error("no checksum list can be made for kafka {version}: {why}")]
    NoChecksums { version: String, why: String },

    #[error("no class-data archive can be made, so nodes start slower: {why}")]
    NoClassData { why: String },

    #[error("failed to {what} {}: {error}", path.display())]
    Io { what: &'static str, path: PathBuf, error: io::Error },
    #[error(transparent)]
    Host(#[from] HostError),
}

/// Whose a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathOf {
    Java(JavaSource),
    Kafka(KafkaSource),
    /// The cache, which has jars and class-data archives.
    Cache,
}

impl fmt::Display for PathOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PathOf::Java(origin) => origin.fmt(f),
            PathOf::Kafka(origin) => origin.fmt(f),
            PathOf::Cache => f.write_str("the cache"),
        }
    }
}

/// Refuses a path that Java would misread (`plan::folder`).
pub(super) fn check_path(path: &Path, of: PathOf) -> Result<(), DistError> {
    folder::check_for_java(path).map_err(|why| DistError::OddPath { path: path.to_owned(), of, why })
}

/// Refuses a cache in which no JVM would find its jars and archives.
pub(crate) fn check_cache(cache: &Path) -> Result<(), DistError> {
    check_path(cache, PathOf::Cache)
}

impl DistError {
    /// What the user can do, as one imperative sentence without a full stop.
    pub fn hint(&self) -> String {
        match self {
            Self::NoJava => "install Java 17, or set `java` in the spec or JAVA_HOME to a Java home".into(),
            Self::NotAJavaHome { origin, .. }
            | Self::JavaNotRunnable { origin, .. }
            | Self::JavaUnreadable { origin, .. } => match origin {
                JavaSource::Spec => "set `java` in the spec to a Java home, or remove it".into(),
                JavaSource::JavaHome => "set JAVA_HOME to a Java home, or unset it".into(),
                JavaSource::Path => "set `java` in the spec or JAVA_HOME to a Java home".into(),
            },
            Self::WrongJava { needs: (oldest, newest), .. } => {
                format!("set `java` in the spec or JAVA_HOME to the home of a Java {oldest} to {newest}")
            }
            Self::OddPath { of, .. } => match of {
                // Links are followed to find a Java's version, and a JVM does so itself.
                PathOf::Java(_) => "move that Java, or set `java` in the spec or JAVA_HOME to another".into(),
                PathOf::Kafka(_) => "name a symbolic link to it, with a plainer path".into(),
                PathOf::Cache => "set CLUSTER_CACHE to a folder with a plainer name".into(),
            },
            Self::UnsupportedKafka { .. } => format!("name one of {}", supported()),
            Self::NotADistribution { origin: KafkaSource::KafkaHome, .. } => {
                "set KAFKA_HOME to an unpacked Kafka distribution, or unset it".into()
            }
            Self::NotADistribution { .. } => "set kafka.home to an unpacked Kafka distribution".into(),
            Self::AnotherVersion { found, .. } => {
                format!("set kafka.version to {found} or remove it, or name another kafka.home")
            }
            Self::BadArchiveUrl { .. } | Self::UnreadableChecksum { .. } => {
                "check CLUSTER_ARCHIVE_URL and the proxy settings".into()
            }
            Self::WrongChecksum { .. } | Self::BadArchive { .. } => {
                "try again, and do not use that mirror if it happens again".into()
            }
            Self::BrokenDownload { .. } => "run the same command again: it goes on where it stopped".into(),
            Self::WrongJars { .. } => {
                "check the mirrors in Maven's settings.xml, and remove the m2 folder of the cache".into()
            }
            Self::NotFetched { .. } => "install Maven (mvn) or make the archive reachable, \
                or set kafka.home in the spec or KAFKA_HOME to an unpacked distribution"
                .into(),
            Self::NoJaxb { .. } => "install Maven (mvn), put a jaxb-api jar into the distribution's libs, \
                or use Java 8"
                .into(),
            Self::NoChecksums { .. } => "name a released version such as 3.9.2".into(),
            Self::NoClassData { .. } => "check the memory and the free space, or use another Java".into(),
            Self::Host(error) if error.hint().is_some() => error.hint().unwrap_or_default(),
            Self::Io { .. } | Self::Host(_) => "check the path's permissions and the free space".into(),
        }
    }

    pub(super) fn io<'a>(what: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + 'a {
        move |error| match error.kind() {
            io::ErrorKind::ReadOnlyFilesystem => Self::Host(HostError::io(what, path, error)),
            _ => Self::Io { what, path: path.to_owned(), error },
        }
    }
}

impl From<DistError> for Failure {
    fn from(error: DistError) -> Self {
        Failure::new(ExitCode::Environment, error.to_string()).hint(error.hint())
    }
}

/// Why a source of distributions gave none.
#[derive(Debug)]
pub(super) enum Miss {
    /// It has no such version, cannot be reached or is not installed: the next source is asked.
    Unavailable(String),
    /// Something is wrong that another source must not hide.
    Fatal(DistError),
}

impl From<DistError> for Miss {
    fn from(error: DistError) -> Self {
        Miss::Fatal(error)
    }
}

fn supported() -> String {
    SUPPORTED.iter().map(|known| known.version).collect::<Vec<_>>().join(", ")
}
