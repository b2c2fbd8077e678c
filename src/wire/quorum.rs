//! DescribeQuorum (KIP-595, KIP-836): who leads the KRaft quorum, and who follows.
//!
//! As measured on Kafka 3.9.2, 4.0.1 and 4.4.0 with static voters:
//! - A controller's listener answers ApiVersions as soon as it is open, DescribeQuorum v0 to v2, and closes the
//!   connection at Metadata, which it does not list.
//! - Only the leader tells anything. Any other controller answers NOT_LEADER_OR_FOLLOWER for the partition, with a
//!   leader and an epoch of 0 that mean nothing: whether the quorum has another leader, has none, or has never been.
//! - The leader answers from the moment that it is elected, when its high watermark and the others' log end offsets
//!   are still -1.
//! - Of a voter or broker that has died it goes on telling the offset that it last had.
//! - Brokers hand the request on to the leader.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, TryGetError};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::ApiKey;
use tokio::time::{Instant, timeout_at};

use super::compact::{array, skip_tags, string};
use super::error::KafkaError;
use super::frame::Answer;
use super::pool::Pool;
pub(crate) use crate::view::quorum::{QuorumView, ReplicaState};

/// Partition 0 of `__cluster_metadata`, the same in every version.
const REQUEST: &[u8] = b"\x02\x13__cluster_metadata\x02\0\0\0\0\0\0\0";

/// Version 1 adds the times of the last fetch. Version 2 would add voters' directories and listeners.
pub(super) const NEWEST: i16 = 1;

/// How long another answer is waited for once one leader has told: of two that lead, the one that was deposed does
/// not know it yet, and has the lower epoch.
const GRACE: Duration = Duration::from_millis(50);

/// The address of the controller that leads. All are asked at once, and of several that lead the highest epoch
/// counts; nobody is waited for once one has told. Takes at most `deadline`.
///
/// # Errors
/// [`KafkaError::NoQuorum`], with what each address said, when nobody leads.
pub(super) async fn leading(
    pool: &Pool,
    addresses: &[SocketAddr],
    deadline: Duration,
) -> Result<SocketAddr, KafkaError> {
    let mut until = Instant::now() + deadline;
    let ask_one = async |address: &SocketAddr| (*address, ask(pool, *address, deadline).await);
    let mut answers: FuturesUnordered<_> = addresses.iter().map(ask_one).collect();
    let mut best: Option<(SocketAddr, i32)> = None;
    let mut others = Vec::new();
    while let Ok(Some((address, answer))) = timeout_at(until, answers.next()).await {
        match answer {
            Ok(Some(view)) if view.leader.is_some() => {
                if best.is_none_or(|(_, epoch)| epoch < view.epoch) {
                    best = Some((address, view.epoch));
                }
                until = until.min(Instant::now() + GRACE);
            }
            Ok(_) => others.push(format!("{address} does not lead it")),
            Err(error) => others.push(format!("{address}: {error}")),
        }
    }
    others.sort();
    best.map(|(address, _)| address).ok_or_else(|| KafkaError::NoQuorum(others.join("; ")))
}

/// The word of one controller, or of the leader through one broker; `None`: it does not lead.
pub(crate) async fn ask(
    pool: &Pool,
    address: SocketAddr,
    deadline: Duration,
) -> Result<Option<QuorumView>, KafkaError> {
    let (version, answer) =
        pool.call_newest(address, ApiKey::DescribeQuorum as i16, 0..=NEWEST, REQUEST, deadline).await?;
    read(answer, version).map_err(|error| KafkaError::Garbage(error.to_string()))?
}

/// A replica as it is told: offset and times are -1 where they are unknown.
struct Told {
    id: i32,
    log_end_offset: i64,
    /// Milliseconds of the leader's clock.
    fetched: i64,
    caught_up: i64,
}

fn replica(answer: &mut Answer, version: i16) -> Result<Told, TryGetError> {
    let (id, log_end_offset) = (answer.try_get_i32()?, answer.try_get_i64()?);
    let (fetched, caught_up) = match version {
        0 => (-1, -1),
        _ => (answer.try_get_i64()?, answer.try_get_i64()?),
    };
    skip_tags(answer)?;
    Ok(Told { id, log_end_offset, fetched, caught_up })
}

