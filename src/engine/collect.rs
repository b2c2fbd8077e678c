//! Copies of what tells how a cluster fared, for the time when the cluster is gone.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::folder::names;
use crate::error::{ExitCode, Failure};
use crate::host::files;
use crate::model::ids::NodeName;
use crate::paths::ClusterDir;
use crate::spec;

/// Of each node.
const FOLDERS: [&str; 2] = ["config", "logs"];

/// Copies the spec without passwords, the plan, the events, the supervisor's log, and each node's `config/` and `logs/`
/// to `to`, where they lie as in the cluster's folder. Nodes' folders of an earlier copy are replaced; other files in
/// `to` stay.
pub(crate) fn copy(dir: &ClusterDir, to: &Path) -> Result<(), Failure> {
    let there = ClusterDir(to.to_owned());
    if there.prepare_lock().exists() || there.supervisor_lock().exists() {
        let message = format!("{} is the folder of a cluster", to.display());
        return Err(Failure::new(ExitCode::Usage, message).hint("name another folder"));
    }
    files::create_folder(to)?;
    for old in nodes(to)? {
        files::remove(&to.join(old))?;
    }
    copy_spec(&dir.spec(), to)?;
    for file in [dir.plan(), dir.events(), dir.supervisor_log()] {
        copy_file(&file, to)?;
    }
    for node in nodes(dir.path())? {
        for folder in FOLDERS {
            let (from, to) = (dir.path().join(&node).join(folder), to.join(&node).join(folder));
            for file in names(&from)? {
                files::create_folder(&to)?;
                copy_file(&from.join(file), &to)?;
            }
        }
    }
    Ok(())
}

/// As it is, unless it has passwords: then as it reads without them, which loses its comments.
fn copy_spec(file: &Path, folder: &Path) -> Result<(), Failure> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let spec = spec::parse(&text, &file.to_string_lossy()).ok();
    match spec.and_then(|spec| spec.without_passwords()) {
        Some(spec) => Ok(files::replace(
            &folder.join(file.file_name().unwrap_or_default()),
            spec::write(&spec).as_bytes(),
        )?),
        None => copy_file(file, folder),
    }
}

/// One that is not there, since it was rotated away or never written, needs no copy.
fn copy_file(file: &Path, folder: &Path) -> Result<(), Failure> {
    let Some(name) = file.file_name().filter(|_| file.is_file()) else { return Ok(()) };
    match fs::copy(file, folder.join(name)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Failure::io("copy", file, &error)),
        _ => Ok(()),
    }
}

/// The nodes that have a folder here.
fn nodes(folder: &Path) -> Result<Vec<String>, Failure> {
    Ok(names(folder)?.into_iter().filter(|name| name.parse::<NodeName>().is_ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cluster's folder with these files.
    fn cluster(root: &Path, files: &[&str]) -> ClusterDir {
        let dir = ClusterDir(root.join("velib-1"));
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        dir
    }

    fn below(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            for entry in fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => found.push(path.strip_prefix(folder).unwrap().display().to_string()),
                }
            }
        }
        found.sort();
        found
    }

    #[test]
    fn a_copy_of_the_spec_has_no_passwords() {
        let root = tempfile::tempdir().unwrap();
        let dir = cluster(root.path(), &["spec.yaml"]);
        let spec = |user: &str| {
            format!(
                "# ours\nname: velib\ncontrollers: 1\nsecurity: {{ clients: scram, users: {{ alice: {user} }} }}\n"
            )
        };
        let copied = |text: &str| {
            fs::write(dir.spec(), text).unwrap();
            copy(&dir, root.path().join("to").as_path()).unwrap();
            fs::read_to_string(root.path().join("to/spec.yaml")).unwrap()
        };
        let with = copied(&spec("{ password: 'wonder ''land' }"));
        assert!(with.contains("alice") && with.contains("scram") && !with.contains("land"), "{with}");
        assert_eq!(copied(&spec("{}")), spec("{}"));
        assert_eq!(copied("brokers: [\n"), "brokers: [\n");
    }

    #[test]
    fn what_tells_how_it_was_is_copied_and_data_locks_and_tokens_are_not() {
        let root = tempfile::tempdir().unwrap();
        let told = [
            "broker-0/config/server.properties",
            "broker-0/logs/server.log",
            "broker-0/logs/server.log.1",
            "events.jsonl",
            "plan.json",
            "spec.yaml",
            "supervisor.log",
        ];
        let dir = cluster(root.path(), &told);
        let others =
            ["broker-0/data/t-0/0.log", "broker-0/node.lock", "owner.lock", "page.json", "state.json"];
        cluster(root.path(), &others);
        let to = root.path().join("new/velib-1");
        copy(&dir, &to).unwrap();
        assert_eq!(below(&to), told);
        assert_eq!(fs::read_to_string(to.join(told[1])).unwrap(), told[1]);
    }

    #[test]
    fn nothing_of_an_earlier_copy_is_left_and_files_of_others_stay() {
        let root = tempfile::tempdir().unwrap();
        let dir = cluster(root.path(), &["broker-0/logs/server.log"]);
        let to = root.path().join("logs");
        copy(
            &cluster(&root.path().join("old"), &["broker-0/logs/server.log.1", "broker-3/logs/server.log"]),
            &to,
        )
        .unwrap();
        fs::write(to.join("report.xml"), "").unwrap();
        copy(&dir, &to).unwrap();
        assert_eq!(below(&to), ["broker-0/logs/server.log", "report.xml"]);
    }

    #[test]
    fn a_clusters_own_folder_is_not_written_to() {
        let root = tempfile::tempdir().unwrap();
        let dir = cluster(root.path(), &["prepare.lock", "broker-0/logs/server.log"]);
        let failure = copy(&dir, dir.path()).unwrap_err();
        assert!(failure.message.ends_with("velib-1 is the folder of a cluster"), "{}", failure.message);
        assert!(dir.path().join("broker-0/logs/server.log").exists());
    }
}
