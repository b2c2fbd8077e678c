//! `describe quorum`.

use schemars::JsonSchema;
use serde::Serialize;

use super::error::AdminError;
use super::{ASK, Admin};
use crate::model::ids::NodeName;
use crate::model::view::VoterView;
use crate::observe::controllers;
use crate::observe::controllers::Controllers;
use crate::view::quorum::ReplicaState;

/// The quorum of a KRaft cluster; the fields of its JSON.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Quorum {
    pub leader: NodeName,
    pub epoch: i32,
    /// Records of the metadata log that a majority of the voters has.
    pub high_watermark: i64,
    pub voters: Vec<Follower>,
    /// The brokers that are no voters.
    pub observers: Vec<Follower>,
    /// Voters that do not answer, and why, a line each.
    pub unknown: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Follower {
    pub node: NodeName,
    /// `None`: it has not fetched from this leader.
    pub log_end_offset: Option<i64>,
    /// Records of the metadata log that it lacks.
    pub lag: Option<i64>,
    /// Milliseconds since its last fetch from the leader, by the leader's clock: the leader tells of a node that has
    /// died what it last knew.
    pub last_fetch_ms_ago: Option<u64>,
    /// Milliseconds since it last had all that the leader had.
    pub last_caught_up_ms_ago: Option<u64>,
}

impl Admin {
    /// Asks every controller at once. Takes less than 1 s, whatever is dead.
    pub(crate) async fn quorum(&self) -> Result<Quorum, AdminError> {
        if self.pool.endpoints().controllers.is_empty() {
            return Err(AdminError::invalid(
                format!("{} has no quorum of controllers: ZooKeeper coordinates its brokers", self.plan.name),
                "`cluster status` shows which ZooKeeper server leads",
            ));
        }
        let Controllers { quorum, voters } = controllers::ask(&self.pool, ASK).await;
        let silent = voters.into_iter().filter_map(|(name, voter)| match voter {
            VoterView::Unknown { reason } => Some(format!("{name}: {reason}")),
            VoterView::Answered { .. } => None,
        });
        let unknown: Vec<String> = silent.collect();
        let led = quorum.and_then(|quorum| Some((quorum.leader?, quorum)));
        let Some((leader, quorum)) = led else {
            let what = "describe the quorum".to_owned();
            let reason = format!("no controller leads it: {}", unknown.join("; "));
            return Err(AdminError::Unreachable { what, reason });
        };
        let follower = |state: &ReplicaState| Follower {
            node: self.node_name(state.id),
            log_end_offset: state.log_end_offset,
            lag: state.lag,
            last_fetch_ms_ago: state.last_fetch_ms_ago,
            last_caught_up_ms_ago: state.last_caught_up_ms_ago,
        };
        let sorted = |states: &[ReplicaState]| {
            let mut followers: Vec<Follower> = states.iter().map(follower).collect();
            followers.sort_by_key(|follower| follower.node);
            followers
        };
        Ok(Quorum {
            leader: self.node_name(leader),
            epoch: quorum.epoch,
            high_watermark: quorum.high_watermark,
            voters: sorted(&quorum.voters),
            observers: sorted(&quorum.observers),
            unknown,
        })
    }

    /// The node with this id: controllers and brokers share one range of them.
    fn node_name(&self, id: i32) -> NodeName {
        let controller = NodeName::controller(id);
        if self.plan.node(controller).is_some() { controller } else { NodeName::broker(id) }
    }
}
