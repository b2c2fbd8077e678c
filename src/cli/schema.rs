use clap::Args;

use super::context::Context;
use super::no_cluster::NoCluster;
use crate::error::{End, ExitCode};
use crate::spec;

/// Print the JSON Schema of specs, by which editors complete and check them
///
/// For example `cluster schema > cluster.schema.json`, and as the first line of a spec
/// `# yaml-language-server: $schema=cluster.schema.json`.
#[derive(Debug, Args)]
pub(super) struct Schema {
    #[command(flatten)]
    _no_cluster: NoCluster,
}

impl Schema {
    pub(super) fn run<E>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        cx.screen.json(&spec::schema())?;
        Ok(ExitCode::Ok)
    }
}