pub(super) fn read(
    mut answer: Answer,
    version: i16,
) -> Result<Result<Option<QuorumView>, KafkaError>, TryGetError> {
    let code = answer.try_get_i16()?;
    if let Err(error) = KafkaError::check(code, None) {
        return Ok(Err(error));
    }
    let mut found = Ok(None);
    array(&mut answer, |answer| {
        string(answer)?;
        array(answer, |answer| {
            answer.try_get_i32()?; // Partition 0.
            let code = answer.try_get_i16()?;
            let leader = Some(answer.try_get_i32()?).filter(|id| *id >= 0);
            let (epoch, high_watermark) = (answer.try_get_i32()?, answer.try_get_i64()?);
            let voters = array(answer, |answer| replica(answer, version))?;
            let observers = array(answer, |answer| replica(answer, version))?;
            skip_tags(answer)?;
            found = match ResponseError::try_from_code(code) {
                None => Ok(Some(view(leader, epoch, high_watermark, &voters, &observers))),
                Some(ResponseError::NotLeaderOrFollower) => Ok(None),
                Some(code) => Err(KafkaError::Code { code, message: None }),
            };
            Ok(())
        })?;
        skip_tags(answer)
    })?;
    Ok(found)
}

/// The leader tells of itself that it has fetched just now: that is what the times are counted from, so that no
/// clock of ours is needed.
fn view(
    leader: Option<i32>,
    epoch: i32,
    high_watermark: i64,
    voters: &[Told],
    observers: &[Told],
) -> QuorumView {
    let itself = voters.iter().find(|told| Some(told.id) == leader);
    let end = itself.map(|told| told.log_end_offset).filter(|offset| *offset >= 0);
    let now = itself.map(|told| told.fetched).filter(|at| *at >= 0);
    let ago = |at: i64| Some(now?.saturating_sub(Some(at).filter(|at| *at >= 0)?).max(0).unsigned_abs());
    let state = |told: &Told| {
        let log_end_offset = Some(told.log_end_offset).filter(|offset| *offset >= 0);
        ReplicaState {
            id: told.id,
            log_end_offset,
            lag: log_end_offset.and_then(|offset| Some((end? - offset).max(0))),
            last_fetch_ms_ago: ago(told.fetched),
            last_caught_up_ms_ago: ago(told.caught_up),
        }
    };
    let states = |replicas: &[Told]| {
        let mut states: Vec<ReplicaState> = replicas.iter().map(state).collect();
        states.sort_by_key(|state| state.id);
        states
    };
    QuorumView { leader, epoch, high_watermark, voters: states(voters), observers: states(observers) }
}

#[cfg(test)]
pub(crate) mod testing {
    //! The answers of a controller that a test plays, behind the tagged fields of the header.

    use bytes::{Bytes, BytesMut};
    use kafka_protocol::messages::describe_quorum_response::{
        DescribeQuorumResponse, PartitionData, ReplicaState, TopicData,
    };
    use kafka_protocol::messages::{BrokerId, TopicName};
    use kafka_protocol::protocol::Encodable;

    use crate::wire::answers::text;

    /// Id, log end offset, and the times of the last fetch and of the last one that caught up.
    pub(crate) type Replica = (i32, i64, i64, i64);

    fn answer(partition: PartitionData, version: i16) -> Bytes {
        let topic = TopicData::default()
            .with_topic_name(TopicName(text("__cluster_metadata")))
            .with_partitions(vec![partition]);
        let mut bytes = BytesMut::from(&[0][..]);
        let answer = DescribeQuorumResponse::default().with_topics(vec![topic]);
        answer.encode(&mut bytes, version).unwrap();
        bytes.freeze()
    }

    pub(crate) fn led_by(
        leader: i32,
        epoch: i32,
        voters: &[Replica],
        observers: &[Replica],
        version: i16,
    ) -> Bytes {
        let state = |(id, end, fetched, caught_up): &Replica| {
            ReplicaState::default()
                .with_replica_id(BrokerId(*id))
                .with_log_end_offset(*end)
                .with_last_fetch_timestamp(if version == 0 { -1 } else { *fetched })
                .with_last_caught_up_timestamp(if version == 0 { -1 } else { *caught_up })
        };
        let partition = PartitionData::default()
            .with_leader_id(BrokerId(leader))
            .with_leader_epoch(epoch)
            .with_high_watermark(9)
            .with_current_voters(voters.iter().map(state).collect())
            .with_observers(observers.iter().map(state).collect());
        answer(partition, version)
    }

