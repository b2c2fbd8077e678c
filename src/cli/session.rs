//! Talking to the supervisor of a cluster, and being one.

use std::fs::File;
use std::io;

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use super::engine::{OnReply, Supervisor};
use crate::api::action::{Outcome, Request};
use crate::api::status::Status;
use crate::error::{ExitCode, Failure};
use crate::paths::ClusterDir;

/// Asks who holds the open-file-description lock on `supervisor.lock`, without taking it.
pub fn supervisor(dir: &ClusterDir) -> Result<Option<Supervisor>, Failure> {
    let path = dir.supervisor_lock();
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::io("open", &path, &error)),
    };
    let mut lock = libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    fcntl(&file, FcntlArg::F_OFD_GETLK(&mut lock))
        .map_err(|error| Failure::io("read the lock of", &path, &error.into()))?;
    if i32::from(lock.l_type) == libc::F_UNLCK {
        return Ok(None);
    }
    let pid = std::fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok());
    Ok(Some(Supervisor { pid }))
}

pub async fn act(_: &ClusterDir, _: &Request, _: OnReply<'_>) -> Result<Outcome, Failure> {
    Err(no_supervisor())
}

pub async fn status(_: &ClusterDir, _: Option<&str>) -> Result<Status, Failure> {
    Err(no_supervisor())
}

pub async fn foreground(_: &ClusterDir, _: &Request, _: OnReply<'_>) -> Result<Outcome, Failure> {
    Err(no_supervisor())
}

pub async fn supervise(_: &ClusterDir) -> Result<(), Failure> {
    Err(no_supervisor())
}

fn no_supervisor() -> Failure {
    Failure::new(ExitCode::Failed, "this build has no supervisor")
}
