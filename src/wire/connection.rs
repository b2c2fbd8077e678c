//! One TCP connection to one broker: one request at a time, matched by its correlation id.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::task::{Context, Waker};

use bytes::{Buf, BufMut, BytesMut};
use kafka_protocol::messages::{ApiKey, ApiVersionsRequest, RequestHeader};
use kafka_protocol::protocol::{Decodable, Encodable, Request, StrBytes, VersionRange};
use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::either::Either;

use super::compact;
use super::error::KafkaError;
use super::frame;
use super::frame::Answer;
use super::stream::Stream;

/// What brokers see as our client id, in their request logs and quotas.
const CLIENT_ID: &str = "cluster";

/// A connection that has learnt what its broker speaks.
#[derive(Debug)]
pub struct Connection {
    address: SocketAddr,
    stream: Stream,
    /// By API key, from ApiVersions.
    versions: HashMap<i16, VersionRange>,
    last_correlation_id: i32,
    /// From the first byte of a request to the last byte of its answer. A connection that is let go
    /// meanwhile (deadline, error) has an answer under way that nobody may take for another's.
    in_flight: bool,
}

impl Connection {
    /// Negotiates over a stream that has just been opened.
    pub(super) async fn over(address: SocketAddr, stream: Stream) -> Result<Self, KafkaError> {
        let mut connection = Connection {
            address,
            stream,
            versions: HashMap::new(),
            last_correlation_id: 0,
            in_flight: false,
        };
        connection.negotiate().await?;
        Ok(connection)
    }

