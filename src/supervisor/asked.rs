//! What a request asks of the kernel: who is meant, and what is to hold.

use tokio::sync::mpsc;

use super::run::{Message, Supervisor};
use crate::api::message::{Reply, Request};
use crate::kernel::Intent;
use crate::model::action::Action as Asked;
use crate::model::ids::NodeName;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::signal::Signal;
use crate::model::target::Target;
use crate::model::view::ClusterView;
use crate::view::target::resolve;

impl Supervisor {
    /// `view`: what Kafka says at this moment, where the request has to be judged by it.
    pub(super) fn ask(
        &mut self,
        request: Request,
        view: Option<&ClusterView>,
        replies: mpsc::UnboundedSender<Reply>,
    ) {
        // Whoever asked has given it up, while Kafka was asked or nobody served.
        if replies.is_closed() {
            return;
        }
        let now = self.now();
        match self.meant(request.action, view) {
            Ok((intent, text)) => {
                let id = self.kernel.request(intent, &text, &request.by, now);
                let listener = replies.clone();
                self.later(async move {
                    listener.closed().await;
                    Message::Abandoned(id)
                });
                self.clients.add(id, replies);
            }
            Err((result, message)) => {
                let outcome = Outcome { result, message, nodes: Vec::new() };
                // A client that went away needs no answer.
                let _ = replies.send(Reply::Done { outcome });
            }
        }
    }

    /// What a request asks of the kernel, and how the journal tells it: who was meant, too.
    fn meant(
        &mut self,
        action: Asked,
        view: Option<&ClusterView>,
    ) -> Result<(Intent, String), (OutcomeKind, String)> {
        if matches!(action, Asked::Up | Asked::Scale { .. } | Asked::Forget { .. }) {
            self.take_plan().map_err(|why| (OutcomeKind::Failed, why))?;
        }
        let mut text = action.to_string();
        let targets = action.targets();
        let found = match view.filter(|_| targets.iter().any(|target| target.node().is_none())) {
            Some(view) => {
                let found = resolve(&targets, view, &self.kernel.alive());
                let found = found.map_err(|why| (OutcomeKind::Failed, why))?;
                let names: Vec<String> = found.iter().map(ToString::to_string).collect();
                text.push_str(&format!(", that is {}", names.join(", ")));
                found
            }
            None => targets.iter().filter_map(Target::node).collect(),
        };
        let intent = intent(action, found).map_err(|why| (OutcomeKind::BadRequest, why))?;
        Ok((intent, text))
    }
}

/// `nodes`: who was found to be meant.
fn intent(action: Asked, nodes: Vec<NodeName>) -> Result<Intent, String> {
    Ok(match action {
        Asked::Up => Intent::Up,
        Asked::Down => Intent::Down,
        Asked::Kill { signal, force, fast_failover, .. } => {
            let signal: Signal = signal.parse().map_err(|error| format!("{error}"))?;
            Intent::Kill { nodes, signal: signal.into(), deadly: signal.is_deadly(), force, fast_failover }
        }
        Asked::Start { .. } => Intent::Start { nodes },
        Asked::Stop { force, .. } => Intent::Stop { nodes, force },
        Asked::Pause { force, .. } => Intent::Pause { nodes, force },
        Asked::Resume { .. } => Intent::Resume { nodes },
        Asked::Restart { force, rolling, .. } => Intent::Restart { nodes, force, rolling },
        Asked::Scale { .. } => Intent::Scale { nodes },
        Asked::Forget { .. } => Intent::Forget { nodes },
    })
}
