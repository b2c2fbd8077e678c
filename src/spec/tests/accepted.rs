use std::path::{Path, PathBuf};

use crate::model::ids::NodeName;
use crate::spec::model::{Clients, Profile, RestartPolicy, Secret};
use crate::spec::versions::Coordination;
use crate::spec::{DEFAULT_YAML, Spec, coordination, default_spec, load, parse, versions};

fn ok(text: &str) -> Spec {
    parse(text, "/specs/test.yaml").unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn every_spec_of_the_project_is_valid() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("clusters");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| load(&entry.unwrap().path()).unwrap_or_else(|errors| panic!("{errors}")).name)
        .collect();
    names.sort();
    assert_eq!(names, ["combined", "kraft", "legacy-0.10", "overrides", "secured", "single", "velib"]);
}

#[test]
fn the_tutorials_cluster_is_what_the_tutorial_says() {
    let spec = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("clusters/velib.yaml")).unwrap();
    assert_eq!((spec.zookeeper.count, spec.brokers.count), (3, 3));
    let topic = &spec.topics["velib-stations"];
    assert_eq!((topic.partitions, topic.replication_factor), (10, 2));
    assert_eq!(topic.config["retention.ms"], "86400000");
}

#[test]
fn the_default_is_three_and_three_on_the_newest_3_9() {
    let spec = default_spec();
    assert_eq!(spec.name, "default");
    assert_eq!((spec.zookeeper.count, spec.brokers.count), (3, 3));
    assert_eq!(spec.kafka.version.as_deref(), Some(versions::DEFAULT));
    assert!(spec.topics.is_empty());
    assert_eq!(ok(DEFAULT_YAML), spec);
    // Whoever writes nothing but a name gets the same.
    assert_eq!(ok("name: default\n"), spec);
}

#[test]
fn keys_that_are_left_out_take_their_defaults() {
    let spec = ok("topics: { a: , b: { partitions: 2 } }\nzookeeper:\nkafka:\n");
    assert_eq!(spec.name, "test");
    assert_eq!(spec.profile, Profile::Fast);
    assert_eq!(spec.restart, RestartPolicy::OnFailure);
    assert_eq!(spec.kafka.version.as_deref(), Some("3.9.2"));
    assert_eq!((spec.topics["a"].partitions, spec.topics["a"].replication_factor), (1, 3));
    assert_eq!(ok("brokers: 2\ntopics: { a: {} }\n").topics["a"].replication_factor, 2);
}

#[test]
fn controllers_take_the_place_of_zookeeper_servers() {
    let spec = ok("kafka: { version: 3.9 }\ncontrollers: 3\n");
    assert_eq!(spec.coordination(), Coordination::Kraft);
    assert_eq!((spec.zookeeper.count, spec.controllers.count, spec.combined), (0, 3, false));
    let spec = ok("kafka: { version: 3.9 }\ncontrollers: { count: 1, combined: true }\nbrokers: 1\n");
    assert_eq!((spec.controllers.count, spec.combined), (1, true));
}

#[test]
fn a_spec_that_does_not_say_how_brokers_are_coordinated_goes_by_the_version() {
    assert_eq!(ok("kafka: { version: 3.9 }\n").coordination(), Coordination::ZooKeeper);
    assert_eq!(ok("controllers: 1\n").kafka.version.as_deref(), Some(versions::newest().version));
    // What a home has is known later.
    let mut spec = ok("kafka: { home: /nowhere }\n");
    assert_eq!((spec.zookeeper.count, spec.controllers.count), (0, 0));
    coordination::settle(&mut spec, "4.0.0").unwrap();
    assert_eq!((spec.zookeeper.count, spec.controllers.count), (0, 3));
    let mut spec = ok("kafka: { home: /nowhere }\nzookeeper: 1\n");
    assert!(coordination::settle(&mut spec, "4.0.0").unwrap_err().0.contains("without ZooKeeper"));
}

#[test]
fn values_keep_the_text_that_was_written() {
    let spec = ok(
        "brokers:\n  config: { a: 3.10, b: yes, c: 0755, d: 1_000, e: 'x y', f: 1e3, g: .inf, h: '', i: 0x1F, j: -1 }\n  env: { N: 010, T: true }\n",
    );
    let config = &spec.brokers.settings.config;
    for (key, value) in [
        ("a", "3.10"),
        ("b", "yes"),
        ("c", "0755"),
        ("d", "1_000"),
        ("e", "x y"),
        ("f", "1e3"),
        ("g", ".inf"),
        ("h", ""),
        ("i", "0x1F"),
        ("j", "-1"),
    ] {
        assert_eq!(config[key], value);
    }
    assert_eq!(spec.brokers.settings.env["N"], "010");
    assert_eq!(spec.brokers.settings.env["T"], "true");
}

