//! The journal in French: which sentence of `fr.yaml` an event is. The English ones are in `output/events.rs`.

use super::french::{exit, names, outcome, reason, say, say_of, some, time};
use super::said::Said;
use crate::model::acl::Acl;
use crate::model::event::{Event, IsrChange, LeaderMove, Sender};
use crate::model::ids::{NodeName, Role};
use crate::model::outcome::Outcome;
use crate::model::step::Step;
use crate::output::alike::alike;
use crate::page::order::BY;
use crate::page::text::Lang;
use crate::units;

/// What happened, without when and to which node.
pub(super) fn event(event: &Event) -> Said {
    match event {
        Event::SupervisorStarted { pid, version } => say!("events.supervisor_started", pid, version),
        Event::SupervisorStopped { pid } => say!("events.supervisor_stopped", pid),
        Event::Asked { action, by, .. } => {
            let action = match event.asked() {
                Some(asked) if asked.is_by_what_they_are() => {
                    say!("events.meaning", action = asked.action, meant = names(&asked.meant))
                }
                Some(asked) => Said::from(asked.action),
                None => Said::from(action),
            };
            if by == BY { say!("events.asked_here", action) } else { say!("events.asked", action, by) }
        }
        Event::Answered { ok: true, message, outcome, .. } => {
            say!("events.answered", message = answer(message, outcome.as_ref()))
        }
        Event::Answered { ok: false, message, outcome, .. } => {
            say!("events.answered_not_done", message = answer(message, outcome.as_ref()))
        }
        Event::Refused { message, outcome, .. } => {
            say!("events.refused", message = answer(message, outcome.as_ref()))
        }
        Event::NodeAdded { .. } => say!("events.node_added"),
        Event::NodeRemoved { .. } => say!("events.node_removed"),
        Event::Started { pid, .. } => say!("events.started", pid),
        Event::StartFailed { reason: why, .. } => say!("events.start_failed", why = reason(why)),
        Event::Adopted { pid, .. } => say!("events.adopted", pid),
        Event::Reached { step, after_ms, .. } => {
            say!("events.reached", step = reached(*step), after = time(*after_ms))
        }
        Event::Ready { after_ms, .. } => say!("events.ready", after = time(*after_ms)),
        Event::Unready { step, reason: why, .. } => {
            say!("events.unready", step = waits_for(*step), why = reason(why))
        }
        Event::Signalled { pid, signal, by: Sender::Operator, .. } => {
            say!("events.signalled_by_operator", signal, pid)
        }
        Event::Signalled { pid, signal, by: Sender::Supervisor, .. } => {
            say!("events.signalled_by_supervisor", signal, pid)
        }
        Event::Exited { status, after_ms, expected, reason: why, .. } => {
            let exited = match after_ms {
                Some(ms) => say!("events.exited_after", exit = exit(*status), after = time(*ms)),
                None => say!("events.exited", exit = exit(*status)),
            };
            let exited = if *expected { exited } else { exited.and(say!("events.unasked")) };
            match why {
                Some(why) => say!("events.because", what = exited, why = reason(why)),
                None => exited,
            }
        }
        Event::RestartScheduled { attempt, in_ms: 0, .. } => say!("events.restart_at_once", attempt),
        Event::RestartScheduled { attempt, in_ms, .. } => {
            say!("events.restart_scheduled", attempt, wait = time(*in_ms))
        }
        Event::CrashLoop { exits, within_ms, reason: why, .. } => {
            let exits = *exits as usize;
            let given_up = say_of!(exits; "events.crash_loop", within = time(*within_ms));
            match why {
                Some(why) => say!("events.because", what = given_up, why = reason(why)),
                None => given_up,
            }
        }
        Event::RegistrationCleared { removed, .. } => {
            say!("events.registration_cleared", removed = removed.join(", "))
        }
        Event::Paused { .. } => say!("events.paused"),
        Event::Resumed { .. } => say!("events.resumed"),
        Event::BrokerRegistered { .. } => say!("events.broker_registered"),
        Event::BrokerGone { after_ms: Some(ms), .. } => say!("events.broker_gone_after", after = time(*ms)),
        Event::BrokerGone { after_ms: None, .. } => say!("events.broker_gone"),
        Event::ControllerChanged { role, from, to } => {
            let name = |id: &i32| NodeName { role: *role, id: *id };
            match (from.as_ref().map(name), to.as_ref().map(name)) {
                (Some(from), Some(to)) => say!("events.controller_moved", from, to),
                (None, Some(to)) => say!("events.controller", to),
                (Some(from), None) => say!("events.controller_lost", from),
                (None, None) => say!("events.no_controller"),
            }
        }
        Event::ZooKeeperLeaderChanged { from, to } => {
            let name = |id: &i32| NodeName { role: Role::ZooKeeper, id: *id };
            match (from.as_ref().map(name), to.as_ref().map(name)) {
                (Some(from), Some(to)) => say!("events.zookeeper_leader_moved", from, to),
                (None, Some(to)) => say!("events.zookeeper_leader", to),
                (Some(from), None) => say!("events.zookeeper_leader_lost", from),
                (None, None) => say!("events.no_zookeeper_leader"),
            }
        }
        Event::LeadersMoved { moved, offline } => {
            say_of!(moved.len(); "events.leaders_moved", moves = moves(moved), offline)
        }
        Event::IsrShrunk { partitions } => {
            let each = |to: &[i32], names: Said, n: usize| say_of!(n; "events.isr_shrunk", to = units::ids(to), names);
            isr_changed(partitions, each)
        }
        Event::IsrExpanded { partitions } => {
            let each = |to: &[i32], names: Said, n: usize| say_of!(n; "events.isr_expanded", to = units::ids(to), names);
            isr_changed(partitions, each)
        }
        Event::TopicCreated { topic, partitions, replication_factor, by_spec } => {
            let created = say_of!(*partitions as usize; "events.topic_created", topic, replication_factor);
            if *by_spec { created.and(say!("events.by_spec")) } else { created }
        }
        Event::TopicDeleted { topic } => say!("events.topic_deleted", topic),
        Event::TopicDiffers { topic, difference } => {
            say!("events.topic_differs", topic, difference = Said::theirs(difference))
        }
        Event::TopicConfigured { topic, settings } => {
            say!("events.topic_configured", topic, settings = settings.join(", "))
        }
        Event::UsersChanged { added, removed } => {
            say!("events.users_changed", added = some_of(added), removed = some_of(removed))
        }
        Event::AclsChanged { added, removed } => {
            say!("events.acls_changed", added = acls(added), removed = acls(removed))
        }
        Event::Usable { after_ms } => say!("events.usable", after = time(*after_ms)),
        Event::Trouble { message } => say!("events.trouble", message = Said::theirs(message)),
    }
}

