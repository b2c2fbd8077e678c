//! `cluster bench`: its arguments.

#[cfg(test)]
mod tests;

use std::time::Duration;

use clap::{Args, Subcommand};

use super::as_user::AsUser;
use super::context::Context;
use super::text;
use super::topic::values;
use crate::bench::{Extent, LEAST, Load, Mode, Order, Subject};
use crate::cli::names::Names;
use crate::client::producer::{Acks, Settings};
use crate::engine::ops::{AccessOps, DataOps, NodeOps};
use crate::engine::signals;
use crate::error::{End, ExitCode, Failure};
use crate::output::bench;
use crate::wire::records::Compression;

/// Measure throughput and latency
///
/// On a topic of its own, which is deleted afterwards, or on one that is given. Latency counts from when a
/// message should have gone, so that waiting is in it.
#[derive(Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(super) struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// From the intended time of a message to its acknowledgement
    Produce(Sending),
    /// How fast what is there is read; a topic of its own is filled first
    Consume(Work),
    /// From the intended time of a message to the moment that our consumer has it
    EndToEnd(Sending),
}

#[derive(Debug, Args)]
struct Sending {
    /// Messages per second; without it as fast as it goes, where latency is mostly time in our own queue
    #[arg(long, value_name = "N", value_parser = rate)]
    rate: Option<f64>,

    /// Who must have a message before it counts
    #[arg(long, value_enum, default_value = "all")]
    acks: Acks,

    /// How long a batch that is not full waits for more messages, in ms
    #[arg(long, value_name = "MS", default_value_t = 5)]
    #[arg(value_parser = clap::value_parser!(u64).range(0..=60_000))]
    linger: u64,

    #[command(flatten)]
    work: Work,
}

#[derive(Debug, Args)]
struct Work {
    /// A topic that is there, and stays; messages that are produced are added to it
    #[arg(long, value_name = "TOPIC", conflicts_with_all = ["partitions", "replication_factor"], add = Names::Topics)]
    topic: Option<String>,

    /// Of the topic that is made for it: 6 without it
    #[arg(long, value_name = "N", value_parser = values::partitions())]
    partitions: Option<u32>,

    /// Of the topic that is made for it; the brokers' default.replication.factor without it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    replication_factor: Option<u16>,

    /// How many messages
    #[arg(long, value_name = "N", conflicts_with = "duration")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=MOST))]
    messages: Option<u64>,

    /// How long: 10s without it, and without --messages; `consume` reads once what there is
    #[arg(long, value_name = "DURATION", value_parser = text::duration)]
    duration: Option<Duration>,

    /// Of the value of a message that is produced: 100 without it
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(1..=64 << 20))]
    size: Option<u32>,

    /// Of batches that are produced: none without it
    #[arg(long, value_enum)]
    compression: Option<Compression>,

    /// Bytes of a batch before it is compressed: 262144 without it
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(1..=16 << 20))]
    batch_size: Option<u32>,

    /// Give the same work to Kafka's own tool afterwards, and show both
    #[arg(long)]
    compare: bool,

    /// Print as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    as_user: AsUser,
}

/// Messages of one run, however they are asked for.
const MOST: u64 = 1_000_000_000;
const TIME: Duration = Duration::from_secs(10);
const PARTITIONS: u32 = 6;
const SIZE: u32 = 100;
/// Longer ones show nothing that a shorter one does not, and would be counted in the same figures.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// Messages that are made to be read, unless it is told, and their bytes at most.
const TO_READ: u64 = 500_000;
const TO_READ_BYTES: u64 = 256 << 20;

impl Bench {
    pub(super) async fn run<E: NodeOps + DataOps + AccessOps>(
        self,
        cx: &mut Context<'_, E>,
    ) -> Result<ExitCode, End> {
        match &self.what {
            What::Produce(sending) | What::EndToEnd(sending) => sending.work.as_user.log_in(cx),
            What::Consume(work) => work.as_user.log_in(cx),
        }
        let (order, json) = match self.what {
            What::Produce(sending) => (sending.order(Mode::Produce)?, sending.work.json),
            What::EndToEnd(sending) => (sending.order(Mode::EndToEnd)?, sending.work.json),
            What::Consume(work) => (work.reading()?, work.json),
        };
        let dir = cx.chosen()?.dir;
        let screen = &mut *cx.screen;
        let ended = cx.engine.bench(&dir, &order, &mut |line| screen.say(line)).await?;
        ended.report.warnings.iter().for_each(|warning| cx.screen.warn(warning));
        match json {
            true => cx.screen.json(&ended)?,
            false => cx.screen.print(bench::table(&ended.report, ended.signal))?,
        }
        if let Some(signal) = ended.signal {
            return Err(End::HandedOn(signals::exit_code(signal.number())));
        }
        match bench::failure(&ended.report) {
            Some(failure) => Err(failure.into()),
            None => Ok(ExitCode::Ok),
        }
    }
}

