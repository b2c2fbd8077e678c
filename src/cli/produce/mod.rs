//! `cluster produce`: its arguments.

use std::time::Duration;

use bytes::Bytes;
use clap::Args;

use super::context::Context;
use super::text;
use crate::cli::as_user::AsUser;
use crate::cli::names::Names;
use crate::client::producer::{Acks, Idempotence, Settings};
use crate::engine::ops::{AccessOps, DataOps, NodeOps};
use crate::engine::produce::feed::Order;
use crate::engine::produce::lines::{Key, Lines};
use crate::engine::signals;
use crate::error::{End, ExitCode, Failure};
use crate::output::produce;
use crate::wire::records::{Compression, Header};

/// Send lines of standard input to a topic
///
/// A line is a message; Kafka acknowledges each before the command ends. Goes on through brokers that die
/// and come back. Exits with 12 when a line was not acknowledged, and says which.
#[derive(Debug, Args)]
pub(super) struct Produce {
    /// It is never created: `cluster topic create` does that
    #[arg(add = Names::Topics)]
    topic: String,

    /// What stands before the first SEP of a line is its key
    #[arg(long, value_name = "SEP", value_parser = text::not_empty)]
    key_separator: Option<String>,

    /// With --key-separator: a line without SEP has no key, instead of being an error
    #[arg(long, requires = "key_separator")]
    null_key: bool,

    /// The key of every message
    #[arg(long, value_name = "KEY", conflicts_with = "key_separator")]
    key: Option<String>,

    /// A header of every message; may be given several times. Kafka 0.11 and later
    #[arg(long, value_name = "NAME=VALUE", value_parser = header)]
    header: Vec<(String, String)>,

    /// The partition of every message, whatever its key
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    partition: Option<i32>,

    /// Lines are JSON objects as `consume --json` prints them, and the report is printed as JSON
    #[arg(long, conflicts_with_all = ["key", "key_separator"])]
    json: bool,

    /// Who must have a message before it counts
    #[arg(long, value_enum, default_value = "all")]
    acks: Acks,

    /// Fail where brokers cannot tell a batch that they have already; the default takes what they can
    #[arg(long, conflicts_with = "no_idempotence")]
    idempotence: bool,

    /// A batch that is tried again may be stored twice
    #[arg(long)]
    no_idempotence: bool,

    #[arg(long, value_enum, default_value = "none")]
    compression: Compression,

    /// Bytes of a batch before it is compressed
    #[arg(long, value_name = "BYTES", default_value_t = 262_144)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=16 << 20))]
    batch_size: u32,

    /// How long a batch that is not full waits for more lines, in ms; 0 on a terminal
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(0..=600_000))]
    linger: Option<u64>,

    /// How long a message may take to be acknowledged, all tries included
    #[arg(long, value_name = "DURATION", value_parser = text::duration, default_value = "2m")]
    timeout: Duration,

    #[command(flatten)]
    as_user: AsUser,
}

impl Produce {
    pub(super) async fn run<E: NodeOps + DataOps + AccessOps>(
        self,
        cx: &mut Context<'_, E>,
    ) -> Result<ExitCode, End> {
        self.as_user.log_in(cx);
        if self.idempotence && self.acks != Acks::All {
            let failure = Failure::new(ExitCode::Usage, "idempotence needs acks=all");
            return Err(failure.hint("leave out `--acks` or `--idempotence`").into());
        }
        let linger = self.linger.map(Duration::from_millis);
        if linger.is_some_and(|linger| linger >= self.timeout) {
            let failure = Failure::new(ExitCode::Usage, "messages would linger until their time is over");
            return Err(failure
                .hint("give a `--linger` below the `--timeout`, which is 2m unless given")
                .into());
        }
        let json = self.json;
        let order = self.order();
        let dir = cx.chosen()?.dir;
        let screen = &mut *cx.screen;
        let ended = cx.engine.produce(&dir, &order, &mut |line| screen.say(line)).await?;
        if let Some(failure) = produce::failure(&ended.report) {
            cx.screen.fail(&failure);
        }
        match json {
            true => cx.screen.json(&ended)?,
            false => cx.screen.say(produce::summary(&ended.report, ended.signal)),
        }
        match ended.signal {
            Some(signal) => Err(End::HandedOn(signals::exit_code(signal.number()))),
            None if ended.report.is_success() => Ok(ExitCode::Ok),
            None => Ok(ExitCode::Undelivered),
        }
    }

    fn order(self) -> Order {
        let bytes = |text: String| Bytes::from(text.into_bytes());
        let key = match (self.key, self.key_separator) {
            (Some(key), _) => Key::Same(bytes(key)),
            (None, Some(separator)) => {
                Key::Before { separator: separator.into_bytes(), optional: self.null_key }
            }
            (None, None) => Key::None,
        };
        let idempotence = match (self.idempotence, self.no_idempotence) {
            (true, _) => Idempotence::Required,
            (_, true) => Idempotence::Off,
            _ => Idempotence::WherePossible,
        };
        let headers = |(name, value): (String, String)| -> Header { (bytes(name), Some(bytes(value))) };
        let settings = Settings {
            acks: self.acks,
            idempotence,
            headers: !self.header.is_empty(),
            compression: self.compression,
            batch_size: self.batch_size as usize,
            timeout: self.timeout,
            compressors: std::thread::available_parallelism().map_or(2, usize::from),
            // Commands that send a line each are not to fill one partition.
            seed: std::process::id() as usize,
            ..Settings::default()
        };
        Order {
            topic: self.topic,
            settings,
            linger: self.linger.map(Duration::from_millis),
            partition: self.partition,
            lines: Lines {
                json: self.json,
                key,
                headers: self.header.into_iter().map(headers).collect(),
                partition: self.partition,
            },
        }
    }
}

fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("headers look like NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests;
