//! Reading a topic: [`read`] until it is to end, [`group_member`] with what a group says.

mod group_member;
pub(crate) mod read;
