//! What a process uses: memory and cpu time, and how old it is.

use std::fs;
use std::path::Path;

use super::ProcessError;
use super::identity::Identity;
use crate::host::HostError;
use crate::host::procfs::{Stat, State, stat};

/// What a process uses now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    pub state: State,
    /// Resident memory in bytes.
    pub resident_bytes: u64,
    /// User and system cpu time since its start, in ms.
    pub cpu_ms: u64,
}

/// What `identity` uses now; `None` when it is gone (a recycled pid included).
pub fn usage(identity: &Identity) -> Result<Option<Usage>, ProcessError> {
    Ok(live(identity)?.map(|stat| Usage {
        state: stat.state,
        resident_bytes: stat.resident_pages * rustix::param::page_size() as u64,
        cpu_ms: stat.cpu_ticks * tick_ms(),
    }))
}

/// Since its start, in ms; as exact as the kernel's clock tick (10 ms). `None` when it is gone.
pub(crate) fn age_ms(identity: &Identity) -> Result<Option<u64>, ProcessError> {
    let Some(stat) = live(identity)? else { return Ok(None) };
    Ok(Some(since_boot_ms()?.saturating_sub(stat.start_ticks * tick_ms())))
}

fn live(identity: &Identity) -> Result<Option<Stat>, ProcessError> {
    let stat = stat(identity.pid)?;
    Ok(stat.filter(|stat| !stat.state.is_dead() && identity.started_at(stat)))
}

fn tick_ms() -> u64 {
    1000 / rustix::param::clock_ticks_per_second().max(1)
}

/// Time since boot, on the clock that start times are measured by.
fn since_boot_ms() -> Result<u64, ProcessError> {
    let path = Path::new("/proc/uptime");
    let text = fs::read_to_string(path).map_err(|error| HostError::io("read", path, error))?;
    let seconds = text.split_ascii_whitespace().next().and_then(|field| field.parse::<f64>().ok());
    let unknown = HostError::Proc { path: path.to_owned() };
    Ok(seconds.map(|seconds| (seconds * 1000.0) as u64).ok_or(unknown)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::signal::Signal;
    use crate::process::signal;
    use crate::process::testing::Node;
    use crate::testing::until;

    #[test]
    fn a_live_process_uses_memory_and_a_paused_one_is_seen_as_paused() {
        let node = Node::sleeping();
        let running = node.spawn();
        let identity = &running.identity;
        until("memory is told", || usage(identity).unwrap().is_some_and(|usage| usage.resident_bytes > 0));
        assert!(!usage(identity).unwrap().unwrap().state.is_paused());
        signal::signal(identity, Signal::STOP).unwrap();
        until("the pause is seen", || usage(identity).unwrap().unwrap().state.is_paused());
    }

    #[test]
    fn the_age_is_counted_from_the_start_of_the_process() {
        let own = Identity::of(std::process::id()).unwrap().unwrap();
        let age = age_ms(&own).unwrap().unwrap();
        assert!(age < since_boot_ms().unwrap(), "younger than the machine");
        until("it grows", || age_ms(&own).unwrap().unwrap() > age);
    }

    #[test]
    fn a_recycled_pid_has_no_usage() {
        let mut own = Identity::of(std::process::id()).unwrap().unwrap();
        own.start_ticks += 1;
        assert_eq!(usage(&own).unwrap(), None);
        assert_eq!(age_ms(&own).unwrap(), None);
    }
}
