//! A broker for tests: speaks the protocol through kafka-protocol's own encoders, and breaks it on
//! purpose.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use kafka_protocol::messages::api_versions_response::{ApiVersion, ApiVersionsResponse};
use kafka_protocol::messages::metadata_response::{
    MetadataResponse, MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::{ApiKey, BrokerId};
use kafka_protocol::protocol::{Encodable, StrBytes};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::answers::topic_name;
use super::pool::Pool;
use crate::plan::endpoints::Endpoints;

/// What the fake does with one request.
pub(crate) enum Reply {
    Body(Bytes),
    /// Takes this long, and answers nobody else meanwhile.
    Slowly(Bytes, Duration),
    /// Never answers.
    Silence,
    Close,
}

/// One request, but for ApiVersions v0.
pub(crate) struct Asked {
    /// From 1.
    pub connection: usize,
    pub key: ApiKey,
    pub version: i16,
    /// From the client id on.
    rest: Bytes,
}

impl Asked {
    /// Behind the header.
    pub(crate) fn body(&self) -> Bytes {
        let mut rest = self.rest.clone();
        let client_id = rest.get_i16();
        rest.advance(client_id.max(0) as usize);
        if self.key.request_header_version(self.version) > 1 {
            rest.advance(1);
        }
        rest
    }
}

/// What happens to the bytes that go out, counted from the first one of a connection.
#[derive(Clone, Debug)]
pub(crate) enum Damage {
    None,
    /// Bytes from this one on are never sent; the connection is closed, or stays open.
    Cut {
        at: usize,
        then_close: bool,
    },
    Flip {
        at: usize,
        mask: u8,
    },
    /// These bytes instead of the first answer.
    Noise(Vec<u8>),
}

pub(crate) struct FakeBroker {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl FakeBroker {
    /// `handler` gets, of each request but ApiVersions v0, the number of the connection (from 1), the
    /// API key and the version.
    pub(crate) async fn start(
        mut handler: impl FnMut(usize, ApiKey, i16) -> Reply + Send + 'static,
        damage: Damage,
    ) -> Self {
        let handler = move |asked: Asked| handler(asked.connection, asked.key, asked.version);
        Self::of_version(handler, &[], damage).await
    }

    /// One that speaks these APIs up to these versions, and all others as any fake does.
    pub(crate) async fn of_version(
        handler: impl FnMut(Asked) -> Reply + Send + 'static,
        newest: &[(ApiKey, i16)],
        damage: Damage,
    ) -> Self {
        let versions = body(&versions(newest), 0);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = connections.clone();
        let handler = Arc::new(Mutex::new(handler));
        let turn = Arc::new(tokio::sync::Mutex::new(()));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = counter.fetch_add(1, Ordering::SeqCst) + 1;
                let (handler, versions, turn) = (handler.clone(), versions.clone(), turn.clone());
                tokio::spawn(serve(number, stream, handler, versions, turn, damage.clone()));
            }
        });
        FakeBroker { address, connections, task }
    }

    /// A pool that knows this fake as broker 0.
    pub(crate) fn pool(&self) -> Pool {
        Pool::new(&Endpoints { brokers: [(0, self.address)].into(), ..Endpoints::default() })
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for FakeBroker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve<H: FnMut(Asked) -> Reply>(
    connection: usize,
    mut stream: TcpStream,
    handler: Arc<Mutex<H>>,
    versions: Bytes,
    turn: Arc<tokio::sync::Mutex<()>>,
    damage: Damage,
) {
    let mut sent = 0;
    while let Ok(length) = stream.read_i32().await {
        let mut request = vec![0; length as usize];
        if stream.read_exact(&mut request).await.is_err() {
            return;
        }
        let mut request = Bytes::from(request);
        let key = ApiKey::try_from(request.get_i16()).unwrap();
        let (version, correlation_id) = (request.get_i16(), request.get_i32());
        let reply = match key {
            ApiKey::ApiVersions if version == 0 => Reply::Body(versions.clone()),
            key => (handler.lock().unwrap())(Asked { connection, key, version, rest: request }),
        };
        let body = match reply {
            Reply::Body(body) => body,
            Reply::Slowly(body, time) => {
                let _turn = turn.lock().await;
                tokio::time::sleep(time).await;
                body
            }
            Reply::Silence => continue,
            Reply::Close => return,
        };
        let mut frame = Vec::new();
        frame.extend((body.len() as i32 + 4).to_be_bytes());
        frame.extend(correlation_id.to_be_bytes());
        frame.extend(&body);
        let (start, end) = (sent, sent + frame.len());
        sent = end;
        match &damage {
            Damage::Flip { at, mask } if (start..end).contains(at) => frame[at - start] ^= mask,
            Damage::Noise(bytes) if start == 0 => frame.clone_from(bytes),
            Damage::Cut { at, then_close } if *at < end => {
                frame.truncate(at.saturating_sub(start));
                let _ = stream.write_all(&frame).await;
                match then_close {
                    true => return,
                    false => std::future::pending().await,
                }
            }
            _ => {}
        }
        if stream.write_all(&frame).await.is_err() {
            return;
        }
    }
}

/// A message as it goes out in this version.
pub(crate) fn body(message: &impl Encodable, version: i16) -> Bytes {
    let mut bytes = BytesMut::new();
    message.encode(&mut bytes, version).unwrap();
    bytes.freeze()
}

/// A message of a flexible version as it goes out, behind the tagged fields of the header.
pub(crate) fn flexible(message: &impl Encodable, version: i16) -> Bytes {
    let mut bytes = BytesMut::from(&[0][..]);
    message.encode(&mut bytes, version).unwrap();
    bytes.freeze()
}

fn versions(newest: &[(ApiKey, i16)]) -> ApiVersionsResponse {
    let mut versions = api_versions();
    for (key, max) in newest {
        versions.api_keys.retain(|api| api.api_key != *key as i16);
        let api = ApiVersion::default().with_api_key(*key as i16).with_max_version(*max);
        versions.api_keys.push(api);
    }
    versions
}

/// What every fake says that it speaks.
pub(crate) fn api_versions() -> ApiVersionsResponse {
    let api = |key: ApiKey, max: i16| {
        ApiVersion::default().with_api_key(key as i16).with_min_version(0).with_max_version(max)
    };
    ApiVersionsResponse::default().with_api_keys(vec![
        api(ApiKey::Metadata, 12),
        api(ApiKey::CreateTopics, 7),
        api(ApiKey::DeleteTopics, 6),
        api(ApiKey::CreatePartitions, 3),
        api(ApiKey::DescribeLogDirs, 4),
        api(ApiKey::ElectLeaders, 2),
        api(ApiKey::DescribeConfigs, 4),
        api(ApiKey::IncrementalAlterConfigs, 1),
        api(ApiKey::Produce, 11),
        api(ApiKey::InitProducerId, 4),
        api(ApiKey::ListOffsets, 9),
        api(ApiKey::FindCoordinator, 6),
        api(ApiKey::ListGroups, 4),
        api(ApiKey::DescribeGroups, 6),
        api(ApiKey::DeleteGroups, 2),
        api(ApiKey::OffsetFetch, 7),
        api(ApiKey::OffsetCommit, 9),
        api(ApiKey::JoinGroup, 9),
        api(ApiKey::SyncGroup, 5),
        api(ApiKey::Heartbeat, 4),
        api(ApiKey::LeaveGroup, 5),
        api(ApiKey::DescribeAcls, 3),
        api(ApiKey::CreateAcls, 3),
        api(ApiKey::DeleteAcls, 3),
        api(ApiKey::AlterPartitionReassignments, 0),
        api(ApiKey::ListPartitionReassignments, 0),
        api(ApiKey::ApiVersions, 4),
        api(ApiKey::DescribeQuorum, 2),
        api(ApiKey::UnregisterBroker, 0),
        api(ApiKey::AlterUserScramCredentials, 0),
        api(ApiKey::DescribeTopicPartitions, 0),
    ])
}

/// Metadata of brokers 0 to 2, broker 0 being the controller, and of topics: name and partitions,
/// each replicated by brokers 0 and 1.
pub(crate) fn metadata(topics: &[(&str, i32)]) -> MetadataResponse {
    let broker = |id: i32| {
        MetadataResponseBroker::default()
            .with_node_id(BrokerId(id))
            // A machine that there is not: nobody may send to ports that are not the fake's.
            .with_host(StrBytes::from_static_str("192.0.2.1"))
            .with_port(9092 + id)
    };
    let partition = |number: i32| {
        MetadataResponsePartition::default()
            .with_partition_index(number)
            .with_leader_id(BrokerId(0))
            .with_leader_epoch(3)
            .with_replica_nodes(vec![BrokerId(0), BrokerId(1)])
            .with_isr_nodes(vec![BrokerId(0)])
    };
    let topic = |(name, count): &(&str, i32)| {
        MetadataResponseTopic::default()
            .with_name(Some(topic_name(name)))
            .with_partitions((0..*count).map(partition).collect())
    };
    MetadataResponse::default()
        .with_controller_id(BrokerId(0))
        .with_brokers((0..3).map(broker).collect())
        .with_topics(topics.iter().map(topic).collect())
}
