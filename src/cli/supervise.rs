use std::path::PathBuf;

use clap::Args;

use super::context::Context;
use crate::engine::ops::NodeOps;
use crate::error::{End, ExitCode};
use crate::page::Page;
use crate::paths::ClusterDir;

/// Be the supervisor of the cluster in a folder; other commands start it
#[derive(Debug, Args)]
pub(super) struct Supervise {
    #[arg(long)]
    dir: PathBuf,
}

impl Supervise {
    pub(super) async fn run<E: NodeOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        cx.engine.supervise(&ClusterDir(self.dir), Box::new(Page::default())).await?;
        Ok(ExitCode::Ok)
    }
}
