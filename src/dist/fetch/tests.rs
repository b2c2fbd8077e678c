use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use sha2::{Digest, Sha512};
use tempfile::TempDir;

use super::*;
use crate::dist::locate::locate_kafka;
use crate::dist::testing::{Entry, Recorder, Reply, Request, Server, script, tgz, write};
use crate::host::lock::is_held;
use crate::plan::source::JavaSource;
use crate::spec::model::KafkaSpec;
use crate::testing::until;

const ARCHIVE: &str = "/kafka/3.9.2/kafka_2.13-3.9.2.tgz";
const NOWHERE: &str = "http://127.0.0.1:1";

fn archive() -> Vec<u8> {
    let filler = "x".repeat(100_000);
    tgz(&[
        Entry::File("kafka_2.13-3.9.2/libs/kafka_2.13-3.9.2.jar", &filler, 0o644),
        Entry::File("kafka_2.13-3.9.2/libs/zookeeper-3.8.4.jar", "x", 0o644),
    ])
}

fn sha512(bytes: &[u8]) -> String {
    Sha512::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A server with the checksum of `archive()`, and another's answer for the archive itself.
fn server(mut answer: impl FnMut(&Request) -> Reply + Send + 'static) -> Server {
    let sum = format!("{}  kafka_2.13-3.9.2.tgz\n", sha512(&archive()));
    Server::start(move |request| match request.path.strip_prefix(ARCHIVE) {
        Some(".sha512") => Reply::ok(sum.clone()),
        Some("") => answer(request),
        _ => Reply::not_found(),
    })
}

/// A cache, and a PATH folder for a fake `mvn`.
struct Bench {
    dir: TempDir,
    env: HostEnv,
    java: JavaPlan,
    progress: Recorder,
}

impl Bench {
    fn new(url: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("bin");
        fs::create_dir(&bin).unwrap();
        let env =
            HostEnv { path: Some(bin.into()), archive_url: Some(format!("{url}/")), ..HostEnv::default() };
        let java = JavaPlan {
            program: "/jdk/bin/java".into(),
            version: "17".into(),
            major: 17,
            source: JavaSource::Path,
        };
        Bench { dir, env, java, progress: Recorder::default() }
    }

    fn cache(&self) -> PathBuf {
        self.dir.path().join("cache")
    }

    /// `script` finds Maven's arguments as `$out` and `$repo`, and the usual programs on its PATH.
    fn mvn(self, body: &str) -> Self {
        let find = r#"PATH=/usr/bin:/bin
for arg; do case $arg in -DoutputDirectory=*) out=${arg#*=};; -Dmaven.repo.local=*) repo=${arg#*=};; esac; done
mkdir -p "$out" "$repo/org"
"#;
        script(&self.dir.path().join("bin/mvn"), &format!("{find}{body}"));
        self
    }

    fn locate(&self, version: &str) -> Located {
        let spec = KafkaSpec { version: Some(version.to_owned()), home: None };
        locate_kafka(&spec, &self.cache(), &self.env).unwrap()
    }

    fn fetch(&self) -> Result<KafkaSource, DistError> {
        fetch_kafka(&self.locate("3.9.2"), &self.java, &self.cache(), &self.env, &self.progress)
    }

    /// With a checksum list of its own.
    fn fetch_listed(&self, checksums: &[(&str, &str)]) -> Result<KafkaSource, DistError> {
        let located = self.locate("3.9.2");
        let checksums = checksums.iter().map(|(file, sum)| (file.to_string(), sum.to_string())).collect();
        let (java, env, progress) = (&self.java, &self.env, &self.progress);
        let cache = &self.cache();
        Fetch { version: "3.9.2", scala: "2.13", checksums, java, cache, env, progress }.run(&located)
    }

    /// Every name in the cache's folder of distributions, but for the lock.
    fn left(&self) -> Vec<String> {
        let entries = fs::read_dir(self.cache().join("kafka")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| !name.ends_with(".lock")).collect();
        names.sort();
        names
    }
}

#[test]
fn a_distribution_of_the_archive_is_verified_and_installed_and_found_afterwards() {
    let server = server(|_| Reply::ok(archive()));
    let bench = Bench::new(&server.url);
    assert_eq!(bench.fetch().unwrap(), KafkaSource::Archive);
    assert!(bench.locate("3.9.2").present);
    assert_eq!(bench.left(), ["3.9.2"]);
    let steps = ["asking the Apache archive", "downloading kafka_2.13-3.9.2.tgz", "verifying", "unpacking"];
    assert_eq!(bench.progress.steps(), steps);
    let size = archive().len() as u64;
    assert_eq!(*bench.progress.last_bytes.lock().unwrap(), Some((size, Some(size))));
    assert_eq!(bench.fetch().unwrap(), KafkaSource::Cache);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_checksum_in_the_format_of_gpg_is_understood() {
    let groups: Vec<_> = sha512(&archive())
        .to_uppercase()
        .as_bytes()
        .chunks(8)
        .map(|c| String::from_utf8_lossy(c).into_owned())
        .collect();
    let sum = format!("kafka_2.13-3.9.2.tgz: {}\n  {}\n", groups[..8].join(" "), groups[8..].join(" "));
    let server = Server::start(move |request| match request.path.ends_with(".sha512") {
        true => Reply::ok(sum.clone()),
        false => Reply::ok(archive()),
    });
    assert_eq!(Bench::new(&server.url).fetch().unwrap(), KafkaSource::Archive);
}

#[test]
fn a_download_that_breaks_off_goes_on_where_it_stopped() {
    let mut cuts = [Some(70_000), Some(20_000), None].into_iter();
    let server =
        server(move |request| Reply { cut: cuts.next().unwrap(), ..Reply::range(request, &archive()) });
    let bench = Bench::new(&server.url);
    bench.fetch().unwrap();
    let from: Vec<_> = server.requests().iter().filter(|r| r.path == ARCHIVE).map(|r| r.from).collect();
    assert_eq!(from, [None, Some(70_000), Some(90_000)]);
}

#[test]
fn the_next_run_goes_on_with_a_broken_download_and_removes_other_leftovers() {
    let bench = Bench::new("");
    let broken = server(|request| match request.from {
        None => Reply { cut: Some(50_000), ..Reply::ok(archive()) },
        Some(_) => Reply { cut: Some(0), ..Reply::range(request, &archive()) },
    });
    let env = HostEnv { archive_url: Some(broken.url.clone()), ..bench.env.clone() };
    let bench = Bench { env, ..bench };
    assert!(matches!(bench.fetch(), Err(DistError::BrokenDownload { done: 50_000, .. })));
    assert!(!bench.locate("3.9.2").present);
    write(&bench.cache().join("kafka/.3.9.2.killed/distribution/libs/a.jar"), "x");

    let good = server(|request| Reply::range(request, &archive()));
    let bench = Bench { env: HostEnv { archive_url: Some(good.url.clone()), ..bench.env.clone() }, ..bench };
    bench.fetch().unwrap();
    assert_eq!(good.requests().last().unwrap().from, Some(50_000));
    assert_eq!(bench.left(), ["3.9.2"]);
}

#[test]
fn a_server_that_ignores_ranges_sends_everything_again() {
    let mut cuts = [Some(70_000), None].into_iter();
    let server = server(move |_| Reply { cut: cuts.next().unwrap(), ..Reply::ok(archive()) });
    Bench::new(&server.url).fetch().unwrap();
    assert_eq!(server.requests().last().unwrap().from, Some(70_000));
}

#[test]
fn bytes_of_another_archive_are_never_joined_to_this_one() {
    let server = server(|request| Reply::range(request, &archive()));
    let bench = Bench::new(&server.url);
    let other = bench.cache().join("kafka/kafka_2.13-3.9.2.tgz.0123456789abcdef.part");
    write(&other, "bytes of another archive");
    bench.fetch().unwrap();
    assert_eq!(server.requests().last().unwrap().from, None);
    assert!(!other.exists());
}

#[test]
fn a_damaged_leftover_costs_a_second_download_and_no_more() {
    for damage in ["damaged".to_owned(), "z".repeat(archive().len()), "z".repeat(archive().len() + 1)] {
        let server = server(|request| Reply::range(request, &archive()));
        let bench = Bench::new(&server.url);
        let part = format!("kafka/kafka_2.13-3.9.2.tgz.{}.part", &sha512(&archive())[..16]);
        write(&bench.cache().join(part), &damage);
        bench.fetch().unwrap();
        assert_eq!(server.requests().last().unwrap().from, None);
    }
}

#[test]
fn a_wrong_checksum_is_an_error_and_maven_is_not_asked() {
    let server = server(|_| Reply::ok("something else"));
    let bench = Bench::new(&server.url).mvn("echo asked >\"$out/../asked\"; exit 1");
    let error = bench.fetch().unwrap_err();
    assert!(matches!(error, DistError::WrongChecksum { .. }), "{error}");
    assert!(bench.left().is_empty());
    assert!(!bench.cache().join("m2").exists());
}

#[test]
fn an_archive_that_escapes_its_folder_is_refused() {
    let evil = || tgz(&[Entry::File("kafka_2.13-3.9.2/libs/../../../evil.jar", "x", 0o644)]);
    let sum = sha512(&evil());
    let server = Server::start(move |request| match request.path.ends_with(".sha512") {
        true => Reply::ok(sum.clone()),
        false => Reply::ok(evil()),
    });
    let bench = Bench::new(&server.url);
    assert!(matches!(bench.fetch(), Err(DistError::BadArchive { .. })));
    assert!(!bench.locate("3.9.2").present);
    assert!(!bench.left().iter().any(|name| !name.ends_with(".part")));
}

#[test]
fn two_at_once_download_once() {
    let (reached, arrived) = mpsc::channel();
    let (waiting, waits) = mpsc::channel();
    let waits = Arc::new(Mutex::new(waits));
    // The archive is sent only when the second command is known to wait for the first.
    let server = server(move |_| {
        reached.send(()).unwrap();
        waits.lock().unwrap().recv().unwrap();
        Reply::ok(archive())
    });
    let bench = Bench::new(&server.url);
    let located = bench.locate("3.9.2");
    let second =
        Recorder { on_step: Some(Box::new(move |_| waiting.send(()).unwrap())), ..Recorder::default() };
    thread::scope(|scope| {
        let first = scope.spawn(|| bench.fetch());
        arrived.recv().unwrap();
        let found = fetch_kafka(&located, &bench.java, &bench.cache(), &bench.env, &second);
        assert_eq!(found.unwrap(), KafkaSource::Cache);
        assert_eq!(first.join().unwrap().unwrap(), KafkaSource::Archive);
    });
    assert_eq!(second.steps(), ["waiting for another command that fetches it"]);
    assert_eq!(server.requests().len(), 2);
}

const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const LIST: [(&str, &str); 2] = [("kafka_2.13-3.9.2.jar", ABC), ("b.jar", ABC)];

#[test]
fn maven_is_asked_when_the_archive_has_not_the_version_or_cannot_be_reached() {
    let missing = Server::start(|_| Reply::not_found());
    for url in [missing.url.as_str(), NOWHERE] {
        let bench = Bench::new(url).mvn(
            r#"for jar in kafka_2.13-3.9.2 b; do printf abc >"$out/$jar.jar"; cp "$out/$jar.jar" "$repo/org"; done
echo "$JAVA_HOME $MAVEN_OPTS" >"$repo/env"; cp pom.xml "$repo"; test -d .mvn -a -d tmp || exit 1"#,
        );
        assert_eq!(bench.fetch_listed(&LIST).unwrap(), KafkaSource::Maven);
        assert!(bench.locate("3.9.2").present);
        assert_eq!(bench.left(), ["3.9.2"]);
        assert_eq!(*bench.progress.last_items.lock().unwrap(), Some((2, 2)));
        let told = fs::read_to_string(bench.cache().join("m2/env")).unwrap();
        assert_eq!(told, "/jdk -XX:-UsePerfData -Djava.io.tmpdir=tmp\n");
        let pom = fs::read_to_string(bench.cache().join("m2/pom.xml")).unwrap();
        assert!(pom.contains("<artifactId>kafka_2.13</artifactId><version>3.9.2</version>"));
    }
}

#[test]
fn jars_that_differ_from_the_list_are_named_and_nothing_is_installed() {
    let bench =
        Bench::new(NOWHERE).mvn(r#"printf xyz >"$out/kafka_2.13-3.9.2.jar"; printf abc >"$out/extra.jar""#);
    let text = bench.fetch_listed(&LIST).unwrap_err().to_string();
    for part in ["kafka_2.13-3.9.2.jar differs", "b.jar is missing", "extra.jar is extra"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(bench.left().is_empty());
}

#[test]
fn when_maven_fails_too_both_reasons_and_every_other_way_are_told() {
    let bench = Bench::new(NOWHERE).mvn("echo '[ERROR] no such host -> [Help 1]'; exit 1");
    let error = bench.fetch().unwrap_err();
    let text = error.to_string();
    assert!(text.contains("from the Apache archive: http://127.0.0.1:1: "), "{text}");
    assert!(text.ends_with("with Maven: mvn failed (exit status: 1): no such host"), "{text}");
    assert!(bench.left().is_empty());

    let error = Bench::new(NOWHERE).fetch().unwrap_err();
    assert!(error.to_string().ends_with("with Maven: mvn is not on PATH"), "{error}");
    for way in ["Maven", "kafka.home", "KAFKA_HOME"] {
        assert!(error.hint().contains(way), "{way}");
    }
}

#[test]
fn mavens_repository_stays_locked_while_maven_runs() {
    let bench = Bench::new(NOWHERE).mvn(
        r#"touch "$repo/../maven-runs"; for _ in $(seq 6000); do [ -e "$repo/../go-on" ] && break; sleep 0.01; done; echo '[ERROR] over'; exit 1"#,
    );
    let located = bench.locate("3.9.2");
    let (env, java, cache) = (bench.env.clone(), bench.java.clone(), bench.cache());
    let fetching = thread::spawn(move || fetch_kafka(&located, &java, &cache, &env, &Recorder::default()));
    let cache = bench.cache();
    until("Maven runs", || cache.join("maven-runs").exists() || fetching.is_finished());
    let held = is_held(&cache.join("m2.lock")).unwrap();
    write(&cache.join("go-on"), "");
    assert!(fetching.join().unwrap().unwrap_err().to_string().ends_with("over"));
    assert!(held);
    until("it is free again", || !is_held(&cache.join("m2.lock")).unwrap());
}

#[test]
fn an_archive_address_that_is_none_is_an_error() {
    assert!(matches!(Bench::new("not a url").fetch(), Err(DistError::BadArchiveUrl { .. })));
}

#[test]
fn an_old_distribution_of_the_users_gets_jaxb_only_on_a_java_that_lacks_it() {
    let mut bench = Bench::new(NOWHERE);
    let home = bench.dir.path().join("kafka");
    write(&home.join("libs/kafka_2.12-0.10.2.2.jar"), "x");
    let spec = KafkaSpec { version: None, home: Some(home.clone()) };
    let fetch = |bench: &Bench| {
        let located = locate_kafka(&spec, &bench.cache(), &bench.env).unwrap();
        fetch_kafka(&located, &bench.java, &bench.cache(), &bench.env, &bench.progress)
    };
    assert!(matches!(fetch(&bench), Err(DistError::NoJaxb { .. })));
    bench.java.major = 8;
    assert_eq!(fetch(&bench).unwrap(), KafkaSource::Spec);
    assert_eq!(fs::read_dir(home.join("libs")).unwrap().count(), 1);
}
