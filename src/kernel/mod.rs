//! The state machine: what to do next. No I/O, no clock, no async.

pub mod event;
