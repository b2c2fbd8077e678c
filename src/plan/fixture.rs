//! Specs and facts for the tests of the plan and of rendering.

use std::collections::BTreeMap;
use std::path::PathBuf;

use indexmap::IndexMap;

use crate::model::ids::{NodeName, Role};
use crate::plan::Facts;
use crate::plan::layout;
use crate::plan::model::{Distribution, JavaPlan, KafkaPlan, Ports};
use crate::plan::source::{JavaSource, KafkaSource};
use crate::plan::templates::Templates;
use crate::spec::model::{KafkaSpec, NodeGroup, Profile, RestartPolicy, Spec, TopicSpec};
use crate::spec::versions::Coordination;

/// A spec of so many ZooKeeper servers and brokers, and nothing else.
pub(crate) fn spec(servers: u16, brokers: u16) -> Spec {
    let group = |count| NodeGroup { count, ..NodeGroup::default() };
    Spec {
        name: "velib".into(),
        kafka: KafkaSpec { version: Some("3.9.2".into()), home: None },
        java: None,
        profile: Profile::Fast,
        restart: RestartPolicy::OnFailure,
        port_base: None,
        security: None,
        listeners: IndexMap::new(),
        templates: None,
        zookeeper: group(servers),
        controllers: group(0),
        combined: false,
        brokers: group(brokers),
        topics: IndexMap::new(),
    }
}

/// The same with controllers in place of ZooKeeper servers.
pub(crate) fn kraft(controllers: u16, brokers: u16, combined: bool) -> Spec {
    let controllers = NodeGroup { count: controllers, ..NodeGroup::default() };
    Spec { controllers, combined, ..spec(0, brokers) }
}

pub(crate) fn topic(partitions: u32, replication_factor: u16) -> TopicSpec {
    TopicSpec { partitions, replication_factor, config: BTreeMap::new() }
}

/// Facts in which everything is found, with ports of the block at 19092.
pub(crate) fn facts(spec: &Spec) -> Facts {
    Facts {
        dir: PathBuf::from("/state/velib"),
        kafka: KafkaPlan {
            version: spec.kafka.version.clone().unwrap(),
            home: "/kafka".into(),
            classpath: vec!["/kafka/libs/*".into(), "/extra/jaxb.jar".into()],
            source: KafkaSource::Cache,
        },
        java: JavaPlan {
            program: "/java/bin/java".into(),
            version: "17.0.15".into(),
            major: 17,
            source: JavaSource::Path,
        },
        class_data: Some("/cache/class-data/a.jsa".into()),
        other_kafkas: spec.versions().map(other_kafka).collect(),
        cluster_id: (spec.coordination() == Coordination::Kraft).then(|| "4L6g3nShT-eMCtK--X86sw".to_owned()),
        ports: layout::nodes(spec).into_iter().map(|node| (node, ports(spec, node))).collect(),
        templates: Templates::load(None).unwrap(),
        is_noexec: false,
        memory: None,
        timezone: None,
    }
}

fn other_kafka(version: &str) -> Distribution {
    Distribution {
        kafka: KafkaPlan {
            version: version.into(),
            home: format!("/kafka-{version}").into(),
            classpath: vec![format!("/kafka-{version}/libs/*")],
            source: KafkaSource::Cache,
        },
        class_data: Some(format!("/cache/class-data/{version}.jsa").into()),
    }
}

fn ports(spec: &Spec, node: NodeName) -> Ports {
    let port = |offset: i32| u16::try_from(19092 + offset + node.id).unwrap();
    match node.role {
        Role::Broker => Ports {
            client: port(0),
            quorum: layout::voters(spec).contains(&node).then(|| port(200)),
            internal: spec.security.is_some().then(|| port(308)),
            election: None,
            more: std::array::from_fn(|at| (at < spec.listeners.len()).then(|| port(500 + 100 * at as i32))),
        },
        Role::Controller => Ports { client: port(0), ..Ports::default() },
        Role::ZooKeeper if spec.zookeeper.count == 1 => Ports { client: port(100), ..Ports::default() },
        Role::ZooKeeper => Ports {
            client: port(100),
            quorum: Some(port(200)),
            election: Some(port(300)),
            ..Ports::default()
        },
    }
}
