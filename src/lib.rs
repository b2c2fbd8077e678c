//! `cluster` runs a real Apache Kafka cluster on one machine, from one YAML file.
//!
//! Data flows one way: spec, plan, kernel, supervisor, api, engine, cli. docs/architecture.md is the map.

pub mod admin;
mod api;
mod bench;
pub mod cli;
mod client;
pub mod dist;
mod engine;
mod error;
mod host;
mod kernel;
pub mod model;
pub mod observe;
pub mod output;
pub mod paths;
pub mod plan;
pub mod process;
pub mod render;
pub mod spec;
mod supervisor;
#[cfg(test)]
mod testing;
mod units;
pub mod view;
pub mod wire;
mod zookeeper;
