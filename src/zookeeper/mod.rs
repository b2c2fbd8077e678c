//! ZooKeeper: four-letter words and znodes.

pub mod four_letter;
pub mod moves;
pub mod znodes;
