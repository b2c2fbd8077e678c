//! A secured cluster is used as any other, and lets nobody else in.

use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use cluster::inside::Plan;
use rcgen::{CertificateParams, DnType, Issuer, KeyPair};

use crate::common::cluster::Cluster;
use crate::common::run::Running;
use crate::common::tls::{Who, is_let_in};

/// Every port of Kafka's, and for whom it is.
fn ports(plan: &Plan) -> Vec<(String, u16)> {
    let mut ports = Vec::new();
    for node in &plan.nodes {
        ports.push((format!("{}", node.name), node.ports.client));
        ports.extend(node.ports.internal.map(|port| (format!("{}, internal", node.name), port)));
        ports.extend(node.ports.quorum.map(|port| (format!("{}, quorum", node.name), port)));
    }
    ports
}

/// Who can ask something on which port.
fn let_in(plan: &Plan, who: Who) -> Vec<String> {
    ports(plan).into_iter().filter(|(_, port)| is_let_in(*port, who)).map(|(name, _)| name).collect()
}

fn key(cluster: &Cluster, file: &str) -> PathBuf {
    cluster.dir().0.join("security").join(file)
}

/// Of the same name as a user, by a CA that is none of the cluster's.
fn foreign_key(cluster: &Cluster, name: &str) -> PathBuf {
    let named = |name: &str| {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params
    };
    let authority = KeyPair::generate().unwrap();
    let issuer = Issuer::new(named("another CA"), authority);
    let key = KeyPair::generate().unwrap();
    let certificate = named(name).signed_by(&key, &issuer).unwrap();
    cluster.write("foreign.pem", key.serialize_pem() + &certificate.pem()).into()
}

/// Every file below `folder`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn with_mtls_whoever_has_a_key_of_the_cluster_is_let_in_and_nobody_else() {
    let cluster = Cluster::up_example("secured.yaml");
    let plan = cluster.plan();
    let (ca, alice) = (key(&cluster, "ca.pem"), key(&cluster, "alice.pem"));
    let all: Vec<String> = ports(&plan).into_iter().map(|(name, _)| name).collect();
    assert_eq!(let_in(&plan, Who::Certified { ca: &ca, own: &alice }), all);
    assert_eq!(let_in(&plan, Who::Plain), [""; 0]);
    assert_eq!(let_in(&plan, Who::Anonymous { ca: &ca }), [""; 0]);
    let foreign = foreign_key(&cluster, "alice");
    assert_eq!(let_in(&plan, Who::Certified { ca: &ca, own: &foreign }), [""; 0]);

    // As any other cluster.
    cluster.run(&["kill", "broker-1"]).ok();
    let (produce, mut input) = Running::fed(cluster.command(&["-c", "secured", "produce", "bikes"]));
    input.write_all(b"a\nb\nc\n").unwrap();
    drop(input);
    produce.finish().ok().says("3 acknowledged");
    cluster.run(&["start", "broker-1"]).ok();
    cluster.run(&["status", "--wait", "healthy"]).ok();
    let read =
        cluster.run(&["consume", "bikes", "--group", "riders", "--from-beginning", "--until-end"]).ok();
    assert_eq!(read.out.lines().count(), 3, "{read}");
    cluster.run(&["group", "describe", "riders"]).ok().says("riders");

    // Kafka's own client, with alice's keys.
    let tool = ["exec", "--user", "alice", "console-consumer", "--topic", "bikes", "--from-beginning"];
    let read = cluster.run(&[&tool[..], &["--max-messages", "3"]].concat()).ok();
    assert_eq!(read.out.lines().count(), 3, "{read}");
    if Command::new("kcat").arg("-V").output().is_ok() {
        let kcat =
            Command::new("kcat").args(cluster.for_kcat()).args(["-C", "-q", "-e", "-t", "bikes"]).output();
        assert_eq!(String::from_utf8(kcat.unwrap().stdout).unwrap().lines().count(), 3);
    }
    cluster.run(&["exec", "--user", "bib", "topics", "--list"]).exits(2).says("did you mean `bob`?");

    let readable: Vec<PathBuf> = files(&cluster.dir().0);
    let others = |path: &&PathBuf| fs::metadata(path).unwrap().mode() & 0o077 != 0;
    let folder = fs::metadata(&cluster.dir().0).unwrap().mode() & 0o077;
    let keys = readable.iter().filter(|path| path.parent().unwrap().ends_with("security"));
    assert_eq!((folder, keys.filter(others).count()), (0, 0));
    assert!(!fs::read_to_string(cluster.dir().plan()).unwrap().contains("PRIVATE KEY"));
    cluster.down();
}

#[test]
fn with_tls_clients_show_nothing_and_a_change_of_security_takes_a_restart() {
    let spec = |security: &str| {
        format!(
            "name: open\nkafka: {{ version: 3.9 }}\ncontrollers: {{ count: 1, combined: true }}\nbrokers: 1\nsecurity: {security}\n"
        )
    };
    let cluster = Cluster::up(&spec("tls"));
    let plan = cluster.plan();
    let ca = key(&cluster, "ca.pem");
    assert_eq!(let_in(&plan, Who::Anonymous { ca: &ca }), ["broker-0"]);
    assert_eq!(let_in(&plan, Who::Plain), [""; 0]);
    cluster.run(&["topic", "create", "bikes"]).ok();
    cluster.run(&["exec", "topics", "--list"]).ok().says("bikes");
    cluster.run(&["exec", "--user", "alice", "topics", "--list"]).exits(2).says("do not show who they are");

    // Nothing is changed by halves.
    let stricter = cluster.write("mtls.yaml", spec("mtls"));
    let refused = cluster.cluster(&["up", &stricter]).exits(1);
    refused.says("broker-0: listener.name.client.ssl.client.auth none -> (not set)").says("down");
    assert_eq!(let_in(&plan, Who::Anonymous { ca: &ca }), ["broker-0"]);
    cluster.run(&["down"]).ok();
    cluster.cluster(&["up", &stricter]).ok();
    assert_eq!(cluster.plan().nodes[0].ports, plan.nodes[0].ports);
    assert_eq!(let_in(&cluster.plan(), Who::Anonymous { ca: &ca }), [""; 0]);
    cluster.run(&["topic", "list"]).ok().says("bikes");

    // A user who comes while it runs.
    let more = cluster.write("more.yaml", spec("{ clients: mtls, users: { carol: {} } }"));
    cluster.cluster(&["up", &more]).ok();
    let carol = key(&cluster, "carol.pem");
    assert!(is_let_in(plan.nodes[0].ports.client, Who::Certified { ca: &ca, own: &carol }));
    cluster.run(&["env", "--user", "carol"]).ok().says("carol.pem");
    cluster.down();
}
