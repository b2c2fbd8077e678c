//! What commands need of the rest of the program, as traits, and how the program does it: tests of commands put
//! their own in its place.

mod admin;
mod data;
mod folders;
mod nodes;

pub use admin::AdminOps;
pub use data::DataOps;
pub use folders::FolderOps;
pub use nodes::NodeOps;

/// All of it.
pub trait Engine: NodeOps + FolderOps + AdminOps + DataOps {}

impl<T: NodeOps + FolderOps + AdminOps + DataOps> Engine for T {}

/// The engine of the program itself.
pub struct Live;
