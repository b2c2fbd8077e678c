//! Why a node is as it is: from the journal, the status and the last error of its log. Pure.

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::action::Action;
use crate::model::asked::Asked;
use crate::model::cause::Cause;
use crate::model::event::{Entry, Event};
use crate::model::ids::{NodeName, Role};
use crate::model::reason::{LastWords, Reason};
use crate::model::signal::Signal;
use crate::model::status::{NodeState, NodeStatus, Status};
use crate::model::step::Step;
use crate::view::causes::cause;
use crate::view::refused::RefusedClient;

/// At most this many entries are told.
const STORY: usize = 8;

/// What is known of a node, and what would help; the JSON of `why`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Why {
    /// The one that was asked about.
    pub node: NodeName,
    /// As `status` has it; of a cluster of which nothing runs, as the journal left it.
    pub state: NodeState,
    /// When its process last changed: started, ready, paused, gone.
    pub since: Option<Timestamp>,
    /// While starting: the readiness step that it waits for.
    pub waiting_for: Option<Step>,
    /// What the operator wants of it, whatever it does.
    pub wanted: Wanted,
    /// The last request that wanted that of this node: the journal's `asked`.
    pub asked: Option<Entry>,
    /// The last things that were done to it, that its process did and that Kafka did about it, oldest first.
    pub story: Vec<Entry>,
    /// The last error of a probe or a start, or of the node's own log, in words.
    pub error: Option<String>,
    /// The same as a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What to do, a sentence each.
    pub help: Vec<String>,
    /// Of a broker: clients whom it refused since it was started, the last first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedClient>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Wanted {
    Up,
    Down,
    Paused,
}

/// `status`: `None` of a cluster of which nothing runs. `journal`: oldest first. `last_words`: what the
/// node said since its last start.
pub(crate) fn why(
    name: NodeName,
    status: Option<&Status>,
    journal: &[Entry],
    last_words: Option<LastWords>,
) -> Why {
    let now = status.and_then(|status| status.node(name));
    let state = now.map_or_else(|| state_when_down(name, journal), |node| node.state);
    let wanted = match state {
        NodeState::Killed | NodeState::Stopped | NodeState::Stopping => Wanted::Down,
        NodeState::Paused => Wanted::Paused,
        _ if now.is_none() => Wanted::Down,
        _ => Wanted::Up,
    };
    let story: Vec<Entry> = journal.iter().filter(|entry| concerns(&entry.event, name)).cloned().collect();
    // What a probe met says less than what the node itself says of its end; but one that could not even be
    // spawned has said nothing, and what its log has is of an earlier run.
    let last_words = last_words.filter(|_| !failed_to_spawn(&story));
    // Of its own words, what helps is told apart.
    let words = || last_words.clone().map(|words| (words.without_remedy(), Reason::LastWords(words)));
    // Who is killed says nothing, and what is in its log tells of something else.
    let killed = || killed(&story).map(|reason| (reason.to_string(), reason));
    let note = || now.and_then(|node| node.reason.clone()).map(|reason| (reason.to_string(), reason));
    let told = match state {
        // Whatever else it logged, it went on.
        NodeState::Ready => words().filter(|(_, words)| cause(words) == Some(Cause::Noexec)),
        NodeState::Killed | NodeState::Stopped | NodeState::Stopping => None,
        NodeState::Paused | NodeState::Waiting => note(),
        // A node that cannot come up, and goes on trying, says why in its log.
        NodeState::Starting | NodeState::Unresponsive => {
            let known = words().filter(|(_, words)| cause(words).is_some());
            known.or_else(note).or_else(words)
        }
        NodeState::Exited | NodeState::BackingOff | NodeState::CrashLoop => {
            killed().or_else(words).or_else(note)
        }
    };
    let (error, reason) = told.unzip();
    let remedy = reason.as_ref().and_then(cause).map(Cause::remedy);
    let mut why = Why {
        node: name,
        state,
        since: story.iter().rev().find(|entry| is_change(&entry.event)).map(|entry| entry.time),
        waiting_for: now.and_then(|node| node.waiting_for),
        wanted,
        asked: asked(name, wanted, journal),
        story: story[story.len().saturating_sub(STORY)..].to_vec(),
        error,
        reason,
        help: Vec::new(),
        refused: Vec::new(),
    };
    why.help = help(&why, remedy, now, status);
    why
}

