//! The plan on disk: itself with its spec, the nodes' files, the formatted data folders of KRaft nodes.

mod files;
mod storage;
pub(crate) mod store;

pub(crate) use files::{keys, passwords_take_a_restart, write, write_node, write_to};
pub use storage::format as format_storage;
