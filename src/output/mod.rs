//! What people and scripts see: tables, progress, diagnostics, JSON.
//!
//! Results go to standard output, talk and progress to standard error ([`screen::Screen`]). The
//! other modules turn values into text and know of no stream.

pub mod bench;
pub mod cache;
pub mod cluster;
pub mod config;
pub mod doctor;
pub mod events;
pub mod explain;
pub mod fetch;
pub mod foreign;
pub mod groups;
#[cfg(test)]
mod hostile_tests;
pub mod ladder;
pub mod members;
pub mod move_bar;
pub mod moves;
pub mod outcome;
pub mod partitions;
pub mod produce;
pub mod progress;
pub mod quorum;
pub mod screen;
pub mod shell;
pub mod status;
pub mod strict;
pub mod style;
pub mod table;
pub mod topics;
pub mod why;
