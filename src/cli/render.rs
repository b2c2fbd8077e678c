use std::path::PathBuf;

use clap::Args;

use super::context::Context;
use super::source;
use crate::engine::ops::Engine;
use crate::error::{End, ExitCode, Failure};

/// Write the config files that `up` would write to a folder; nothing is started
#[derive(Debug, Args)]
pub(super) struct Render {
    /// The YAML file that describes the cluster, or `-` for standard input; without it as for `up`
    spec: Option<PathBuf>,

    /// The folder; made when it is not there
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

impl Render {
    pub(super) fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let chosen = source::of(cx, self.spec)?;
        let out =
            std::path::absolute(&self.output).map_err(|error| Failure::io("find", &self.output, &error))?;
        let plan = cx.engine.plan(&cx.folders, &chosen)?;
        for path in cx.engine.render(&plan, &out)? {
            cx.screen.whole(format!("{}\n", path.display()))?;
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Fake, run};

    #[test]
    fn the_files_that_were_written_are_named() {
        let ran = run(Fake::with_clusters(&[]), "render velib.yaml -o /out");
        assert_eq!(ran.out, "/out/broker-0/config/server.properties\n");
    }
}
