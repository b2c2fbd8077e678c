//! The requests of a consumer.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::client::topic::ASK;
use crate::wire::KafkaError;
use crate::wire::connection::Connection;
use crate::wire::fetch::{Fetched, Limits, fetch};
use crate::wire::offsets::{Offset, list_offsets};
use crate::wire::pool::Pool;

/// The broker waits so long for records at most, so that who joins or leaves is noticed.
pub(super) const LIMITS: Limits = Limits { max_wait_ms: 500, max_bytes: 8 << 20, partition_bytes: 1 << 20 };

/// For an answer, the broker's own waiting included; a paused broker costs it.
const FETCH: Duration = Duration::from_millis(3500);

/// Over the connection in hand, if it is still open, or a new one; it comes back with the answer.
pub(super) async fn fetch_from(
    pool: &Pool,
    connection: Option<Connection>,
    address: SocketAddr,
    topic: Arc<str>,
    partitions: Vec<(i32, i64)>,
) -> Result<(Connection, Vec<Fetched>), KafkaError> {
    let work = async {
        let mut broker = match connection.and_then(Connection::if_usable) {
            Some(connection) => connection,
            None => pool.open(address).await?,
        };
        let fetched = fetch(&mut broker, &topic, &partitions, LIMITS).await?;
        Ok((broker, fetched))
    };
    timeout(FETCH, work).await.unwrap_or(Err(KafkaError::Timeout(FETCH)))
}

/// Where the log of one partition begins and ends.
pub(super) async fn range(
    pool: &Pool,
    leader: SocketAddr,
    topic: &str,
    partition: i32,
) -> Option<(i64, i64)> {
    let asked = BTreeMap::from([(topic, vec![partition])]);
    let one = async |offset| {
        let told = list_offsets(pool, leader, &asked, offset, ASK).await.ok()?;
        told.into_values().next()?.ok()
    };
    let (earliest, latest) = tokio::join!(one(Offset::Earliest), one(Offset::Latest));
    Some((earliest?, latest?))
}
