//! `cluster consume`: its arguments; [`mod@print`] writes what comes.

mod print;
#[cfg(test)]
mod tests;

use std::time::Duration;

use clap::Args;
use jiff::Timestamp;

use super::as_user::AsUser;
use super::context::Context;
use super::{since, text};
use crate::cli::names::Names;
use crate::client::consumer::Start;
use crate::engine::consume::read::{End as ReadEnd, Order};
use crate::engine::ops::{AccessOps, DataOps, NodeOps};
use crate::engine::signals;
use crate::error::{End, ExitCode, Failure};
use crate::units;
use print::{Format, Printer};

/// Print the messages of a topic
///
/// What comes from now on, until Ctrl-C, unless it is told where to begin and to end. Goes on through brokers
/// that die and come back. The messages of a partition come in order.
#[derive(Debug, Args)]
pub(super) struct Consume {
    #[arg(add = Names::Topics)]
    topic: String,

    /// Begin with the oldest message that is kept
    #[arg(long, conflicts_with_all = ["offset", "at"])]
    from_beginning: bool,

    /// Begin at this offset of each partition; -N: N offsets before the end of each. Those are fewer messages where
    /// compaction or a transaction left offsets without one
    #[arg(long, value_name = "N", value_parser = offset, allow_negative_numbers = true, conflicts_with = "at")]
    offset: Option<Start>,

    /// Begin with the first message of this time or later: 10m (ago), 2026-11-23 01:34, 01:34
    #[arg(long, value_name = "TIME", value_parser = since::parse)]
    at: Option<Timestamp>,

    /// Only these partitions; may be given several times
    #[arg(short, long, value_name = "N", value_delimiter = ',')]
    #[arg(value_parser = clap::value_parser!(i32).range(0..))]
    partition: Vec<i32>,

    /// As a member of this consumer group: partitions are shared with its other members, and reading begins
    /// where the group has committed. Where it has not, with what comes from now on, or as told
    #[arg(short, long, value_name = "GROUP", value_parser = text::not_empty)]
    #[arg(conflicts_with_all = ["offset", "partition"], add = Names::Groups)]
    group: Option<String>,

    /// End after so many messages
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,

    /// End where the topic ended when the command began
    #[arg(long)]
    until_end: bool,

    /// End with 8 when no message comes for so long
    #[arg(long, value_name = "DURATION", value_parser = text::duration)]
    timeout: Option<Duration>,

    /// Print the key, SEP and the value
    #[arg(long, value_name = "SEP", conflicts_with = "json")]
    key_separator: Option<String>,

    /// Print an object a line: topic, partition, offset, timestamp, key, value, headers
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    as_user: AsUser,
}

impl Consume {
    pub(super) async fn run<E: NodeOps + DataOps + AccessOps>(
        self,
        cx: &mut Context<'_, E>,
    ) -> Result<ExitCode, End> {
        self.as_user.log_in(cx);
        let format = match (self.json, &self.key_separator) {
            (true, _) => Format::Json { topic: self.topic.clone() },
            (false, Some(separator)) => Format::KeyAndValue { separator: separator.clone().into_bytes() },
            (false, None) => Format::Value,
        };
        let order = self.order();
        let dir = cx.chosen()?.dir;
        let mut printer = Printer::new(cx.screen, format);
        let ended = cx.engine.consume(&dir, &order, &mut printer).await?;
        cx.screen.say(units::count(usize::try_from(ended.messages).unwrap_or(usize::MAX), "message"));
        match ended.by {
            ReadEnd::Signal(signal) => Err(End::HandedOn(signals::exit_code(signal.number()))),
            ReadEnd::Whole => Ok(ExitCode::Ok),
            ReadEnd::Silence(silence) => {
                let waited = units::duration(u64::try_from(silence.as_millis()).unwrap_or(u64::MAX));
                Err(Failure::new(ExitCode::TimedOut, format!("no message for {waited}")).into())
            }
        }
    }

    fn order(self) -> Order {
        let start = match (self.from_beginning, self.offset, self.at) {
            (true, ..) => Start::Earliest,
            (_, Some(start), _) => start,
            (.., Some(time)) => Start::Since(time.as_millisecond()),
            _ => Start::Latest,
        };
        let mut partitions = self.partition;
        partitions.sort_unstable();
        partitions.dedup();
        Order {
            topic: self.topic,
            group: self.group,
            partitions,
            start,
            until_end: self.until_end,
            count: self.count,
            silence: self.timeout,
        }
    }
}

/// `42`, or `-5` for so many before the end: by its sign, as `-0` is the end and `0` the beginning.
fn offset(text: &str) -> Result<Start, String> {
    let (number, start): (_, fn(i64) -> Start) = match text.strip_prefix('-') {
        Some(before) => (before, Start::Last),
        None => (text, Start::Offset),
    };
    let number = number.parse().ok().filter(|number: &i64| *number >= 0);
    number.map(start).ok_or_else(|| "give an offset such as 42, or -5 for the last five".to_owned())
}
