//! Brokers that join a cluster and brokers that leave it: the spec and the plan in its folder follow.
//!
//! As in [`prepare`], a plan is written under the cluster's `prepare.lock`, and before
//! anybody acts on it: what a killed command leaves behind, the next one carries out.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::admin;
use crate::api::message::Request;
use crate::engine::draft::{self, Draft};
use crate::engine::folder;
use crate::engine::prepare;
use crate::engine::{outcome, session};
use crate::error::{ExitCode, Failure};
use crate::host::memory::Memory;
use crate::host::mount;
use crate::model::action::Action;
use crate::model::ids::{NodeName, Role};
use crate::model::outcome::{NodeOutcome, NodeResult, Outcome, OutcomeKind, Stop, Summary};
use crate::paths::{ClusterDir, Folders};
use crate::plan::members::{self, Shifted};
use crate::plan::model::{NodePlan, Plan};
use crate::plan::templates::Templates;
use crate::plan::{Difference, Facts, PlanError, layout};
use crate::render::{self, store};
use crate::spec::Spec;

/// More do not fit on a machine; a spec has the same limit.
pub(crate) const MOST_BROKERS: u16 = 100;

/// How long the session of a broker that did not stop in order may outlive it: Kafka's default is 18 s.
const SESSION: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(100);

/// The plan of a cluster with more brokers.
#[derive(Clone, Debug)]
pub(crate) struct Scaled {
    pub plan: Plan,
    /// Those that it had not before.
    pub added: Vec<NodeName>,
    /// Settings that go by the number of brokers and stay as they are: the spec says them now.
    pub kept: Vec<Shifted>,
    /// Somebody has to start what was added.
    pub is_up: bool,
}

impl Scaled {
    /// What is to be asked for so that they are started and waited for; `None`: the next `up` does it.
    pub(crate) fn action(&self, count: u16) -> Option<Action> {
        // Without new ones, those that an earlier `scale` added and did not see through.
        let nodes = match self.added.is_empty() {
            true => self.plan.of_role(Role::Broker).map(|node| node.name).collect(),
            false => self.added.clone(),
        };
        self.is_up.then_some(Action::Scale { brokers: count, nodes })
    }
}

/// Gives the cluster `count` brokers; those that it has stay as they are.
pub(crate) fn scale(folders: &Folders, dir: &ClusterDir, count: u16) -> Result<Scaled, Failure> {
    let _lock = folder::lock(dir)?;
    let running = prepare::stored_plan(dir)?;
    let is_up = session::must_be_up(dir).is_ok();
    let mut ids = members::brokers(&running);
    let present = ids.len();
    let wanted = usize::from(count);
    if wanted < present {
        return Err(fewer(&running, wanted));
    }
    if wanted == present {
        return Ok(Scaled { plan: running, added: Vec::new(), kept: Vec::new(), is_up });
    }
    ids.extend(members::next_ids(&running, left_behind(dir.path())).take(wanted - present));

    let mut spec = Draft::stored(dir)?.spec;
    members::set(&mut spec, ids);
    let mut plan = plan(&spec, &running, folders)?;
    let kept = members::keep_settings(&mut spec, members::shifted(&running, &plan));
    if !kept.is_empty() {
        plan = self::plan(&spec, &running, folders)?;
    }
    let plan = members::extended(&running, &plan);
    render::keys(&plan)?;
    store::save(dir, &plan, &text(&spec)?)?;
    let new = plan.nodes.iter().map(|node| node.name).filter(|name| running.node(*name).is_none());
    Ok(Scaled { added: new.collect(), plan, kept, is_up })
}

fn fewer(running: &Plan, wanted: usize) -> Failure {
    let present = members::brokers(running);
    let last = NodeName::broker(present.last().copied().unwrap_or_default());
    let message =
        format!("{} has {} brokers, and `scale` only adds: {wanted} are fewer", running.name, present.len());
    Failure::new(ExitCode::Usage, message)
        .hint(format!("`cluster -c {} decommission {last}` takes a broker out", running.name))
}

