//! What is done by a button: the same action that a command asks for, over the same socket, journalled as the page's.

use std::time::Duration;

use minijinja::{Value, context};
use serde::Deserialize;
use serde::de::IntoDeserializer;

use super::order::{BY, Order, Verb};
use super::render::{self, Reader};
use super::text::Lang;
use super::under_way::{Room, Stand};
use super::value::told;
use super::words::{self, Said};
use crate::api::message::Request;
use crate::engine::ops::{Live, NodeOps};
use crate::error::Failure;
use crate::model::action::Action;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::paths::ClusterDir;

/// What takes longer goes on, and is followed in the view.
const AT_ONCE: Duration = Duration::from_millis(1_500);

/// What a form says.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Wanted {
    /// `kill`, `stop`, `start`, `pause`, `resume` or `restart`.
    action: String,
    /// As the command line has it: `broker-0`, `leader:velib-stations/3`.
    target: String,
    /// Though a guard would refuse.
    #[serde(default)]
    force: bool,
}

impl Wanted {
    /// The error is for people.
    fn action(&self) -> Result<Action, String> {
        let word = self.action.as_str().into_deserializer();
        let action = Verb::deserialize(word).map_err(|error: serde::de::value::Error| error.to_string())?;
        let nodes = vec![self.target.parse().map_err(|error| format!("{error}"))?];
        Order { action, nodes, force: self.force, signal: None, fast_failover: false, rolling: false }
            .action()
    }
}

/// Has it done: the answer as HTML, once it is there or it is clear that it takes its time.
pub(super) async fn act(dir: ClusterDir, wanted: Wanted, room: &Room, reader: Reader<'_>) -> String {
    let answer = match wanted.action() {
        Ok(action) => ask(dir, action, room).await,
        Err(why) => Answer::Failed(why),
    };
    render::page("answer.html", reader, answer.context(&wanted, reader.lang))
}

enum Answer {
    Outcome(Outcome),
    Failed(String),
    /// It goes on.
    UnderWay,
    /// Too much goes on.
    Full,
}

impl Answer {
    fn context(&self, wanted: &Wanted, lang: Lang) -> Value {
        let (kind, said) = match self {
            Answer::Outcome(outcome) => {
                let kind = match outcome.result {
                    OutcomeKind::Done => "done",
                    OutcomeKind::Refused => "refused",
                    _ => "failed",
                };
                (kind, words::outcome(lang, outcome))
            }
            Answer::Failed(why) => ("failed", Said::theirs(why)),
            Answer::UnderWay => ("under_way", Said::default()),
            Answer::Full => ("full", Said::default()),
        };
        context! { kind, message => told(said), action => wanted.action.as_str(), target => wanted.target.as_str() }
    }
}

async fn ask(dir: ClusterDir, action: Action, room: &Room) -> Answer {
    let asked = async move {
        let request = Request { action, by: BY.to_owned() };
        Live.act(&dir, &request, &mut |_| {}).await
    };
    match room.run(Some(AT_ONCE), asked).await {
        Stand::Through(Ok(outcome)) => Answer::Outcome(outcome),
        Stand::Through(Err(Failure { message, .. })) => Answer::Failed(message),
        Stand::Lost(why) => Answer::Failed(why),
        Stand::UnderWay => Answer::UnderWay,
        Stand::Full => Answer::Full,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(action: &str, target: &str, force: bool) -> Result<Action, String> {
        Wanted { action: action.into(), target: target.into(), force }.action()
    }

    #[test]
    fn a_button_asks_for_what_the_command_would() {
        for (action, target, force, command) in [
            ("kill", "broker-0", false, "kill broker-0 --signal SIGKILL"),
            (
                "kill",
                "leader:velib-stations/3",
                true,
                "kill leader:velib-stations/3 --signal SIGKILL --force",
            ),
            ("stop", "controller", false, "stop controller"),
            ("pause", "zookeeper-1", true, "pause zookeeper-1 --force"),
            ("start", "broker-0", true, "start broker-0"),
            ("resume", "broker-0", false, "resume broker-0"),
            ("restart", "broker-0", true, "restart broker-0 --force"),
        ] {
            assert_eq!(wanted(action, target, force).unwrap().to_string(), command);
        }
    }

    #[test]
    fn what_makes_no_sense_is_not_asked_for() {
        assert!(wanted("down", "broker-0", false).is_err());
        assert!(wanted("kill", "<script>", false).is_err());
        assert!(wanted("start", "controller", false).is_err());
    }
}
