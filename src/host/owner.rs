//! Whose a folder is: what one user makes in the folder of another is of no use to that one.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::{Uid, User, geteuid};

use super::HostError;

/// A file or folder of another user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    pub path: PathBuf,
    /// By name, else `user 1234`.
    pub owner: String,
    /// This user, as `owner`.
    pub us: String,
}

/// Refuses to write in a cluster's folder that is another user's. Root, who may write anywhere, is refused the home of
/// another as well; whoever else is let in there (`/tmp`, a folder of a group) makes folders of their own.
pub(crate) fn check(dir: &Path) -> Result<(), HostError> {
    check_as(dir, geteuid())
}

fn check_as(dir: &Path, us: Uid) -> Result<(), HostError> {
    let home = dir.parent().filter(|_| us.is_root());
    let foreign = |path: &Path| Foreign::at(path, us);
    match [Some(dir), home].into_iter().flatten().find_map(foreign) {
        Some(foreign) => Err(HostError::Foreign(foreign)),
        None => Ok(()),
    }
}

impl Foreign {
    fn at(path: &Path, us: Uid) -> Option<Self> {
        let owner = Uid::from_raw(fs::metadata(path).ok()?.uid());
        (owner != us).then(|| Foreign { path: path.to_owned(), owner: name(owner), us: name(us) })
    }

    /// What stands in the way of this user at `path`: itself, or the nearest folder above it that can be seen.
    pub(super) fn in_the_way(path: &Path) -> Option<Self> {
        let there = path.ancestors().find(|path| path.exists())?;
        let us = geteuid();
        Foreign::at(there, us).or_else(|| Foreign::at(there.parent()?, us))
    }
}

fn name(uid: Uid) -> String {
    match User::from_uid(uid) {
        Ok(Some(user)) => user.name,
        _ => format!("user {uid}"),
    }
}

#[cfg(test)]
mod tests {
    use nix::unistd::chown;

    use super::*;

    /// No user of this machine.
    const NOBODYS: Uid = Uid::from_raw(54_321);

    #[test]
    fn the_folder_of_another_user_is_refused_and_named_with_its_owner() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("velib");
        assert!(check_as(&dir, NOBODYS).is_ok(), "it is not there yet, and will be theirs");
        fs::create_dir(&dir).unwrap();
        assert!(check(&dir).is_ok());
        let error = check_as(&dir, NOBODYS).unwrap_err().to_string();
        let said = format!("{} belongs to {}, and this is user 54321", dir.display(), name(geteuid()));
        assert!(error.starts_with(&said), "{error}");
    }

    #[test]
    fn root_makes_no_cluster_in_the_home_of_another() {
        let home = tempfile::tempdir().unwrap();
        // Of anybody else's test the home is another's than root's as it is.
        if geteuid().is_root() {
            chown(home.path(), Some(NOBODYS), None).unwrap();
        }
        let error = check_as(&home.path().join("velib"), Uid::from_raw(0)).unwrap_err();
        let HostError::Foreign(foreign) = error else { panic!("{error}") };
        assert_eq!((foreign.path.as_path(), foreign.us.as_str()), (home.path(), "root"));
    }

    #[test]
    fn what_stands_in_the_way_is_the_nearest_that_can_be_seen() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(Foreign::in_the_way(&home.path().join("velib/plan.json")).map(|one| one.path), {
            // The folder is ours, and the one above it may be root's.
            Foreign::at(home.path().parent().unwrap(), geteuid()).map(|one| one.path)
        });
        if geteuid().is_root() {
            chown(home.path(), Some(NOBODYS), None).unwrap();
            let foreign = Foreign::in_the_way(&home.path().join("velib/plan.json")).unwrap();
            assert_eq!((foreign.path.as_path(), foreign.owner.as_str()), (home.path(), "user 54321"));
        }
    }
}