/// A broker that is to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leaving {
    pub broker: NodeName,
    /// Though its stop takes partitions below min ISR.
    pub force: bool,
    /// Its folder stays.
    pub keep_data: bool,
    /// For the journal.
    pub by: String,
}

/// What became of it.
#[derive(Clone, Debug)]
pub(crate) struct Retired {
    pub outcome: Outcome,
    /// Settings that the other brokers would be planned with otherwise now.
    pub stale: Vec<Shifted>,
}

/// Stops a broker that holds no replica, deletes its data and takes it out of spec and plan, in this order:
/// whatever is killed in between, it is a stopped member that can be asked to leave again, until it is
/// none; what a supervisor still knows of it goes with the next request.
pub(crate) async fn retire(
    folders: &Folders,
    dir: &ClusterDir,
    leaving: &Leaving,
) -> Result<Retired, Failure> {
    let _lock = folder::free_lock(dir).await?;
    let broker = leaving.broker;
    let running = prepare::stored_plan(dir)?;
    let Some(node) = running.node(broker) else {
        let outcome = forget(dir, leaving, NodeResult::NoMember).await?;
        return Ok(Retired { outcome, stale: Vec::new() });
    };
    // Whatever can be wrong with what will be is found while all is as it was.
    let plan = members::reduced(&running, broker);
    let mut spec = Draft::stored(dir)?.spec;
    members::set(&mut spec, members::brokers(&plan));
    let text = text(&spec)?;
    let stale = members::shifted(&plan, &self::plan(&spec, &plan, folders)?);
    // From here on its id is known not to be given again.
    let leaving_plan = Plan { next_broker_id: plan.next_broker_id, ..running.clone() };
    store::save(dir, &leaving_plan, &Draft::stored(dir)?.text)?;

    let stop = Action::Stop { nodes: vec![broker.into()], force: leaving.force };
    let stopped = act(dir, stop, leaving).await?;
    empty_and_gone(dir, broker).await?;
    if !leaving.keep_data {
        crate::host::files::remove(&node.dir)?;
    }
    store::save(dir, &plan, &text)?;
    let stop = match stopped.nodes.first().map(|node| &node.result) {
        Some(NodeResult::Stopped(stop)) => *stop,
        _ => Stop::WasDown,
    };
    let left = NodeResult::Left { stop, kept_data: leaving.keep_data, dir: node.dir.clone() };
    Ok(Retired { outcome: forget(dir, leaving, left).await?, stale })
}

async fn act(dir: &ClusterDir, action: Action, leaving: &Leaving) -> Result<Outcome, Failure> {
    let request = Request { action, by: leaving.by.clone() };
    let outcome = session::act(dir, &request, &mut |_| {}).await?;
    match outcome.result {
        OutcomeKind::Done => Ok(outcome),
        _ => Err(outcome::failure(&outcome)),
    }
}

/// Has the supervisor follow the plan. With none there is nobody who would have to.
async fn forget(dir: &ClusterDir, leaving: &Leaving, result: NodeResult) -> Result<Outcome, Failure> {
    match act(dir, Action::Forget { nodes: vec![leaving.broker] }, leaving).await {
        Err(failure) if failure.code != ExitCode::NotRunning => return Err(failure),
        _ => {}
    }
    let nodes = vec![NodeOutcome::new(leaving.broker, result)];
    Ok(Outcome { result: OutcomeKind::Done, summary: Summary::Nodes, nodes })
}

