//! What would be moved, before anything is: the plan for people, with what it costs and what it is good for.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use schemars::JsonSchema;
use serde::Serialize;

use super::Move;
use super::plan_file::PlanFile;
use super::planner::{TooFewTargets, spread};
use super::racks::{self, FewerRacks};
use crate::admin::error::AdminError;
use crate::admin::look::Known;
use crate::admin::{ASK, Admin};
use crate::model::topic_partition::TopicPartition;
use crate::wire::log_dirs;
use crate::wire::pool::address;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// An even spread over the live brokers.
    Spread {
        /// Of these topics; all with none, Kafka's own included.
        topics: Vec<String>,
        /// But not of these.
        exclude: Vec<String>,
        /// Brokers that shall hold nothing of them.
        without: BTreeSet<i32>,
    },
    /// Exactly this.
    Plan(PlanFile),
}

/// The plan; its fields are JSON, documented in docs/moving.md.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Proposal {
    pub moves: Vec<PlannedMove>,
    pub brokers: Vec<BrokerLoad>,
    /// To copy, of all moves; `None`: not all leaders told their sizes.
    pub bytes: Option<u64>,
    /// Partitions that end up in fewer racks than they were or could be in.
    pub fewer_racks: Vec<FewerRacks>,
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct PlannedMove {
    #[serde(flatten)]
    pub one: Move,
    /// New replicas; 0 when only the preferred leader changes.
    pub copies: usize,
    /// To copy, of all new replicas.
    pub bytes: Option<u64>,
}

/// One broker, all topics counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct BrokerLoad {
    pub broker: i32,
    pub live: bool,
    pub replicas_before: usize,
    pub replicas_after: usize,
    /// Partitions whose preferred leader it is.
    pub leaders_before: usize,
    pub leaders_after: usize,
}

impl Proposal {
    pub(crate) fn moves(&self) -> Vec<Move> {
        self.moves.iter().map(|planned| planned.one.clone()).collect()
    }
}

impl Admin {
    /// What would be moved. Changes nothing; a cluster in which replicas are being moved is refused.
    pub(crate) async fn propose(&self, wanted: &Wanted) -> Result<Proposal, AdminError> {
        let known = self.before("move replicas").await?;
        self.none_under_way().await?;
        let racks_of = self.plan.racks();
        let (moves, targets, mut warnings) = match wanted {
            Wanted::Spread { topics, exclude, without } => {
                self.must_exist(&[topics.as_slice(), exclude].concat(), &known)?;
                let in_scope = |topic: &String| {
                    (topics.is_empty() || topics.contains(topic)) && !exclude.contains(topic)
                };
                let targets: BTreeSet<i32> = known.live.difference(without).copied().collect();
                let (moves, warnings) = spread_of(&known, in_scope, without, &targets, &racks_of)?;
                (moves, targets, warnings)
            }
            Wanted::Plan(plan) => {
                let moves = plan.moves(&replicas(&known, |_| true), &known.planned, &known.live);
                let moves =
                    moves.map_err(|fault| AdminError::BadPlan { what: fault.what, remedy: fault.remedy })?;
                let warnings = factor_changes(&moves);
                (moves, known.live.clone(), warnings)
            }
        };
        let fewer_racks = racks::fewer(&moves, &racks_of, &targets);
        warnings.extend(racks::warning(&fewer_racks));
        if !moves.is_empty() {
            warnings.extend(self.throttled_already().await);
        }
        if self.note().exists() {
            let unfinished = "an earlier move was never finished, and its throttle may still be set; `cluster rebalance --watch` finishes it";
            warnings.push(unfinished.to_owned());
        }
        all_led(&moves, &known)?;
        let sizes = self.leader_sizes(&moves, &known).await;
        let moves: Vec<PlannedMove> = moves
            .into_iter()
            .map(|one| {
                let copies = one.copies();
                let bytes = match copies {
                    0 => Some(0),
                    copies => sizes.get(&one.key()).map(|size| size * copies as u64),
                };
                PlannedMove { one, copies, bytes }
            })
            .collect();
        Ok(Proposal {
            bytes: moves.iter().map(|planned| planned.bytes).sum(),
            brokers: loads(&known, &moves),
            moves,
            fewer_racks,
            warnings,
        })
    }

    /// Bytes of each partition that is copied, by its leader's word; one that does not tell leaves them out.
    async fn leader_sizes(&self, moves: &[Move], known: &Known) -> BTreeMap<TopicPartition, u64> {
        let mut led: BTreeMap<i32, BTreeMap<&str, Vec<i32>>> = BTreeMap::new();
        for one in moves.iter().filter(|one| one.copies() > 0) {
            let leader =
                known.topics.get(&one.topic).and_then(|view| view.partitions.get(&one.partition)?.leader);
            if let Some(leader) = leader {
                led.entry(leader).or_default().entry(&one.topic).or_default().push(one.partition);
            }
        }
        let told = led.iter().map(async |(id, partitions)| {
            log_dirs::sizes(&self.pool, address(&self.pool, *id)?, partitions, ASK).await
        });
        join_all(told).await.into_iter().flatten().flatten().collect()
    }
}

