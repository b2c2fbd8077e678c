//! What a request asks of the kernel: who is meant.

use tokio::sync::mpsc;

use super::run::{Message, Supervisor};
use crate::api::message::{Reply, Request};
use crate::model::action::Action;
use crate::model::asked::Asked;
use crate::model::outcome::{Outcome, OutcomeKind, Summary};
use crate::model::target::Target;
use crate::model::view::ClusterView;
use crate::view::guard::is_guarded;
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
            Ok(asked) => {
                let id = self.kernel.request(asked, &request.by, now);
                let listener = replies.clone();
                self.later(async move {
                    listener.closed().await;
                    Message::Abandoned(id)
                });
                self.clients.add(id, replies);
            }
            Err(why) => {
                let result = match &why {
                    Summary::NobodyMeant { why } if why.is_wrong() => OutcomeKind::BadRequest,
                    _ => OutcomeKind::Failed,
                };
                let outcome = Outcome::of(result, why);
                // A client that went away needs no answer.
                let _ = replies.send(Reply::Done { outcome });
            }
        }
    }

    /// The supervisor's own request: nobody waits for its answer.
    pub(super) fn go_down(&mut self, by: &str) {
        let now = self.now();
        self.kernel.request(Asked::from(Action::Down), by, now);
    }

    /// An action and who is meant by it, for the kernel and the journal. The error is why not.
    fn meant(&mut self, action: Action, view: Option<&ClusterView>) -> Result<Asked, Summary> {
        if matches!(action, Action::Up | Action::Scale { .. } | Action::Forget { .. }) {
            self.take_plan()?;
        }
        let targets = action.targets();
        let meant = match view.filter(|_| targets.iter().any(|target| target.node().is_none())) {
            Some(view) => {
                resolve(&targets, view, &self.kernel.alive()).map_err(|why| Summary::NobodyMeant { why })?
            }
            None => targets.iter().filter_map(Target::node).collect(),
        };
        Ok(Asked { action, meant })
    }
}

/// Whether what Kafka says at this moment is needed first: to judge by it, or to know who is meant.
pub(super) fn needs_view(action: &Action) -> bool {
    is_guarded(action) || action.targets().iter().any(|target| target.node().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::NodeName;

    #[test]
    fn kafka_is_asked_first_only_for_what_a_guard_judges_and_for_who_is_meant() {
        let broker = NodeName::broker(0);
        let kill = |signal: &str, target: &str, force| Action::Kill {
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
            assert_eq!(needs_view(&Action::Stop { nodes: targets(), force }), !force);
            assert_eq!(needs_view(&Action::Pause { nodes: targets(), force }), !force);
            assert_eq!(needs_view(&Action::Restart { nodes: nodes(), force, rolling: false }), !force);
        }
        for harmless in
            [Action::Up, Action::Down, Action::Start { nodes: nodes() }, Action::Resume { nodes: nodes() }]
        {
            assert!(!needs_view(&harmless), "{harmless:?}");
        }
    }
}
