//! What Kafka says at one moment, and what follows from it: verdict, guards, what changed. Pure.

pub mod balance;
pub mod causes;
pub mod changes;
pub mod explain;
pub mod guard;
pub mod last_words;
pub mod quorum;
pub mod settings;
pub mod strict;
pub mod target;
pub mod topics;
pub mod verdict;
pub mod why;

#[cfg(test)]
mod tests;
