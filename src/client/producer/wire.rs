//! The requests of a producer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use kafka_protocol::error::ResponseError;
use tokio::time::{Instant, timeout_at};

use crate::client::topic::ASK;
use crate::wire::KafkaError;
use crate::wire::connection::Connection;
use crate::wire::init_producer_id::{ProducerId, init_producer_id};
use crate::wire::pool::Pool;
use crate::wire::produce_request::{Entry, Produced, produce};

/// For a connection to say what it speaks.
const CONNECT: Duration = Duration::from_secs(3);

/// Records for the partitions that one broker leads.
pub(super) struct Shipment {
    pub address: SocketAddr,
    pub topic: Arc<str>,
    pub entries: Vec<Entry>,
    pub acks: i16,
    pub deadline: Instant,
}

/// There is no answer.
#[derive(Debug)]
pub(super) struct Lost {
    pub reason: String,
    /// A part of the request may have reached the broker.
    pub sent: bool,
}

/// Over the connection in hand, if it is still open, or a new one; it comes back with the answer.
pub(super) async fn ship(
    pool: &Pool,
    connection: Option<Connection>,
    shipment: Shipment,
) -> Result<(Connection, Vec<Produced>), Lost> {
    let lost = |sent| move |error: KafkaError| Lost { reason: error.to_string(), sent };
    let Shipment { address, topic, entries, acks, deadline } = shipment;
    let mut broker = match connection.and_then(Connection::if_usable) {
        Some(connection) => connection,
        None => {
            let until = deadline.min(Instant::now() + CONNECT);
            let opened = timeout_at(until, pool.open(address)).await;
            opened.unwrap_or(Err(KafkaError::Timeout(CONNECT))).map_err(lost(false))?
        }
    };
    let begin = Instant::now();
    let remaining = deadline.saturating_duration_since(begin);
    // The broker gives up on its replicas first, and says so.
    let timeout_ms = i32::try_from(remaining.mul_f32(0.8).as_millis()).unwrap_or(i32::MAX);
    let topics = [(&*topic, entries)];
    let answer = timeout_at(deadline, produce(&mut broker, &topics, acks, timeout_ms)).await;
    let answer = answer.unwrap_or(Err(KafkaError::Timeout(remaining))).map_err(lost(true))?;
    Ok((broker, answer))
}

/// A producer id, from the first broker that gives one.
pub(super) async fn identify(pool: &Pool) -> Result<ProducerId, KafkaError> {
    let mut failure = KafkaError::NoBroker("the cluster has none".to_owned());
    for (broker, address) in &pool.endpoints().brokers {
        match init_producer_id(pool, *address, ASK).await {
            Ok(identity) => return Ok(identity),
            // What a broker says itself says more than that another is down.
            Err(error @ KafkaError::Code { .. }) => failure = error,
            Err(error) if !matches!(failure, KafkaError::Code { .. }) => {
                failure = KafkaError::NoBroker(format!("broker-{broker}: {error}"));
            }
            Err(_) => {}
        }
    }
    Err(failure)
}

/// Why no broker gives one. The code is that of a coordinator, but the controller is what is missing: it hands out
/// blocks of ids, and a broker whose block is used up answers so until it gets the next one
/// (KIP-730; `RPCProducerIdManager.generateProducerId`).
pub(super) fn why_none(error: &KafkaError) -> String {
    match error {
        KafkaError::Code { code: ResponseError::CoordinatorLoadInProgress, .. } => {
            format!("none has a block of them from the controller: {error}")
        }
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_without_producer_ids_lacks_the_controller() {
        let none = |code| why_none(&KafkaError::Code { code, message: None });
        assert_eq!(
            none(ResponseError::CoordinatorLoadInProgress),
            "none has a block of them from the controller: CoordinatorLoadInProgress"
        );
        assert_eq!(none(ResponseError::ClusterAuthorizationFailed), "ClusterAuthorizationFailed");
    }
}
