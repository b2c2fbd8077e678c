//! Settings of one config file, laid over each other: a later layer wins, and each keeps its origin.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::model::ids::Role;
use crate::plan::model::{Origin, Setting};
use crate::spec::owned;

/// The headings of a config file, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    Identity,
    Data,
    Ensemble,
    Quorum,
    Security,
    Replication,
    Topics,
    Timing,
    Resources,
    Spec,
}

impl Group {
    fn title(self) -> &'static str {
        match self {
            Group::Identity => "Who this node is",
            Group::Data => "Where its data lies",
            Group::Ensemble => "ZooKeeper",
            Group::Quorum => "Controllers",
            Group::Security => "Security",
            Group::Replication => "Replication",
            Group::Topics => "Topics",
            Group::Timing => "Timing",
            Group::Resources => "Threads and memory",
            Group::Spec => "From the spec",
        }
    }
}

/// A heading of the file and its settings.
#[derive(Debug)]
pub(crate) struct Heading {
    pub title: &'static str,
    pub settings: Vec<Setting>,
}

/// The layers of one file, already laid over each other.
#[derive(Debug, Default)]
pub(crate) struct Layers {
    entries: IndexMap<String, (Group, Setting)>,
}

impl Layers {
    /// A setting of the profile.
    pub(crate) fn profile(&mut self, group: Group, key: &str, value: impl ToString, reason: &str) {
        self.put(group, key, value.to_string(), Origin::Profile, None, Some(reason));
    }

    /// The user's settings, as `role` has them in the spec. Keys that the planner owns are left out: the
    /// check of the spec has refused them.
    pub(crate) fn config(&mut self, origin: Origin, role: Role, config: &BTreeMap<String, String>) {
        for (key, value) in config.iter().filter(|(key, _)| owned::instead(role, key).is_none()) {
            self.put(Group::Spec, key, value.clone(), origin, Some(role), None);
        }
    }

    /// A setting that the planner owns.
    pub(crate) fn planner(&mut self, group: Group, key: &str, value: impl ToString, reason: &str) {
        self.put(group, key, value.to_string(), Origin::Planner, None, Some(reason));
    }

    /// A setting stays under the heading of its lowest layer, so that files of two clusters can be
    /// read side by side.
    fn put(
        &mut self,
        group: Group,
        key: &str,
        value: String,
        origin: Origin,
        role: Option<Role>,
        reason: Option<&str>,
    ) {
        let reason = reason.map(str::to_owned);
        let setting = Setting { key: key.to_owned(), value, origin, role, reason, kafka_default: None };
        match self.entries.get_mut(key) {
            Some((_, existing)) => *existing = setting,
            None => {
                self.entries.insert(key.to_owned(), (group, setting));
            }
        }
    }

    /// The settings under their headings, in the order of the file: under each, the planner's first.
    pub(crate) fn headings(&self) -> Vec<Heading> {
        let mut headings: BTreeMap<Group, Vec<Setting>> = BTreeMap::new();
        for (group, setting) in self.entries.values() {
            headings.entry(*group).or_default().push(setting.clone());
        }
        let heading = |(group, mut settings): (Group, Vec<Setting>)| {
            settings.sort_by_key(|setting| setting.origin != Origin::Planner);
            Heading { title: group.title(), settings }
        };
        headings.into_iter().map(heading).collect()
    }
}
