//! Where the Kafka distribution of a spec is, or will be once fetched. Only looks.

use std::fs;
use std::path::{Path, PathBuf};

use super::artifacts::{JAXB, needs_jaxb};
use super::cache;
use super::error::{DistError, PathOf, check_path};
use super::host::{HostEnv, absolute};
use crate::plan::model::KafkaPlan;
use crate::plan::source::KafkaSource;
use crate::spec::model::KafkaSpec;
use crate::spec::versions::{self, KafkaVersion};

/// A distribution, found or to be fetched.
#[derive(Clone, Debug, PartialEq)]
pub struct Located {
    pub plan: KafkaPlan,
    /// Scala version of its build, e.g. `2.13`.
    pub scala: String,
    /// False: [`super::fetch_kafka`] has something to bring before a node can start.
    pub present: bool,
}

/// `kafka.home` of the spec; else `KAFKA_HOME` when its version is the spec's; else the cache.
///
/// A `KAFKA_HOME` that is no distribution at all is an error, since somebody set it; one of another
/// version is passed over.
pub fn locate_kafka(kafka: &KafkaSpec, cache: &Path, env: &HostEnv) -> Result<Located, DistError> {
    if let Some(home) = &kafka.home {
        let origin = KafkaSource::Spec;
        let found = Distribution::named(home, origin)?;
        if let Some(wanted) = kafka.version.as_ref().filter(|wanted| **wanted != found.version) {
            let (wanted, found) = (wanted.clone(), found.version);
            return Err(DistError::AnotherVersion { wanted, found, home: home.clone() });
        }
        supported(&found.version, &origin.to_string())?;
        return Ok(found.located(origin, cache));
    }
    let wanted =
        supported(kafka.version.as_deref().unwrap_or(versions::DEFAULT), "kafka.version in the spec")?;
    if let Some(home) = &env.kafka_home {
        let found = Distribution::named(home, KafkaSource::KafkaHome)?;
        if found.version == wanted.version {
            return Ok(found.located(KafkaSource::KafkaHome, cache));
        }
    }
    let home = cache::home(cache, wanted.version);
    match Distribution::at(&home) {
        Ok(found) if found.version == wanted.version => Ok(found.located(KafkaSource::Cache, cache)),
        _ => Ok(Located {
            plan: KafkaPlan {
                version: wanted.version.to_owned(),
                classpath: vec![all_jars(&home)],
                home,
                source: KafkaSource::ToBeFetched,
            },
            scala: wanted.scala.to_owned(),
            present: false,
        }),
    }
}

/// The distribution's folder when it is a whole one, with Kafka's scripts; one of Maven's has jars only.
pub(crate) fn scripts_home(kafka: &KafkaPlan) -> Option<&Path> {
    kafka.home.join("bin/kafka-run-class.sh").is_file().then_some(kafka.home.as_path())
}

fn supported(version: &str, origin: &str) -> Result<&'static KafkaVersion, DistError> {
    versions::SUPPORTED
        .iter()
        .find(|known| known.version == version)
        .ok_or_else(|| DistError::UnsupportedKafka { version: version.to_owned(), origin: origin.to_owned() })
}

fn all_jars(home: &Path) -> String {
    home.join("libs/*").display().to_string()
}

/// An unpacked distribution, as its `libs/` tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Distribution {
    pub home: PathBuf,
    pub version: String,
    pub scala: String,
    pub has_jaxb: bool,
}

impl Distribution {
    /// Reads the names in `home/libs`; the error says why this is no distribution.
    pub(super) fn at(home: &Path) -> Result<Self, String> {
        let libs = home.join("libs");
        let entries = fs::read_dir(&libs).map_err(|error| format!("{}: {error}", libs.display()))?;
        let names: Vec<String> =
            entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
        let brokers: Vec<_> = names.iter().filter_map(|name| broker_jar(name)).collect();
        match *brokers.as_slice() {
            [(scala, version)] => Ok(Distribution {
                home: home.to_owned(),
                version: version.to_owned(),
                scala: scala.to_owned(),
                has_jaxb: names.iter().any(|name| name.starts_with("jaxb-api-") && name.ends_with(".jar")),
            }),
            [] => Err("libs has no kafka_<scala>-<version>.jar".to_owned()),
            _ => Err("libs has jars of several kafka versions".to_owned()),
        }
    }

