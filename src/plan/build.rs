//! Spec and facts in, plan out.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::model::ids::{NodeName, Role};
use crate::model::step::Step;
use crate::plan::facts::Facts;
use crate::plan::folder;
use crate::plan::format::Format;
use crate::plan::keys::KeyFolder;
use crate::plan::layers::Layers;
use crate::plan::layout::{self, NodeDir};
use crate::plan::model::{
    Distribution, NodePlan, Origin, Plan, PlannedFile, Ports, Setting, TopicPlan, Withdrawn,
};
use crate::plan::properties;
use crate::plan::templates::{Context, Templates};
use crate::plan::{PlanError, broker, jvm, topics, warnings, zookeeper};
use crate::spec::model::{Clients, Security, Spec};
use crate::spec::versions::numbers;

/// The plan of a spec on this host. The same spec and facts give the same plan.
pub(crate) fn plan(spec: &Spec, facts: &Facts) -> Result<Plan, PlanError> {
    folder::check(&facts.dir)?;
    let names = layout::nodes(spec);
    if let Some(&node) = names.iter().find(|name| !facts.ports.contains_key(name)) {
        return Err(PlanError::NoPorts { node });
    }
    // Only nodes of the spec: ports of others must not end up in zookeeper.connect.
    let ports: BTreeMap<_, _> = facts
        .ports
        .iter()
        .filter(|(name, _)| names.contains(name))
        .map(|(name, own)| (*name, *own))
        .collect();

    let oldest = oldest(spec, facts, &names)?;
    let nodes: Vec<NodePlan> =
        names.iter().map(|&name| node(spec, facts, oldest, &ports, name)).collect::<Result<_, _>>()?;
    let is_run = |other: &&Distribution| {
        nodes.iter().any(|node| node.kafka_version.as_ref() == Some(&other.kafka.version))
    };
    let topics: Vec<TopicPlan> = topics::topics(spec, topics::broker_min_isr(&nodes));
    Ok(Plan {
        format: Plan::FORMAT,
        name: spec.name.clone(),
        dir: facts.dir.clone(),
        profile: spec.profile,
        restart: spec.restart,
        kafka: facts.kafka.clone(),
        java: facts.java.clone(),
        class_data: facts.class_data.clone(),
        other_kafkas: facts.other_kafkas.iter().filter(is_run).cloned().collect(),
        cluster_id: facts.cluster_id.clone(),
        security: spec.security.clone(),
        cert_lifetime_s: None,
        listeners: spec.listeners.clone(),
        withdrawn: Withdrawn::default(),
        warnings: warnings::warnings(spec, facts, &nodes),
        nodes,
        topics,
        next_broker_id: None,
        login: None,
    })
}

/// The oldest version of the brokers and controllers, whose protocol and features all of them speak.
fn oldest<'a>(spec: &Spec, facts: &'a Facts, names: &[NodeName]) -> Result<&'a str, PlanError> {
    let mut oldest = None;
    for name in names.iter().filter(|name| name.role != Role::ZooKeeper) {
        let (kafka, _) = facts.of(spec.version_of(*name))?;
        let version = kafka.version.as_str();
        oldest = oldest.into_iter().chain([version]).min_by_key(|version| numbers(version));
    }
    Ok(oldest.unwrap_or(&facts.kafka.version))
}

