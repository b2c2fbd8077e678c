//! The command line and the environment of a node's Java process.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;

use crate::model::ids::{NodeName, Role};
use crate::plan::facts::Facts;
use crate::plan::keys::KeyFolder;
use crate::plan::layout::{self, NodeDir};
use crate::plan::model::{JavaPlan, KafkaPlan};
use crate::plan::version::at_least;
use crate::spec::model::{Profile, Spec};

/// Maximum and starting heap of a role without `heap` in the spec, in MiB.
fn default_heap(profile: Profile, role: Role) -> (u32, u32) {
    match (profile, role) {
        // kafka-server-start.sh and zookeeper-server-start.sh.
        (Profile::Stock, Role::Broker | Role::Controller) => (1024, 1024),
        (Profile::Stock, Role::ZooKeeper) => (512, 512),
        (Profile::Fast | Profile::Durable, Role::Broker) => (256, 64),
        (Profile::Fast | Profile::Durable, Role::Controller) => (128, 32),
        (Profile::Fast | Profile::Durable, Role::ZooKeeper) => (64, 16),
    }
}

/// A node's maximum and starting heap, in MiB: its own, else its role's, else the profile's.
pub(super) fn heap(spec: &Spec, node: NodeName) -> (u32, u32) {
    let (max, start) = default_heap(spec.profile, node.role);
    let wanted = layout::overrides(spec, node)
        .and_then(|own| own.heap_mib)
        .or(spec.group(node.role).settings.heap_mib);
    let max = wanted.unwrap_or(max);
    (max, start.min(max))
}

/// What the JVM does, by profile.
fn tuning(profile: Profile) -> &'static [&'static str] {
    match profile {
        // kafka-run-class.sh's KAFKA_JVM_PERFORMANCE_OPTS.
        Profile::Stock => &[
            "-server",
            "-XX:+UseG1GC",
            "-XX:MaxGCPauseMillis=20",
            "-XX:InitiatingHeapOccupancyPercent=35",
            "-XX:+ExplicitGCInvokesConcurrent",
            "-XX:MaxInlineLevel=15",
            "-Djava.awt.headless=true",
        ],
        // Half the start's CPU time of the flags above, and less than half the memory.
        Profile::Fast | Profile::Durable => &[
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xshare:auto",
            "-Djava.awt.headless=true",
            "-Djava.net.preferIPv4Stack=true",
        ],
    }
}

/// The spec's flags for a node: its role's, then its own; of two that contradict the last holds.
fn own_flags(spec: &Spec, node: NodeName) -> Vec<String> {
    let group = spec.group(node.role).settings.jvm_flags.iter();
    group.chain(layout::overrides(spec, node).into_iter().flat_map(|own| &own.jvm_flags)).cloned().collect()
}

/// A flag of Java's own AOT cache: a JVM that is given one and `-Xshare` or an archive beside it exits.
fn is_aot(flag: &str) -> bool {
    flag.strip_prefix("-XX:AOT")
        .is_some_and(|rest| ["Cache", "Configuration", "Mode"].iter().any(|of| rest.starts_with(of)))
}

/// The Javas that map an archive in place, so that the nodes share its memory, when they are told to; elsewhere in
/// memory, where each has a copy, when that address is taken. The flag is a diagnostic one: a Java that has not got it
/// would not start, so it is for those that were tried. What an archive must not hold then: `dist::unlinked`.
const IN_PLACE: RangeInclusive<u32> = 17..=25;

/// A flag that chooses the garbage collector, of which a JVM refuses to be given two.
fn is_collector(flag: &str) -> bool {
    flag.strip_prefix("-XX:+Use").is_some_and(|rest| rest.ends_with("GC"))
}

fn main_class(role: Role) -> &'static str {
    match role {
        Role::ZooKeeper => "org.apache.zookeeper.server.quorum.QuorumPeerMain",
        Role::Controller | Role::Broker => "kafka.Kafka",
    }
}

