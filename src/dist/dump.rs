//! Having a JVM write a class-data archive.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::class_data::jars;
use super::error::DistError;
use super::unlinked::Jars;
use crate::plan::model::{JavaPlan, KafkaPlan};

/// From here on an archive holds classes that are linked already, with what their code refers to (JEP 483).
const FIRST_LINKED: u32 = 24;

/// How often a dump may have to be made anew without the classes that brought others with them. Of Kafka
/// 0.10.2, where ZooKeeper's exceptions are old, it is three times.
const DUMPS: usize = 8;

/// What nodes of a Kafka load, as `-XX:DumpLoadedClassList` of Java 17 and 25 writes it: brokers,
/// ZooKeeper servers and controllers, what each had loaded between its start and its stop. Each list serves
/// the versions that are like the one of its name; classes that a version or a Java has not got are passed over.
pub(super) fn class_list(version: &str) -> Option<&'static str> {
    let (major, _) = version.split_once('.')?;
    match major {
        "0" | "1" => Some(include_str!("classes/0.10.2.lst")),
        "2" | "3" => Some(include_str!("classes/3.9.lst")),
        "4" => Some(include_str!("classes/4.lst")),
        _ => None,
    }
}

/// The list for one Java.
fn lines_for(list: &str, java: u32) -> String {
    // Entries of constant pools, an error in the lists of an older Java.
    let fits = |line: &&str| java >= FIRST_LINKED || !line.starts_with("@cp ");
    list.lines().filter(fits).flat_map(|line| [line, "\n"]).collect()
}

/// The archive in `work`, of linked classes only, so that it can be mapped in place (`unlinked`). Its JVM holds the
/// lock, too: it may outlive this process by some seconds.
pub(super) fn dump(
    work: &Path,
    kafka: &KafkaPlan,
    java: &JavaPlan,
    lock: &File,
) -> Result<PathBuf, DistError> {
    let mut classes = Jars::open(kafka.classpath.iter().flat_map(|entry| jars(entry)));
    let listed = class_list(&kafka.version).unwrap_or_default();
    let mut lines = classes.linked_lines(&lines_for(listed, java.major));
    for _ in 0..DUMPS {
        let lock = lock.try_clone().map_err(DistError::io("lock", work))?;
        let archive = run(work, &lines, kafka, java, lock)?;
        let log = work.join("loaded.log");
        let loaded = fs::read_to_string(&log).map_err(DistError::io("read", &log))?;
        let leave = classes.bringing(&loaded, &lines).map_err(|class| unfit(&class))?;
        if leave.is_empty() {
            return Ok(archive);
        }
        lines.retain(|line| !leave.contains(line));
    }
    Err(DistError::NoClassData { why: format!("its classes bring old ones with them after {DUMPS} tries") })
}

fn unfit(class: &str) -> DistError {
    DistError::NoClassData { why: format!("java loads {class} unasked, a class of Java 5 or older") }
}

fn run(
    work: &Path,
    lines: &[String],
    kafka: &KafkaPlan,
    java: &JavaPlan,
    lock: File,
) -> Result<PathBuf, DistError> {
    let (list, archive) = (work.join("classes.lst"), work.join("classes.jsa"));
    let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
    fs::write(&list, text).map_err(DistError::io("write", &list))?;
    let option = |name: &str, value: &Path| format!("{name}={}", value.display());
    let output = Command::new(&java.program)
        .arg("-Xshare:dump")
        // Only this collector can archive objects, and every collector can read them (JDK-8234679).
        .args(["-XX:+UseG1GC", "-Xmx512m", "-XX:-UsePerfData", "-Xlog:disable", "-Xlog:all=error"])
        // In the current folder, whose name may have a colon.
        .arg("-Xlog:class+load=info:file=loaded.log:none")
        .args((java.major >= FIRST_LINKED).then_some("-XX:+AOTClassLinking"))
        .arg(option("-XX:SharedClassListFile", &list))
        .arg(option("-XX:SharedArchiveFile", &archive))
        .args(["-cp", &kafka.classpath.join(":")])
        .env_clear()
        // Java reads paths on its command line in the locale's encoding.
        .envs([("LC_ALL", "C.UTF-8"), ("PATH", "/usr/bin:/bin")])
        .current_dir(work)
        .stdin(Stdio::from(lock))
        .output()
        .map_err(DistError::io("run", &java.program))?;
    if output.status.success() && archive.is_file() {
        return Ok(archive);
    }
    let said = [output.stderr, output.stdout].concat();
    let said = String::from_utf8_lossy(&said);
    let said = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing");
    Err(DistError::NoClassData { why: format!("java ended with {}: {}", output.status, said.trim()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_name_classes_of_every_role_and_no_file_of_a_machine() {
        const ZOOKEEPER: &str = "org/apache/zookeeper/server/quorum/QuorumPeerMain";
        const KRAFT: &[&str] = &["kafka/server/ControllerServer", "kafka/server/BrokerServer"];
        for (version, others) in
            [("0.10.2.2", &[ZOOKEEPER][..]), ("3.9.2", &[ZOOKEEPER]), ("3.9.2", KRAFT), ("4.0.0", KRAFT)]
        {
            let list = class_list(version).unwrap();
            for class in [&["kafka/Kafka"], others].concat() {
                assert!(list.lines().any(|line| line.split(' ').next() == Some(class)), "{version}: {class}");
            }
            assert!(!list.contains("source:") && !list.contains("file:"), "{version}");
            assert!(!list.contains(" id: "), "{version}: ids of several recordings clash");
        }
    }

    #[test]
    fn an_older_java_is_not_given_what_its_lists_cannot_say() {
        let list = "kafka/Kafka\n@cp kafka/Kafka 1 2\n@lambda-proxy kafka/Kafka x\n";
        assert_eq!(lines_for(list, 25), list);
        assert_eq!(lines_for(list, 21), "kafka/Kafka\n@lambda-proxy kafka/Kafka x\n");
    }
}
