//! The engine of the program itself: `prepare` for what is done to folders, `session` for what a
//! supervisor does.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::engine::Engine;
use crate::admin::group::{DeletedGroups, GroupList, GroupsDescription, Reset, ResetPlan};
use crate::admin::moves::{Move, Moved, OnProgress, Proposal, Wanted};
use crate::admin::quorum::Quorum;
use crate::admin::{
    Admin, Alteration, Altered, ConfigRequest, Configs, Created, Deleted, Description, Election, Listed,
    TopicRequest,
};
use crate::api::message::Request;
use crate::client::bench::Order as BenchOrder;
use crate::dist::{FetchProgress, Holding};
use crate::engine::cache::{self, Cleared, Warmed};
use crate::engine::consume::read::{self, Sink};
use crate::engine::doctor::{self, Finding};
use crate::engine::ephemeral::{self, Ephemeral};
use crate::engine::membership::{self, Leaving, Retired, Scaled};
use crate::engine::produce::feed::{self, Ended, OnTalk, Order};
use crate::engine::session::{self, OnReply, Supervisor};
use crate::engine::source::{Chosen, Mistakes, Preparation, Source};
use crate::engine::{bench, prepare};
use crate::error::{End, ExitCode, Failure};
use crate::model::outcome::Outcome;
use crate::model::status::Status;
use crate::paths::{ClusterDir, Folders};
use crate::plan::model::Plan;
use crate::spec::model::Spec;
use crate::view::explain::Explanation;

pub struct Live;

impl Engine for Live {
    fn supervisor(&self, dir: &ClusterDir) -> Result<Option<Supervisor>, Failure> {
        session::supervisor(dir)
    }

    async fn act(
        &self,
        dir: &ClusterDir,
        request: &Request,
        on_reply: OnReply<'_>,
    ) -> Result<Outcome, Failure> {
        session::act(dir, request, on_reply).await
    }

    async fn status(&self, dir: &ClusterDir, topic: Option<&str>) -> Result<Status, Failure> {
        session::status(dir, topic).await
    }

    async fn foreground(
        &self,
        plan: &Plan,
        request: &Request,
        on_reply: OnReply<'_>,
    ) -> Result<Outcome, Failure> {
        session::foreground(plan, request, on_reply).await
    }

    async fn supervise(&self, dir: &ClusterDir) -> Result<(), Failure> {
        session::supervise(dir).await
    }

    fn spec(&self, source: &Source) -> Result<Spec, Mistakes> {
        prepare::spec(source)
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

    async fn create_topic(&self, dir: &ClusterDir, request: &TopicRequest) -> Result<Created, Failure> {
        Ok(admin(dir)?.create(request).await?)
    }

    async fn topics(&self, dir: &ClusterDir) -> Result<Vec<Listed>, Failure> {
        Ok(admin(dir)?.list().await?)
    }

    async fn describe_topics(&self, dir: &ClusterDir, topic: Option<&str>) -> Result<Description, Failure> {
        Ok(admin(dir)?.describe(topic).await?)
    }

    async fn alter_topic(&self, dir: &ClusterDir, wanted: &Alteration) -> Result<Altered, Failure> {
        Ok(admin(dir)?.alter(wanted).await?)
    }

    async fn may_delete_topics(&self, dir: &ClusterDir, topics: &[String]) -> Result<(), Failure> {
        Ok(admin(dir)?.may_delete(topics).await?)
    }

    async fn delete_topics(&self, dir: &ClusterDir, topics: &[String]) -> Result<Deleted, Failure> {
        Ok(admin(dir)?.delete(topics).await?)
    }

    async fn elect_preferred(&self, dir: &ClusterDir, topic: Option<&str>) -> Result<Vec<Election>, Failure> {
        Ok(admin(dir)?.elect(topic).await?)
    }

    async fn groups(&self, dir: &ClusterDir) -> Result<GroupList, Failure> {
        Ok(admin(dir)?.groups().await?)
    }

    async fn describe_groups(
        &self,
        dir: &ClusterDir,
        group: Option<&str>,
    ) -> Result<GroupsDescription, Failure> {
        Ok(admin(dir)?.describe_groups(group).await?)
    }

    async fn plan_group_reset(&self, dir: &ClusterDir, wanted: &Reset) -> Result<ResetPlan, Failure> {
        Ok(admin(dir)?.plan_reset(wanted).await?)
    }

    async fn reset_group(&self, dir: &ClusterDir, plan: &ResetPlan) -> Result<(), Failure> {
        Ok(admin(dir)?.reset(plan).await?)
    }

    async fn may_delete_groups(&self, dir: &ClusterDir, groups: &[String]) -> Result<(), Failure> {
        Ok(admin(dir)?.may_delete_groups(groups).await?)
    }

    async fn delete_groups(&self, dir: &ClusterDir, groups: &[String]) -> Result<DeletedGroups, Failure> {
        Ok(admin(dir)?.delete_groups(groups).await?)
    }

    async fn consume(
        &self,
        dir: &ClusterDir,
        order: &read::Order,
        sink: &mut dyn Sink,
    ) -> Result<read::Ended, End> {
        session::must_be_up(dir)?;
        read::topic(&prepare::stored_plan(dir)?, order, sink).await
    }

    async fn produce(&self, dir: &ClusterDir, order: &Order, talk: OnTalk<'_>) -> Result<Ended, Failure> {
        session::must_be_up(dir)?;
        feed::standard_input(&prepare::stored_plan(dir)?, order, talk).await
    }

    async fn bench(
        &self,
        dir: &ClusterDir,
        order: &BenchOrder,
        talk: OnTalk<'_>,
    ) -> Result<bench::Ended, Failure> {
        session::must_be_up(dir)?;
        bench::measure(&prepare::stored_plan(dir)?, order, talk).await
    }

    async fn quorum(&self, dir: &ClusterDir) -> Result<Quorum, Failure> {
        Ok(admin(dir)?.quorum().await?)
    }

    async fn explain_topic(&self, dir: &ClusterDir, topic: &str) -> Result<Explanation, Failure> {
        Ok(admin(dir)?.explain(topic).await?)
    }

    async fn config(&self, dir: &ClusterDir, wanted: &ConfigRequest) -> Result<Configs, Failure> {
        Ok(admin(dir)?.config(wanted).await?)
    }

    async fn propose_moves(&self, dir: &ClusterDir, wanted: &Wanted) -> Result<Proposal, Failure> {
        Ok(admin(dir)?.propose(wanted).await?)
    }

    async fn move_replicas(
        &self,
        dir: &ClusterDir,
        moves: &[Move],
        throttle: Option<u64>,
        on_progress: OnProgress<'_>,
    ) -> Result<Moved, Failure> {
        Ok(admin(dir)?.move_replicas(moves, throttle, on_progress).await?)
    }

    async fn watch_moves(&self, dir: &ClusterDir, on_progress: OnProgress<'_>) -> Result<Moved, Failure> {
        Ok(admin(dir)?.watch_moves(on_progress).await?)
    }

    async fn cancel_moves(&self, dir: &ClusterDir) -> Result<Moved, Failure> {
        Ok(admin(dir)?.cancel_moves().await?)
    }
}

/// The way to the Kafka of a cluster that runs; it needs no supervisor.
fn admin(dir: &ClusterDir) -> Result<Admin, Failure> {
    session::must_be_up(dir)?;
    Ok(Admin::of(prepare::stored_plan(dir)?))
}
