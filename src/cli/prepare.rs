//! From a spec to a stored plan: reading, planning, fetching, writing.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::engine::{Mistakes, Source};
use crate::error::{ExitCode, Failure};
use crate::output::fetch::FetchBar;
use crate::paths::{ClusterDir, Folders};
use crate::plan::model::Plan;
use crate::spec::model::Spec;

pub fn spec(_: &Source) -> Result<Spec, Mistakes> {
    Err(Mistakes { json: serde_json::Value::Null, failure: no_planner() })
}

pub fn plan(_: &Folders, _: &Source, _: Option<&str>) -> Result<(Plan, String), Failure> {
    Err(no_planner())
}

pub fn prepare(_: &Folders, _: &Source, _: Option<&str>, _: &FetchBar) -> Result<Plan, Failure> {
    Err(no_planner())
}

pub fn render(_: &Plan, _: &Path) -> Result<Vec<PathBuf>, Failure> {
    Err(no_planner())
}

pub fn checksums(_: &Folders, _: &str, _: &FetchBar) -> Result<String, Failure> {
    Err(no_planner())
}

fn no_planner() -> Failure {
    Failure::new(ExitCode::Failed, "this build has no planner")
}

/// Reads `plan.json`.
pub fn stored_plan(dir: &ClusterDir) -> Result<Plan, Failure> {
    let path = dir.plan();
    let bytes = fs::read(&path).map_err(|error| Failure::io("read", &path, &error))?;
    let wrong = |why: String| {
        Failure::new(ExitCode::BadInput, format!("{} cannot be used: {why}", path.display()))
            .hint("`cluster up SPEC` writes it anew")
    };
    #[derive(serde::Deserialize)]
    struct Format {
        format: u32,
    }
    let Format { format } = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    if format != Plan::FORMAT {
        return Err(wrong(format!("its format is {format}, this program's is {}", Plan::FORMAT)));
    }
    serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))
}

/// Takes the folder away in one step, so that a half-deleted cluster is never seen, then what is in it.
pub fn delete(dir: &ClusterDir) -> Result<(), Failure> {
    let _lock = lock(dir)?;
    let path = dir.path();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // No cluster's name begins with a dot.
    let grave = path.with_file_name(format!(".deleted-{name}"));
    // What a deletion that was killed has left behind.
    remove(&grave)?;
    fs::rename(path, &grave).map_err(|error| Failure::io("delete", path, &error))?;
    remove(&grave)
}

fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Failure::io("delete", path, &error)),
        _ => Ok(()),
    }
}

fn lock(dir: &ClusterDir) -> Result<File, Failure> {
    let path = dir.prepare_lock();
    let open = File::options().read(true).write(true).create(true).truncate(false).open(&path);
    let file = open.map_err(|error| Failure::io("open", &path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Failure::new(ExitCode::Busy, "another command prepares or deletes this cluster")
                .hint("wait for it, then try again"))
        }
        Err(TryLockError::Error(error)) => Err(Failure::io("lock", &path, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::cluster::samples;

    #[test]
    fn a_plan_of_another_format_is_refused_and_not_guessed_at() {
        let home = tempfile::tempdir().unwrap();
        let dir = ClusterDir(home.path().join("velib"));
        fs::create_dir(dir.path()).unwrap();
        let mut plan = samples::plan(home.path(), "velib");
        fs::write(dir.plan(), serde_json::to_vec(&plan).unwrap()).unwrap();
        assert_eq!(stored_plan(&dir).unwrap(), plan);
        plan.format += 1;
        fs::write(dir.plan(), serde_json::to_vec(&plan).unwrap()).unwrap();
        let failure = stored_plan(&dir).unwrap_err();
        assert_eq!(failure.code, ExitCode::BadInput);
        assert!(failure.message.contains("format is 2"), "{failure}");
    }

    #[test]
    fn deleting_leaves_nothing_and_mends_what_was_left_behind() {
        let home = tempfile::tempdir().unwrap();
        let dir = ClusterDir(home.path().join("velib"));
        fs::create_dir_all(dir.path().join("broker-0/data")).unwrap();
        fs::create_dir_all(home.path().join(".deleted-velib/broker-1")).unwrap();
        delete(&dir).unwrap();
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_cluster_that_another_command_prepares_is_not_deleted() {
        let home = tempfile::tempdir().unwrap();
        let dir = ClusterDir(home.path().join("velib"));
        fs::create_dir(dir.path()).unwrap();
        let _held = lock(&dir).unwrap();
        assert_eq!(delete(&dir).unwrap_err().code, ExitCode::Busy);
        assert!(dir.path().exists());
    }
}
