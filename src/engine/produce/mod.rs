//! Lines of standard input as messages: [`lines`] and [`json`] read them, [`feed`] sends them; [`one`] sends one that
//! is given.

mod blocks;
pub(crate) mod feed;
pub(crate) mod json;
pub(crate) mod lines;
pub(crate) mod one;
