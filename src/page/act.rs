//! What is done by a button: the same action that a command asks for, over the same socket, journalled as the page's.

use std::time::Duration;

use minijinja::{Value, context};
use serde::Deserialize;
use serde::de::IntoDeserializer;

use super::hub::{Ended, Hub, Part};
use super::order::{BY, Order, Verb};
use super::render::{self, Reader};
use super::text::Lang;
use super::under_way::{Room, Stand};
use super::value::{told, why};
use super::words::{self, Came, Said};
use crate::api::message::Request;
use crate::engine::ops::{FolderOps, LIVE, NodeOps};
use crate::error::Failure;
use crate::model::action::Action;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::target::Target;
use crate::paths::ClusterDir;

/// What takes longer goes on, and is followed in the view.
const AT_ONCE: Duration = Duration::from_millis(1_500);

/// In the place of a target: every node that there is.
const ALL: &str = "all";

/// What a form says.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Wanted {
    /// `kill`, `stop`, `start`, `pause`, `resume` or `restart`.
    action: String,
    /// As the command line has it: `broker-0`, `leader:velib-stations/3`; or [`ALL`].
    target: String,
    /// Though a guard would refuse.
    #[serde(default)]
    force: bool,
    /// Of `kill`; empty: SIGKILL.
    #[serde(default)]
    signal: String,
    /// Of `kill`.
    #[serde(default)]
    fast_failover: bool,
    /// Of `restart`.
    #[serde(default)]
    rolling: bool,
}

impl Wanted {
    /// The error is for people.
    fn action(&self, members: impl FnOnce() -> Result<Vec<Target>, String>) -> Result<Action, String> {
        let word = self.action.as_str().into_deserializer();
        let action = Verb::deserialize(word).map_err(|error: serde::de::value::Error| error.to_string())?;
        let nodes = match self.target.as_str() {
            ALL => members()?,
            target => vec![target.parse().map_err(|error| format!("{error}"))?],
        };
        let signal = Some(&self.signal).filter(|signal| !signal.is_empty());
        let signal = signal.map(|signal| signal.parse()).transpose().map_err(|error| format!("{error}"))?;
        let Wanted { force, fast_failover, rolling, .. } = *self;
        Order { action, nodes, force, signal, fast_failover, rolling }.action()
    }
}

/// Has it done: the answer as HTML, once it is there or it is clear that it takes its time.
pub(super) async fn act(
    dir: ClusterDir,
    wanted: Wanted,
    hub: &Hub,
    room: &Room,
    reader: Reader<'_>,
) -> String {
    let members = || match LIVE.stored_plan(&dir) {
        Ok(plan) => Ok(plan.nodes.iter().map(|node| Target::Node(node.name)).collect()),
        Err(failure) => Err(why(&failure)),
    };
    let answer = match wanted.action(members) {
        Ok(action) => ask(dir, action, hub.clone(), reader.cluster, room).await,
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
            Answer::Outcome(outcome) => (kind(outcome), words::outcome(lang, outcome)),
            Answer::Failed(why) => ("failed", Said::theirs(why)),
            Answer::UnderWay => ("under_way", Said::default()),
            Answer::Full => ("full", Said::default()),
        };
        let Wanted { fast_failover, rolling, .. } = *wanted;
        context! {
            kind, message => told(said), fast_failover, rolling, action => wanted.action.as_str(),
            target => wanted.target.as_str(), signal => wanted.signal.as_str(),
        }
    }
}

fn kind(outcome: &Outcome) -> &'static str {
    match outcome.result {
        OutcomeKind::Done => "done",
        OutcomeKind::Refused => "refused",
        _ => "failed",
    }
}

async fn ask(dir: ClusterDir, action: Action, hub: Hub, cluster: &str, room: &Room) -> Answer {
    let cluster = cluster.to_owned();
    // It takes its time, and who began it may be gone.
    let is_told = matches!(action, Action::Restart { rolling: true, .. });
    let asked = async move {
        let what = action.clone();
        let request = Request { action, by: BY.to_owned() };
        let mut on_reply = |_| {};
        let work = LIVE.act(&dir, &request, &mut on_reply);
        if !is_told {
            return work.await;
        }
        let ended = |came: &Result<Outcome, Failure>| {
            Some(match came {
                Ok(outcome) => Ended::new(kind(outcome), Came::Answer(what, outcome.clone())),
                Err(failure) => Ended::new("failed", Came::Words(format!("{what}: {}", why(failure)))),
            })
        };
        hub.tell(cluster, Part::Nodes, work, ended).await
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

    fn all() -> Result<Vec<Target>, String> {
        Ok(["zookeeper-1", "broker-0"].map(|name| name.parse().unwrap()).into())
    }

    fn wanted(action: &str, target: &str, force: bool) -> Result<Action, String> {
        Wanted { action: action.into(), target: target.into(), force, ..Wanted::default() }.action(all)
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
    fn a_form_names_another_signal_or_has_all_restarted_in_turn() {
        let form = |wanted: Wanted| wanted.action(all).map(|action| action.to_string());
        let kill = Wanted { action: "kill".into(), target: "broker-0".into(), ..Wanted::default() };
        let term = Wanted { signal: "SIGTERM".into(), ..kill.clone() };
        assert_eq!(form(term).unwrap(), "kill broker-0 --signal SIGTERM");
        let fast = Wanted { fast_failover: true, force: true, ..kill.clone() };
        assert_eq!(form(fast.clone()).unwrap(), "kill broker-0 --signal SIGKILL --fast-failover --force");
        let (action, target) = ("restart".into(), "all".into());
        let rolling = Wanted { action, target, rolling: true, ..Wanted::default() };
        assert_eq!(form(rolling).unwrap(), "restart zookeeper-1 broker-0 --rolling");
        assert!(form(Wanted { signal: "SIGQUIT".into(), ..fast }).unwrap_err().contains("ends a process"));
        assert!(form(Wanted { signal: "NONE".into(), ..kill }).unwrap_err().contains("not a signal"));
    }

    #[test]
    fn what_makes_no_sense_is_not_asked_for() {
        assert!(wanted("down", "broker-0", false).is_err());
        assert!(wanted("kill", "<script>", false).is_err());
        assert!(wanted("start", "controller", false).is_err());
    }
}
