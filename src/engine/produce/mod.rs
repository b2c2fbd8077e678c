//! Lines of standard input as messages: [`lines`] and [`json`] read them, [`feed`] sends them.

mod blocks;
pub(crate) mod feed;
mod json;
pub(crate) mod lines;
