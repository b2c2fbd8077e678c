//! A cluster taken down by the page or by a program, as `down` does it: what it has is kept. The page asks first, and
//! ends with its own cluster.

use std::time::Duration;

use minijinja::context;
use serde::Deserialize;

use super::answer;
use super::order::BY;
use super::render::{self, Reader};
use super::site::Site;
use super::value::{told, why};
use super::words;
use crate::api::message::Request;
use crate::engine::ops::{FolderOps, LIVE, NodeOps};
use crate::engine::outcome::already_down;
use crate::error::Failure;
use crate::model::action::Action;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::paths::ClusterDir;

/// A node that does not end in order is killed sooner or later; what takes longer is followed in the view.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the form says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Form {
    /// It was told what stops.
    sure: bool,
}

/// Stops every node in order; of a cluster that is down already, nothing.
pub(super) async fn down(dir: &ClusterDir) -> Result<Outcome, Failure> {
    let request = Request { action: Action::Down, by: BY.to_owned() };
    let name = dir.path().file_name().unwrap_or_default().to_string_lossy();
    LIVE.act(dir, &request, &mut |_| {}).await.or_else(|failure| already_down(failure, &name))
}

/// Has it done, or says what would stop: the answer as HTML.
pub(super) async fn act(dir: ClusterDir, form: &Form, site: &Site, reader: Reader<'_>) -> String {
    let is_own = reader.cluster == site.own;
    let is_kept = !dir.is_ephemeral();
    if !form.sure {
        return match LIVE.stored_plan(&dir) {
            Ok(plan) => {
                let nodes = plan.nodes.len();
                render::page("down.html", reader, context! { kind => "sure", nodes, is_own, is_kept })
            }
            Err(failure) => answer::plain(reader, "failed", &why(&failure)),
        };
    }
    let work = async move { down(&dir).await };
    match answer::through(reader, site.room.run(Some(PATIENCE), work).await) {
        Err(nothing_yet) => nothing_yet,
        Ok(Err(failure)) => answer::plain(reader, "failed", &why(&failure)),
        Ok(Ok(outcome)) => {
            let kind = if outcome.result == OutcomeKind::Done { "done" } else { "failed" };
            let message = told(words::outcome(reader.lang, &outcome));
            render::page("down.html", reader, context! { kind, message, is_own, is_kept })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::admit::Rights;
    use crate::page::text::Lang;
    use crate::page::words::Said;

    #[tokio::test]
    async fn a_cluster_that_is_down_already_is_as_it_was_wanted() {
        let home = tempfile::tempdir().unwrap();
        let outcome = down(&ClusterDir(home.path().join("velib"))).await.unwrap();
        assert_eq!(
            (outcome.result, outcome.message().as_str()),
            (OutcomeKind::Done, "velib was not running")
        );
    }

    #[test]
    fn it_is_said_how_many_nodes_stop_and_what_comes_back_how() {
        let say = |lang, kind: &str, is_own: bool, is_kept: bool| {
            let reader = Reader { cluster: "velib", lang, rights: Rights::All };
            let message = told(Said::theirs("<b>"));
            let html =
                render::page("down.html", reader, context! { kind, message, nodes => 4, is_own, is_kept });
            assert!(!html.contains("failed to render") && !html.contains("<b>"), "{html}");
            html
        };
        let sure = say(Lang::En, "sure", true, true);
        for part in ["4 nodes", "This page", "cluster -c velib up", "name=\"sure\""] {
            assert!(sure.contains(part), "{part}: {sure}");
        }
        assert!(!say(Lang::En, "sure", false, true).contains("This page"), "another cluster's page stays");
        assert!(!say(Lang::En, "sure", true, false).contains("velib up"), "nothing of it is kept");
        for kind in ["done", "failed"] {
            let html = say(Lang::Fr, kind, true, true);
            assert_eq!(html.contains("cluster -c velib up"), kind == "done", "{html}");
        }
    }
}
