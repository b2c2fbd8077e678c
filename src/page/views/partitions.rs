//! The replica grid: partitions by brokers.

use minijinja::{Value, context};
use serde::Serialize;

use crate::model::ids::{NodeName, Role};
use crate::model::status::{NodeState, NodeStatus, PartitionStatus, Status, TopicStatus};
use crate::page::hub::Snapshot;
use crate::page::racks::Racks;
use crate::page::value::told;

/// A topic's block of the grid.
#[derive(Serialize)]
struct Block<'a> {
    topic: &'a str,
    internal: bool,
    min_isr: u16,
    replication_factor: usize,
    under_replicated: usize,
    offline: usize,
    /// Partitions with all copies in one rack though there are others.
    in_one_rack: usize,
    rows: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    partition: i32,
    leader: Option<i32>,
    epoch: Option<i32>,
    isr: &'a [i32],
    replicas: &'a [i32],
    /// What is wrong with it, as the texts name it: the worst.
    trouble: Option<&'static str>,
    /// All its copies are in one rack though there are others.
    is_in_one_rack: bool,
    /// One a broker, in the order of the columns.
    cells: Vec<Cell>,
}

/// What a broker is for a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Cell {
    /// It has no replica of it.
    None,
    /// It leads, as preferred.
    Leader,
    /// It leads in the place of the preferred leader.
    Deputy,
    /// It still counts as the leader, and is down.
    LostLeader,
    /// A follower in the ISR.
    InSync,
    /// It counts as in sync still, and is down.
    Ghost,
    /// A replica out of the ISR.
    Out,
}

#[derive(Serialize)]
struct Column<'a> {
    id: i32,
    node: NodeName,
    state: NodeState,
    rack: Option<&'a str>,
    is_up: bool,
    is_controller: bool,
    leads: usize,
    replicas: usize,
    in_sync: usize,
    session_ends_in_ms: Option<u64>,
}

pub(super) fn context(snapshot: &Snapshot, status: &Status) -> Value {
    let racks = &snapshot.racks;
    let brokers: Vec<&NodeStatus> =
        status.nodes.iter().filter(|node| node.node.role == Role::Broker).collect();
    let Some(topics) = &status.topics else {
        return context! { columns => told(columns(status, racks, &brokers, &[])) };
    };
    let all: Vec<&PartitionStatus> = topics.values().flat_map(|topic| topic.partitions.values()).collect();
    let mut blocks: Vec<Block<'_>> =
        topics.iter().map(|(name, topic)| block(name, topic, racks, &brokers)).collect();
    // Kafka's own are behind those that somebody made.
    blocks.sort_by_key(|block| block.internal);
    context! { columns => told(columns(status, racks, &brokers, &all)), blocks => told(blocks) }
}

fn columns<'a>(
    status: &Status,
    racks: &'a Racks,
    brokers: &[&NodeStatus],
    all: &[&PartitionStatus],
) -> Vec<Column<'a>> {
    let controls = status.controller_name();
    let column = |broker: &&NodeStatus| {
        let id = broker.node.id;
        let count = |has: fn(&PartitionStatus, i32) -> bool| all.iter().filter(|one| has(one, id)).count();
        Column {
            id,
            node: broker.node,
            state: broker.state,
            rack: racks.of(id),
            is_up: is_up(broker),
            is_controller: controls == Some(broker.node),
            leads: count(|one, id| one.led && one.view.leader == Some(id)),
            replicas: count(|one, id| one.view.replicas.contains(&id)),
            in_sync: count(|one, id| one.view.isr.contains(&id)),
            session_ends_in_ms: broker.session_ends_in_ms,
        }
    };
    brokers.iter().map(column).collect()
}

fn block<'a>(name: &'a str, topic: &'a TopicStatus, racks: &Racks, brokers: &[&NodeStatus]) -> Block<'a> {
    let counts = topic.counts();
    let rows: Vec<Row<'a>> = topic
        .partitions
        .iter()
        .map(|(number, one)| row(*number, one, topic.min_insync_replicas, racks, brokers))
        .collect();
    Block {
        topic: name,
        internal: topic.internal,
        min_isr: topic.min_insync_replicas,
        replication_factor: rows.iter().map(|row| row.replicas.len()).max().unwrap_or(0),
        under_replicated: counts.under_replicated,
        offline: counts.offline,
        in_one_rack: rows.iter().filter(|row| row.is_in_one_rack).count(),
        rows,
    }
}

