use std::path::PathBuf;

use clap::Args;

use super::context::Context;
use super::names::Names;
use super::source;
use crate::engine::ops::Engine;
use crate::engine::source::Chosen;
use crate::error::{End, ExitCode};
use crate::plan::{describe, with_kafka_defaults};
use crate::spec::{self, model::Profile};

/// Show what `up` would do; nothing is fetched, written or started
///
/// Every process with its ports, and for every setting where it comes from.
#[derive(Debug, Args)]
pub(super) struct PlanCommand {
    /// The YAML file that describes the cluster, or `-` for standard input; without it as for `up`
    spec: Option<PathBuf>,

    /// In place of the spec's: fast, stock or durable
    #[arg(long, value_parser = spec::profile, add = Names::Profiles)]
    profile: Option<Profile>,

    /// List the settings at Kafka's own defaults, too
    #[arg(long)]
    all: bool,

    /// Print the whole plan as JSON: also command lines, files, and every setting at its default
    #[arg(long)]
    json: bool,
}

impl PlanCommand {
    pub(super) fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let chosen = Chosen { profile: self.profile, ..source::of(cx, self.spec)? };
        let plan = with_kafka_defaults(cx.engine.plan(&cx.folders, &chosen)?);
        for warning in &plan.warnings {
            cx.screen.warn(warning);
        }
        match self.json {
            true => cx.screen.json(&plan)?,
            false => cx.screen.print(describe(&plan, self.all))?,
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Fake, run};
    use crate::plan::model::Plan;

    #[test]
    fn the_plan_is_text_or_the_whole_value() {
        let ran = run(Fake::with_clusters(&[]), "plan");
        assert!(ran.out.starts_with("cluster velib, profile fast\n"), "{}", ran.out);
        let ran = run(Fake::with_clusters(&[]), "plan --json");
        assert_eq!(serde_json::from_str::<Plan>(&ran.out).unwrap().name, "velib");
        assert_eq!(ran.fake.prepared(), [], "nothing is written");
    }

    #[test]
    fn kafkas_own_defaults_are_in_the_json_and_on_demand_in_the_text() {
        let said = |line: &str| run(Fake::with_clusters(&[]), line).out;
        assert!(said("plan --json").contains(r#""origin": "kafka default""#));
        assert!(said("plan --all").contains("num.replica.fetchers=1"));
        assert!(!said("plan").contains("num.replica.fetchers"));
    }
}
