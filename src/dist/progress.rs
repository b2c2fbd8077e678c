//! What a fetch tells while it works.

/// Shown by the command that fetches. Calls come from the thread that runs `fetch_kafka`, often.
pub trait FetchProgress {
    /// A new step begins: `downloading kafka_2.13-3.9.2.tgz`, `verifying`.
    fn step(&self, what: &str);

    /// Bytes of the current step's download; `total` is `None` when the server does not say.
    fn bytes(&self, done: u64, total: Option<u64>);

    /// Jars of the current step that have arrived.
    fn items(&self, done: u64, total: u64);
}
