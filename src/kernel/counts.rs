//! What the kernel counts in.

/// Monotonic time in ms, from any fixed moment.
pub(crate) type Millis = u64;

/// Identifies a request for as long as it is pending.
pub(crate) type RequestId = u64;

/// Numbers what is asked of the world, in the order of asking.
pub(crate) type Question = u64;
