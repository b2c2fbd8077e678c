//! DeleteTopics.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, BufMut, TryGetError};
use kafka_protocol::messages::{ApiKey, DeleteTopicsRequest};

use super::answers::{TopicAnswer, broker_timeout_ms, topic_name};
use super::basic::{array, put_count, put_string, string};
use super::connection::Connection;
use super::error::{KafkaError, within};
use super::frame::Answer;
use super::pool::Pool;

/// DeleteTopics v0, since 0.10.1; the oldest of kafka-protocol is 1.
const OF_0_10: i16 = 0;

/// Asks the controller to delete these topics and waits until it tells of them no more, or until it runs
/// out of time: it answers RequestTimedOut then, and goes on.
pub(crate) async fn delete_topics(
    pool: &Pool,
    controller: SocketAddr,
    topics: &[String],
    deadline: Duration,
) -> Result<Vec<TopicAnswer>, KafkaError> {
    within(deadline, async {
        let mut broker = pool.take(controller).await?;
        let timeout_ms = broker_timeout_ms(deadline);
        if broker.version::<DeleteTopicsRequest>().is_err() && broker.speaks(ApiKey::DeleteTopics, OF_0_10) {
            let answers = delete_as_0_10(&mut broker, topics, timeout_ms).await;
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

async fn delete_as_0_10(
    broker: &mut Connection,
    topics: &[String],
    timeout_ms: i32,
) -> Result<Vec<TopicAnswer>, KafkaError> {
    let mut body = Vec::new();
    put_count(&mut body, topics.len());
    for topic in topics {
        put_string(&mut body, topic)?;
    }
    body.put_i32(timeout_ms);
    let answer = broker.call_raw(ApiKey::DeleteTopics as i16, OF_0_10, &body).await?;
    read_as_0_10(answer).map_err(|error| KafkaError::Garbage(error.to_string()))
}

/// The answer of [`OF_0_10`].
pub(super) fn read_as_0_10(mut answer: Answer) -> Result<Vec<TopicAnswer>, TryGetError> {
    array(&mut answer, |answer| {
        let name = string(answer)?.unwrap_or_default();
        Ok(TopicAnswer::new(&name, answer.try_get_i16()?, None::<String>))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_kafka_0_10_is_read() {
        let deleted = [&[0, 0, 0, 1, 0, 1][..], b"t", &[0, 0]].concat();
        assert_eq!(read_as_0_10(Answer(deleted.into())).unwrap(), [TopicAnswer::new("t", 0, None::<String>)]);
    }
}
