//! Usable means usable: the first try works.

use cluster::model::topic_partition::TopicPartition;

use crate::common::cluster::Cluster;
use crate::common::specs;

#[test]
fn the_first_topic_and_the_first_messages_after_up_succeed_every_time() {
    let topics = "topics: { bikes: { partitions: 6, replication_factor: 2 }, docks: { partitions: 3, replication_factor: 2 } }\n";
    let cluster = Cluster::up(&specs::sized("usable", 1, 2, topics));
    let ports: Vec<_> = cluster.plan().nodes.iter().map(|node| node.ports).collect();
    for round in 0..3 {
        if round > 0 {
            cluster.run(&["up", &cluster.spec]).ok();
        }
        let client = cluster.client();
        client.create(&format!("fresh-{round}"), 4, 2).unwrap();
        for (topic, count) in [("bikes", 6), ("docks", 3)] {
            for partition in 0..count {
                let of = TopicPartition::new(topic, partition);
                let offset = client.produce(topic, partition).unwrap_or_else(|error| panic!("{of}: {error}"));
                // The probes of `up` write nothing that is kept, and down keeps the data.
                assert_eq!(offset, round, "{of}");
            }
        }
        let now: Vec<_> = cluster.plan().nodes.iter().map(|node| node.ports).collect();
        assert_eq!(now, ports, "ports are kept");
        let topics = cluster.status().topics.unwrap();
        for earlier in 0..=round {
            assert!(topics.contains_key(&format!("fresh-{earlier}")), "{:?}", topics.keys());
        }
        cluster.down();
    }
    cluster.run(&["down", "--delete", "--yes"]).ok();
    assert!(!cluster.dir().path().exists());
}
