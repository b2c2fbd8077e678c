//! Which brokers a cluster has. A spec says how many, or which; a cluster that exists keeps the ids that
//! it has, as it keeps its ports, and an id that left is never given again.

use std::collections::BTreeMap;

use crate::model::ids::{NodeName, Role};
use crate::plan::PlanError;
use crate::plan::model::{NodePlan, Origin, Plan, Setting};
use crate::spec::model::Spec;

/// The ids of the plan's brokers, ascending.
pub(crate) fn brokers(plan: &Plan) -> Vec<i32> {
    plan.of_role(Role::Broker).map(|node| node.name.id).collect()
}

/// The spec with the ids that its brokers have in the cluster of `previous`, if brokers were ever added to
/// it or taken from it: those that it has, and beyond them new ones. A spec that names ids is not changed.
pub(crate) fn settle(spec: &Spec, previous: Option<&Plan>) -> Result<Spec, PlanError> {
    let mut spec = spec.clone();
    let Some(previous) = previous.filter(|plan| plan.next_broker_id.is_some() && spec.brokers.ids.is_none())
    else {
        return Ok(spec);
    };
    let new = next_ids(previous, None);
    let ids: Vec<i32> =
        brokers(previous).into_iter().chain(new).take(usize::from(spec.brokers.count)).collect();
    let members: Vec<NodeName> = ids.iter().copied().map(NodeName::broker).collect();
    if let Some(&node) = spec.brokers.nodes.keys().find(|name| !members.contains(name)) {
        return Err(PlanError::NotAMember { node, members });
    }
    spec.brokers.ids = Some(ids);
    Ok(spec)
}

/// The ids of the next brokers: above all that ever were. `found`: the largest that has left data behind.
pub(crate) fn next_ids(plan: &Plan, found: Option<i32>) -> impl Iterator<Item = i32> {
    let above = |id: Option<i32>| id.map_or(0, |id| id.saturating_add(1));
    let next = plan.next_broker_id.unwrap_or(0).max(above(brokers(plan).last().copied())).max(above(found));
    // Controllers take ids of the same range.
    (next..).filter(|id| plan.node(NodeName::controller(*id)).is_none())
}

fn next_id(plan: &Plan) -> Option<i32> {
    next_ids(plan, None).next()
}

/// Gives the spec these brokers; those that come naturally (0 to n-1) are told by their number alone.
pub(crate) fn set(spec: &mut Spec, ids: Vec<i32>) {
    spec.brokers.count = u16::try_from(ids.len()).unwrap_or(u16::MAX);
    spec.brokers.nodes.retain(|name, _| ids.contains(&name.id));
    let natural = ids.iter().enumerate().all(|(at, id)| usize::try_from(*id) == Ok(at));
    spec.brokers.ids = (!natural).then_some(ids);
}

/// A setting of the profile that goes by the number of brokers, with another value in the `wanted` plan.
/// `None` is Kafka's default.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub(crate) struct Shifted {
    pub key: String,
    /// The value that the brokers run with.
    pub running: Option<String>,
    /// The value that they would be planned with now.
    pub wanted: Option<String>,
}

/// Settings of the profile, such as `default.replication.factor`, that brokers of both plans run with and
/// would be planned otherwise now.
pub(crate) fn shifted(running: &Plan, wanted: &Plan) -> Vec<Shifted> {
    let mut found = BTreeMap::new();
    for (old, new) in running.of_role(Role::Broker).filter_map(|old| Some((old, wanted.node(old.name)?))) {
        let value = |node: &NodePlan, key: &str| {
            let setting = node.settings.iter().find(|setting| setting.key == key);
            setting.map(|setting| setting.value.clone())
        };
        let settings = old.settings.iter().chain(&new.settings);
        for Setting { key, .. } in settings.filter(|setting| setting.origin == Origin::Profile) {
            let (running, wanted) = (value(old, key), value(new, key));
            if running != wanted {
                found.insert(key.clone(), Shifted { key: key.clone(), running, wanted });
            }
        }
    }
    found.into_values().collect()
}

/// Has every broker go on with these settings, new ones as well as those that run: brokers that disagree
/// about `min.insync.replicas` would refuse writes depending on who leads. A spec cannot ask for Kafka's
/// default, so those that run with it are left out; the settings that it says now.
pub(crate) fn keep_settings(spec: &mut Spec, shifted: Vec<Shifted>) -> Vec<Shifted> {
    let kept: Vec<Shifted> = shifted.into_iter().filter(|setting| setting.running.is_some()).collect();
    let values = kept.iter().filter_map(|setting| Some((setting.key.clone(), setting.running.clone()?)));
    spec.brokers.settings.config.extend(values);
    kept
}

/// The running plan with the new brokers of `wanted`; what runs stays as it is.
pub(crate) fn extended(running: &Plan, wanted: &Plan) -> Plan {
    let new = wanted.nodes.iter().filter(|node| running.node(node.name).is_none());
    let mut plan = running.clone();
    plan.nodes.extend(new.cloned());
    plan.nodes.sort_by_key(|node| node.name);
    plan.warnings.clone_from(&wanted.warnings);
    plan.next_broker_id = next_id(&plan);
    plan
}

