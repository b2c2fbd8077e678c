use clap::{Args, Subcommand};

use super::context::Context;
use crate::engine::ops::{AdminOps, NodeOps};
use crate::error::{End, ExitCode};
use crate::output::quorum;

/// Describe a part of a cluster by its own word
#[derive(Debug, Args)]
pub(super) struct Describe {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The quorum of controllers: leader, epoch, and how far each voter and broker has the metadata
    ///
    /// Only with KRaft. As the leader of the quorum tells it.
    Quorum {
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
}

impl Describe {
    pub(super) async fn run<E: NodeOps + AdminOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let What::Quorum { json } = self.what;
        let described = cx.engine.quorum(&cx.chosen()?.dir).await?;
        match json {
            true => cx.screen.json(&described)?,
            false => cx.screen.print(quorum::text(&described, cx.screen.out_width()))?,
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Admin, Fake, run};
    use crate::error::{ExitCode, Failure};
    use crate::output::quorum::samples::quorum;

    #[test]
    fn the_quorum_is_text_or_json() {
        for (line, begin) in [
            ("describe quorum", "leader controller-101  epoch 3"),
            ("describe quorum --json", "{\n  \"leader\": \"controller-101\""),
        ] {
            let fake = Fake::with_clusters(&["velib"]);
            fake.admin(Admin::Quorum(Ok(quorum())));
            let ran = run(fake, line);
            assert_eq!(ran.code, ExitCode::Ok);
            assert!(ran.out.starts_with(begin), "{}", ran.out);
        }
    }

    #[test]
    fn a_cluster_with_zookeeper_has_none() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.admin(Admin::Quorum(Err(Failure::new(ExitCode::Usage, "velib has no quorum of controllers"))));
        assert_eq!(run(fake, "describe quorum").code, ExitCode::Usage);
    }
}
