//! The fewest replica moves to an even spread. Pure.
//!
//! Racks first: a partition that lies in fewer racks than it can gets copies in others, and no step after that
//! takes a rack from a partition, see `Racks`.
//!
//! Then replicas: every target broker shall hold as many as every other, give or take one, or as near to that as
//! racks allow, with as few copies as that takes. That is a minimum-cost flow: a broker that holds too many hands
//! one on along the cheapest path to one that holds too few. Without racks every step costs one copy at the start,
//! so that a direct one is the cheapest; only where there is none (what is drained lies on every broker that lacks
//! some) the whole graph is searched, in which a copy that is planned already can be undone or given to another.
//! Where racks let none through, a broker shall hold more, and another less, which is the dearest of all steps.
//!
//! Then preferred leaders, which cost nothing: along the shortest path, through replicas as they lie then, from
//! the broker that leads most to one that leads at least two less. When there is no such path, no spread of
//! leaders over these replicas is more even.
//!
//! Of several that are equally cheap, the move is taken that evens out its topic most.

mod racks;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Move;
use crate::model::topic_partition::TopicPartition;
use racks::Racks;

/// A partition has more replicas than there are brokers to hold them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TooFewTargets {
    pub partition: TopicPartition,
    pub factor: usize,
}

/// Spreads these partitions (replicas by topic and number, the preferred leader first) over `targets`. All
/// that lies elsewhere is drained. An even spread needs no moves.
///
/// `racks`: of each broker that has one. When all targets have one, every partition ends up in as many racks as
/// it has replicas, or in all of the targets' racks.
pub(crate) fn spread(
    partitions: &BTreeMap<TopicPartition, Vec<i32>>,
    targets: &BTreeSet<i32>,
    racks: &BTreeMap<i32, String>,
) -> Result<Vec<Move>, TooFewTargets> {
    if let Some((key, replicas)) = partitions.iter().find(|(_, replicas)| replicas.len() > targets.len()) {
        return Err(TooFewTargets { partition: key.clone(), factor: replicas.len() });
    }
    let mut board = Board::new(partitions, targets, racks);
    board.part_racks();
    board.share_out();
    board.even_out_replicas();
    board.even_out_leaders();
    Ok(board.moves(partitions))
}

/// Brokers, topics and partitions by index.
struct Board {
    ids: Vec<i32>,
    is_target: Vec<bool>,
    racks: Racks,
    /// How many replicas each broker shall hold.
    quota: Vec<usize>,
    partitions: Vec<Partition>,
    /// The partitions of which a broker has a replica.
    held: Vec<BTreeSet<usize>>,
    /// The partitions whose preferred leader a broker is.
    led: Vec<BTreeSet<usize>>,
    /// Replicas and preferred leaders by topic and broker.
    held_of_topic: Vec<Vec<i32>>,
    led_of_topic: Vec<Vec<i32>>,
}

struct Partition {
    topic: usize,
    before: Vec<usize>,
    now: Vec<usize>,
}

/// How one replica too many gets from a broker to another.
#[derive(Clone, Copy)]
enum Step {
    /// This partition's replica goes there.
    Carry(usize),
    /// The other is the one that shall hold one replica less than so far, and this one holds one more.
    ShiftQuota,
}

/// What steps cost, the dearest first: by how much the sum of squares grows of what brokers shall hold (halved),
/// and copies. The number of steps settles the rest: a path of the fewest never needs the same place twice, so
/// that all of its steps can be taken.
type Cost = (i64, i32, i32);

fn plus(a: Cost, b: Cost) -> Cost {
    (a.0 + b.0, a.1 + b.1, a.2 + b.2)
}

