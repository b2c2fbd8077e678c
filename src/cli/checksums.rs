use clap::Args;

use super::context::Context;
use super::names::Names;
use super::no_cluster::NoCluster;
use crate::engine::ops::FolderOps;
use crate::error::{End, ExitCode};
use crate::output::fetch::FetchBar;

/// Make the SHA-256 list of a Kafka version's jars, for those who work on this program
///
/// Fetches the jars with Maven, trusts what it gives, and prints a line a jar as sha256sum does.
/// The lists of src/dist/checksums/ are made so.
#[derive(Debug, Args)]
pub(super) struct Checksums {
    /// Full version, such as 3.9.2
    #[arg(add = Names::Versions)]
    version: String,

    #[command(flatten)]
    _no_cluster: NoCluster,
}

impl Checksums {
    pub(super) fn run<E: FolderOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let bar = FetchBar::new(cx.screen.err_is_terminal());
        let list = cx.engine.checksums(&cx.folders, &self.version, &bar);
        bar.finish();
        cx.screen.whole(list?)?;
        Ok(ExitCode::Ok)
    }
}
