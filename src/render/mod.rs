//! Templates to text, and files to disk.

pub mod files;
pub mod properties;
mod storage;
mod templates;

pub use files::{RenderError, write, write_node, write_to};
pub use storage::{StorageError, format as format_storage};
pub use templates::{Context, TemplateError, Templates};
