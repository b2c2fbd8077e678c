use clap::Args;

use super::context::Context;
use super::no_cluster::NoCluster;
use crate::engine::ops::{FolderOps, NodeOps};
use crate::error::{End, ExitCode};
use crate::output::cluster::{self, Listed};

/// List every cluster of this user, running or not
#[derive(Debug, Args)]
pub(super) struct List {
    /// Print as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    _no_cluster: NoCluster,
}

impl List {
    pub(super) fn run<E: NodeOps + FolderOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let found = cx.clusters()?;
        let clusters: Vec<_> =
            found.iter().map(|found| Listed::of(found, cx.engine.stored_plan(&found.dir))).collect();
        match (self.json, clusters.is_empty()) {
            (true, _) => cx.screen.json(&clusters)?,
            (false, true) => cx.screen.say("there is no cluster here; `cluster up` starts one"),
            (false, false) => cx.screen.print(cluster::list(&clusters, cx.screen.out_width()))?,
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Fake, run};
    use crate::error::ExitCode;

    #[test]
    fn every_cluster_is_listed_running_or_not() {
        let fake = Fake::with_clusters(&["a", "b"]);
        fake.running(&["b"]);
        let ran = run(fake, "list --json");
        let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!((&json[0]["name"], &json[0]["running"]), (&"a".into(), &false.into()));
        assert_eq!((&json[1]["name"], &json[1]["running"]), (&"b".into(), &true.into()));
        assert_eq!(json[1]["supervisor_pid"], 4600);
    }

    #[test]
    fn without_clusters_there_is_an_empty_result_and_a_word() {
        let ran = run(Fake::with_clusters(&[]), "list");
        assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Ok, ""));
        assert!(ran.err.contains("`cluster up` starts one"));
        assert_eq!(run(Fake::with_clusters(&[]), "list --json").out, "[]\n");
    }
}
