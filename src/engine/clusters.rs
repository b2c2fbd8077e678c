//! Which cluster a command is about.

use crate::engine::folder;
use crate::engine::session::Supervisor;
use crate::engine::suggest;
use crate::error::{ExitCode, Failure};
use crate::model::ids::NodeName;
use crate::paths::{ClusterDir, Folders};

/// A cluster of this user: a folder with a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub name: String,
    pub dir: ClusterDir,
    /// The supervisor, when one runs.
    pub supervisor: Option<Supervisor>,
}

/// Every cluster, by name. A home that is not there has none.
pub(crate) fn find(
    folders: &Folders,
    supervisor: impl Fn(&ClusterDir) -> Result<Option<Supervisor>, Failure>,
) -> Result<Vec<Found>, Failure> {
    let mut found = Vec::new();
    for name in folder::names(&folders.home)? {
        let dir = folders.cluster(&name);
        // Folders that begin with a dot are ours, e.g. one that is being deleted.
        if !name.starts_with('.') && dir.plan().is_file() {
            let supervisor = supervisor(&dir)?;
            found.push(Found { name, dir, supervisor });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// The one that was named; else the only one that runs; else the only one there is; of several the one that the spec
/// of the folder is of.
pub(crate) fn choose(
    found: Vec<Found>,
    wanted: Option<&str>,
    of_spec: impl FnOnce() -> Option<String>,
) -> Result<Found, Failure> {
    let names = |found: &[Found]| found.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
    if let Some(wanted) = wanted {
        check_name(wanted)?;
        let all = names(&found);
        return found.into_iter().find(|one| one.name == wanted).ok_or_else(|| {
            let failure = Failure::new(ExitCode::NotRunning, format!("there is no cluster `{wanted}`"));
            match all.is_empty() {
                true => failure.hint("`cluster up` starts one"),
                false => failure.hint(suggest::hint(wanted, suggest::CLUSTERS, &all)),
            }
        });
    }
    let (running, down): (Vec<_>, Vec<_>) = found.into_iter().partition(|one| one.supervisor.is_some());
    let (mut candidates, what) = match running.is_empty() {
        false => (running, "several clusters run"),
        true => (down, "there are several clusters, none of them running"),
    };
    let at = match candidates.len() {
        0 => {
            return Err(Failure::new(ExitCode::NotRunning, "there is no cluster here")
                .hint("`cluster up` starts one"));
        }
        1 => Some(0),
        _ => of_spec().and_then(|name| candidates.iter().position(|one| one.name == name)),
    };
    match at {
        Some(at) => Ok(candidates.remove(at)),
        None => Err(Failure::new(ExitCode::Usage, format!("{what}: {}", names(&candidates).join(", ")))
            .hint(format!("name one, for example `--cluster {}`", candidates[0].name))),
    }
}

/// Nothing of a cluster that is here runs.
pub(crate) fn not_running(name: &str) -> Failure {
    Failure::new(ExitCode::NotRunning, format!("the cluster {name} is not running"))
        .hint(format!("start it with `cluster -c {name} up`"))
}

/// A name is one plain folder below the home, never a path, nor a word that a node has.
pub(crate) fn check_name(name: &str) -> Result<(), Failure> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    let reserved = name == "all" || name.parse::<NodeName>().is_ok();
    let plain = !name.is_empty() && !name.starts_with(['.', '-']) && name.chars().all(allowed);
    if reserved || !plain || name.len() > 64 {
        return Err(Failure::new(ExitCode::Usage, format!("`{name}` is not a cluster's name"))
            .hint("names have lowercase letters, digits, `-`, `_` and `.`, at most 64"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A home with these clusters; those in `running` have a supervisor.
    fn found(names: &[&str], running: &[&str]) -> Vec<Found> {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders { home: home.path().to_owned(), cache: home.path().join("cache") };
        for name in names {
            fs::create_dir(home.path().join(name)).unwrap();
            fs::write(folders.cluster(name).plan(), "{}").unwrap();
        }
        fs::create_dir(home.path().join("no-cluster")).unwrap();
        fs::write(home.path().join("a-file"), "").unwrap();
        let supervisor = |dir: &ClusterDir| {
            let name = dir.path().file_name().unwrap().to_str().unwrap();
            Ok(running.contains(&name).then_some(Supervisor { pid: Some(1) }))
        };
        find(&folders, supervisor).unwrap()
    }

    fn chosen(names: &[&str], running: &[&str], wanted: Option<&str>) -> Result<String, Failure> {
        choose(found(names, running), wanted, || None).map(|one| one.name)
    }

    #[test]
    fn a_cluster_is_a_folder_with_a_plan() {
        let names: Vec<_> =
            found(&["velib", "a", ".deleted-x"], &[]).into_iter().map(|one| one.name).collect();
        assert_eq!(names, ["a", "velib"]);
    }

    #[test]
    fn the_only_one_that_runs_is_meant_else_the_only_one() {
        assert_eq!(chosen(&["a"], &[], None).unwrap(), "a");
        assert_eq!(chosen(&["a", "b", "c"], &["b"], None).unwrap(), "b");
        assert_eq!(chosen(&["a", "b"], &["b"], Some("a")).unwrap(), "a");
    }

    #[test]
    fn several_are_listed_and_none_is_picked() {
        let failure = chosen(&["a", "b", "c"], &["b", "c"], None).unwrap_err();
        assert_eq!(failure.code, ExitCode::Usage);
        assert_eq!(failure.message, "several clusters run: b, c");
        assert_eq!(failure.hint.as_deref(), Some("name one, for example `--cluster b`"));
        let failure = chosen(&["a", "b"], &[], None).unwrap_err();
        assert_eq!(failure.message, "there are several clusters, none of them running: a, b");
    }

    #[test]
    fn of_several_the_one_of_the_folders_spec_is_meant() {
        let chosen = |running: &[&str], of_spec: &str| {
            choose(found(&["a", "b", "c"], running), None, || Some(of_spec.to_owned())).map(|one| one.name)
        };
        assert_eq!(chosen(&["b", "c"], "c").unwrap(), "c");
        assert_eq!(chosen(&[], "a").unwrap(), "a");
        assert_eq!(chosen(&["b"], "c").unwrap(), "b", "only one runs");
        let failure = chosen(&["b", "c"], "a").unwrap_err();
        assert_eq!(failure.message, "several clusters run: b, c", "it does not run");
    }

    #[test]
    fn without_any_the_way_to_start_one_is_told() {
        let folders = Folders { home: "/nonexistent/home".into(), cache: "/nonexistent".into() };
        assert_eq!(find(&folders, |_| Ok(None)).unwrap(), []);
        let failure = choose(vec![], None, || None).unwrap_err();
        assert_eq!(failure.code, ExitCode::NotRunning);
        assert_eq!(failure.hint.as_deref(), Some("`cluster up` starts one"));
    }

    #[test]
    fn an_unknown_name_lists_the_real_ones() {
        let failure = chosen(&["single", "velib"], &[], Some("velibs")).unwrap_err();
        assert_eq!(failure.code, ExitCode::NotRunning);
        assert_eq!(failure.hint.as_deref(), Some("did you mean `velib`? clusters: single, velib"));
    }

    #[test]
    fn a_name_is_never_a_path() {
        for name in ["../x", "a/b", "", ".", "..", "-x", "Velib", "é", "/etc", "broker-0", "all"] {
            assert_eq!(chosen(&["velib"], &[], Some(name)).unwrap_err().code, ExitCode::Usage, "{name}");
        }
    }
}