impl Sending {
    fn order(&self, mode: Mode) -> Result<Order, Failure> {
        if mode == Mode::EndToEnd && self.acks == Acks::None {
            let failure =
                Failure::new(ExitCode::Usage, "with acks=0 nobody knows which messages are to come");
            return Err(failure.hint("give `--acks 1` or `--acks all`"));
        }
        let size = self.work.size() as usize;
        if mode == Mode::EndToEnd && size < LEAST {
            let message =
                format!("messages of {size} bytes have no room for the stamp that they are known by");
            return Err(Failure::new(ExitCode::Usage, message).hint(format!("give `--size {LEAST}` or more")));
        }
        let extent = self.work.extent()?.unwrap_or(Extent::For(TIME));
        if let (Some(rate), Extent::For(time)) = (self.rate, extent)
            && rate * time.as_secs_f64() > MOST as f64
        {
            let message = format!("{rate} messages/s for {} s are more than {MOST} messages", time.as_secs());
            return Err(Failure::new(ExitCode::Usage, message).hint("give a shorter `--duration`"));
        }
        let order = self.work.with(mode, self.rate, extent);
        let linger = Duration::from_millis(self.linger);
        let settings = Settings { acks: self.acks, linger, ..order.settings };
        Ok(Order { settings, ..order })
    }
}

impl Work {
    fn size(&self) -> u32 {
        self.size.unwrap_or(SIZE)
    }

    fn extent(&self) -> Result<Option<Extent>, Failure> {
        if self.duration.is_some_and(|time| time > LONGEST) {
            let message = "a measurement takes 24 hours at most";
            return Err(Failure::new(ExitCode::Usage, message).hint("give a shorter `--duration`"));
        }
        Ok(self.messages.map(Extent::Messages).or(self.duration.map(Extent::For)))
    }

    fn reading(&self) -> Result<Order, Failure> {
        let of_messages = [
            ("--size", self.size.is_some()),
            ("--compression", self.compression.is_some()),
            ("--batch-size", self.batch_size.is_some()),
        ];
        if let (Some(topic), Some((option, _))) =
            (&self.topic, of_messages.iter().find(|(_, is_given)| *is_given))
        {
            let message =
                format!("`{option}` is of messages that are made to be read, and {topic} has its own");
            return Err(Failure::new(ExitCode::Usage, message)
                .hint(format!("leave out `{option}`, or `--topic` to have a topic made and filled")));
        }
        let reading = self.extent()?;
        let most = (TO_READ_BYTES / u64::from(self.size())).clamp(1, TO_READ);
        let made = Extent::Messages(self.messages.unwrap_or(most));
        Ok(Order { reading, ..self.with(Mode::Consume, None, made) })
    }

    fn with(&self, mode: Mode, rate: Option<f64>, extent: Extent) -> Order {
        let plain = Settings::default();
        Order {
            mode,
            subject: match &self.topic {
                Some(topic) => Subject::Existing(topic.clone()),
                None => Subject::Own {
                    partitions: self.partitions.unwrap_or(PARTITIONS),
                    replication_factor: self.replication_factor,
                },
            },
            load: Load { rate, extent, size: self.size() as usize },
            reading: None,
            settings: Settings {
                compression: self.compression.unwrap_or_default(),
                batch_size: self.batch_size.map_or(plain.batch_size, |size| size as usize),
                compressors: std::thread::available_parallelism().map_or(2, usize::from),
                ..plain
            },
            compare: self.compare,
        }
    }
}

/// More than 0 and at most 10 million, as 500 or 2.5.
fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (0.001..=1e7).contains(&rate) => Ok(rate),
        _ => Err("a rate is a number of messages per second, from 0.001 to 10000000".to_owned()),
    }
}
