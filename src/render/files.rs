//! The plan's files on disk.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::storage::{self, StorageError};
use crate::host::HostError;
use crate::host::files::{self, create_folder, replace};
use crate::pki::certificate::Term;
use crate::pki::{self, PkiError};
use crate::plan::connection::Secured;
use crate::plan::keys::PROGRAM;
use crate::plan::layout::NodeDir;
use crate::plan::login::Login;
use crate::plan::model::{NodePlan, Plan};
use crate::spec::model::{Clients, Secret};

/// Makes the folders of the cluster and of every node (mode 0700) and writes the nodes' files.
/// A file that already has its text is not touched.
pub(crate) fn write(plan: &Plan) -> Result<(), StorageError> {
    create_folder(&plan.dir)?;
    plan.nodes.iter().try_for_each(write_node)
}

/// The same for one node.
pub(crate) fn write_node(node: &NodePlan) -> Result<(), StorageError> {
    for folder in NodeDir(node.dir.clone()).folders() {
        create_folder(&folder)?;
    }
    for file in &node.files {
        replace(&file.path, file.text.as_bytes())?;
    }
    match &node.storage {
        Some(format) => storage::format(format, &NodeDir(node.dir.clone()).data()),
        None => Ok(()),
    }
}

/// Makes what is missing of the keys and passwords of a secured cluster, and what clients take as properties; removes
/// those of users who are gone.
pub(crate) fn keys(plan: &Plan) -> Result<(), PkiError> {
    let (Some(keys), Some(security)) = (plan.keys(), &plan.security) else { return Ok(()) };
    let holders: Vec<String> = plan.key_holders().collect();
    let hosts: Vec<&str> = plan.hosts().collect();
    let term = Term::of(plan.cert_lifetime_s.map(Duration::from_secs));
    pki::ensure(&keys, &plan.name, holders.iter().map(String::as_str), &hosts, term)?;
    pki::ensure_passwords(&keys, plan)?;
    for user in security.users.keys().map(String::as_str).chain([PROGRAM]) {
        let password = security.clients.mechanism().map(|_| pki::password::read(&keys.password(user)));
        let password = password.transpose()?.map(Secret);
        let login = Login { user: user.to_owned(), password };
        if let Some(secured) = Secured::of(plan, &login) {
            replace(&secured.properties, secured.java().as_bytes())?;
        }
    }
    let gone = plan.withdrawn.users.iter();
    let theirs = |user: &String| [keys.of(user), keys.password(user), keys.client_properties(user)];
    Ok(gone.flat_map(theirs).try_for_each(|path| files::remove_file(&path))?)
}

/// Whether brokers that run would not know the passwords of this plan.
pub(crate) fn passwords_take_a_restart(plan: &Plan) -> Result<bool, PkiError> {
    match (plan.keys(), &plan.security) {
        (Some(keys), Some(security)) if security.clients == Clients::Plain => {
            Ok(pki::passwords_differ(&keys, plan)?)
        }
        _ => Ok(false),
    }
}

/// Writes the nodes' files below `folder` instead of the cluster's own: the same tree, to be read.
/// The paths inside the files stay those of the cluster's own folder. Gives the paths written.
pub(crate) fn write_to(plan: &Plan, folder: &Path) -> Result<Vec<PathBuf>, HostError> {
    let mut written = Vec::new();
    for file in plan.nodes.iter().flat_map(|node| &node.files) {
        let below = file.path.strip_prefix(&plan.dir).unwrap_or(&file.path);
        let path = folder.join(below.strip_prefix("/").unwrap_or(below));
        if let Some(parent) = path.parent() {
            create_folder(parent)?;
        }
        replace(&path, file.text.as_bytes())?;
        written.push(path);
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use std::fs;

    use super::*;
    use crate::plan::fixture::{facts, spec};
    use crate::plan::{Facts, plan};

    fn plan_in(home: &Path) -> Plan {
        let spec = spec(1, 1);
        plan(&spec, &Facts { dir: home.join("velib"), ..facts(&spec) }).unwrap()
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn every_file_and_folder_is_there_for_this_user_alone() {
        let home = tempfile::tempdir().unwrap();
        let plan = plan_in(home.path());
        write(&plan).unwrap();
        for node in &plan.nodes {
            for folder in ["config", "data", "logs", "tmp"] {
                assert_eq!(mode(&node.dir.join(folder)), 0o700);
            }
            for file in &node.files {
                assert_eq!(fs::read_to_string(&file.path).unwrap(), file.text);
                assert_eq!(mode(&file.path), 0o600);
            }
        }
    }

    #[test]
    fn an_unchanged_file_is_not_touched_and_a_changed_one_is_written_again() {
        let home = tempfile::tempdir().unwrap();
        let plan = plan_in(home.path());
        write(&plan).unwrap();
        let (kept, changed) = (&plan.nodes[0].files[0].path, &plan.nodes[1].files[0]);
        let inode = |path: &Path| fs::metadata(path).unwrap().ino();
        let before = inode(kept);
        fs::write(&changed.path, "by hand").unwrap();
        write(&plan).unwrap();
        assert_eq!(inode(kept), before);
        assert_eq!(fs::read_to_string(&changed.path).unwrap(), changed.text);
        let left = fs::read_dir(changed.path.parent().unwrap()).unwrap().count();
        assert_eq!(left, 2, "a temporary file is left");
    }

    #[test]
    fn the_same_tree_is_rendered_below_another_folder() {
        let home = tempfile::tempdir().unwrap();
        let plan = plan_in(home.path());
        let out = home.path().join("out");
        write_to(&plan, &out).unwrap();
        assert!(out.join("zookeeper-1/data/myid").is_file());
        assert!(out.join("broker-0/config/server.properties").is_file());
        assert!(!plan.dir.exists());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("velib"), "a file").unwrap();
        let error = write(&plan_in(home.path())).unwrap_err().to_string();
        assert!(error.starts_with("failed to create the folder"), "{error}");
        assert!(error.contains("velib"), "{error}");
    }
}