    fn named(home: &Path, origin: KafkaSource) -> Result<Self, DistError> {
        let home = absolute(home);
        check_path(&home, PathOf::Kafka(origin))?;
        Self::at(&home).map_err(|why| DistError::NotADistribution { home, origin, why })
    }

    fn located(self, source: KafkaSource, cache: &Path) -> Located {
        let mut classpath = vec![all_jars(&self.home)];
        let mut present = true;
        if needs_jaxb(&self.version) && !self.has_jaxb {
            let jar = cache::jaxb_folder(cache).join(JAXB);
            present = jar.is_file();
            classpath.push(jar.display().to_string());
        }
        let plan = KafkaPlan { version: self.version, home: self.home, classpath, source };
        Located { plan, scala: self.scala, present }
    }
}

/// Scala and Kafka version of `kafka_2.13-3.9.2.jar`.
fn broker_jar(name: &str) -> Option<(&str, &str)> {
    let (scala, version) = name.strip_prefix("kafka_")?.strip_suffix(".jar")?.split_once('-')?;
    let is_scala = scala.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    (is_scala && is_runtime_jar(name)).then_some((scala, version))
}

/// False for what old distributions carry beside the jars that run: sources, tests, documentation.
/// The same rule as `should_include_file` of Kafka's bin/kafka-run-class.sh, and `-sources`.
pub(super) fn is_runtime_jar(name: &str) -> bool {
    name.strip_suffix(".jar").is_some_and(|stem| {
        !["-test", "-test-sources", "-sources", "-src", "-scaladoc", "-javadoc"]
            .iter()
            .any(|classifier| stem.ends_with(classifier))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::testing::write;

    fn spec(version: Option<&str>, home: Option<&Path>) -> KafkaSpec {
        KafkaSpec { version: version.map(str::to_owned), home: home.map(Path::to_owned) }
    }

    fn distribution(home: &Path, jar: &str) -> PathBuf {
        write(&home.join("libs").join(jar), "x");
        write(&home.join("libs/kafka-clients-1.jar"), "x");
        home.to_owned()
    }

    #[test]
    fn a_home_in_the_spec_says_which_version_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let home = distribution(&dir.path().join("k"), "kafka_2.12-3.9.1.jar");
        write(&home.join("libs/kafka_2.12-3.9.1-sources.jar"), "x");
        write(&home.join("libs/kafka_2.12-3.9.1.jar.asc"), "x");
        let env = HostEnv { kafka_home: Some("/nowhere".into()), ..HostEnv::default() };
        let located = locate_kafka(&spec(None, Some(&home)), dir.path(), &env).unwrap();
        assert_eq!((located.plan.version.as_str(), located.scala.as_str()), ("3.9.1", "2.12"));
        assert_eq!(located.plan.classpath, [format!("{}/libs/*", home.display())]);
        assert_eq!(located.plan.source, KafkaSource::Spec);
        assert!(located.present);
    }

    #[test]
    fn a_home_that_contradicts_the_spec_or_is_no_distribution_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let fails = |version: Option<&str>, home: &Path| {
            locate_kafka(&spec(version, Some(home)), dir.path(), &HostEnv::default()).unwrap_err()
        };
        let home = distribution(&dir.path().join("k"), "kafka_2.13-3.9.1.jar");
        assert!(matches!(fails(Some("3.9.2"), &home), DistError::AnotherVersion { .. }));
        let old = distribution(&dir.path().join("old"), "kafka_2.13-2.4.0.jar");
        assert!(fails(None, &old).hint().contains("name one of 0.10.2.2, 1.1.1, 2.8.2, "));
        let text = fails(None, &dir.path().join("none")).to_string();
        assert!(text.contains("(kafka.home in the spec) is not a kafka distribution"), "{text}");
        let two = distribution(&dir.path().join("two"), "kafka_2.13-3.9.1.jar");
        let two = distribution(&two, "kafka_2.13-3.9.2.jar");
        assert!(fails(None, &two).to_string().contains("several kafka versions"));
    }

    #[test]
    fn kafka_home_serves_only_its_own_version_and_a_broken_one_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let home = distribution(&dir.path().join("k"), "kafka_2.13-3.9.1.jar");
        let mut env = HostEnv { kafka_home: Some(home.clone()), ..HostEnv::default() };
        let of = |version: &str, env: &HostEnv| locate_kafka(&spec(Some(version), None), dir.path(), env);
        let located = of("3.9.1", &env).unwrap();
        assert_eq!((located.plan.home, located.plan.source), (home, KafkaSource::KafkaHome));
        assert_eq!(of("3.9.2", &env).unwrap().plan.source, KafkaSource::ToBeFetched);
        env.kafka_home = Some(dir.path().join("none"));
        assert!(matches!(
            of("3.9.2", &env),
            Err(DistError::NotADistribution { origin: KafkaSource::KafkaHome, .. })
        ));
    }

    #[test]
    fn a_home_that_no_class_path_can_have_is_refused_and_a_link_to_it_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let home = distribution(&dir.path().join("a:b"), "kafka_2.13-3.9.1.jar");
        let of = |home: &Path| locate_kafka(&spec(None, Some(home)), dir.path(), &HostEnv::default());
        let error = of(&home).unwrap_err();
        let said = "(kafka.home in the spec) cannot be used: it has a colon";
        assert!(error.to_string().contains(said) && error.hint().contains("symbolic link"), "{error}");
        let link = dir.path().join("it's 100% *é");
        std::os::unix::fs::symlink(&home, &link).unwrap();
        assert_eq!(of(&link).unwrap().plan.home, link);
        let env = HostEnv { kafka_home: Some(home), ..HostEnv::default() };
        let error = locate_kafka(&spec(Some("3.9.1"), None), dir.path(), &env).unwrap_err();
        assert!(error.to_string().contains("(KAFKA_HOME) cannot be used"), "{error}");
    }

    #[test]
    fn a_distribution_in_the_cache_is_present_and_a_half_one_is_not() {
        let cache = tempfile::tempdir().unwrap();
        let home = cache.path().join("kafka/3.9.2");
        let locate = || locate_kafka(&spec(None, None), cache.path(), &HostEnv::default()).unwrap();
        let before = locate();
        assert!(!before.present);
        fs::create_dir_all(home.join("libs")).unwrap();
        assert!(!locate().present);
        distribution(&home, "kafka_2.13-3.9.2.jar");
        let after = locate();
        assert!(after.present);
        assert_eq!(after.plan.source, KafkaSource::Cache);
        assert_eq!((after.plan.home, after.plan.classpath), (before.plan.home, before.plan.classpath));
    }

    #[test]
    fn an_old_distribution_without_jaxb_gets_it_from_the_cache() {
        let dir = tempfile::tempdir().unwrap();
        let home = distribution(&dir.path().join("k"), "kafka_2.12-0.10.2.2.jar");
        let locate = || locate_kafka(&spec(None, Some(&home)), dir.path(), &HostEnv::default()).unwrap();
        let jar = dir.path().join("jaxb").join(JAXB);
        assert_eq!(locate().plan.classpath[1..], [jar.display().to_string()]);
        assert!(!locate().present);
        write(&jar, "x");
        assert!(locate().present);
        write(&home.join("libs/jaxb-api-2.3.0.jar"), "x");
        assert_eq!(locate().plan.classpath.len(), 1);
    }

    #[test]
    fn an_unknown_version_is_refused_with_those_that_are_supported() {
        let error =
            locate_kafka(&spec(Some("2.7.2"), None), Path::new("/c"), &HostEnv::default()).unwrap_err();
        assert!(error.hint().contains("0.10.2.2, 1.1.1"), "{error}");
    }
}
