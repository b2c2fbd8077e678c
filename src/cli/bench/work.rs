//! A measurement from beginning to end: what can be refused is refused before a topic is made, and the topic
//! is deleted however it ends.

use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use nix::sys::signal::Signal;
use serde::{Serialize, Serializer};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::compare::{self, Kafka};
use crate::admin::{Admin, TopicRequest};
use crate::cli::signals::Signals;
use crate::client::bench::{self, Extent, Latency, Load, Measured, OnTalk, Payloads, Reading};
use crate::client::consumer::Consumer;
use crate::client::producer::{Acks, Limits, Producer, Settings};
use crate::error::{ExitCode, Failure};
use crate::kafka::create_topics::{Layout, NewTopic};
use crate::kafka::endpoints::Endpoints;
use crate::kafka::produce_request::Format;
use crate::kafka::records::{Compression, Record};
use crate::plan::model::Plan;
use crate::plan::version::at_least;
use crate::zookeeper::znodes::ZkHandle;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    Produce,
    Consume,
    EndToEnd,
}

/// What is to be measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    pub mode: Mode,
    /// `None`: one of its own.
    pub topic: Option<String>,
    pub partitions: u32,
    pub replication_factor: Option<u16>,
    pub load: Load,
    /// Of `consume`: as far as was told.
    pub reading: Option<Extent>,
    pub settings: Settings,
    pub compare: bool,
}

/// What was measured, and on what; the JSON of `bench`.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub mode: Mode,
    pub kafka_version: String,
    pub topic: String,
    /// It was made for this, and deleted.
    pub own_topic: bool,
    pub partitions: usize,
    pub replication_factor: usize,
    pub acks: Acks,
    pub compression: Compression,
    pub batch_size: usize,
    pub linger_ms: u64,
    pub size: usize,
    /// How this program was built: a debug build is slower.
    pub build: &'static str,
    /// As asked for; `None`: as fast as it goes.
    pub rate: Option<f64>,
    /// Records per second that were handed to the producer, while they were.
    pub offered_per_s: f64,
    pub records_per_s: f64,
    /// Of values, 10^6 bytes each.
    pub mb_per_s: f64,
    pub sent: u64,
    pub unsent: u64,
    pub done: u64,
    pub missing: u64,
    pub twice: u64,
    pub not_delivered: u64,
    pub unknown: u64,
    pub first_error: Option<String>,
    pub elapsed_ms: u64,
    pub latency_ms: Option<Latency>,
    pub kafka: Option<Kafka>,
    #[serde(serialize_with = "name")]
    pub signal: Option<Signal>,
    pub warnings: Vec<String>,
}

fn name<S: Serializer>(signal: &Option<Signal>, serializer: S) -> Result<S::Ok, S::Error> {
    signal.map(Signal::as_str).serialize(serializer)
}

/// What the topic turned out to be.
struct Topic {
    name: String,
    partitions: usize,
    replication_factor: usize,
}

/// Measures.
pub async fn measure(plan: &Plan, order: &Order, talk: OnTalk<'_>) -> Result<Report, Failure> {
    let admin = Admin::of(plan.clone());
    let stop = CancellationToken::new();
    let signal = Arc::new(OnceLock::new());
    let mut signals = Signals::listen()?;
    let _listening = AbortOnDropHandle::new(tokio::spawn({
        let (stop, signal) = (stop.clone(), signal.clone());
        async move {
            // The topic is deleted first, whatever else comes.
            loop {
                let _ = signal.set(signals.next().await);
                stop.cancel();
            }
        }
    }));
    if order.compare {
        compare::must_be_there(plan, order.mode)?;
    }
    must_fit(plan, order).await?;
    let topic = match &order.topic {
        Some(name) => existing(plan, &admin, name).await?,
        None => create(&admin, order).await?,
    };
    let measured = run(plan, order, &topic, &stop, talk).await;
    let mut warnings = Vec::new();
    if order.topic.is_none()
        && let Err(error) = admin.delete(std::slice::from_ref(&topic.name)).await
    {
        let name = &topic.name;
        warnings.push(format!("{error}; `cluster topic delete {name} --yes` deletes it once Kafka can"));
    }
    let measured = match measured {
        Ok(measured) => measured,
        Err(mut failure) => {
            warnings.iter().for_each(|warning| failure.message += &format!("\n{warning}"));
            return Err(failure);
        }
    };
    let (measured, kafka) = measured;
    let mut report = report(plan, order, &topic, &measured, signal.get().copied());
    match kafka {
        Some(Ok(kafka)) => report.kafka = Some(kafka),
        Some(Err(reason)) => warnings.push(reason),
        None => {}
    }
    report.warnings = warnings;
    Ok(report)
}

async fn run(
    plan: &Plan,
    order: &Order,
    topic: &Topic,
    stop: &CancellationToken,
    talk: OnTalk<'_>,
) -> Result<(Measured, Option<Result<Kafka, String>>), Failure> {
    let name = topic.name.as_str();
    let now = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_nanos() as u64);
    let payloads = Payloads::new(order.load.size, now ^ u64::from(std::process::id()));
    let producer = || Producer::open(plan, name, order.settings.clone());
    let measured = match order.mode {
        Mode::Produce => bench::produce(producer().await?, &order.load, payloads, stop, talk).await,
        Mode::EndToEnd => {
            let (producer, consumer) = (producer().await?, Consumer::open(plan, name).await?);
            bench::end_to_end(producer, consumer, &order.load, payloads, stop, talk).await?
        }
        Mode::Consume => {
            if order.topic.is_none() {
                let made = bench::produce(producer().await?, &order.load, payloads, stop, talk).await;
                if let Some(error) = made.first_error {
                    let message = format!("failed to make the records that are to be read: {error}");
                    return Err(Failure::new(ExitCode::Undelivered, message));
                }
            }
            let reading = Reading { extent: order.reading };
            bench::consume(Consumer::open(plan, name).await?, reading, stop, talk).await?
        }
    };
    let kafka = match order.compare && !stop.is_cancelled() && measured.done > 0 {
        true => compare::run(plan, order, name, &measured, stop).await,
        false => None,
    };
    Ok((measured, kafka))
}

