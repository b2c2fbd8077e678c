//! What commands need of the rest of the program, as traits, and how the program does it: tests of commands put
//! their own in its place.

mod access;
mod admin;
mod data;
mod folders;
mod nodes;

pub(crate) use access::AccessOps;
pub(crate) use admin::AdminOps;
pub(crate) use data::DataOps;
pub(crate) use folders::FolderOps;
pub(crate) use nodes::NodeOps;

/// All of it.
pub(crate) trait Engine: NodeOps + FolderOps + AdminOps + AccessOps + DataOps {}

impl<T: NodeOps + FolderOps + AdminOps + AccessOps + DataOps> Engine for T {}

/// The engine of the program itself.
pub(crate) struct Live;