fn row<'a>(
    partition: i32,
    one: &'a PartitionStatus,
    min_isr: u16,
    racks: &Racks,
    brokers: &[&NodeStatus],
) -> Row<'a> {
    Row {
        partition,
        leader: one.view.leader,
        epoch: one.view.leader_epoch,
        isr: &one.view.isr,
        replicas: &one.view.replicas,
        trouble: trouble(one, min_isr, brokers),
        is_in_one_rack: racks.are_missed(&one.view.replicas, brokers.iter().map(|broker| broker.node.id)),
        cells: brokers.iter().map(|broker| cell(one, broker)).collect(),
    }
}

/// The worst that is wrong with a partition, as the texts name it.
pub(super) fn trouble(one: &PartitionStatus, min_isr: u16, brokers: &[&NodeStatus]) -> Option<&'static str> {
    let live_isr =
        brokers.iter().filter(|broker| is_up(broker) && one.view.isr.contains(&broker.node.id)).count();
    match one {
        _ if !one.led => Some("offline"),
        _ if live_isr < usize::from(min_isr) => Some("below_min_isr"),
        _ if one.under_replicated => Some("under_replicated"),
        _ if !one.preferred => Some("not_preferred"),
        _ => None,
    }
}

fn cell(one: &PartitionStatus, broker: &NodeStatus) -> Cell {
    let id = broker.node.id;
    let is_up = is_up(broker);
    let is_in_sync = one.view.isr.contains(&id);
    match () {
        () if !one.view.replicas.contains(&id) => Cell::None,
        () if one.view.leader == Some(id) && !is_up => Cell::LostLeader,
        () if one.view.leader == Some(id) && one.preferred => Cell::Leader,
        () if one.view.leader == Some(id) => Cell::Deputy,
        () if is_in_sync && is_up => Cell::InSync,
        () if is_in_sync => Cell::Ghost,
        () => Cell::Out,
    }
}

/// Its process runs and answers, as far as anybody knows.
fn is_up(broker: &NodeStatus) -> bool {
    matches!(broker.state, NodeState::Ready | NodeState::Starting | NodeState::Unresponsive)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples::{healthy, node, partition};

    #[test]
    fn a_cell_says_what_the_broker_is_for_the_partition() {
        let ready = |id| node(NodeName::broker(id), NodeState::Ready);
        let killed = |id| node(NodeName::broker(id), NodeState::Killed);
        let one = partition(Some(1), &[0, 1, 2], &[1, 0]);
        assert_eq!(cell(&one, &ready(1)), Cell::Deputy);
        assert_eq!(cell(&one, &killed(1)), Cell::LostLeader);
        assert_eq!(cell(&one, &ready(0)), Cell::InSync);
        assert_eq!(cell(&one, &killed(0)), Cell::Ghost);
        assert_eq!(cell(&one, &ready(2)), Cell::Out);
        assert_eq!(cell(&one, &ready(3)), Cell::None);
        assert_eq!(cell(&partition(Some(0), &[0, 1], &[0, 1]), &ready(0)), Cell::Leader);
    }

    #[test]
    fn a_row_tells_the_worst_that_is_wrong_with_it() {
        let up: Vec<NodeStatus> = (0..3).map(|id| node(NodeName::broker(id), NodeState::Ready)).collect();
        let brokers: Vec<&NodeStatus> = up.iter().collect();
        let trouble =
            |one: &PartitionStatus, min_isr| row(0, one, min_isr, &Racks::default(), &brokers).trouble;
        assert_eq!(trouble(&partition(Some(0), &[0, 1], &[0, 1]), 1), None);
        assert_eq!(trouble(&partition(Some(1), &[0, 1], &[0, 1]), 1), Some("not_preferred"));
        assert_eq!(trouble(&partition(Some(0), &[0, 1], &[0]), 1), Some("under_replicated"));
        assert_eq!(trouble(&partition(Some(0), &[0, 1], &[0]), 2), Some("below_min_isr"));
        assert_eq!(trouble(&partition(None, &[0, 1], &[0]), 1), Some("offline"));
    }

    #[test]
    fn kafkas_own_topics_come_last_and_every_broker_has_a_column() {
        let context = context(&Snapshot::default(), &healthy());
        let blocks = context.get_attr("blocks").unwrap();
        let names: Vec<_> =
            blocks.try_iter().unwrap().map(|block| block.get_attr("topic").unwrap().to_string()).collect();
        assert_eq!(names, ["velib-stations", "__consumer_offsets"]);
        assert_eq!(context.get_attr("columns").unwrap().len(), Some(3));
    }
}
