//! The plan and the spec in the cluster's folder.

use std::fs;
use std::io;
use std::path::PathBuf;

use serde::Deserialize;

use crate::error::{ExitCode, Failure};
use crate::host::HostError;
use crate::host::files::{create_folder, replace};
use crate::paths::ClusterDir;
use crate::plan::model::Plan;

/// Why a stored plan cannot be used or stored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error(transparent)]
    Host(#[from] HostError),
    #[error("{} is no plan: {why}", path.display())]
    Corrupt { path: PathBuf, why: String },
    #[error("{} has format {found}; this version of cluster reads format {}", path.display(), Plan::FORMAT)]
    Format { path: PathBuf, found: u32 },
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let failure = Failure::new(ExitCode::BadInput, error.to_string());
        match error {
            StoreError::Host(error) => error.into(),
            StoreError::Corrupt { path, .. } => failure.hint(format!(
                "remove {} and run `cluster up SPEC` again: the nodes' data is kept",
                path.display()
            )),
            StoreError::Format { .. } => failure
                .hint("use the version of cluster that made it, or remove the cluster with `down --delete`"),
        }
    }
}

/// Writes `spec.yaml` and then `plan.json`, each at once: a plan on disk always has its spec.
pub(crate) fn save(dir: &ClusterDir, plan: &Plan, spec_text: &str) -> Result<(), StoreError> {
    create_folder(dir.path())?;
    replace(&dir.spec(), spec_text.as_bytes())?;
    let mut json = serde_json::to_vec_pretty(plan)
        .map_err(|error| StoreError::Corrupt { path: dir.plan(), why: error.to_string() })?;
    json.push(b'\n');
    replace(&dir.plan(), &json)?;
    Ok(())
}

/// The stored plan; `None` when there is none.
pub(crate) fn load(dir: &ClusterDir) -> Result<Option<Plan>, StoreError> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }

    let path = dir.plan();
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(HostError::io("read", &path, source).into()),
    };
    let corrupt =
        |error: serde_json::Error| StoreError::Corrupt { path: path.clone(), why: error.to_string() };
    let Format { format: found } = serde_json::from_slice(&text).map_err(corrupt)?;
    if found != Plan::FORMAT {
        return Err(StoreError::Format { path, found });
    }
    serde_json::from_slice(&text).map(Some).map_err(corrupt)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::plan::fixture::{facts, spec};
    use crate::plan::plan;

    fn home() -> (tempfile::TempDir, ClusterDir) {
        let home = tempfile::tempdir().unwrap();
        let dir = ClusterDir(home.path().join("velib"));
        (home, dir)
    }

    #[test]
    fn a_plan_loads_as_it_was_saved_and_nobody_else_can_read_it() {
        let (_home, dir) = home();
        assert_eq!(load(&dir).unwrap(), None);
        let spec = spec(1, 1);
        let plan = plan(&spec, &facts(&spec)).unwrap();
        save(&dir, &plan, "name: velib\n").unwrap();
        assert_eq!(load(&dir).unwrap(), Some(plan));
        assert_eq!(fs::read_to_string(dir.spec()).unwrap(), "name: velib\n");
        let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!([mode(&dir.plan()), mode(&dir.spec()), mode(dir.path())], [0o600, 0o600, 0o700]);
    }

    #[test]
    fn a_plan_of_another_format_is_refused_and_not_guessed_at() {
        let (_home, dir) = home();
        fs::create_dir(dir.path()).unwrap();
        fs::write(dir.plan(), r#"{"format": 99, "nodes": "another shape"}"#).unwrap();
        assert!(matches!(load(&dir), Err(StoreError::Format { found: 99, .. })));
    }

    #[test]
    fn a_cut_off_plan_is_named_with_what_to_do() {
        let (_home, dir) = home();
        fs::create_dir(dir.path()).unwrap();
        fs::write(dir.plan(), r#"{"format": 1, "name""#).unwrap();
        let failure = Failure::from(load(&dir).unwrap_err());
        assert!(failure.message.contains("plan.json is no plan"), "{}", failure.message);
        assert!(failure.hint.unwrap().contains("cluster up"));
    }
}
