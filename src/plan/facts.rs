//! What the plan needs to know of the host.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::host::memory::Memory;
use crate::model::ids::NodeName;
use crate::plan::PlanError;
use crate::plan::model::{Distribution, JavaPlan, KafkaPlan, Ports};
use crate::plan::templates::Templates;

/// Found before, so that the plan is a pure function.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// The cluster's folder, absolute.
    pub dir: PathBuf,
    pub kafka: KafkaPlan,
    pub java: JavaPlan,
    /// From [`crate::dist::class_data`]; profile stock does without.
    pub class_data: Option<PathBuf>,
    /// Of versions that nodes name for themselves, in no order; the cluster's own may be among them.
    pub other_kafkas: Vec<Distribution>,
    /// Of a KRaft cluster: the one that its data has, or a new one.
    pub cluster_id: Option<String>,
    /// From [`crate::plan::ports::allocate`].
    pub ports: BTreeMap<NodeName, Ports>,
    pub templates: Templates,
    /// `dir` is mounted `noexec`.
    pub is_noexec: bool,
    /// The machine's, when it is known.
    pub memory: Option<Memory>,
    /// `TZ` of whoever asks, so that log times are theirs.
    pub timezone: Option<String>,
}

impl Facts {
    /// The Kafka of a node that names this version for itself, if any, and its class-data archive.
    ///
    /// # Errors
    ///
    /// It was not looked for.
    pub(crate) fn of(&self, version: Option<&str>) -> Result<(&KafkaPlan, Option<&Path>), PlanError> {
        let Some(version) = version.filter(|version| *version != self.kafka.version) else {
            return Ok((&self.kafka, self.class_data.as_deref()));
        };
        let found = self.other_kafkas.iter().find(|other| other.kafka.version == version);
        let found = found.ok_or_else(|| PlanError::NoKafka { version: version.to_owned() })?;
        Ok((&found.kafka, found.class_data.as_deref()))
    }
}
