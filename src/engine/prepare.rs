//! From a spec to a folder that a supervisor can run: the one place where `up`, `plan` and `render`
//! bring spec, distribution, Java, ports and plan together.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::dist::{self, FetchProgress, HostEnv, find_java};
use crate::engine::draft::Draft;
use crate::engine::folder::{self, Folder};
use crate::engine::host::{Distributions, Host};
use crate::engine::membership;
use crate::engine::source::{Chosen, Mistakes, Preparation, Source};
use crate::error::{ExitCode, Failure};
use crate::host::memory::Memory;
use crate::host::{files, mount};
use crate::model::ids::{NodeName, Role};
use crate::paths::{ClusterDir, Folders};
use crate::plan::folder as plan_folder;
use crate::plan::memory;
use crate::plan::model::{Distribution, IN_PLAIN_TEXT, NodePlan, Plan, Ports, Withdrawn};
use crate::plan::templates::Templates;
use crate::plan::{Facts, PlanError, compare, format, layout, members, ports, users};
use crate::process::adopt;
use crate::render;
use crate::render::store;
use crate::spec::versions::{Coordination, numbers};
use crate::spec::{self, Spec};
use crate::supervisor::daemon;

/// Reads and checks a spec.
pub(crate) fn spec(source: &Source) -> Result<Spec, Mistakes> {
    Draft::read(source).map(|draft| draft.spec)
}

/// The same, held against the Kafka that it names by its folder: one that is none, or of a version that is not supported, is
/// a mistake at that line.
pub(crate) fn validated(source: &Source, folders: &Folders) -> Result<Spec, Mistakes> {
    Draft::validated(source, folders).map(|draft| draft.spec)
}

/// The plan that `up` would carry out now. Nothing is fetched; what is written is a
/// lease of the ports, which ends with this command.
pub(crate) fn plan(folders: &Folders, chosen: &Chosen) -> Result<Plan, Failure> {
    let draft = Draft::of(folders, chosen)?;
    let host = Host::look(&draft.spec, folders)?;
    let dir = folders.cluster(&draft.spec.name);
    let previous = store::load(&dir)?;
    make(&draft.spec, &dir, folders, previous.as_ref(), host.distributions(folders))
}

/// Makes the folder of a cluster as the spec says, fetching Kafka when it is missing.
///
/// A cluster that is up is left as it is, but for its topics and the keys of users; a spec that asks for other nodes or
/// settings than the running ones have is refused. Whatever fails, nothing is left half-made.
///
/// When it is supervised, a supervisor has taken the plan before another command can write one: of two that
/// come at once with different specs, the second is refused.
pub(crate) fn prepare(
    folders: &Folders,
    chosen: &Chosen,
    how: Preparation,
    progress: &dyn FetchProgress,
) -> Result<Plan, Failure> {
    let draft = Draft::of(folders, chosen)?;
    let spec = &draft.spec;
    if how.cert_lifetime.is_some() && spec.security.is_none() {
        let message = format!("{} has no certificates: {IN_PLAIN_TEXT}", spec.name);
        return Err(Failure::new(ExitCode::Usage, message)
            .hint("leave `--cert-lifetime` out, or secure it with `security: mtls` in its spec"));
    }
    let dir = folders.cluster(&spec.name);
    // Everything that can be wrong with the host is found before anything is made.
    plan_folder::check(dir.path())?;
    let host = Host::look(spec, folders)?;
    let templates = Templates::load(spec.templates.as_deref());
    templates.map_err(PlanError::from)?;
    let folder = Folder::claim(&dir)?;
    let previous = store::load(&dir)?;
    let lifetime = how.cert_lifetime.map(|lifetime| lifetime.as_secs());
    if let Some(running) = previous.as_ref().filter(|plan| is_up(&dir, plan)) {
        let running = Plan { cert_lifetime_s: lifetime.or(running.cert_lifetime_s), ..running.clone() };
        return fit_to_running(&draft, &dir, folders, &running, &host);
    }
    if let Some(previous) = &previous {
        same_data(previous, spec, &host.kafka.plan.version)?;
    }
    let mut distributions = host.distributions(folders);
    for (located, distribution) in host.all().zip(distributions.all()) {
        distribution.kafka.source = host.fetch(located, folders, progress)?;
    }
    let slower = distributions.speed_up(progress);
    let mut plan = make(spec, &dir, folders, previous.as_ref(), distributions)?;
    plan.warnings.extend(slower);
    plan.cert_lifetime_s = lifetime.or(plan.cert_lifetime_s);
    if let Some(previous) = &previous {
        membership::nobody_is_dropped(previous, &plan)?;
    }
    if !how.force {
        fits(&plan)?;
    }
    render::keys(&plan)?;
    render::write(&plan)?;
    store::save(&dir, &plan, &draft.text)?;
    let taken = if how.supervised { daemon::ensure(&dir) } else { Ok(()) };
    folder.keep();
    taken.map(|()| plan)
}

