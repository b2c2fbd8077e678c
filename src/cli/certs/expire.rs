use clap::Args;

use crate::cli::context::Context;
use crate::cli::names::Names;
use crate::engine::certs::Instead;
use crate::engine::ops::{AccessOps, NodeOps};
use crate::error::{End, ExitCode};
use crate::output::certs;

/// Rehearse the end of a certificate: put one in its place that expired an hour ago
///
/// A user is refused from now on, a node from its next start. `cluster certs rotate` gives them a good one again.
#[derive(Debug, Args)]
pub(super) struct Expire {
    /// Nodes, users, or `cluster` for this program
    #[arg(value_name = "NAME", required = true, add = Names::Certs)]
    names: Vec<String>,

    /// One that is valid and of another CA, instead
    #[arg(long)]
    foreign: bool,
}

impl Expire {
    pub(super) async fn run<E: NodeOps + AccessOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let found = cx.chosen()?;
        let (instead, what) = match self.foreign {
            true => (Instead::Foreign, "a certificate of another CA"),
            false => (Instead::Expired, "a certificate that expired an hour ago"),
        };
        let nodes = cx.engine.renew_certs(&found.dir, &self.names, instead).await?;
        cx.screen.print(certs::renewed(&self.names, what, &nodes))?;
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Fake, run};
    use crate::engine::certs::Instead;

    #[test]
    fn a_node_is_told_to_start_again_and_nobody_does_it() {
        let ran = run(Fake::with_clusters(&["velib"]), "certs expire broker-1 alice");
        assert_eq!(
            ran.out,
            "broker-1, alice: a certificate that expired an hour ago\n\
             from the next start on: `cluster restart broker-1`\n"
        );
        let ran = run(Fake::with_clusters(&["velib"]), "certs expire alice --foreign");
        assert_eq!(ran.out, "alice: a certificate of another CA\n");
        assert_eq!(ran.fake.renewed(), [(vec!["alice".to_owned()], Instead::Foreign)]);
    }
}
