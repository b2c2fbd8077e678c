//! Answers, refusals and reasons in French: which sentence of `fr.yaml` it is, and what fills its holes. The English
//! ones are in `model/sentence.rs`.

use super::said::Said;
use crate::model::cause::Cause;
use crate::model::exit::Exit;
use crate::model::ids::{NodeName, Role};
use crate::model::outcome::{
    Absence, FailoverResult, KeptDown, NodeOutcome, NodeResult, Outcome, Stop, Summary,
};
use crate::model::partitions::first_of;
use crate::model::reason::{Holder, LastWords, Reason};
use crate::model::refusal::{Harm, NobodyMeant};
use crate::model::topic_partition::TopicPartition;
use crate::page::text::{Lang, counted};

/// `say!("stops.killed", signal, after = time(*after_ms))`: the sentence of that key with its holes filled.
macro_rules! say {
    ($key:literal $(, $hole:ident $(= $value:expr)?)* $(,)?) => {
        $crate::page::words::french::sentence($key, None, &[$((stringify!($hole), say!(@ $hole $($value)?))),*])
    };
    (@ $hole:ident) => { $crate::page::words::said::Said::from($hole) };
    (@ $hole:ident $value:expr) => { $crate::page::words::said::Said::from($value) };
}

/// The same of a sentence that depends on a number: `say_of!(n; "harms.more")`.
macro_rules! say_of {
    ($n:expr; $key:literal $(, $hole:ident $(= $value:expr)?)* $(,)?) => {
        $crate::page::words::french::sentence($key, Some($n), &[$((stringify!($hole), say!(@ $hole $($value)?))),*])
    };
}

pub(super) use {say, say_of};

/// Below `engine` in the texts; a key that is not there is told as it is.
pub(super) fn sentence(key: &str, n: Option<usize>, holes: &[(&str, Said)]) -> Said {
    let engine = Lang::Fr.texts().get_attr("engine");
    let found = key.split('.').try_fold(engine.unwrap_or_default(), |texts, key| texts.get_attr(key));
    let found = found.unwrap_or_default();
    let text = match n {
        Some(n) => counted(&found, n as u64).ok(),
        None => found.as_str().map(str::to_owned),
    };
    Said::fill(text.as_deref().unwrap_or(key), holes)
}

pub(super) fn outcome(outcome: &Outcome) -> Said {
    let nodes = &outcome.nodes;
    let (changed, changed_names) = listed(nodes.iter().filter(|node| !node.is_unchanged()));
    match &outcome.summary {
        Summary::Nodes if nodes.is_empty() => say!("summaries.nothing"),
        Summary::Nodes => {
            let each =
                |node: &NodeOutcome| say!("summaries.node", node = node.node, result = result(&node.result));
            Said::join(nodes.iter().map(each), BETWEEN)
        }
        Summary::Usable { after_ms } => {
            with_kept_down(say!("summaries.usable", after = time(*after_ms)), nodes)
        }
        Summary::AlreadyUsable => with_kept_down(say!("summaries.already_usable"), nodes),
        Summary::NoBrokerWanted => with_kept_down(say!("summaries.no_broker_wanted"), nodes),
        Summary::Down => match nodes.iter().filter(|node| node.was_forced()).count() {
            0 => say!("summaries.down"),
            forced => say_of!(forced; "summaries.down_forced", all = nodes.len()),
        },
        Summary::NotUp => {
            let failed = || nodes.iter().filter(|node| node.did_fail());
            let why = failed().next().map(|node| result(&node.result)).unwrap_or_default();
            let (count, names) = listed(failed());
            say_of!(count; "summaries.not_up", names, why)
        }
        Summary::Sent { signal } if changed == 0 => say!("summaries.sent_to_none", signal),
        Summary::Sent { signal } => say!("summaries.sent", signal, names = changed_names),
        Summary::Paused => say_of!(changed; "summaries.paused", names = changed_names),
        Summary::Resumed => say_of!(changed; "summaries.resumed", names = changed_names),
        Summary::Joined { after_ms } => {
            say_of!(changed; "summaries.joined", names = changed_names, after = time(*after_ms))
        }
        Summary::AllMembers => say!("summaries.all_members"),
        Summary::Forgotten => say!("summaries.forgotten", names = listed(nodes.iter()).1),
        Summary::StillPlanned { node } => say!("summaries.still_planned", node),
        Summary::NotRestarted { nodes } => say!("summaries.not_restarted", names = names(nodes)),
        Summary::OutOfIsr { topic, partition, broker, why } => {
            let partition = TopicPartition::new(topic, *partition);
            say!("summaries.out_of_isr", partition, broker, why = absence(*why, *broker))
        }
        Summary::DownMeanwhile => say!("summaries.down_meanwhile"),
        Summary::StartedLater { node } => say!("summaries.started_later", node),
        Summary::TakenDownLater { node } => say!("summaries.taken_down_later", node),
        Summary::KilledLater { node } => say!("summaries.killed_later", node),
        Summary::GoingDown => say!("summaries.going_down"),
        Summary::ClusterIsDown => say!("summaries.cluster_is_down"),
        Summary::NoSuchNode { node, known } => say!("summaries.no_such_node", node, known = names(known)),
        Summary::Harm { harm: harmed } => harm(harmed),
        Summary::NobodyMeant { why } => nobody(why),
        Summary::OtherPlan { path, busy } => {
            let path = path.display();
            match busy {
                Some(busy) => say!("summaries.other_plan_busy", path, busy),
                None => say!("summaries.other_plan", path),
            }
        }
        Summary::WasNotRunning { cluster } => say!("summaries.was_not_running", cluster),
        Summary::Words { text } => Said::theirs(text),
    }
}

