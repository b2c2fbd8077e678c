//! `cluster bench`: its arguments; [`work`] measures, [`compare`] has Kafka's own tool do the same.

pub mod compare;
#[cfg(test)]
mod tests;
pub mod work;

use std::time::Duration;

use clap::{Args, Subcommand};

use super::context::Context;
use super::engine::Engine;
use super::topic::values;
use super::{signals, text};
use crate::client::bench::{Extent, LEAST, Load};
use crate::client::producer::{Acks, Settings};
use crate::error::{ExitCode, Failure};
use crate::kafka::records::Compression;
use crate::output::bench;
use crate::output::screen::End;
use work::{Mode, Order};

/// Measure throughput and latency
///
/// On a topic of its own, which is deleted afterwards, or on one that is given. Latency counts from when a
/// record should have gone, so that waiting is in it.
#[derive(Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// From the intended time of a record to its acknowledgement
    Produce(Offered),
    /// How fast what is there is read; a topic of its own is filled first
    Consume(Work),
    /// From the intended time of a record to the moment that our consumer has it
    EndToEnd(Offered),
}

#[derive(Debug, Args)]
struct Offered {
    /// Records per second; without it as fast as it goes, where latency is mostly time in our own queue
    #[arg(long, value_name = "N", value_parser = rate)]
    rate: Option<f64>,

    #[command(flatten)]
    work: Work,
}

#[derive(Debug, Args)]
struct Work {
    /// A topic that is there, and stays; its records are added to
    #[arg(long, value_name = "TOPIC", conflicts_with_all = ["partitions", "replication_factor"])]
    topic: Option<String>,

    /// Of the topic that is made for it: 6 without it
    #[arg(long, value_name = "N", value_parser = values::partitions())]
    partitions: Option<u32>,

    /// Of the topic that is made for it; the brokers' default.replication.factor without it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    replication_factor: Option<u16>,

    /// How many records
    #[arg(long, value_name = "N", conflicts_with = "duration")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    messages: Option<u64>,

    /// How long: 10s without it, and without --messages
    #[arg(long, value_name = "DURATION", value_parser = text::duration)]
    duration: Option<Duration>,

    /// Of a record's value
    #[arg(long, value_name = "BYTES", default_value_t = 100)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=64 << 20))]
    size: u32,

    /// Who must have a record before it counts
    #[arg(long, value_enum, default_value = "all")]
    acks: Acks,

    #[arg(long, value_enum, default_value = "none")]
    compression: Compression,

    /// Bytes of a batch before it is compressed
    #[arg(long, value_name = "BYTES", default_value_t = 262_144)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=16 << 20))]
    batch_size: u32,

    /// How long a batch that is not full waits for more records, in ms
    #[arg(long, value_name = "MS", default_value_t = 5)]
    #[arg(value_parser = clap::value_parser!(u64).range(0..=60_000))]
    linger: u64,

    /// Give the same work to Kafka's own tool afterwards, and show both
    #[arg(long)]
    compare: bool,

    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// Records that are made to be read, unless it is told.
const TO_READ: u64 = 500_000;
const TIME: Duration = Duration::from_secs(10);
const PARTITIONS: u32 = 6;

impl Bench {
    pub async fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let (mode, rate, work) = match self.what {
            What::Produce(offered) => (Mode::Produce, offered.rate, offered.work),
            What::Consume(work) => (Mode::Consume, None, work),
            What::EndToEnd(offered) => (Mode::EndToEnd, offered.rate, offered.work),
        };
        let json = work.json;
        let order = work.order(mode, rate)?;
        let dir = cx.chosen()?.dir;
        let screen = &mut *cx.screen;
        let report = cx.engine.bench(&dir, &order, &mut |line| screen.say(line)).await?;
        report.warnings.iter().for_each(|warning| cx.screen.warn(warning));
        match json {
            true => cx.screen.json(&report)?,
            false => cx.screen.print(bench::table(&report))?,
        }
        if let Some(signal) = report.signal {
            return Err(End::HandedOn(signals::exit_code(signal as i32)));
        }
        match bench::failure(&report) {
            Some(failure) => Err(failure.into()),
            None => Ok(ExitCode::Ok),
        }
    }
}

impl Work {
    fn order(self, mode: Mode, rate: Option<f64>) -> Result<Order, Failure> {
        let size = self.size as usize;
        if mode == Mode::EndToEnd && size < LEAST {
            let message =
                format!("records of {size} bytes have no room for the number that they are known by");
            return Err(Failure::new(ExitCode::Usage, message).hint(format!("give `--size {LEAST}` or more")));
        }
        let given = self.messages.map(Extent::Records).or(self.duration.map(Extent::For));
        if mode == Mode::EndToEnd && self.acks == Acks::None {
            let failure = Failure::new(ExitCode::Usage, "with acks=0 nobody knows which records are to come");
            return Err(failure.hint("give `--acks 1` or `--acks all`"));
        }
        let settings = Settings {
            acks: self.acks,
            compression: self.compression,
            batch_size: self.batch_size as usize,
            linger: Duration::from_millis(self.linger),
            compressors: std::thread::available_parallelism().map_or(2, usize::from),
            ..Settings::default()
        };
        let extent = match mode {
            // What there is to read, made beforehand.
            Mode::Consume => Extent::Records(self.messages.unwrap_or(TO_READ)),
            _ => given.unwrap_or(Extent::For(TIME)),
        };
        Ok(Order {
            mode,
            topic: self.topic,
            partitions: self.partitions.unwrap_or(PARTITIONS),
            replication_factor: self.replication_factor,
            load: Load { rate, extent, size },
            reading: given,
            settings,
            compare: self.compare,
        })
    }
}

/// More than 0 and at most 10 million, as 500 or 2.5.
fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate <= 1e7 => Ok(rate),
        _ => Err("a rate is a number of records per second, above 0 and at most 10000000".to_owned()),
    }
}
