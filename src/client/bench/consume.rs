//! Reading what is there, as fast as it goes.

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{Extent, Measured, OnTalk};
use crate::client::consumer::{ConsumeError, Consumer, Event, Start};

/// How much is read: to the end of the topic as it was at the beginning, or less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    pub extent: Option<Extent>,
}

/// Reads a topic from its beginning.
pub async fn consume(
    mut consumer: Consumer,
    reading: Reading,
    stop: &CancellationToken,
    talk: OnTalk<'_>,
) -> Result<Measured, ConsumeError> {
    let mut measured = Measured::default();
    let located = consumer.locate(&consumer.partitions(), Start::Earliest).await?;
    let begin = Instant::now();
    for (partition, at) in located {
        measured.sent += u64::try_from(at.latest - at.from).unwrap_or(0);
        consumer.assign(partition, at.from, Some(at.latest));
    }
    let most = match reading.extent {
        Some(Extent::Records(count)) => count,
        _ => u64::MAX,
    };
    let until = match reading.extent {
        Some(Extent::For(time)) => Some(begin + time),
        _ => None,
    };
    let mut last = begin;
    while measured.done < most && !stop.is_cancelled() && until.is_none_or(|until| Instant::now() < until) {
        match consumer.ready()? {
            Some(Event::Records(taken)) => {
                let room = usize::try_from(most - measured.done).unwrap_or(usize::MAX);
                for record in taken.records.iter().take(room) {
                    measured.done += 1;
                    measured.bytes += record.value.as_ref().map_or(0, |value| value.len() as u64);
                }
                last = Instant::now();
                // Connections and Ctrl-C have their turn, however much is ready.
                tokio::task::yield_now().await;
            }
            Some(Event::Notice(notice)) => talk(notice.to_string()),
            Some(Event::Done) => break,
            None => {
                let deadline = async {
                    match until {
                        Some(until) => sleep_until(until).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    biased;
                    () = stop.cancelled() => {}
                    waited = consumer.wait() => waited?,
                    () = deadline => {}
                }
            }
        }
    }
    measured.elapsed = last.duration_since(begin);
    measured.offering = measured.elapsed;
    Ok(measured)
}
