//! The supervisor's Unix socket, in a folder of any length.
//!
//! A socket's address holds at most 107 bytes of path (unix(7), `sun_path`). For longer ones the
//! folder is opened and the socket is addressed through it: `/proc/self/fd/N/supervisor.sock`.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixListener as StdListener;
use std::path::{Path, PathBuf};

use nix::libc;
use tokio::net::{UnixListener, UnixStream};

/// `sun_path` without the NUL that ends it.
const LONGEST_ADDRESS: usize = 107;

/// The socket cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("failed to listen on {}: {source}", path.display())]
pub(crate) struct BindError {
    path: PathBuf,
    source: io::Error,
}

impl From<BindError> for crate::error::Failure {
    fn from(error: BindError) -> Self {
        crate::error::Failure::io("listen on", &error.path, &error.source)
    }
}

/// Listens on a socket that only this user may use.
///
/// A socket left behind by a dead supervisor is replaced: so only the holder of the supervisor's
/// lock may call this. The new socket is made under another name, restricted, and moved into its
/// place: at no moment is there one that refuses, or one with other rights.
pub(crate) fn bind(path: &Path) -> Result<UnixListener, BindError> {
    let made = || -> io::Result<UnixListener> {
        let new = path.with_extension("sock.new");
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let address = Address::of(&new)?;
        let listener = StdListener::bind(&address.path)?;
        fs::set_permissions(&new, Permissions::from_mode(0o600))?;
        listener.set_nonblocking(true)?;
        let listener = UnixListener::from_std(listener)?;
        fs::rename(&new, path)?;
        Ok(listener)
    };
    made().map_err(|source| BindError { path: path.to_owned(), source })
}

/// Connects to the socket. `WouldBlock` means that too many wait to be accepted.
pub(super) async fn connect(path: &Path) -> io::Result<UnixStream> {
    let address = Address::of(path)?;
    UnixStream::connect(&address.path).await
}

/// A path that fits into a socket's address, valid as long as this lives.
struct Address {
    path: PathBuf,
    _folder: Option<File>,
}

impl Address {
    fn of(path: &Path) -> io::Result<Self> {
        if path.as_os_str().as_bytes().len() <= LONGEST_ADDRESS {
            return Ok(Address { path: path.to_owned(), _folder: None });
        }
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let folder =
            OpenOptions::new().read(true).custom_flags(libc::O_PATH | libc::O_DIRECTORY).open(folder)?;
        let number = std::os::fd::AsRawFd::as_raw_fd(&folder);
        let path = Path::new("/proc/self/fd").join(number.to_string()).join(name);
        Ok(Address { path, _folder: Some(folder) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn talk(listener: &UnixListener, path: &Path) {
        let (client, accepted) = tokio::join!(connect(path), listener.accept());
        client.unwrap();
        accepted.unwrap();
    }

    #[tokio::test]
    async fn a_folder_of_300_characters_works_and_only_its_owner_may_connect() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("f".repeat(150)).join("f".repeat(150));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("supervisor.sock");
        let listener = bind(&path).unwrap();
        talk(&listener, &path).await;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[tokio::test]
    async fn every_length_around_the_limit_works() {
        let dir = tempfile::tempdir().unwrap();
        let short = dir.path().as_os_str().len() + "//supervisor.sock".len();
        for length in LONGEST_ADDRESS - 8..LONGEST_ADDRESS + 8 {
            let folder = dir.path().join("f".repeat(length - short));
            fs::create_dir(&folder).unwrap();
            let path = folder.join("supervisor.sock");
            assert_eq!(path.as_os_str().len(), length);
            talk(&bind(&path).unwrap(), &path).await;
        }
    }

    #[tokio::test]
    async fn a_socket_left_behind_refuses_until_it_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("supervisor.sock");
        drop(bind(&path).unwrap());
        assert_eq!(connect(&path).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        talk(&bind(&path).unwrap(), &path).await;
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_is_named() {
        let error = bind(Path::new("/nonexistent/supervisor.sock")).unwrap_err().to_string();
        assert!(error.starts_with("failed to listen on /nonexistent/supervisor.sock: "), "{error}");
    }
}
