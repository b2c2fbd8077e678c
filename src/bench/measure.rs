//! A measurement from beginning to end: what can be refused is refused before a topic is made, and that topic
//! is deleted however it ends.

use std::time::SystemTime;

use tokio_util::sync::CancellationToken;

use super::consume::consume;
use super::end_to_end::end_to_end;
use super::payload::Payloads;
use super::produce::produce;
use super::tool_output::ToolReport;
use super::topic;
use super::topic::Topic;
use super::{BenchError, Measured, Mode, OnTalk, Order, Report, Subject, check, perf_tool};
use crate::admin::Admin;
use crate::client::consumer::Consumer;
use crate::client::producer::Producer;
use crate::model::ids::Role;
use crate::plan::effective;
use crate::plan::model::Plan;

/// Measures. After `stop` it reports what was measured up to then, within seconds.
pub(crate) async fn measure(
    plan: &Plan,
    order: &Order,
    stop: &CancellationToken,
    talk: OnTalk<'_>,
) -> Result<Report, BenchError> {
    if order.compare {
        perf_tool::must_be_there(plan, order.mode)?;
    }
    let now = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_nanos() as u64);
    let mut payloads = Payloads::new(order.load.size, now ^ u64::from(std::process::id()));
    let admin = Admin::of(plan.clone());
    topic::must_be_deletable(&admin, order)?;
    let topic = match &order.subject {
        Subject::Existing(name) => {
            let topic = topic::existing(plan, &admin, order.mode, name).await?;
            check::messages(plan, order, name, &mut payloads).await?;
            check::disk(plan, order, topic.replication_factor)?;
            topic
        }
        Subject::Own { replication_factor, .. } => {
            let name = topic::own_name();
            check::messages(plan, order, &name, &mut payloads).await?;
            check::disk(plan, order, replication_factor.map_or_else(|| default_factor(plan), usize::from))?;
            topic::create(&admin, order, &name).await?
        }
    };
    let ended = on_topic(plan, order, &topic, payloads, stop, talk).await;
    let mut warnings = Vec::new();
    if topic.is_own
        && let Err(error) = admin.delete(std::slice::from_ref(&topic.name)).await
    {
        let name = &topic.name;
        warnings.push(format!("{error}; `cluster topic delete {name} --yes` deletes it once Kafka can"));
    }
    let (measured, by_tool) = ended.inspect_err(|_| warnings.drain(..).for_each(&mut *talk))?;
    let mut report = Report::new(plan, order, &topic, measured);
    match by_tool {
        Some(Ok(by_tool)) => report.kafka_tool = Some(by_tool),
        Some(Err(reason)) => warnings.push(reason),
        None => {}
    }
    report.warnings = warnings;
    Ok(report)
}

type ByTool = Option<Result<ToolReport, String>>;

async fn on_topic(
    plan: &Plan,
    order: &Order,
    topic: &Topic,
    payloads: Payloads,
    stop: &CancellationToken,
    talk: OnTalk<'_>,
) -> Result<(Measured, ByTool), BenchError> {
    let name = topic.name.as_str();
    let producer = || Producer::open(plan, name, order.settings.clone());
    let measured = match order.mode {
        Mode::Produce => {
            topic::warm_up(plan, topic, stop).await?;
            produce(producer().await?, &order.load, payloads, stop, talk).await
        }
        Mode::EndToEnd => {
            topic::warm_up(plan, topic, stop).await?;
            let (producer, consumer) = (producer().await?, Consumer::open(plan, name).await?);
            end_to_end(producer, consumer, &order.load, payloads, stop, talk).await?
        }
        Mode::Consume => {
            if topic.is_own {
                let made = produce(producer().await?, &order.load, payloads, stop, talk).await;
                if let Some(reason) = made.counts.first_error.filter(|_| !stop.is_cancelled()) {
                    return Err(BenchError::NotPrepared { reason });
                }
            }
            let measured = consume(Consumer::open(plan, name).await?, order.reading, stop, talk).await?;
            if measured.counts.sent == 0 && !stop.is_cancelled() {
                return Err(BenchError::invalid(
                    format!("topic {name} has no messages to read"),
                    format!(
                        "`cluster bench produce --topic {name}` writes some; without `--topic` they are made"
                    ),
                ));
            }
            measured
        }
    };
    let by_tool = match order.compare && measured.counts.messages > 0 {
        true => perf_tool::run(plan, order, name, &measured, stop).await,
        false => None,
    };
    Ok((measured, by_tool))
}

/// Of a topic whose creator does not say.
fn default_factor(plan: &Plan) -> usize {
    let broker = plan.of_role(Role::Broker).next();
    let value = broker.and_then(|broker| effective::of_broker(plan, broker, "default.replication.factor"));
    value.and_then(|value| value.parse().ok()).unwrap_or(1)
}
