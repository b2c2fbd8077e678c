//! The plan on disk: itself with its spec, the nodes' files, the formatted data folders of KRaft nodes.

mod files;
mod storage;
pub mod store;

pub use files::{write, write_node, write_to};
pub use storage::{StorageError, format as format_storage};
