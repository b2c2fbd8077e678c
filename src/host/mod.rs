//! This machine: files that are replaced whole, locks, /proc, and which ports are free or promised to whom.

pub mod claims;
mod error;
pub mod files;
pub mod leases;
pub mod lock;
pub mod port_holder;
pub mod ports;
pub mod procfs;

pub use error::HostError;
