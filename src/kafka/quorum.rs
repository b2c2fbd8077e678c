//! shim
use super::compact::{array, skip_tags, string};
use super::error::KafkaError;
use super::frame::Answer;
use super::pool::Pool;
use bytes::{Buf, TryGetError};
use kafka_protocol::messages::ApiKey;
use std::net::SocketAddr;
use std::time::Duration;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuorumView {
    pub leader: Option<i32>,
    pub epoch: i32,
    pub voters: Vec<ReplicaState>,
}
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReplicaState {
    pub id: i32,
    pub log_end_offset: i64,
}

pub async fn ask(
    pool: &Pool,
    address: SocketAddr,
    deadline: Duration,
) -> Result<Option<QuorumView>, KafkaError> {
    let body = b"\x02\x13__cluster_metadata\x02\0\0\0\0\0\0\0";
    let answer = pool.call_flexible(address, ApiKey::DescribeQuorum, body, deadline).await?;
    read(answer).map_err(|error| KafkaError::Garbage(error.to_string()))?
}

fn replica(answer: &mut Answer) -> Result<ReplicaState, TryGetError> {
    let state = ReplicaState { id: answer.try_get_i32()?, log_end_offset: answer.try_get_i64()? };
    skip_tags(answer)?;
    Ok(state)
}

fn read(mut answer: Answer) -> Result<Result<Option<QuorumView>, KafkaError>, TryGetError> {
    let code = answer.try_get_i16()?;
    if let Err(error) = KafkaError::check(code, None) {
        return Ok(Err(error));
    }
    let mut found = Ok(None);
    array(&mut answer, |answer| {
        string(answer)?;
        array(answer, |answer| {
            answer.try_get_i32()?;
            let code = answer.try_get_i16()?;
            let leader = answer.try_get_i32()?;
            let epoch = answer.try_get_i32()?;
            answer.try_get_i64()?;
            let voters = array(answer, replica)?;
            array(answer, replica)?;
            skip_tags(answer)?;
            found = match code {
                0 => Ok(Some(QuorumView { leader: Some(leader).filter(|id| *id >= 0), epoch, voters })),
                6 => Ok(None),
                _ => KafkaError::check(code, None).map(|()| None),
            };
            Ok(())
        })?;
        skip_tags(answer)
    })?;
    Ok(found)
}

/// Only the leader takes it; a controller listener takes it too, so that it needs no live broker.
pub async fn unregister(pool: &Pool, id: i32, deadline: Duration) -> Result<bool, KafkaError> {
    let mut body = id.to_be_bytes().to_vec();
    body.push(0);
    let mut last = KafkaError::NoBroker("no controller leads".into());
    for address in pool.endpoints().controllers.values() {
        match pool.call_flexible(*address, ApiKey::UnregisterBroker, &body, deadline).await {
            Ok(mut answer) => {
                let read = (|| {
                    answer.try_get_i32()?;
                    answer.try_get_i16()
                })();
                match read.map_err(|error: TryGetError| KafkaError::Garbage(error.to_string()))? {
                    102 => return Ok(false),
                    code => match KafkaError::check(code, None) {
                        Ok(()) => return Ok(true),
                        Err(error) => last = error,
                    },
                }
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}
