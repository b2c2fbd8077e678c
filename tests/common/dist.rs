//! Kafka itself, for tests that hold the project against Kafka's own code.

use cluster::inside::{
    FetchBar, HostEnv, JavaPlan, KafkaPlan, KafkaSpec, fetch_kafka, find_java, locate_kafka,
};

use super::home::cache;

/// This version in the cache of the tests, and the Java of this machine.
pub(crate) fn fetched(version: &str) -> (KafkaPlan, JavaPlan) {
    let env = HostEnv { kafka_home: None, ..HostEnv::from_env() };
    let java = find_java(None, &env).unwrap();
    let spec = KafkaSpec { version: Some(version.to_owned()), home: None };
    let kafka = locate_kafka(&spec, &cache(), &env).unwrap();
    fetch_kafka(&kafka, &java, &cache(), &env, &FetchBar::new(false)).unwrap();
    (kafka.plan, java)
}
