//! Every file of clusters/ starts. velib.yaml has the tutorial.

use std::fs;
use std::path::Path;

use cluster::model::status::Health;

use crate::common::cluster::Cluster;

#[test]
fn every_example_is_started_by_a_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("clusters");
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "combined.yaml",
            "kraft.yaml",
            "legacy-0.10.yaml",
            "overrides.yaml",
            "secured.yaml",
            "single.yaml",
            "velib.yaml"
        ]
    );
}

#[test]
fn the_single_example_takes_messages() {
    let cluster = Cluster::up_example("single.yaml");
    assert_eq!(cluster.client().produce("hello", 0), Ok(0));
    assert_eq!(cluster.status().settings, [], "no false alarm");
    cluster.down();
}

#[test]
fn the_overrides_example_gives_each_node_its_own() {
    let cluster = Cluster::up_example("overrides.yaml");
    let status = cluster.status();
    assert_eq!((status.verdict.state, status.settings), (Health::Healthy, vec![]), "no false alarm");
    let plan = cluster.plan();
    let broker = |id| plan.node(cluster::model::ids::NodeName::broker(id)).unwrap();
    assert_eq!(broker(1).heap_mib, 256);
    assert_eq!(broker(2).heap_mib, 384);
    assert_eq!(broker(1).env["TZ"], "UTC");
    assert_eq!(broker(2).env["TZ"], "Europe/Paris");
    // One replica of each partition is in each rack.
    for partition in cluster.status().topics.unwrap()["orders"].partitions.values() {
        assert!(partition.view.replicas.contains(&2), "{partition:?}");
    }
    cluster.down();
}

#[test]
fn the_legacy_example_bears_the_loss_of_a_broker_and_takes_it_back() {
    let cluster = Cluster::up_example("legacy-0.10.yaml");
    // Some of its classes are too old for an archive, and the others are in one.
    assert!(cluster.plan().class_data.is_some_and(|archive| archive.is_file()));
    cluster.client().produce("velib-stations", 0).unwrap();
    assert_eq!(cluster.status().settings, [], "no false alarm");
    cluster.run(&["kill", "broker-0"]).ok();
    cluster.until_status("others lead", |status| {
        let topic = status.topics.as_ref()?.get("velib-stations")?;
        let moved = |leader: Option<i32>| leader.is_some_and(|leader| leader != 0);
        topic
            .partitions
            .values()
            .all(|partition| moved(partition.view.leader) && !partition.view.isr.contains(&0))
            .then_some(())
    });
    cluster.run(&["start", "broker-0"]).ok();
    cluster.until_status("the ISR is full", |status| {
        let topic = status.topics.as_ref()?.get("velib-stations")?;
        topic.partitions.values().all(|partition| partition.view.isr.len() == 2).then_some(())
    });
    cluster.down();
}
