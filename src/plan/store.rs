//! The plan and the spec in the cluster's folder.

use std::fs;
use std::io;
use std::path::PathBuf;

use serde::Deserialize;

use crate::error::{ExitCode, Failure};
use crate::paths::ClusterDir;
use crate::plan::model::Plan;
use crate::render::files::{RenderError, create_folder, replace};

/// Why a stored plan cannot be used or stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(transparent)]
    Write(#[from] RenderError),
    #[error("failed to read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is no plan: {why}", path.display())]
    Corrupt { path: PathBuf, why: String },
    #[error("{} has format {found}; this version of cluster reads format {}", path.display(), Plan::FORMAT)]
    Format { path: PathBuf, found: u32 },
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let failure = Failure::new(ExitCode::Failed, error.to_string());
        match error {
            StoreError::Corrupt { path, .. } => failure.hint(format!(
                "remove {} and run `cluster up SPEC` again: the nodes' data is kept",
                path.display()
            )),
            StoreError::Format { .. } => failure
                .hint("use the version of cluster that made it, or remove the cluster with `down --delete`"),
            StoreError::Write(_) | StoreError::Read { .. } => failure,
        }
    }
}

/// Writes `spec.yaml` and then `plan.json`, each at once: a plan on disk always has its spec.
pub fn save(dir: &ClusterDir, plan: &Plan, spec_text: &str) -> Result<(), StoreError> {
    create_folder(dir.path())?;
    replace(&dir.spec(), spec_text.as_bytes())?;
    let mut json = serde_json::to_vec_pretty(plan)
        .map_err(|error| StoreError::Corrupt { path: dir.plan(), why: error.to_string() })?;
    json.push(b'\n');
    replace(&dir.plan(), &json)?;
    Ok(())
}

/// The stored plan; `None` when there is none.
pub fn load(dir: &ClusterDir) -> Result<Option<Plan>, StoreError> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }

    let path = dir.plan();
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(StoreError::Read { path, source }),
    };
    let corrupt =
        |error: serde_json::Error| StoreError::Corrupt { path: path.clone(), why: error.to_string() };
    let Format { format: found } = serde_json::from_slice(&text).map_err(corrupt)?;
    if found != Plan::FORMAT {
        return Err(StoreError::Format { path, found });
    }
    serde_json::from_slice(&text).map(Some).map_err(corrupt)
}
