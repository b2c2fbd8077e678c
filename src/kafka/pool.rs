//! Connections that are kept between requests, and what brokers told that holds for a while.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kafka_protocol::messages::ApiKey;
use kafka_protocol::protocol::Request;

use super::connection::Connection;
use super::endpoints::Endpoints;
use super::error::{KafkaError, within};
use super::frame::Answer;
use super::min_isr::MinIsrCache;
use crate::zookeeper::four_letter::OpenAhead;

/// Idle connections kept per broker: probe, survey and topics may run at once.
const IDLE_PER_BROKER: usize = 3;

/// The brokers of a cluster and idle connections to them. Opens nothing by itself.
#[derive(Debug)]
pub struct Pool {
    endpoints: Endpoints,
    idle: Mutex<HashMap<SocketAddr, Vec<Connection>>>,
    pub(super) min_isr: MinIsrCache,
    told_whole: Mutex<Option<Registered>>,
    pub(super) servers: OpenAhead,
}

/// The registered brokers, and the controller among them.
pub(super) type Registered = (BTreeSet<i32>, Option<i32>);

impl Pool {
    pub fn new(endpoints: &Endpoints) -> Self {
        Pool {
            endpoints: endpoints.clone(),
            idle: Mutex::default(),
            min_isr: MinIsrCache::default(),
            told_whole: Mutex::default(),
            servers: OpenAhead::default(),
        }
    }

    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// A connection of one's own to a broker: an idle one that is still open, or a new one.
    /// Give it back with [`Pool::keep`], or drop it to close it.
    pub async fn take(&self, address: SocketAddr) -> Result<Connection, KafkaError> {
        loop {
            let idle = self.idle().get_mut(&address).and_then(Vec::pop);
            match idle {
                Some(connection) if connection.is_usable() => return Ok(connection),
                Some(_closed) => continue,
                None => return Connection::open(address).await,
            }
        }
    }

    /// Keeps a connection for the next request, if it can still be used.
    pub fn keep(&self, connection: Connection) {
        if connection.is_usable() {
            let mut idle = self.idle();
            let kept = idle.entry(connection.address()).or_default();
            if kept.len() < IDLE_PER_BROKER {
                kept.push(connection);
            }
        }
    }

    /// Sends one request to one broker, connecting included, within the deadline.
    pub async fn call<R: Request>(
        &self,
        address: SocketAddr,
        request: &R,
        deadline: Duration,
    ) -> Result<R::Response, KafkaError> {
        within(deadline, async {
            let mut broker = self.take(address).await?;
            let answer = broker.call(request).await;
            self.keep(broker);
            answer
        })
        .await
    }

    /// The same for an API of which every version is flexible, see [`Connection::call_flexible`].
    pub(super) async fn call_flexible(
        &self,
        address: SocketAddr,
        key: ApiKey,
        body: &[u8],
        deadline: Duration,
    ) -> Result<Answer, KafkaError> {
        within(deadline, async {
            let mut broker = self.take(address).await?;
            let answer = broker.call_flexible(key, body).await;
            self.keep(broker);
            answer
        })
        .await
    }

    /// Makes the next survey quicker, at a time when nobody waits.
    pub async fn open_ahead(&self) {
        self.servers.open(self.endpoints.zookeeper.values().copied()).await;
    }

    /// Under whom Metadata told every topic that exists, when it was last looked: only a controller that
    /// was just elected leaves some out, so as long as these stay the same it need not be looked again.
    pub(super) fn told_whole(&self) -> Option<Registered> {
        self.told_whole.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_told_whole(&self, under: Option<Registered>) {
        *self.told_whole.lock().unwrap_or_else(PoisonError::into_inner) = under;
    }

    fn idle(&self) -> MutexGuard<'_, HashMap<SocketAddr, Vec<Connection>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
