//! The plan: a pure function of the spec and of facts about the host.
//!
//! [`plan()`] decides everything that `up` will write and start. Looking at the host comes before
//! it ([`ports::allocate`], `dist`), writing after it ([`crate::render::write`], [`crate::render::store::save`]).

mod broker;
mod build;
pub mod compare;
pub mod connection;
pub mod describe;
pub mod effective;
pub mod endpoints;
mod error;
mod facts;
#[cfg(test)]
pub mod fixture;
mod folder;
pub mod format;
mod jvm;
pub mod kraft;
pub mod layers;
pub mod layout;
pub mod members;
pub mod memory;
pub mod model;
pub mod ports;
pub mod properties;
#[cfg(test)]
pub(crate) mod samples;
pub mod source;
pub mod templates;
#[cfg(test)]
mod tests;
pub mod topics;
pub mod unknown;
pub mod version;
mod warnings;
mod zookeeper;

pub use build::plan;
pub use compare::{Difference, compare};
pub use describe::describe;
pub use effective::with_kafka_defaults;
pub use error::PlanError;
pub use facts::Facts;
pub use jvm::{file_url, logging_flag};
pub use templates::Templates;
pub use warnings::of_spec as warnings_of_spec;
