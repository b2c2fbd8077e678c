//! What the whole plan promises.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::fixture::{facts, kraft, spec, topic};
use super::*;
use crate::host::memory::Memory;
use crate::model::ids::{NodeName, Role};
use crate::model::step::Step;
use crate::plan::connection::through;
use crate::plan::model::{NodePlan, Origin, Plan};
use crate::plan::properties;
use crate::plan::templates::Templates;
use crate::spec::model::{Clients, ListenerSpec, NodeSettings, Profile, Security, Spec, User};
use crate::spec::versions::{Coordination, SUPPORTED, supports};
use crate::spec::{defaults, owned};

fn planned(spec: &Spec) -> Plan {
    plan(spec, &facts(spec)).unwrap()
}

fn value<'a>(node: &'a NodePlan, key: &str) -> Option<&'a str> {
    node.settings.iter().find(|setting| setting.key == key).map(|setting| setting.value.as_str())
}

fn broker(plan: &Plan, id: i32) -> &NodePlan {
    plan.node(NodeName::broker(id)).unwrap()
}

fn zookeeper(plan: &Plan, id: i32) -> &NodePlan {
    plan.node(NodeName::zookeeper(id)).unwrap()
}

/// Files, command line and environment of a node, as one text.
fn whole(node: &NodePlan) -> String {
    let files = node.files.iter().map(|file| format!("=== {}\n{}", file.path.display(), file.text));
    let env = node.env.iter().map(|(key, value)| format!("{key}={value}\n"));
    let files: String = files.collect();
    let env: String = env.collect();
    format!("{files}=== argv\n{}\n=== env\n{env}", node.argv.join("\n"))
}

#[test]
fn a_broker_is_planned_whole() {
    let mut spec = spec(3, 3);
    spec.brokers.settings.config.insert("num.partitions".into(), "5".into());
    let own = NodeSettings {
        config: [("log.retention.hours".to_owned(), "24".to_owned())].into(),
        ..NodeSettings::default()
    };
    spec.brokers.nodes.insert(NodeName::broker(2), own);
    insta::assert_snapshot!(whole(broker(&planned(&spec), 2)));
}

#[test]
fn the_nodes_of_a_kraft_cluster_are_planned_whole() {
    let plan = planned(&kraft(3, 3, false));
    insta::assert_snapshot!(
        "a_controller_is_planned_whole",
        whole(plan.node(NodeName::controller(101)).unwrap())
    );
    insta::assert_snapshot!("a_broker_of_kraft_is_planned_whole", whole(broker(&plan, 1)));
    let plan = planned(&kraft(1, 2, true));
    let roles = |id| value(broker(&plan, id), "process.roles");
    assert_eq!((roles(0), roles(1)), (Some("broker,controller"), Some("broker")));
    assert_eq!(value(broker(&plan, 1), "controller.quorum.voters"), Some("0@127.0.0.1:19292"));
    assert_eq!(
        value(broker(&plan, 0), "listeners"),
        Some("PLAINTEXT://127.0.0.1:19092,CONTROLLER://127.0.0.1:19292")
    );
}

