//! A member of a consumer group, of the kind that Kafka has had since 0.9 ("classic").
//!
//! [`machine`] decides, without I/O and clock; [`assign`] shares partitions out; [`member`] is the thin
//! shell that talks to the coordinator, on a thread of its own, so that heartbeats go on while the
//! application is busy. What an application sees is in [`event`].

pub(crate) mod assign;
pub(crate) mod event;
pub(crate) mod machine;
pub(crate) mod member;
pub(crate) mod request;

#[cfg(test)]
mod simulation;

pub(crate) use event::{Event, Offsets, Settings};
pub(crate) use member::Member;
