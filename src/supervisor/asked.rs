//! What a request asks of the kernel: who is meant, and what is to hold.

use tokio::sync::mpsc;

use super::run::{Message, Supervisor};
use crate::api::message::{Reply, Request};
use crate::kernel::Intent;
use crate::model::action::Action as Asked;
use crate::model::ids::NodeName;
use crate::model::outcome::{Outcome, OutcomeKind, Summary};
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
            Err(why) => {
                let outcome = Outcome::of(OutcomeKind::Failed, Summary::words(why));
                // A client that went away needs no answer.
                let _ = replies.send(Reply::Done { outcome });
            }
        }
    }

    /// What a request asks of the kernel, and how the journal tells it: who was meant, too. The error is why not.
    fn meant(&mut self, action: Asked, view: Option<&ClusterView>) -> Result<(Intent, String), String> {
        if matches!(action, Asked::Up | Asked::Scale { .. } | Asked::Forget { .. }) {
            self.take_plan()?;
        }
        let mut text = action.to_string();
        let targets = action.targets();
        let found = match view.filter(|_| targets.iter().any(|target| target.node().is_none())) {
            Some(view) => {
                let found = resolve(&targets, view, &self.kernel.alive())?;
                let names: Vec<String> = found.iter().map(ToString::to_string).collect();
                text.push_str(&format!(", that is {}", names.join(", ")));
                found
            }
            None => targets.iter().filter_map(Target::node).collect(),
        };
        Ok((intent(action, found), text))
    }
}

/// Whether what Kafka says at this moment is needed first: to judge by it, or to know who is meant.
pub(super) fn needs_view(action: &Asked) -> bool {
    intent(action.clone(), Vec::new()).is_guarded()
        || action.targets().iter().any(|target| target.node().is_none())
}

/// `nodes`: who was found to be meant.
fn intent(action: Asked, nodes: Vec<NodeName>) -> Intent {
    match action {
        Asked::Up => Intent::Up,
        Asked::Down => Intent::Down,
        Asked::Kill { signal, force, fast_failover, .. } => {
            Intent::Kill { nodes, signal, force, fast_failover }
        }
        Asked::Start { .. } => Intent::Start { nodes },
        Asked::Stop { force, .. } => Intent::Stop { nodes, force },
        Asked::Pause { force, .. } => Intent::Pause { nodes, force },
        Asked::Resume { .. } => Intent::Resume { nodes },
        Asked::Restart { force, rolling, .. } => Intent::Restart { nodes, force, rolling },
        Asked::Scale { .. } => Intent::Scale { nodes },
        Asked::Forget { .. } => Intent::Forget { nodes },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kafka_is_asked_first_only_for_what_a_guard_judges_and_for_who_is_meant() {
        let broker = NodeName::broker(0);
        let kill = |signal: &str, target: &str, force| Asked::Kill {
            nodes: vec![target.parse().unwrap()],
            signal: signal.parse().unwrap(),
            force,
            fast_failover: false,
        };
        for signal in ["KILL", "TERM", "STOP"] {
            assert!(needs_view(&kill(signal, "broker-0", false)), "{signal}");
            assert!(!needs_view(&kill(signal, "broker-0", true)), "{signal} --force");
        }
        for signal in ["CONT", "QUIT", "WINCH"] {
            assert!(!needs_view(&kill(signal, "broker-0", false)), "{signal}");
            assert!(needs_view(&kill(signal, "controller", true)), "{signal} controller");
        }
        let nodes = || vec![broker];
        for force in [false, true] {
            let targets = || vec![Target::Node(broker)];
            assert_eq!(needs_view(&Asked::Stop { nodes: targets(), force }), !force);
            assert_eq!(needs_view(&Asked::Pause { nodes: targets(), force }), !force);
            assert_eq!(needs_view(&Asked::Restart { nodes: nodes(), force, rolling: false }), !force);
        }
        for harmless in
            [Asked::Up, Asked::Down, Asked::Start { nodes: nodes() }, Asked::Resume { nodes: nodes() }]
        {
            assert!(!needs_view(&harmless), "{harmless:?}");
        }
    }
}
