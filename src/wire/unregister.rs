//! UnregisterBroker (KIP-500): the quorum forgets a broker's registration at once, instead of when its session ends.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, BufMut, TryGetError};
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::ApiKey;

use super::compact::string;
use super::error::{KafkaError, within};
use super::frame::Answer;
use super::pool::Pool;
use super::quorum::leading;

/// Removes the registration of a broker: its leaders move at once, its ISRs shrink, and a new process of it may
/// register, which it is refused (DUPLICATE_BROKER_REGISTRATION) as long as the old session lasts. Its replicas stay
/// assigned to it. False: it was not registered.
///
/// **Only for a broker whose process is proven dead.** A live one becomes a zombie: it goes on running, every
/// heartbeat is refused (STALE_BROKER_EPOCH), and it registers again only when it is restarted.
///
/// Controllers take it at their own listener, so that no other broker has to be up. It goes to the leader alone: it
/// names no epoch, and one that is sent to a node that hangs may be carried out late, when it would hit the next
/// process. So after [`KafkaError::Timeout`], too, it may still be carried out, unless that controller hangs for
/// longer than an election: then it no longer leads, and refuses it.
///
/// # Errors
/// [`KafkaError::NoQuorum`] when nobody leads; [`KafkaError::Code`] with `NotController` when the leader was deposed
/// meanwhile: nothing was done, ask again.
pub(crate) async fn unregister(pool: &Pool, broker: i32, deadline: Duration) -> Result<bool, KafkaError> {
    let controllers: Vec<SocketAddr> = pool.endpoints().controllers.values().copied().collect();
    let mut body = Vec::new();
    body.put_i32(broker);
    body.put_u8(0); // No tagged fields.
    within(deadline, async {
        let leader = leading(pool, &controllers, deadline).await?;
        let answer = pool.call_flexible(leader, ApiKey::UnregisterBroker, &body, deadline).await?;
        read(answer).map_err(|error| KafkaError::Garbage(error.to_string()))?
    })
    .await
}

pub(super) fn read(mut answer: Answer) -> Result<Result<bool, KafkaError>, TryGetError> {
    answer.try_get_i32()?; // How long we were throttled, in ms.
    let code = answer.try_get_i16()?;
    let message = string(&mut answer)?;
    Ok(match KafkaError::check(code, message.as_deref()) {
        Ok(()) => Ok(true),
        Err(KafkaError::Code { code: ResponseError::BrokerIdNotRegistered, .. }) => Ok(false),
        Err(error) => Err(error),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use bytes::{Bytes, BytesMut};
    use kafka_protocol::messages::UnregisterBrokerResponse;
    use kafka_protocol::protocol::Encodable;

    use super::*;
    use crate::model::ids::NodeName;
    use crate::plan::endpoints::Endpoints;
    use crate::wire::answers::text;
    use crate::wire::fake::{Damage, FakeBroker, Reply};
    use crate::wire::quorum::testing::{led_by, not_leading};

    const LONG: Duration = Duration::from_secs(60);

    fn answered(code: i16) -> Bytes {
        let answer = UnregisterBrokerResponse::default()
            .with_error_code(code)
            .with_error_message(Some(text("because")));
        let mut bytes = BytesMut::from(&[0][..]);
        answer.encode(&mut bytes, 0).unwrap();
        bytes.freeze()
    }

    /// Asks a leader that answers with this code. Returns how often a follower was asked, too.
    async fn unregistered(code: i16) -> (Result<bool, KafkaError>, usize) {
        let leader = move |_, key, version| match key {
            ApiKey::DescribeQuorum => Reply::Body(led_by(101, 5, &[(101, 9, 1, 1)], &[], version)),
            ApiKey::UnregisterBroker => Reply::Body(answered(code)),
            _ => Reply::Close,
        };
        let leader = FakeBroker::start(leader, Damage::None).await;
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = asked.clone();
        let follower = move |_, key, version| match key {
            ApiKey::DescribeQuorum => Reply::Body(not_leading(version)),
            _ => {
                counter.fetch_add(1, Ordering::SeqCst);
                Reply::Close
            }
        };
        let follower = FakeBroker::start(follower, Damage::None).await;
        let controllers = [(100, follower.address), (101, leader.address)];
        let controllers = controllers.map(|(id, address)| (NodeName::controller(id), address)).into();
        let pool = Pool::new(&Endpoints { controllers, ..Endpoints::default() });
        let result = unregister(&pool, 2, LONG).await;
        (result, asked.load(Ordering::SeqCst))
    }

    #[tokio::test]
    async fn the_leader_alone_is_asked_and_says_whether_it_was_registered() {
        let gone = unregistered(0).await;
        assert!(matches!(gone, (Ok(true), 0)), "{gone:?}");
        let unknown = unregistered(ResponseError::BrokerIdNotRegistered.code()).await;
        assert!(matches!(unknown, (Ok(false), 0)), "{unknown:?}");
    }

    #[tokio::test]
    async fn a_refusal_has_the_leaders_own_words() {
        let (refused, _) = unregistered(ResponseError::NotController.code()).await;
        assert_eq!(refused.unwrap_err().to_string(), "NotController: because");
    }
}
