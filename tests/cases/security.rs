//! A secured cluster is used as any other, and lets nobody else in.

use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use cluster::inside::Plan;
use rcgen::{CertificateParams, DnType, Issuer, KeyPair};

use crate::common::cluster::Cluster;
use crate::common::run::{Run, Running};
use crate::common::sockets::listening;
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
    // There is no other door.
    let mut open: Vec<u16> = cluster
        .processes()
        .iter()
        .flat_map(|process| listening(process.pid))
        .map(|socket| socket.port)
        .collect();
    let mut planned: Vec<u16> = ports(&plan).into_iter().map(|(_, port)| port).collect();
    open.sort_unstable();
    planned.sort_unstable();
    assert_eq!(open, planned);

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
    // Our own, with alice's and bob's.
    let own = ["consume", "bikes", "--from-beginning", "--until-end", "--user"];
    assert_eq!(cluster.run(&[&own[..], &["alice"]].concat()).ok().out.lines().count(), 3);
    cluster.run(&[&own[..], &["bob"]].concat()).exits(2).says("that bob may describe");
    cluster.run(&[&own[..], &["bib"]].concat()).exits(2).says("did you mean `bob`?");

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

/// Every file below `folder` with this text in it.
fn with_text(folder: &Path, text: &str) -> Vec<String> {
    let has = |path: &PathBuf| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).contains(text);
    let name = |path: PathBuf| path.strip_prefix(folder).unwrap().display().to_string();
    let mut found: Vec<String> = files(folder).into_iter().filter(has).map(name).collect();
    found.sort();
    found
}

/// Kafka's own consumer, with what `env` prints of this user, changed by `change`.
#[track_caller]
fn consumes(cluster: &Cluster, user: &str, change: impl Fn(String) -> String) -> Run {
    let user: &[&str] = if user == "cluster" { &[] } else { &["--user", user] };
    let properties = cluster.run(&[&["env", "--format", "properties"], user].concat()).ok().out;
    let file = cluster.write("client.properties", change(properties));
    let tool = ["exec", "console-consumer", "--topic", "bikes", "--from-beginning", "--max-messages", "1"];
    let option =
        if cluster.plan().kafka.version.starts_with('3') { "--consumer.config" } else { "--command-config" };
    // An unknown user is told at once; `--timeout-ms` is for one who is let in and reads nothing.
    cluster.run(&[&tool[..], &[option, &file, "--timeout-ms", "60000"]].concat())
}

