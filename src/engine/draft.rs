//! The spec that a command is about, with the text that is stored in the cluster's folder.

use std::fs;

use crate::dist::{HostEnv, locate_kafka};
use crate::engine::source::{Chosen, Mistakes, Source};
use crate::error::{ExitCode, Failure};
use crate::host;
use crate::paths::{ClusterDir, Folders};
use crate::spec::{self, Spec, SpecErrors};

/// A spec that has been checked, with the text that it was read from.
pub(super) struct Draft {
    pub spec: Spec,
    pub text: String,
}

impl Draft {
    pub(super) fn read(source: &Source) -> Result<Self, Mistakes> {
        match source {
            Source::Default => Ok(Draft { spec: spec::default_spec(), text: spec::DEFAULT_YAML.to_owned() }),
            Source::File(file) => {
                Draft::parse(spec::read(file).map_err(Mistakes::from)?, &file.to_string_lossy())
            }
            Source::Text { text, name } => Draft::parse(text.clone(), name),
            Source::Ephemeral(source) => {
                let mut draft = match source {
                    Some(source) => Draft::read(source)?,
                    None => Draft::parse(spec::SMALLEST_YAML.to_owned(), "run.yaml")?,
                };
                let given = draft.spec.clone();
                draft.spec.free_ports();
                if draft.spec != given {
                    // What is planned of it later, also once it is kept, takes none of them either.
                    draft.text = written(
                        &draft.spec,
                        "without the ports that the spec fixed: what it said beside them",
                    )?;
                }
                Ok(draft)
            }
            Source::Stored(dir) => Draft::stored(dir),
        }
    }

    fn parse(text: String, name: &str) -> Result<Self, Mistakes> {
        let spec = spec::parse(&text, name).map_err(Mistakes::from)?;
        Ok(Draft { spec, text })
    }

    /// The spec in the folder of a cluster.
    pub(super) fn stored(dir: &ClusterDir) -> Result<Self, Mistakes> {
        let path = dir.spec();
        let text =
            fs::read_to_string(&path).map_err(|error| Mistakes::from(Failure::io("read", &path, &error)))?;
        // The file is called spec.yaml; the cluster is called like its folder.
        let name = dir.path().with_extension("yaml");
        let mut spec = spec::parse(&text, &name.to_string_lossy()).map_err(Mistakes::from)?;
        if let Some(name) = dir.path().file_name() {
            spec.name = name.to_string_lossy().into_owned();
        }
        Ok(Draft { spec, text })
    }

    /// Refuses listeners that bind addresses of other machines.
    fn on_this_machine(&self, source: &Source) -> Result<(), Mistakes> {
        for (name, listener) in &self.spec.listeners {
            if !host::ports::is_own_address(listener.bind) {
                let what = format!("{} is no address of this machine", listener.bind);
                let help = "take one that it has (`ip address`), or `0.0.0.0` for all of them".to_owned();
                let path = ["listeners", name, "bind"];
                return Err(spec::mistake_at(&self.text, &source.name(), &path, what, help).into());
            }
        }
        Ok(())
    }

    /// Read, and held against the Kafka that its `kafka.home` names, and the addresses of this machine.
    pub(super) fn validated(source: &Source, folders: &Folders) -> Result<Self, Mistakes> {
        let draft = Draft::read(source)?;
        draft.on_this_machine(source)?;
        if draft.spec.kafka.home.is_some()
            && let Err(error) = locate_kafka(&draft.spec.kafka, &folders.cache, &HostEnv::from_env())
        {
            let (message, help) = (error.to_string(), error.hint());
            return Err(
                spec::mistake_at(&draft.text, &source.name(), &["kafka", "home"], message, help).into()
            );
        }
        Ok(draft)
    }

    pub(super) fn of(folders: &Folders, Chosen { source, name, profile }: &Chosen) -> Result<Self, Failure> {
        let mut draft = Draft::read(source)?;
        draft.on_this_machine(source)?;
        // Who names no spec means the cluster as it is, which may have other brokers by now.
        let present = folders.cluster(&draft.spec.name);
        if *source == Source::Default && name.is_none() && present.plan().exists() && present.spec().exists()
        {
            draft = Draft::stored(&present)?;
        }
        if let Some(name) = name {
            name.clone_into(&mut draft.spec.name);
        }
        if let Some(profile) = profile.filter(|profile| *profile != draft.spec.profile) {
            draft.spec.profile = profile;
            draft.text = written(
                &draft.spec,
                "with the profile that `--profile` named: what the spec said beside it",
            )?;
        }
        Ok(draft)
    }
}

