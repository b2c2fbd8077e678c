//! The words that every floor shares: who there is, what is asked, what happened, what is so. Values alone: nothing
//! here looks at the world or decides.

pub mod acl;
pub mod action;
mod as_text;
pub mod asked;
pub mod cause;
pub mod event;
pub mod exit;
pub mod ids;
pub mod outcome;
pub(crate) mod partitions;
pub mod reason;
pub mod refusal;
#[cfg(test)]
pub(crate) mod samples;
pub mod sentence;
pub mod signal;
pub mod status;
pub mod step;
pub mod target;
pub mod topic_partition;
pub mod view;
