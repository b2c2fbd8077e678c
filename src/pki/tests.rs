use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{
    self, ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection,
};

use super::certificate::Term;
use super::*;
use crate::plan::{Facts, fixture, plan};
use crate::spec::model::{Clients, Security, Spec, User};

fn made(dir: &Path, names: &[&str]) -> KeyFolder {
    let keys = KeyFolder::of_cluster(dir);
    ensure(&keys, "velib", names.iter().copied(), &[], Term::Years).unwrap();
    keys
}

fn all(keys: &KeyFolder) -> BTreeMap<String, String> {
    let entries = fs::read_dir(keys.path()).unwrap().map(|entry| entry.unwrap().path());
    let text = |path: std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(&path).unwrap())
    };
    entries.map(text).collect()
}

fn roots(keys: &KeyFolder) -> Arc<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(keys.ca()).unwrap()).unwrap();
    Arc::new(roots)
}

fn own(keys: &KeyFolder, name: &str) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let path = keys.of(name);
    let chain = CertificateDer::pem_file_iter(&path).unwrap().map(Result::unwrap).collect();
    (chain, PrivateKeyDer::from_pem_file(&path).unwrap())
}

/// The whole handshake of one who trusts `trusts` and is `client`, with the server `broker-0` of `server`.
fn handshake(
    server: &KeyFolder,
    trusts: &KeyFolder,
    client: (&KeyFolder, &str),
) -> Result<(), rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let (chain, key) = own(server, "broker-0");
    let verifier =
        WebPkiClientVerifier::builder_with_provider(roots(server), provider.clone()).build().unwrap();
    let server = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .unwrap();
    let (chain, key) = own(client.0, client.1);
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots(trusts))
        .with_client_auth_cert(chain, key)
        .unwrap();
    let mut server = ServerConnection::new(Arc::new(server)).unwrap();
    let mut client =
        ClientConnection::new(Arc::new(client), ServerName::try_from("127.0.0.1").unwrap()).unwrap();
    while client.is_handshaking() || server.is_handshaking() {
        let mut bytes = Vec::new();
        client.write_tls(&mut bytes).unwrap();
        server.read_tls(&mut bytes.as_slice()).unwrap();
        server.process_new_packets()?;
        let mut bytes = Vec::new();
        server.write_tls(&mut bytes).unwrap();
        client.read_tls(&mut bytes.as_slice()).unwrap();
        client.process_new_packets()?;
    }
    Ok(())
}

#[test]
fn what_one_cluster_made_trusts_itself_and_no_other_cluster() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let ours = made(here.path(), &["broker-0", "alice"]);
    let foreign = made(there.path(), &["alice"]);
    handshake(&ours, &ours, (&ours, "alice")).unwrap();
    assert!(handshake(&ours, &foreign, (&ours, "alice")).is_err(), "a client that trusts another CA");
    assert!(handshake(&ours, &ours, (&foreign, "alice")).is_err(), "a certificate of another CA");
}

#[test]
fn what_is_there_stays_and_what_joins_later_is_of_the_same_ca() {
    let dir = tempfile::tempdir().unwrap();
    let before = all(&made(dir.path(), &["broker-0"]));
    let keys = made(dir.path(), &["broker-0", "broker-1", "alice"]);
    let after = all(&keys);
    for (name, text) in &before {
        assert_eq!(after[name], *text, "{name}");
    }
    assert_eq!(
        after.keys().collect::<Vec<_>>(),
        ["alice.pem", "broker-0.pem", "broker-1.pem", "ca.key", "ca.pem"]
    );
    handshake(&keys, &keys, (&keys, "alice")).unwrap();
}

#[test]
fn a_broker_that_is_reached_by_another_name_gets_a_certificate_for_it_and_others_keep_theirs() {
    let dir = tempfile::tempdir().unwrap();
    let keys = made(dir.path(), &["broker-0", "controller-100", "alice"]);
    let before = all(&keys);
    let names = || ["broker-0", "controller-100", "alice"].into_iter();
    let hosts = ["host.docker.internal", "10.0.0.1"];
    ensure(&keys, "velib", names(), &hosts, Term::Years).unwrap();
    let after = all(&keys);
    let changed: Vec<&String> = after.keys().filter(|name| before[*name] != after[*name]).collect();
    assert_eq!(changed, ["broker-0.pem"]);
    handshake(&keys, &keys, (&keys, "alice")).unwrap();
    for host in hosts {
        assert!(certificate::is_for(&keys.of("broker-0"), &[host]).unwrap(), "{host}");
    }
    assert!(!certificate::is_for(&keys.of("broker-0"), &["10.0.0.2"]).unwrap());
    // Once is enough, and one for more than is asked for will do.
    ensure(&keys, "velib", names(), &hosts, Term::Years).unwrap();
    ensure(&keys, "velib", names(), &hosts[..1], Term::Years).unwrap();
    assert_eq!(all(&keys), after);
}

#[test]
fn without_its_ca_everything_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let keys = made(dir.path(), &["broker-0", "alice"]);
    fs::remove_file(keys.ca()).unwrap();
    let keys = made(dir.path(), &["broker-0", "alice"]);
    handshake(&keys, &keys, (&keys, "alice")).unwrap();
}