/// Refuses what the machine's memory is too small for.
fn fits(plan: &Plan) -> Result<(), Failure> {
    let why = Memory::at_hand().and_then(|memory| memory::does_not_fit(plan, memory));
    why.map_or(Ok(()), |why| {
        let hint = "fewer nodes or less `heap`, combined controllers, or `--force` to try it all the same";
        Err(Failure::new(ExitCode::Refused, why).hint(hint))
    })
}

/// Data of another Kafka version line are never opened by accident: brokers can refuse them, or
/// change them so that the old version cannot read them any more.
fn same_data(previous: &Plan, spec: &Spec, version: &str) -> Result<(), Failure> {
    let line = |version: &str| version.split('.').take(2).collect::<Vec<_>>().join(".");
    let changed = |node: &&NodePlan| {
        line(previous.version_of(node)) != line(spec.version_of(node.name).unwrap_or(version))
    };
    let Some(node) = previous.nodes.iter().find(changed) else {
        return nobody_older_joins(previous, spec, version);
    };
    let (before, asked) = (previous.version_of(node), spec.version_of(node.name).unwrap_or(version));
    let whose = match previous.other_kafkas.is_empty() && spec.versions().next().is_none() {
        true => format!("cluster {}", previous.name),
        false => format!("{} of cluster {}", node.name, previous.name),
    };
    Err(Failure::new(
        ExitCode::BadInput,
        format!("the data of {whose} are Kafka {before}'s; the spec asks for {asked}"),
    )
    .hint(format!(
        "give the spec another name, or remove the old data with `cluster -c {} down --delete`",
        previous.name
    )))
}

/// A cluster keeps the features that its oldest node had when it was first brought up: an older one cannot join.
pub(super) fn nobody_older_joins(previous: &Plan, spec: &Spec, version: &str) -> Result<(), Failure> {
    let oldest = previous.oldest();
    let line = |version: &str| numbers(version).into_iter().take(2).collect::<Vec<_>>();
    let asked = |name: NodeName| spec.version_of(name).unwrap_or(version);
    let joins_older = |name: &NodeName| {
        name.role != Role::ZooKeeper && previous.node(*name).is_none() && line(asked(*name)) < line(oldest)
    };
    let Some(name) = layout::nodes(spec).into_iter().find(joins_older) else { return Ok(()) };
    let cluster = &previous.name;
    Err(Failure::new(
        ExitCode::BadInput,
        format!(
            "{name} would run Kafka {}, and the data of cluster {cluster} are Kafka {oldest}'s",
            asked(name)
        ),
    )
    .hint(format!("give {name} the version {oldest} or a newer one, or the spec another name")))
}

/// The plan that a cluster was last brought up with.
pub(crate) fn stored_plan(dir: &ClusterDir) -> Result<Plan, Failure> {
    store::load(dir)?.ok_or_else(|| {
        Failure::new(ExitCode::NotRunning, format!("there is no plan in {}", dir.path().display()))
            .hint("`cluster up SPEC` makes one")
    })
}

/// Writes the files of a plan below `out`; their paths.
pub(crate) fn render(plan: &Plan, out: &Path) -> Result<Vec<PathBuf>, Failure> {
    Ok(render::write_to(plan, out)?)
}

