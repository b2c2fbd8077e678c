//! How the data folder of a KRaft node is formatted.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::ids::NodeName;

/// What a node's data folder is formatted with before its first start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Format {
    pub cluster_id: String,
    pub node_id: i32,
    pub features: BTreeMap<String, i16>,
    pub checkpoint: Option<PathBuf>,
}

impl Format {
    pub fn of(
        _version: &str,
        node: NodeName,
        _is_voter: bool,
        cluster_id: &str,
        _data: &std::path::Path,
    ) -> Self {
        Format {
            cluster_id: cluster_id.to_owned(),
            node_id: node.id,
            features: BTreeMap::new(),
            checkpoint: None,
        }
    }
}

pub fn cluster_id() -> String {
    "4L6g3nShT-eMCtK--X86sw".to_owned()
}
