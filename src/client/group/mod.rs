//! A member of a consumer group, of the kind that Kafka has had since 0.9 ("classic").
//!
//! [`machine`] decides, without I/O and clock; [`assign`] shares partitions out; [`member`] is the thin
//! shell that talks to the coordinator, on a thread of its own, so that heartbeats go on while the
//! application is busy. What an application sees is in [`event`].

pub mod assign;
pub mod event;
pub mod machine;
pub mod member;
pub mod request;

#[cfg(test)]
mod simulation;

pub use event::{Event, Offsets, Settings};
pub use member::Member;
