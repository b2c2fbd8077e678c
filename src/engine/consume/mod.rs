//! Reading a topic: [`read`] until it is to end, [`group_member`] with what a group says;
//! [`browse`] a page of it.

pub(crate) mod browse;
mod group_member;
pub(crate) mod read;
pub(crate) mod shelf;
