//! What the machine has for a spec: Java, and each Kafka that its nodes run.

use crate::dist::{
    DistError, FetchProgress, HostEnv, Located, check_cache, check_java, class_data, fetch_kafka, find_java,
    locate_kafka, make_class_data,
};
use crate::error::Failure;
use crate::paths::Folders;
use crate::plan::model::{Distribution, JavaPlan};
use crate::plan::source::KafkaSource;
use crate::spec::Spec;
use crate::spec::model::{KafkaSpec, Profile};

/// What was found, without fetching or writing anything.
pub(super) struct Host {
    pub java: JavaPlan,
    pub kafka: Located,
    /// Of the versions that nodes name for themselves.
    others: Vec<Located>,
    env: HostEnv,
    /// The profile takes class-data archives.
    is_sped_up: bool,
}

impl Host {
    pub(super) fn look(spec: &Spec, folders: &Folders) -> Result<Self, Failure> {
        let env = HostEnv::from_env();
        check_cache(&folders.cache)?;
        let java = find_java(spec.java.as_deref(), &env)?;
        let kafka = locate_kafka(&spec.kafka, &folders.cache, &env)?;
        let mut others: Vec<Located> = Vec::new();
        for version in spec.versions() {
            if [&kafka].into_iter().chain(&others).all(|known| known.plan.version != version) {
                let other = KafkaSpec { version: Some(version.to_owned()), home: None };
                others.push(locate_kafka(&other, &folders.cache, &env)?);
            }
        }
        let host = Host { java, kafka, others, env, is_sped_up: spec.profile != Profile::Stock };
        for located in host.all() {
            check_java(&located.plan.version, &host.java)?;
        }
        Ok(host)
    }

    /// Each Kafka, as nodes would run it now.
    pub(super) fn distributions(&self, folders: &Folders) -> Distributions {
        let distribution = |located: &Located| {
            let archive = class_data(&located.plan, &self.java, &folders.cache);
            Distribution { kafka: located.plan.clone(), class_data: archive.filter(|_| self.is_sped_up) }
        };
        Distributions {
            java: self.java.clone(),
            kafka: distribution(&self.kafka),
            others: self.others.iter().map(distribution).collect(),
        }
    }

    /// The cluster's first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Located> {
        [&self.kafka].into_iter().chain(&self.others)
    }

    /// Brings one of [`all`](Self::all) into the cache when it is missing; where it comes from.
    pub(super) fn fetch(
        &self,
        kafka: &Located,
        folders: &Folders,
        progress: &dyn FetchProgress,
    ) -> Result<KafkaSource, DistError> {
        fetch_kafka(kafka, &self.java, &folders.cache, &self.env, progress)
    }
}

/// What nodes run.
pub(super) struct Distributions {
    pub java: JavaPlan,
    pub kafka: Distribution,
    /// Of the versions that nodes name for themselves.
    pub others: Vec<Distribution>,
}

impl Distributions {
    /// The cluster's first.
    pub(super) fn all(&mut self) -> impl Iterator<Item = &mut Distribution> {
        [&mut self.kafka].into_iter().chain(&mut self.others)
    }

    /// Makes the class-data archives; when one cannot be made nodes do without, and a warning says why.
    pub(super) fn speed_up(&mut self, progress: &dyn FetchProgress) -> Vec<String> {
        let (java, mut warnings) = (self.java.clone(), Vec::new());
        for distribution in self.all() {
            let Some(archive) = distribution.class_data.clone() else { continue };
            if let Err(error) = make_class_data(&archive, &distribution.kafka, &java, progress) {
                distribution.class_data = None;
                warnings.push(error.to_string());
            }
        }
        warnings
    }
}
