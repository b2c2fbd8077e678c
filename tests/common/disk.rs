//! A small disk of a test's own, which it can fill.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Unmounted by the home's guard, see [`unmount`].
#[derive(Debug)]
pub(crate) struct Disk {
    filler: PathBuf,
}

impl Disk {
    /// A tmpfs over this folder, `noexec`; why not, when this user may not mount.
    pub(crate) fn mount(folder: &Path) -> Result<Self, String> {
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", "size=64m,noexec", "tmpfs"]).arg(folder);
        let output = command.output().map_err(|error| format!("mount cannot be run: {error}"))?;
        match output.status.success() {
            true => Ok(Disk { filler: folder.join("filler") }),
            false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        }
    }

    /// Leaves no free block.
    pub(crate) fn fill(&self) {
        let mut file = File::create(&self.filler).unwrap();
        let error = io::copy(&mut io::repeat(b'.'), &mut file).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull, "{error}");
    }

    pub(crate) fn free(&self) {
        fs::remove_file(&self.filler).unwrap();
    }
}

/// Unmounts the folder if it is a mount point. No process may use it any more.
pub(crate) fn unmount(folder: &Path) {
    let device = |path: &Path| fs::metadata(path).map(|metadata| metadata.dev()).ok();
    if device(folder) != folder.parent().and_then(device) {
        let _ = Command::new("umount").arg(folder).status();
    }
}
