//! What a test says of folders and the cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::Fake;
use crate::dist::{FetchProgress, Holding};
use crate::engine::cache::{self, Cleared, Kept, Warmed};
use crate::engine::doctor::Finding;
use crate::engine::ephemeral::Ephemeral;
use crate::engine::membership::{Leaving, Retired, Scaled};
use crate::engine::ops::FolderOps;
use crate::engine::prepare;
use crate::engine::source::{Chosen, Mistakes, Preparation, Source};
use crate::error::{End, ExitCode, Failure};
use crate::paths::{ClusterDir, Folders};
use crate::plan::fixture;
use crate::plan::model::Plan;
use crate::spec::model::Spec;

#[derive(Default)]
pub(super) struct Script {
    cached: Vec<Holding>,
    found: Vec<Finding>,
    prepared: Vec<(Chosen, Preparation)>,
    replaced_by: Vec<String>,
    scaled: Option<Result<Scaled, Failure>>,
    retires: Option<Result<Retired, Failure>>,
    retired: Option<Leaving>,
}

impl Fake {
    pub(crate) fn found(&self, findings: Vec<Finding>) {
        self.folders.borrow_mut().found = findings;
    }

    pub(crate) fn cached(&self, holdings: Vec<Holding>) {
        self.folders.borrow_mut().cached = holdings;
    }

    pub(crate) fn scaled(&self, scaled: Result<Scaled, Failure>) {
        self.folders.borrow_mut().scaled = Some(scaled);
    }

    pub(crate) fn retires(&self, retired: Result<Retired, Failure>) {
        self.folders.borrow_mut().retires = Some(retired);
    }

    /// The broker that was asked to leave, once it could.
    pub(crate) fn retired(&self) -> Option<Leaving> {
        self.folders.borrow().retired.clone()
    }

    /// Source and name of each `prepare`.
    pub(crate) fn prepared(&self) -> Vec<(Source, Option<String>)> {
        let script = self.folders.borrow();
        script.prepared.iter().map(|(chosen, _)| (chosen.source.clone(), chosen.name.clone())).collect()
    }

    pub(crate) fn preparations(&self) -> Vec<(Chosen, Preparation)> {
        self.folders.borrow().prepared.clone()
    }

    /// The command line of the program that took our place; empty when none did.
    pub(crate) fn replaced_by(&self) -> Vec<String> {
        self.folders.borrow().replaced_by.clone()
    }
}

impl FolderOps for Fake {
    fn validated(&self, _: &Folders, source: &Source) -> Result<Spec, Mistakes> {
        self.spec(source)
    }

    fn spec(&self, source: &Source) -> Result<Spec, Mistakes> {
        if *source == Source::File("wrong.yaml".into()) {
            return Err(Mistakes {
                json: json!({ "file": "wrong.yaml", "mistakes": [] }),
                failure: Failure::new(ExitCode::BadInput, "a mistake in wrong.yaml"),
            });
        }
        let mut spec = fixture::spec(3, 3);
        if *source == Source::File("odd.yaml".into()) {
            spec.brokers.settings.config.insert("num.partition".into(), "1".into());
        }
        Ok(spec)
    }

    fn plan(&self, _: &Folders, _: &Chosen) -> Result<Plan, Failure> {
        Ok(Fake::plan(self, "velib"))
    }

    fn prepare(
        &self,
        folders: &Folders,
        chosen: &Chosen,
        how: Preparation,
        _: &dyn FetchProgress,
    ) -> Result<Plan, Failure> {
        self.folders.borrow_mut().prepared.push((chosen.clone(), how));
        let plan = Fake::plan(self, "velib");
        if let (Source::Ephemeral(_), Some(name)) = (&chosen.source, &chosen.name) {
            fs::write(folders.cluster(name).plan(), serde_json::to_vec(&plan).unwrap()).unwrap();
        }
        Ok(plan)
    }

    fn scale(&self, _: &Folders, _: &ClusterDir, _: u16) -> Result<Scaled, Failure> {
        self.folders.borrow_mut().scaled.take().expect("a scale is scripted")
    }

    async fn retire(&self, _: &Folders, _: &ClusterDir, leaving: &Leaving) -> Result<Retired, Failure> {
        self.folders.borrow_mut().retired = Some(leaving.clone());
        self.folders.borrow_mut().retires.take().expect("a retirement is scripted")
    }

    fn stored_plan(&self, dir: &ClusterDir) -> Result<Plan, Failure> {
        prepare::stored_plan(dir)
    }

    fn render(&self, _: &Plan, out: &Path) -> Result<Vec<PathBuf>, Failure> {
        Ok(vec![out.join("broker-0/config/server.properties")])
    }

    fn checksums(&self, _: &Folders, _: &str, _: &dyn FetchProgress) -> Result<String, Failure> {
        Ok(String::new())
    }

    fn holdings(&self, _: &Folders) -> Result<Vec<Holding>, Failure> {
        Ok(self.folders.borrow().cached.clone())
    }

    fn examine(&self, _: &Folders, _: &Source, _: bool) -> Result<Vec<Finding>, Failure> {
        Ok(self.folders.borrow().found.clone())
    }

    fn warm(&self, _: &Folders, _: &Source, _: &dyn FetchProgress) -> Result<Vec<Warmed>, Failure> {
        Err(Failure::new(ExitCode::Environment, "no fake fetches anything"))
    }

    fn clear_cache(&self, folders: &Folders, archives_only: bool) -> Result<Cleared, Failure> {
        let (used, removed): (Vec<_>, Vec<_>) = self
            .holdings(folders)?
            .into_iter()
            .filter(|one| cache::is_meant(one, archives_only))
            .partition(|one| !one.used_by.is_empty());
        let freed_bytes = removed.iter().map(|one| one.bytes).sum();
        Ok(Cleared { removed, freed_bytes, kept: used.iter().map(Kept::used).collect() })
    }

    fn delete(&self, dir: &ClusterDir) -> Result<(), Failure> {
        prepare::delete(dir)
    }

    async fn discard(&self, ephemeral: Ephemeral) -> Result<(), Failure> {
        prepare::delete(&ephemeral.dir)
    }

    fn replace(&self, command: Command) -> End {
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        self.folders.borrow_mut().replaced_by = words.map(|word| word.to_str().unwrap().to_owned()).collect();
        End::Quiet(ExitCode::Ok)
    }
}