/// The SHA-256 list of a version's jars, as `sha256sum` prints it.
pub(crate) fn checksums(
    folders: &Folders,
    version: &str,
    progress: &dyn FetchProgress,
) -> Result<String, Failure> {
    let env = HostEnv::from_env();
    let java = find_java(None, &env)?;
    Ok(dist::checksums(version, &java, &folders.cache, &env, progress)?)
}

/// Removes the folder of a cluster that is down.
pub(crate) fn delete(dir: &ClusterDir) -> Result<(), Failure> {
    let _lock = folder::lock_to_delete(dir)?;
    let path = dir.path();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // A plan that cannot be read is deleted like any other.
    let plan = store::load(dir).ok().flatten();
    if daemon::is_running(dir)? || plan.is_some_and(|plan| is_up(dir, &plan)) {
        return Err(Failure::new(ExitCode::Busy, format!("the cluster {name} is up again"))
            .hint("another command started it; run `cluster down --delete` once more"));
    }
    Ok(files::bury(dir)?)
}

/// A supervisor or a node of it lives.
pub(super) fn is_up(dir: &ClusterDir, plan: &Plan) -> bool {
    let supervised = daemon::is_running(dir).unwrap_or(true);
    let nodes: Vec<_> = plan.nodes.iter().collect();
    supervised || adopt::find_all(&nodes).map_or(true, |found| !found.is_empty())
}

/// The running plan, with the spec's topics.
fn fit_to_running(
    draft: &Draft,
    dir: &ClusterDir,
    folders: &Folders,
    running: &Plan,
    host: &Host,
) -> Result<Plan, Failure> {
    let unchanged = fs::read_to_string(dir.spec()).is_ok_and(|text| text == draft.text);
    if unchanged {
        // But for how long certificates are valid, perhaps.
        store::save(dir, running, &draft.text)?;
        return Ok(running.clone());
    }
    // Which Java and Kafka a shell has makes no difference to what runs; what the spec names does.
    let mut distributions = host.distributions(folders);
    if draft.spec.java.is_none() {
        distributions.java = running.java.clone();
    }
    let runs = running.distributions();
    for wanted in distributions.all() {
        let same = runs.iter().find(|runs| runs.kafka.version == wanted.kafka.version);
        match same {
            Some(same) if draft.spec.kafka.home.is_none() => *wanted = same.clone(),
            _ => wanted.class_data = running.class_data.clone(),
        }
    }
    let wanted = make(&draft.spec, dir, folders, Some(running), distributions)?;
    let topics_aside = Plan { topics: running.topics.clone(), ..wanted.clone() };
    let differences = compare(running, &topics_aside);
    if !differences.is_empty() {
        let lines: Vec<String> = differences.iter().map(|difference| format!("  {difference}")).collect();
        return Err(Failure::new(
            ExitCode::Failed,
            format!(
                "the cluster {} is up, and the spec asks for something else:\n{}",
                draft.spec.name,
                lines.join("\n")
            ),
        )
        .hint(membership::remedy(&differences, running, &wanted)));
    }
    let Plan { topics, security, withdrawn, .. } = wanted;
    let plan = Plan { topics, security, withdrawn, ..running.clone() };
    if render::passwords_take_a_restart(&plan)? {
        let what = format!(
            "the cluster {} is up, and brokers read the passwords of PLAIN when they start",
            plan.name
        );
        return Err(Failure::new(ExitCode::Failed, what)
            .hint("`cluster down` and `cluster up` give them the new ones; SCRAM (`clients: scram`) takes them at once"));
    }
    render::keys(&plan)?;
    store::save(dir, &plan, &draft.text)?;
    Ok(plan)
}

