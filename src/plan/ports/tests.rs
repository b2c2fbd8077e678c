use indexmap::IndexMap;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use std::fs;
use std::net::TcpListener;
use std::ops::RangeInclusive;

use super::*;
use crate::host::ports::ThisHost;
use crate::paths::ClusterDir;
use crate::plan::fixture::{facts, kraft, spec};
use crate::plan::{Facts, plan};
use crate::spec::model::{Clients, ListenerSpec, NodeSettings, Security};

/// A host on which some ports are held by process 77, and that has Linux's ephemeral range.
#[derive(Default)]
struct Host {
    held: BTreeSet<u16>,
    /// The folder of the cluster that process 77 is of.
    of: Option<PathBuf>,
    /// By a `cluster` with another cache.
    claimed: BTreeSet<u16>,
}

impl Host {
    fn holding(held: impl IntoIterator<Item = u16>) -> Self {
        Host { held: held.into_iter().collect(), ..Host::default() }
    }
}

impl HostPorts for Host {
    fn is_free(&self, port: u16) -> bool {
        !self.held.contains(&port)
    }

    fn holder(&self, port: u16) -> Option<Holder> {
        self.held.contains(&port).then(|| Holder {
            pid: 77,
            command: "stranger".into(),
            cluster: self.of.clone(),
        })
    }

    fn claim(&self, port: u16) -> bool {
        !self.claimed.contains(&port)
    }

    fn ephemeral(&self) -> RangeInclusive<u16> {
        32768..=60999
    }
}

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Home(tempfile::tempdir().unwrap())
    }

    fn dir(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn allocate(
        &self,
        name: &str,
        spec: &Spec,
        previous: Option<&Plan>,
        host: &Host,
    ) -> Result<BTreeMap<NodeName, Ports>, PlanError> {
        allocate(spec, previous, &self.dir(name), &self.dir("cache"), host, &|_| false)
    }

    /// Allocates, plans and stores the plan, as `up` does.
    fn up(&self, name: &str, spec: &Spec, previous: Option<&Plan>, host: &Host) -> Plan {
        let ports = self.allocate(name, spec, previous, host).unwrap();
        let dir = self.dir(name);
        let plan = plan(spec, &Facts { dir: dir.clone(), ports, ..facts(spec) }).unwrap();
        let dir = ClusterDir(dir);
        fs::create_dir_all(dir.path()).unwrap();
        fs::write(dir.plan(), serde_json::to_vec(&plan).unwrap()).unwrap();
        plan
    }
}

fn all(ports: &BTreeMap<NodeName, Ports>) -> Vec<u16> {
    ports.values().flat_map(|ports| ports.all()).collect()
}

#[test]
fn the_first_cluster_gets_the_first_block() {
    let ports = Home::new().allocate("a", &spec(3, 2), None, &Host::default()).unwrap();
    assert_eq!(all(&ports), [19193, 19293, 19393, 19194, 19294, 19394, 19195, 19295, 19395, 19092, 19093]);
    assert_eq!(ports[&NodeName::broker(0)].client, 19092);
    assert_eq!(ports[&NodeName::zookeeper(1)].election, Some(19393));
}

#[test]
fn a_block_with_a_held_port_is_passed_over() {
    let ports = Home::new().allocate("a", &spec(1, 2), None, &Host::holding([19093])).unwrap();
    assert_eq!(all(&ports), [19593, 19492, 19493]);
    let ports = Home::new().allocate("a", &spec(1, 1), None, &Host::holding([19093])).unwrap();
    assert_eq!(all(&ports), [19193, 19092], "a port that no node needs does not count");
}

#[test]
fn without_a_whole_block_ports_are_found_one_by_one_outside_the_ephemeral_range() {
    let held = (1024..=u16::MAX).filter(|port| port % 100 != 50);
    let ports = Home::new().allocate("a", &spec(3, 3), None, &Host::holding(held)).unwrap();
    let ports = all(&ports);
    assert_eq!(ports.iter().collect::<BTreeSet<_>>().len(), 12);
    assert!(ports.iter().all(|port| port % 100 == 50 && !(32768..=60999).contains(port)), "{ports:?}");
}

