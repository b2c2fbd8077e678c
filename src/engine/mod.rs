//! What commands have done, without a word on the screen.

pub mod bench;
pub mod clusters;
pub mod ephemeral;
pub mod produce;
pub mod refusal;
pub mod session;
pub mod signals;
pub mod source;
pub mod suggest;
