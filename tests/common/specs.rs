//! Small specs, for the world that the tests run in.

use cluster::model::ids::NodeName;

/// What the clusters of the tests are: with ZooKeeper, or as `CLUSTER_TEST_WORLD` has it with KRaft `controllers`, or
/// with these and `secured` by certificates or by passwords, `scram`. Whatever a test promises holds in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum World {
    ZooKeeper,
    Controllers,
    Secured,
    Scram,
}

impl World {
    pub(crate) fn is_kraft(self) -> bool {
        self != World::ZooKeeper
    }
}

pub(crate) fn world() -> World {
    match std::env::var("CLUSTER_TEST_WORLD").as_deref() {
        Err(_) | Ok("" | "zookeeper") => World::ZooKeeper,
        Ok("controllers") => World::Controllers,
        Ok("secured") => World::Secured,
        Ok("scram") => World::Scram,
        Ok(other) => {
            panic!("CLUSTER_TEST_WORLD is `{other}`, none of zookeeper, controllers, secured and scram")
        }
    }
}

/// The line of a spec that gives a cluster so many coordinators.
pub(crate) fn coordinators(count: u16) -> String {
    match world() {
        World::ZooKeeper => format!("zookeeper: {count}"),
        // The newest whose tools Maven has.
        World::Controllers => format!("kafka: {{ version: 4.3 }}\ncontrollers: {count}"),
        World::Secured => format!("kafka: {{ version: 4.3 }}\ncontrollers: {count}\nsecurity: mtls"),
        // An old kcat is let in by Kafka 3.9, and not by SCRAM of 4.
        World::Scram => format!("kafka: {{ version: 3.9 }}\ncontrollers: {count}\nsecurity: scram"),
    }
}

/// The first coordinator, the second and so on, from 1.
pub(crate) fn coordinator(number: i32) -> NodeName {
    match world() {
        World::ZooKeeper => NodeName::zookeeper(number),
        World::Controllers | World::Secured | World::Scram => NodeName::controller(99 + number),
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
        World::Controllers | World::Secured | World::Scram => {
            format!("[KafkaRaftServer nodeId={broker}] Kafka Server started")
        }
    }
}

/// One of each and a topic: the cheapest cluster.
pub(crate) fn single(name: &str) -> String {
    sized(name, 1, 1, "topics: { hello: { partitions: 2, replication_factor: 1 } }\n")
}