/// The last try to start it made no process.
fn failed_to_spawn(story: &[Entry]) -> bool {
    let tries = story.iter().rev().map(|entry| &entry.event);
    let mut tries = tries.filter(|event| matches!(event, Event::Started { .. } | Event::StartFailed { .. }));
    matches!(tries.next(), Some(Event::StartFailed { .. }))
}

/// Why it was killed, when its last end was by SIGKILL that nobody asked for.
fn killed(story: &[Entry]) -> Option<Reason> {
    let tries = story.iter().rev().map(|entry| &entry.event);
    let mut ends = tries.filter(|event| matches!(event, Event::Exited { .. } | Event::StartFailed { .. }));
    match ends.next()? {
        Event::Exited { status, expected: false, reason, .. } if status.is_sigkill() => {
            Some(reason.clone().unwrap_or(Reason::Ended { exit: *status }))
        }
        _ => None,
    }
}

/// Of a cluster of which nothing runs: how the last process ended.
fn state_when_down(name: NodeName, journal: &[Entry]) -> NodeState {
    let last = journal.iter().rev().find_map(|entry| match &entry.event {
        Event::Exited { node, expected, .. } if *node == name => Some(*expected),
        _ => None,
    });
    match last {
        Some(false) => NodeState::Exited,
        Some(true) | None => NodeState::Stopped,
    }
}

/// The process itself is another than before.
fn is_change(event: &Event) -> bool {
    !matches!(
        event,
        Event::Signalled { .. }
            | Event::RegistrationCleared { .. }
            | Event::BrokerRegistered { .. }
            | Event::BrokerGone { .. }
            | Event::LeadersMoved { .. }
    )
}

/// Steps are many, and the status tells how far it is.
fn concerns(event: &Event, name: NodeName) -> bool {
    match event {
        Event::LeadersMoved { moved, .. } => {
            name.role == Role::Broker && moved.iter().any(|one| one.from == Some(name.id))
        }
        Event::Reached { .. } | Event::NodeAdded { .. } | Event::NodeRemoved { .. } => false,
        other => other.node() == Some(name),
    }
}

/// Requests that were refused wanted nothing in the end.
fn asked(name: NodeName, wanted: Wanted, journal: &[Entry]) -> Option<Entry> {
    let refused: BTreeSet<u64> = journal
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Refused { request, .. } => Some(*request),
            _ => None,
        })
        .collect();
    let is_it = |entry: &&Entry| {
        let Event::Asked { request, .. } = &entry.event else { return false };
        let wants_it = |asked: Asked| asked.is_about(name) && what_wants(&asked.action) == Some(wanted);
        entry.event.asked().is_some_and(wants_it) && !refused.contains(request)
    };
    journal.iter().rev().find(is_it).cloned()
}

/// What an action wants of the nodes that it is about.
fn what_wants(action: &Action) -> Option<Wanted> {
    match action {
        Action::Kill { signal, .. } if signal.is_deadly() => Some(Wanted::Down),
        Action::Stop { .. } | Action::Down => Some(Wanted::Down),
        Action::Kill { signal: Signal::STOP, .. } | Action::Pause { .. } => Some(Wanted::Paused),
        Action::Up
        | Action::Start { .. }
        | Action::Restart { .. }
        | Action::Resume { .. }
        | Action::Scale { .. } => Some(Wanted::Up),
        Action::Kill { .. } | Action::Forget { .. } => None,
    }
}