/// Waits until Kafka has no registration of a broker that was stopped. Who gave it a replica at the last
/// moment is told so, while its data is still there.
async fn empty_and_gone(dir: &ClusterDir, broker: NodeName) -> Result<(), Failure> {
    let began = Instant::now();
    loop {
        let status = session::status(dir, None).await?;
        let held = admin::held(&status, broker);
        if let Some(partition) = held.as_ref().and_then(|held| held.first()) {
            return Err(Failure::new(
                ExitCode::Failed,
                format!("{broker} was given a replica of {partition} while it was stopped"),
            )
            .hint(format!("`cluster start {broker}`, then ask again")));
        }
        let registered = status.node(broker).map(|node| node.registered);
        if held.is_some() && registered.flatten() == Some(false) {
            return Ok(());
        }
        if began.elapsed() > SESSION {
            let message = format!("{broker} is stopped, and is still registered");
            return Err(
                Failure::new(ExitCode::TimedOut, message).hint("ask again once its session has expired")
            );
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The largest id of a broker that has ever started in this folder.
fn left_behind(dir: &Path) -> Option<i32> {
    let entries = std::fs::read_dir(dir).ok()?;
    let names = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<NodeName>().ok());
    let started = |name: &NodeName| layout::NodeDir::new(dir, *name).data().join("meta.properties").exists();
    names.filter(|name| name.role == Role::Broker && started(name)).map(|name| name.id).max()
}

/// What the spec says, with the ports, Kafka and Java of what runs.
fn plan(spec: &Spec, running: &Plan, folders: &Folders) -> Result<Plan, Failure> {
    let spec = &prepare::settled(spec, &running.kafka.version)?;
    prepare::nobody_older_joins(running, spec, &running.kafka.version)?;
    let mut ports = prepare::ports(spec, Some(running), &ClusterDir(running.dir.clone()), folders)?;
    ports.extend(running.nodes.iter().map(|node| (node.name, node.ports)));
    let timezone = |node: &NodePlan| node.env.get("TZ").cloned();
    let facts = Facts {
        dir: running.dir.clone(),
        kafka: running.kafka.clone(),
        java: running.java.clone(),
        class_data: running.class_data.clone(),
        other_kafkas: running.other_kafkas.clone(),
        cluster_id: running.cluster_id.clone(),
        ports,
        templates: Templates::load(spec.templates.as_deref()).map_err(PlanError::from)?,
        is_noexec: mount::is_noexec(&running.dir),
        memory: Memory::at_hand(),
        timezone: running.of_role(Role::Broker).next().and_then(timezone),
    };
    Ok(crate::plan::plan(spec, &facts)?)
}

/// The spec as it is stored.
fn text(spec: &Spec) -> Result<String, Failure> {
    draft::written(
        spec,
        "when brokers joined or left: what the spec of the last `up` said, with the brokers of now",
    )
}

/// Refuses a plan without a broker that holds data: nobody would ever read them again.
pub(crate) fn nobody_is_dropped(previous: &Plan, new: &Plan) -> Result<(), Failure> {
    let dropped = previous.of_role(Role::Broker).filter(|node| new.node(node.name).is_none());
    let holding: BTreeMap<NodeName, usize> =
        dropped.map(|node| (node.name, replicas_on_disk(node))).filter(|(_, held)| *held > 0).collect();
    let Some((name, held)) = holding.first_key_value() else { return Ok(()) };
    let names: Vec<String> = holding.keys().map(NodeName::to_string).collect();
    let replicas = if *held == 1 { "1 replica".to_owned() } else { format!("{held} replicas") };
    Err(Failure::new(
        ExitCode::BadInput,
        format!("the spec leaves out {}, and {name} holds {replicas}", names.join(", ")),
    )
    .hint(how_to_keep(previous)))
}

/// What to do about a spec that is not what runs.
pub(crate) fn remedy(differences: &[Difference], running: &Plan, wanted: &Plan) -> String {
    let name = &running.name;
    if differences.iter().any(|difference| matches!(difference, Difference::NodeRemoved(_))) {
        return how_to_keep(running);
    }
    let brokers = members::brokers(wanted);
    let by_scale = members::brokers(running).into_iter().chain(members::next_ids(running, None));
    let is_new = |difference: &Difference| matches!(difference, Difference::NodeAdded(_));
    if differences.iter().all(is_new) && by_scale.take(brokers.len()).eq(brokers.iter().copied()) {
        return format!("`cluster -c {name} scale brokers {}` adds them while it runs", brokers.len());
    }
    format!("run `cluster -c {name} down`, then `cluster up` with this spec; data and ports are kept")
}

/// What the spec can say to have the brokers of the cluster, and how to be rid of one.
fn how_to_keep(plan: &Plan) -> String {
    let ids = members::brokers(plan);
    let last = NodeName::broker(ids.last().copied().unwrap_or_default());
    format!(
        "write `count: {}` under `brokers` in the spec, or take brokers out with `cluster -c {} decommission {last}`; \
         `cluster -c {1} up` brings the cluster up as it was",
        ids.len(),
        plan.name
    )
}

/// Folders of partitions in a broker's data; Kafka names them `TOPIC-NUMBER`.
fn replicas_on_disk(node: &NodePlan) -> usize {
    let is_partition = |name: &str| {
        let number = name.rsplit_once('-').map(|(_, number)| number);
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let entries = std::fs::read_dir(layout::NodeDir(node.dir.clone()).data());
    let names = entries.into_iter().flatten().flatten().map(|entry| entry.file_name());
    // Every node of a KRaft cluster has the metadata, and finds it with the others.
    let holds = |name: &str| is_partition(name) && name != "__cluster_metadata-0";
    names.filter(|name| name.to_str().is_some_and(holds)).count()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::plan::samples;

    #[test]
    fn a_plan_without_a_broker_that_holds_data_is_refused_and_one_without_an_empty_broker_is_not() {
        let home = tempfile::tempdir().unwrap();
        let before = samples::plan(home.path(), "velib");
        let (left, data) = {
            let node = before.node(NodeName::broker(1)).unwrap();
            (members::reduced(&before, node.name), node.data())
        };
        assert!(nobody_is_dropped(&before, &left).is_ok(), "it was never started");
        for other in
            ["meta.properties", "t-0.a1b2-delete", "t-x", "__cluster_metadata-0", "cleaner-offset-checkpoint"]
        {
            fs::create_dir_all(data.join(other)).unwrap();
        }
        assert!(nobody_is_dropped(&before, &left).is_ok());
        fs::create_dir(data.join("velib-stations-9")).unwrap();
        let failure = nobody_is_dropped(&before, &left).unwrap_err();
        assert_eq!(failure.code, ExitCode::BadInput);
        assert_eq!(failure.message, "the spec leaves out broker-1, and broker-1 holds 1 replica");
        assert!(failure.hint.unwrap().starts_with("write `count: 3` under `brokers`"));
        assert!(nobody_is_dropped(&before, &before).is_ok());
    }

    #[test]
    fn a_broker_whose_data_is_still_there_keeps_its_id() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(left_behind(home.path()), None);
        for (folder, started) in [("broker-4", true), ("broker-7", false), ("zookeeper-9", true)] {
            let data = home.path().join(folder).join("data");
            fs::create_dir_all(&data).unwrap();
            if started {
                fs::write(data.join("meta.properties"), "").unwrap();
            }
        }
        assert_eq!(left_behind(home.path()), Some(4));
    }

    #[test]
    fn a_spec_that_does_not_hold_with_fewer_brokers_is_not_stored() {
        let written = "name: x\nbrokers: 2\ntopics: { t: { replication_factor: 2 } }\n";
        let mut spec = crate::spec::parse(written, "x.yaml").unwrap();
        assert!(text(&spec).unwrap().starts_with("# Written when brokers joined or left"));
        members::set(&mut spec, vec![1]);
        let failure = text(&spec).unwrap_err();
        assert!(failure.message.contains("needs 2 brokers, and there are 1"), "{}", failure.message);
    }
}
