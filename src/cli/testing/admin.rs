//! What a test says of topics, groups, moves and settings.

use super::Fake;
use crate::admin::group::{DeletedGroups, GroupList, GroupsDescription, Reset, ResetPlan};
use crate::admin::moves::{Move, MoveProgress, Moved, Moving, OnProgress, Proposal, Wanted};
use crate::admin::quorum::Quorum;
use crate::admin::{
    Alteration, Altered, ConfigRequest, Configs, Created, Deleted, Description, Disks, Election, Listed,
    TopicRequest,
};
use crate::engine::ops::AdminOps;
use crate::error::Failure;
use crate::paths::ClusterDir;
use crate::view::explain::Explanation;

/// What becomes of an operation on topics.
pub(crate) enum Admin {
    Created(Result<Created, Failure>),
    Listed(Result<Vec<Listed>, Failure>),
    Described(Result<Description, Failure>),
    Altered(Result<Altered, Failure>),
    MayDelete(Result<(), Failure>),
    Deleted(Result<Deleted, Failure>),
    Elected(Result<Vec<Election>, Failure>),
    Explained(Result<Explanation, Failure>),
    Quorum(Result<Quorum, Failure>),
    Configs(Result<Configs, Failure>),
}

/// What becomes of an operation on groups.
pub(crate) enum Groups {
    Listed(GroupList),
    Described(GroupsDescription),
    Planned(Result<ResetPlan, Failure>),
    /// Those that may be deleted are.
    MayDelete(Result<(), Failure>),
}

#[derive(Default)]
pub(super) struct Script {
    /// Without it, topics may be deleted.
    may_delete: Option<Result<(), Failure>>,
    admin: Option<Admin>,
    topic_requests: Vec<TopicRequest>,
    deleted: Vec<Vec<String>>,
    groups: Option<Groups>,
    resets: Vec<Reset>,
    /// Plans that were carried out.
    reset: Vec<ResetPlan>,
    config_requests: Vec<ConfigRequest>,
    proposal: Option<Result<Proposal, Failure>>,
    progress: Vec<MoveProgress>,
    /// Without one, a move never ends.
    moved: Option<Result<Moved, Failure>>,
    /// What was wanted, and what was carried out with which throttle.
    wanted: Vec<Wanted>,
    carried_out: Vec<(Vec<Move>, Option<u64>)>,
}

impl Fake {
    pub(crate) fn admin(&self, answer: Admin) {
        let mut script = self.admin.borrow_mut();
        match answer {
            Admin::MayDelete(may) => script.may_delete = Some(may),
            answer => script.admin = Some(answer),
        }
    }

    pub(crate) fn groups(&self, answer: Groups) {
        self.admin.borrow_mut().groups = Some(answer);
    }

    /// Resets that were asked for.
    pub(crate) fn resets(&self) -> Vec<Reset> {
        self.admin.borrow().resets.clone()
    }

    /// Resets that were carried out.
    pub(crate) fn reset(&self) -> Vec<ResetPlan> {
        self.admin.borrow().reset.clone()
    }

    fn scripted_groups(&self) -> Groups {
        self.admin.borrow_mut().groups.take().expect("an operation on groups is scripted")
    }

    pub(crate) fn topic_requests(&self) -> Vec<TopicRequest> {
        self.admin.borrow().topic_requests.clone()
    }

    pub(crate) fn deleted(&self) -> Vec<Vec<String>> {
        self.admin.borrow().deleted.clone()
    }

    pub(crate) fn config_requests(&self) -> Vec<ConfigRequest> {
        self.admin.borrow().config_requests.clone()
    }

    pub(crate) fn proposal(&self, proposal: Result<Proposal, Failure>) {
        self.admin.borrow_mut().proposal = Some(proposal);
    }

    pub(crate) fn moved(&self, progress: Vec<MoveProgress>, moved: Result<Moved, Failure>) {
        let mut script = self.admin.borrow_mut();
        (script.progress, script.moved) = (progress, Some(moved));
    }

    pub(crate) fn wanted_moves(&self) -> Vec<Wanted> {
        self.admin.borrow().wanted.clone()
    }

    pub(crate) fn carried_out(&self) -> Vec<(Vec<Move>, Option<u64>)> {
        self.admin.borrow().carried_out.clone()
    }

    fn scripted(&self) -> Admin {
        self.admin.borrow_mut().admin.take().expect("an operation on topics is scripted")
    }
}

impl AdminOps for Fake {
    async fn create_topic(&self, _: &ClusterDir, request: &TopicRequest) -> Result<Created, Failure> {
        self.admin.borrow_mut().topic_requests.push(request.clone());
        let Admin::Created(answer) = self.scripted() else { panic!("another operation is scripted") };
        answer
    }

    async fn topics(&self, _: &ClusterDir) -> Result<Vec<Listed>, Failure> {
        let Admin::Listed(answer) = self.scripted() else { panic!("another operation is scripted") };
        answer
    }

