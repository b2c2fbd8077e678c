//! The verdict: one line that says how the cluster is, and how much more it can lose.

use std::collections::BTreeSet;

use crate::model::ids::{NodeName, Role};
use crate::model::partitions::named;
use crate::model::sentence::quorum;
use crate::model::status::{Health, Verdict};
use crate::model::topic_partition::TopicPartition;
use crate::model::view::{BrokerView, ClusterView, PartitionView, TopicView, VoterView};

/// What the supervisor knows beside Kafka's own word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Broker ids of the plan.
    pub brokers: BTreeSet<i32>,
    /// The nodes of the plan whose majority coordinates the cluster.
    pub voters: BTreeSet<NodeName>,
    /// Nodes whose process runs, is not paused and is meant to run.
    pub alive: BTreeSet<NodeName>,
}

impl Facts {
    /// What the nodes themselves say, for whoever has no supervisor to ask: a broker that does not
    /// answer, or that is not registered, is no replica to count on.
    pub(crate) fn told_by(view: &ClusterView) -> Self {
        let registered = |id: &i32| view.registered.as_ref().is_none_or(|known| known.contains(id));
        let brokers = view
            .brokers
            .iter()
            .filter(|(id, said)| matches!(said, BrokerView::Answered { .. }) && registered(id));
        let voters = view.voters.iter().filter(|(_, said)| matches!(said, VoterView::Answered { .. }));
        Facts {
            brokers: view.brokers.keys().copied().collect(),
            voters: view.voters.keys().copied().collect(),
            alive: brokers
                .map(|(id, _)| NodeName::broker(*id))
                .chain(voters.map(|(name, _)| *name))
                .collect(),
        }
    }

    pub(crate) fn lives(&self, broker: i32) -> bool {
        self.alive.contains(&NodeName::broker(broker))
    }

    pub(crate) fn live_brokers(&self) -> usize {
        self.brokers.iter().filter(|id| self.lives(**id)).count()
    }

    pub(crate) fn live_voters(&self) -> usize {
        self.voters.intersection(&self.alive).count()
    }

    /// Voters that the ensemble or quorum needs to serve.
    pub(crate) fn majority(&self) -> usize {
        self.voters.len() / 2 + 1
    }

    pub(crate) fn has_quorum(&self) -> bool {
        self.live_voters() >= self.majority()
    }

    /// What the voters are.
    pub(crate) fn coordinators(&self) -> Role {
        self.voters.first().map_or(Role::ZooKeeper, |name| name.role)
    }

    /// What is lost without a majority of the voters, and what they are called.
    pub(crate) fn quorum_in_words(&self) -> (&'static str, &'static str) {
        quorum(self.coordinators())
    }
}

/// A partition with what the verdict asks of it.
pub(super) struct Partition<'a> {
    pub topic: &'a str,
    pub number: i32,
    pub view: &'a PartitionView,
    pub min_isr: usize,
}

impl Partition<'_> {
    pub(super) fn topic_partition(&self) -> TopicPartition {
        TopicPartition::new(self.topic, self.number)
    }

    /// As JSON has it.
    fn name(&self) -> String {
        self.topic_partition().in_kafkas_form()
    }

    /// ISR members that live.
    pub(super) fn live_isr(&self, facts: &Facts) -> usize {
        self.view.isr.iter().filter(|id| facts.lives(**id)).count()
    }

    /// It has a leader, and the leader lives: before failover Kafka still names a dead one.
    pub(super) fn is_led(&self, facts: &Facts) -> bool {
        self.view.leader.is_some_and(|leader| facts.lives(leader))
    }

    /// A replica is not in the ISR, or does not live: before Kafka notices it still counts it in.
    pub(super) fn is_under_replicated(&self, facts: &Facts) -> bool {
        self.live_isr(facts) < self.view.replicas.len()
    }

    /// It would take an acks=all produce.
    pub(super) fn is_writable(&self, facts: &Facts) -> bool {
        self.is_led(facts) && self.live_isr(facts) >= self.min_isr
    }
}

pub(super) fn partitions(view: &ClusterView) -> impl Iterator<Item = Partition<'_>> {
    view.topics.iter().flatten().flat_map(|(topic, all)| of_topic(topic, all))
}

