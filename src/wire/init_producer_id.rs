//! InitProducerId (KIP-98): who an idempotent producer is, so that brokers know its batches again.

use std::net::SocketAddr;
use std::time::Duration;

use kafka_protocol::messages::InitProducerIdRequest;

use super::error::KafkaError;
use super::pool::Pool;

/// A producer as brokers know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProducerId {
    pub id: i64,
    pub epoch: i16,
}

/// A new id, from any broker; while there is no controller a broker may have none to give.
pub(crate) async fn init_producer_id(
    pool: &Pool,
    broker: SocketAddr,
    deadline: Duration,
) -> Result<ProducerId, KafkaError> {
    // Of transactions only, but a broker refuses a timeout that is not positive.
    let request =
        InitProducerIdRequest::default().with_transactional_id(None).with_transaction_timeout_ms(60_000);
    let answer = pool.call(broker, &request, deadline).await?;
    KafkaError::check(answer.error_code, None)?;
    Ok(ProducerId { id: answer.producer_id.0, epoch: answer.producer_epoch })
}
