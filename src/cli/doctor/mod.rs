//! `cluster doctor`: what stands in the way of clusters on this machine, and mending what is safe to mend.

mod clusters;
mod leftovers;
mod machine;
mod software;

use std::path::PathBuf;

use clap::Args;

use super::context::Context;
use super::engine::Engine;
use super::prepare;
use crate::engine::source::{Chosen, Source};
use crate::error::{ExitCode, Failure};
use crate::output::doctor::{self, Finding};
use crate::output::screen::End;
use crate::paths::Folders;

/// Look for what stands in the way of clusters on this machine, each with its remedy
///
/// Java, Kafka, memory, disk, open files, ports, the clock, clusters that nobody supervises, leftovers and the
/// cache. Nothing is changed without --fix.
#[derive(Debug, Args)]
pub struct Doctor {
    /// The YAML file of the cluster that is meant to come up; without one, the default cluster
    spec: Option<PathBuf>,

    /// Mend what is safe to mend: leftovers, archives that fit nothing, clusters without a supervisor
    #[arg(long)]
    fix: bool,

    /// Print as JSON
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let source = self.spec.map_or(Source::Default, Source::File);
        let findings = cx.engine.examine(&cx.folders, &source, self.fix)?;
        match self.json {
            true => cx.screen.json(&findings)?,
            false => cx.screen.print(doctor::text(&findings))?,
        }
        match findings.iter().any(Finding::is_problem) {
            true => Err(End::Quiet(ExitCode::Failed)),
            false => Ok(ExitCode::Ok),
        }
    }
}

/// What mends a finding.
type Mend = Box<dyn FnOnce() -> Result<(), Failure>>;

/// A finding, and how it is mended where that is safe.
struct Diagnosis {
    finding: Finding,
    mend: Option<Mend>,
}

impl Diagnosis {
    fn mended_by(mut finding: Finding, mend: impl FnOnce() -> Result<(), Failure> + 'static) -> Self {
        finding.fixable = true;
        Diagnosis { finding, mend: Some(Box::new(mend)) }
    }

    /// Mends it if that is wanted and possible; what could not be mended says why.
    fn settled(self, fix: bool) -> Finding {
        let Diagnosis { mut finding, mend } = self;
        if let Some(mend) = mend.filter(|_| fix) {
            match mend() {
                Ok(()) => finding.fixed = true,
                Err(failure) => {
                    finding.found = format!("{}; it could not be mended: {failure}", finding.found)
                }
            }
        }
        finding
    }
}

impl From<Finding> for Diagnosis {
    fn from(finding: Finding) -> Self {
        Diagnosis { finding, mend: None }
    }
}

/// Looks at everything. A wrong spec is an error; what is wrong with the machine is a finding.
pub fn examine(folders: &Folders, source: &Source, fix: bool) -> Result<Vec<Finding>, Failure> {
    let spec = prepare::spec(source)?;
    let chosen = Chosen { source: source.clone(), name: None, profile: None };
    // Without Java or Kafka there is no plan, and those are told by themselves.
    let plan = prepare::plan(folders, &chosen).ok();
    let mut found: Vec<Diagnosis> = Vec::new();
    found.extend(software::examine(&spec, folders));
    found.extend(machine::examine(plan.as_ref(), folders));
    found.extend(clusters::examine(folders)?);
    found.extend(leftovers::examine(folders)?);
    Ok(found.into_iter().map(|diagnosis| diagnosis.settled(fix)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing::{Fake, run};
    use crate::output::doctor::State;

    #[test]
    fn a_problem_has_an_exit_code_and_a_warning_has_none() {
        let fake = Fake::with_clusters(&[]);
        fake.found(vec![Finding::bad("disk", State::Problem, "full", "free some space")]);
        let ran = run(fake, "doctor");
        assert_eq!(ran.code, ExitCode::Failed);
        assert!(ran.out.contains("free some space"), "{}", ran.out);
        let fake = Fake::with_clusters(&[]);
        fake.found(vec![Finding::bad("disk", State::Warning, "nearly full", "free some space")]);
        let ran = run(fake, "doctor --json");
        assert_eq!(ran.code, ExitCode::Ok);
        let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!((&json[0]["state"], &json[0]["fixed"]), (&"warning".into(), &false.into()));
    }

    #[test]
    fn what_is_mended_is_good_and_what_could_not_be_says_why() {
        let left = || Finding::bad("leftovers", State::Problem, "a folder", "remove it");
        let mended = Diagnosis::mended_by(left(), || Ok(()));
        assert!(!mended.settled(true).is_problem());
        let untouched = Diagnosis::mended_by(left(), || panic!("nobody asked for it"));
        let finding = untouched.settled(false);
        assert!(finding.is_problem() && finding.fixable);
        let stuck = Diagnosis::mended_by(left(), || Err(Failure::new(ExitCode::Failed, "read-only")));
        assert!(stuck.settled(true).found.ends_with("it could not be mended: read-only"));
    }
}