impl Board {
    fn new(
        partitions: &BTreeMap<TopicPartition, Vec<i32>>,
        targets: &BTreeSet<i32>,
        racks: &BTreeMap<i32, String>,
    ) -> Self {
        let ids: BTreeSet<i32> = targets.iter().chain(partitions.values().flatten()).copied().collect();
        let ids: Vec<i32> = ids.into_iter().collect();
        let index: BTreeMap<i32, usize> = ids.iter().copied().zip(0..).collect();
        let topics: BTreeSet<&str> = partitions.keys().map(|key| key.topic.as_str()).collect();
        let topics: BTreeMap<&str, usize> = topics.into_iter().zip(0..).collect();
        let placed: Vec<Partition> = partitions
            .iter()
            .map(|(key, replicas)| {
                let before: Vec<usize> = replicas.iter().map(|id| index[id]).collect();
                Partition { topic: topics[key.topic.as_str()], now: before.clone(), before }
            })
            .collect();

        let mut board = Board {
            is_target: ids.iter().map(|id| targets.contains(id)).collect(),
            racks: Racks::new(&ids, targets, racks),
            quota: vec![0; ids.len()],
            held: vec![BTreeSet::new(); ids.len()],
            led: vec![BTreeSet::new(); ids.len()],
            held_of_topic: vec![vec![0; ids.len()]; topics.len()],
            led_of_topic: vec![vec![0; ids.len()]; topics.len()],
            partitions: placed,
            ids,
        };
        for (number, partition) in board.partitions.iter().enumerate() {
            for broker in &partition.before {
                board.held[*broker].insert(number);
                board.held_of_topic[partition.topic][*broker] += 1;
            }
            if let Some(leader) = partition.before.first() {
                board.led[*leader].insert(number);
                board.led_of_topic[partition.topic][*leader] += 1;
            }
        }
        board
    }

    /// Lets each partition lie in as many racks as it can, with one copy for each rack that it lacks: from those
    /// that are drained or hold most, to those that hold least.
    fn part_racks(&mut self) {
        for number in 0..self.partitions.len() {
            while let Some((from, to)) = self.racks.astray(&self.partitions[number].now) {
                let of_topic = &self.held_of_topic[self.partitions[number].topic];
                let holds = |broker: &usize| (self.held[*broker].len(), of_topic[*broker]);
                let from = from.into_iter().max_by_key(|from| (!self.is_target[*from], holds(from)));
                let to = to.into_iter().filter(|to| self.is_target[*to]).min_by_key(holds);
                let (Some(from), Some(to)) = (from, to) else { break };
                self.carry(number, from, to);
            }
        }
    }

    /// As many for each target, and the rest for those that hold most already.
    fn share_out(&mut self) {
        let mut targets: Vec<usize> = (0..self.ids.len()).filter(|broker| self.is_target[*broker]).collect();
        if targets.is_empty() {
            return;
        }
        targets.sort_by_key(|broker| (Reverse(self.held[*broker].len()), *broker));
        let replicas: usize = self.held.iter().map(BTreeSet::len).sum();
        let (share, rest) = (replicas / targets.len(), replicas % targets.len());
        for (place, broker) in targets.into_iter().enumerate() {
            self.quota[broker] = share + usize::from(place < rest);
        }
    }

    fn surplus(&self, broker: usize) -> usize {
        self.held[broker].len().saturating_sub(self.quota[broker])
    }

    fn lack(&self, broker: usize) -> usize {
        self.quota[broker].saturating_sub(self.held[broker].len())
    }

    fn even_out_replicas(&mut self) {
        // Of the copies that racks need, others may be as good.
        let mut may_be_free = true;
        loop {
            let mut over: Vec<usize> =
                (0..self.ids.len()).filter(|broker| self.surplus(*broker) > 0).collect();
            over.sort_by_key(|broker| (Reverse(self.surplus(*broker)), *broker));
            let under: Vec<usize> = (0..self.ids.len()).filter(|broker| self.lack(*broker) > 0).collect();
            let free = may_be_free.then(|| self.cheapest_path(&over, &under));
            let free = free.filter(|(cost, _)| (cost.0, cost.1) < (0, 1)).map(|(_, path)| path);
            may_be_free = free.is_some();
            let direct = || over.iter().find_map(|from| self.direct(*from, &under)).map(|step| vec![step]);
            let path = free.or_else(direct).unwrap_or_else(|| self.cheapest_path(&over, &under).1);
            if path.is_empty() {
                return;
            }
            for (from, to, step) in path {
                match step {
                    Step::Carry(partition) => self.carry(partition, from, to),
                    Step::ShiftQuota => {
                        self.quota[from] += 1;
                        self.quota[to] -= 1;
                    }
                }
            }
        }
    }