#[test]
fn a_setting_of_a_controller_names_the_part_of_the_spec_that_says_it() {
    let mut spec = kraft(3, 3, false);
    let config = |key: &str, value: &str| BTreeMap::from([(key.to_owned(), value.to_owned())]);
    spec.brokers.settings.config = config("num.partitions", "7");
    spec.controllers.settings.config = config("delete.topic.enable", "false");
    let own = NodeSettings { config: config("num.io.threads", "3"), ..NodeSettings::default() };
    spec.controllers.nodes.insert(NodeName::controller(100), own);
    let plan = planned(&spec);
    let text = whole(plan.node(NodeName::controller(100)).unwrap());
    for line in [
        "change the spec (controllers: config).",
        "# From the spec: brokers.config.\nnum.partitions=7\n",
        "# From the spec: controllers.config.\ndelete.topic.enable=false\n",
        "# From the spec: controllers.nodes.controller-100.config.\nnum.io.threads=3\n",
        "log4j.logger.kafka.request.logger=WARN\n",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    assert!(whole(broker(&plan, 0)).contains("change the spec (brokers: config)."));

    let told = describe(&plan, false);
    assert!(told.contains("\nserver.properties of every controller\n"), "{told}");
    let origin = |key: &str| {
        let line = told.lines().find(|line| line.trim_start().starts_with(key)).unwrap();
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    assert_eq!(origin("num.partitions"), "brokers.config");
    assert_eq!(origin("delete.topic.enable"), "controllers.config");
}

#[test]
fn a_controller_has_the_settings_of_brokers_that_it_decides_on() {
    let mut spec = kraft(3, 3, false);
    spec.brokers.settings.config.insert("num.partitions".into(), "7".into());
    spec.controllers.settings.config.insert("delete.topic.enable".into(), "false".into());
    let plan = planned(&spec);
    let controller = plan.node(NodeName::controller(100)).unwrap();
    assert_eq!(value(controller, "num.partitions"), Some("7"));
    assert_eq!(value(controller, "delete.topic.enable"), Some("false"));
    assert_eq!(value(broker(&plan, 0), "delete.topic.enable"), None);
    assert_eq!(value(controller, "default.replication.factor"), Some("3"));
}

#[test]
fn a_zookeeper_server_is_planned_whole() {
    insta::assert_snapshot!(whole(zookeeper(&planned(&spec(3, 3)), 1)));
}

#[test]
fn a_broker_of_the_oldest_version_gets_only_keys_that_it_knows() {
    let mut spec = spec(1, 3);
    spec.kafka.version = Some("0.10.2.2".into());
    let plan = planned(&spec);
    insta::assert_snapshot!(format!("{}{}", whole(zookeeper(&plan, 1)), whole(broker(&plan, 0))));
}

#[test]
fn every_version_gets_only_keys_that_it_knows() {
    for version in SUPPORTED {
        let known = &defaults::of(version.version).unwrap().brokers;
        for coordination in [Coordination::ZooKeeper, Coordination::Kraft] {
            if !supports(version.version, coordination) {
                continue;
            }
            for profile in [Profile::Fast, Profile::Stock, Profile::Durable] {
                let mut spec = match coordination {
                    Coordination::ZooKeeper => spec(1, 3),
                    Coordination::Kraft => kraft(1, 3, false),
                };
                (spec.kafka.version, spec.profile) = (Some(version.version.to_owned()), profile);
                let plan = planned(&spec);
                let keys = broker(&plan, 0).settings.iter().map(|setting| setting.key.as_str());
                // Listeners are named in keys.
                let unknown: Vec<&str> = keys
                    .filter(|key| !known.contains_key(key) && !key.starts_with("listener.name."))
                    .collect();
                assert_eq!(unknown, [""; 0], "{} {coordination:?} {profile:?}", version.version);
            }
        }
    }
}

#[test]
fn stock_sets_only_what_several_nodes_on_one_host_need() {
    let mut spec = spec(3, 3);
    spec.profile = Profile::Stock;
    let plan = planned(&spec);
    let keys = |node: &NodePlan| -> Vec<String> {
        let profile = node.settings.iter().filter(|setting| setting.origin == Origin::Profile);
        profile.map(|setting| format!("{}={}", setting.key, setting.value)).collect()
    };
    assert_eq!(keys(broker(&plan, 0)), ["zookeeper.connection.timeout.ms=30000"]);
    assert_eq!(keys(zookeeper(&plan, 1)), ["initLimit=10", "syncLimit=5", "maxClientCnxns=0"]);
    assert!(broker(&plan, 0).argv.contains(&"-Xmx1024m".to_owned()));
    assert!(zookeeper(&plan, 1).argv.contains(&"-Xms512m".to_owned()));

    spec.brokers.count = 1;
    let plan = planned(&spec);
    assert_eq!(value(broker(&plan, 0), "offsets.topic.replication.factor"), Some("1"));
    assert_eq!(value(broker(&plan, 0), "transaction.state.log.min.isr"), Some("1"));
}

#[test]
fn durable_flushes_to_disk() {
    let mut spec = spec(3, 3);
    spec.profile = Profile::Durable;
    let plan = planned(&spec);
    assert_eq!(value(broker(&plan, 0), "log.flush.interval.messages"), Some("1"));
    assert_eq!(value(zookeeper(&plan, 1), "forceSync"), Some("yes"));
}

#[test]
fn replication_factors_shrink_to_the_number_of_brokers() {
    for (brokers, factor, min_isr) in [(1, "1", "1"), (2, "2", "1"), (3, "3", "2"), (5, "3", "2")] {
        let plan = planned(&spec(1, brokers));
        let node = broker(&plan, 0);
        for key in [
            "default.replication.factor",
            "offsets.topic.replication.factor",
            "transaction.state.log.replication.factor",
        ] {
            assert_eq!(value(node, key), Some(factor), "{key} of {brokers} brokers");
        }
        for key in ["min.insync.replicas", "transaction.state.log.min.isr"] {
            assert_eq!(value(node, key), Some(min_isr), "{key} of {brokers} brokers");
        }
    }
}

#[test]
fn the_profile_asks_an_old_kafka_for_no_more_replicas_than_a_factor_in_config_gives() {
    let mut spec = spec(1, 3);
    for (version, factor, min_isr) in [("0.10.2.2", "1", "1"), ("0.10.2.2", "2", "2"), ("3.9.2", "1", "2")] {
        spec.kafka.version = Some(version.into());
        for key in ["default.replication.factor", "offsets.topic.replication.factor"] {
            spec.brokers.settings.config = [(key.to_owned(), factor.to_owned())].into();
            let plan = planned(&spec);
            assert_eq!(value(broker(&plan, 0), "min.insync.replicas"), Some(min_isr), "{version} {key}");
        }
    }
}

#[test]
fn the_nodes_own_config_wins_over_the_roles_and_that_over_the_profile() {
    let mut spec = spec(1, 2);
    let config = |value: &str| BTreeMap::from([("num.io.threads".to_owned(), value.to_owned())]);
    spec.brokers.settings.config = config("7");
    let own = NodeSettings { config: config("9"), ..NodeSettings::default() };
    spec.brokers.nodes.insert(NodeName::broker(1), own);
    let plan = planned(&spec);
    let of = |id| broker(&plan, id).settings.iter().find(|setting| setting.key == "num.io.threads").unwrap();
    assert_eq!((of(0).value.as_str(), of(0).origin), ("7", Origin::Cluster));
    assert_eq!((of(1).value.as_str(), of(1).origin), ("9", Origin::Node));
}

#[test]
fn heap_flags_and_environment_come_from_the_role_and_then_from_the_node() {
    let mut spec = spec(1, 2);
    spec.brokers.settings.heap_mib = Some(48);
    spec.brokers.settings.jvm_flags = vec!["-Drole=1".into()];
    spec.brokers.settings.env = [("A".to_owned(), "role".to_owned())].into();
    let own = NodeSettings {
        heap_mib: Some(2048),
        jvm_flags: vec!["-Dnode=1".into()],
        env: [("A".to_owned(), "node".to_owned())].into(),
        ..NodeSettings::default()
    };
    spec.brokers.nodes.insert(NodeName::broker(1), own);
    let plan = planned(&spec);
    assert_eq!(broker(&plan, 0).argv[1..3], ["-Xms48m", "-Xmx48m"]);
    assert_eq!(broker(&plan, 1).argv[1..3], ["-Xms64m", "-Xmx2048m"]);
    let before_classpath = |node: &NodePlan| {
        let at = node.argv.iter().position(|argument| argument == "-cp").unwrap();
        node.argv[at - 2..at].to_vec()
    };
    assert_eq!(before_classpath(broker(&plan, 1)), ["-Drole=1", "-Dnode=1"]);
    assert_eq!(broker(&plan, 0).env["A"], "role");
    assert_eq!(broker(&plan, 1).env["A"], "node");
}

#[test]
fn a_single_zookeeper_server_is_standalone() {
    let plan = planned(&spec(1, 1));
    let node = zookeeper(&plan, 1);
    assert!(node.settings.iter().all(|setting| !setting.key.starts_with("server.")));
    assert_eq!(node.ports.quorum, None);
}

#[test]
fn brokers_need_the_whole_ensemble_and_climb_the_whole_ladder() {
    let plan = planned(&spec(3, 1));
    assert_eq!(broker(&plan, 0).depends_on, [1, 2, 3].map(NodeName::zookeeper));
    assert_eq!(
        broker(&plan, 0).readiness,
        [Step::Process, Step::Port, Step::Protocol, Step::Registered, Step::Joined, Step::InSync]
    );
    assert_eq!(zookeeper(&plan, 1).readiness, [Step::Process, Step::Port, Step::Protocol]);
}

#[test]
fn a_topic_with_few_replicas_stays_writable_when_a_broker_is_down() {
    let mut spec = spec(3, 3);
    spec.topics.insert("two".into(), topic(10, 2));
    spec.topics.insert("one".into(), topic(1, 1));
    spec.topics.insert("three".into(), topic(1, 3));
    let mut own = topic(1, 2);
    own.config.insert("min.insync.replicas".into(), "2".into());
    spec.topics.insert("own".into(), own);
    let min_isr = |spec: &Spec| -> Vec<Option<String>> {
        let topics = planned(spec).topics;
        topics.iter().map(|topic| topic.config.get("min.insync.replicas").cloned()).collect()
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(min_isr(&spec), [some("1"), some("1"), None, some("2")]);

    spec.profile = Profile::Stock;
    assert_eq!(min_isr(&spec), [None, None, None, some("2")]);
}

#[test]
fn what_is_worth_knowing_is_warned_of() {
    let mut even = spec(4, 3);
    even.topics.insert("alone".into(), topic(1, 1));
    let facts = Facts {
        memory: Some(Memory { total: 512 << 20, available: 512 << 20, is_limited: false }),
        ..facts(&even)
    };
    insta::assert_snapshot!(plan(&even, &facts).unwrap().warnings.join("\n"));
    assert_eq!(planned(&spec(1, 1)).warnings, Vec::<String>::new());
}

#[test]
fn the_plan_is_described_whole() {
    let mut spec = spec(3, 2);
    spec.topics.insert("velib-stations".into(), topic(10, 2));
    insta::assert_snapshot!(describe(&with_kafka_defaults(planned(&spec)), false));
}

#[test]
fn a_folder_that_kafka_would_misread_is_refused() {
    let spec = spec(1, 1);
    for dir in ["/a,b", "/a${b}", "/a\nb", "relative"] {
        let facts = Facts { dir: dir.into(), ..facts(&spec) };
        assert!(matches!(plan(&spec, &facts), Err(PlanError::Folder { .. })), "{dir}");
    }
}

fn with_template(name: &str, text: &str) -> (tempfile::TempDir, Templates) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), text).unwrap();
    let templates = Templates::load(Some(folder.path())).unwrap();
    (folder, templates)
}

