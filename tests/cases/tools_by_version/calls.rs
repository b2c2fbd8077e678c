//! A call: what is run, and what Kafka of which version says to it.

use cluster::inside::{Coordination, at_least};

use super::{admin, others};

/// The forms of each call, in the order in which calls are run: some make what others tell of.
pub(super) fn each() -> impl Iterator<Item = &'static [Call]> {
    let lists = [admin::CALLS, others::CALLS].into_iter();
    lists.flat_map(|calls| calls.chunk_by(|one, next| one.what == next.what))
}

/// A call of a tool as it is in some versions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    /// Those of one name are the forms of one call; where there is none, the version has no such tool.
    pub what: &'static str,
    /// The tool and its arguments; `{NAME}` is an argument that only the cluster knows.
    pub line: &'static str,
    /// Standard input.
    pub fed: &'static str,
    /// What standard output and error have, whatever its case.
    pub says: &'static [&'static str],
    /// The exit code, Kafka's own.
    pub code: i32,
    /// It does not end: SIGKILL ends it, once it has said all that.
    pub is_endless: bool,
    /// Asked again until it says all that: what it tells of takes its time, or it fails at times.
    pub is_late: bool,
    since: &'static [u32],
    before: &'static [u32],
    only: Option<Coordination>,
}

impl Call {
    /// Whether this is the call for a version, with such a cluster.
    pub(super) fn is_of(&self, version: &str, coordination: Coordination) -> bool {
        let (since, before) = (at_least(version, self.since), at_least(version, self.before));
        since && !before && self.only.is_none_or(|only| only == coordination)
    }

    /// What stands in its place where there is none.
    pub(super) fn tool(&self) -> &'static str {
        self.line.split_whitespace().next().unwrap()
    }

    pub(super) const fn since(self, since: &'static [u32]) -> Self {
        Call { since, ..self }
    }

    pub(super) const fn before(self, before: &'static [u32]) -> Self {
        Call { before, ..self }
    }

    pub(super) const fn zookeeper(self) -> Self {
        Call { only: Some(Coordination::ZooKeeper), ..self }
    }

    pub(super) const fn kraft(self) -> Self {
        Call { only: Some(Coordination::Kraft), ..self }
    }

    pub(super) const fn fed(self, fed: &'static str) -> Self {
        Call { fed, ..self }
    }

    pub(super) const fn exits(self, code: i32) -> Self {
        Call { code, ..self }
    }

    pub(super) const fn endless(self) -> Self {
        // 128 + SIGKILL. Some tools wait for themselves at Ctrl-C.
        Call { is_endless: true, code: 137, ..self }
    }

    pub(super) const fn late(self) -> Self {
        Call { is_late: true, ..self }
    }
}

/// In every version, and ending well.
pub(super) const fn call(what: &'static str, line: &'static str, says: &'static [&'static str]) -> Call {
    let (fed, code, is_endless, is_late) = ("", 0, false, false);
    Call { what, line, fed, says, code, is_endless, is_late, since: &[], before: &[u32::MAX], only: None }
}