#[test]
fn no_free_port_at_all_is_an_error() {
    let error = Home::new().allocate("a", &spec(1, 1), None, &Host::holding(0..=u16::MAX)).unwrap_err();
    assert!(matches!(error, PlanError::NoFreePort { .. }));
}

#[test]
fn two_clusters_never_get_the_same_port_though_neither_runs() {
    let home = Home::new();
    let first = home.up("a", &spec(3, 3), None, &Host::default());
    let second = home.allocate("b", &spec(3, 3), None, &Host::default()).unwrap();
    let taken: BTreeSet<u16> = first.nodes.iter().flat_map(|node| node.ports.all()).collect();
    assert!(all(&second).iter().all(|port| !taken.contains(port)));
}

#[test]
fn clusters_planned_at_the_same_moment_get_different_ports() {
    let home = Home::new();
    let found: Vec<u16> = std::thread::scope(|scope| {
        let home = &home;
        let threads: Vec<_> = (0..8)
            .map(|number| {
                scope.spawn(move || {
                    all(&home.allocate(&format!("c{number}"), &spec(3, 3), None, &Host::default()).unwrap())
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 8 * 12);
}

#[test]
fn of_two_clusters_that_want_the_same_fixed_ports_at_once_the_second_is_refused() {
    let home = Home::new();
    let fixed = Spec { port_base: Some(21_000), ..spec(1, 1) };
    home.allocate("a", &fixed, None, &Host::default()).unwrap();
    let refused = home.allocate("b", &fixed, None, &Host::default()).unwrap_err();
    let by_a = |holder: &Holder| holder.cluster == Some(home.dir("a"));
    assert!(
        matches!(&refused, PlanError::PortTaken { holder: Some(holder), .. } if by_a(holder)),
        "{refused}"
    );
    home.allocate("a", &fixed, None, &Host::default()).unwrap();
}

#[test]
fn a_port_that_is_claimed_with_another_cache_is_passed_over_and_a_fixed_one_refused() {
    let home = Home::new();
    let host = Host { claimed: [19_092].into(), ..Host::default() };
    let ports = home.allocate("a", &spec(1, 1), None, &host).unwrap();
    assert_eq!(ports[&NodeName::broker(0)].client, 19_492);
    let fixed = Spec { port_base: Some(19_092), ..spec(1, 1) };
    let refused = home.allocate("b", &fixed, None, &host).unwrap_err();
    assert!(matches!(refused, PlanError::PortTaken { port: 19_092, .. }), "{refused}");
    // The claim of another command on the same cluster is no stranger's.
    let host = Host { claimed: [19_492].into(), ..Host::default() };
    let again = Spec { port_base: Some(19_492), ..spec(1, 1) };
    home.allocate("a", &again, None, &host).unwrap();
}

#[test]
fn the_lease_of_a_process_that_is_gone_and_wrote_no_plan_is_void() {
    let home = Home::new();
    let ports = all(&home.allocate("a", &spec(1, 1), None, &Host::default()).unwrap());
    let path = home.dir("cache").join("ports.json");
    let leases = fs::read_to_string(&path).unwrap();
    // A pid that comes again has another start time.
    let mut leases: serde_json::Value = serde_json::from_str(&leases).unwrap();
    for lease in leases.as_object_mut().unwrap().values_mut() {
        lease["started"] = 0.into();
    }
    fs::write(&path, leases.to_string()).unwrap();
    assert_eq!(all(&home.allocate("b", &spec(1, 1), None, &Host::default()).unwrap()), ports);
}

#[test]
fn a_plan_keeps_its_ports_leased_after_its_process_is_gone() {
    let home = Home::new();
    home.up("a", &spec(1, 1), None, &Host::default());
    let path = home.dir("cache").join("ports.json");
    let pid = format!("\"pid\": {}", std::process::id());
    let leases = fs::read_to_string(&path).unwrap().replace(&pid, "\"pid\": 4294967295");
    fs::write(&path, leases).unwrap();
    assert_eq!(all(&home.allocate("b", &spec(1, 1), None, &Host::default()).unwrap()), [19593, 19492]);
}

#[test]
fn looking_at_another_spec_gives_up_no_port_of_the_present_plan() {
    let home = Home::new();
    let before = home.up("a", &spec(1, 1), None, &Host::default());
    let mut other = spec(1, 1);
    other.port_base = Some(9092);
    home.allocate("a", &other, Some(&before), &Host::default()).unwrap();
    assert_eq!(all(&home.allocate("b", &spec(1, 1), None, &Host::default()).unwrap()), [19593, 19492]);
}

#[test]
fn nodes_keep_their_ports_and_new_nodes_join_the_block() {
    let home = Home::new();
    let before = home.up("a", &spec(3, 2), None, &Host::holding([19093]));
    let after = home.allocate("a", &spec(3, 3), Some(&before), &Host::default()).unwrap();
    for node in &before.nodes {
        assert_eq!(after[&node.name], node.ports);
    }
    assert_eq!(after[&NodeName::broker(2)].client, 19494);
}

#[test]
fn fixed_ports_win_over_kept_ones() {
    let home = Home::new();
    let mut spec = spec(1, 2);
    let before = home.up("a", &spec, None, &Host::default());
    spec.port_base = Some(9092);
    let own = NodeSettings { port: Some(9500), ..NodeSettings::default() };
    spec.brokers.nodes.insert(NodeName::broker(1), own);
    let after = home.allocate("a", &spec, Some(&before), &Host::default()).unwrap();
    assert_eq!(all(&after), [9193, 9092, 9500]);
}

#[test]
fn a_kept_port_that_the_spec_gives_to_another_node_is_given_up() {
    let home = Home::new();
    let mut spec = spec(1, 2);
    let before = home.up("a", &spec, None, &Host::default());
    let own = NodeSettings { port: Some(19092), ..NodeSettings::default() };
    spec.brokers.nodes.insert(NodeName::broker(1), own);
    let after = home.allocate("a", &spec, Some(&before), &Host::default()).unwrap();
    assert_eq!(after[&NodeName::broker(1)].client, 19092);
    assert_ne!(after[&NodeName::broker(0)].client, 19092);
}

#[test]
fn a_wanted_port_of_a_stranger_is_named_with_its_process() {
    let home = Home::new();
    let mut wanted = spec(1, 1);
    wanted.port_base = Some(9092);
    let error = home.allocate("a", &wanted, None, &Host::holding([9092])).unwrap_err();
    assert_eq!(error.to_string(), "port 9092 of broker-0 is taken by process 77 (stranger)");

    let before = home.up("b", &spec(1, 1), None, &Host::default());
    let kept = before.node(NodeName::broker(0)).unwrap().ports.client;
    let error = home.allocate("b", &spec(1, 1), Some(&before), &Host::holding([kept])).unwrap_err();
    assert!(matches!(error, PlanError::PortTaken { port, .. } if port == kept));
}

#[test]
fn a_port_that_another_cluster_holds_is_freed_by_its_down_and_a_strangers_by_its_end() {
    let home = Home::new();
    let fixed = Spec { port_base: Some(21_000), ..spec(1, 1) };
    let hint = |of: Option<PathBuf>| {
        let host = Host { of, ..Host::holding([21_000]) };
        crate::error::Failure::from(home.allocate("b", &fixed, None, &host).unwrap_err()).hint.unwrap()
    };
    assert!(hint(Some(home.dir("a"))).starts_with("`cluster -c a down`, or "));
    assert!(hint(None).starts_with("stop process 77, or "));
}

#[test]
fn a_port_that_the_clusters_own_process_holds_is_no_strangers() {
    let home = Home::new();
    let before = home.up("a", &spec(1, 1), None, &Host::default());
    let held: Vec<u16> = before.nodes.iter().flat_map(|node| node.ports.all()).collect();
    let host = Host::holding(held.clone());
    let ours = |pid| pid == 77;
    let after =
        allocate(&spec(1, 1), Some(&before), &home.dir("a"), &home.dir("cache"), &host, &ours).unwrap();
    assert_eq!(all(&after), held);
}

#[test]
fn ports_above_the_last_one_and_ports_wanted_twice_are_refused() {
    let mut high = spec(1, 1);
    high.port_base = Some(65500);
    let error = Home::new().allocate("a", &high, None, &Host::default()).unwrap_err();
    assert!(matches!(error, PlanError::PortRange { wanted: 65601, .. }));

    let mut twice = spec(1, 2);
    twice.port_base = Some(9092);
    let own = NodeSettings { port: Some(9092), ..NodeSettings::default() };
    twice.brokers.nodes.insert(NodeName::broker(1), own);
    let error = Home::new().allocate("a", &twice, None, &Host::default()).unwrap_err();
    assert!(matches!(error, PlanError::PortClash { port: 9092, .. }));
}

#[test]
fn a_port_on_which_something_listens_on_every_address_is_not_free() {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    assert!(!ThisHost.is_free(port));
}

#[test]
fn a_port_that_another_command_looks_at_is_not_taken() {
    struct Looked(AtomicUsize);
    impl HostPorts for Looked {
        fn is_free(&self, _port: u16) -> bool {
            self.0.fetch_sub(1, Ordering::SeqCst) == 1
        }
        fn holder(&self, _port: u16) -> Option<Holder> {
            None
        }
        fn claim(&self, _port: u16) -> bool {
            true
        }
        fn ephemeral(&self) -> RangeInclusive<u16> {
            32768..=60999
        }
    }
    assert!(becomes_free(&Looked(AtomicUsize::new(2)), 19092), "the other has let go of it");
    assert!(!becomes_free(&Looked(AtomicUsize::new(100)), 19092), "somebody keeps it");
}

#[test]
fn ids_beyond_the_block_get_free_ports_and_the_others_keep_theirs() {
    let home = Home::new();
    let mut spec = spec(1, 2);
    spec.port_base = Some(23000);
    spec.brokers.ids = Some(vec![2, 100]);
    let plan = home.up("a", &spec, None, &Host::default());
    assert_eq!(plan.nodes.iter().map(|node| node.ports.client).collect::<Vec<_>>(), [23101, 23002, 23100]);
    crate::plan::members::set(&mut spec, vec![2, 100, 101, 9999]);
    let grown = home.up("a", &spec, Some(&plan), &Host::default());
    assert!(plan.nodes.iter().all(|node| grown.node(node.name).unwrap().ports == node.ports));
    let ports: BTreeSet<u16> = grown.nodes.iter().flat_map(|node| node.ports.all()).collect();
    assert_eq!(ports.len(), 5, "{ports:?}");
}

#[test]
fn each_listener_has_a_port_a_broker_that_is_kept() {
    let home = Home::new();
    let listener =
        || ListenerSpec { bind: [127, 0, 0, 1].into(), advertise: "localhost".into(), insecure: false };
    let listeners: IndexMap<_, _> =
        [("lan".to_owned(), listener()), ("docker".to_owned(), listener())].into();
    let spec = Spec { listeners, port_base: Some(21_000), ..kraft(1, 2, false) };
    let fixed = home.allocate("a", &spec, None, &Host::default()).unwrap();
    let second = [Some(21_501), Some(21_601), None, None];
    assert_eq!(fixed[&NodeName::broker(1)].more, second);
    assert_eq!(fixed[&NodeName::controller(100)].more, [None; 4]);
    let mut before = fixed;
    before.get_mut(&NodeName::broker(1)).unwrap().more[1] = Some(25_000);
    let previous = plan(&spec, &Facts { ports: before.clone(), ..facts(&spec) }).unwrap();
    let free = Spec { port_base: None, ..spec };
    assert_eq!(home.allocate("a", &free, Some(&previous), &Host::default()).unwrap(), before);
}

#[test]
fn a_secured_broker_has_a_second_port_that_is_kept_and_a_controller_has_none() {
    let home = Home::new();
    let security = Some(Security::of(Clients::Mtls));
    let secured = Spec { security, port_base: Some(21_000), ..kraft(1, 2, false) };
    let fixed = home.allocate("a", &secured, None, &Host::default()).unwrap();
    assert_eq!([0, 1].map(|id| fixed[&NodeName::broker(id)].internal), [Some(21_308), Some(21_309)]);
    assert_eq!(fixed[&NodeName::controller(100)].internal, None);
    // None that the block would give again by itself.
    let mut before = fixed;
    before.get_mut(&NodeName::broker(1)).unwrap().internal = Some(25_000);
    let previous = plan(&secured, &Facts { ports: before.clone(), ..facts(&secured) }).unwrap();
    let free = Spec { port_base: None, ..secured };
    assert_eq!(home.allocate("a", &free, Some(&previous), &Host::default()).unwrap(), before);
}
