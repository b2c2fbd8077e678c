//! What every command is given.

use std::path::PathBuf;

use crate::engine::clusters::{self, Found};
use crate::engine::ops::NodeOps;
use crate::error::{End, ExitCode, Failure};
use crate::output::screen::Screen;
use crate::paths::Folders;
use crate::spec;

pub(super) struct Context<'a, E> {
    pub folders: Folders,
    /// `--cluster` or `CLUSTER_NAME`.
    pub cluster: Option<String>,
    /// Of commands that name no spec.
    pub spec: Option<PathBuf>,
    pub engine: E,
    pub screen: &'a mut Screen,
}

impl<E: NodeOps> Context<'_, E> {
    /// Every cluster of this user, by name.
    pub(super) fn clusters(&self) -> Result<Vec<Found>, Failure> {
        clusters::find(&self.folders, |dir| self.engine.supervisor(dir))
    }

    /// A cluster that is named as a word of its own counts before `--cluster`.
    pub(super) fn name(&mut self, cluster: Option<String>) {
        self.cluster = cluster.or(self.cluster.take());
    }

    /// The one that the command is about.
    pub(super) fn chosen(&self) -> Result<Found, Failure> {
        let of_spec = || Some(spec::load(self.spec.as_deref()?).ok()?.name);
        clusters::choose(self.clusters()?, self.cluster.as_deref(), of_spec)
    }

    /// Asks before something is done that cannot be taken back lightly. `doing` is what it is; `undone` says,
    /// after a no, that it was not done.
    pub(super) fn must_confirm(&mut self, question: &str, doing: &str, undone: &str) -> Result<(), End> {
        match self.screen.confirm(question) {
            Some(true) => Ok(()),
            Some(false) => Err(Failure::new(ExitCode::Failed, undone).into()),
            None => {
                let failure = Failure::new(ExitCode::Usage, format!("{doing} takes a confirmation"));
                Err(failure.hint("there is no terminal to ask on: give `--yes`").into())
            }
        }
    }
}

/// Who asks, for the journal: `cluster kill (pid 4711)`.
pub(super) fn by(command: &str) -> String {
    format!("cluster {command} (pid {})", std::process::id())
}
