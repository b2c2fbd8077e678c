//! Small specs, for the world that the tests run in.

use cluster::model::ids::NodeName;

/// What coordinates the clusters of the tests: ZooKeeper, or KRaft controllers with
/// `CLUSTER_TEST_COORDINATION=controllers`. Whatever a test promises holds in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum World {
    ZooKeeper,
    Controllers,
}

pub(crate) fn world() -> World {
    match std::env::var("CLUSTER_TEST_COORDINATION").as_deref() {
        Err(_) | Ok("" | "zookeeper") => World::ZooKeeper,
        Ok("controllers") => World::Controllers,
        Ok(other) => panic!("CLUSTER_TEST_COORDINATION is `{other}`, neither zookeeper nor controllers"),
    }
}

/// The line of a spec that gives a cluster so many coordinators.
pub(crate) fn coordinators(count: u16) -> String {
    match world() {
        World::ZooKeeper => format!("zookeeper: {count}"),
        // The newest whose tools Maven has.
        World::Controllers => format!("kafka: {{ version: 4.3 }}\ncontrollers: {count}"),
    }
}

/// The first coordinator, the second and so on, from 1.
pub(crate) fn coordinator(number: i32) -> NodeName {
    match world() {
        World::ZooKeeper => NodeName::zookeeper(number),
        World::Controllers => NodeName::controller(99 + number),
    }
}

/// So many coordinators and `brokers`, and the lines of `rest`.
pub(crate) fn sized(name: &str, coordinators: u16, brokers: u16, rest: &str) -> String {
    format!("name: {name}\n{}\nbrokers: {brokers}\n{rest}", self::coordinators(coordinators))
}

/// One ZooKeeper server and `brokers` in either world: for versions that have no other.
pub(crate) fn with_zookeeper(name: &str, brokers: u16, rest: &str) -> String {
    format!("name: {name}\nzookeeper: 1\nbrokers: {brokers}\n{rest}")
}

/// What a broker logs when it has started.
pub(crate) fn started(broker: i32) -> String {
    match world() {
        World::ZooKeeper => format!("[KafkaServer id={broker}] started"),
        World::Controllers => format!("[KafkaRaftServer nodeId={broker}] Kafka Server started"),
    }
}

/// One of each and a topic: the cheapest cluster.
pub(crate) fn single(name: &str) -> String {
    sized(name, 1, 1, "topics: { hello: { partitions: 2, replication_factor: 1 } }\n")
}
