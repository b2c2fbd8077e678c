//! What is refused before a topic is made.

use nix::sys::statvfs::statvfs;

use super::payload::Payloads;
use super::{BenchError, Extent, Load, Mode, Order, Subject};
use crate::client::producer::{Limits, ProduceError};
use crate::client::topic::ASK;
use crate::plan::endpoints::Endpoints;
use crate::plan::model::Plan;
use crate::plan::version::at_least;
use crate::wire::pool::Pool;
use crate::wire::produce_request::Format;
use crate::wire::records::{Compression, Record};
use crate::zookeeper::session::ZkHandle;

/// Bytes of a message beside its value, and of the log's indexes for it.
const OVERHEAD: u64 = 12;

/// Whether brokers take such messages in this topic, which may not be there yet.
pub(super) async fn messages(
    plan: &Plan,
    order: &Order,
    topic: &str,
    payloads: &mut Payloads,
) -> Result<(), BenchError> {
    let is_own = matches!(order.subject, Subject::Own { .. });
    if order.mode == Mode::Consume && !is_own {
        return Ok(());
    }
    let (version, compression) = (plan.oldest(), order.settings.compression);
    if compression == Compression::Zstd && !at_least(version, &[2, 1]) {
        let (what, since) = ("zstd compression", "2.1");
        return Err(ProduceError::Lacks { version: version.to_owned(), what, since }.into());
    }
    let format = match at_least(version, &[0, 11]) {
        true => Format::Batches,
        false => Format::MessageSets,
    };
    let endpoints = Endpoints::of(plan);
    let (pool, zookeeper) = (Pool::new(&endpoints), ZkHandle::of(&endpoints));
    let limits = Limits::of(topic, plan, &pool, zookeeper.as_ref(), ASK).await;
    let record = Record { value: Some(payloads.plain()), ..Record::default() };
    let called = if is_own { "a new topic" } else { topic };
    let Some((reason, remedy)) = limits.refuses(called, &record, format, compression) else {
        return Ok(());
    };
    let smaller = "give a smaller `--size`".to_owned();
    Err(BenchError::invalid(
        format!("messages of {} bytes are refused: {reason}", order.load.size),
        match remedy {
            _ if limits.compacted => "measure on a topic that is not compacted".to_owned(),
            Some(remedy) if !is_own => format!("{smaller}, or alter the topic: {remedy}"),
            _ => smaller,
        },
    ))
}

/// Whether the disk has room for what is known to come. A broker whose disk is full stops.
pub(super) fn disk(plan: &Plan, order: &Order, replication_factor: usize) -> Result<(), BenchError> {
    let produces = order.mode != Mode::Consume || matches!(order.subject, Subject::Own { .. });
    // It says nothing: the brokers will.
    let Ok(disk) = statvfs(&plan.dir) else { return Ok(()) };
    let free = disk.blocks_available().saturating_mul(disk.fragment_size());
    let twice = order.compare && order.mode == Mode::Produce;
    let copies = replication_factor as u64 * if twice { 2 } else { 1 };
    match needed(&order.load, copies).filter(|needed| produces && *needed > free) {
        Some(needed) => Err(BenchError::invalid(
            format!(
                "these messages take {:.1} GB in {copies} copies, and the disk of {} has {:.1} GB free",
                needed as f64 / 1e9,
                plan.dir.display(),
                free as f64 / 1e9
            ),
            "give fewer `--messages`, a shorter `--duration` or a smaller `--size`",
        )),
        None => Ok(()),
    }
}

/// Bytes that a load takes in so many copies, uncompressed; `None`: as much as comes.
fn needed(load: &Load, copies: u64) -> Option<u64> {
    let messages = match (load.extent, load.rate) {
        (Extent::Messages(messages), _) => messages,
        (Extent::For(time), Some(rate)) => (rate * time.as_secs_f64()).ceil() as u64,
        (Extent::For(_), None) => return None,
    };
    Some(messages.saturating_mul(load.size as u64 + OVERHEAD).saturating_mul(copies))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_a_load_takes_is_known_unless_it_is_as_much_as_comes() {
        let load = |rate, extent| Load { rate, extent, size: 88 };
        let minute = Extent::For(Duration::from_secs(60));
        assert_eq!(needed(&load(None, Extent::Messages(1000)), 3), Some(300_000));
        assert_eq!(needed(&load(Some(2.5), minute), 1), Some(15_000));
        assert_eq!(needed(&load(None, minute), 1), None);
        assert_eq!(needed(&load(None, Extent::Messages(u64::MAX)), 3), Some(u64::MAX));
    }
}
