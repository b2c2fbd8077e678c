//! The clusters of this user: those that nobody supervises, ports that strangers took, plans that cannot be read.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::diagnosis::Diagnosis;
use crate::engine::doctor::{Finding, State};
use crate::engine::journal::Journal;
use crate::engine::{clusters, prepare};
use crate::error::Failure;
use crate::host::ports::{HostPorts, ThisHost, becomes_free};
use crate::model::event::Entry;
use crate::paths::{ClusterDir, Folders};
use crate::plan::model::Plan;
use crate::render::store;
use crate::supervisor::saved::Saved;
use crate::supervisor::{SupervisorError, daemon};
use crate::units;

/// Clocks of one machine do not differ, but a journal is written a moment after its time.
const AHEAD: SignedDuration = SignedDuration::from_secs(60);

pub(super) fn examine(folders: &Folders) -> Result<Vec<Diagnosis>, Failure> {
    let all = clusters::find(folders, |_| Ok(None))?;
    let (mut found, mut running) = (Vec::new(), 0);
    let mut latest: Option<(String, Timestamp)> = None;
    for one in &all {
        let plan = match store::load(&one.dir) {
            Ok(Some(plan)) => plan,
            Ok(None) => continue,
            Err(error) => {
                let remedy = format!("`cluster -c {} down --delete` removes it", one.name);
                found.push(Finding::bad("clusters", State::Warning, error.to_string(), remedy).into());
                continue;
            }
        };
        let is_up = prepare::is_up(&one.dir, &plan);
        running += usize::from(is_up);
        found.extend(unreadable_state(&one.name, &one.dir).map(Diagnosis::from));
        if is_up {
            found.extend(unsupervised(&one.name, &one.dir)?);
        } else {
            found.extend(taken_ports(&plan, &folders.home).map(Diagnosis::from));
        }
        let last = last_entry(&one.dir).map(|entry| entry.time);
        if let Some(time) = last.filter(|time| latest.as_ref().is_none_or(|(_, latest)| time > latest)) {
            latest = Some((one.name.clone(), time));
        }
    }
    found.push(clock(latest, Timestamp::now()).into());
    if found.iter().all(|one| one.finding.what != "clusters") {
        let text = format!("{}, {running} of them running", units::count(all.len(), "cluster"));
        found.push(Finding::good("clusters", text).into());
    }
    Ok(found)
}

fn unsupervised(name: &str, dir: &ClusterDir) -> Result<Option<Diagnosis>, Failure> {
    if daemon::is_running(dir)? {
        return Ok(None);
    }
    let finding = Finding::bad(
        "clusters",
        State::Warning,
        format!("nodes of {name} run without a supervisor: it was killed"),
        format!("`cluster -c {name} status` starts one, which adopts them"),
    );
    let dir = dir.clone();
    Ok(Some(Diagnosis::mended_by(finding, move || daemon::ensure(&dir))))
}

/// No supervisor starts over a state that it cannot read: it may say that nodes are to stay down.
fn unreadable_state(name: &str, dir: &ClusterDir) -> Option<Finding> {
    let path = dir.state();
    let why = match Saved::load(&path).err()? {
        SupervisorError::State { reason, .. } => reason,
        error => error.to_string(),
    };
    Some(Finding::bad(
        "clusters",
        State::Problem,
        format!("{} cannot be read, so {name} cannot be supervised: {why}", path.display()),
        format!("move it away; `cluster -c {name} up` goes on without it and finds what runs"),
    ))
}

/// The first port of a cluster that is down which somebody else has now.
fn taken_ports(plan: &Plan, home: &Path) -> Option<Finding> {
    let ports = plan.nodes.iter().flat_map(|node| node.ports.all().map(|port| (node.name, port)));
    let (node, port) = ports.into_iter().find(|(_, port)| !becomes_free(&ThisHost, *port))?;
    let holder = ThisHost.holder(port);
    let end = holder.as_ref().and_then(|holder| holder.down(home)).unwrap_or("end that process".to_owned());
    let holder = holder.map_or("a process of another user".to_owned(), |holder| holder.to_string());
    Some(Finding::bad(
        "ports",
        State::Warning,
        format!("port {port} of {node} of {}, which is down, is taken by {holder}", plan.name),
        format!("{end} before `cluster up`, or bring the cluster up under another name"),
    ))
}

fn last_entry(dir: &ClusterDir) -> Option<Entry> {
    let mut last = None;
    let mut on_entry = |entry, _: &[u8]| {
        last = Some(entry);
        Ok(())
    };
    Journal::of(dir).read(&mut on_entry).ok()?;
    last
}

fn clock(latest: Option<(String, Timestamp)>, now: Timestamp) -> Finding {
    match latest.filter(|(_, time)| time.duration_since(now) > AHEAD) {
        Some((name, time)) => Finding::bad(
            "clock",
            State::Warning,
            format!("the journal of {name} ends at {time}, and now is {now}: the clock was set back"),
            "set the clock; Kafka deletes and compacts by it",
        ),
        None => Finding::good("clock", format!("{now:.0}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_that_keeps_a_supervisor_from_starting_is_a_problem() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders { home: home.path().into(), cache: home.path().into() };
        let dir = folders.cluster("velib");
        assert_eq!(unreadable_state("velib", &dir), None, "a cluster that was never started has none");
        std::fs::create_dir(dir.path()).unwrap();
        std::fs::write(dir.state(), "").unwrap();
        let finding = unreadable_state("velib", &dir).unwrap();
        assert_eq!(finding.state, State::Problem);
        assert!(finding.found.contains("velib cannot be supervised: EOF"), "{}", finding.found);
        assert!(finding.remedy.is_some_and(|remedy| remedy.starts_with("move it away")));
    }

    #[test]
    fn a_journal_from_the_future_means_that_the_clock_was_set_back() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let latest = |text: &str| Some(("velib".to_owned(), at(text)));
        let now = at("2026-11-23T12:00:00Z");
        assert_eq!(clock(latest("2026-11-23T12:00:30Z"), now).state, State::Good);
        let back = clock(latest("2026-11-23T13:00:00Z"), now);
        assert_eq!(back.state, State::Warning);
        assert!(back.found.contains("velib ends at 2026-11-23T13:00:00Z"), "{}", back.found);
        assert_eq!(clock(None, now).state, State::Good);
    }
}
