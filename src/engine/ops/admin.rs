//! What is asked of Kafka itself; none of it needs a supervisor.

use super::Live;
use crate::admin::group::{DeletedGroups, GroupList, GroupsDescription, Reset, ResetPlan};
use crate::admin::moves::{Move, Moved, Moving, OnProgress, Proposal, Wanted};
use crate::admin::quorum::Quorum;
use crate::admin::{
    Alteration, Altered, ConfigRequest, Configs, Created, Deleted, Description, Disks, Election, Listed,
    TopicRequest,
};
use crate::error::Failure;
use crate::paths::ClusterDir;
use crate::view::explain::Explanation;

/// What commands need of [`crate::admin`]. A cluster of which nothing runs is `ExitCode::NotRunning`.
pub(crate) trait AdminOps {
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

    /// The quorum of a KRaft cluster; one with ZooKeeper is `ExitCode::Usage`.
    async fn quorum(&self, dir: &ClusterDir) -> Result<Quorum, Failure>;

    /// Which brokers may fail, and what it would do to a topic, within 2 s.
    async fn explain_topic(&self, dir: &ClusterDir, topic: &str) -> Result<Explanation, Failure>;

    /// The log folders of every broker, within 1 s.
    async fn disks(&self, dir: &ClusterDir) -> Result<Disks, Failure>;

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

    /// What is being moved at this moment, whoever began it. Nobody is kept from anything by it.
    async fn moving(&self, dir: &ClusterDir) -> Result<Moving, Failure>;
}

impl AdminOps for Live {
    async fn create_topic(&self, dir: &ClusterDir, request: &TopicRequest) -> Result<Created, Failure> {
        Ok(self.admin(dir)?.create(request).await?)
    }

    async fn topics(&self, dir: &ClusterDir) -> Result<Vec<Listed>, Failure> {
        Ok(self.admin(dir)?.list().await?)
    }

    async fn describe_topics(&self, dir: &ClusterDir, topic: Option<&str>) -> Result<Description, Failure> {
        Ok(self.admin(dir)?.describe(topic).await?)
    }

    async fn alter_topic(&self, dir: &ClusterDir, wanted: &Alteration) -> Result<Altered, Failure> {
        Ok(self.admin(dir)?.alter(wanted).await?)
    }

    async fn may_delete_topics(&self, dir: &ClusterDir, topics: &[String]) -> Result<(), Failure> {
        Ok(self.admin(dir)?.may_delete(topics).await?)
    }

    async fn delete_topics(&self, dir: &ClusterDir, topics: &[String]) -> Result<Deleted, Failure> {
        Ok(self.admin(dir)?.delete(topics).await?)
    }

    async fn elect_preferred(&self, dir: &ClusterDir, topic: Option<&str>) -> Result<Vec<Election>, Failure> {
        Ok(self.admin(dir)?.elect(topic).await?)
    }

    async fn groups(&self, dir: &ClusterDir) -> Result<GroupList, Failure> {
        Ok(self.admin(dir)?.groups().await?)
    }

    async fn describe_groups(
        &self,
        dir: &ClusterDir,
        group: Option<&str>,
    ) -> Result<GroupsDescription, Failure> {
        Ok(self.admin(dir)?.describe_groups(group).await?)
    }

    async fn plan_group_reset(&self, dir: &ClusterDir, wanted: &Reset) -> Result<ResetPlan, Failure> {
        Ok(self.admin(dir)?.plan_reset(wanted).await?)
    }

    async fn reset_group(&self, dir: &ClusterDir, plan: &ResetPlan) -> Result<(), Failure> {
        Ok(self.admin(dir)?.reset(plan).await?)
    }

    async fn may_delete_groups(&self, dir: &ClusterDir, groups: &[String]) -> Result<(), Failure> {
        Ok(self.admin(dir)?.may_delete_groups(groups).await?)
    }

    async fn delete_groups(&self, dir: &ClusterDir, groups: &[String]) -> Result<DeletedGroups, Failure> {
        Ok(self.admin(dir)?.delete_groups(groups).await?)
    }

    async fn quorum(&self, dir: &ClusterDir) -> Result<Quorum, Failure> {
        Ok(self.admin(dir)?.quorum().await?)
    }

    async fn explain_topic(&self, dir: &ClusterDir, topic: &str) -> Result<Explanation, Failure> {
        Ok(self.admin(dir)?.explain(topic).await?)
    }

    async fn disks(&self, dir: &ClusterDir) -> Result<Disks, Failure> {
        Ok(self.admin(dir)?.disks().await)
    }

    async fn config(&self, dir: &ClusterDir, wanted: &ConfigRequest) -> Result<Configs, Failure> {
        Ok(self.admin(dir)?.config(wanted).await?)
    }

    async fn propose_moves(&self, dir: &ClusterDir, wanted: &Wanted) -> Result<Proposal, Failure> {
        Ok(self.admin(dir)?.propose(wanted).await?)
    }

    async fn move_replicas(
        &self,
        dir: &ClusterDir,
        moves: &[Move],
        throttle: Option<u64>,
        on_progress: OnProgress<'_>,
    ) -> Result<Moved, Failure> {
        Ok(self.admin(dir)?.move_replicas(moves, throttle, on_progress).await?)
    }

    async fn watch_moves(&self, dir: &ClusterDir, on_progress: OnProgress<'_>) -> Result<Moved, Failure> {
        Ok(self.admin(dir)?.watch_moves(on_progress).await?)
    }

    async fn cancel_moves(&self, dir: &ClusterDir) -> Result<Moved, Failure> {
        Ok(self.admin(dir)?.cancel_moves().await?)
    }

    async fn moving(&self, dir: &ClusterDir) -> Result<Moving, Failure> {
        Ok(self.admin(dir)?.moving().await?)
    }
}
