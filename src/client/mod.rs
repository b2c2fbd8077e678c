//! Clients of our own: what `consume` and the like are made of.

pub mod group;