fn result(result: &NodeResult) -> Said {
    match result {
        NodeResult::Ready { after_ms: None } => say!("results.ready"),
        NodeResult::Ready { after_ms: Some(ms) } => say!("results.ready_after", after = time(*ms)),
        NodeResult::AlreadyRunning => say!("results.already_running"),
        NodeResult::StaysDown { by } => stays_down(*by),
        NodeResult::Failed { reason: Some(why) } => reason(why),
        NodeResult::Failed { reason: None } => say!("results.failed_without_word"),
        NodeResult::Stopped(stopped) => stop(stopped),
        NodeResult::Killed { signal, after_ms: Some(ms), failover } => {
            say!("results.killed_after", signal, after = time(*ms)).and(told(failover.as_ref()))
        }
        NodeResult::Killed { signal, after_ms: None, failover } => {
            say!("results.killed", signal).and(told(failover.as_ref()))
        }
        NodeResult::StillThere { signal } => say!("results.still_there", signal),
        NodeResult::AlreadyDown { stays_down: true, failover } => {
            say!("results.already_down_stays").and(told(failover.as_ref()))
        }
        NodeResult::AlreadyDown { stays_down: false, failover } => {
            say!("results.already_down").and(told(failover.as_ref()))
        }
        NodeResult::Gone => say!("results.gone"),
        NodeResult::Restarted { stop: stopped, ready_after_ms } => {
            say!("results.restarted", stop = stop(stopped), after = time(*ready_after_ms))
        }
        NodeResult::Sent { signal } => say!("results.sent", signal),
        NodeResult::Paused => say!("results.paused"),
        NodeResult::AlreadyPaused => say!("results.already_paused"),
        NodeResult::NothingToPause => say!("results.nothing_to_pause"),
        NodeResult::Resumed => say!("results.resumed"),
        NodeResult::NotPaused => say!("results.not_paused"),
        NodeResult::NothingToResume => say!("results.nothing_to_resume"),
        NodeResult::Joined { after_ms } => say!("results.joined", after = time(*after_ms)),
        NodeResult::AlreadyMember => say!("results.already_member"),
        NodeResult::Forgotten => say!("results.forgotten"),
        NodeResult::NoMember => say!("results.no_member"),
        NodeResult::Left { stop: stopped, kept_data: true, dir } => {
            say!("results.left_kept", stop = stop(stopped), dir = dir.display())
        }
        NodeResult::Left { stop: stopped, kept_data: false, dir } => {
            say!("results.left_deleted", stop = stop(stopped), dir = dir.display())
        }
    }
}

fn stop(stop: &Stop) -> Said {
    match stop {
        Stop::InOrder { after_ms } => say!("stops.in_order", after = time(*after_ms)),
        Stop::WithoutQuorum { after_ms } => say!("stops.without_quorum", after = time(*after_ms)),
        Stop::Forced { after_ms } => say!("stops.forced", after = time(*after_ms)),
        Stop::Killed { signal, after_ms } => say!("stops.killed", signal, after = time(*after_ms)),
        Stop::ByItself => say!("stops.by_itself"),
        Stop::WasDown => say!("stops.was_down"),
    }
}