fn make(
    spec: &Spec,
    dir: &ClusterDir,
    folders: &Folders,
    previous: Option<&Plan>,
    Distributions { java, kafka: Distribution { kafka, class_data }, others }: Distributions,
) -> Result<Plan, Failure> {
    let spec = &members::settle(&settled(spec, &kafka.version)?, previous)?;
    let ports = ports(spec, previous, dir, folders)?;
    let facts = Facts {
        dir: dir.path().to_owned(),
        kafka,
        java,
        class_data,
        other_kafkas: others,
        cluster_id: cluster_id(spec, previous)?,
        ports,
        templates: Templates::load(spec.templates.as_deref()).map_err(PlanError::from)?,
        is_noexec: mount::is_noexec(dir.path()),
        memory: Memory::at_hand(),
        timezone: std::env::var("TZ").ok().filter(|zone| !zone.is_empty()),
    };
    let mut plan = crate::plan::plan(spec, &facts)?;
    let next_id = |previous: &Plan| previous.next_broker_id.max(members::next_ids(&plan, None).next());
    let was_changed = |previous: &&Plan| previous.next_broker_id.is_some();
    plan.next_broker_id = previous.filter(was_changed).and_then(next_id);
    if let Some(previous) = previous {
        plan.security = plan.security.map(|security| users::kept(security, previous));
        plan.withdrawn = Withdrawn::since(previous, plan.security.as_ref());
        plan.cert_lifetime_s = previous.cert_lifetime_s;
    }
    Ok(plan)
}

/// The spec with what coordinates brokers of this version, if it does not say that itself.
pub(super) fn settled(spec: &Spec, version: &str) -> Result<Spec, Failure> {
    let mut spec = spec.clone();
    spec::coordination::settle(&mut spec, version)
        .map_err(|(message, hint)| Failure::new(ExitCode::BadInput, message).hint(hint))?;
    Ok(spec)
}

/// Of a KRaft cluster: the id that its data has, or a new one.
fn cluster_id(spec: &Spec, previous: Option<&Plan>) -> Result<Option<String>, Failure> {
    if spec.coordination() == Coordination::ZooKeeper {
        return Ok(None);
    }
    if let Some(kept) = previous.and_then(|plan| plan.cluster_id.clone()) {
        return Ok(Some(kept));
    }
    let failed = |error| Failure::new(ExitCode::Failed, format!("no random cluster id can be made: {error}"));
    format::cluster_id().map(Some).map_err(failed)
}

/// The ports of every node, leased; those of `previous` are kept.
pub(super) fn ports(
    spec: &Spec,
    previous: Option<&Plan>,
    dir: &ClusterDir,
    folders: &Folders,
) -> Result<BTreeMap<NodeName, Ports>, Failure> {
    let ours = own_pids(previous);
    let is_ours = |pid: u32| ours.contains(&pid);
    Ok(ports::allocate(spec, previous, dir.path(), &folders.cache, &crate::host::ports::ThisHost, &is_ours)?)
}

/// Processes of the cluster itself, which may hold its ports.
fn own_pids(previous: Option<&Plan>) -> BTreeSet<u32> {
    let nodes: Vec<_> = previous.iter().flat_map(|plan| &plan.nodes).collect();
    let found = adopt::find_all(&nodes).unwrap_or_default();
    found.values().flatten().map(|identity| identity.pid).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixture;
    use crate::spec::model::NodeSettings;

    #[test]
    fn data_keep_their_version_and_nobody_older_joins_them() {
        let mut spec = fixture::kraft(3, 3, false);
        spec.kafka.version = Some("4.3.1".to_owned());
        let previous = crate::plan::plan(&spec, &fixture::facts(&spec)).unwrap();
        let with = |count: u16, id: i32, version: &str| {
            let mut spec = spec.clone();
            spec.brokers.count = count;
            let own = NodeSettings { version: Some(version.to_owned()), ..NodeSettings::default() };
            spec.brokers.nodes.insert(NodeName::broker(id), own);
            same_data(&previous, &spec, "4.3.1")
        };
        assert!(same_data(&previous, &spec, "4.3.1").is_ok());
        assert!(with(3, 0, "4.3.0").is_ok(), "another patch of the same line");
        let changed = with(3, 0, "4.4.0").unwrap_err();
        assert_eq!(
            (changed.code, changed.message.contains("broker-0 of cluster velib")),
            (ExitCode::BadInput, true)
        );
        assert!(with(4, 3, "4.4.0").is_ok(), "a newer one keeps to what is there");
        let older = with(4, 3, "4.1.2").unwrap_err();
        assert!(older.message.starts_with("broker-3 would run Kafka 4.1.2, and the data"), "{older}");
    }
}
