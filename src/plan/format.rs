//! How the data folder of a KRaft node is formatted before its first start, as `kafka-storage format` would.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::model::acl::Acl;
use crate::plan::version::at_least;

/// What is written into a data folder that has no meta.properties yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Format {
    /// 22 characters, the same for every node: a UUID as Kafka writes it, in URL-safe base64.
    pub cluster_id: String,
    /// `node.id`, which meta.properties has to agree with.
    pub node_id: i32,
    /// The features that the first leader of the quorum finalizes, with their levels; empty for nodes that are no
    /// voters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub features: BTreeMap<String, i16>,
    /// The users of SCRAM whom the metadata begin with, and where their passwords are; of voters only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scram: BTreeMap<String, PathBuf>,
    /// The ACLs that the metadata begin with; of voters only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acls: Vec<Acl>,
    /// Where they are written, absolute. Every voter has them: whichever leads first, its file counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<PathBuf>,
}

impl Format {
    /// The format of a node of this version, whose data folder is `data`. The features are those of the `oldest`
    /// version of the cluster, which its nodes could not run with more of.
    pub fn of(
        version: &str,
        oldest: &str,
        node_id: i32,
        is_voter: bool,
        cluster_id: &str,
        data: &Path,
    ) -> Self {
        let levels = features(oldest).iter().map(|(name, level)| ((*name).to_owned(), *level));
        Format {
            cluster_id: cluster_id.to_owned(),
            node_id,
            features: if is_voter { levels.collect() } else { BTreeMap::new() },
            scram: BTreeMap::new(),
            acls: Vec::new(),
            checkpoint: is_voter.then(|| data.join(checkpoint(version))),
        }
    }
}

/// What `kafka-storage format` of a version finalizes without being asked: `MetadataVersion.LATEST_PRODUCTION`,
/// and the level that each `Feature` has by default with it. tests/cases/formatting.rs holds them against the tool.
fn features(version: &str) -> &'static [(&'static str, i16)] {
    const METADATA: &str = "metadata.version";
    const GROUPS: (&str, i16) = ("group.version", 1);
    const TRANSACTIONS: (&str, i16) = ("transaction.version", 2);
    // KIP-966, KIP-932 and KIP-1071.
    const ELR: (&str, i16) = ("eligible.leader.replicas.version", 1);
    const SHARES: (&str, i16) = ("share.version", 1);
    const STREAMS: (&str, i16) = ("streams.version", 1);
    let since = |minor| at_least(version, &[4, minor]);
    match () {
        () if since(4) => &[(METADATA, 33), ELR, GROUPS, ("share.version", 2), STREAMS, TRANSACTIONS],
        () if since(3) => &[(METADATA, 30), ELR, GROUPS, SHARES, STREAMS, TRANSACTIONS],
        () if since(2) => &[(METADATA, 29), ELR, GROUPS, SHARES, STREAMS, TRANSACTIONS],
        () if since(1) => &[(METADATA, 27), ELR, GROUPS, TRANSACTIONS],
        () if since(0) => &[(METADATA, 25), GROUPS, TRANSACTIONS],
        () => &[(METADATA, 21)],
    }
}

/// Where a voter of this version looks for the features: from 4.4 on they are the first snapshot of the metadata.
fn checkpoint(version: &str) -> &'static str {
    match at_least(version, &[4, 4]) {
        true => "__cluster_metadata-0/00000000000000000000-0000000000.checkpoint",
        false => "bootstrap.checkpoint",
    }
}

/// A new cluster id: 16 random bytes as 22 characters (`org.apache.kafka.common.Uuid.randomUuid`, which begins none
/// with `-`, since tools would take it for an option).
pub(crate) fn cluster_id() -> Result<String, getrandom::Error> {
    loop {
        let id = BASE64_URL_SAFE_NO_PAD.encode(uuid()?);
        if !id.starts_with('-') {
            return Ok(id);
        }
    }
}

/// A random UUID (RFC 9562, version 4), which none of Kafka's reserved ids is.
pub(crate) fn uuid() -> Result<[u8; 16], getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_id_is_one_that_kafka_makes() {
        let ids: std::collections::BTreeSet<String> = (0..500).map(|_| cluster_id().unwrap()).collect();
        assert_eq!(ids.len(), 500);
        for id in ids {
            assert_eq!(id.len(), 22);
            assert!(!id.starts_with('-'), "{id}");
            assert_eq!(BASE64_URL_SAFE_NO_PAD.decode(&id).unwrap().len(), 16);
        }
    }

    #[test]
    fn voters_have_the_features_and_others_only_who_they_are() {
        let format = |version, is_voter| Format::of(version, version, 7, is_voter, "id", Path::new("/data"));
        assert_eq!(format("4.4.0", false).checkpoint, None);
        assert!(format("4.4.0", false).features.is_empty());
        let voter = format("4.3.1", true);
        assert_eq!(voter.checkpoint.as_deref(), Some(Path::new("/data/bootstrap.checkpoint")));
        assert_eq!((voter.features["metadata.version"], voter.features["share.version"]), (30, 1));
        assert!(format("4.4.0", true).checkpoint.unwrap().starts_with("/data/__cluster_metadata-0"));
        assert_eq!(format("3.9.2", true).features, [("metadata.version".to_owned(), 21)].into());
    }
}
