//! What is said while brokers hear of a move that Kafka is through with.

use kafka_protocol::messages::{ApiKey, BrokerId};

use super::Move;
use super::note::Note;
use super::progress::Tracker;
use crate::admin::testing::admin;
use crate::wire::fake::{Damage, FakeBroker, Reply, body, metadata};

/// What is told as trouble of velib/0, which is moved to brokers 1 and 2, when a broker answers with these
/// replicas and this ISR, one after the other.
async fn troubles(told: Vec<(Vec<i32>, Vec<i32>)>) -> Vec<Option<String>> {
    let mut told = told.into_iter();
    let mut answer = metadata(&[("velib", 1)]);
    let handler = move |_, key, version| {
        let ApiKey::Metadata = key else { return Reply::Close };
        if let Some((replicas, isr)) = told.next() {
            let partition = &mut answer.topics[0].partitions[0];
            partition.replica_nodes = replicas.into_iter().map(BrokerId).collect();
            partition.isr_nodes = isr.into_iter().map(BrokerId).collect();
        }
        Reply::Body(body(&answer, version))
    };
    let broker = FakeBroker::start(handler, Damage::None).await;
    let moves = vec![Move { topic: "velib".into(), partition: 0, before: vec![0, 1], after: vec![1, 2] }];
    let mut tracker = Tracker::new(&moves);
    let note = Note { moves, ..Note::default() };
    let mut seen = Vec::new();
    let mut hear = |progress: &super::MoveProgress| seen.push(progress.trouble.clone());
    admin(&broker).until_as_planned(&note, &mut tracker, &mut hear).await.unwrap();
    seen
}

#[tokio::test]
async fn a_broker_that_hears_of_the_move_a_moment_later_is_no_trouble() {
    let late = (vec![0, 1], vec![0, 1]);
    assert_eq!(troubles(vec![late, (vec![1, 2], vec![1, 2])]).await, [None]);
}

#[tokio::test]
async fn a_replica_that_fell_behind_is_told() {
    let behind = (vec![1, 2], vec![1]);
    let told = Some("broker-0: broker-2 is not in the ISR of velib/0".to_owned());
    assert_eq!(troubles(vec![behind, (vec![1, 2], vec![1, 2])]).await, [told]);
}