fn harm(harm: &Harm) -> Said {
    match harm {
        Harm::NoQuorum { lost, role: Role::ZooKeeper, live, voters, needed } => {
            say!("harms.no_zookeeper_quorum", lost = names(lost), live, voters, needed)
        }
        Harm::NoQuorum { lost, role: Role::Controller | Role::Broker, live, voters, needed } => {
            say!("harms.no_controller_quorum", lost = names(lost), live, voters, needed)
        }
        Harm::NoBroker { lost } => say!("harms.no_broker", lost = names(lost)),
        Harm::Partitions { lost, offline, below_min_isr } => {
            let mut harms = Vec::new();
            if !offline.is_empty() {
                harms.push(say_of!(offline.len(); "harms.offline", names = of_all(offline)));
            }
            if !below_min_isr.is_empty() {
                harms
                    .push(say_of!(below_min_isr.len(); "harms.below_min_isr", names = of_all(below_min_isr)));
            }
            say!("harms.partitions", lost = names(lost), harms = Said::join(harms, " et "))
        }
    }
}

fn nobody(nobody: &NobodyMeant) -> Said {
    match nobody {
        NobodyMeant::NoController => say!("nobody.no_controller"),
        NobodyMeant::NoZooKeeper => say!("nobody.no_zookeeper"),
        NobodyMeant::NoZooKeeperLeader => say!("nobody.no_zookeeper_leader"),
        NobodyMeant::TopicsUnknown => say!("nobody.topics_unknown"),
        NobodyMeant::NoTopic { topic } => say!("nobody.no_topic", topic),
        NobodyMeant::NoPartition { topic, partition, last } => {
            say!("nobody.no_partition", topic, partition, last)
        }
        NobodyMeant::NoLeader { topic, partition } => say!("nobody.no_leader", topic, partition),
        NobodyMeant::NoFollower { topic, partition } => say!("nobody.no_follower", topic, partition),
        NobodyMeant::NoneUp { role: Role::ZooKeeper } => say!("nobody.no_zookeeper_up"),
        NobodyMeant::NoneUp { role: Role::Controller } => say!("nobody.no_controller_up"),
        NobodyMeant::NoneUp { role: Role::Broker } => say!("nobody.no_broker_up"),
    }
}

pub(super) fn reason(reason: &Reason) -> Said {
    match reason {
        Reason::PortTaken { port, holder: Some(Holder { pid, command, .. }) } => {
            say!("reasons.port_taken_by", port, pid, command)
        }
        Reason::PortTaken { port, holder: None } => say!("reasons.port_taken", port),
        Reason::CannotRun { program, why } => say!("reasons.cannot_run", program, why = Said::theirs(why)),
        Reason::Ended { exit: ended } if ended.is_sigkill() => say!("reasons.killed"),
        Reason::OutOfMemoryKill { limit_bytes: Some(bytes) } => {
            say!("reasons.oom_kill_in_cgroup", mib = bytes >> 20)
        }
        Reason::OutOfMemoryKill { limit_bytes: None } => say!("causes.killed_by_kernel"),
        Reason::Ended { exit: ended } => say!("reasons.ended", exit = exit(*ended)),
        Reason::LastWords(LastWords { cause: Some(known), quote }) => {
            let (cause, remedy) = cause(*known);
            say!("reasons.last_words", cause, remedy, quote = Said::theirs(quote))
        }
        Reason::ProcessGone => say!("reasons.process_gone"),
        Reason::ProcessPaused => say!("reasons.process_paused"),
        Reason::OldRegistration { why } => say!("reasons.old_registration", why = Said::theirs(why)),
        Reason::WaitsForQuorum => say!("reasons.waits_for_quorum"),
        Reason::WaitsForStart => say!("reasons.waits_for_start"),
        Reason::StaysDown { by } => stays_down(*by),
        Reason::LastWords(LastWords { cause: None, quote: why })
        | Reason::NotStarted { why }
        | Reason::NotReady { why }
        | Reason::Words { text: why } => Said::theirs(why),
    }
}

