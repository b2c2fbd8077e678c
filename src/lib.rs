//! `cluster` runs a real Apache Kafka cluster on one machine, from one YAML file.
//!
//! Data flows one way: spec, plan, kernel, supervisor, api, engine, cli and page. docs/architecture.md is the map.

mod admin;
mod api;
mod bench;
pub mod cli;
mod client;
mod dist;
mod engine;
mod error;
mod host;
pub mod inside;
mod kernel;
pub mod model;
mod observe;
mod output;
mod page;
mod paths;
mod pki;
mod plan;
mod process;
mod render;
mod spec;
mod supervisor;
#[cfg(test)]
mod testing;
mod units;
mod view;
mod wire;
mod zookeeper;