#[test]
fn a_users_template_that_loses_a_line_of_the_planner_is_refused() {
    let spec = spec(1, 1);
    let (_folder, templates) = with_template("server.properties", "broker.id={{ node.id }}\n");
    let error = plan(&spec, &Facts { templates, ..facts(&spec) }).unwrap_err();
    assert!(matches!(&error, PlanError::TemplateLost { key, .. } if key == "broker.id.generation.enable"));
}

#[test]
fn the_settings_of_a_users_template_are_the_ones_in_its_text() {
    let spec = spec(1, 1);
    let text = "{% for heading in headings %}{% for setting in heading.settings %}\
         {% if setting.origin == 'planner' %}{{ setting.line }}\n{% endif %}{% endfor %}{% endfor %}\
         num.partitions=8\nown.key=1\n";
    let (_folder, templates) = with_template("server.properties", text);
    let plan = plan(&spec, &Facts { templates, ..facts(&spec) }).unwrap();
    let node = broker(&plan, 0);
    assert_eq!(value(node, "num.partitions"), Some("8"));
    assert_eq!(value(node, "own.key"), Some("1"));
    assert_eq!(value(node, "num.io.threads"), None);
    let reason = node.settings.last().unwrap().reason.as_deref().unwrap();
    assert!(reason.contains("server.properties"), "{reason}");
}

