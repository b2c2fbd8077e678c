//! UnregisterBroker (KIP-591): a broker of a KRaft cluster is no longer registered.

use std::time::Duration;

use bytes::{Buf, TryGetError};
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::ApiKey;

use super::error::KafkaError;
use super::frame::Answer;
use super::pool::Pool;

/// Takes the registration of a broker away; false when it had none. Its replicas stay assigned to it, leaders
/// move at once, and it registers anew when it starts.
///
/// Whoever calls this has proven that its process is gone: a live broker is not told, its heartbeats are answered
/// with STALE_BROKER_EPOCH for ever, and it does not come back. The request names no epoch, so that it must not be
/// repeated once the broker starts again.
///
/// Controllers take it at their own listener, so that no other broker has to be up; only the leader carries it out.
pub async fn unregister(pool: &Pool, broker: i32, deadline: Duration) -> Result<bool, KafkaError> {
    let mut body = broker.to_be_bytes().to_vec();
    // No tagged fields.
    body.push(0);
    let mut last = KafkaError::NoBroker("there are no controllers".to_owned());
    for controller in pool.endpoints().controllers.values() {
        let answered = pool.call_flexible(*controller, ApiKey::UnregisterBroker, &body, deadline).await;
        match answered.and_then(read) {
            Ok(was_registered) => return Ok(was_registered),
            Err(error) => last = error,
        }
    }
    Err(last)
}

pub(super) fn read(answer: Answer) -> Result<bool, KafkaError> {
    let code = code(answer).map_err(|error| KafkaError::Garbage(error.to_string()))?;
    match ResponseError::try_from_code(code) {
        Some(ResponseError::BrokerIdNotRegistered) => Ok(false),
        _ => KafkaError::check(code, None).map(|()| true),
    }
}

fn code(mut answer: Answer) -> Result<i16, TryGetError> {
    answer.try_get_i32()?; // How long we were throttled, in ms.
    answer.try_get_i16()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_that_is_not_registered_is_as_wanted() {
        let told = |code: i16| read(Answer([vec![0; 4], code.to_be_bytes().to_vec()].concat().into()));
        assert!(told(0).unwrap());
        assert!(!told(ResponseError::BrokerIdNotRegistered.code()).unwrap());
        assert!(told(ResponseError::NotController.code()).is_err());
        assert!(read(Answer(vec![0; 5].into())).is_err());
    }
}