/// The whole command line of a node.
pub(super) fn argv(
    spec: &Spec,
    java: &JavaPlan,
    (kafka, class_data): (&KafkaPlan, Option<&Path>),
    node: NodeName,
    dir: &NodeDir,
) -> Vec<String> {
    let (max, start) = heap(spec, node);
    let mut argv = vec![java.program.display().to_string()];
    argv.extend([format!("-Xms{start}m"), format!("-Xmx{max}m")]);
    let flags = own_flags(spec, node);
    let own_cache = flags.iter().any(|own| is_aot(own));
    let chosen = tuning(spec.profile)
        .iter()
        .filter(|flag| !is_collector(flag) || !flags.iter().any(|own| is_collector(own)))
        .filter(|flag| !flag.starts_with("-Xshare") || !own_cache);
    argv.extend(chosen.map(ToString::to_string));
    let archive = class_data.filter(|_| !own_cache);
    if let (Profile::Fast | Profile::Durable, Some(archive)) = (spec.profile, archive) {
        argv.push(format!("-XX:SharedArchiveFile={}", archive.display()));
        if IN_PLACE.contains(&java.major) && !flags.iter().any(|own| own.starts_with("-XX:SharedArchiveFile"))
        {
            argv.extend(["-XX:+UnlockDiagnosticVMOptions", "-XX:ArchiveRelocationMode=0"].map(str::to_owned));
        }
    }
    argv.extend([
        "-XX:+ExitOnOutOfMemoryError".to_owned(),
        // The JVM would write its counters below /tmp/hsperfdata_<user>.
        "-XX:-UsePerfData".to_owned(),
        format!("-XX:ErrorFile={}/hs_err_%p.log", percent_doubled(&dir.logs())),
        format!("-Djava.io.tmpdir={}", dir.tmp().display()),
        format!("-Dkafka.logs.dir={}", dir.logs().display()),
        logging_flag(&kafka.version, &dir.logging(&kafka.version)),
    ]);
    argv.extend(jaas(spec, node, dir));
    argv.extend(flags);
    argv.extend([
        "-cp".to_owned(),
        kafka.classpath.join(":"),
        main_class(node.role).to_owned(),
        dir.main_config(node.role).display().to_string(),
    ]);
    argv
}

/// Where a broker is told what it knows of passwords: in a file of its own, since its settings are printed.
fn jaas(spec: &Spec, node: NodeName, dir: &NodeDir) -> Option<String> {
    spec.security.as_ref()?.clients.mechanism().filter(|_| node.role == Role::Broker)?;
    let file = KeyFolder::of_cluster(dir.0.parent()?).jaas();
    Some(format!("-Djava.security.auth.login.config={}", file.display()))
}

/// The flag that names the file by which this version of Kafka logs.
pub fn logging_flag(kafka_version: &str, file: &Path) -> String {
    let property =
        if at_least(kafka_version, &[4]) { "log4j2.configurationFile" } else { "log4j.configuration" };
    format!("-D{property}={}", file_url(file))
}

/// The whole environment of a node: nothing of the user's own is inherited, so that a cluster does
/// the same whoever starts it (no KAFKA_OPTS, JAVA_TOOL_OPTIONS, CLASSPATH).
pub(super) fn env(spec: &Spec, facts: &Facts, node: NodeName, dir: &NodeDir) -> BTreeMap<String, String> {
    let mut env = BTreeMap::from(
        [
            ("HOME", dir.0.display().to_string()),
            // Java reads paths on its command line in the locale's encoding.
            ("LANG", "C.UTF-8".to_owned()),
            ("LC_ALL", "C.UTF-8".to_owned()),
            ("PATH", "/usr/bin:/bin".to_owned()),
        ]
        .map(|(key, value)| (key.to_owned(), value)),
    );
    env.extend(facts.timezone.iter().map(|zone| ("TZ".to_owned(), zone.clone())));
    env.extend(spec.group(node.role).settings.env.clone());
    env.extend(layout::overrides(spec, node).into_iter().flat_map(|own| own.env.clone()));
    env
}

/// HotSpot replaces `%p` of ErrorFile by the pid, and `%%` by `%`.
fn percent_doubled(path: &Path) -> String {
    path.display().to_string().replace('%', "%%")
}

