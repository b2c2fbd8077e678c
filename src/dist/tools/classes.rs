//! Whether a class path has what a tool needs, found out without starting a JVM.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use zip::ZipArchive;

use crate::dist::class_data::jars;

/// The first of these classes that no jar of the class path has, as `a.b.C`.
///
/// Kafka's own jars are looked into first: one of them has nearly every class that a tool begins with.
pub(super) fn missing<'a>(classpath: &[String], classes: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut left: Vec<(&str, String)> =
        classes.map(|class| (class, format!("{}.class", class.replace('.', "/")))).collect();
    let mut paths: Vec<_> = classpath.iter().flat_map(|entry| jars(entry)).collect();
    paths.sort_by_key(|path| !is_kafkas(path));
    for path in paths {
        if left.is_empty() {
            break;
        }
        // What is no jar is passed over, as a JVM does.
        let Ok(file) = File::open(path) else { continue };
        let Ok(jar) = ZipArchive::new(BufReader::new(file)) else { continue };
        left.retain(|(_, entry)| jar.index_for_name(entry).is_none());
    }
    left.first().map(|(class, _)| *class)
}

fn is_kafkas(jar: &Path) -> bool {
    jar.file_name().is_some_and(|name| name.to_string_lossy().starts_with("kafka"))
}

/// The jar of Kafka `version` that has this class in a whole distribution; `None` for one that is in the broker's
/// jar or that is not Kafka's.
pub(super) fn jar_of(class: &str, version: &str) -> Option<String> {
    const JARS: &[(&str, &str)] = &[
        ("org.apache.kafka.tools.", "kafka-tools"),
        ("org.apache.kafka.shell.", "kafka-shell"),
        ("org.apache.kafka.connect.mirror.", "connect-mirror"),
        ("org.apache.kafka.connect.", "connect-runtime"),
    ];
    let (_, jar) = JARS.iter().find(|(package, _)| class.starts_with(package))?;
    Some(format!("{jar}-{version}.jar"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::testing::{write, write_jar};

    #[test]
    fn a_class_is_found_in_any_jar_of_the_class_path_and_the_first_that_is_in_none_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let libs = dir.path().join("libs");
        write(&libs.join("kafka-broken-1.jar"), "no jar");
        write_jar(&libs.join("kafka-tools-1.jar"), &["x.A"]);
        write_jar(&libs.join("argparse4j.jar"), &["y.B"]);
        write_jar(&dir.path().join("more.jar"), &["z.C"]);
        let classpath = [libs.join("*"), dir.path().join("more.jar")].map(|path| path.display().to_string());
        let missing = |classes: &[&'static str]| missing(&classpath, classes.iter().copied());
        assert_eq!(missing(&["x.A", "y.B", "z.C"]), None);
        assert_eq!(missing(&["x.A", "x.B", "y.B", "C"]), Some("x.B"));
        assert_eq!(missing(&["z.D"]), Some("z.D"));
    }

    #[test]
    fn the_jar_of_a_class_is_known_by_its_package() {
        let jar = |class| jar_of(class, "4.4.0");
        assert_eq!(jar("org.apache.kafka.tools.TopicCommand").unwrap(), "kafka-tools-4.4.0.jar");
        assert_eq!(jar("org.apache.kafka.connect.mirror.MirrorMaker").unwrap(), "connect-mirror-4.4.0.jar");
        assert_eq!(
            jar("org.apache.kafka.connect.cli.ConnectStandalone").unwrap(),
            "connect-runtime-4.4.0.jar"
        );
        assert_eq!(jar("net.sourceforge.argparse4j.ArgumentParsers"), None);
    }
}