fn node(
    spec: &Spec,
    facts: &Facts,
    oldest: &str,
    ports: &BTreeMap<NodeName, Ports>,
    name: NodeName,
) -> Result<NodePlan, PlanError> {
    let dir = NodeDir::new(&facts.dir, name);
    let (kafka, class_data) = facts.of(spec.version_of(name))?;
    let version = &kafka.version;
    let serving = [Step::Process, Step::Port, Step::Protocol];
    let voters = layout::voters(spec);
    let is_voter = voters.contains(&name);
    let (layers, readiness, stop_deadline_ms) = match name.role {
        Role::ZooKeeper => (zookeeper::settings(spec, version, name, &dir, ports), serving.to_vec(), 5_000),
        Role::Controller => (
            broker::of_controller(spec, (version, oldest), name, &dir, ports),
            [&serving[..], &[Step::Quorum]].concat(),
            10_000,
        ),
        Role::Broker => (
            broker::settings(spec, (version, oldest), name, &dir, ports),
            [&serving[..], &[Step::Registered, Step::Joined, Step::InSync]].concat(),
            20_000,
        ),
    };
    let (heap_mib, _) = jvm::heap(spec, name);
    let own_ports = ports[&name];
    let context = Context::new(spec, kafka, &facts.java, name, &dir, own_ports, heap_mib, &layers);

    let mut files = Vec::new();
    let mut file = |path: PathBuf, template: &str| -> Result<(), PlanError> {
        files.push(PlannedFile { path, text: facts.templates.render(template, &context)? });
        Ok(())
    };
    file(dir.main_config(name.role), layout::main_config_name(name.role))?;
    file(dir.logging(version), layout::logging_name(version))?;
    if name.role == Role::ZooKeeper {
        file(dir.myid(), "myid")?;
    }

    let depends_on = if is_voter { Vec::new() } else { voters };
    let storage = facts.cluster_id.as_deref().filter(|_| name.role != Role::ZooKeeper);
    Ok(NodePlan {
        settings: effective(&facts.templates, name, &layers, &files[0].text)?,
        name,
        kafka_version: (*version != facts.kafka.version).then(|| version.clone()),
        ports: own_ports,
        heap_mib,
        argv: jvm::argv(spec, &facts.java, (kafka, class_data), name, &dir),
        env: jvm::env(spec, facts, name, &dir),
        files,
        storage: storage.map(|id| Format {
            scram: scram(spec, facts, is_voter),
            acls: spec.security.iter().filter(|_| is_voter).flat_map(Security::acls).collect(),
            ..Format::of(version, oldest, name.id, is_voter, id, &dir.data())
        }),
        depends_on,
        readiness,
        stop_deadline_ms,
        dir: dir.0,
    })
}

/// The users of SCRAM, with the files of their passwords.
fn scram(spec: &Spec, facts: &Facts, is_voter: bool) -> BTreeMap<String, PathBuf> {
    let security = spec.security.iter().filter(|security| is_voter && security.clients == Clients::Scram);
    let keys = KeyFolder::of_cluster(&facts.dir);
    let users = security.flat_map(Security::password_holders);
    users.map(|(user, _)| (user.to_owned(), keys.password(user))).collect()
}

/// The settings that the text really has. With the built-in templates these are the layers; a
/// template of the user may leave out or add lines, but never lose one that the planner owns.
fn effective(
    templates: &Templates,
    node: NodeName,
    layers: &Layers,
    text: &str,
) -> Result<Vec<Setting>, PlanError> {
    let planned: Vec<Setting> = layers.headings().into_iter().flat_map(|heading| heading.settings).collect();
    let Some(template) = templates.replaced_by(layout::main_config_name(node.role)) else {
        return Ok(planned);
    };
    let mut written: BTreeMap<String, String> = properties::parse(text).into_iter().collect();
    let mut settings = Vec::new();
    for setting in planned {
        match written.remove(&setting.key) {
            Some(value) if value == setting.value => settings.push(setting),
            found if setting.origin == Origin::Planner => {
                return Err(PlanError::TemplateLost {
                    template: template.to_owned(),
                    node,
                    key: setting.key,
                    value: setting.value,
                    found,
                });
            }
            Some(value) => settings.push(by_template(template, setting.key, value)),
            None => {}
        }
    }
    settings.extend(written.into_iter().map(|(key, value)| by_template(template, key, value)));
    Ok(settings)
}

fn by_template(template: &std::path::Path, key: String, value: String) -> Setting {
    let reason = Some(format!("written in the template {}", template.display()));
    Setting { key, value, origin: Origin::Cluster, role: None, reason, kafka_default: None }
}
