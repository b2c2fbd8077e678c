//! What people and scripts see: tables, progress, diagnostics, JSON.
//!
//! Results go to standard output, talk and progress to standard error ([`screen::Screen`]). The
//! other modules turn values into text and know of no stream.

pub(crate) mod access;
pub(crate) mod alike;
pub(crate) mod bench;
pub(crate) mod cache;
pub(crate) mod certs;
pub(crate) mod cluster;
pub(crate) mod config;
pub(crate) mod diagnosis;
pub(crate) mod doctor;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod fetch;
pub(crate) mod foreign;
pub(crate) mod groups;
#[cfg(test)]
mod hostile_tests;
pub(crate) mod keys;
pub(crate) mod ladder;
pub(crate) mod log_lines;
pub(crate) mod members;
pub(crate) mod move_bar;
pub(crate) mod moves;
pub(crate) mod outcome;
pub(crate) mod partitions;
pub(crate) mod problem;
pub(crate) mod produce;
pub(crate) mod progress;
pub(crate) mod quorum;
pub(crate) mod rows;
pub(crate) mod screen;
pub(crate) mod shell;
pub(crate) mod status;
pub(crate) mod strict;
pub(crate) mod style;
pub(crate) mod table;
pub(crate) mod topics;
pub(crate) mod why;
pub(crate) mod width;