    /// Of one that does not lead: it names leader 0 in epoch 0.
    pub(crate) fn not_leading(version: i16) -> Bytes {
        let code = kafka_protocol::error::ResponseError::NotLeaderOrFollower.code();
        answer(PartitionData::default().with_error_code(code), version)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::testing::{led_by, not_leading};
    use super::*;
    use crate::wire::fake::{Damage, FakeBroker, Reply};

    const LONG: Duration = Duration::from_secs(60);

    async fn controller(answer: impl Fn(i16) -> Bytes + Send + 'static) -> FakeBroker {
        let handler = move |_, key, version| match key {
            ApiKey::DescribeQuorum => Reply::Body(answer(version)),
            _ => Reply::Close,
        };
        FakeBroker::start(handler, Damage::None).await
    }

    #[tokio::test]
    async fn lag_and_times_are_counted_from_the_leaders_own() {
        let voters = [(101, 9, 50_000, 50_000), (100, 7, 49_600, 48_000), (102, -1, -1, -1)];
        let leader = controller(move |version| led_by(101, 4, &voters, &[(0, 9, 50_003, -1)], version)).await;
        let view = ask(&leader.pool(), leader.address, LONG).await.unwrap().unwrap();
        assert_eq!((view.leader, view.epoch, view.high_watermark), (Some(101), 4, 9));
        let state = |id, offset: i64, lag, fetched, caught_up| ReplicaState {
            id,
            log_end_offset: Some(offset),
            lag: Some(lag),
            last_fetch_ms_ago: Some(fetched),
            last_caught_up_ms_ago: caught_up,
        };
        let never = ReplicaState { id: 102, ..ReplicaState::default() };
        assert_eq!(view.voters, [state(100, 7, 2, 400, Some(2000)), state(101, 9, 0, 0, Some(0)), never]);
        assert_eq!(view.observers, [state(0, 9, 0, 0, None)], "a clock that went back");
        assert_eq!(leader.connections(), 1, "the answer is read to its end");
    }

    #[test]
    fn the_oldest_version_tells_offsets_without_times() {
        let bytes = led_by(100, 4, &[(100, 9, 1, 1), (101, 8, 1, 1)], &[], 0);
        let view = read(Answer(bytes.slice(1..)), 0).unwrap().unwrap().unwrap();
        assert_eq!((view.voters[1].lag, view.voters[1].last_fetch_ms_ago), (Some(1), None));
    }

    #[tokio::test]
    async fn of_two_that_lead_the_later_epoch_counts_and_silence_costs_nothing() {
        let deposed = controller(|version| led_by(100, 4, &[(100, 9, 1, 1)], &[], version)).await;
        let leader = controller(|version| led_by(101, 5, &[(101, 9, 1, 1)], &[], version)).await;
        let follower = controller(not_leading).await;
        let paused = FakeBroker::start(|_, _, _| Reply::Silence, Damage::None).await;
        let dead = "127.0.0.1:1".parse().unwrap();
        let addresses = [deposed.address, leader.address, follower.address, paused.address, dead];
        let began = std::time::Instant::now();
        let told = leading(&leader.pool(), &addresses, LONG).await.unwrap();
        assert_eq!(told, leader.address);
        assert!(began.elapsed() < LONG / 4, "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn without_a_leader_each_says_why() {
        let follower = controller(not_leading).await;
        let dead: SocketAddr = "127.0.0.1:1".parse().unwrap();
        let asked = leading(&follower.pool(), &[follower.address, dead], LONG).await;
        let error = asked.unwrap_err().to_string();
        let follower = format!("{} does not lead it", follower.address);
        assert!(error.contains(&follower) && error.contains("127.0.0.1:1: connection refused"), "{error}");
    }

    #[tokio::test]
    async fn one_that_never_answers_costs_the_deadline() {
        let paused = FakeBroker::start(|_, _, _| Reply::Silence, Damage::None).await;
        let asked = leading(&paused.pool(), &[paused.address], Duration::from_millis(30)).await;
        assert!(matches!(asked, Err(KafkaError::NoQuorum(_))));
    }
}
