//! The explanation in a sentence.

use std::collections::BTreeSet;

use super::model::{Explanation, Harm, Outcome, RackLoss};
use crate::model::ids::{NodeName, Role};
use crate::model::partitions::named;
use crate::model::sentence::{name_some, no_quorum};

/// Sets that the sentence names; the table has the others.
const NAMED: usize = 3;

/// `any one broker may fail, not two: broker-0 and broker-1 would take velib/0 offline`. `coordinators`: whose quorum
/// it takes to move leaders.
pub(super) fn message(it: &Explanation, coordinators: Role) -> String {
    let names: Vec<String> = it.down.iter().map(|id| NodeName::broker(*id).to_string()).collect();
    let mut text = match &names[..] {
        [] => String::new(),
        [one] => format!("as it is now ({one} is down), "),
        _ => format!("as it is now ({} are down), ", names.join(", ")),
    };
    if !it.quorum {
        text += &format!(
            "no broker may fail: {}, and until it is back nobody takes over what a broker leads; with a quorum, ",
            no_quorum(coordinators)
        );
    }
    if it.partition_count == 0 {
        return text + "it has no partition that could be harmed";
    }
    let now: Vec<String> =
        it.harms.iter().filter(|harm| harm.any == 0).map(|harm| already(it, harm)).collect();
    if now.is_empty() {
        text += &may_fail(it);
    } else {
        text += &format!("{}; no {}broker may fail", now.join(" and "), further(it));
    }
    let least = it.harms.iter().map(|harm| harm.any).filter(|any| *any > 0).min();
    let next: Vec<&Harm> = it.harms.iter().filter(|harm| Some(harm.any) == least).collect();
    if !next.is_empty() {
        text += &format!(": {}", would(it, &next));
    }
    text
}

/// `of the racks only left may fail as a whole`.
pub(super) fn racks(racks: &[RackLoss]) -> String {
    let may: Vec<String> = racks.iter().filter(|rack| rack.tolerated).map(|rack| rack.rack.clone()).collect();
    match may.len() {
        0 => "no rack may fail as a whole".to_owned(),
        all if all == racks.len() => "any rack may fail as a whole".to_owned(),
        _ => format!("of the racks only {} may fail as a whole", name_some(&may)),
    }
}

fn further(it: &Explanation) -> &'static str {
    if it.down.is_empty() { "" } else { "further " }
}

fn may_fail(it: &Explanation) -> String {
    let (may, further) = (it.brokers_may_fail, further(it));
    if may == 0 {
        return format!("no {further}broker may fail");
    }
    let brokers = if may == 1 { "broker" } else { "brokers" };
    let next = it.sizes.as_ref().and_then(|sizes| sizes.get(may));
    let not = match next {
        Some(next) if next.tolerated == 0 => format!("not {}", word(may + 1)),
        Some(next) => {
            format!("but only {} of the {} sets of {}", next.tolerated, next.sets, word(may + 1))
        }
        None => format!("but not every {}", word(may + 1)),
    };
    format!("any {} {further}{brokers} may fail, {not}", word(may))
}

/// What holds before any broker fails.
fn already(it: &Explanation, harm: &Harm) -> String {
    let (who, one) = (partitions(it, harm), harm.partitions.len() == 1);
    match harm.result {
        Outcome::BelowMinIsr => format!(
            "{who} {} acks=all, with fewer in sync than min.insync.replicas={}",
            if one { "refuses" } else { "refuse" },
            it.min_insync_replicas
        ),
        Outcome::Offline => format!(
            "{who} {} offline until {} returns",
            if one { "is" } else { "are" },
            brokers(&harm.until, "or")
        ),
        Outcome::Lost => format!(
            "{who} {} only out-of-sync replicas left, of which one leads and loses messages",
            if one { "has" } else { "have" }
        ),
    }
}

/// `broker-0 and broker-1 would take t/0 offline, broker-1 and broker-2 t/1`.
fn would(it: &Explanation, harms: &[&Harm]) -> String {
    let mut parts = Vec::new();
    let mut last = None;
    for harm in harms.iter().take(NAMED) {
        let (who, what) = (set(harm), partitions(it, harm));
        parts.push(match (harm.result, last == Some(harm.result)) {
            (_, true) => format!("{who} {what}"),
            (Outcome::Lost, _) => format!("{who} would lose messages of {what}"),
            (Outcome::Offline, _) => format!("{who} would take {what} offline"),
            _ => format!("{who} would take {what} below min ISR (acks=all refused)"),
        });
        last = Some(harm.result);
    }
    if harms.len() > NAMED {
        parts.push(format!("and {} more such sets", harms.len() - NAMED));
    }
    parts.join(", ")
}

fn set(harm: &Harm) -> String {
    match harm.any {
        any if any == harm.of.len() => brokers(&harm.of, "and"),
        1 => brokers(&harm.of, "or"),
        _ => format!("any {} of {}", word(harm.any), brokers(&harm.of, "and")),
    }
}

fn partitions(it: &Explanation, harm: &Harm) -> String {
    if harm.partitions.len() == it.partition_count && it.partition_count > 1 {
        return format!("all {} partitions", it.partition_count);
    }
    named(harm.partitions.iter().map(|number| (it.topic.as_str(), *number)))
}

/// `broker-0, broker-1 and broker-2`.
fn brokers(ids: &BTreeSet<i32>, and: &str) -> String {
    let names: Vec<String> = ids.iter().map(|id| NodeName::broker(*id).to_string()).collect();
    match names.split_last() {
        None => "a replica that was in sync".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} {and} {last}", others.join(", ")),
    }
}

/// Small numbers in letters.
fn word(number: usize) -> String {
    const WORDS: [&str; 10] = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    WORDS.get(number).map_or_else(|| number.to_string(), |word| (*word).to_owned())
}