#[test]
fn brokers_can_be_named_by_their_ids() {
    let spec = ok("brokers: { ids: [7, 0, 2], nodes: { broker-7: { heap: 1g } } }\ntopics: { t: }\n");
    assert_eq!((spec.brokers.count, spec.brokers.ids), (3, Some(vec![0, 2, 7])));
    assert_eq!(spec.brokers.nodes[&NodeName::broker(7)].heap_mib, Some(1024));
    assert_eq!(spec.topics["t"].replication_factor, 3);
    assert_eq!(ok("brokers: { ids: [4, 5], count: 2 }\ntopics: { t: }\n").topics["t"].replication_factor, 2);
}

#[test]
fn versions_are_texts_quoted_or_not() {
    for (written, full) in
        [("3.9", "3.9.2"), ("3", "3.9.2"), ("3.9.0", "3.9.0"), ("'3.9.1'", "3.9.1"), ("0.10", "0.10.2.2")]
    {
        let spec = ok(&format!("kafka: {{ version: {written} }}\n"));
        assert_eq!(spec.kafka.version.as_deref(), Some(full), "{written}");
    }
}

#[test]
fn a_home_alone_leaves_the_version_open() {
    let spec = ok("kafka: { home: /opt/kafka }\n");
    assert_eq!((spec.kafka.version, spec.kafka.home), (None, Some(PathBuf::from("/opt/kafka"))));
    let spec = ok("kafka: { home: /opt/kafka, version: 3.9.1 }\n");
    assert_eq!(spec.kafka.version.as_deref(), Some("3.9.1"));
}

#[test]
fn paths_start_at_the_folder_of_the_spec_or_at_home() {
    let home = std::env::var("HOME").unwrap();
    let spec = ok("java: jdk\nkafka: { home: ~/kafka }\n");
    assert_eq!(spec.java, Some(PathBuf::from("/specs/jdk")));
    assert_eq!(spec.kafka.home, Some(PathBuf::from(home).join("kafka")));
    let here = parse("java: jdk\n", "clusters/test.yaml").unwrap().java.unwrap();
    assert_eq!(here, std::env::current_dir().unwrap().join("clusters/jdk"));
}

#[test]
fn a_nodes_override_is_kept_beside_its_roles_settings() {
    let spec = ok(
        "brokers:\n  heap: 1g\n  nodes:\n    broker-2: { heap: 512M, port: 19092, jvm_flags: [-Xss1m], config: { a: 1 }, env: { TZ: UTC } }\n",
    );
    assert_eq!(spec.brokers.settings.heap_mib, Some(1024));
    let node = &spec.brokers.nodes[&NodeName::broker(2)];
    assert_eq!((node.heap_mib, node.port), (Some(512), Some(19092)));
    assert_eq!(node.jvm_flags, ["-Xss1m"]);
    assert_eq!((node.config["a"].as_str(), node.env["TZ"].as_str()), ("1", "UTC"));
}

#[test]
fn anchors_and_merge_keys_share_settings() {
    let spec = ok(
        "brokers:\n  nodes:\n    broker-0: { config: &c { a: 1, b: 2 } }\n    broker-1: { config: { <<: *c, b: 3 } }\n    broker-2: { config: *c }\n",
    );
    let config = |id| &spec.brokers.nodes[&NodeName::broker(id)].config;
    assert_eq!((config(1)["a"].as_str(), config(1)["b"].as_str()), ("1", "3"));
    assert_eq!(config(2), config(0));
}

#[test]
fn topics_keep_the_order_of_the_file() {
    let spec = ok("topics: { z: {}, a: {}, m: {} }\n");
    assert_eq!(spec.topics.keys().collect::<Vec<_>>(), ["z", "a", "m"]);
}

