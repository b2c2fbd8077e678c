//! How the file system of a folder is mounted.

use std::path::Path;

use rustix::fs::{StatVfsMountFlags, statvfs};

/// The folder, or the nearest one above it that is there.
pub(crate) fn nearest(folder: &Path) -> &Path {
    folder.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"))
}

/// Whether native code in this folder cannot be loaded, as it is mounted `noexec` (`mmap` with `PROT_EXEC` is then
/// refused). Where the system does not tell it is taken to be possible.
pub(crate) fn is_noexec(folder: &Path) -> bool {
    statvfs(nearest(folder)).is_ok_and(|fs| fs.f_flag.contains(StatVfsMountFlags::NOEXEC))
}
