//! `cluster doctor`: its arguments.

use std::path::PathBuf;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::no_cluster::NoCluster;
use crate::cli::source;
use crate::engine::doctor::Finding;
use crate::engine::ops::Engine;
use crate::engine::source::Source;
use crate::error::{End, ExitCode};
use crate::output::doctor;

/// Look for what stands in the way of clusters on this machine, each with its remedy
///
/// Java, Kafka, memory, disk, open files, ports, the clock, clusters that nobody supervises, leftovers and the
/// cache. Nothing is changed without --fix.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// The YAML file of the cluster that is meant to come up, or `-`; without one as for `up`
    spec: Option<PathBuf>,

    /// Mend what is safe to mend: leftovers, archives that fit nothing, clusters without a supervisor
    #[arg(long)]
    fix: bool,

    /// Print as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    _no_cluster: NoCluster,
}

impl Doctor {
    pub(super) fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let source = source::given(cx, self.spec)?.unwrap_or(Source::Default);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing::{Fake, run};
    use crate::engine::doctor::State;

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
}