/// `file:` URL of an absolute path (RFC 8089): bytes outside the unreserved set are percent-encoded.
pub(super) fn file_url(path: &Path) -> String {
    let mut url = "file:".to_owned();
    for byte in path.display().to_string().bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixture;

    fn argv_of(spec: &Spec) -> Vec<String> {
        let dir = NodeDir::new(Path::new("/state/velib"), NodeName::broker(0));
        let facts = fixture::facts(spec);
        argv(spec, &facts.java, facts.of(None).unwrap(), NodeName::broker(0), &dir)
    }

    #[test]
    fn a_garbage_collector_of_the_spec_takes_the_place_of_ours() {
        let mut spec = fixture::spec(1, 1);
        assert!(argv_of(&spec).contains(&"-XX:+UseSerialGC".to_owned()));
        spec.brokers.settings.jvm_flags = vec!["-XX:+UseG1GC".into(), "-XX:+UseStringDeduplication".into()];
        let argv = argv_of(&spec);
        let collectors: Vec<_> = argv.iter().filter(|flag| is_collector(flag)).collect();
        assert_eq!(collectors, ["-XX:+UseG1GC"]);
        spec.brokers.settings.jvm_flags = vec!["-XX:+UseStringDeduplication".into()];
        assert!(argv_of(&spec).contains(&"-XX:+UseSerialGC".to_owned()));
    }

    #[test]
    fn nodes_map_the_class_data_archive_unless_they_run_as_stock() {
        let archive = "-XX:SharedArchiveFile=/cache/class-data/a.jsa".to_owned();
        let mut spec = fixture::spec(1, 1);
        assert!(argv_of(&spec).contains(&archive));
        spec.profile = Profile::Stock;
        assert!(!argv_of(&spec).contains(&archive));
    }

    #[test]
    fn nodes_share_the_memory_of_our_archive_and_of_no_other() {
        let in_place = "-XX:ArchiveRelocationMode=0".to_owned();
        let mut spec = fixture::spec(1, 1);
        let on_java = |spec: &Spec, major: u32| {
            let facts = fixture::facts(spec);
            let java = JavaPlan { major, ..facts.java.clone() };
            argv(spec, &java, facts.of(None).unwrap(), NodeName::broker(0), &NodeDir("/n".into()))
        };
        let unlocks = |argv: &[String]| argv.contains(&"-XX:+UnlockDiagnosticVMOptions".to_owned());
        for major in [17, 21, 25] {
            let argv = on_java(&spec, major);
            assert!(argv.contains(&in_place) && unlocks(&argv), "{major}");
        }
        assert!(!on_java(&spec, 26).contains(&in_place), "it may not know the flag");
        spec.brokers.settings.jvm_flags = vec!["-XX:SharedArchiveFile=/my.jsa".into()];
        assert!(!on_java(&spec, 17).contains(&in_place), "it may have classes that are written into");
    }

    #[test]
    fn an_aot_cache_of_the_spec_takes_the_place_of_the_archive() {
        let mut spec = fixture::spec(1, 1);
        for own in ["-XX:AOTCache=/my.aot", "-XX:AOTCacheOutput=/my.aot", "-XX:AOTMode=off"] {
            spec.brokers.settings.jvm_flags = vec![own.into()];
            let shared =
                |flag: &String| flag.starts_with("-Xshare") || flag.starts_with("-XX:SharedArchiveFile");
            assert!(!argv_of(&spec).iter().any(shared), "{own}");
        }
        spec.brokers.settings.jvm_flags = vec!["-XX:+AOTClassLinking".into()];
        assert!(argv_of(&spec).contains(&"-Xshare:auto".to_owned()));
    }

    #[test]
    fn a_file_url_has_no_spaces_or_letters_outside_ascii() {
        assert_eq!(file_url(Path::new("/a b/é#?%")), "file:/a%20b/%C3%A9%23%3F%25");
    }

    #[test]
    fn a_percent_sign_in_the_folder_is_no_placeholder_of_the_jvm() {
        assert_eq!(percent_doubled(Path::new("/100%p")), "/100%%p");
    }
}
