use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::context::Context;
use super::no_cluster::NoCluster;
use super::source::{self, FILE};
use crate::engine::ops::FolderOps;
use crate::error::{End, ExitCode, Failure};
use crate::plan::warnings_of_spec;
use crate::spec::model::Spec;
use crate::units::count;

/// Check a spec and show every mistake in it; nothing is fetched, written or started
#[derive(Debug, Args)]
pub(super) struct Validate {
    /// The YAML file that describes the cluster, or `-` for standard input; without it what CLUSTER_SPEC names,
    /// else ./cluster.yaml
    spec: Option<PathBuf>,

    /// Print the spec as it was understood, or the mistakes, as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    _no_cluster: NoCluster,
}

impl Validate {
    pub(super) fn run<E: FolderOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let Some(source) = source::given(cx, self.spec)? else {
            let failure =
                Failure::new(ExitCode::Usage, format!("no spec is named, and there is no {FILE} here"));
            return Err(failure.hint("name one, or write one with `cluster init`").into());
        };
        let spec = cx.engine.validated(&cx.folders, &source);
        match (spec, self.json) {
            (Ok(spec), true) => {
                let warnings = warnings(&spec);
                cx.screen.json(&json!({ "valid": true, "spec": spec, "warnings": warnings }))?;
            }
            (Ok(spec), false) => {
                for warning in warnings(&spec) {
                    cx.screen.warn(warning);
                }
                cx.screen.print(format!("{} is valid: {}\n", source.name(), summary(&spec)))?;
            }
            (Err(mistakes), true) => {
                let mut answer = json!({ "valid": false });
                if let (Value::Object(answer), Value::Object(more)) = (&mut answer, mistakes.json) {
                    answer.extend(more);
                }
                cx.screen.json(&answer)?;
                return Err(End::Quiet(mistakes.failure.code));
            }
            (Err(mistakes), false) => return Err(Failure::from(mistakes).into()),
        }
        Ok(ExitCode::Ok)
    }
}

fn warnings(spec: &Spec) -> Vec<String> {
    warnings_of_spec(spec, spec.kafka.version.as_deref())
}

/// `velib, Kafka 3.9.2, 3 ZooKeeper servers, 3 brokers, 1 topic`.
fn summary(spec: &Spec) -> String {
    let kafka = match (&spec.kafka.version, &spec.kafka.home) {
        (Some(version), _) => format!("Kafka {version}"),
        (None, Some(home)) => format!("Kafka of {}", home.display()),
        (None, None) => "Kafka".to_owned(),
    };
    let coordinators = match (spec.zookeeper.count, spec.controllers.count) {
        // The version of a `home` will tell.
        (0, 0) => String::new(),
        (0, controllers) => {
            let combined = if spec.combined { " (combined)" } else { "" };
            format!(", {}{combined}", count(controllers.into(), "controller"))
        }
        (servers, _) => format!(", {}", count(servers.into(), "ZooKeeper server")),
    };
    let brokers = count(spec.brokers.count.into(), "broker");
    let topics = count(spec.topics.len(), "topic");
    format!("{}, {kafka}{coordinators}, {brokers}, {topics}", spec.name)
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Fake, run, run_beside};
    use crate::error::ExitCode;

    #[test]
    fn a_valid_spec_is_told_in_a_line() {
        let ran = run(Fake::with_clusters(&[]), "validate velib.yaml");
        assert_eq!(
            ran.out,
            "velib.yaml is valid: velib, Kafka 3.9.2, 3 ZooKeeper servers, 3 brokers, 0 topics\n"
        );
        let ran = run(Fake::with_clusters(&[]), "validate velib.yaml --json");
        let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!((&json["valid"], &json["spec"]["name"]), (&true.into(), &"velib".into()));
    }

    #[test]
    fn what_is_worth_knowing_is_a_warning_or_json() {
        let ran = run(Fake::with_clusters(&[]), "validate odd.yaml");
        assert_eq!(ran.code, ExitCode::Ok);
        assert!(ran.err.starts_with("warning: `num.partition`"), "{}", ran.err);
        assert!(ran.err.ends_with("did you mean `num.partitions`?\n"), "{}", ran.err);
        let ran = run(Fake::with_clusters(&[]), "validate odd.yaml --json");
        assert_eq!(ran.err, "");
        let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert!(json["warnings"][0].as_str().unwrap().starts_with("`num.partition`"), "{json}");
    }

    #[test]
    fn who_names_no_spec_means_the_one_of_the_folder_if_there_is_one() {
        let ran = run_beside(Fake::with_clusters(&[]), "validate", "velib.yaml");
        assert!(ran.out.starts_with("velib.yaml is valid"), "{}", ran.out);
        let ran = run(Fake::with_clusters(&[]), "validate");
        assert_eq!(ran.code, ExitCode::Usage);
        assert!(ran.err.contains("no spec is named, and there is no cluster.yaml here"), "{}", ran.err);
    }

    #[test]
    fn mistakes_are_an_error_or_json() {
        let ran = run(Fake::with_clusters(&[]), "validate wrong.yaml");
        assert_eq!((ran.code, ran.out.as_str()), (ExitCode::BadInput, ""));
        assert_eq!(ran.err, "error: a mistake in wrong.yaml\n");
        let ran = run(Fake::with_clusters(&[]), "validate wrong.yaml --json");
        assert_eq!((ran.code, ran.err.as_str()), (ExitCode::BadInput, ""));
        let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!((&json["valid"], &json["file"]), (&false.into(), &"wrong.yaml".into()));
    }
}
