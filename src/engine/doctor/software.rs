//! Java and Kafka.

use super::diagnosis::Diagnosis;
use crate::dist::{HostEnv, check_cache, check_java, find_java, locate_kafka};
use crate::engine::doctor::{Finding, State};
use crate::error::Failure;
use crate::paths::Folders;
use crate::plan::model::JavaPlan;
use crate::spec::Spec;
use crate::spec::model::KafkaSpec;

pub(super) fn examine(spec: &Spec, folders: &Folders) -> Vec<Diagnosis> {
    let env = HostEnv::from_env();
    let (java, finding) = match find_java(spec.java.as_deref(), &env) {
        Ok(java) => {
            let found = format!("{}, {} ({})", java.version, java.program.display(), java.source);
            (Some(java), Finding::good("java", found))
        }
        Err(error) => (None, refused("java", error)),
    };
    let mut found = vec![finding];
    found.push(kafka(&spec.kafka, java.as_ref(), folders, &env));
    let mut named: Vec<&str> = spec.versions().collect();
    named.sort_unstable();
    named.dedup();
    for version in named.into_iter().filter(|version| spec.kafka.version.as_deref() != Some(*version)) {
        let other = KafkaSpec { version: Some(version.to_owned()), home: None };
        found.push(kafka(&other, java.as_ref(), folders, &env));
    }
    found.into_iter().map(Diagnosis::from).collect()
}

fn kafka(spec: &KafkaSpec, java: Option<&JavaPlan>, folders: &Folders, env: &HostEnv) -> Finding {
    let located = match check_cache(&folders.cache).and_then(|()| locate_kafka(spec, &folders.cache, env)) {
        Ok(located) => located,
        Err(error) => return refused("kafka", error),
    };
    let version = &located.plan.version;
    if let Some(Err(error)) = java.map(|java| check_java(version, java)) {
        return refused("java", error);
    }
    if located.present {
        let found = format!("{version} in {} ({})", located.plan.home.display(), located.plan.source);
        return Finding::good("kafka", found);
    }
    match env.program("mvn") {
        Some(_) => Finding::good("kafka", format!("{version} is not here yet; `up` fetches it")),
        None => Finding::bad(
            "kafka",
            State::Warning,
            format!(
                "{version} is not here, and there is no mvn to fetch it with if the Apache archive has it not"
            ),
            "install Maven, or set KAFKA_HOME or `kafka.home` to an unpacked Kafka",
        ),
    }
}

fn refused(what: &'static str, error: impl Into<Failure>) -> Finding {
    let failure: Failure = error.into();
    Finding::bad(what, State::Problem, failure.message, failure.hint.unwrap_or_default())
}