/// A dash for none.
fn some_of(names: &[String]) -> String {
    if names.is_empty() { "–".to_owned() } else { names.join(", ") }
}

fn acls(acls: &[Acl]) -> String {
    some_of(&acls.iter().map(Acl::to_string).collect::<Vec<_>>())
}

/// Entries of earlier versions have the words alone.
fn answer(message: &str, value: Option<&Outcome>) -> Said {
    value.map_or_else(|| Said::theirs(message), outcome)
}

/// A readiness step that is behind the node.
fn reached(step: Step) -> Said {
    match step {
        Step::Process => say!("reached.process"),
        Step::Port => say!("reached.port"),
        Step::Protocol => say!("reached.protocol"),
        Step::Quorum => say!("reached.quorum"),
        Step::Registered => say!("reached.registered"),
        Step::Joined => say!("reached.joined"),
        Step::InSync => say!("reached.in_sync"),
    }
}

/// One that it has to reach again: as a tile says it.
fn waits_for(step: Step) -> Said {
    let key = match step {
        Step::Process => "process",
        Step::Port => "port",
        Step::Protocol => "protocol",
        Step::Quorum => "quorum",
        Step::Registered => "registered",
        Step::Joined => "joined",
        Step::InSync => "in_sync",
    };
    let text = Lang::Fr.texts().get_attr("steps").and_then(|steps| steps.get_attr(key));
    Said::from(text.unwrap_or_default())
}

/// Once per way that they went.
fn moves(moved: &[LeaderMove]) -> Said {
    let broker = |id: Option<i32>| id.map_or(say!("events.no_leader"), Said::from);
    let each = |((from, to), group): (&(Option<i32>, Option<i32>), &Vec<&LeaderMove>)| {
        let partition = some(group.iter().map(|one| (one.topic.as_str(), one.partition)));
        say!("events.one_move", partition, from = broker(*from), to = broker(*to))
    };
    Said::join(alike(moved, |one| (one.from, one.to)).iter().map(each), ", ")
}

/// Once per ISR that came out.
fn isr_changed(changes: &[IsrChange], say: impl Fn(&[i32], Said, usize) -> Said) -> Said {
    let each = |(to, group): (&&[i32], &Vec<&IsrChange>)| {
        say(to, some(group.iter().map(|one| (one.topic.as_str(), one.partition))), group.len())
    };
    Said::join(alike(changes, |change| change.to.as_slice()).iter().map(each), "\u{a0}; ")
}