fn help(why: &Why, remedy: Option<&str>, now: Option<&NodeStatus>, status: Option<&Status>) -> Vec<String> {
    let name = why.node;
    let Some(status) = status else {
        return vec!["the whole cluster is down: `cluster up` starts it".to_owned()];
    };
    let mut help = Vec::new();
    help.extend(remedy.map(str::to_owned));
    let missing = missing_voters(status);
    match why.state {
        NodeState::Killed | NodeState::Stopped => help.push(format!("`cluster start {name}` starts it")),
        NodeState::Paused => help.push(format!("`cluster resume {name}` lets it go on")),
        NodeState::Exited | NodeState::CrashLoop => {
            help.push(format!("`cluster logs {name} -n 50` shows what it said last"));
            help.push(format!("`cluster start {name}` tries again"));
        }
        NodeState::BackingOff => {
            help.push("it is started again by itself, after a pause that grows".to_owned())
        }
        NodeState::Starting | NodeState::Waiting if !missing.is_empty() && !missing.contains(&name) => {
            let names: Vec<String> = missing.iter().map(NodeName::to_string).collect();
            help.push(format!("there is no quorum without them: `cluster start {}`", names.join(" ")));
        }
        NodeState::Unresponsive => {
            help.push(format!(
                "its process lives and does not answer: `cluster logs {name} -f`, `cluster restart {name}`"
            ));
        }
        NodeState::Ready if now.is_some_and(|node| node.registered == Some(false)) => {
            help.push(
                "its session has expired; it registers again by itself once it reaches the quorum".to_owned(),
            );
        }
        NodeState::Starting | NodeState::Waiting | NodeState::Stopping | NodeState::Ready => {}
    }
    help
}

/// The voters that are down, when those that are left are no majority.
fn missing_voters(status: &Status) -> Vec<NodeName> {
    let mut voters: Vec<&NodeStatus> =
        status.nodes.iter().filter(|node| node.node.role != Role::Broker).collect();
    if voters.is_empty() {
        // Combined: those that have a mode vote; which of those that are down did is not told.
        voters = status.nodes.iter().filter(|node| node.mode.is_some() || is_down(node.state)).collect();
    }
    let missing: Vec<NodeName> =
        voters.iter().filter(|node| is_down(node.state)).map(|node| node.node).collect();
    if missing.len() * 2 >= voters.len() { missing } else { Vec::new() }
}