    /// The best partition to go from a broker that holds too many straight to one that holds too few, at
    /// the price of one copy.
    fn direct(&self, from: usize, under: &[usize]) -> Option<(usize, usize, Step)> {
        let pairs = self.held[from].iter().flat_map(|number| under.iter().map(move |to| (*number, *to)));
        pairs
            .filter(|(number, to)| {
                let partition = &self.partitions[*number];
                partition.before.contains(&from)
                    && !partition.before.contains(to)
                    && self.may_carry(*number, from, *to)
            })
            .max_by_key(|(number, to)| (self.merit(*number, from, *to), self.lack(*to), Reverse(*number)))
            .map(|(number, to)| (from, to, Step::Carry(number)))
    }

    /// How much a move evens out: replicas of the topic, then leaders, which go with the first replica.
    fn merit(&self, number: usize, from: usize, to: usize) -> (i32, i32) {
        let partition = &self.partitions[number];
        let of_topic = &self.held_of_topic[partition.topic];
        let leads = match partition.now.first() == Some(&from) {
            true if self.led[from].len() > self.led[to].len() => 1,
            true => -1,
            false => 0,
        };
        (of_topic[from] - of_topic[to], leads)
    }

    /// Bellman and Ford's search, from all that hold too many to the nearest that holds too few, and what it
    /// costs; empty when there is no way.
    fn cheapest_path(&self, over: &[usize], under: &[usize]) -> (Cost, Vec<(usize, usize, Step)>) {
        let count = self.ids.len();
        let mut edges = Vec::new();
        // Without either there is nothing to find.
        let ends = !over.is_empty() && !under.is_empty();
        for from in (0..count).filter(|_| ends) {
            for to in (0..count).filter(|to| *to != from && self.is_target[*to]) {
                edges.extend(self.edge(from, to).map(|(cost, step)| (from, to, cost, step)));
            }
        }
        let mut costs: Vec<Option<Cost>> = vec![None; count];
        let mut came: Vec<Option<(usize, Step)>> = vec![None; count];
        for broker in over {
            costs[*broker] = Some((0, 0, 0));
        }
        for _ in 0..count {
            for (from, to, cost, step) in &edges {
                let Some(so_far) = costs[*from] else { continue };
                let cost = plus(so_far, *cost);
                if costs[*to].is_none_or(|known| cost < known) {
                    costs[*to] = Some(cost);
                    came[*to] = Some((*from, *step));
                }
            }
        }
        let nearest = under.iter().filter_map(|broker| Some((costs[*broker]?, *broker))).min();
        let Some((cost, mut at)) = nearest else { return ((0, 0, 0), Vec::new()) };
        let mut path = Vec::new();
        // No step is taken twice: there are no cycles of negative cost, as every path so far was cheapest.
        while let Some((from, step)) = came[at].filter(|_| path.len() < count) {
            path.push((from, at, step));
            at = from;
        }
        path.reverse();
        (cost, path)
    }

    /// The cheapest step from one broker to another: copies that it adds to the plan, or takes out of it.
    fn edge(&self, from: usize, to: usize) -> Option<(Cost, Step)> {
        let carried = self.held[from].iter().filter(|number| self.may_carry(**number, from, to));
        let best = carried
            .min_by_key(|number| (self.cost(**number, from, to), Reverse(self.merit(**number, from, to))));
        let carry = best.map(|number| ((0, self.cost(*number, from, to), 1), Step::Carry(*number)));
        let may_shift = self.is_target[from] && self.quota[to] > 0;
        let shift = may_shift.then(|| {
            let uneven = self.quota[from] as i64 + 1 - self.quota[to] as i64;
            ((uneven, 0, 1), Step::ShiftQuota)
        });
        [carry, shift].into_iter().flatten().min_by_key(|(cost, _)| *cost)
    }

