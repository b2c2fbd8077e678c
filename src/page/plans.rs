//! Plans that were shown, to be carried out as they were shown.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::paths::ClusterDir;

/// How many plans wait to be carried out.
const KEPT: usize = 16;

/// Each under a number that nobody guesses, until newer ones take their place.
#[derive(Clone, Debug)]
pub(super) struct Plans<T>(Arc<Mutex<VecDeque<(u64, ClusterDir, T)>>>);

impl<T> Default for Plans<T> {
    fn default() -> Self {
        Plans(Arc::default())
    }
}

impl<T: Clone> Plans<T> {
    pub(super) fn keep(&self, dir: &ClusterDir, plan: T) -> Result<u64, String> {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).map_err(|error| format!("the system has no random numbers: {error}"))?;
        let number = u64::from_ne_bytes(bytes);
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        plans.push_back((number, dir.clone(), plan));
        if plans.len() > KEPT {
            plans.pop_front();
        }
        Ok(number)
    }

    pub(super) fn find(&self, number: u64, dir: &ClusterDir) -> Option<T> {
        let plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = plans.iter().find(|(kept, of, _)| *kept == number && of.path() == dir.path());
        found.map(|(_, _, plan)| plan.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_carried_out_as_it_was_shown_in_its_own_cluster_alone() {
        let (here, there) = (ClusterDir("/here".into()), ClusterDir("/there".into()));
        let plans = Plans::default();
        let number = plans.keep(&here, "riders").unwrap();
        assert_eq!(plans.find(number, &here), Some("riders"));
        assert_eq!(plans.find(number, &there), None);
        assert_eq!(plans.find(number ^ 1, &here), None);
        for _ in 0..KEPT {
            plans.keep(&here, "others").unwrap();
        }
        assert_eq!(plans.find(number, &here), None, "newer ones took its place");
    }
}
