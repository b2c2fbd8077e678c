//! How much memory the machine has.

use std::fs;

/// The machine's memory, in bytes (/proc/meminfo).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    /// `MemTotal`.
    pub total: u64,
    /// `MemAvailable`: what can be had without swapping.
    pub available: u64,
}

impl Memory {
    /// `None` where /proc does not tell.
    pub(crate) fn of_machine() -> Option<Self> {
        let text = fs::read_to_string("/proc/meminfo").ok()?;
        let bytes = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
            Some(kib * 1024)
        };
        Some(Memory { total: bytes("MemTotal:")?, available: bytes("MemAvailable:")? })
    }
}
