//! Everything about one operating-system process: spawn, identity, watch, signal, adoption, /proc.
//!
//! A process is named by its [`Identity`], never by its pid alone, and is only
//! ever signalled or watched through a pidfd whose identity has been proven.

pub(crate) mod adopt;
pub(crate) mod daemon;
pub(crate) mod error;
pub(crate) mod identity;
mod output;
mod pidfd;
pub(crate) mod session;
pub(crate) mod signal;
pub(crate) mod since_start;
pub(crate) mod spawn;
pub(crate) mod usage;
pub(crate) mod watch;

#[cfg(test)]
pub(crate) mod testing;

pub(crate) use error::ProcessError;
pub use identity::Identity;
