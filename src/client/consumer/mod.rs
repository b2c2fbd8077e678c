//! Consuming: the records of some partitions of one topic, each in order, through brokers that die and
//! come back.
//!
//! [`core`](self) is pure: positions and leaders, told what happened and at what moment; it says what to
//! fetch next. [`Consumer`] does it. One request is under way per broker; its answer is handed out, batch by
//! batch, before the next one goes out, so that memory stays bounded whoever is slow.

mod core;
mod error;
mod locate;
mod meaning;
mod open;
mod search;
mod shell;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use error::ConsumeError;
pub(crate) use locate::{Located, Start};
pub(crate) use search::{Found, PATIENCE, Search};
pub(crate) use shell::{Consumer, Event};
