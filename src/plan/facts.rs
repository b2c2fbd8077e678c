//! What the plan needs to know of the host.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::ids::NodeName;
use crate::plan::memory::Memory;
use crate::plan::model::{JavaPlan, KafkaPlan, Ports};
use crate::render::Templates;

/// Found before, so that the plan is a pure function.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The cluster's folder, absolute.
    pub dir: PathBuf,
    pub kafka: KafkaPlan,
    pub java: JavaPlan,
    /// From [`crate::dist::class_data`]; profile stock does without.
    pub class_data: Option<PathBuf>,
    /// Of a KRaft cluster: the one that its data has, or a new one.
    pub cluster_id: Option<String>,
    /// From [`crate::plan::ports::allocate`].
    pub ports: BTreeMap<NodeName, Ports>,
    pub templates: Templates,
    /// The machine's, when it is known.
    pub memory: Option<Memory>,
    /// `TZ` of whoever asks, so that log times are theirs.
    pub timezone: Option<String>,
}