impl From<SpecErrors> for Mistakes {
    fn from(errors: SpecErrors) -> Self {
        let json = serde_json::to_value(&errors).unwrap_or_default();
        Mistakes { json, failure: errors.into() }
    }
}

impl From<Failure> for Mistakes {
    fn from(failure: Failure) -> Self {
        Mistakes { json: serde_json::json!({ "message": failure.message }), failure }
    }
}

/// A spec as it is stored when it is no longer the one of its file. Nothing is stored that could not be read
/// again.
pub(super) fn written(spec: &Spec, why: &str) -> Result<String, Failure> {
    let text = format!("# Written {why}.\n{}", spec::write(spec));
    match spec::parse(&text, "spec.yaml") {
        Ok(_) => Ok(text),
        Err(errors) => Err(Failure::new(
            ExitCode::BadInput,
            format!("the spec does not hold any more:\n{}", errors.render(false)),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::model::Profile;

    #[test]
    fn without_a_spec_the_default_cluster_comes_up_with_the_brokers_that_it_has() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders { home: home.path().to_owned(), cache: home.path().join("cache") };
        let chosen = |name: Option<&str>| Chosen {
            source: Source::Default,
            name: name.map(str::to_owned),
            profile: None,
        };
        let brokers = || Draft::of(&folders, &chosen(None)).unwrap().spec.brokers.count;
        assert_eq!(brokers(), 3);
        let dir = folders.cluster("default");
        fs::create_dir(dir.path()).unwrap();
        fs::write(dir.spec(), "brokers: 5\n").unwrap();
        assert_eq!(brokers(), 3, "a folder without a plan is no cluster");
        fs::write(dir.plan(), "{}").unwrap();
        assert_eq!(brokers(), 5);
        let other = Draft::of(&folders, &chosen(Some("other"))).unwrap().spec;
        assert_eq!((other.name.as_str(), other.brokers.count), ("other", 3));
    }

    #[test]
    fn a_kafka_home_that_is_none_or_too_old_is_a_mistake_at_its_line() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders { home: home.path().to_owned(), cache: home.path().join("cache") };
        let libs = home.path().join("kafka/libs");
        let text = "name: old\nkafka: { home: kafka }\n";
        let name = home.path().join("old.yaml").display().to_string();
        let source = Source::Text { text: text.to_owned(), name };
        let mistake = || {
            let json = Draft::validated(&source, &folders).err().map(|mistakes| mistakes.json)?;
            Some(json["mistakes"][0].clone())
        };
        let says = |words: &str| {
            let mistake = mistake().unwrap();
            assert_eq!((&mistake["line"], &mistake["text"]), (&2.into(), &"kafka".into()), "{mistake}");
            assert!(mistake["message"].as_str().unwrap().contains(words), "{mistake}");
        };
        says("is not a kafka distribution");
        fs::create_dir_all(&libs).unwrap();
        fs::write(libs.join("kafka_2.11-0.9.0.1.jar"), "").unwrap();
        says("kafka 0.9.0.1 (kafka.home in the spec) is not supported");
        fs::rename(libs.join("kafka_2.11-0.9.0.1.jar"), libs.join("kafka_2.13-3.9.2.jar")).unwrap();
        assert_eq!(mistake(), None);
    }

    #[test]
    fn an_ephemeral_cluster_is_stored_without_the_ports_that_its_spec_fixes() {
        let stored = |text: &str| {
            let given = Source::Text { text: text.to_owned(), name: "x.yaml".to_owned() };
            Draft::read(&Source::Ephemeral(Some(Box::new(given)))).ok().map(|draft| draft.text).unwrap()
        };
        let text = "# Mine.\nname: x\nbrokers: 1\n";
        assert_eq!(stored(text), text, "it fixes none");
        let written = stored(&format!("{text}port_base: 30000\n"));
        assert!(
            written.starts_with("# Written without the ports") && !written.contains("30000"),
            "{written}"
        );
    }

    #[test]
    fn a_profile_of_the_command_line_is_stored_with_the_spec() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders { home: home.path().to_owned(), cache: home.path().join("cache") };
        let drafted =
            |profile| Draft::of(&folders, &Chosen { source: Source::Default, name: None, profile }).unwrap();
        let durable = drafted(Some(Profile::Durable));
        assert_eq!(spec::parse(&durable.text, "default.yaml").unwrap(), durable.spec);
        assert_eq!(durable.spec.profile, Profile::Durable);
        assert_eq!(drafted(Some(Profile::Fast)).text, spec::DEFAULT_YAML, "it is the spec's own");
    }
}
