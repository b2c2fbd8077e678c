//! ZooKeeper: four-letter words, a session and the znodes that are read and written over it.

pub(crate) mod four_letter;
pub(crate) mod moves;
pub(crate) mod session;
pub(crate) mod znodes;
