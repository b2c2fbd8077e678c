//! Plans made by hand.

use std::collections::BTreeMap;
use std::path::Path;

use crate::model::ids::NodeName;
use crate::plan::model::{JavaPlan, KafkaPlan, NodePlan, Origin, Plan, Ports, Setting, TopicPlan};
use crate::plan::source::{JavaSource, KafkaSource};
use crate::spec::model::{Profile, RestartPolicy};

/// Three ZooKeeper servers, three brokers and one topic in `home/name`.
pub(crate) fn plan(home: &Path, name: &str) -> Plan {
    let dir = home.join(name);
    let node = |name: NodeName, port: u16| NodePlan {
        name,
        kafka_version: None,
        dir: dir.join(name.to_string()),
        ports: Ports { client: port, ..Ports::default() },
        heap_mib: 256,
        argv: vec!["/usr/bin/java".into()],
        env: BTreeMap::new(),
        files: vec![],
        storage: None,
        depends_on: vec![],
        readiness: vec![],
        stop_deadline_ms: 10_000,
        settings: vec![],
    };
    let zookeeper = (1..=3).map(|id| node(NodeName::zookeeper(id), 20_000 + id as u16));
    let brokers = (0..3).map(|id| node(NodeName::broker(id), 21_000 + id as u16));
    Plan {
        format: Plan::FORMAT,
        name: name.into(),
        profile: Profile::Fast,
        restart: RestartPolicy::OnFailure,
        kafka: KafkaPlan {
            version: "3.9.2".into(),
            home: "/opt/kafka".into(),
            classpath: vec!["/opt/kafka/libs/*".into()],
            source: KafkaSource::Cache,
        },
        class_data: None,
        other_kafkas: Vec::new(),
        cluster_id: None,
        security: None,
        cert_lifetime_s: None,
        listeners: Default::default(),
        withdrawn: crate::plan::model::Withdrawn::default(),
        login: None,
        java: JavaPlan {
            program: "/usr/bin/java".into(),
            version: "17.0.15".into(),
            major: 17,
            source: JavaSource::Path,
        },
        nodes: zookeeper.chain(brokers).collect(),
        topics: vec![TopicPlan {
            name: "velib-stations".into(),
            partitions: 10,
            replication_factor: 2,
            config: BTreeMap::new(),
            settings: Vec::new(),
        }],
        next_broker_id: None,
        warnings: vec![],
        dir,
    }
}

/// A line of a node's file that the spec asks for.
pub(crate) fn setting(key: &str, value: &str) -> Setting {
    Setting {
        key: key.into(),
        value: value.into(),
        origin: Origin::Cluster,
        role: None,
        reason: None,
        kafka_default: None,
    }
}
