//! Whether the broker that ZooKeeper names as the controller acts as one.
//!
//! A broker whose session expired while it was stopped can hold `/controller` again and yet not know it: every broker
//! names it, and it refuses each change with NOT_CONTROLLER. Only its own answer to a request for the controller tells.

use std::net::SocketAddr;
use std::time::Duration;

use kafka_protocol::error::ResponseError;

use crate::wire::delete_topics::delete_topics;
use crate::wire::pool::Pool;

/// No topic has this name (`Topic.validate`), so that deleting it changes nothing. The controller answers
/// UNKNOWN_TOPIC_OR_PARTITION, any other broker NOT_CONTROLLER (`KafkaApis.handleDeleteTopicsRequest`), and neither
/// logs it: CreateTopics, which would do as well, is logged with a stack trace.
const NO_TOPIC: &str = "?";

/// Why it does not act, in its own word; `None` when it does, or does not answer within the deadline.
pub(super) async fn refusal(pool: &Pool, controller: SocketAddr, deadline: Duration) -> Option<String> {
    let answers = delete_topics(pool, controller, &[NO_TOPIC.to_owned()], deadline).await.ok()?;
    let refuses =
        |answer: &&crate::wire::answers::TopicAnswer| answer.error == Some(ResponseError::NotController);
    answers.iter().find(refuses).map(|answer| answer.reason())
}

#[cfg(test)]
mod tests {
    use bytes::{Bytes, BytesMut};
    use kafka_protocol::messages::ApiKey;
    use kafka_protocol::messages::delete_topics_response::{DeletableTopicResult, DeleteTopicsResponse};
    use kafka_protocol::protocol::Encodable;

    use super::*;
    use crate::wire::answers::topic_name;
    use crate::wire::fake::{Damage, FakeBroker, Reply};

    fn answer(error: ResponseError, version: i16) -> Bytes {
        let topic = DeletableTopicResult::default()
            .with_name(Some(topic_name(NO_TOPIC)))
            .with_error_code(error.code());
        let mut body = BytesMut::new();
        DeleteTopicsResponse::default().with_responses(vec![topic]).encode(&mut body, version).unwrap();
        body.freeze()
    }

    async fn refusal_of(error: ResponseError) -> Option<String> {
        let handler = move |_, key, version| match key {
            ApiKey::DeleteTopics => Reply::Body(answer(error, version)),
            _ => Reply::Close,
        };
        let broker = FakeBroker::start(handler, Damage::None).await;
        refusal(&broker.pool(), broker.address, Duration::from_secs(60)).await
    }

    #[tokio::test]
    async fn only_a_broker_that_says_that_it_is_not_the_controller_does_not_act_as_one() {
        assert_eq!(refusal_of(ResponseError::UnknownTopicOrPartition).await, None);
        assert_eq!(refusal_of(ResponseError::TopicDeletionDisabled).await, None);
        assert!(refusal_of(ResponseError::NotController).await.is_some());
    }
}
