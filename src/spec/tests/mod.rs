//! The whole way, text to spec: what is accepted, every mistake, and texts that nobody wrote.

mod accepted;
mod arbitrary;
mod files;
mod mistakes;
