//! The plan: a pure function of the spec and of facts about the host.
//!
//! [`plan()`] decides everything that `up` will write and start. Looking at the host comes before
//! it ([`ports::allocate`], `dist`), writing after it ([`crate::render::write`], [`crate::render::store::save`]).

mod broker;
mod build;
pub(crate) mod compare;
pub(crate) mod connection;
pub(crate) mod describe;
pub(crate) mod effective;
pub(crate) mod endpoints;
mod error;
mod facts;
#[cfg(test)]
pub(crate) mod fixture;
pub(crate) mod folder;
pub(crate) mod format;
pub(crate) mod jaas;
mod jvm;
pub(crate) mod keys;
pub(crate) mod kraft;
pub(crate) mod layers;
pub(crate) mod layout;
pub(crate) mod login;
pub(crate) mod members;
pub(crate) mod memory;
pub(crate) mod model;
pub(crate) mod ports;
pub(crate) mod properties;
#[cfg(test)]
pub(crate) mod samples;
pub(crate) mod security;
pub(crate) mod source;
pub(crate) mod templates;
#[cfg(test)]
mod tests;
pub(crate) mod topics;
pub(crate) mod unknown;
pub(crate) mod users;
pub(crate) mod version;
mod warnings;
mod zookeeper;

pub(crate) use build::plan;
pub(crate) use compare::{Difference, compare};
pub(crate) use describe::describe;
pub(crate) use effective::with_kafka_defaults;
pub(crate) use error::PlanError;
pub(crate) use facts::Facts;
pub use jvm::logging_flag;
pub(crate) use warnings::{of_spec as warnings_of_spec, unpack_at_home, without_native_code};
