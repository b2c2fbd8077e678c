//! Everything about one operating-system process: spawn, identity, watch, signal, adoption, /proc.
//!
//! A process is named by its [`Identity`], never by its pid alone, and is only
//! ever signalled or watched through a pidfd whose identity has been proven.

pub mod adopt;
pub mod daemon;
pub mod error;
pub mod identity;
mod output;
mod pidfd;
pub mod session;
pub mod signal;
pub mod since_start;
pub mod spawn;
pub mod usage;
pub mod watch;

#[cfg(test)]
pub(crate) mod testing;

pub use error::ProcessError;
pub use identity::Identity;
