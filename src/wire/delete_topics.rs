//! DeleteTopics.

use std::net::SocketAddr;
use std::time::Duration;

use kafka_protocol::messages::{ApiKey, DeleteTopicsRequest};

use super::answers::{TopicAnswer, broker_timeout_ms, topic_name};
use super::error::{KafkaError, within};
use super::legacy;
use super::pool::Pool;

/// Asks the controller to delete these topics and waits until it tells of them no more, or until it runs
/// out of time: it answers RequestTimedOut then, and goes on.
pub async fn delete_topics(
    pool: &Pool,
    controller: SocketAddr,
    topics: &[String],
    deadline: Duration,
) -> Result<Vec<TopicAnswer>, KafkaError> {
    within(deadline, async {
        let mut broker = pool.take(controller).await?;
        let timeout_ms = broker_timeout_ms(deadline);
        if broker.version::<DeleteTopicsRequest>().is_err()
            && broker.speaks(ApiKey::DeleteTopics, legacy::DELETE_TOPICS)
        {
            let answers = legacy::delete_topics(&mut broker, topics, timeout_ms).await;
            pool.keep(broker);
            return answers;
        }
        let request = DeleteTopicsRequest::default()
            .with_topic_names(topics.iter().map(|topic| topic_name(topic)).collect())
            .with_timeout_ms(timeout_ms);
        let answer = broker.call(&request).await;
        pool.keep(broker);
        let read = |topic: kafka_protocol::messages::delete_topics_response::DeletableTopicResult| {
            let name = topic.name.unwrap_or_default();
            TopicAnswer::new(&name.0, topic.error_code, topic.error_message)
        };
        Ok(answer?.responses.into_iter().map(read).collect())
    })
    .await
}
