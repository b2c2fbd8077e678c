//! Memory, disk, open files and the loopback interface.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use nix::sys::resource::{Resource, getrlimit};
use rustix::fs::statvfs;

use super::diagnosis::Diagnosis;
use crate::engine::doctor::{Finding, State};
use crate::error::Failure;
use crate::host::memory::Memory;
use crate::host::mount;
use crate::model::cause::Cause;
use crate::paths::Folders;
use crate::plan::memory::{self, Need};
use crate::plan::model::Plan;
use crate::plan::{folder, unpack_at_home, without_native_code};
use crate::units;

/// Below that a cluster's logs and segments are soon too many; a distribution alone takes a tenth of it.
const LITTLE: u64 = 1 << 30;
/// Below that not even a startup archive fits.
const NEXT_TO_NOTHING: u64 = 200 << 20;
/// A broker has a few files open for each partition, and a socket for each client.
const ENOUGH_FILES: u64 = 4096;

pub(super) fn examine(plan: Option<&Plan>, folders: &Folders) -> Vec<Diagnosis> {
    let mut found: Vec<Finding> = memory(plan).into_iter().collect();
    found.extend(odd_home(folders));
    found.extend([&folders.home, &folders.cache].into_iter().map(|folder| disk(folder)));
    if plan.is_none_or(|plan| unpack_at_home(&plan.nodes)) {
        found.extend([&folders.home, &folders.ephemeral().home].into_iter().filter_map(|home| noexec(home)));
    }
    found.extend(files());
    if let Err(error) = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)) {
        let why = format!("nothing can listen on 127.0.0.1: {error}");
        found.push(Finding::bad("ports", State::Problem, why, "bring the loopback interface up"));
    }
    found.into_iter().map(Diagnosis::from).collect()
}

fn memory(plan: Option<&Plan>) -> Option<Finding> {
    let machine = Memory::at_hand()?;
    let limit = if machine.is_limited { ", the limit of this cgroup" } else { "" };
    let left =
        format!("{} left of {}{limit}", units::memory(machine.available), units::memory(machine.total));
    let Some(plan) = plan else { return Some(Finding::good("memory", left)) };
    if let Some(why) = memory::does_not_fit(plan, machine) {
        return Some(Finding::bad("memory", State::Problem, why, "fewer nodes or less `heap` in the spec"));
    }
    let need = Need::of(&plan.nodes, plan.profile).in_words();
    Some(Finding::good("memory", format!("{left}; {} takes {need}", plan.name)))
}

/// A home in which Kafka would misread the folder of every cluster.
fn odd_home(folders: &Folders) -> Option<Finding> {
    let failure: Failure = folder::check(&folders.home).err()?.into();
    Some(Finding::bad("disk", State::Problem, failure.message, failure.hint.unwrap_or_default()))
}

/// The file system of the folder, or of the nearest one above that is there.
fn disk(folder: &Path) -> Finding {
    let there = mount::nearest(folder);
    let shown = folder.display();
    if let Err(error) = tempfile::tempfile_in(there) {
        return Finding::bad(
            "disk",
            State::Problem,
            format!("nothing can be written in {}: {error}", there.display()),
            "make it writable, or set CLUSTER_HOME and CLUSTER_CACHE to other folders",
        );
    }
    let free = match statvfs(there) {
        Ok(fs) => fs.f_bavail.saturating_mul(fs.f_frsize),
        Err(error) => {
            let why = format!("it cannot be told how much space {shown} has: {error}");
            return Finding::bad("disk", State::Warning, why, "look with `df`");
        }
    };
    let left = format!("{} left for {shown}", units::size(free));
    match free {
        ..NEXT_TO_NOTHING => Finding::bad("disk", State::Problem, left, "free some space"),
        NEXT_TO_NOTHING..LITTLE => Finding::bad("disk", State::Warning, left, "free some space"),
        _ => Finding::good("disk", left),
    }
}

/// A home of clusters whose brokers cannot load native code.
fn noexec(home: &Path) -> Option<Finding> {
    let finding = || Finding::bad("disk", State::Warning, without_native_code(home), Cause::Noexec.remedy());
    mount::is_noexec(home).then(finding)
}

fn files() -> Option<Finding> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    let allowed = format!("a process may have {soft} files open");
    Some(match soft >= ENOUGH_FILES {
        true => Finding::good("files", allowed),
        false => Finding::bad(
            "files",
            State::Warning,
            format!("{allowed}; brokers with many partitions need more"),
            format!("`ulimit -n {}` before `cluster up`", hard.clamp(ENOUGH_FILES, 65_536)),
        ),
    })
}