/// What it is, and what helps against it.
fn cause(cause: Cause) -> (Said, Said) {
    match cause {
        Cause::PortTaken => (say!("causes.port_taken"), say!("remedies.port_taken")),
        Cause::JmxPort => (say!("causes.jmx_port"), say!("remedies.jmx_port")),
        Cause::Threads => (say!("causes.threads"), say!("remedies.threads")),
        Cause::OpenFiles => (say!("causes.open_files"), say!("remedies.open_files")),
        Cause::DiskFull => (say!("causes.disk_full"), say!("remedies.disk_full")),
        Cause::OutOfMemory => (say!("causes.out_of_memory"), say!("remedies.out_of_memory")),
        Cause::KilledByKernel => (say!("causes.killed_by_kernel"), say!("remedies.killed_by_kernel")),
        Cause::DataInUse => (say!("causes.data_in_use"), say!("remedies.data_in_use")),
        Cause::ForeignFolder => (say!("causes.foreign_folder"), say!("remedies.foreign_folder")),
        Cause::OtherCluster => (say!("causes.other_cluster"), say!("remedies.other_cluster")),
        Cause::FeatureLevel => (say!("causes.feature_level"), say!("remedies.feature_level")),
        Cause::AlreadyRegistered => (say!("causes.already_registered"), say!("remedies.already_registered")),
        Cause::JavaTooOld => (say!("causes.java_too_old"), say!("remedies.java_too_old")),
        Cause::ClassMissing => (say!("causes.class_missing"), say!("remedies.class_missing")),
        Cause::Setting => (say!("causes.setting"), say!("remedies.setting")),
        Cause::Certificate => (say!("causes.certificate"), say!("remedies.certificate")),
        Cause::Noexec => (say!("causes.noexec"), say!("remedies.noexec")),
        Cause::JvmFlag => (say!("causes.jvm_flag"), say!("remedies.jvm_flag")),
    }
}

pub(super) fn exit(exit: Exit) -> Said {
    match exit {
        // The number, with the signal that it stands for.
        Exit::Code(_) => say!("exits.code", code = exit.to_string().trim_start_matches("exit code ")),
        // A name, or the number of one that has none.
        Exit::Signal(_) => Said::from(exit),
        Exit::Unknown => say!("exits.unknown"),
        Exit::Unseen => say!("exits.unseen"),
    }
}

fn stays_down(by: KeptDown) -> Said {
    match by {
        KeptDown::Killed => say!("reasons.stays_down_killed"),
        KeptDown::Stopped => say!("reasons.stays_down_stopped"),
    }
}

fn told(failover: Option<&FailoverResult>) -> Said {
    match failover {
        Some(FailoverResult::Done) => say!("results.failover_done"),
        Some(FailoverResult::Failed { why }) => say!("results.failover_failed", why = Said::theirs(why)),
        None => Said::default(),
    }
}

/// Why `broker` does not come back by itself, and what brings it.
fn absence(why: Absence, broker: NodeName) -> Said {
    match why {
        Absence::NoMember => say!("absences.no_member"),
        Absence::KeptDown => say!("absences.kept_down", broker),
        Absence::CrashLoop => say!("absences.crash_loop", broker),
        Absence::Policy => say!("absences.policy", broker),
        Absence::Paused => say!("absences.paused", broker),
    }
}

/// Between two sentences on one line.
const BETWEEN: &str = "\u{a0}; ";

fn with_kept_down(said: Said, nodes: &[NodeOutcome]) -> Said {
    match listed(nodes.iter().filter(|node| matches!(node.result, NodeResult::StaysDown { .. }))) {
        (0, _) => said,
        (_, names) => said.and(BETWEEN).and(say!("summaries.kept_down", names)),
    }
}

/// How many they are, and their names.
fn listed<'a>(nodes: impl Iterator<Item = &'a NodeOutcome>) -> (usize, String) {
    let nodes: Vec<NodeName> = nodes.map(|node| node.node).collect();
    (nodes.len(), names(&nodes))
}

pub(super) fn names(nodes: &[NodeName]) -> String {
    nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Of many the first, and how many more there are.
pub(super) fn some<'a>(partitions: impl IntoIterator<Item = (&'a str, i32)>) -> Said {
    match first_of(partitions) {
        (shown, 0) => Said::from(shown),
        (shown, more) => Said::from(shown).and(say_of!(more; "harms.more")),
    }
}

fn of_all(partitions: &[TopicPartition]) -> Said {
    some(partitions.iter().map(|one| (one.topic.as_str(), one.partition)))
}

pub(super) fn time(ms: u64) -> String {
    Lang::Fr.duration(ms)
}
