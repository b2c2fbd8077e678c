//! Small specs.

/// `zookeeper` servers and `brokers`, and the lines of `rest`.
pub fn sized(name: &str, zookeeper: u16, brokers: u16, rest: &str) -> String {
    format!("name: {name}\nzookeeper: {zookeeper}\nbrokers: {brokers}\n{rest}")
}

/// One of each and a topic: the cheapest cluster.
pub fn single(name: &str) -> String {
    sized(name, 1, 1, "topics: { hello: { partitions: 2, replication_factor: 1 } }\n")
}
