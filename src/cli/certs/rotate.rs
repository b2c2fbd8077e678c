use std::time::Duration;

use clap::Args;

use crate::cli::change::Change;
use crate::cli::context::Context;
use crate::cli::names::Names;
use crate::cli::{ask, text};
use crate::engine::certs::Instead;
use crate::engine::ops::Engine;
use crate::error::{End, ExitCode};
use crate::model::action::Action;
use crate::model::outcome::OutcomeKind;
use crate::output::certs;
use crate::output::ladder::Goal;
use crate::output::outcome::Report;

/// Give everybody, or those who are named, a new key and certificate
///
/// By the same CA, so that whoever trusts it goes on. Nodes that run are restarted, several one after the other, each when
/// every replica is in the ISR, as by `restart --rolling`.
#[derive(Debug, Args)]
pub(super) struct Rotate {
    /// Nodes, users, or `cluster` for this program; everybody without one
    #[arg(value_name = "NAME", add = Names::Certs)]
    names: Vec<String>,

    /// How long they are valid; without it as `up --cert-lifetime` said
    #[arg(long, value_name = "DURATION", value_parser = text::lifetime)]
    lifetime: Option<Duration>,

    /// Even if that loses the quorum or takes partitions below min.insync.replicas
    #[arg(long)]
    force: bool,

    /// How long to wait until the nodes are ready again; no further one is restarted after that
    #[arg(long, value_name = "DURATION", value_parser = text::duration, default_value = ask::PATIENCE)]
    timeout: Duration,

    /// Print what became of the nodes as JSON
    #[arg(long)]
    json: bool,
}

impl Rotate {
    pub(super) async fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let found = cx.chosen()?;
        let nodes = cx.engine.renew_certs(&found.dir, &self.names, Instead::New(self.lifetime)).await?;
        if !self.json {
            cx.screen.say(certs::renewed(&self.names, "new keys and certificates", &[]).trim_end());
        }
        if nodes.is_empty() || found.supervisor.is_none() {
            if self.json {
                let message = "no node runs that would have to start again".to_owned();
                cx.screen.json(&Report { result: OutcomeKind::Done, message, nodes: Vec::new() })?;
            }
            return Ok(ExitCode::Ok);
        }
        let plan = cx.engine.stored_plan(&found.dir)?;
        let change = Change {
            command: "certs rotate",
            goal: Goal::Ready,
            is_shown: true,
            timeout: Some(self.timeout),
            json: self.json,
        };
        // One alone may be down because of what it had.
        let rolling = nodes.len() > 1;
        let action = Action::Restart { nodes: nodes.clone(), force: self.force, rolling };
        change.ask(cx, &found.dir, &plan, action, nodes).await?;
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::cli::testing::{Fake, run};
    use crate::engine::certs::Instead;
    use crate::model::action::Action;
    use crate::model::ids::NodeName;
    use crate::model::outcome::OutcomeKind;

    #[test]
    fn nodes_that_run_are_restarted_one_after_the_other_and_users_are_not() {
        let fake = Fake::with_clusters(&["velib"]);
        fake.running(&["velib"]);
        fake.answer(OutcomeKind::Done, "done", vec![]);
        let ran = run(fake, "certs rotate broker-1 broker-2 alice --lifetime 1h");
        let names = ["broker-1", "broker-2", "alice"].map(str::to_owned).to_vec();
        let hour = Some(Duration::from_secs(3600));
        assert_eq!(ran.fake.renewed(), [(names, Instead::New(hour))]);
        let nodes = vec![NodeName::broker(1), NodeName::broker(2)];
        assert_eq!(ran.fake.requests(), [Action::Restart { nodes, force: false, rolling: true }]);
        assert!(ran.err.contains("broker-1, broker-2, alice: new keys and certificates"), "{}", ran.err);
        let fake = Fake::with_clusters(&["velib"]);
        fake.running(&["velib"]);
        fake.answer(OutcomeKind::Done, "done", vec![]);
        let one = run(fake, "certs rotate broker-1");
        let nodes = vec![NodeName::broker(1)];
        assert_eq!(one.fake.requests(), [Action::Restart { nodes, force: false, rolling: false }]);
    }

    #[test]
    fn of_a_cluster_that_is_down_they_are_for_its_next_start() {
        let ran = run(Fake::with_clusters(&["velib"]), "certs rotate broker-1");
        assert_eq!((ran.fake.renewed().len(), ran.fake.requests().len()), (1, 0));
    }
}
