//! The spec: what the user wants, read from YAML and checked before anything starts.

pub mod model;
pub mod versions;
