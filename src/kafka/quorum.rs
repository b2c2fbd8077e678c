//! DescribeQuorum (KIP-595): who leads the KRaft quorum, and how far each voter and observer follows.
//!
//! Every version of it is flexible, so that the answer is read here, through [`compact`](super::compact).

use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, TryGetError};
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::ApiKey;

use super::compact::{array, skip_tags, string};
use super::error::KafkaError;
use super::frame::Answer;
use super::pool::Pool;
use crate::view::quorum::{QuorumView, ReplicaState};

/// Partition 0 of `__cluster_metadata`, the only one: arrays of one item each, and no tagged fields.
const METADATA: &[u8] = b"\x02\x13__cluster_metadata\x02\0\0\0\0\0\0\0";

/// Asks one controller at its own listener: the leader tells, `None` is another one's answer.
pub async fn ask(
    pool: &Pool,
    controller: SocketAddr,
    deadline: Duration,
) -> Result<Option<QuorumView>, KafkaError> {
    let answer = pool.call_flexible(controller, ApiKey::DescribeQuorum, METADATA, deadline).await?;
    read(answer).map_err(|error| KafkaError::Garbage(error.to_string()))?
}

pub(super) fn read(mut answer: Answer) -> Result<Result<Option<QuorumView>, KafkaError>, TryGetError> {
    let code = answer.try_get_i16()?;
    if let Err(error) = KafkaError::check(code, None) {
        return Ok(Err(error));
    }
    let mut found = Ok(None);
    array(&mut answer, |answer| {
        string(answer)?;
        array(answer, |answer| {
            found = partition(answer)?;
            Ok(())
        })?;
        skip_tags(answer)
    })?;
    Ok(found)
}

fn partition(answer: &mut Answer) -> Result<Result<Option<QuorumView>, KafkaError>, TryGetError> {
    answer.try_get_i32()?; // The number of the partition.
    let code = answer.try_get_i16()?;
    let leader = Some(answer.try_get_i32()?).filter(|id| *id >= 0);
    let epoch = answer.try_get_i32()?;
    let high_watermark = answer.try_get_i64()?;
    let voters = array(answer, replica)?;
    let observers = array(answer, replica)?;
    skip_tags(answer)?;
    Ok(match ResponseError::try_from_code(code) {
        None => Ok(Some(QuorumView { leader, epoch, high_watermark, voters, observers })),
        Some(ResponseError::NotLeaderOrFollower) => Ok(None),
        Some(code) => Err(KafkaError::Code { code, message: None }),
    })
}

fn replica(answer: &mut Answer) -> Result<ReplicaState, TryGetError> {
    let state = ReplicaState { id: answer.try_get_i32()?, log_end_offset: answer.try_get_i64()? };
    skip_tags(answer)?;
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer with the error of the partition, a leader, an epoch and one voter.
    fn answer(code: i16, leader: i32) -> Answer {
        let mut bytes = vec![0, 0, 2, 2, b't', 2, 0, 0, 0, 0];
        bytes.extend(code.to_be_bytes());
        bytes.extend(leader.to_be_bytes());
        bytes.extend(7i32.to_be_bytes());
        bytes.extend(41i64.to_be_bytes());
        bytes.extend([2]);
        bytes.extend(100i32.to_be_bytes());
        bytes.extend(42i64.to_be_bytes());
        // No tags of the voter, no observers, no tags of partition, topic and answer.
        bytes.extend([0, 1, 0, 0, 0]);
        Answer(bytes.into())
    }

    #[test]
    fn the_leader_tells_of_its_voters() {
        let quorum = read(answer(0, 100)).unwrap().unwrap().unwrap();
        assert_eq!((quorum.leader, quorum.epoch, quorum.high_watermark), (Some(100), 7, 41));
        assert_eq!(quorum.voters, [ReplicaState { id: 100, log_end_offset: 42 }]);
        assert_eq!(quorum.observers, []);
    }

    #[test]
    fn another_controller_tells_nothing_and_other_errors_are_errors() {
        assert_eq!(read(answer(6, -1)).unwrap().unwrap(), None);
        let error = read(answer(35, -1)).unwrap().unwrap_err();
        assert!(matches!(error, KafkaError::Code { code: ResponseError::UnsupportedVersion, .. }), "{error}");
    }
}
