//! Lines of standard input as messages: [`lines`] and [`json`] read them, [`feed`] sends them.

mod blocks;
pub mod feed;
mod json;
pub mod lines;
