use std::path::PathBuf;

use clap::Args;

use crate::cli::context::Context;
use crate::engine::ops::FolderOps;
use crate::engine::source::Source;
use crate::error::{End, ExitCode};
use crate::output::cache;
use crate::output::fetch::FetchBar;

/// Fetch the Kafka of a spec and make its startup archive, so that the first `up` is as fast as the second
///
/// Without SPEC: the Kafka of a cluster without a spec. Nothing is started.
#[derive(Debug, Args)]
pub(super) struct Warm {
    /// The YAML file that names the Kafka and the Java
    spec: Option<PathBuf>,

    /// Print as JSON
    #[arg(long)]
    json: bool,
}

impl Warm {
    pub(super) fn run<E: FolderOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let source = self.spec.map_or(Source::Default, Source::File);
        let bar = FetchBar::new(cx.screen.err_is_terminal());
        let warmed = cx.engine.warm(&cx.folders, &source, &bar);
        bar.finish();
        let warmed = warmed?;
        match self.json {
            true => cx.screen.json(&warmed)?,
            false => cx.screen.print(cache::warmed(&warmed))?,
        }
        Ok(ExitCode::Ok)
    }
}