#[test]
fn a_plan_reads_back_from_json_as_it_was() {
    let mut spec = spec(3, 3);
    spec.topics.insert("velib-stations".into(), topic(10, 2));
    let plan = planned(&spec);
    let json = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan);
}

fn any_spec() -> impl Strategy<Value = Spec> {
    let profile = prop_oneof![Just(Profile::Fast), Just(Profile::Stock), Just(Profile::Durable)];
    let version = prop_oneof![Just("0.10.2.2"), Just("3.9.2")];
    let key = prop_oneof![
        Just("broker.id".to_owned()),
        Just("log.dirs".to_owned()),
        Just("clientPort".to_owned()),
        Just("server.1".to_owned()),
        Just("num.partitions".to_owned()),
        "[a-z.]{1,12}",
    ];
    let config = prop::collection::btree_map(key, ".{0,12}", 0..4);
    let voters = (1u16..=7, 0..3);
    (voters, 1u16..=20, profile, version, config.clone(), config).prop_map(
        |((voters, kind), brokers, profile, version, of_role, of_node)| {
            let mut spec = match (version, kind) {
                ("3.9.2", 1) => kraft(voters, brokers, false),
                ("3.9.2", 2) => kraft(voters.min(brokers), brokers, true),
                _ => spec(voters, brokers),
            };
            spec.profile = profile;
            spec.kafka.version = Some(version.to_owned());
            for (group, role) in [
                (&mut spec.brokers, Role::Broker),
                (&mut spec.zookeeper, Role::ZooKeeper),
                (&mut spec.controllers, Role::Controller),
            ] {
                let Some(first) = role.first(group.count).into_iter().next() else { continue };
                group.settings.config = of_role.clone();
                let own = NodeSettings { config: of_node.clone(), ..NodeSettings::default() };
                group.nodes.insert(first, own);
            }
            spec
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_two_nodes_share_a_port_a_folder_or_an_id(spec in any_spec()) {
        let plan = planned(&spec);
        let ports: Vec<u16> = plan.nodes.iter().flat_map(|node| node.ports.all()).collect();
        prop_assert_eq!(ports.iter().collect::<BTreeSet<_>>().len(), ports.len());
        let folders: BTreeSet<_> = plan.nodes.iter().map(|node| &node.dir).collect();
        prop_assert_eq!(folders.len(), plan.nodes.len());
        let id = if plan.cluster_id.is_some() { "node.id" } else { "broker.id" };
        for (role, key) in [(Role::Broker, id), (Role::Controller, id), (Role::ZooKeeper, "clientPort")] {
            let values: BTreeSet<_> = plan.of_role(role).map(|node| value(node, key)).collect();
            prop_assert_eq!(values.len(), plan.of_role(role).count());
        }
    }

    /// Whatever the spec says: the file is what the plan lists, each key once, and keys that the
    /// planner owns are the planner's.
    #[test]
    fn the_text_of_a_config_file_is_what_the_plan_lists(spec in any_spec()) {
        let plan = planned(&spec);
        for node in &plan.nodes {
            let written = properties::parse(&node.files[0].text);
            let listed: Vec<(String, String)> =
                node.settings.iter().map(|setting| (setting.key.clone(), setting.value.clone())).collect();
            prop_assert_eq!(&written, &listed);
            let keys: BTreeSet<_> = written.iter().map(|(key, _)| key).collect();
            prop_assert_eq!(keys.len(), written.len());
            for setting in &node.settings {
                let is_owned = owned::instead(node.role(), &setting.key).is_some();
                prop_assert_eq!(is_owned, setting.origin == Origin::Planner, "{}", setting.key);
            }
        }
    }

    #[test]
    fn the_same_spec_and_facts_give_the_same_plan(spec in any_spec()) {
        prop_assert_eq!(planned(&spec), planned(&spec));
    }
}

#[test]
fn nodes_of_another_version_run_its_jars_and_all_are_kept_to_the_oldest() {
    let named = |version: &str| NodeSettings { version: Some(version.into()), ..NodeSettings::default() };
    let mut mixed = spec(1, 3);
    mixed.brokers.nodes.insert(NodeName::broker(1), named("2.8.2"));
    // The cluster's own version by name is no other.
    mixed.brokers.nodes.insert(NodeName::broker(2), named("3.9.2"));
    let plan = planned(&mixed);
    assert_eq!(plan.versions(), "2.8.2 and 3.9.2");
    assert_eq!(plan.other_kafkas.len(), 1);
    let old = broker(&plan, 1);
    assert_eq!(plan.version_of(old), "2.8.2");
    assert!(old.argv.contains(&"/kafka-2.8.2/libs/*".to_owned()), "{:?}", old.argv);
    assert!(old.argv.contains(&"-XX:SharedArchiveFile=/cache/class-data/2.8.2.jsa".to_owned()));
    for key in ["inter.broker.protocol.version", "log.message.format.version"] {
        assert_eq!(value(broker(&plan, 0), key), Some("2.8"));
        assert_eq!(value(old, key), None, "it is the oldest");
    }
    assert_eq!(value(broker(&planned(&spec(1, 3)), 0), "inter.broker.protocol.version"), None);

    let mut quorum = kraft(3, 3, false);
    quorum.kafka.version = Some("4.4.0".into());
    quorum.brokers.settings.version = Some("4.1.2".into());
    let plan = planned(&quorum);
    let controller = plan.node(NodeName::controller(100)).unwrap().storage.clone().unwrap();
    assert_eq!(controller.features["metadata.version"], 27, "4.1's");
    // The place is that of its own version.
    assert!(controller.checkpoint.unwrap().to_string_lossy().contains("__cluster_metadata-0"));
    assert_eq!(value(broker(&plan, 0), "inter.broker.protocol.version"), None);
}

fn secured(clients: Clients, combined: bool) -> Spec {
    let users =
        [("alice".to_owned(), User::default())].into_iter().filter(|_| clients == Clients::Mtls).collect();
    Spec { security: Some(Security { users, ..Security::of(clients) }), ..kraft(1, 1, combined) }
}

#[test]
fn a_secured_broker_has_a_listener_for_clients_and_one_for_the_cluster_and_no_secret_in_its_plan() {
    let plan = planned(&secured(Clients::Tls, true));
    let node = broker(&plan, 0);
    let ports = node.ports;
    let (client, quorum, internal) = (ports.client, ports.quorum.unwrap(), ports.internal.unwrap());
    let own = format!("CLIENT://127.0.0.1:{client},INTERNAL://127.0.0.1:{internal}");
    assert_eq!(value(node, "listeners").unwrap(), format!("{own},CONTROLLER://127.0.0.1:{quorum}"));
    for (key, expected) in [
        ("advertised.listeners", own.as_str()),
        ("listener.security.protocol.map", "CLIENT:SSL,INTERNAL:SSL,CONTROLLER:SSL"),
        ("inter.broker.listener.name", "INTERNAL"),
        ("ssl.client.auth", "required"),
        ("listener.name.client.ssl.client.auth", "none"),
        ("ssl.keystore.location", "/state/velib/security/broker-0.pem"),
        ("ssl.truststore.location", "/state/velib/security/ca.pem"),
    ] {
        assert_eq!(value(node, key), Some(expected), "{key}");
    }
    assert!(!serde_json::to_string(&plan).unwrap().contains("PRIVATE KEY"));
}

fn with_listener(spec: Spec) -> Spec {
    let docker =
        ListenerSpec { bind: [0, 0, 0, 0].into(), advertise: "host.docker.internal".into(), insecure: true };
    Spec { listeners: [("docker".to_owned(), docker)].into(), ..spec }
}

#[test]
fn a_listener_of_the_spec_is_as_open_as_that_of_clients() {
    let plan = planned(&with_listener(secured(Clients::Scram, false)));
    let node = broker(&plan, 0);
    for (key, expected) in [
        ("listeners", "CLIENT://127.0.0.1:19092,INTERNAL://127.0.0.1:19400,DOCKER://0.0.0.0:19592"),
        (
            "advertised.listeners",
            "CLIENT://127.0.0.1:19092,INTERNAL://127.0.0.1:19400,DOCKER://host.docker.internal:19592",
        ),
        ("listener.security.protocol.map", "CLIENT:SASL_SSL,INTERNAL:SSL,CONTROLLER:SSL,DOCKER:SASL_SSL"),
        ("inter.broker.listener.name", "INTERNAL"),
        ("listener.name.docker.ssl.client.auth", "none"),
        ("listener.name.docker.sasl.enabled.mechanisms", "SCRAM-SHA-512"),
    ] {
        assert_eq!(value(node, key), Some(expected), "{key}");
    }
    let controller = plan.node(NodeName::controller(100)).unwrap();
    assert_eq!(value(controller, "listener.security.protocol.map"), Some("CONTROLLER:SSL"));
    assert_eq!(through(&plan, "docker").as_deref(), Some("host.docker.internal:19592"));
    assert_eq!(through(&plan, "lan"), None);
    let text = describe(&plan, false);
    assert!(
        text.contains("from any network, can connect (bound to 0.0.0.0), and has to show a password"),
        "{text}"
    );
    let open = describe(&planned(&with_listener(kraft(1, 1, false))), false);
    assert!(open.contains("and may read, write and delete everything; nothing is encrypted"), "{open}");
}

#[test]
fn brokers_in_plain_text_reach_each_other_on_loopback_whatever_else_they_listen_to() {
    let plan = planned(&with_listener(spec(1, 1)));
    let node = broker(&plan, 0);
    assert_eq!(value(node, "listeners"), Some("PLAINTEXT://127.0.0.1:19092,DOCKER://0.0.0.0:19592"));
    assert_eq!(value(node, "listener.security.protocol.map"), Some("PLAINTEXT:PLAINTEXT,DOCKER:PLAINTEXT"));
    assert_eq!(value(node, "inter.broker.listener.name"), Some("PLAINTEXT"));
    let kraft = planned(&with_listener(kraft(1, 1, false)));
    assert_eq!(value(broker(&kraft, 0), "inter.broker.listener.name"), Some("PLAINTEXT"));
    // As ever, without one.
    assert_eq!(value(broker(&planned(&spec(1, 1)), 0), "inter.broker.listener.name"), None);
}

#[test]
fn with_mtls_every_listener_asks_for_a_certificate_and_whoever_connects_has_one() {
    let plan = planned(&secured(Clients::Mtls, false));
    for node in &plan.nodes {
        assert_eq!(value(node, "ssl.client.auth"), Some("required"), "{}", node.name);
        assert_eq!(value(node, "listener.name.client.ssl.client.auth"), None, "{}", node.name);
    }
    let controller = plan.node(NodeName::controller(100)).unwrap();
    assert_eq!(value(controller, "listener.security.protocol.map"), Some("CONTROLLER:SSL"));
    for node in &plan.nodes {
        assert_eq!(value(node, "super.users"), Some("User:node;User:cluster"), "{}", node.name);
        assert_eq!(value(node, "allow.everyone.if.no.acl.found"), Some("false"), "{}", node.name);
    }
    let nobody_is_told_apart = planned(&secured(Clients::Tls, false));
    assert_eq!(value(broker(&nobody_is_told_apart, 0), "authorizer.class.name"), None);
    let holders: Vec<String> = plan.key_holders().collect();
    assert_eq!(holders, ["controller-100", "broker-0", "alice", "cluster"]);
    let plain = planned(&kraft(1, 1, false));
    assert_eq!((plain.keys(), broker(&plain, 0).ports.internal), (None, None));
    assert_eq!(value(broker(&plain, 0), "ssl.client.auth"), None);
}
