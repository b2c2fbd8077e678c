//! ZooKeeper: four-letter words and znodes.