    /// Asks for ApiVersions: also the cheapest proof that a broker handles requests.
    ///
    /// Version 0 is asked for: every broker from 0.10 to 4.x speaks it, so that no answer in an older
    /// format than the question has to be told apart (KIP-511).
    pub async fn negotiate(&mut self) -> Result<(), KafkaError> {
        let answer = self.call_version(&ApiVersionsRequest::default(), 0).await?;
        KafkaError::check(answer.error_code, None)?;
        self.versions = answer
            .api_keys
            .iter()
            .map(|api| (api.api_key, VersionRange { min: api.min_version, max: api.max_version }))
            .collect();
        Ok(())
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The version that a request of this type goes out in.
    pub fn version<R: Request>(&self) -> Result<i16, KafkaError> {
        let ours = VersionRange { min: R::VERSIONS.min, max: newest_plain::<R>() };
        self.versions
            .get(&R::KEY)
            .map(|theirs| theirs.intersect(&ours))
            .filter(|common| !common.is_empty())
            .map(|common| common.max)
            .ok_or_else(|| unsupported(R::KEY))
    }

    /// True when the broker speaks exactly this version of an API.
    pub fn speaks(&self, key: ApiKey, version: i16) -> bool {
        self.speaks_key(key as i16, version)
    }

    /// The same of any API, also of one that kafka-protocol does not know.
    pub fn speaks_key(&self, key: i16, version: i16) -> bool {
        self.versions.get(&key).is_some_and(|range| (range.min..=range.max).contains(&version))
    }

    /// Sends a request in the newest version that both sides know, and waits for its answer.
    pub async fn call<R: Request>(&mut self, request: &R) -> Result<R::Response, KafkaError> {
        let version = self.version::<R>()?;
        self.call_version(request, version).await
    }

    async fn call_version<R: Request>(
        &mut self,
        request: &R,
        version: i16,
    ) -> Result<R::Response, KafkaError> {
        let mut body = BytesMut::new();
        request.encode(&mut body, version).map_err(|error| KafkaError::Unwritable(error.to_string()))?;
        let mut answer = self.call_raw(R::KEY, version, &body).await?;
        R::Response::decode(&mut answer, version).map_err(|error| KafkaError::Garbage(error.to_string()))
    }

    /// Sends a request whose body is already in bytes, for versions that kafka-protocol has dropped.
    /// Only for versions without tagged fields.
    pub async fn call_raw(&mut self, key: i16, version: i16, body: &[u8]) -> Result<Answer, KafkaError> {
        let mut request = self.begin(key, version, body.len())?;
        request.put_slice(body);
        self.exchange(request).await
    }

    /// Sends version 0 of an API that has had tagged fields and compact arrays from the start (KIP-482). The
    /// answer begins with its body, to be read by `compact`, which bounds what kafka-protocol does not.
    pub async fn call_flexible(&mut self, key: ApiKey, body: &[u8]) -> Result<Answer, KafkaError> {
        Ok(self.call_newest(key as i16, 0..=0, body).await?.1)
    }

    /// The same in the newest of these flexible versions that the broker speaks, with that version. The body must
    /// be the same in all of them.
    pub async fn call_newest(
        &mut self,
        key: i16,
        versions: RangeInclusive<i16>,
        body: &[u8],
    ) -> Result<(i16, Answer), KafkaError> {
        let version = versions.rev().find(|version| self.speaks_key(key, *version));
        let version = version.ok_or_else(|| unsupported(key))?;
        let mut request = self.header(key, version, 2, body.len())?;
        request.put_slice(body);
        let mut answer = self.exchange(request).await?;
        // Response header 1: tagged fields after the correlation id. ApiVersions never has it, so that whoever
        // asks in too new a version can read the answer (KIP-511).
        if key != ApiKey::ApiVersions as i16 {
            compact::skip_tags(&mut answer).map_err(|error| KafkaError::Garbage(error.to_string()))?;
        }
        Ok((version, answer))
    }

    /// The beginning of a request, behind which its body of about `size` bytes is to be written: for
    /// [`Connection::exchange`] or [`Connection::send`], before any other request.
    pub fn begin(&mut self, key: i16, version: i16, size: usize) -> Result<Vec<u8>, KafkaError> {
        self.header(key, version, 1, size)
    }

    fn header(
        &mut self,
        key: i16,
        version: i16,
        header_version: i16,
        size: usize,
    ) -> Result<Vec<u8>, KafkaError> {
        /// Bytes of a header with our client id.
        const HEADER: usize = 32;
        if let Ok(api) = ApiKey::try_from(key) {
            tracing::debug!("asks {} for {api:?}, version {version}", self.address);
        }
        self.last_correlation_id = self.last_correlation_id.wrapping_add(1);
        let header = RequestHeader::default()
            .with_request_api_key(key)
            .with_request_api_version(version)
            .with_correlation_id(self.last_correlation_id)
            .with_client_id(Some(StrBytes::from_static_str(CLIENT_ID)));
        let mut request = Vec::with_capacity(frame::LENGTH + HEADER + size);
        request.put_slice(&[0; frame::LENGTH]);
        header
            .encode(&mut request, header_version)
            .map_err(|error| KafkaError::Unwritable(error.to_string()))?;
        Ok(request)
    }

    /// Sends what [`Connection::begin`] began, and waits for its answer.
    pub async fn exchange(&mut self, request: Vec<u8>) -> Result<Answer, KafkaError> {
        self.in_flight = true;
        frame::write(&mut self.stream, request).await?;
        let mut answer = frame::read(&mut self.stream).await?;
        match answer.0.try_get_i32() {
            Ok(id) if id == self.last_correlation_id => {}
            Ok(id) => return Err(KafkaError::Garbage(format!("it has correlation id {id}"))),
            Err(_) => return Err(KafkaError::Garbage("it is too short".to_owned())),
        }
        self.in_flight = false;
        Ok(answer)
    }

    /// Sends a request that has no answer: Produce with acks=0. Done means handed to the system.
    pub async fn send(&mut self, request: Vec<u8>) -> Result<(), KafkaError> {
        self.in_flight = true;
        frame::write(&mut self.stream, request).await?;
        self.in_flight = false;
        Ok(())
    }

    /// Itself when another request may use it: no answer is under way and the broker has not closed it.
    pub fn if_usable(mut self) -> Option<Self> {
        (!self.in_flight && self.is_open()).then_some(self)
    }

    fn is_open(&mut self) -> bool {
        match &mut self.stream {
            Either::Left(stream) => {
                let read = stream.try_read(&mut [0]);
                matches!(read, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
            }
            // What is no data of the other end's, such as a ticket for the next session, is read over.
            Either::Right(stream) => {
                let (mut byte, mut context) = ([0], Context::from_waker(Waker::noop()));
                Pin::new(stream).poll_read(&mut context, &mut ReadBuf::new(&mut byte)).is_pending()
            }
        }
    }
}

/// The newest version of a request without tagged fields and compact arrays (KIP-482), that is, with
/// request header 1. Nothing that is asked here needs a newer one, brokers from 0.10 to 4.x speak
/// these (KIP-896), and `Answer` guards their arrays.
pub(crate) fn newest_plain<R: Request>() -> i16 {
    (R::VERSIONS.min..=R::VERSIONS.max).rev().find(|version| R::header_version(*version) <= 1).unwrap_or(-1)
}

/// The API's name and the first Kafka that has it.
fn unsupported(key: i16) -> KafkaError {
    let (api, since) = match ApiKey::try_from(key) {
        Ok(ApiKey::Metadata) => ("Metadata", "0.8"),
        Ok(ApiKey::Produce) => ("Produce", "0.8"),
        Ok(ApiKey::Fetch) => ("Fetch v3", "0.10.1"),
        Ok(ApiKey::ListOffsets) => ("ListOffsets v1", "0.10.1"),
        Ok(ApiKey::FindCoordinator) => ("FindCoordinator", "0.9"),
        Ok(ApiKey::JoinGroup) => ("JoinGroup", "0.9"),
        Ok(ApiKey::ListGroups) => ("ListGroups", "0.9"),
        Ok(ApiKey::OffsetCommit) => ("OffsetCommit v2", "0.9"),
        Ok(ApiKey::OffsetFetch) => ("OffsetFetch", "0.9"),
        Ok(ApiKey::CreateTopics) => ("CreateTopics", "0.10.1"),
        Ok(ApiKey::DeleteTopics) => ("DeleteTopics", "0.10.1"),
        Ok(ApiKey::DescribeConfigs) => ("DescribeConfigs", "0.11"),
        Ok(ApiKey::CreatePartitions) => ("CreatePartitions", "1.0"),
        Ok(ApiKey::DescribeLogDirs) => ("DescribeLogDirs", "1.0"),
        Ok(ApiKey::DeleteGroups) => ("DeleteGroups", "1.1"),
        Ok(ApiKey::ElectLeaders) => ("ElectLeaders", "2.2"),
        Ok(ApiKey::InitProducerId) => ("InitProducerId", "0.11"),
        Ok(ApiKey::IncrementalAlterConfigs) => ("IncrementalAlterConfigs", "2.3"),
        Ok(ApiKey::AlterPartitionReassignments) => ("AlterPartitionReassignments", "2.4"),
        Ok(ApiKey::ApiVersions) => ("ApiVersions v3", "2.4"),
        Ok(ApiKey::DescribeQuorum) => ("DescribeQuorum", "3.0, in KRaft mode"),
        Ok(ApiKey::DescribeTopicPartitions) => ("DescribeTopicPartitions", "3.8, in KRaft mode"),
        Ok(ApiKey::UnregisterBroker) => ("UnregisterBroker", "3.0, in KRaft mode"),
        Ok(ApiKey::ConsumerGroupDescribe) => ("ConsumerGroupDescribe", "3.7, in KRaft mode"),
        Ok(ApiKey::ShareGroupDescribe) => ("ShareGroupDescribe v1", "4.1"),
        Ok(ApiKey::DescribeShareGroupOffsets) => ("DescribeShareGroupOffsets", "4.1"),
        Ok(ApiKey::AlterShareGroupOffsets) => ("AlterShareGroupOffsets", "4.1"),
        Ok(ApiKey::AlterUserScramCredentials) => ("AlterUserScramCredentials", "2.7"),
        Ok(ApiKey::DescribeUserScramCredentials) => ("DescribeUserScramCredentials", "2.7"),
        Ok(ApiKey::DescribeAcls) => ("DescribeAcls", "0.11"),
        Ok(ApiKey::CreateAcls) => ("CreateAcls", "0.11"),
        Ok(ApiKey::DeleteAcls) => ("DeleteAcls", "0.11"),
        Ok(ApiKey::ListPartitionReassignments) => ("ListPartitionReassignments", "2.4"),
        _ => ("this API", "a later version"),
    };
    KafkaError::Unsupported { api, since }
}
