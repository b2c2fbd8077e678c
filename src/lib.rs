//! `cluster` runs a real Apache Kafka cluster on one machine, from one YAML file.
//!
//! Data flows one way: spec, plan, kernel, supervisor, api, engine, cli. docs/architecture.md is the map.

pub mod admin;
pub mod api;
pub mod bench;
pub mod cli;
pub mod client;
pub mod dist;
mod engine;
pub mod error;
pub mod host;
pub mod kernel;
pub mod model;
pub mod observe;
pub mod output;
pub mod paths;
pub mod plan;
pub mod process;
pub mod render;
pub mod spec;
pub mod supervisor;
pub mod units;
pub mod view;
pub mod wire;
pub mod zookeeper;
