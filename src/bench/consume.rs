//! Reading what is there, as fast as it goes.

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Extent, Measured, OnTalk};
use crate::client::alarm::alarm;
use crate::client::consumer::{ConsumeError, Consumer, Event, Start};

/// Reads a topic from its beginning to its end as it was when this began: once, or no more than `extent`; for
/// a duration as often as it takes.
pub(super) async fn consume(
    mut consumer: Consumer,
    extent: Option<Extent>,
    stop: &CancellationToken,
    talk: OnTalk<'_>,
) -> Result<Measured, ConsumeError> {
    let mut measured = Measured::default();
    let located = consumer.locate(&consumer.partitions(), Start::Earliest).await?;
    let begin = Instant::now();
    let (most, until) = match extent {
        Some(Extent::Messages(count)) => (count, None),
        Some(Extent::For(time)) => (u64::MAX, Some(begin + time)),
        None => (u64::MAX, None),
    };
    let counts = &mut measured.counts;
    for (partition, at) in &located {
        counts.sent += u64::try_from(at.latest - at.from).unwrap_or(0);
        consumer.assign(*partition, at.from, Some(at.latest));
    }
    let mut last = begin;
    let mut before_this_time = 0;
    while counts.messages < most && !stop.is_cancelled() && until.is_none_or(|until| Instant::now() < until) {
        match consumer.ready()? {
            Some(Event::Records(taken)) => {
                let room = usize::try_from(most - counts.messages).unwrap_or(usize::MAX);
                for record in taken.records.iter().take(room) {
                    counts.messages += 1;
                    measured.bytes += record.value.as_ref().map_or(0, |value| value.len() as u64);
                }
                last = Instant::now();
                // Connections and Ctrl-C have their turn, however much is ready.
                tokio::task::yield_now().await;
            }
            Some(Event::Notice(notice)) => talk(notice.to_string()),
            Some(Event::Done) => {
                counts.times_read += 1;
                // What has offsets and no messages, as after compaction, would be read for ever.
                let is_empty = counts.messages == before_this_time;
                before_this_time = counts.messages;
                if until.is_none() || is_empty {
                    if most < u64::MAX {
                        talk(format!("the topic ended after {} messages", counts.messages));
                    }
                    break;
                }
                for (partition, at) in &located {
                    consumer.unassign(*partition);
                    consumer.assign(*partition, at.from, Some(at.latest));
                }
            }
            None => {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => {}
                    waited = consumer.wait() => waited?,
                    () = alarm(until) => {}
                }
            }
        }
    }
    measured.elapsed = last.duration_since(begin);
    Ok(measured)
}
