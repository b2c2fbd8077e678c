//! What a client must bear: an answer that is late, cut off, damaged or none at all is an error within
//! the deadline, and never taken for the answer to something else.

use std::time::Duration;

use kafka_protocol::messages::{ApiKey, MetadataResponse};
use kafka_protocol::protocol::Decodable;
use proptest::prelude::*;

use super::error::KafkaError;
use super::fake::{Damage, FakeBroker, Reply, api_versions, body, metadata};
use super::frame::Answer;
use super::metadata::{Metadata, Topics, ask};

const SHORT: Duration = Duration::from_millis(30);

/// Only for what must happen: no test waits for it.
const LONG: Duration = Duration::from_secs(60);

fn honest(_connection: usize, key: ApiKey, version: i16) -> Reply {
    match key {
        ApiKey::Metadata => Reply::Body(body(&metadata(&[("velib", 3)]), version)),
        _ => Reply::Close,
    }
}

/// Bytes of the two answers (ApiVersions, Metadata) of one honest exchange.
fn honest_length() -> usize {
    let answers = [body(&api_versions(), 0), body(&metadata(&[("velib", 3)]), 8)];
    answers.iter().map(|answer| 4 + 4 + answer.len()).sum()
}

/// Asks a broker that does `damage`; the inner result is the client's.
fn ask_with(damage: Damage, deadline: Duration) -> Result<Metadata, KafkaError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let broker = FakeBroker::start(honest, damage).await;
        let pool = broker.pool();
        let answer = ask(&pool, broker.address, Topics::All, deadline);
        tokio::time::timeout(LONG, answer).await.expect("the deadline holds")
    })
}

#[test]
fn an_honest_broker_is_understood() {
    let metadata = ask_with(Damage::None, LONG).unwrap();
    assert_eq!((metadata.controller, metadata.live_brokers), (Some(0), (0..3).collect()));
    let partition = &metadata.topics["velib"].partitions[&2];
    assert_eq!((partition.leader, partition.leader_epoch), (Some(0), Some(3)));
    assert_eq!((&partition.replicas[..], &partition.isr[..]), (&[0, 1][..], &[0][..]));
    let whole = Damage::Cut { at: honest_length(), then_close: true };
    assert!(ask_with(whole, LONG).is_ok(), "the cut tests cut before the end");
}

#[test]
fn a_count_of_two_billion_is_refused_before_anything_is_allocated() {
    let mut answer = Answer(vec![0x7f; 64].into());
    assert!(MetadataResponse::decode(&mut answer, 8).is_err());
    for length in [-1, i32::MIN, i32::MAX, (64 << 20) + 1] {
        let error = ask_with(Damage::Noise(length.to_be_bytes().to_vec()), LONG).unwrap_err();
        assert!(matches!(error, KafkaError::Garbage(_)), "{length}: {error}");
    }
}

#[tokio::test]
async fn an_answer_to_a_request_that_was_given_up_is_never_read_by_the_next() {
    let mut requests = 0;
    let handler = move |connection, key, version| {
        requests += 1;
        if connection == 1 && requests > 1 { Reply::Silence } else { honest(connection, key, version) }
    };
    let broker = FakeBroker::start(handler, Damage::None).await;
    let pool = broker.pool();
    ask(&pool, broker.address, Topics::All, LONG).await.unwrap();
    let error = ask(&pool, broker.address, Topics::All, SHORT).await.unwrap_err();
    assert_eq!(error.to_string(), "no answer within 30 ms");
    ask(&pool, broker.address, Topics::All, LONG).await.unwrap();
    ask(&pool, broker.address, Topics::All, LONG).await.unwrap();
    assert_eq!(broker.connections(), 2, "one was given up, the other is kept");
}

#[tokio::test]
async fn a_connection_that_the_broker_closes_is_replaced_by_the_next_request() {
    let mut requests = 0;
    let handler = move |connection, key, version| {
        requests += 1;
        if requests == 2 { Reply::Close } else { honest(connection, key, version) }
    };
    let broker = FakeBroker::start(handler, Damage::None).await;
    let pool = broker.pool();
    ask(&pool, broker.address, Topics::All, LONG).await.unwrap();
    let error = ask(&pool, broker.address, Topics::All, LONG).await.unwrap_err();
    assert!(matches!(error, KafkaError::Closed), "{error}");
    ask(&pool, broker.address, Topics::All, LONG).await.unwrap();
}

#[tokio::test]
async fn nobody_listening_is_said_in_two_words() {
    let broker = FakeBroker::start(honest, Damage::None).await;
    let (pool, address) = (broker.pool(), broker.address);
    drop(broker);
    tokio::task::yield_now().await;
    let error = ask(&pool, address, Topics::All, LONG).await.unwrap_err();
    assert_eq!(error.to_string(), "connection refused");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_answer_cut_off_at_any_byte_is_an_error(at in 0..honest_length()) {
        let cut = Damage::Cut { at, then_close: true };
        prop_assert!(ask_with(cut, LONG).is_err());
    }

    #[test]
    fn any_damaged_byte_ends_within_the_deadline(at in 0..honest_length(), mask in 1u8..) {
        // A damaged id is still an id, so that the answer may be understood.
        drop(ask_with(Damage::Flip { at, mask }, SHORT));
    }

    #[test]
    fn noise_is_an_error(noise in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(ask_with(Damage::Noise(noise), SHORT).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn a_broker_that_stalls_at_any_byte_costs_the_deadline(at in 0..honest_length()) {
        let error = ask_with(Damage::Cut { at, then_close: false }, SHORT).unwrap_err();
        prop_assert!(matches!(error, KafkaError::Timeout(_)), "{error}");
    }
}