    fn may_carry(&self, number: usize, from: usize, to: usize) -> bool {
        let now = &self.partitions[number].now;
        !now.contains(&to) && self.racks.allow(now, from, to)
    }

    fn cost(&self, number: usize, from: usize, to: usize) -> i32 {
        let before = &self.partitions[number].before;
        i32::from(!before.contains(&to)) - i32::from(!before.contains(&from))
    }

    fn carry(&mut self, number: usize, from: usize, to: usize) {
        let partition = &mut self.partitions[number];
        let Some(place) = partition.now.iter().position(|broker| *broker == from) else { return };
        partition.now[place] = to;
        self.held[from].remove(&number);
        self.held[to].insert(number);
        self.held_of_topic[partition.topic][from] -= 1;
        self.held_of_topic[partition.topic][to] += 1;
        if place == 0 {
            self.note_leader(number, from, to);
        }
    }

    fn note_leader(&mut self, number: usize, from: usize, to: usize) {
        let topic = self.partitions[number].topic;
        self.led[from].remove(&number);
        self.led[to].insert(number);
        self.led_of_topic[topic][from] -= 1;
        self.led_of_topic[topic][to] += 1;
    }

    fn even_out_leaders(&mut self) {
        loop {
            let mut brokers: Vec<usize> = (0..self.ids.len()).collect();
            brokers.sort_by_key(|broker| (Reverse(self.led[*broker].len()), *broker));
            let Some(path) = brokers.into_iter().find_map(|broker| self.relief(broker)) else { return };
            for (from, to, number) in path {
                self.lead(number, from, to);
            }
        }
    }

    /// The shortest path from a broker to one that leads at least two less, each step a partition whose lead the
    /// one hands to the other.
    fn relief(&self, start: usize) -> Option<Vec<(usize, usize, usize)>> {
        let mut came: Vec<Option<(usize, usize)>> = vec![None; self.ids.len()];
        let mut queue = VecDeque::from([start]);
        while let Some(from) = queue.pop_front() {
            if self.led[from].len() + 2 <= self.led[start].len() {
                let (mut at, mut path) = (from, Vec::new());
                while let Some((from, number)) = came[at] {
                    path.push((from, at, number));
                    at = from;
                }
                path.reverse();
                return Some(path);
            }
            let mut to: Vec<usize> =
                (0..self.ids.len()).filter(|to| *to != start && came[*to].is_none()).collect();
            to.sort_by_key(|to| self.led[*to].len());
            for to in to {
                let lead = self.led[from].iter().filter(|number| self.partitions[**number].now.contains(&to));
                let best = lead.max_by_key(|number| {
                    let partition = &self.partitions[**number];
                    let of_topic = &self.led_of_topic[partition.topic];
                    (of_topic[from] - of_topic[to], partition.before.first() == Some(&to), Reverse(**number))
                });
                if let Some(number) = best {
                    came[to] = Some((from, *number));
                    queue.push_back(to);
                }
            }
        }
        None
    }

    /// The new leader goes to the front; the others keep their order.
    fn lead(&mut self, number: usize, from: usize, to: usize) {
        let now = &mut self.partitions[number].now;
        if let Some(place) = now.iter().position(|broker| *broker == to) {
            now[..=place].rotate_right(1);
            self.note_leader(number, from, to);
        }
    }

    fn moves(self, partitions: &BTreeMap<TopicPartition, Vec<i32>>) -> Vec<Move> {
        let changed =
            partitions.iter().zip(&self.partitions).filter(|(_, placed)| placed.now != placed.before);
        changed
            .map(|((key, before), placed)| Move {
                topic: key.topic.clone(),
                partition: key.partition,
                before: before.clone(),
                after: placed.now.iter().map(|broker| self.ids[*broker]).collect(),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