fn is_down(state: NodeState) -> bool {
    matches!(
        state,
        NodeState::Killed | NodeState::Stopped | NodeState::Exited | NodeState::CrashLoop | NodeState::Paused
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::LeaderMove;
    use crate::model::exit::Exit;
    use crate::model::reason::Holder;
    use crate::model::samples;
    use crate::view::last_words::last_words;

    const B1: NodeName = NodeName { role: Role::Broker, id: 1 };

    fn journal(events: Vec<Event>) -> Vec<Entry> {
        let time = "2026-11-23T00:34:00Z".parse::<Timestamp>().unwrap();
        let entry = |(at, event): (usize, Event)| Entry {
            seq: at as u64,
            time: time + jiff::Span::new().seconds(at as i64),
            event,
        };
        events.into_iter().enumerate().map(entry).collect()
    }

    fn words(log: &str) -> LastWords {
        last_words(log, "").unwrap()
    }

    fn met(why: &str) -> Reason {
        Reason::NotReady { why: why.into() }
    }

    fn asked(request: u64, action: &str) -> Event {
        Event::Asked { request, action: action.into(), by: "cluster (pid 1)".into(), asked: None }
    }

    fn exited(status: Exit, expected: bool) -> Event {
        Event::Exited { node: B1, pid: 7, status, after_ms: None, expected, reason: None }
    }

    /// A cluster of three brokers and three servers, of which broker-1 is so.
    fn cluster(state: NodeState, reason: Option<Reason>) -> Status {
        let mut status = samples::healthy();
        for node in status.nodes.iter_mut().filter(|node| node.node == B1) {
            (node.state, node.reason) = (state, reason.clone());
        }
        status
    }

    #[test]
    fn of_a_node_that_sigkill_ended_the_system_is_asked_and_not_its_log() {
        let journal = |reason| {
            let end = Event::Exited {
                node: B1,
                pid: 7,
                status: Exit::Signal(9),
                after_ms: None,
                expected: false,
                reason,
            };
            journal(vec![Event::Started { node: B1, pid: 7 }, end])
        };
        let status = cluster(NodeState::Exited, None);
        let told = |reason, status| why(B1, status, &journal(reason), Some(words("[t] ERROR old error")));
        let kernel = Reason::OutOfMemoryKill { limit_bytes: None };
        let by_kernel = told(Some(kernel.clone()), Some(&status));
        assert_eq!(by_kernel.help[0], Cause::KilledByKernel.remedy());
        assert_eq!(by_kernel.reason, Some(kernel.clone()));
        assert_eq!(told(Some(kernel.clone()), None).reason, Some(kernel), "of a cluster that is down, too");
        let by_another = told(None, Some(&status));
        assert_eq!(by_another.error.unwrap(), "killed by SIGKILL that nobody of this program sent");
    }

    #[test]
    fn a_killed_broker_tells_who_wanted_it_what_followed_and_what_starts_it() {
        let moved = LeaderMove { topic: "t".into(), partition: 0, from: Some(1), to: Some(0), epoch: None };
        let journal = journal(vec![
            asked(1, "up"),
            Event::Started { node: B1, pid: 7 },
            asked(2, "kill leader:t/0 --signal SIGKILL, that is broker-1"),
            exited(Exit::Signal(9), true),
            Event::BrokerGone { node: B1, after_ms: Some(6000) },
            Event::LeadersMoved { moved: vec![moved], offline: 0 },
            asked(3, "stop broker-1"),
            Event::Refused { request: 3, message: "no".into(), outcome: None },
            asked(4, "kill broker-2"),
        ]);
        let why =
            why(B1, Some(&cluster(NodeState::Killed, None)), &journal, Some(words("[t] ERROR old error")));
        assert_eq!(why.wanted, Wanted::Down);
        assert!(
            matches!(why.asked.unwrap().event, Event::Asked { request: 2, .. }),
            "refused ones wanted nothing"
        );
        assert_eq!(why.story.len(), 4);
        assert_eq!(why.since, Some(journal[3].time), "when it died, not when Kafka followed");
        assert_eq!(why.error, None, "it ended since somebody wanted it");
        assert_eq!(why.help, ["`cluster start broker-1` starts it"]);
    }

    #[test]
    fn an_entry_with_the_action_as_a_value_and_an_old_one_with_its_text_say_the_same() {
        let texts = [
            "up",
            "kill leader:t/0 --signal SIGKILL, that is broker-1",
            "pause random:broker:7, that is broker-1",
            "kill broker-1 --signal SIGQUIT",
            "stop broker-2",
            "scale brokers 4",
            "forget broker-1",
        ];
        let old = journal((1..).zip(texts).map(|(request, text)| asked(request, text)).collect());
        let new: Vec<Entry> = old.iter().cloned().map(with_value).collect();
        for (wanted, found) in [(Wanted::Down, 1), (Wanted::Paused, 2), (Wanted::Up, 5)] {
            assert_eq!(super::asked(B1, wanted, &old), Some(old[found].clone()), "{wanted:?}");
            assert_eq!(super::asked(B1, wanted, &new), Some(new[found].clone()), "{wanted:?}");
        }
    }

    /// As it is written, with another text, since nobody is to go by it.
    fn with_value(mut entry: Entry) -> Entry {
        let value = entry.event.asked();
        if let Event::Asked { action, asked, .. } = &mut entry.event {
            (*action, *asked) = ("something".to_owned(), value);
        }
        entry
    }

    #[test]
    fn a_crash_loop_has_the_nodes_own_words_and_what_helps_against_them() {
        let journal = journal(vec![asked(1, "up"), exited(Exit::Code(1), false)]);
        let words = words("[t] ERROR it ends\njava.net.BindException: Address already in use");
        let why =
            why(B1, Some(&cluster(NodeState::CrashLoop, Some(met("exit code 1")))), &journal, Some(words));
        assert_eq!(why.wanted, Wanted::Up);
        assert_eq!(why.error.unwrap(), "its port is taken (java.net.BindException: Address already in use)");
        assert_eq!(why.help[0], Cause::PortTaken.remedy());
        assert!(why.help[2].contains("cluster start broker-1"));
    }

    #[test]
    fn a_node_that_could_not_be_spawned_is_not_explained_by_an_earlier_run() {
        let holder = Some(Holder { pid: 7, command: "x".into(), cluster: None });
        let taken = Reason::PortTaken { port: 9092, holder };
        let failed = Event::StartFailed { node: B1, reason: taken.clone() };
        let journal = journal(vec![asked(1, "up"), Event::Started { node: B1, pid: 7 }, failed]);
        let status = cluster(NodeState::CrashLoop, Some(taken));
        let why = why(B1, Some(&status), &journal, Some(words("[t] ERROR No space left on device")));
        assert_eq!(why.error.as_deref(), Some("its port 9092 is taken by process 7 (x)"));
        assert_eq!(why.help[0], Cause::PortTaken.remedy());
    }

    #[test]
    fn a_node_that_goes_on_trying_in_vain_is_explained_by_its_log() {
        let status = cluster(NodeState::Starting, Some(met("connection refused")));
        let known = words("[t] ERROR Unexpected error INCONSISTENT_CLUSTER_ID in FETCH response");
        let why = super::why(B1, Some(&status), &[], Some(known));
        assert!(why.error.unwrap().starts_with(Cause::OtherCluster.sentence()));
        assert_eq!(why.help, [Cause::OtherCluster.remedy()]);
        let unknown = words("[t] ERROR something else");
        let why = super::why(B1, Some(&status), &[], Some(unknown));
        assert_eq!(why.error.as_deref(), Some("connection refused"));
    }

    #[test]
    fn a_broker_that_waits_for_a_quorum_that_is_lost_says_whom_to_start() {
        let mut status = cluster(NodeState::Starting, Some(met("connection refused")));
        for node in status.nodes.iter_mut().filter(|node| node.node.role == Role::ZooKeeper).take(2) {
            node.state = NodeState::Killed;
        }
        let why = why(B1, Some(&status), &[], None);
        assert_eq!(why.help, ["there is no quorum without them: `cluster start zookeeper-1 zookeeper-2`"]);
        assert_eq!(why.error.as_deref(), Some("connection refused"));
    }

    #[test]
    fn of_a_cluster_that_is_down_the_journal_tells() {
        let journal = journal(vec![asked(1, "up"), exited(Exit::Code(1), false), asked(2, "down")]);
        let why = why(B1, None, &journal, Some(words("[t] ERROR words")));
        assert_eq!((why.state, why.wanted), (NodeState::Exited, Wanted::Down));
        assert!(matches!(why.asked.unwrap().event, Event::Asked { request: 2, .. }));
        assert!(why.help[0].contains("cluster up"));
    }

    #[test]
    fn a_node_that_is_ready_has_nothing_to_be_helped_with() {
        let why = why(B1, Some(&cluster(NodeState::Ready, None)), &[], Some(words("[t] ERROR old")));
        assert_eq!((why.help.len(), why.error), (0, None));
    }

    #[test]
    fn a_node_that_is_ready_and_lacks_native_code_says_so() {
        let said = words(
            "[t] ERROR it failed\njava.lang.UnsatisfiedLinkError: failed to map segment from shared object",
        );
        let why = why(B1, Some(&cluster(NodeState::Ready, None)), &[], Some(said));
        assert!(why.error.unwrap().starts_with(Cause::Noexec.sentence()));
        assert_eq!(why.help, [Cause::Noexec.remedy()]);
    }
}