fn replicas(known: &Known, in_scope: impl Fn(&String) -> bool) -> BTreeMap<TopicPartition, Vec<i32>> {
    let topics = known.topics.iter().filter(|(topic, _)| in_scope(topic));
    topics
        .flat_map(|(topic, view)| {
            let of = |(number, view): (&i32, &crate::model::view::PartitionView)| {
                (TopicPartition::new(topic, *number), view.replicas.clone())
            };
            view.partitions.iter().map(of).collect::<Vec<_>>()
        })
        .collect()
}

fn spread_of(
    known: &Known,
    in_scope: impl Fn(&String) -> bool,
    without: &BTreeSet<i32>,
    targets: &BTreeSet<i32>,
    racks: &BTreeMap<i32, String>,
) -> Result<(Vec<Move>, Vec<String>), AdminError> {
    let partitions = replicas(known, in_scope);
    let down: BTreeSet<i32> = known.planned.difference(&known.live).copied().collect();
    let names =
        |ids: &BTreeSet<i32>| ids.iter().map(|id| format!("broker-{id}")).collect::<Vec<_>>().join(", ");
    let moves = spread(&partitions, targets, racks).map_err(|TooFewTargets { partition, factor }| {
        let what = format!(
            "{} has {}, and there are {} to hold them",
            partition,
            count(factor, "replica"),
            count(targets.len(), "broker")
        );
        let waiting: BTreeSet<i32> = down.difference(without).copied().collect();
        let remedy = match waiting.is_empty() {
            true => "each replica is on a broker of its own: leave this topic out, or have more brokers"
                .to_owned(),
            false => format!("start {} first", names(&waiting)),
        };
        AdminError::invalid(what, remedy)
    })?;
    let leaves = |id: &&i32| moves.iter().any(|one| one.before.contains(id));
    let left: BTreeSet<i32> = down.iter().filter(leaves).copied().collect();
    let warnings = match left.is_empty() {
        true => Vec::new(),
        false => vec![format!(
            "{} is down, and what it holds goes to the others; start it first to keep it there",
            names(&left)
        )],
    };
    Ok((moves, warnings))
}

/// A plan of one's own may change it, as with Kafka's tool; nobody should do so unawares.
fn factor_changes(moves: &[Move]) -> Vec<String> {
    let changed = moves.iter().filter(|one| one.before.len() != one.after.len());
    changed
        .map(|one| {
            let (before, after) = (one.before.len(), one.after.len());
            format!("{} gets another replication factor: {before} -> {after}", one.key())
        })
        .collect()
}

/// Without a leader there is nobody to copy from.
fn all_led(moves: &[Move], known: &Known) -> Result<(), AdminError> {
    let leader = |one: &Move| known.topics.get(&one.topic)?.partitions.get(&one.partition)?.leader;
    let Some(one) = moves.iter().find(|one| leader(one).is_none()) else { return Ok(()) };
    let down: Vec<String> =
        one.before.iter().filter(|id| !known.live.contains(id)).map(|id| format!("broker-{id}")).collect();
    Err(AdminError::invalid(
        format!("{} has no leader to copy from", one.key()),
        format!("start {} first", down.join(" or ")),
    ))
}

fn loads(known: &Known, moves: &[PlannedMove]) -> Vec<BrokerLoad> {
    let mut loads: BTreeMap<i32, BrokerLoad> = known
        .planned
        .iter()
        .map(|id| (*id, BrokerLoad { broker: *id, live: known.live.contains(id), ..BrokerLoad::default() }))
        .collect();
    let moved: BTreeMap<TopicPartition, &Vec<i32>> =
        moves.iter().map(|planned| (planned.one.key(), &planned.one.after)).collect();
    for (key, before) in &replicas(known, |_| true) {
        let after = moved.get(key).copied().unwrap_or(before);
        for id in before {
            let load = loads.entry(*id).or_insert(BrokerLoad { broker: *id, ..BrokerLoad::default() });
            load.replicas_before += 1;
            load.leaders_before += usize::from(before.first() == Some(id));
        }
        for id in after {
            let load = loads.entry(*id).or_insert(BrokerLoad { broker: *id, ..BrokerLoad::default() });
            load.replicas_after += 1;
            load.leaders_after += usize::from(after.first() == Some(id));
        }
    }
    loads.into_values().collect()
}

fn count(number: usize, noun: &str) -> String {
    crate::admin::check::count(number, noun)
}
