//! ZooKeeper: four-letter words and znodes.

pub(crate) mod four_letter;
pub(crate) mod moves;
pub(crate) mod znodes;
