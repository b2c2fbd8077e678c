//! What Kafka says at one moment, and what follows from it: verdict, guards, what changed. Pure.

pub mod balance;
pub mod changes;
pub mod guard;
pub mod model;
pub mod verdict;

#[cfg(test)]
mod tests;
