use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::context::Context;
use super::nodes;
use crate::engine::journal::Journal;
use crate::engine::ops::{FolderOps, NodeOps};
use crate::error::{End, ExitCode};
use crate::output::why as output;
use crate::supervisor::last_words::last_words;
use crate::view::why::why;

/// Say why a node is as it is, and what would help
///
/// Who wanted what, what happened since, the step that it is on, the last error of its log.
#[derive(Debug, Args)]
pub(super) struct WhyCommand {
    /// Name of the node, such as broker-0
    node: String,

    /// Print as JSON
    #[arg(long)]
    json: bool,
}

impl WhyCommand {
    pub(super) async fn run<E: NodeOps + FolderOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let dir = cx.chosen()?.dir;
        let plan = cx.engine.stored_plan(&dir)?;
        let names = nodes::named(&plan, std::slice::from_ref(&self.node))?;
        let status = match cx.engine.status(&dir, None).await {
            Ok(status) => Some(status),
            Err(failure) if failure.code == ExitCode::NotRunning => None,
            Err(failure) => return Err(failure.into()),
        };
        let journal = Journal::of(&dir).entries()?;
        for node in names.iter().filter_map(|name| plan.node(*name)) {
            let told = why(node.name, status.as_ref(), &journal, last_words(node));
            match self.json {
                true => cx.screen.json(&told)?,
                false => cx.screen.print(output::text(&told, Timestamp::now(), &TimeZone::system()))?,
            }
        }
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::cli::testing::{Fake, run};
    use crate::error::{ExitCode, Failure};
    use crate::model::event::Event;
    use crate::output::events;

    #[test]
    fn the_journal_and_the_status_make_the_reason() {
        let fake = Fake::with_clusters(&["velib"]);
        let asked = Event::Asked {
            request: 1,
            action: "kill broker-0 --signal SIGKILL".into(),
            by: "cluster kill".into(),
            asked: None,
        };
        let line = serde_json::to_string(&events::samples::entry(asked)).unwrap();
        fs::write(fake.home().join("velib/events.jsonl"), line + "\n").unwrap();
        fake.statuses([Ok(crate::model::samples::degraded())]);
        let ran = run(fake, "why broker-0");
        assert!(ran.out.starts_with("broker-0: killed\n"), "{}", ran.out);
        assert!(ran.out.contains("kill broker-0 --signal SIGKILL"), "{}", ran.out);
        assert!(ran.out.contains("`cluster start broker-0`"), "{}", ran.out);
    }

    #[test]
    fn a_cluster_that_is_down_is_told_of_too_and_an_unknown_node_is_not() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.statuses([Err(Failure::new(ExitCode::NotRunning, "down"))]);
        let ran = run(fake, "why broker-0");
        assert_eq!(ran.code, ExitCode::Ok);
        assert!(ran.out.contains("`cluster up` starts it"), "{}", ran.out);
        assert_eq!(run(Fake::with_clusters(&["velib"]), "why broker-9").code, ExitCode::Usage);
    }
}
