//! What commands need of the rest of the program, as one trait: tests put their own in its place.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::admin::group::{DeletedGroups, GroupList, GroupsDescription, Reset, ResetPlan};
use crate::admin::moves::{Move, Moved, OnProgress, Proposal, Wanted};
use crate::admin::quorum::Quorum;
use crate::admin::{
    Alteration, Altered, ConfigRequest, Configs, Created, Deleted, Description, Election, Listed,
    TopicRequest,
};
use crate::api::message::Request;
use crate::client::bench::Order as BenchOrder;
use crate::dist::{FetchProgress, Holding};
use crate::engine::bench;
use crate::engine::cache::{Cleared, Warmed};
use crate::engine::consume::read::{self, Sink};
use crate::engine::doctor::Finding;
use crate::engine::ephemeral::Ephemeral;
use crate::engine::membership::{Leaving, Retired, Scaled};
use crate::engine::produce::feed::{Ended, OnTalk, Order};
use crate::engine::session::{OnReply, Supervisor};
use crate::engine::source::{Chosen, Mistakes, Preparation, Source};
use crate::error::{End, Failure};
use crate::model::outcome::Outcome;
use crate::model::status::Status;
use crate::paths::{ClusterDir, Folders};
use crate::plan::model::Plan;
use crate::spec::model::Spec;
use crate::view::explain::Explanation;

pub trait Engine {
    /// The supervisor of a cluster, when one runs. Changes nothing.
    fn supervisor(&self, dir: &ClusterDir) -> Result<Option<Supervisor>, Failure>;

    /// Has something done; starts a supervisor first when none runs. Except for `Up`, a cluster of
    /// which nothing runs, neither supervisor nor node, is `ExitCode::NotRunning`.
    /// Dropping the future does not undo the request.
    async fn act(
        &self,
        dir: &ClusterDir,
        request: &Request,
        on_reply: OnReply<'_>,
    ) -> Result<Outcome, Failure>;

    /// The answer of a supervisor within 2 s; starts one when nodes run without it. A cluster of
    /// which nothing runs is `ExitCode::NotRunning`.
    async fn status(&self, dir: &ClusterDir, topic: Option<&str>) -> Result<Status, Failure>;

    /// Supervises in this process, with `request` as its first, until the cluster is down: by
    /// Ctrl-C, SIGTERM, `down`, or since the request was not done. `on_reply` hears `Done`, too.
    async fn foreground(
        &self,
        plan: &Plan,
        request: &Request,
        on_reply: OnReply<'_>,
    ) -> Result<Outcome, Failure>;

    /// Is the supervisor, as a daemon, until the cluster is down.
    async fn supervise(&self, dir: &ClusterDir) -> Result<(), Failure>;

    /// Reads and checks a spec.
    fn spec(&self, source: &Source) -> Result<Spec, Mistakes>;

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

    /// Creates a topic. This and all that follows asks Kafka itself, see [`crate::admin`]; a cluster of
    /// which nothing runs is `ExitCode::NotRunning`.
    async fn create_topic(&self, dir: &ClusterDir, request: &TopicRequest) -> Result<Created, Failure>;

    /// Every topic, by name.
    async fn topics(&self, dir: &ClusterDir) -> Result<Vec<Listed>, Failure>;

    /// One topic, or all but Kafka's own, within 2 s.
    async fn describe_topics(&self, dir: &ClusterDir, topic: Option<&str>) -> Result<Description, Failure>;

    async fn alter_topic(&self, dir: &ClusterDir, wanted: &Alteration) -> Result<Altered, Failure>;

    /// Whether there is any use in asking to confirm it.
    async fn may_delete_topics(&self, dir: &ClusterDir, topics: &[String]) -> Result<(), Failure>;

    async fn delete_topics(&self, dir: &ClusterDir, topics: &[String]) -> Result<Deleted, Failure>;

    /// The preferred leaders of one topic, or of all.
    async fn elect_preferred(&self, dir: &ClusterDir, topic: Option<&str>) -> Result<Vec<Election>, Failure>;

    /// Every group, within 2 s.
    async fn groups(&self, dir: &ClusterDir) -> Result<GroupList, Failure>;

    /// One group, or all, within 2 s.
    async fn describe_groups(
        &self,
        dir: &ClusterDir,
        group: Option<&str>,
    ) -> Result<GroupsDescription, Failure>;

    /// What a reset would do; it changes nothing.
    async fn plan_group_reset(&self, dir: &ClusterDir, wanted: &Reset) -> Result<ResetPlan, Failure>;

    async fn reset_group(&self, dir: &ClusterDir, plan: &ResetPlan) -> Result<(), Failure>;

    /// Whether there is any use in asking to confirm it.
    async fn may_delete_groups(&self, dir: &ClusterDir, groups: &[String]) -> Result<(), Failure>;

    async fn delete_groups(&self, dir: &ClusterDir, groups: &[String]) -> Result<DeletedGroups, Failure>;

    /// Hands the records of a topic to `sink`.
    async fn consume(
        &self,
        dir: &ClusterDir,
        order: &read::Order,
        sink: &mut dyn Sink,
    ) -> Result<read::Ended, End>;

    /// Sends the lines of standard input, and hears what happens meanwhile.
    async fn produce(&self, dir: &ClusterDir, order: &Order, talk: OnTalk<'_>) -> Result<Ended, Failure>;

    /// Measures on a topic of its own or on one that is there, and hears what happens meanwhile.
    async fn bench(
        &self,
        dir: &ClusterDir,
        order: &BenchOrder,
        talk: OnTalk<'_>,
    ) -> Result<bench::Ended, Failure>;

    /// The quorum of a KRaft cluster; one with ZooKeeper is `ExitCode::Usage`.
    async fn quorum(&self, dir: &ClusterDir) -> Result<Quorum, Failure>;

    /// Which brokers may fail, and what it would do to a topic, within 2 s.
    async fn explain_topic(&self, dir: &ClusterDir, topic: &str) -> Result<Explanation, Failure>;

    /// The settings in force of a node or a topic, within 2 s.
    async fn config(&self, dir: &ClusterDir, wanted: &ConfigRequest) -> Result<Configs, Failure>;

    /// Which replicas would be moved; nothing is.
    async fn propose_moves(&self, dir: &ClusterDir, wanted: &Wanted) -> Result<Proposal, Failure>;

    /// Moves replicas, at most `throttle` bytes a second, until all are as planned. Dropping the future
    /// cancels nothing.
    async fn move_replicas(
        &self,
        dir: &ClusterDir,
        moves: &[Move],
        throttle: Option<u64>,
        on_progress: OnProgress<'_>,
    ) -> Result<Moved, Failure>;

    /// Follows a move that is under way to its end, and does what is left to do after it.
    async fn watch_moves(&self, dir: &ClusterDir, on_progress: OnProgress<'_>) -> Result<Moved, Failure>;

    async fn cancel_moves(&self, dir: &ClusterDir) -> Result<Moved, Failure>;
}
