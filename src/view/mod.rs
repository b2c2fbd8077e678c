//! What Kafka says at one moment, and what follows from it: verdict, guards, what changed. Pure.

pub(crate) mod authorize;
pub(crate) mod balance;
pub(crate) mod causes;
pub(crate) mod changes;
pub(crate) mod concerns;
pub(crate) mod diagnosis;
pub(crate) mod explain;
pub(crate) mod guard;
pub(crate) mod last_words;
pub(crate) mod quorum;
pub(crate) mod refused;
pub(crate) mod settings;
pub(crate) mod strict;
pub(crate) mod target;
pub(crate) mod topics;
pub(crate) mod verdict;
pub(crate) mod why;

#[cfg(test)]
mod tests;