    async fn describe_topics(&self, _: &ClusterDir, _: Option<&str>) -> Result<Description, Failure> {
        let Admin::Described(answer) = self.scripted() else { panic!("another operation is scripted") };
        answer
    }

    async fn alter_topic(&self, _: &ClusterDir, _: &Alteration) -> Result<Altered, Failure> {
        let Admin::Altered(answer) = self.scripted() else { panic!("another operation is scripted") };
        answer
    }

    async fn may_delete_topics(&self, _: &ClusterDir, _: &[String]) -> Result<(), Failure> {
        self.admin.borrow_mut().may_delete.take().unwrap_or(Ok(()))
    }

    async fn delete_topics(&self, _: &ClusterDir, topics: &[String]) -> Result<Deleted, Failure> {
        self.admin.borrow_mut().deleted.push(topics.to_vec());
        let Admin::Deleted(answer) = self.scripted() else { panic!("another operation is scripted") };
        answer
    }

    async fn elect_preferred(&self, _: &ClusterDir, _: Option<&str>) -> Result<Vec<Election>, Failure> {
        let Admin::Elected(answer) = self.scripted() else { panic!("another operation is scripted") };
        answer
    }

    async fn groups(&self, _: &ClusterDir) -> Result<GroupList, Failure> {
        let Groups::Listed(answer) = self.scripted_groups() else { panic!("another operation is scripted") };
        Ok(answer)
    }

    async fn describe_groups(&self, _: &ClusterDir, _: Option<&str>) -> Result<GroupsDescription, Failure> {
        let Groups::Described(answer) = self.scripted_groups() else {
            panic!("another operation is scripted")
        };
        Ok(answer)
    }

    async fn plan_group_reset(&self, _: &ClusterDir, wanted: &Reset) -> Result<ResetPlan, Failure> {
        self.admin.borrow_mut().resets.push(wanted.clone());
        let Groups::Planned(answer) = self.scripted_groups() else { panic!("another operation is scripted") };
        answer
    }

    async fn reset_group(&self, _: &ClusterDir, plan: &ResetPlan) -> Result<(), Failure> {
        self.admin.borrow_mut().reset.push(plan.clone());
        Ok(())
    }

    async fn may_delete_groups(&self, _: &ClusterDir, _: &[String]) -> Result<(), Failure> {
        match self.admin.borrow_mut().groups.take() {
            Some(Groups::MayDelete(may)) => may,
            _ => Ok(()),
        }
    }

    async fn delete_groups(&self, _: &ClusterDir, groups: &[String]) -> Result<DeletedGroups, Failure> {
        self.admin.borrow_mut().deleted.push(groups.to_vec());
        Ok(DeletedGroups { deleted: groups.to_vec() })
    }

    async fn quorum(&self, _: &ClusterDir) -> Result<Quorum, Failure> {
        let Admin::Quorum(answer) = self.scripted() else { panic!("another operation is scripted") };
        answer
    }

    async fn explain_topic(&self, _: &ClusterDir, _: &str) -> Result<Explanation, Failure> {
        let Admin::Explained(answer) = self.scripted() else { panic!("another operation is scripted") };
        answer
    }

    async fn disks(&self, _: &ClusterDir) -> Result<Disks, Failure> {
        panic!("no command asks for disks")
    }

    async fn config(&self, _: &ClusterDir, wanted: &ConfigRequest) -> Result<Configs, Failure> {
        self.admin.borrow_mut().config_requests.push(wanted.clone());
        let Admin::Configs(answer) = self.scripted() else { panic!("another operation is scripted") };
        answer
    }

    async fn propose_moves(&self, _: &ClusterDir, wanted: &Wanted) -> Result<Proposal, Failure> {
        self.admin.borrow_mut().wanted.push(wanted.clone());
        self.admin.borrow_mut().proposal.take().expect("a proposal is scripted")
    }

    async fn move_replicas(
        &self,
        dir: &ClusterDir,
        moves: &[Move],
        throttle: Option<u64>,
        on_progress: OnProgress<'_>,
    ) -> Result<Moved, Failure> {
        self.admin.borrow_mut().carried_out.push((moves.to_vec(), throttle));
        self.watch_moves(dir, on_progress).await
    }

    async fn watch_moves(&self, _: &ClusterDir, on_progress: OnProgress<'_>) -> Result<Moved, Failure> {
        let progress = self.admin.borrow().progress.clone();
        progress.iter().for_each(on_progress);
        let moved = self.admin.borrow_mut().moved.take();
        match moved {
            Some(moved) => moved,
            None => std::future::pending().await,
        }
    }

    async fn cancel_moves(&self, _: &ClusterDir) -> Result<Moved, Failure> {
        self.admin.borrow_mut().moved.take().expect("a cancelled move is scripted")
    }

    async fn moving(&self, _: &ClusterDir) -> Result<Moving, Failure> {
        panic!("no command asks for what is being moved")
    }
}