#[test]
fn with_scram_users_show_a_password_that_is_in_the_metadata_before_anybody_connects() {
    let spec = |users: &str| {
        format!(
            "name: words\nkafka: {{ version: 4.3 }}\ncontrollers: 1\nbrokers: 1\n\
             security: {{ clients: scram, users: {{ {users} }} }}\n\
             topics: {{ bikes: {{ partitions: 1, replication_factor: 1 }} }}\n"
        )
    };
    let odd = r#"wonder "land\;#="#;
    let reader = "acls: [{ topic: bik*, allow: read }, { group: '*', allow: read }]";
    let users = format!("alice: {{ password: '{odd}', {reader} }}, bob: {{ {reader} }}");
    let cluster = Cluster::up(&spec(&users));
    cluster.client().produce("bikes", 0).unwrap();
    consumes(&cluster, "alice", |own| own).ok().says("bicycles: 7");
    consumes(&cluster, "bob", |own| own).ok().says("bicycles: 7");
    let wrong = consumes(&cluster, "alice", |own| own.replace("wonder", "wander"));
    wrong.ok().says("Authentication failed during authentication due to invalid credentials");
    let why =
        cluster.run(&["why", "broker-0"]).ok().says("clients refused\n  127.0.0.1: Authentication failed");
    why.says("a wrong password, or a user whom the cluster does not know");
    let unknown =
        consumes(&cluster, "alice", |own| own.replace(r#"username="alice"#, r#"username="mallory"#));
    unknown.ok().says("Authentication failed");
    // Kafka's own decoder finds them in what the metadata begin with.
    let bootstrap = cluster.dir().0.join("controller-100/data/bootstrap.checkpoint");
    let dump = ["exec", "dump-log", "--cluster-metadata-decoder", "--files", bootstrap.to_str().unwrap()];
    let dumped = cluster.run(&dump).ok();
    let has = |kind: &str, what: String| {
        let is_it = |line: &str| line.contains(kind) && line.contains(&what);
        assert!(dumped.out.lines().any(is_it), "{kind} {what}: {dumped}");
    };
    for user in ["alice", "bob", "cluster"] {
        has("USER_SCRAM_CREDENTIAL_RECORD", format!(r#""name":"{user}""#));
    }
    for user in ["alice", "bob"] {
        has(
            "ACCESS_CONTROL_ENTRY_RECORD",
            format!(r#""resourceName":"bik","patternType":4,"principal":"User:{user}""#),
        );
    }
    let plan = cluster.plan();
    let (ca, port) = (key(&cluster, "ca.pem"), plan.nodes[1].ports.client);
    assert!(!is_let_in(port, Who::Plain));
    // ApiVersions is answered before somebody has shown who they are (KIP-43), and nothing else.
    assert!(is_let_in(port, Who::Anonymous { ca: &ca }));
    assert_eq!(let_in(&plan, Who::Anonymous { ca: &ca }), ["broker-0"]);

    // A user who comes while it runs, and a password that changes.
    let before = cluster.run(&["env", "--user", "alice", "--format", "properties"]).ok().out;
    let users = format!("alice: {{ password: looking-glass, {reader} }}, carol: {{ password: x, {reader} }}");
    let more = cluster.write("more.yaml", spec(&users));
    let bobs = cluster.run(&["env", "--user", "bob", "--format", "properties"]).ok().out;
    let secret = fs::read_to_string(key(&cluster, "bob.password")).unwrap();
    assert!(secret.len() >= 20, "it is made");
    cluster.cluster(&["up", &more]).ok();
    consumes(&cluster, "carol", |own| own).ok().says("bicycles: 7");
    consumes(&cluster, "alice", |own| own).ok().says("bicycles: 7");
    consumes(&cluster, "alice", |_| before.clone()).ok().says("Authentication failed");
    // One who is in it no more.
    consumes(&cluster, "alice", |_| bobs.clone()).ok().says("Authentication failed");
    assert!(!key(&cluster, "bob.password").exists() && !key(&cluster, "bob.properties").exists());
    let acls = cluster.run(&["exec", "acls", "--list"]).ok();
    assert!(acls.out.contains("User:carol") && !acls.out.contains("User:bob"), "{acls}");

    let kept = ["security/alice.password", "security/alice.properties", "spec.yaml"];
    assert_eq!(with_text(&cluster.dir().0, "looking-glass"), kept);
    let argv = cluster.processes().into_iter().flat_map(|process| process.argv);
    assert!(argv.into_iter().all(|word| !word.contains("looking-glass")));
    for line in [&["plan", &more, "--json"][..], &["events"], &["why"], &["status", "--json"]] {
        let run = cluster.cluster(line).ok();
        assert!(!run.out.contains("looking-glass") && !run.out.contains(&secret), "{line:?}");
    }
    cluster.down();
}

#[test]
fn users_and_what_they_may_do_change_while_a_cluster_runs() {
    let cluster = Cluster::up(
        "name: access\nkafka: { version: 4.3 }\ncontrollers: { count: 1, combined: true }\nbrokers: 2\n\
         security: { clients: scram, users: { alice: { acls: [{ topic: bik*, allow: write }] } } }\n\
         topics: { bikes: { partitions: 2, replication_factor: 1 } }\n",
    );
    cluster.client().produce("bikes", 0).unwrap();
    cluster.run(&["user", "add", "carol"]).ok().says("carol may do nothing yet");
    cluster.run(&["user", "add", "carol"]).exits(2).says("a user carol already");
    let check = |user: &str, operation: &str, resource: &str| {
        cluster.run(&["acl", "check", user, operation, resource])
    };
    check("carol", "read", "bikes").exits(13).says("no: carol may not read topic:bikes");
    let read = ["consume", "bikes", "--from-beginning", "--until-end", "--user", "carol"];
    cluster.run(&read).exits(2).says("access has no topic `bikes` that carol may describe");
    let denied = cluster.run(&["topic", "create", "bikes2", "--user", "alice"]).exits(13);
    denied.says("not allowed to create topic bikes2: TopicAuthorizationFailed");
    assert_eq!(cluster.run(&["topic", "list", "--user", "carol"]).ok().out, "");
    consumes(&cluster, "carol", |own| own).says("Not authorized to access topics: [bikes]");
    let told = ["broker-0", "broker-1"].map(|broker| cluster.run(&["why", broker]).ok().out).concat();
    assert!(told.contains("carol may not describe topic:bikes"), "whichever was asked: {told}");
    cluster.run(&["acl", "add", "carol", "read", "bikes"]).ok().says("added: carol: allow read topic:bikes");
    cluster.run(&["acl", "add", "carol", "read", "group:console-*"]).ok();
    cluster.run(&["acl", "add", "carol", "read", "bikes"]).ok().says("is there already");
    check("carol", "read", "bikes").ok().says("by `carol: allow read topic:bikes`");
    cluster.run(&read).ok().says("bicycles: 7");
    cluster.run(&["topic", "list", "--user", "carol"]).ok().says("bikes");
    cluster.run(&[&read[..], &["--group", "console-own"]].concat()).ok().says("bicycles: 7");
    let reset = ["group", "reset", "console-own", "--topic", "bikes", "--to", "earliest", "--yes"];
    cluster.run(&[&reset[..], &["--user", "carol"]].concat()).ok();
    cluster
        .run(&["group", "delete", "console-own", "--yes", "--user", "carol"])
        .exits(13)
        .says("not allowed");
    consumes(&cluster, "carol", |own| own).ok().says("bicycles: 7");
    // One that denies wins, of everybody too.
    cluster.run(&["acl", "add", "*", "read", "bikes", "--deny"]).ok();
    check("carol", "read", "bikes").exits(13).says("by `*: deny read topic:bikes`");
    consumes(&cluster, "carol", |own| own).says("Not authorized to access topics: [bikes]");
    cluster.run(&["acl", "remove", "*", "read", "bikes", "--deny"]).ok().says("removed");
    cluster.run(&["acl", "remove", "*", "read", "bikes", "--deny"]).ok().says("was not there");
    consumes(&cluster, "carol", |own| own).ok().says("bicycles: 7");
    // Kafka's own tool has them as well.
    let theirs = cluster.run(&["exec", "acls", "--list", "--topic", "bikes"]).ok();
    assert!(
        theirs.out.contains("principal=User:carol, host=*, operation=READ, permissionType=ALLOW"),
        "{theirs}"
    );

    // What was changed by commands outlives an `up`; the spec's own comes and goes with it.
    let more = cluster.write(
        "more.yaml",
        "name: access\nkafka: { version: 4.3 }\ncontrollers: { count: 1, combined: true }\nbrokers: 2\n\
         security: { clients: scram, users: { dave: { acls: [{ topic: bikes, deny: write }] } } }\n\
         topics: { bikes: { partitions: 2, replication_factor: 1 } }\n",
    );
    let told = cluster.cluster(&["up", &more]).ok();
    told.says("user dave added, user alice removed, as the spec says")
        .says("1 ACL added (dave: deny write topic:bikes), 1 ACL removed (alice: allow write topic:bik*)");
    let listed: serde_json::Value =
        serde_json::from_str(&cluster.run(&["user", "list", "--json"]).ok().out).unwrap();
    let users: Vec<(&str, &str, u64)> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|user| {
            (user["user"].as_str().unwrap(), user["from"].as_str().unwrap(), user["acls"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(users, [("carol", "command", 2), ("cluster", "program", 0), ("dave", "spec", 1)]);

    let before = cluster.run(&["env", "--user", "carol", "--format", "properties"]).ok().out;
    let (changed, mut input) =
        Running::fed(cluster.command(&["user", "password", "carol", "--password-stdin"]));
    input.write_all(b"wonder land\n").unwrap();
    drop(input);
    changed.finish().ok().says("carol: password changed");
    consumes(&cluster, "carol", |_| before.clone()).says("Authentication failed");
    consumes(&cluster, "carol", |own| own).ok().says("bicycles: 7");
    let after = cluster.run(&["env", "--user", "carol", "--format", "properties"]).ok().out;
    cluster.run(&["user", "remove", "carol", "--yes"]).ok().says("carol: removed, and 2 ACLs of theirs");
    consumes(&cluster, "cluster", |_| after.clone()).says("Authentication failed");
    cluster.run(&["acl", "list", "carol"]).ok().says("there are no ACLs");
    // Whoever is no user of the spec any more is none after a restart either.
    cluster.run(&["down"]).ok();
    cluster.cluster(&["up", &more]).ok();
    let listed = cluster.run(&["user", "list"]).ok();
    assert!(!listed.out.contains("carol") && !listed.out.contains("alice"), "{listed}");
    cluster.down();
}

#[test]
fn certificates_are_rotated_under_a_client_that_writes_and_one_that_expired_is_named() {
    let spec = "name: certs\nkafka: { version: 4.3 }\ncontrollers: 1\nbrokers: 2\n\
                security: { clients: mtls, default: allow, users: { alice: {} } }\n\
                topics: { bikes: { partitions: 2, replication_factor: 2 } }\n";
    let cluster = Cluster::up_with(spec, &["--cert-lifetime", "2h"]);
    let certs = || -> Vec<(String, String, i64)> {
        let told: serde_json::Value =
            serde_json::from_str(&cluster.run(&["certs", "--json"]).ok().out).unwrap();
        let left = |cert: &serde_json::Value| {
            let until: jiff::Timestamp = cert["not_after"].as_str().unwrap().parse().unwrap();
            until.as_second() - jiff::Timestamp::now().as_second()
        };
        let text = |cert: &serde_json::Value, key: &str| cert[key].as_str().unwrap().to_owned();
        told.as_array()
            .unwrap()
            .iter()
            .map(|cert| (text(cert, "name"), text(cert, "state"), left(cert)))
            .collect()
    };
    let all = certs();
    let names: Vec<&str> = all.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["ca", "controller-100", "broker-0", "broker-1", "alice", "cluster"]);
    assert!(all.iter().all(|(_, state, _)| state == "valid"), "{all:?}");
    assert!(all[0].2 > 9 * 365 * 24 * 3600 && all[1..].iter().all(|(.., left)| *left <= 7200), "{all:?}");

    // Rotated while somebody writes.
    let (produce, mut input) =
        Running::fed(cluster.command(&["-c", "certs", "produce", "bikes", "--user", "alice"]));
    input.write_all(b"a\n").unwrap();
    let before = fs::read_to_string(key(&cluster, "broker-0.pem")).unwrap();
    cluster.run(&["certs", "rotate", "broker-0", "broker-1", "alice", "cluster", "--lifetime", "30d"]).ok();
    assert_ne!(fs::read_to_string(key(&cluster, "broker-0.pem")).unwrap(), before);
    input.write_all(b"b\nc\n").unwrap();
    drop(input);
    produce.finish().ok().says("3 acknowledged");
    assert!(certs()[2..].iter().all(|(.., left)| *left > 29 * 24 * 3600));
    let read = ["consume", "bikes", "--from-beginning", "--until-end", "--user", "alice"];
    assert_eq!(cluster.run(&read).ok().out.lines().count(), 3);

    // A user is refused at once, and told why.
    cluster.run(&["certs", "expire", "alice"]).ok().says("expired an hour ago");
    cluster.run(&["certs"]).ok().says("expired 1 h");
    cluster.run(&read).exits(1).says("it does not take our certificate, of which `cluster certs`");
    cluster.run(&["certs", "expire", "alice", "--foreign"]).ok();
    cluster.run(&["certs"]).ok().says("of another CA");
    cluster.run(&read).exits(1).says("it does not take our certificate");
    cluster.run(&["certs", "rotate", "alice"]).ok();
    assert_eq!(cluster.run(&read).ok().out.lines().count(), 3);

    // A node from its next start on.
    cluster.run(&["certs", "expire", "broker-1"]).ok().says("`cluster restart broker-1`");
    cluster.run(&["status", "--wait", "healthy"]).ok();
    cluster.run(&["restart", "broker-1", "--force", "--timeout", "60s"]);
    let why = cluster.run(&["why", "broker-1"]).ok();
    assert!(
        why.out.contains("its certificate is not valid") || why.out.contains("certificate has expired"),
        "{why}"
    );
    why.says("cluster certs rotate");
    cluster.run(&["certs", "rotate", "broker-1", "--force"]).ok();
    cluster.run(&["status", "--wait", "healthy"]).ok();
    cluster.run(&["certs", "rotate", "bob"]).exits(2).says("called `bob`");
    // What another lifetime is asked for with comes with it.
    let more = cluster.write("more.yaml", spec.replace("alice: {}", "alice: {}, carol: {}"));
    cluster.cluster(&["up", &more, "--cert-lifetime", "3d"]).ok();
    let carol = certs().into_iter().find(|(name, ..)| name == "carol").unwrap().2;
    assert!((2 * 24 * 3600..=3 * 24 * 3600).contains(&carol), "{carol}");
    cluster.cluster(&["up", &more, "--cert-lifetime", "5d"]).ok();
    cluster.run(&["certs", "rotate", "carol"]).ok();
    let carol = certs().into_iter().find(|(name, ..)| name == "carol").unwrap().2;
    assert!(carol > 4 * 24 * 3600, "{carol}");
    cluster.down();
}

/// With `bind: 127.0.0.2`, which is this machine, too, and no network.
#[test]
fn a_listener_of_the_spec_lets_in_whom_that_of_clients_does_by_its_own_address() {
    let cluster = Cluster::up(
        "name: further\nkafka: { version: 4.3 }\ncontrollers: { count: 1, combined: true }\nbrokers: 1\n\
         security: { clients: scram, default: allow, users: { alice: { password: 'wonder land' } } }\n\
         listeners: { docker: { bind: 127.0.0.2 }, named: { bind: 127.0.0.1, advertise: localhost } }\n\
         topics: { bikes: { partitions: 1, replication_factor: 1 } }\n",
    );
    cluster.client().produce("bikes", 0).unwrap();
    let more = cluster.plan().nodes[0].ports.more;
    for (listener, host, port) in
        [("docker", "127.0.0.2", more[0].unwrap()), ("named", "localhost", more[1].unwrap())]
    {
        let own = ["env", "--user", "alice", "--listener", listener, "--format", "properties"];
        let properties = cluster.run(&own).ok().out;
        let address = format!("{host}:{port}");
        assert!(properties.starts_with(&format!("bootstrap.servers={address}\n")), "{properties}");
        let consume = |properties: &str| {
            let file = cluster.write("listener.properties", properties);
            let tool =
                ["exec", "console-consumer", "--topic", "bikes", "--from-beginning", "--max-messages", "1"];
            let rest = ["--bootstrap-server", &address, "--command-config", &file, "--timeout-ms", "60000"];
            cluster.run(&[&tool[..], &rest].concat())
        };
        consume(&properties).ok().says("bicycles: 7");
        consume(&properties.replace("wonder", "wander")).says("Authentication failed");
    }
    assert!(!is_let_in(more[1].unwrap(), Who::Plain));
    // Nobody is at the other address where only loopback is meant.
    assert!(std::net::TcpStream::connect(("127.0.0.2", cluster.plan().nodes[0].ports.client)).is_err());
    cluster.run(&["env", "--listener", "dokcer"]).exits(2).says("did you mean `docker`?");
    let foreign = cluster
        .write("foreign.yaml", "name: foreign\nlisteners: { lan: { bind: 192.0.2.7, insecure: true } }\n");
    cluster.cluster(&["validate", &foreign]).exits(3);
    cluster.cluster(&["up", &foreign]).exits(3).says("192.0.2.7 is no address of this machine");
    cluster.down();
}

#[test]
fn with_plain_a_password_opens_a_broker_in_plain_text_or_under_tls_and_a_new_one_takes_a_restart() {
    let spec = |users: &str| {
        format!(
            "name: plain\nkafka: {{ version: 3.9 }}\ncontrollers: 1\nbrokers: 1\n\
             security: {{ clients: plain, encryption: none, default: allow, users: {{ {users} }} }}\n\
             topics: {{ bikes: {{ partitions: 1, replication_factor: 1 }} }}\n"
        )
    };
    // Who may do what is no matter here.
    let cluster = Cluster::up(&spec("alice: { password: 'wonder \"land\\;#=' }"));
    cluster.client().produce("bikes", 0).unwrap();
    consumes(&cluster, "alice", |own| own).ok().says("bicycles: 7");
    consumes(&cluster, "alice", |own| own.replace("wonder", "wander"))
        .ok()
        .says("Invalid username or password");
    let own = ["consume", "bikes", "--from-beginning", "--until-end", "--user", "alice"];
    cluster.run(&own).ok().says("bicycles: 7");
    let file = key(&cluster, "alice.password");
    let right = fs::read_to_string(&file).unwrap();
    fs::write(&file, "wrong").unwrap();
    cluster.run(&own).exits(1).says("SaslAuthenticationFailed: Authentication failed");
    fs::write(&file, right).unwrap();
    if Command::new("kcat").arg("-V").output().is_ok() {
        let kcat =
            Command::new("kcat").args(cluster.for_kcat()).args(["-C", "-q", "-e", "-t", "bikes"]).output();
        assert_eq!(String::from_utf8(kcat.unwrap().stdout).unwrap(), "bicycles: 7\n");
    }
    for users in ["alice: { password: other }", "alice: , bob: ", "bob: "] {
        let changed = cluster.write("changed.yaml", spec(users));
        let refused = cluster.cluster(&["up", &changed]).exits(1);
        refused.says("read the passwords of PLAIN when they start").says("`cluster down`");
    }
    consumes(&cluster, "alice", |own| own).ok();
    cluster.run(&["down"]).ok();
    let changed = cluster.write("changed.yaml", spec("alice: { password: other }"));
    cluster.cluster(&["up", &changed]).ok();
    assert!(fs::read_to_string(key(&cluster, "alice.password")).unwrap() == "other");
    consumes(&cluster, "alice", |own| own).ok().says("bicycles: 7");
    cluster.down();
}