/// Whether brokers take records of this size, by what is known without a topic.
async fn must_fit(plan: &Plan, order: &Order) -> Result<(), Failure> {
    if order.mode == Mode::Consume && order.topic.is_some() {
        return Ok(());
    }
    let name = order.topic.as_deref().unwrap_or("the topic");
    let zookeeper = ZkHandle::new(&Endpoints::of(plan));
    let limits = Limits::of(name, plan, Some(&zookeeper), std::time::Duration::from_secs(2)).await;
    let format = match at_least(&plan.kafka.version, &[0, 11]) {
        true => Format::Batches,
        false => Format::MessageSets,
    };
    let value = Some(vec![0; order.load.size].into());
    let record = Record { value, ..Record::default() };
    // What compression makes of it is not known: letters become two thirds at best.
    let Some((reason, remedy)) = limits.refuses(name, &record, format, Compression::None) else {
        return Ok(());
    };
    let failure =
        Failure::new(ExitCode::Usage, format!("records of {} bytes are refused: {reason}", order.load.size));
    Err(match order.topic.is_some() && !limits.compacted {
        true => failure.hint(remedy.unwrap_or_else(|| "give a smaller `--size`".to_owned())),
        false if limits.compacted => failure.hint("measure on a topic that is not compacted"),
        false => failure.hint("give a smaller `--size`"),
    })
}

async fn existing(plan: &Plan, admin: &Admin, name: &str) -> Result<Topic, Failure> {
    let listed = admin.list().await?;
    let found = listed.iter().find(|listed| listed.topic == name);
    if let Some(found) = found {
        return Ok(Topic {
            name: name.to_owned(),
            partitions: found.partitions,
            replication_factor: found.replication_factor,
        });
    }
    let known = listed.into_iter().filter(|listed| !listed.internal).map(|listed| listed.topic).collect();
    let (cluster, topic) = (plan.name.clone(), name.to_owned());
    Err(crate::client::topic::TopicError::UnknownTopic { cluster, topic, known }.into())
}

async fn create(admin: &Admin, order: &Order) -> Result<Topic, Failure> {
    if !admin.deletes_topics() {
        let message =
            "the brokers delete no topics (`delete.topic.enable`), so that one made for this would stay";
        return Err(Failure::new(ExitCode::Usage, message)
            .hint("give a `--topic` to measure on, or set `delete.topic.enable: true` in the spec"));
    }
    let name = format!("bench-{}", std::process::id());
    let (partitions, replication_factor) = (Some(order.partitions), order.replication_factor);
    let layout = Layout::Counted { partitions, replication_factor };
    let topic = NewTopic { name: name.clone(), layout, config: [].into() };
    let created = match admin.create(&TopicRequest { topic, if_not_exists: false }).await {
        Ok(created) => created,
        Err(error) => {
            // It may have been made though it could not be used; that it is not there is no news.
            let _ = admin.delete(std::slice::from_ref(&name)).await;
            return Err(error.into());
        }
    };
    if let (Some(warning), Acks::All) = (&created.warning, order.settings.acks) {
        let _ = admin.delete(std::slice::from_ref(&name)).await;
        return Err(Failure::new(ExitCode::Usage, warning.clone())
            .hint("give a larger `--replication-factor`, or `--acks 1`"));
    }
    let (partitions, replication_factor) = (created.partitions, created.replication_factor);
    Ok(Topic { name, partitions, replication_factor })
}

fn report(plan: &Plan, order: &Order, topic: &Topic, measured: &Measured, signal: Option<Signal>) -> Report {
    let per_s = |count: f64, time: std::time::Duration| match time.is_zero() {
        true => 0.0,
        false => count / time.as_secs_f64(),
    };
    Report {
        mode: order.mode,
        kafka_version: plan.kafka.version.clone(),
        topic: topic.name.clone(),
        own_topic: order.topic.is_none(),
        partitions: topic.partitions,
        replication_factor: topic.replication_factor,
        acks: order.settings.acks,
        compression: order.settings.compression,
        batch_size: order.settings.batch_size,
        linger_ms: order.settings.linger.as_millis() as u64,
        size: order.load.size,
        build: if cfg!(debug_assertions) { "debug" } else { "release" },
        rate: order.load.rate,
        offered_per_s: per_s(measured.sent as f64, measured.offering),
        records_per_s: per_s(measured.done as f64, measured.elapsed),
        mb_per_s: per_s(measured.bytes as f64 / 1e6, measured.elapsed),
        sent: measured.sent,
        unsent: measured.unsent,
        done: measured.done,
        missing: measured.missing,
        twice: measured.twice,
        not_delivered: measured.not_delivered,
        unknown: measured.unknown,
        first_error: measured.first_error.clone(),
        elapsed_ms: measured.elapsed.as_millis() as u64,
        latency_ms: measured.latencies.percentiles(),
        kafka: None,
        signal,
        warnings: Vec::new(),
    }
}
