//! Features (KIP-584): what a node supports, and which levels the cluster has finalized. They come as tagged fields
//! of ApiVersions from version 3 on.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use bytes::{Buf, TryGetError};
use kafka_protocol::messages::ApiKey;

use super::compact::{array, skip_tags, string, tags};
use super::error::KafkaError;
use super::frame::Answer;
use super::pool::Pool;

/// Version 4 (Kafka 3.9) also tells of features whose lowest level is 0, such as `kraft.version`.
const VERSIONS: RangeInclusive<i16> = 3..=4;

/// Name and version of this client, which brokers count in their metrics (KIP-511), and no tagged fields.
const REQUEST: &[u8] = b"\x08cluster\x021\0";

/// One node's word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// Offset in the metadata log of what it has applied when the levels were last changed. `None`: it knows of no
    /// levels, as a controller that has not heard from a quorum since its start, or any node in ZooKeeper mode.
    pub epoch: Option<i64>,
    /// The level of each feature that is in force; one at level 0 is absent.
    pub finalized: BTreeMap<String, i16>,
    /// The lowest and the highest level of each feature that this node could run.
    pub supported: BTreeMap<String, (i16, i16)>,
}

/// Asks one node: a broker, or a controller's listener.
///
/// # Errors
/// [`KafkaError::Unsupported`] before Kafka 2.4.
pub async fn features(pool: &Pool, address: SocketAddr, deadline: Duration) -> Result<Features, KafkaError> {
    let (_, answer) =
        pool.call_newest(address, ApiKey::ApiVersions as i16, VERSIONS, REQUEST, deadline).await?;
    read(answer).map_err(|error| KafkaError::Garbage(error.to_string()))?
}

pub(super) fn read(mut answer: Answer) -> Result<Result<Features, KafkaError>, TryGetError> {
    let code = answer.try_get_i16()?;
    if let Err(error) = KafkaError::check(code, None) {
        return Ok(Err(error));
    }
    array(&mut answer, |answer| {
        // API key, lowest and highest version.
        for _ in 0..3 {
            answer.try_get_i16()?;
        }
        skip_tags(answer)
    })?;
    answer.try_get_i32()?; // How long we were throttled, in ms.
    let mut features = Features::default();
    tags(&mut answer, |tag, mut value| {
        match tag {
            0 => {
                let ranges = array(&mut value, level)?;
                features.supported = ranges.into_iter().map(|(name, min, max)| (name, (min, max))).collect();
            }
            1 => features.epoch = Some(value.try_get_i64()?).filter(|epoch| *epoch >= 0),
            2 => {
                let levels = array(&mut value, level)?;
                features.finalized = levels.into_iter().map(|(name, max, _)| (name, max)).collect();
            }
            _ => {}
        }
        Ok(())
    })?;
    // A controller names a level that it starts from before it knows of any.
    if features.epoch.is_none() {
        features.finalized.clear();
    }
    Ok(Ok(features))
}

/// Lowest and highest of a supported one; highest and lowest of a finalized one.
fn level(answer: &mut Answer) -> Result<(String, i16, i16), TryGetError> {
    let name = string(answer)?.unwrap_or_default();
    let level = (name, answer.try_get_i16()?, answer.try_get_i16()?);
    skip_tags(answer)?;
    Ok(level)
}

#[cfg(test)]
pub(crate) mod testing {
    //! The answers of a node that a test plays.

    use bytes::Bytes;
    use kafka_protocol::messages::api_versions_response::{
        ApiVersion, ApiVersionsResponse, FinalizedFeatureKey, SupportedFeatureKey,
    };

    use crate::wire::answers::text;
    use crate::wire::fake::body;

    /// With metadata.version at this level, as of this epoch (-1: unknown).
    pub(crate) fn answer(level: i16, epoch: i64, version: i16) -> Bytes {
        let supported = SupportedFeatureKey::default()
            .with_name(text("metadata.version"))
            .with_min_version(1)
            .with_max_version(21);
        let finalized = FinalizedFeatureKey::default()
            .with_name(text("metadata.version"))
            .with_max_version_level(level)
            .with_min_version_level(level);
        let answer = ApiVersionsResponse::default()
            .with_api_keys(vec![
                ApiVersion::default().with_api_key(1).with_min_version(4).with_max_version(18);
                2
            ])
            .with_supported_features(vec![supported])
            .with_finalized_features_epoch(epoch)
            .with_finalized_features(vec![finalized]);
        body(&answer, version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::fake::{Damage, FakeBroker, Reply};

    async fn told(epoch: i64) -> Features {
        let handler = move |_, key, version| match (key, version) {
            (ApiKey::ApiVersions, 4) => Reply::Body(testing::answer(21, epoch, version)),
            _ => Reply::Close,
        };
        let broker = FakeBroker::start(handler, Damage::None).await;
        features(&broker.pool(), broker.address, Duration::from_secs(60)).await.unwrap()
    }

    #[tokio::test]
    async fn supported_and_finalized_levels_are_told_apart() {
        let features = told(7).await;
        assert_eq!(features.epoch, Some(7));
        assert_eq!(features.finalized, [("metadata.version".to_owned(), 21)].into());
        assert_eq!(features.supported, [("metadata.version".to_owned(), (1, 21))].into());
    }

    #[tokio::test]
    async fn a_node_that_knows_of_no_quorum_has_finalized_nothing() {
        let features = told(-1).await;
        assert_eq!((features.epoch, features.finalized.len()), (None, 0));
        assert_eq!(features.supported.len(), 1);
    }
}
