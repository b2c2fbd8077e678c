//! In how many racks (`broker.rack`, KIP-36) a partition's replicas lie: in as many as they can.

use std::collections::{BTreeMap, BTreeSet};

/// The racks of brokers, all by index.
pub(super) struct Racks {
    /// By broker; `None`: it has none.
    of: Vec<Option<usize>>,
    /// By rack: a target is in it.
    is_open: Vec<bool>,
    /// How many of them a partition can lie in; below two there is nothing to keep.
    open: usize,
}

impl Racks {
    /// As Kafka places replicas: with regard to racks when all who may hold some have one
    /// (`AdminUtils.getBrokerMetadatas`), else without.
    pub(super) fn new(ids: &[i32], targets: &BTreeSet<i32>, racks: &BTreeMap<i32, String>) -> Self {
        if !targets.iter().all(|id| racks.contains_key(id)) {
            return Racks { of: vec![None; ids.len()], is_open: Vec::new(), open: 0 };
        }
        let names: BTreeSet<&String> = racks.values().collect();
        let index: BTreeMap<&String, usize> = names.into_iter().zip(0..).collect();
        let mut is_open = vec![false; index.len()];
        for rack in targets.iter().filter_map(|id| racks.get(id)) {
            is_open[index[rack]] = true;
        }
        Racks {
            of: ids.iter().map(|id| racks.get(id).map(|rack| index[rack])).collect(),
            open: is_open.iter().filter(|open| **open).count(),
            is_open,
        }
    }

    fn matter(&self) -> bool {
        self.open > 1
    }

    fn held(&self, replicas: &[usize], rack: usize) -> usize {
        replicas.iter().filter(|broker| self.of[**broker] == Some(rack)).count()
    }

    /// A replica must stay in each rack where there are racks enough for no two replicas to be apart otherwise.
    fn least(&self, rack: usize, factor: usize) -> usize {
        usize::from(self.is_open[rack] && factor >= self.open)
    }

    /// And none may have two where there is a rack for each.
    fn most(&self, factor: usize) -> usize {
        if factor <= self.open { 1 } else { factor }
    }

    /// Whether a replica may go from one broker to another: into the same rack, or so that the number of racks
    /// does not fall below what it can be.
    pub(super) fn allow(&self, replicas: &[usize], from: usize, to: usize) -> bool {
        !self.matter()
            || self.of[from] == self.of[to]
            || self.may_leave(replicas, from) && self.may_enter(replicas, to)
    }

    fn may_leave(&self, replicas: &[usize], from: usize) -> bool {
        self.of[from].is_none_or(|rack| self.held(replicas, rack) > self.least(rack, replicas.len()))
    }

    fn may_enter(&self, replicas: &[usize], to: usize) -> bool {
        self.of[to].is_some_and(|rack| self.held(replicas, rack) < self.most(replicas.len()))
    }

    /// A partition that lies in fewer racks than it can: the brokers of which one must hand its replica on, and
    /// those of which one must get it. `None`: it lies in as many as it can.
    pub(super) fn astray(&self, replicas: &[usize]) -> Option<(Vec<usize>, Vec<usize>)> {
        if !self.matter() {
            return None;
        }
        let factor = replicas.len();
        let is_crowded = |rack: usize| self.held(replicas, rack) > self.most(factor);
        let is_missed = |rack: usize| self.held(replicas, rack) < self.least(rack, factor);
        let from = |leaves: &dyn Fn(usize) -> bool| -> Vec<usize> {
            replicas.iter().copied().filter(|broker| leaves(*broker)).collect()
        };
        let to = |enters: &dyn Fn(usize) -> bool| -> Vec<usize> {
            (0..self.of.len()).filter(|broker| enters(*broker)).collect()
        };
        let crowded = from(&|broker| self.of[broker].is_some_and(is_crowded));
        let missed = to(&|broker| self.of[broker].is_some_and(is_missed));
        match (crowded.is_empty(), missed.is_empty()) {
            (true, true) => None,
            (false, false) => Some((crowded, missed)),
            (false, true) => Some((crowded, to(&|broker| self.may_enter(replicas, broker)))),
            (true, false) => Some((from(&|broker| self.may_leave(replicas, broker)), missed)),
        }
    }
}
