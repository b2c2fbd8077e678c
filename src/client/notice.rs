//! What producers and consumers tell while they work: each change once, not each try.

use std::fmt;
use std::time::Duration;

use crate::model::partitions::numbers;

/// A change that matters to whoever waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// The first try that failed; `partitions` are those that it leads.
    BrokerLost {
        broker: i32,
        reason: String,
        partitions: usize,
    },
    BrokerBack {
        broker: i32,
    },
    /// It has a request for these, and has not answered for a while.
    BrokerSlow {
        broker: i32,
        partitions: Vec<i32>,
        /// How long it has not answered.
        silent: Duration,
    },
    /// These partitions have another leader; `None`: none at the moment.
    Led {
        partitions: Vec<i32>,
        leader: Option<i32>,
    },
    /// Brokers refuse acks=all; `in_sync` is how many replicas are, as far as Kafka tells.
    BelowMinIsr {
        partitions: Vec<i32>,
        min_isr: usize,
        in_sync: Option<usize>,
    },
    EnoughInSync {
        partitions: Vec<i32>,
    },
    /// Another error that is tried again.
    Setback {
        partitions: Vec<i32>,
        reason: String,
    },
    /// No broker knows the topic any more.
    TopicGone {
        topic: String,
    },
    /// What was to be read next was removed, by retention or a deletion of records.
    Skipped {
        partition: i32,
        from: i64,
        to: i64,
    },
    /// The log ends before what was to be read next: an out-of-sync replica became leader.
    Truncated {
        partition: i32,
        wanted: i64,
        end: i64,
    },
    /// Nothing can be sent without it.
    NoProducerId {
        reason: String,
        /// How long a record may wait for it.
        timeout: Duration,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::BrokerLost { broker, reason, partitions: 0 } => {
                write!(f, "broker-{broker} does not answer ({reason})")
            }
            Notice::BrokerLost { broker, reason, partitions } => {
                let wait = if *partitions == 1 { "partition waits" } else { "partitions wait" };
                write!(
                    f,
                    "broker-{broker} does not answer ({reason}): {partitions} {wait} for it or a new leader"
                )
            }
            Notice::BrokerBack { broker } => write!(f, "broker-{broker} answers again"),
            Notice::BrokerSlow { broker, partitions, silent } => {
                let seconds = silent.as_secs();
                write!(
                    f,
                    "broker-{broker} has not answered for {seconds} s: waiting with {}",
                    listed(partitions)
                )
            }
            Notice::Led { partitions, leader: Some(leader) } => {
                write!(f, "{}: broker-{leader} leads now", listed(partitions))
            }
            Notice::Led { partitions, leader: None } => {
                write!(f, "{}: no leader, waiting", listed(partitions))
            }
            Notice::BelowMinIsr { partitions, min_isr, in_sync } => {
                write!(f, "{}: min.insync.replicas {min_isr}, ", listed(partitions))?;
                match in_sync {
                    Some(in_sync) => write!(f, "{in_sync} in sync: waiting"),
                    None => write!(f, "fewer in sync: waiting"),
                }
            }
            Notice::EnoughInSync { partitions } => {
                write!(f, "{}: enough replicas are in sync again", listed(partitions))
            }
            Notice::Setback { partitions, reason } => {
                write!(f, "{}: {reason}; trying again", listed(partitions))
            }
            Notice::TopicGone { topic } => {
                write!(f, "no broker knows topic {topic} any more: waiting for it to come back")
            }
            Notice::Skipped { partition, from, to } => {
                let offsets = to.saturating_sub(*from);
                write!(
                    f,
                    "partition {partition}: {offsets} offsets from {from} on are no longer kept; going on at {to}"
                )
            }
            Notice::Truncated { partition, wanted, end } => {
                write!(
                    f,
                    "partition {partition}: its log was cut off at {end}, before {wanted}; going on there"
                )
            }
            Notice::NoProducerId { reason, timeout } => {
                let seconds = timeout.as_secs_f64();
                write!(f, "no broker gives a producer id ({reason}): waiting for up to {seconds} s")
            }
        }
    }
}

/// `partition 2`, `partitions 0-5,9`, and at most a few of many.
fn listed(partitions: &[i32]) -> String {
    let noun = if partitions.len() == 1 { "partition" } else { "partitions" };
    format!("{noun} {}", numbers(partitions))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_are_one_calm_line() {
        for (notice, said) in [
            (
                Notice::BrokerLost { broker: 1, reason: "connection refused".into(), partitions: 3 },
                "broker-1 does not answer (connection refused): 3 partitions wait for it or a new leader",
            ),
            (Notice::Led { partitions: vec![2], leader: Some(2) }, "partition 2: broker-2 leads now"),
            (
                Notice::Led { partitions: (0..9).collect(), leader: None },
                "partitions 0-8: no leader, waiting",
            ),
            (
                Notice::BelowMinIsr { partitions: vec![0, 3], min_isr: 2, in_sync: Some(1) },
                "partitions 0,3: min.insync.replicas 2, 1 in sync: waiting",
            ),
            (
                Notice::NoProducerId { reason: "none has a block".into(), timeout: Duration::from_secs(120) },
                "no broker gives a producer id (none has a block): waiting for up to 120 s",
            ),
        ] {
            assert_eq!(notice.to_string(), said);
        }
    }
}
