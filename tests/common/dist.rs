//! Kafka itself, for tests that hold the project against Kafka's own code.

use std::collections::HashSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

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

/// The jars of this version in the cache of the tests.
pub(crate) fn libs(version: &str) -> PathBuf {
    cache().join("kafka").join(version).join("libs")
}

/// Every class in the jars of a folder, as `a.b.C`.
pub(crate) fn classes(libs: &Path) -> HashSet<String> {
    let jars = fs::read_dir(libs).unwrap().map(|jar| File::open(jar.unwrap().path()).unwrap());
    let jars = jars.map(|jar| zip::ZipArchive::new(jar).unwrap());
    let mut classes = HashSet::new();
    for jar in jars {
        let names = jar.file_names().map(|name| name.unwrap());
        classes.extend(names.filter_map(|name| Some(name.strip_suffix(".class")?.replace('/', "."))));
    }
    classes
}
