//! What an operator does to consumer groups: `group list`, `describe`, `reset`, `delete`.

mod delete;
mod describe;
mod description;
mod find;
pub(crate) mod list;
mod reset;
pub(crate) mod target;

pub(crate) use crate::wire::groups::GroupType;
pub(crate) use delete::DeletedGroups;
pub(crate) use description::{GroupDescription, GroupsDescription, MemberDescription, OffsetDescription};
pub(crate) use list::GroupList;
pub(crate) use reset::ResetPlan;
pub(crate) use target::{Reset, ResetTo, Selection};

#[cfg(test)]
mod types_tests;
