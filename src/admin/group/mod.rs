//! What an operator does to consumer groups: `group list`, `describe`, `reset`, `delete`.

mod delete;
mod describe;
mod find;
mod list;
mod reset;
mod target;

pub use crate::wire::groups::GroupType;
pub use delete::DeletedGroups;
pub use describe::{GroupDescription, GroupsDescription, MemberDescription, OffsetDescription};
pub use list::{GroupList, ListedGroup};
pub use reset::ResetPlan;
pub use target::{Move, Reset, Selection, Target};

#[cfg(test)]
mod types_tests;