pub(super) fn of_topic<'a>(topic: &'a str, all: &'a TopicView) -> Vec<Partition<'a>> {
    // Kafka never asks for more members than there are replicas to be of use; a factor below
    // min.insync.replicas is refused by the broker, and so it is here.
    let min_isr = usize::from(all.min_insync_replicas.max(1));
    let one = |(number, view): (&i32, &'a PartitionView)| Partition { topic, number: *number, view, min_isr };
    all.partitions.iter().map(one).collect()
}

pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Judges what Kafka says together with what the processes do.
pub(crate) fn verdict(view: &ClusterView, facts: &Facts) -> Verdict {
    let all: Vec<Partition<'_>> = partitions(view).collect();
    let offline: Vec<&Partition<'_>> = all.iter().filter(|partition| !partition.is_led(facts)).collect();
    let short: Vec<&Partition<'_>> =
        all.iter().filter(|partition| partition.is_led(facts) && !partition.is_writable(facts)).collect();
    let under_replicated = all.iter().filter(|partition| partition.is_under_replicated(facts)).count();
    let down: Vec<String> = down(facts);
    let unwell = unwell(view, facts);
    let unavailable = reasons(view, facts, &offline, &short);
    let state = if !unavailable.is_empty() {
        Health::Unavailable
    } else if under_replicated > 0 || !down.is_empty() || !unwell.is_empty() || view.controller.is_none() {
        Health::Degraded
    } else {
        Health::Healthy
    };
    let brokers_may_fail = match state {
        Health::Unavailable => 0,
        _ => tolerates(&all, facts),
    };
    let coordinators_may_fail = facts.live_voters().saturating_sub(facts.majority());
    let more = may_fail(brokers_may_fail);
    let message = match state {
        Health::Healthy => format!("healthy: every replica is in sync; {more}"),
        Health::Degraded => {
            let mut parts = Vec::new();
            if under_replicated > 0 {
                parts.push(format!("{under_replicated} of {} under-replicated", partitions_of(all.len())));
            }
            if !down.is_empty() {
                parts.push(format!("down: {}", down.join(", ")));
            }
            parts.extend(unwell);
            if view.controller.is_none() {
                parts.push("no controller".to_owned());
            }
            format!("degraded (orange): nothing lost; {}; {more}", parts.join("; "))
        }
        Health::Unavailable => format!("unavailable: {}", unavailable.join("; ")),
    };
    Verdict {
        state,
        message,
        partitions: u32::try_from(all.len()).unwrap_or(u32::MAX),
        under_replicated: u32::try_from(under_replicated).unwrap_or(u32::MAX),
        offline: offline.iter().map(|partition| partition.name()).collect(),
        under_min_isr: short.iter().map(|partition| partition.name()).collect(),
        brokers_may_fail: u32::try_from(brokers_may_fail).unwrap_or(u32::MAX),
        coordinators_may_fail: u32::try_from(coordinators_may_fail).unwrap_or(u32::MAX),
    }
}

fn partitions_of(number: usize) -> String {
    count(number, "partition", "partitions")
}

fn may_fail(brokers: usize) -> String {
    match brokers {
        0 => "no further broker may fail".to_owned(),
        _ => format!("{} may fail", count(brokers, "more broker", "more brokers")),
    }
}

/// Planned nodes that are not there.
fn down(facts: &Facts) -> Vec<String> {
    let brokers = facts.brokers.iter().map(|id| NodeName::broker(*id));
    let planned: BTreeSet<NodeName> = facts.voters.iter().copied().chain(brokers).collect();
    planned.difference(&facts.alive).map(NodeName::to_string).collect()
}

/// Processes that live and yet are no use: hanging, or fenced since their session has expired.
fn unwell(view: &ClusterView, facts: &Facts) -> Vec<String> {
    let lives = |name: &NodeName| facts.alive.contains(name);
    let voters = view.voters.iter().filter(|(_, said)| matches!(said, VoterView::Unknown { .. }));
    let voters = voters.map(|(name, _)| *name).filter(lives);
    let brokers = view.brokers.iter().filter(|(_, said)| matches!(said, BrokerView::Unknown { .. }));
    let brokers = brokers.map(|(id, _)| NodeName::broker(*id)).filter(lives);
    let silent: BTreeSet<NodeName> = voters.chain(brokers).collect();
    let registered = |id: &i32| view.registered.as_ref().is_none_or(|registered| registered.contains(id));
    let fenced = facts.brokers.iter().filter(|id| !registered(id)).map(|id| NodeName::broker(*id));
    let fenced = fenced.filter(|name| lives(name) && !silent.contains(name));
    let fenced: Vec<String> = fenced.map(|name| format!("{name} is not registered")).collect();
    let silent_words = silent.iter().map(|name| format!("{name} does not answer"));
    silent_words.chain(fenced).chain(misled(view, facts)).collect()
}

/// Where ZooKeeper's word for the controller, the brokers' and its own differ, no topic can be created and no leader
/// moves. In KRaft the controller is who says of itself that it leads, and brokers name any of them.
fn misled(view: &ClusterView, facts: &Facts) -> Vec<String> {
    if let Some(idle) = idle_ensemble(view) {
        return vec![idle];
    }
    let is_zookeeper = view.voters.keys().any(|name| name.role == Role::ZooKeeper);
    let Some(controller) = view.controller.filter(|id| is_zookeeper && facts.lives(*id)) else {
        return Vec::new();
    };
    let name = NodeName::broker(controller);
    let idle = view.idle_controller.iter().map(|why| {
        format!(
            "{name} is the controller and does not act as one ({why}): no topic can be created and no leader moves; \
             if it stays so, `cluster restart {name}` has another elected"
        )
    });
    let misled = view.brokers.iter().filter_map(|(id, said)| match said {
        BrokerView::Answered { controller: Some(named), .. } if *named != controller && facts.lives(*id) => {
            Some(format!(
                "{} takes {} for the controller, which is {name}",
                NodeName::broker(*id),
                NodeName::broker(*named)
            ))
        }
        _ => None,
    });
    idle.chain(misled).collect()
}

/// All that the brokers and their controller do in ZooKeeper waits for it.
fn idle_ensemble(view: &ClusterView) -> Option<String> {
    view.idle_ensemble.as_ref()?;
    let leader = view.leading_voter().filter(|name| name.role == Role::ZooKeeper)?;
    Some(format!(
        "ZooKeeper commits nothing though {leader} leads it: no broker can register, no topic can be created and no \
         leader moves; if it stays so, `cluster restart {leader}` has another elected"
    ))
}

fn reasons(
    view: &ClusterView,
    facts: &Facts,
    offline: &[&Partition<'_>],
    short: &[&Partition<'_>],
) -> Vec<String> {
    let mut reasons = Vec::new();
    if facts.live_brokers() == 0 {
        reasons.push("no broker is up".to_owned());
    } else if view.topics.is_none() {
        reasons.push("no broker answers".to_owned());
    }
    if !facts.has_quorum() {
        let (quorum, voters) = facts.quorum_in_words();
        reasons.push(format!(
            "{quorum} is lost ({} of {} {voters} up, {} needed): no leader can move and nothing can be changed",
            facts.live_voters(),
            facts.voters.len(),
            facts.majority()
        ));
    }
    let (waiting, leaderless): (Vec<&Partition<'_>>, Vec<&Partition<'_>>) = offline
        .iter()
        .partition(|partition| partition.view.leader.is_some() && partition.live_isr(facts) > 0);
    if !leaderless.is_empty() {
        let number = partitions_of(leaderless.len());
        reasons.push(format!("{number} without a leader ({})", names(&leaderless)));
    }
    if !waiting.is_empty() {
        let verb = if waiting.len() == 1 { "waits" } else { "wait" };
        let number = partitions_of(waiting.len());
        reasons.push(format!("{number} {verb} for a new leader ({})", names(&waiting)));
    }
    if !short.is_empty() {
        let number = partitions_of(short.len());
        reasons.push(format!("{number} below min ISR, refusing acks=all ({})", names(short)));
    }
    let down = down(facts);
    if !reasons.is_empty() && !down.is_empty() {
        reasons.push(format!("down: {}", down.join(", ")));
    }
    reasons
}

fn names(partitions: &[&Partition<'_>]) -> String {
    named(partitions.iter().map(|partition| (partition.topic, partition.number)))
}

/// The largest number of live brokers that may fail, whichever they are, with every partition still
/// readable and writable at acks=all: an ISR of m members that needs n of them bears m - n.
pub(super) fn tolerates(all: &[Partition<'_>], facts: &Facts) -> usize {
    let bears = |partition: &Partition<'_>| partition.live_isr(facts).saturating_sub(partition.min_isr);
    let without_topics = facts.live_brokers().saturating_sub(1);
    all.iter().map(bears).min().unwrap_or(without_topics).min(without_topics)
}
