//! Replicas that are being moved, whoever began it: how far each partition is, and how a move is begun.

use std::collections::BTreeMap;
use std::time::Duration;

use minijinja::value::Object;
use minijinja::{Value, context};
use serde::Serialize;
use tokio::time::Instant;

use crate::admin::moves::Moving;
use crate::admin::moves::moving::MovingPartition;
use crate::engine::ops::{AdminOps, LIVE};
use crate::model::ids::Role;
use crate::model::status::Status;
use crate::page::hub::{Part, Snapshot};
use crate::page::text::Lang;
use crate::page::value::{self, told};
use crate::paths::ClusterDir;

/// The rate is taken over so long: with a low throttle a broker fetches a piece every 11 s
/// (`replication.quota.window.num`).
const SPAN: Duration = Duration::from_secs(30);

/// What Kafka said, or why it did not, and how far it was until then.
#[derive(Debug)]
struct Told {
    moving: Result<Moving, String>,
    samples: Vec<Sample>,
}

impl Object for Told {}

/// Bytes that had been copied at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sample {
    at: Instant,
    bytes: u64,
}

pub(super) async fn ask(dir: &ClusterDir, before: &Value) -> Value {
    let moving = LIVE.moving(dir).await.map_err(|failure| failure.message);
    let before = before.downcast_object_ref::<Told>().map_or(&[][..], |told| &told.samples);
    let samples = match &moving {
        Ok(moving) if moving.is_running => {
            further(before, Sample { at: Instant::now(), bytes: moving.progress.bytes_done })
        }
        Ok(_) => Vec::new(),
        Err(_) => before.to_vec(),
    };
    Value::from_object(Told { moving, samples })
}

/// With one more, as far as a rate is taken of them. Fewer bytes than before are of another move.
fn further(before: &[Sample], now: Sample) -> Vec<Sample> {
    let is_same = before.last().is_none_or(|last| last.bytes <= now.bytes);
    let kept = before.iter().filter(|one| is_same && now.at.duration_since(one.at) <= SPAN);
    kept.copied().chain([now]).collect()
}

/// Bytes a second; `None`: it has not been looked at for long enough.
fn rate(samples: &[Sample]) -> Option<u64> {
    let (first, last) = (samples.first()?, samples.last()?);
    let took = last.at.duration_since(first.at);
    (took >= Duration::from_secs(1)).then(|| ((last.bytes - first.bytes) as f64 / took.as_secs_f64()) as u64)
}

#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    partition: &'a MovingPartition,
    key: String,
    /// In percent; `None`: unknown, or nothing is copied.
    percent: Option<u64>,
}

pub(super) fn context(snapshot: &Snapshot, status: &Status, asked: &Value, lang: Lang) -> Value {
    let ended = snapshot.ended.get(&Part::Replicas).map(|ended| value::ended(ended, lang));
    let brokers: Vec<String> = status
        .nodes
        .iter()
        .filter(|node| node.node.role == Role::Broker)
        .map(|node| node.node.id.to_string())
        .collect();
    let topics: Vec<&String> = status.topics.iter().flat_map(BTreeMap::keys).collect();
    let common = context! { ended, brokers, topics => told(topics) };
    match asked.downcast_object_ref::<Told>() {
        None => context! { is_told => false, why => (), moving => (), ..common },
        Some(Told { moving: Err(why), .. }) => {
            context! { is_told => true, why, moving => (), ..common }
        }
        Some(Told { moving: Ok(moving), samples }) => {
            context! { is_told => true, why => (), moving => values(moving, samples), ..common }
        }
    }
}

