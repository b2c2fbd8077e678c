use clap::Args;

use super::as_user::AsUser;
use super::context::Context;
use super::names::Names;
use crate::engine::ops::{AccessOps, AdminOps, NodeOps};
use crate::error::{End, ExitCode};
use crate::output::explain;

/// Say which brokers may fail, and what it would do to a topic
///
/// By its replicas, ISR, min.insync.replicas and unclean leader election as they are at this moment.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The topic
    #[arg(add = Names::Topics)]
    topic: String,

    /// Print as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    as_user: AsUser,
}

impl Explain {
    pub(super) async fn run<E: NodeOps + AdminOps + AccessOps>(
        self,
        cx: &mut Context<'_, E>,
    ) -> Result<ExitCode, End> {
        self.as_user.log_in(cx);
        let explained = cx.engine.explain_topic(&cx.chosen()?.dir, &self.topic).await?;
        match self.json {
            true => cx.screen.json(&explained)?,
            false => cx.screen.print(explain::text(&explained, cx.screen.out_width()))?,
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Admin, Fake, run};
    use crate::error::{ExitCode, Failure};
    use crate::output::explain::samples::ring;

    #[test]
    fn an_explanation_is_text_or_json() {
        for (line, begin) in [
            ("explain velib", "velib: 3 partitions, "),
            ("explain velib --json", "{\n  \"topic\": \"velib\""),
        ] {
            let fake = Fake::with_clusters(&["velib"]);
            fake.admin(Admin::Explained(Ok(ring(3, &[]))));
            let ran = run(fake, line);
            assert_eq!(ran.code, ExitCode::Ok);
            assert!(ran.out.starts_with(begin), "{}", ran.out);
        }
    }

    #[test]
    fn an_unknown_topic_is_a_wrong_command_line() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.admin(Admin::Explained(Err(Failure::new(ExitCode::Usage, "velib has no topic `x`"))));
        assert_eq!(run(fake, "explain x").code, ExitCode::Usage);
    }
}
