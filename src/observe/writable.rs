//! Proves that an acks=all produce would succeed now, without writing anything.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use kafka_protocol::error::ResponseError;

use crate::model::topic_partition::TopicPartition;
use crate::wire::error::{KafkaError, within};
use crate::wire::metadata;
use crate::wire::metadata::Topics;
use crate::wire::pool::{Pool, address};
use crate::wire::produce;
use crate::wire::produce::Batch;
use crate::wire::produce_request::Produced;

/// Every partition of `topics` (name, number of partitions) takes an acks=all produce at this moment;
/// or which one does not, in one short line.
///
/// Each leader gets one Produce request with acks=all for all its partitions, with record batches
/// whose CRC is wrong. A broker checks that it leads the partition, and that enough replicas are in
/// the ISR (`Partition.appendRecordsToLeader`), before it checks the batch (`Log.append`): so
/// CORRUPT_MESSAGE says that it would have taken a sound one. Nothing is appended.
pub(crate) async fn writable(
    topics: &[(String, u32)],
    pool: &Pool,
    deadline_per_request: Duration,
) -> Result<(), String> {
    if topics.is_empty() {
        return Ok(());
    }
    let metadata = metadata::ask_any(pool, Topics::All, deadline_per_request).await;
    let metadata = metadata.map_err(|error| error.to_string())?;

    let mut by_leader: BTreeMap<i32, BTreeMap<&str, Vec<i32>>> = BTreeMap::new();
    for (topic, count) in topics {
        let known =
            metadata.topics.get(topic).ok_or_else(|| format!("topic {topic} is in no metadata yet"))?;
        for number in 0..i32::try_from(*count).unwrap_or(i32::MAX) {
            let leader = known.partitions.get(&number).and_then(|view| view.leader);
            let untold = || format!("{} has no leader yet", TopicPartition::new(topic, number));
            let leader = leader.ok_or_else(untold)?;
            by_leader.entry(leader).or_default().entry(topic.as_str()).or_default().push(number);
        }
    }
    let checks = by_leader.into_iter().map(async |(leader, partitions)| {
        let partitions: Vec<(&str, Vec<i32>)> = partitions.into_iter().collect();
        let answers = try_leader(pool, leader, &partitions, deadline_per_request).await;
        let answers = answers.map_err(|error| format!("leader broker-{leader}: {error}"))?;
        verify(&partitions, &answers)
    });
    // Every answer is waited for: a broker warns of each answer that nobody is there to take.
    join_all(checks).await.into_iter().collect()
}

async fn try_leader(
    pool: &Pool,
    leader: i32,
    partitions: &[(&str, Vec<i32>)],
    deadline: Duration,
) -> Result<Vec<Produced>, KafkaError> {
    within(deadline, async {
        let mut broker = pool.take(address(pool, leader)?).await?;
        let timeout_ms = i32::try_from(deadline.as_millis()).unwrap_or(i32::MAX);
        let answers = produce::produce(&mut broker, partitions, b"", Batch::Corrupt, -1, timeout_ms).await?;
        pool.keep(broker);
        Ok(answers)
    })
    .await
}

fn verify(asked: &[(&str, Vec<i32>)], answers: &[Produced]) -> Result<(), String> {
    for (topic, number) in asked.iter().flat_map(|(topic, all)| all.iter().map(move |number| (topic, number)))
    {
        let answer = answers.iter().find(|answer| answer.topic == *topic && answer.partition == *number);
        let wrong = match answer.map(|answer| ResponseError::try_from_code(answer.code)) {
            Some(Some(ResponseError::CorruptMessage)) => continue,
            Some(Some(error)) => error.to_string(),
            Some(None) => "the broker took a corrupt batch".to_owned(),
            None => "not answered".to_owned(),
        };
        return Err(format!("{}: {wrong}", TopicPartition::new(*topic, *number)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(partition: i32, error: ResponseError) -> Produced {
        Produced { topic: "t".to_owned(), partition, code: error.code(), message: None, offset: -1 }
    }

    #[test]
    fn only_a_complaint_about_the_crc_of_every_partition_proves_it() {
        let asked = [("t", vec![0, 1])];
        let corrupt = |partition| answer(partition, ResponseError::CorruptMessage);
        assert_eq!(verify(&asked, &[corrupt(1), corrupt(0)]), Ok(()));
        assert_eq!(verify(&asked, &[corrupt(0)]), Err("t/1: not answered".to_owned()));
        for error in [
            ResponseError::NotLeaderOrFollower,
            ResponseError::UnknownTopicOrPartition,
            ResponseError::NotEnoughReplicas,
        ] {
            assert!(verify(&asked, &[corrupt(0), answer(1, error)]).is_err(), "{error}");
        }
    }
}
