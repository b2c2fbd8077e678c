//! What is done to the folders of clusters and to the cache.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Live;
use crate::dist::{FetchProgress, Holding};
use crate::engine::cache::{self, Cleared, Warmed};
use crate::engine::doctor::{self, Finding};
use crate::engine::ephemeral::{self, Ephemeral};
use crate::engine::membership::{self, Leaving, Retired, Scaled};
use crate::engine::prepare;
use crate::engine::source::{Chosen, Mistakes, Preparation, Source};
use crate::error::{End, ExitCode, Failure};
use crate::paths::{ClusterDir, Folders};
use crate::plan::model::Plan;
use crate::spec::model::Spec;

/// What commands need of specs, plans, the folders of clusters and the cache.
pub(crate) trait FolderOps {
    /// Reads and checks a spec.
    fn spec(&self, source: &Source) -> Result<Spec, Mistakes>;

    /// The same, with a look at the Kafka that its `kafka.home` names.
    fn validated(&self, folders: &Folders, source: &Source) -> Result<Spec, Mistakes>;

    /// What would be. Nothing is fetched or written.
    fn plan(&self, folders: &Folders, chosen: &Chosen) -> Result<Plan, Failure>;

    /// Fetches what is missing, plans, and stores spec and plan in the cluster's folder, under its
    /// `prepare.lock`. A cluster that runs keeps its plan.
    fn prepare(
        &self,
        folders: &Folders,
        chosen: &Chosen,
        how: Preparation,
        progress: &dyn FetchProgress,
    ) -> Result<Plan, Failure>;

    /// Adds brokers to the spec and the plan of a cluster until it has `count`, under its `prepare.lock`.
    /// Nothing is started. Fewer than there are is `ExitCode::Usage`.
    fn scale(&self, folders: &Folders, dir: &ClusterDir, count: u16) -> Result<Scaled, Failure>;

    /// Stops a broker that holds no replica, and takes it out of the cluster and of its spec and plan, under
    /// its `prepare.lock`. One that is no member is no error.
    async fn retire(
        &self,
        folders: &Folders,
        dir: &ClusterDir,
        leaving: &Leaving,
    ) -> Result<Retired, Failure>;

    /// The plan that a cluster was last brought up with.
    fn stored_plan(&self, dir: &ClusterDir) -> Result<Plan, Failure>;

    /// Writes the files of a plan below `out` instead of where they belong; their paths.
    fn render(&self, plan: &Plan, out: &Path) -> Result<Vec<PathBuf>, Failure>;

    /// The SHA-256 list of a version's jars, as `sha256sum` prints it.
    fn checksums(
        &self,
        folders: &Folders,
        version: &str,
        progress: &dyn FetchProgress,
    ) -> Result<String, Failure>;

    /// Everything in the cache, each with the running clusters that need it.
    fn holdings(&self, folders: &Folders) -> Result<Vec<Holding>, Failure>;

    /// What stands in the way of clusters on this machine; with `fix`, what is safe to mend is mended.
    fn examine(&self, folders: &Folders, source: &Source, fix: bool) -> Result<Vec<Finding>, Failure>;

    /// Fetches the Kafka of a spec and makes its startup archive.
    fn warm(
        &self,
        folders: &Folders,
        source: &Source,
        progress: &dyn FetchProgress,
    ) -> Result<Vec<Warmed>, Failure>;

    /// Removes what no running cluster needs from the cache.
    fn clear_cache(&self, folders: &Folders, archives_only: bool) -> Result<Cleared, Failure>;

    /// Removes the folder of a cluster that is down, under its `prepare.lock`.
    fn delete(&self, dir: &ClusterDir) -> Result<(), Failure>;

    /// Has an ephemeral cluster taken down and deleted, and waits until nothing of it is left.
    async fn discard(&self, ephemeral: Ephemeral) -> Result<(), Failure>;

    /// Another program in the place of this process (exec(2)); comes back only when it cannot be run.
    fn replace(&self, command: Command) -> End;
}

impl FolderOps for Live {
    fn spec(&self, source: &Source) -> Result<Spec, Mistakes> {
        prepare::spec(source)
    }

    fn validated(&self, folders: &Folders, source: &Source) -> Result<Spec, Mistakes> {
        prepare::validated(source, folders)
    }

    fn plan(&self, folders: &Folders, chosen: &Chosen) -> Result<Plan, Failure> {
        prepare::plan(folders, chosen)
    }

    fn prepare(
        &self,
        folders: &Folders,
        chosen: &Chosen,
        how: Preparation,
        progress: &dyn FetchProgress,
    ) -> Result<Plan, Failure> {
        prepare::prepare(folders, chosen, how, progress)
    }

    fn scale(&self, folders: &Folders, dir: &ClusterDir, count: u16) -> Result<Scaled, Failure> {
        membership::scale(folders, dir, count)
    }

    async fn retire(
        &self,
        folders: &Folders,
        dir: &ClusterDir,
        leaving: &Leaving,
    ) -> Result<Retired, Failure> {
        membership::retire(folders, dir, leaving).await
    }

    fn stored_plan(&self, dir: &ClusterDir) -> Result<Plan, Failure> {
        prepare::stored_plan(dir)
    }

    fn render(&self, plan: &Plan, out: &Path) -> Result<Vec<PathBuf>, Failure> {
        prepare::render(plan, out)
    }

    fn checksums(
        &self,
        folders: &Folders,
        version: &str,
        progress: &dyn FetchProgress,
    ) -> Result<String, Failure> {
        prepare::checksums(folders, version, progress)
    }

    fn holdings(&self, folders: &Folders) -> Result<Vec<Holding>, Failure> {
        cache::holdings(folders)
    }

    fn examine(&self, folders: &Folders, source: &Source, fix: bool) -> Result<Vec<Finding>, Failure> {
        doctor::examine(folders, source, fix)
    }

    fn warm(
        &self,
        folders: &Folders,
        source: &Source,
        progress: &dyn FetchProgress,
    ) -> Result<Vec<Warmed>, Failure> {
        cache::warm(folders, source, progress)
    }

    fn clear_cache(&self, folders: &Folders, archives_only: bool) -> Result<Cleared, Failure> {
        cache::clear(folders, archives_only)
    }

    fn delete(&self, dir: &ClusterDir) -> Result<(), Failure> {
        prepare::delete(dir)
    }

    async fn discard(&self, ephemeral: Ephemeral) -> Result<(), Failure> {
        ephemeral::discard(ephemeral).await
    }

    fn replace(&self, mut command: Command) -> End {
        let error = command.exec();
        let program = command.get_program().display();
        Failure::new(ExitCode::Environment, format!("failed to run {program}: {error}")).into()
    }
}