fn values(moving: &Moving, samples: &[Sample]) -> Value {
    let progress = &moving.progress;
    let rate = rate(samples);
    let left = progress.bytes.saturating_sub(progress.bytes_done);
    let left_ms = rate.filter(|rate| *rate > 0).map(|rate| left.saturating_mul(1000) / rate);
    let row = |partition| Row {
        partition,
        key: partition.one.key().to_string(),
        percent: percent(partition.bytes_done, partition.bytes),
    };
    let rows: Vec<Row<'_>> = moving.partitions.iter().map(row).collect();
    let throttles = moving.throttles.as_ref().map(|throttles| {
        let all = throttles.iter().map(|(rate, ids)| context! { rate => *rate, ids => ids.clone() });
        all.collect::<Vec<_>>()
    });
    context! {
        is_open => moving.is_open(),
        is_running => moving.is_running,
        is_ours => moving.is_ours,
        is_followed => moving.is_followed,
        is_cancelled => moving.is_cancelled,
        trouble => progress.trouble.as_deref(),
        partitions => progress.partitions,
        partitions_done => progress.partitions_done,
        bytes => progress.bytes,
        bytes_done => progress.bytes_done,
        percent => percent(progress.bytes_done, progress.bytes),
        rows => told(rows),
        rate, left_ms, throttles,
    }
}

/// Cut, not rounded: what is not done is no 100 %.
fn percent(done: u64, all: u64) -> Option<u64> {
    done.saturating_mul(100).checked_div(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::moves::moving::samples::moving;
    use crate::model::samples::healthy;
    use crate::page::admit::Rights;
    use crate::page::hub::Ended;
    use crate::page::render::{self, Reader};
    use crate::page::words::Came;

    #[test]
    fn the_rate_is_that_of_the_last_half_minute_and_of_this_move() {
        let began = Instant::now();
        let sample = |s, bytes| Sample { at: began + Duration::from_secs(s), bytes };
        let one = further(&[], sample(0, 100));
        assert_eq!(rate(&one), None);
        let two = further(&one, sample(10, 1100));
        assert_eq!(rate(&two), Some(100));
        let later = further(&two, sample(40, 1100));
        assert_eq!((later.len(), rate(&later)), (2, Some(0)));
        assert_eq!(further(&two, sample(11, 5)), [sample(11, 5)]);
        let values = values(&moving(), &two);
        assert_eq!(values.get_attr("left_ms").unwrap().as_i64(), Some(7500));
        assert_eq!(values.get_attr("percent").unwrap().as_i64(), Some(62));
        assert_eq!((percent(999, 1000), percent(0, 0)), (Some(99), None));
    }

    #[test]
    fn every_state_of_a_move_can_be_shown_in_both_languages() {
        let mut states = vec![Value::UNDEFINED];
        let mut add = |moving| states.push(Value::from_object(Told { moving, samples: vec![] }));
        add(Err("no <broker> answers".into()));
        add(Ok(Moving::default()));
        add(Ok(moving()));
        add(Ok(Moving { is_followed: true, is_cancelled: true, throttles: None, ..moving() }));
        add(Ok(Moving { is_ours: false, throttles: Some(BTreeMap::new()), ..moving() }));
        add(Ok(Moving { is_running: false, ..moving() }));
        add(Ok(Moving { is_running: false, is_followed: true, ..moving() }));
        let status = healthy();
        let mut snapshot = Snapshot::default();
        snapshot.ended.insert(Part::Replicas, Ended::new("failed", Came::Words("<b>".into())).into());
        for (at, asked) in states.iter().enumerate() {
            for (lang, rights) in Lang::ALL.into_iter().zip([Rights::All, Rights::Look]) {
                let reader = Reader { cluster: "velib", lang, rights };
                let values = context(&snapshot, &status, asked, lang);
                let status = minijinja::value::Serde(&status);
                let values = context! { status => Value::from(status), lost => (), ..values };
                let html = render::page("moves.html", reader, values);
                assert!(!html.contains("failed to render") && !html.contains("<b>"), "{at}: {html}");
                assert_eq!(html.contains("moves/propose"), rights == Rights::All, "{at}: {html}");
            }
        }
    }
}
