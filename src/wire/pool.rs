//! Connections that are kept between requests, and where brokers listen.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kafka_protocol::messages::ApiKey;
use kafka_protocol::protocol::Request;

use super::connection::Connection;
use super::error::{KafkaError, within};
use super::frame::Answer;
use super::tls::Dialer;
use crate::plan::endpoints::Endpoints;

/// Idle connections kept per broker: probe, survey and topics may run at once.
const IDLE_PER_BROKER: usize = 3;

/// The brokers of a cluster and idle connections to them. Opens nothing by itself.
#[derive(Debug)]
pub struct Pool {
    endpoints: Endpoints,
    dialer: Dialer,
    /// Brokers that joined later than the plan that we have, by their own word.
    joined: Mutex<BTreeMap<i32, SocketAddr>>,
    idle: Mutex<HashMap<SocketAddr, Vec<Connection>>>,
}

impl Pool {
    /// No connection is opened before something is asked.
    pub fn new(endpoints: &Endpoints) -> Self {
        let dialer = Dialer::new(endpoints);
        Pool { endpoints: endpoints.clone(), dialer, joined: Mutex::default(), idle: Mutex::default() }
    }

    /// Those of the plan; brokers that joined later are not among them.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// A new connection, whatever is idle.
    pub async fn open(&self, address: SocketAddr) -> Result<Connection, KafkaError> {
        self.dialer.open(address).await
    }

    /// Where a broker listens: one of the plan, or one that Kafka has named since.
    pub fn broker(&self, id: i32) -> Option<SocketAddr> {
        let planned = self.endpoints.brokers.get(&id).copied();
        planned.or_else(|| self.joined.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied())
    }

    /// Where Kafka says that a broker listens. Nothing is ever sent to another machine.
    pub(super) fn learn(&self, id: i32, host: &str, port: i32) {
        let address = host.parse::<IpAddr>().ok().filter(IpAddr::is_loopback);
        if let (Some(address), Ok(port @ 1..)) = (address, u16::try_from(port))
            && id >= 0
            && !self.endpoints.brokers.contains_key(&id)
        {
            let mut joined = self.joined.lock().unwrap_or_else(PoisonError::into_inner);
            // As many as a cluster can have; a damaged answer names no end of them.
            if joined.len() < 1000 || joined.contains_key(&id) {
                joined.insert(id, SocketAddr::from((address, port)));
            }
        }
    }

    /// A connection of one's own to a broker: an idle one that is still open, or a new one.
    /// Give it back with [`Pool::keep`], or drop it to close it.
    pub async fn take(&self, address: SocketAddr) -> Result<Connection, KafkaError> {
        loop {
            let idle = self.idle().get_mut(&address).and_then(Vec::pop);
            let Some(idle) = idle else { return self.open(address).await };
            if let Some(connection) = idle.if_usable() {
                return Ok(connection);
            }
        }
    }

    /// Keeps a connection for the next request, if it can still be used.
    pub fn keep(&self, connection: Connection) {
        if let Some(connection) = connection.if_usable() {
            let mut idle = self.idle();
            let kept = idle.entry(connection.address()).or_default();
            if kept.len() < IDLE_PER_BROKER {
                kept.push(connection);
            }
        }
    }

    /// Whether a broker speaks this version of an API.
    pub(super) async fn speaks(
        &self,
        address: SocketAddr,
        key: i16,
        version: i16,
        deadline: Duration,
    ) -> Result<bool, KafkaError> {
        within(deadline, async {
            let broker = self.take(address).await?;
            let speaks = broker.speaks_key(key, version);
            self.keep(broker);
            Ok(speaks)
        })
        .await
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

    /// The same in the newest of several flexible versions, see `Connection::call_newest`.
    pub async fn call_newest(
        &self,
        address: SocketAddr,
        key: i16,
        versions: RangeInclusive<i16>,
        body: &[u8],
        deadline: Duration,
    ) -> Result<(i16, Answer), KafkaError> {
        within(deadline, async {
            let mut broker = self.take(address).await?;
            let answer = broker.call_newest(key, versions, body).await;
            self.keep(broker);
            answer
        })
        .await
    }

    fn idle(&self) -> MutexGuard<'_, HashMap<SocketAddr, Vec<Connection>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a broker listens.
pub(crate) fn address(pool: &Pool, broker: i32) -> Result<SocketAddr, KafkaError> {
    let unknown = || KafkaError::Garbage(format!("it names broker {broker}, which nobody knows"));
    pool.broker(broker).ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_that_joined_is_known_by_kafkas_word_if_it_is_on_this_machine() {
        let planned: SocketAddr = "127.0.0.1:19092".parse().unwrap();
        let endpoints = Endpoints { brokers: [(0, planned)].into(), ..Endpoints::default() };
        let pool = Pool::new(&endpoints);
        pool.learn(0, "127.0.0.1", 1);
        pool.learn(3, "127.0.0.1", 19_095);
        pool.learn(4, "192.0.2.1", 9092);
        pool.learn(5, "somewhere", 9092);
        pool.learn(6, "127.0.0.1", 0);
        pool.learn(7, "127.0.0.1", 70_000);
        let known: Vec<_> = (0..8).filter_map(|id| pool.broker(id)).map(|address| address.port()).collect();
        assert_eq!(known, [19_092, 19_095]);
    }
}
