//! What coordinates the brokers: `zookeeper` or `controllers`, never both, and what the version of Kafka can do.

use super::fields::{Entry, Fields};
use super::group::{self, Checked};
use super::mistake::Mistakes;
use super::model::{KafkaSpec, Spec};
use super::security;
use super::versions::{self, Coordination, supports};
use crate::model::ids::Role;

/// The coordinating part of a spec.
pub(super) struct Coordinators {
    pub zookeeper: Checked,
    pub controllers: Checked,
}

/// The version that is meant by a spec that names none, by how its brokers are coordinated.
pub(super) fn default_version(top: &Fields) -> &'static str {
    match (top.get("zookeeper"), top.get("controllers")) {
        (None, Some(_)) => versions::newest().version,
        _ => versions::DEFAULT,
    }
}

pub(super) fn check(top: &Fields, kafka: &KafkaSpec, mistakes: &mut Mistakes) -> Coordinators {
    let (zookeeper, controllers) = (top.get("zookeeper"), top.get("controllers"));
    if let (Some(zookeeper), Some(controllers)) = (zookeeper, controllers) {
        mistakes.add(
            controllers.at,
            "a cluster has ZooKeeper servers or KRaft controllers, not both",
            format!("remove `controllers`, or `zookeeper` in line {}", mistakes.line(zookeeper.at)),
        );
    }
    for (entry, coordination) in [(zookeeper, Coordination::ZooKeeper), (controllers, Coordination::Kraft)] {
        if let (Some(entry), Some(version)) = (entry, &kafka.version)
            && !supports(version, coordination)
        {
            mistakes.add(entry.at, cannot(version, coordination), instead(coordination));
        }
    }
    let version = kafka.version.as_deref();
    let mut checked = Coordinators {
        zookeeper: group::check(zookeeper, Role::ZooKeeper, version, mistakes),
        controllers: group::check(controllers, Role::Controller, version, mistakes),
    };
    // With a home whose version nobody has looked at, it is settled later.
    let coordination = match (zookeeper, controllers, &kafka.version) {
        (Some(_), _, _) => Some(Coordination::ZooKeeper),
        (None, Some(_), _) => Some(Coordination::Kraft),
        (None, None, version) => version.as_deref().map(versions::default_coordination),
    };
    if coordination != Some(Coordination::ZooKeeper) {
        checked.zookeeper = Checked::none();
    }
    if coordination != Some(Coordination::Kraft) {
        checked.controllers = Checked::none();
    }
    checked
}

fn cannot(version: &str, coordination: Coordination) -> String {
    match coordination {
        Coordination::ZooKeeper => format!("Kafka {version} runs without ZooKeeper"),
        Coordination::Kraft => format!("KRaft is supported with Kafka 3.9 and later, not with {version}"),
    }
}

fn instead(coordination: Coordination) -> &'static str {
    match coordination {
        Coordination::ZooKeeper => "write `controllers: 3` instead, or name a version below 4.0",
        Coordination::Kraft => "write `zookeeper: 3` instead, or a later version",
    }
}

/// Gives a spec that says nothing of it what the version of its Kafka is coordinated by, once that version is
/// known. An error is a sentence and what to do.
pub(crate) fn settle(spec: &mut Spec, version: &str) -> Result<(), (String, &'static str)> {
    if spec.zookeeper.count == 0 && spec.controllers.count == 0 {
        let group = match versions::default_coordination(version) {
            Coordination::ZooKeeper => &mut spec.zookeeper,
            Coordination::Kraft => &mut spec.controllers,
        };
        group.count = group::DEFAULT_COUNT;
    }
    let coordination = spec.coordination();
    if !supports(version, coordination) {
        return Err((cannot(version, coordination), instead(coordination)));
    }
    if let Some(why) = security::without_kraft(spec) {
        return Err(why);
    }
    match spec.versions().find(|named| !supports(named, coordination)) {
        Some(named) => Err((cannot(named, coordination), of_all(coordination))),
        None => Ok(()),
    }
}

/// Versions that nodes name for themselves, with which they could not be coordinated as the cluster is.
pub(super) fn check_versions(coordinators: &Coordinators, brokers: &Checked, mistakes: &mut Mistakes) {
    let Coordinators { zookeeper, controllers } = coordinators;
    let coordination = match (zookeeper.group.count, controllers.group.count) {
        // The version of a `home` will tell.
        (0, 0) => return,
        (0, _) => Coordination::Kraft,
        _ => Coordination::ZooKeeper,
    };
    for named in [zookeeper, controllers, brokers].into_iter().flat_map(|group| &group.versions) {
        if !supports(named.version, coordination) {
            mistakes.add(&named.span, cannot(named.version, coordination), of_all(coordination));
        }
    }
}

fn of_all(coordination: Coordination) -> &'static str {
    match coordination {
        Coordination::ZooKeeper => "all nodes of this cluster need a version below 4.0",
        Coordination::Kraft => "all nodes of this cluster need 3.9 or a later version",
    }
}

/// Ids and counts of controllers and brokers that cannot go together. Both must be known.
pub(super) fn check_ids(
    coordinators: &Coordinators,
    brokers: &Checked,
    entry: Option<Entry>,
    mistakes: &mut Mistakes,
) {
    let (voters, Some(entry)) = (coordinators.controllers.group.count, entry) else { return };
    let Some(known) = brokers.known_count.filter(|_| voters > 0) else { return };
    if coordinators.controllers.combined {
        if voters > known {
            mistakes.add(
                entry.at,
                format!("{voters} controllers cannot be combined with fewer brokers: there are {known}"),
                format!("at most {known}, or remove `combined`"),
            );
        }
        return;
    }
    let controllers = Role::Controller.first(voters);
    let ids = brokers.group.ids.iter().flatten();
    if let Some(id) = ids.copied().find(|id| controllers.iter().any(|controller| controller.id == *id)) {
        mistakes.add(
            entry.at,
            format!("broker-{id} and controller-{id} cannot both have the id {id}"),
            "brokers and controllers share one range of ids in KRaft: take others in `ids`",
        );
    }
}