#[test]
fn keys_are_for_this_user_alone_and_refused_when_others_can_read_them() {
    let dir = tempfile::tempdir().unwrap();
    let keys = made(dir.path(), &["alice"]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(keys.path()), 0o700);
    for path in [keys.ca_key(), keys.of("alice")] {
        assert_eq!(mode(&path), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = ensure(&keys, "velib", ["alice"].into_iter(), &[], Term::Years).unwrap_err().to_string();
        assert_eq!(error, format!("{} is a secret that others can read (mode 640)", path.display()));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

fn with_passwords(dir: &Path, clients: Clients, users: &[(&str, Option<&str>)]) -> Plan {
    let user = |(name, password): &(&str, Option<&str>)| {
        (
            (*name).to_owned(),
            User { password: password.map(|text| Secret(text.to_owned())), ..User::default() },
        )
    };
    let security = Security { users: users.iter().map(user).collect(), ..Security::of(clients) };
    let spec = Spec { security: Some(security), ..fixture::kraft(1, 1, false) };
    plan(&spec, &Facts { dir: dir.to_owned(), ..fixture::facts(&spec) }).unwrap()
}

#[test]
fn a_password_is_the_specs_or_one_that_is_made_once() {
    let dir = tempfile::tempdir().unwrap();
    let keys = KeyFolder::of_cluster(dir.path());
    let of = |user| password::read(&keys.password(user)).unwrap();
    let ensure = |users: &[(&str, Option<&str>)]| {
        ensure_passwords(&keys, &with_passwords(dir.path(), Clients::Scram, users)).unwrap();
    };
    ensure(&[("alice", Some("wonderland")), ("bob", None)]);
    let made = of("bob");
    assert_eq!((of("alice").as_str(), made.len()), ("wonderland", 20));
    assert_ne!(made, of("cluster"), "this program has one, too");
    ensure(&[("alice", Some("other")), ("bob", None)]);
    assert_eq!((of("alice"), of("bob")), ("other".to_owned(), made));
    assert_eq!(fs::metadata(keys.password("bob")).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn brokers_of_plain_are_told_who_there_is_and_any_change_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let keys = KeyFolder::of_cluster(dir.path());
    let plan = |users: &[(&str, Option<&str>)]| with_passwords(dir.path(), Clients::Plain, users);
    let before = plan(&[("alice", Some("wonderland")), ("bob", None)]);
    ensure_passwords(&keys, &before).unwrap();
    let told = fs::read_to_string(keys.jaas()).unwrap();
    assert!(told.contains("\"user_alice\"=\"wonderland\"") && told.contains("\"user_cluster\"="), "{told}");
    assert!(!passwords_differ(&keys, &before).unwrap());
    // As it is stored, without the passwords.
    let stored: Plan = serde_json::from_value(serde_json::to_value(&before).unwrap()).unwrap();
    assert!(!passwords_differ(&keys, &stored).unwrap());
    assert!(
        !passwords_differ(&keys, &plan(&[("bob", None), ("alice", None)])).unwrap(),
        "their order is nothing"
    );
    for (other, what) in [
        (plan(&[("alice", Some("other")), ("bob", None)]), "another password"),
        (plan(&[("alice", None)]), "one fewer"),
        (plan(&[("alice", None), ("bob", None), ("carol", None)]), "one more"),
        (plan(&[("alice", None), ("carol", None)]), "another one"),
    ] {
        assert!(passwords_differ(&keys, &other).unwrap(), "{what}");
    }
}

#[test]
fn a_key_that_is_none_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let keys = made(dir.path(), &["alice"]);
    fs::write(keys.ca_key(), "nonsense").unwrap();
    let error = ensure(&keys, "velib", ["bob"].into_iter(), &[], Term::Years).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{} holds no private key: ", keys.ca_key().display())), "{error}");
}

#[test]
fn a_certificate_is_valid_as_long_as_it_was_made_for_and_another_takes_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let keys = made(dir.path(), &["broker-0", "alice"]);
    let look = |name: &str| certificate::look(&keys.of(name), &keys.ca()).unwrap();
    let left = |name: &str| look(name).not_after.as_second() - jiff::Timestamp::now().as_second();
    assert!(look("alice").is_of_ca && left("alice") > 9 * 365 * 24 * 3600);
    let ca = fs::read_to_string(keys.ca()).unwrap();
    let alice = || ["alice"].into_iter();
    let hour = std::time::Duration::from_secs(3600);
    renew(&keys, "velib", alice(), &[], (Term::For(hour), false)).unwrap();
    assert!((3590..=3600).contains(&left("alice")), "{}", left("alice"));
    handshake(&keys, &keys, (&keys, "alice")).unwrap();
    renew(&keys, "velib", alice(), &[], (Term::Over, false)).unwrap();
    assert!(look("alice").is_of_ca && left("alice") < -3500);
    assert!(handshake(&keys, &keys, (&keys, "alice")).is_err(), "an expired certificate");
    renew(&keys, "velib", alice(), &[], (Term::Years, true)).unwrap();
    assert!(!look("alice").is_of_ca);
    assert!(handshake(&keys, &keys, (&keys, "alice")).is_err(), "a foreign certificate");
    renew(&keys, "velib", alice(), &[], (Term::Years, false)).unwrap();
    handshake(&keys, &keys, (&keys, "alice")).unwrap();
    assert_eq!(fs::read_to_string(keys.ca()).unwrap(), ca, "who trusts it goes on");
    assert!(look("broker-0").is_of_ca);
}
