//! From the input to the producer, until its end, a failure or a signal.

use std::io::{IsTerminal, Read};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::time::Instant;

use crate::client::alarm::alarm;
use crate::client::producer::{Producer, Report, Settings};
use crate::engine::produce::blocks::{self, Block};
use crate::engine::produce::lines::Lines;
use crate::engine::signals::{self, Signals};
use crate::error::Failure;
use crate::plan::model::Plan;

/// What is to be sent, where and how.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    pub topic: String,
    pub settings: Settings,
    /// `None`: as it suits the input.
    pub linger: Option<Duration>,
    /// Of all messages.
    pub partition: Option<i32>,
    pub lines: Lines,
}

/// How it ended; the JSON of `produce --json`.
pub(crate) type Ended = signals::Ended<Report>;

/// Hears what is worth telling, a line each.
pub(crate) type OnTalk<'a> = &'a mut dyn FnMut(String);

/// How long after a signal what was read may take to be acknowledged.
const GRACE: Duration = Duration::from_secs(5);

/// Sends standard input.
pub(crate) async fn standard_input(plan: &Plan, order: &Order, talk: OnTalk<'_>) -> Result<Ended, Failure> {
    let input = std::io::stdin();
    let is_terminal = input.is_terminal();
    // Who types wants to see each line sent.
    let linger = if is_terminal { Duration::ZERO } else { order.settings.linger };
    let settings = Settings { linger: order.linger.unwrap_or(linger), ..order.settings.clone() };
    let mut producer = Producer::open(plan, &order.topic, settings).await?;
    if let Some(partition) = order.partition {
        producer.must_have(partition)?;
    }
    if is_terminal {
        talk("a line is a message: Ctrl-D ends, Ctrl-C stops".to_owned());
    }
    feed(&mut producer, input, &order.lines, talk).await
}

async fn feed(
    producer: &mut Producer,
    input: impl Read + Send + 'static,
    lines: &Lines,
    talk: OnTalk<'_>,
) -> Result<Ended, Failure> {
    let mut signals = Signals::listen()?;
    let mut blocks = blocks::read(input);
    let mut reading = Reading { lines, line: 0 };
    let mut signal = None;
    while !producer.has_failed() {
        tokio::select! {
            biased;
            came = signals.next() => {
                signal = Some(came);
                break;
            }
            () = producer.step() => tell(producer, talk),
            block = blocks.recv(), if producer.has_room() => match block {
                Some(block) => reading.take(block, producer),
                None => break,
            }
        }
    }
    producer.close();
    // From here on nothing is read: whoever writes to us hears of it.
    drop(blocks);
    let mut until = signal.map(|_| Instant::now() + GRACE);
    while !producer.is_done() {
        tokio::select! {
            biased;
            came = signals.next() => {
                if signal.replace(came).is_some() {
                    producer.give_up(&format!("{came} came before it was acknowledged"));
                }
                until = Some(Instant::now() + GRACE);
            }
            () = producer.step() => tell(producer, talk),
            () = alarm(until) => {
                producer.give_up(&format!("it was not acknowledged within {} s of the signal", GRACE.as_secs()));
            }
        }
    }
    tell(producer, talk);
    Ok(Ended { report: producer.report(), signal })
}

fn tell(producer: &mut Producer, talk: OnTalk<'_>) {
    producer.notices().iter().for_each(|notice| talk(notice.to_string()));
}

struct Reading<'a> {
    lines: &'a Lines,
    /// Of the last line that was taken.
    line: u64,
}

impl Reading<'_> {
    fn take(&mut self, block: Block, producer: &mut Producer) {
        match block {
            Block::Lines(block) => self.push(block, producer),
            Block::TooLong => {
                let reason = format!("it is longer than {} MiB", blocks::LONGEST >> 20);
                producer.refuse(self.line + 1, &reason, None);
            }
            Block::Failed(error) => {
                producer.refuse(self.line + 1, &format!("failed to read standard input: {error}"), None);
            }
        }
    }

    fn push(&mut self, block: Bytes, producer: &mut Producer) {
        let now = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis() as i64);
        let mut record = self.lines.record();
        for line in blocks::lines(block) {
            self.line += 1;
            match self.lines.read(line, now, &mut record) {
                Ok(partition) => producer.push(&record, partition, self.line),
                Err(bad) => producer.refuse(self.line, &bad.reason, bad.remedy),
            }
            if producer.has_failed() {
                return;
            }
        }
    }
}