/// The plan without this broker; its id is never given again.
pub(crate) fn reduced(plan: &Plan, broker: NodeName) -> Plan {
    let next_broker_id = next_id(plan);
    let nodes: Vec<NodePlan> = plan.nodes.iter().filter(|node| node.name != broker).cloned().collect();
    Plan { nodes, next_broker_id, ..plan.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixture::{facts, spec};
    use crate::plan::plan;
    use crate::spec::model::{NodeSettings, Profile};

    fn planned(spec: &Spec) -> Plan {
        plan(spec, &facts(spec)).unwrap()
    }

    fn of(ids: &[i32]) -> Spec {
        let mut spec = spec(1, 1);
        set(&mut spec, ids.to_vec());
        spec
    }

    #[test]
    fn a_cluster_keeps_the_ids_that_it_has_and_gives_none_again() {
        let four = planned(&of(&[0, 1, 2, 3]));
        let left = reduced(&reduced(&four, NodeName::broker(1)), NodeName::broker(3));
        assert_eq!((brokers(&left), left.next_broker_id), (vec![0, 2], Some(4)));
        let ids = |count| settle(&spec(1, count), Some(&left)).unwrap().brokers.ids.unwrap();
        assert_eq!([ids(1), ids(2), ids(3), ids(4)], [vec![0], vec![0, 2], vec![0, 2, 4], vec![0, 2, 4, 5]]);
        assert_eq!(settle(&of(&[0, 1, 7]), Some(&left)).unwrap().brokers.ids, Some(vec![0, 1, 7]));
    }

    #[test]
    fn until_brokers_come_or_go_ids_are_as_the_spec_counts_them() {
        let three = planned(&spec(1, 3));
        assert_eq!(settle(&spec(1, 5), Some(&three)).unwrap(), spec(1, 5));
        assert_eq!(settle(&spec(1, 5), None).unwrap(), spec(1, 5));
    }

    #[test]
    fn settings_for_a_broker_that_left_are_a_mistake_that_names_those_that_are_there() {
        let left = reduced(&planned(&of(&[0, 1, 2])), NodeName::broker(1));
        let mut stale = spec(1, 2);
        stale.brokers.nodes.insert(NodeName::broker(1), NodeSettings::default());
        let failure = crate::error::Failure::from(settle(&stale, Some(&left)).unwrap_err());
        assert_eq!(
            failure.message,
            "the spec has settings for broker-1, and the brokers of the cluster are broker-0, broker-2"
        );
        assert!(failure.hint.unwrap().contains("`ids: [0, 2]`"));
    }

    #[test]
    fn a_spec_tells_ids_only_when_they_do_not_come_naturally() {
        assert_eq!(of(&[0, 1, 2]), spec(1, 3));
        assert_eq!(of(&[0, 2]).brokers.ids, Some(vec![0, 2]));
        assert_eq!(of(&[0, 2]).brokers.count, 2);
        let mut spec = spec(1, 3);
        spec.brokers.nodes.insert(NodeName::broker(1), NodeSettings::default());
        set(&mut spec, vec![0, 2]);
        assert!(spec.brokers.nodes.is_empty(), "settings of a broker that leaves leave with it");
    }

    /// What runs and what is new, after a scale from `before` to `after` brokers.
    fn scaled(profile: Profile, before: u16, after: i32) -> (Plan, Plan, Spec) {
        let mut spec = spec(1, before);
        spec.profile = profile;
        let running = planned(&spec);
        set(&mut spec, (0..after).collect());
        let shifted = shifted(&running, &planned(&spec));
        keep_settings(&mut spec, shifted);
        let wanted = planned(&spec);
        (running.clone(), extended(&running, &wanted), spec)
    }

    #[test]
    fn whatever_the_numbers_new_brokers_have_the_settings_of_those_that_run_and_these_stay_as_they_are() {
        for profile in [Profile::Fast, Profile::Stock, Profile::Durable] {
            for (before, after) in [(1, 2), (1, 3), (2, 3), (3, 4), (1, 5)] {
                let (running, extended, spec) = scaled(profile, before, after);
                for node in &running.nodes {
                    assert_eq!(extended.node(node.name), Some(node));
                }
                assert_eq!(brokers(&extended), (0..after).collect::<Vec<_>>());
                let of_broker = |plan: &Plan, id: i32| -> BTreeMap<String, String> {
                    let settings = &plan.node(NodeName::broker(id)).unwrap().settings;
                    let own = ["broker.id", "listeners", "advertised.listeners", "log.dirs"];
                    let shared = settings.iter().filter(|setting| !own.contains(&setting.key.as_str()));
                    shared.map(|setting| (setting.key.clone(), setting.value.clone())).collect()
                };
                assert_eq!(of_broker(&extended, after - 1), of_broker(&running, 0), "{before} to {after}");
                // An `up` after a `down` plans them the same.
                let anew = planned(&spec);
                assert!((0..after).all(|id| of_broker(&anew, id) == of_broker(&running, 0)));
            }
        }
    }

    #[test]
    fn settings_that_go_by_the_number_of_brokers_are_told() {
        let (running, _, _) = scaled(Profile::Fast, 2, 2);
        let keys: Vec<String> =
            shifted(&running, &planned(&spec(1, 3))).into_iter().map(|setting| setting.key).collect();
        assert!(keys.contains(&"min.insync.replicas".to_owned()), "{keys:?}");
        assert_eq!(shifted(&planned(&spec(1, 3)), &planned(&spec(1, 9))), []);
        let stock = |count| {
            let mut spec = spec(1, count);
            spec.profile = Profile::Stock;
            planned(&spec)
        };
        let outgrown = shifted(&stock(3), &stock(2));
        let factor =
            outgrown.iter().find(|setting| setting.key == "offsets.topic.replication.factor").unwrap();
        assert_eq!((factor.running.as_deref(), factor.wanted.as_deref()), (None, Some("2")));
    }
}
