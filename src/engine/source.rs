//! Which spec a command is about, what is made of it, and what is wrong with it.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::Failure;
use crate::paths::ClusterDir;
use crate::spec::model::Profile;

/// Where the spec of a cluster comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    File(PathBuf),
    /// Such as from standard input, under the name that mistakes are told with.
    Text {
        text: String,
        name: String,
    },
    /// The spec that the cluster in this folder was last brought up with.
    Stored(ClusterDir),
    /// 3 ZooKeeper servers and 3 brokers, unless a cluster of that name is there already.
    Default,
    /// Of `cluster run`: the spec, else one ZooKeeper server and one broker; on free ports, whatever
    /// the spec says.
    Ephemeral(Option<Box<Source>>),
}

impl Source {
    /// As mistakes name it; empty of what is no text of the user's.
    pub(crate) fn name(&self) -> String {
        match self {
            Source::File(file) => file.display().to_string(),
            Source::Text { name, .. } => name.clone(),
            Source::Stored(dir) => dir.spec().display().to_string(),
            Source::Ephemeral(Some(source)) => source.name(),
            Source::Default | Source::Ephemeral(None) => String::new(),
        }
    }
}

/// Which spec a command is about, and what its command line changes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub source: Source,
    /// In place of the spec's.
    pub name: Option<String>,
    /// In place of the spec's.
    pub profile: Option<Profile>,
}

/// How a cluster is prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Preparation {
    /// A supervisor takes the plan, too.
    pub supervised: bool,
    /// Also when the machine's memory is too small for it.
    pub force: bool,
    /// Of the certificates that are made then and later; `None`: as before.
    pub cert_lifetime: Option<Duration>,
}

/// A wrong spec: as JSON for `validate --json`, and as the failure of a command.
#[derive(Debug)]
pub(crate) struct Mistakes {
    pub json: serde_json::Value,
    pub failure: Failure,
}

impl From<Mistakes> for Failure {
    fn from(mistakes: Mistakes) -> Self {
        mistakes.failure
    }
}