#[test]
fn ports_at_the_edges_are_accepted() {
    assert_eq!(ok("port_base: 65228\n").port_base, Some(65228));
    assert_eq!(
        ok("port_base: 1024\nbrokers: { nodes: { broker-0: { port: 1332 } } }\n").port_base,
        Some(1024)
    );
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_change_nothing() {
    let text = "name: a\nbrokers:\n  count: 2\n  config:\n    x: 3.10\n";
    assert_eq!(ok(&format!("\u{feff}{}", text.replace('\n', "\r\n"))), ok(text));
}

#[test]
fn a_min_isr_above_the_factor_is_kafkas_own_business_where_kafka_caps_it() {
    let rest = "profile: stock\nbrokers: { count: 2, config: { min.insync.replicas: 3 } }\ntopics: { t: { config: { min.insync.replicas: 3 } } }\n";
    ok(rest);
    ok(&format!("kafka: {{ version: 3.9.0 }}\n{rest}"));
}

#[test]
fn as_many_replicas_in_sync_as_there_are_is_no_mistake() {
    ok(
        "kafka: { version: 0.10 }\nbrokers: { config: { min.insync.replicas: 3 } }\ntopics: { t: { replication_factor: 1 }, u: { config: { min.insync.replicas: 3 } } }\n",
    );
}

#[test]
fn roles_and_nodes_name_versions_of_their_own() {
    let spec = ok(
        "kafka: { version: 4.3 }\ncontrollers: 1\nbrokers:\n  version: 4.1\n  nodes:\n    broker-2: { version: 4 }\n",
    );
    let of = |node| spec.version_of(node);
    assert_eq!(of(NodeName::controller(100)), None);
    assert_eq!(
        (of(NodeName::broker(0)), of(NodeName::broker(2))),
        (Some("4.1.2"), Some(versions::newest().version))
    );
    assert_eq!(crate::spec::parse(&crate::spec::write(&spec), "any.yaml").unwrap(), spec);
}

#[test]
fn listeners_are_advertised_as_they_are_bound_unless_they_say_otherwise() {
    let spec = ok("listeners: { lan: { bind: 127.0.0.2 }, v6: { bind: '::1' }, \
                   all: { bind: 0.0.0.0, advertise: host.docker.internal, insecure: true } }\n");
    let told: Vec<_> =
        spec.listeners.values().map(|listener| (listener.bound(1), listener.advertised(1))).collect();
    let expected =
        [("127.0.0.2:1", "127.0.0.2:1"), ("[::1]:1", "[::1]:1"), ("0.0.0.0:1", "host.docker.internal:1")];
    assert_eq!(told, expected.map(|(bound, advertised)| (bound.to_owned(), advertised.to_owned())));
    // With a password and TLS nobody has to say that it is meant.
    ok("controllers: 1\nsecurity: scram\nlisteners: { lan: { bind: 0.0.0.0, advertise: h } }\n");
}

#[test]
fn security_is_a_word_or_a_mapping_with_users() {
    assert_eq!(ok("controllers: 3\n").security, None);
    for plain in ["security: plaintext\n", "controllers: 3\nsecurity: { clients: plaintext }\n"] {
        assert_eq!(ok(plain).security, None);
    }
    let short = ok("controllers: 3\nsecurity: mtls\n").security.unwrap();
    assert_eq!((short.clients, short.users.len()), (Clients::Mtls, 0));
    let long = ok("controllers: 3\nsecurity: { clients: mtls, users: { bob: , alice.b-1_X: {} } }\n");
    let users: Vec<String> = long.security.unwrap().users.into_keys().collect();
    assert_eq!(users, ["bob", "alice.b-1_X"]);
    let passwords = ok(
        "controllers: 3\nsecurity: { clients: scram, encryption: none, users: { bob: { password: 'a \"b\\' } } }\n",
    );
    let security = passwords.security.unwrap();
    assert_eq!((security.clients, security.encrypted), (Clients::Scram, false));
    assert_eq!(security.users["bob"].password, Some(Secret("a \"b\\".to_owned())));
    assert!(!format!("{security:?}").contains("a \\"), "it is not shown");
    assert!(!serde_json::to_string(&security).unwrap().contains("password"), "nor written to a plan");
    let acls = ok("controllers: 3\nsecurity: { clients: mtls, users: { alice: { acls: [ \
                   { topic: velib-*, allow: [read, AlterConfigs] }, { group: '*', deny: all, host: 10.0.0.1 }, \
                   { cluster: true, allow: create }, { transactional_id: t, allow: write }] } } }\n");
    let security = acls.security.unwrap();
    assert!(!security.allows_by_default);
    let acls: Vec<String> = security.acls().iter().map(ToString::to_string).collect();
    assert_eq!(
        acls,
        [
            "alice: allow read topic:velib-*",
            "alice: allow alter-configs topic:velib-*",
            "alice: deny all group:* from 10.0.0.1",
            "alice: allow create cluster",
            "alice: allow write transactional-id:t",
        ]
    );
    // Who brings an authorizer says who may do what.
    for plain in ["", "controllers: 1\nsecurity: tls\n"] {
        ok(&format!("{plain}brokers: {{ config: {{ super.users: 'User:ada' }} }}\n"));
    }
    let open = ok("controllers: 3\nsecurity: { clients: mtls, default: allow }\n");
    assert!(open.security.unwrap().allows_by_default);
    // Whether it is KRaft, the version of the home will tell.
    let mut of_home = ok("kafka: { home: /opt/kafka }\nsecurity: tls\n");
    assert!(coordination::settle(&mut of_home.clone(), "3.9.2").unwrap_err().0.contains("with ZooKeeper"));
    assert!(coordination::settle(&mut of_home, "4.4.0").is_ok());
}
