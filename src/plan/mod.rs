//! The plan: a pure function of the spec and of facts about the host.

pub mod model;
