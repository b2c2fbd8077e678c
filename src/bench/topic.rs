//! The topic of a measurement: one that is there, or one that is made for it.

use std::time::{Duration, SystemTime};

use tokio_util::sync::CancellationToken;

use super::{BenchError, Mode, Order, Subject};
use crate::admin::{Admin, AdminError, TopicRequest};
use crate::client::producer::{Acks, Producer, Settings};
use crate::client::topic::TopicError;
use crate::plan::model::Plan;
use crate::wire::create_topics::{Layout, NewTopic};
use crate::wire::records::Record;

/// What it turned out to be.
#[derive(Debug)]
pub(super) struct Topic {
    pub name: String,
    pub is_own: bool,
    pub partitions: usize,
    pub replication_factor: usize,
    /// An acks=all produce is taken.
    is_writable: bool,
}

/// A name that no other run has, in the past or now.
pub(super) fn own_name() -> String {
    let now = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
    format!("bench-{now}-{}", std::process::id())
}

/// One that is there, and may be used for this.
pub(super) async fn existing(
    plan: &Plan,
    admin: &Admin,
    mode: Mode,
    name: &str,
) -> Result<Topic, BenchError> {
    let listed = admin.list().await?;
    let Some(found) = listed.iter().find(|listed| listed.topic == name) else {
        let known = listed.into_iter().filter(|listed| !listed.internal).map(|listed| listed.topic);
        let (cluster, topic) = (plan.name.clone(), name.to_owned());
        let user = plan.user();
        return Err(TopicError::UnknownTopic { cluster, topic, user, known: known.collect() }.into());
    };
    if found.internal && mode != Mode::Consume {
        return Err(BenchError::invalid(
            format!("topic `{name}` is Kafka's own, and these messages would damage it"),
            "leave out `--topic`, or give another",
        ));
    }
    Ok(Topic {
        name: name.to_owned(),
        is_own: false,
        partitions: found.partitions,
        replication_factor: found.replication_factor,
        is_writable: true,
    })
}

/// An error unless the brokers would delete a topic that is made for this.
pub(super) fn must_be_deletable(admin: &Admin, order: &Order) -> Result<(), BenchError> {
    match &order.subject {
        Subject::Own { .. } if !admin.deletes_topics() => Err(BenchError::invalid(
            "the brokers delete no topics (`delete.topic.enable` is false), so that one made for this would stay",
            "give a `--topic` to measure on, or set `delete.topic.enable: true` in the `config` of `brokers`; \
             then `cluster down` and `up`",
        )),
        _ => Ok(()),
    }
}

/// One that is made for this.
pub(super) async fn create(admin: &Admin, order: &Order, name: &str) -> Result<Topic, BenchError> {
    let (partitions, replication_factor) = match order.subject {
        Subject::Own { partitions, replication_factor } => (Some(partitions), replication_factor),
        Subject::Existing(_) => (None, None),
    };
    let layout = Layout::Counted { partitions, replication_factor };
    let topic = NewTopic { name: name.to_owned(), layout, config: [].into() };
    let created = match admin.create(&TopicRequest { topic, if_not_exists: false }).await {
        Ok(created) => created,
        Err(error) => {
            // It may have been made though it could not be used; that it is not there is no news.
            if !matches!(error, AdminError::Exists(_)) {
                let _ = admin.delete(&[name.to_owned()]).await;
            }
            return Err(error.into());
        }
    };
    // What is to be read is written with acks=all.
    if let (Some(warning), Acks::All) = (&created.warning, order.settings.acks) {
        let _ = admin.delete(&[name.to_owned()]).await;
        let acks = if order.mode == Mode::Consume { "" } else { ", or `--acks 1`" };
        return Err(BenchError::invalid(
            warning.clone(),
            format!("give a larger `--replication-factor`{acks}"),
        ));
    }
    Ok(Topic {
        name: created.topic,
        is_own: true,
        partitions: created.partitions,
        replication_factor: created.replication_factor,
        is_writable: created.warning.is_none(),
    })
}

/// A message to every partition of a new topic, until its followers have it. A follower whose leader does not
/// know the topic yet asks again only after `replica.fetch.backoff.ms`, 1 s, and as long the first
/// acks=all message waits and nobody reads anything. That happens once in a topic's life: it is not measured.
pub(super) async fn warm_up(plan: &Plan, topic: &Topic, stop: &CancellationToken) -> Result<(), BenchError> {
    if !topic.is_own || !topic.is_writable {
        return Ok(());
    }
    let settings =
        Settings { linger: Duration::ZERO, timeout: Duration::from_secs(30), ..Settings::default() };
    let mut producer = Producer::open(plan, &topic.name, settings).await?;
    let record = Record { value: Some("warm-up".into()), ..Record::default() };
    for partition in 0..topic.partitions {
        producer.push(&record, i32::try_from(partition).ok(), partition as u64);
    }
    tokio::select! {
        biased;
        () = stop.cancelled() => Ok(()),
        report = producer.finish() => match report.first_failure {
            Some(first) => Err(BenchError::NotPrepared { reason: first.reason }),
            None => Ok(()),
        },
    }
}
