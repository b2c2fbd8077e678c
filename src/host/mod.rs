//! This machine: files that are replaced whole and whose they are, how folders are mounted, locks, /proc, and which ports
//! are free or promised to whom.

pub(crate) mod cgroup;
pub(crate) mod claims;
mod error;
pub(crate) mod files;
pub(crate) mod leases;
pub(crate) mod lock;
pub(crate) mod memory;
pub(crate) mod mount;
pub(crate) mod owner;
pub(crate) mod port_holder;
pub(crate) mod ports;
pub(crate) mod procfs;

pub(crate) use error::HostError;
