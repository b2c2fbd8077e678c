//! What a topic takes, learnt before anything is sent.

use std::time::Duration;

use super::batch::Builder;
use crate::model::ids::Role;
use crate::observe::dynamic;
use crate::observe::dynamic::Entity;
use crate::plan::model::Plan;
use crate::plan::topics::broker_min_isr;
use crate::spec::defaults;
use crate::spec::min_isr::{Excess, set_in};
use crate::wire::pool::Pool;
use crate::wire::produce_request::Format;
use crate::wire::records::{Compression, Record};
use crate::zookeeper::session::ZkHandle;

/// What holds for a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// The longest batch that brokers take, compressed; in message sets the longest message.
    pub max_message_bytes: usize,
    /// `min.insync.replicas` as it stands, whatever a partition has.
    pub min_isr: usize,
    /// What brokers make of more than a partition has replicas.
    pub excess: Excess,
    /// `cleanup.policy` has `compact`: records need a key.
    pub compacted: bool,
}

/// A record that the topic does not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub reason: String,
    pub remedy: Option<String>,
}

/// Setting of topics, the brokers' name for its default.
const MAX_MESSAGE_BYTES: (&str, &str) = ("max.message.bytes", "message.max.bytes");
const CLEANUP_POLICY: (&str, &str) = ("cleanup.policy", "log.cleanup.policy");

impl Limits {
    /// The topic's own settings and the brokers' dynamic ones, then the plan's, then Kafka's default. Without
    /// an answer within `deadline` the plan has to do: brokers have the last word anyway.
    pub(crate) async fn of(
        topic: &str,
        plan: &Plan,
        pool: &Pool,
        zookeeper: Option<&ZkHandle>,
        deadline: Duration,
    ) -> Self {
        let asked = [Entity::Topic(topic.to_owned()), Entity::AllBrokers];
        let told = dynamic::settings(pool, zookeeper, &asked, &[], deadline).await;
        let mut told = told.unwrap_or_default().into_iter();
        let (own, dynamic) = (told.next().unwrap_or_default(), told.next().unwrap_or_default());
        let planned = |key: &str| {
            let settings = plan.of_role(Role::Broker).flat_map(|broker| &broker.settings);
            settings.filter(|setting| setting.key == key).map(|setting| setting.value.clone()).next()
        };
        let default = |key: &str| {
            let known = &defaults::of(&plan.kafka.version)?.brokers;
            defaults::default_of(known, key).map(str::to_owned)
        };
        let value = |(of_topic, of_brokers): (&str, &str)| {
            let set = own.get(of_topic).or_else(|| dynamic.get(of_brokers)).cloned();
            set.or_else(|| planned(of_brokers)).or_else(|| default(of_brokers))
        };
        let number =
            |key, otherwise| value(key).and_then(|value| value.trim().parse().ok()).unwrap_or(otherwise);
        Limits {
            max_message_bytes: number(MAX_MESSAGE_BYTES, 1_000_000),
            min_isr: set_in(&own)
                .or_else(|| set_in(&dynamic))
                .unwrap_or_else(|| broker_min_isr(&plan.nodes))
                .into(),
            excess: Excess::of(&plan.kafka.version),
            compacted: value(CLEANUP_POLICY).is_some_and(|policy| policy.contains("compact")),
        }
    }

    /// How many must be in sync for acks=all, of a partition with so many replicas.
    pub(super) fn min_isr_of(&self, replicas: usize) -> usize {
        self.excess.in_force(self.min_isr, replicas)
    }

    /// Whether a record may be sent, before there is a producer: why not, and what to do. It is compressed for
    /// this, since what counts is what becomes of it.
    pub(crate) fn refuses(
        &self,
        topic: &str,
        record: &Record,
        format: Format,
        compression: Compression,
    ) -> Option<(String, Option<String>)> {
        let size = Builder::size_of(format, record);
        if let Err(refusal) = self.check(topic, record, size, format, compression) {
            return Some((refusal.reason, refusal.remedy));
        }
        let mut alone = Builder::new(format);
        alone.push(record);
        let size = alone.close(compression).size();
        (size > self.max_message_bytes).then(|| {
            let (reason, remedy) = too_large(topic, size, self.max_message_bytes, format);
            (reason, Some(remedy))
        })
    }

    /// Whether a record may be sent; `size` is [`Builder::size_of`] it.
    pub(super) fn check(
        &self,
        topic: &str,
        record: &Record,
        size: usize,
        format: Format,
        compression: Compression,
    ) -> Result<(), Refusal> {
        if format == Format::MessageSets && !record.headers.is_empty() {
            let reason = "its headers need Kafka 0.11, which brought record batches".to_owned();
            return Err(Refusal { reason, remedy: None });
        }
        if self.compacted && record.key.is_none() {
            let reason = format!("it has no key, and {topic} is compacted (cleanup.policy)");
            let remedy = Some("give every message a key, as with `--key-separator`".to_owned());
            return Err(Refusal { reason, remedy });
        }
        // What compression makes of it is seen when it is done. `size` is a little above the real one.
        if compression == Compression::None && Builder::new(format).size() + size > self.max_message_bytes {
            let mut alone = Builder::new(format);
            alone.push(record);
            if alone.size() > self.max_message_bytes {
                let (reason, remedy) = too_large(topic, alone.size(), self.max_message_bytes, format);
                return Err(Refusal { reason, remedy: Some(remedy) });
            }
        }
        Ok(())
    }
}

/// Why a record cannot be stored, and what to do.
pub(super) fn too_large(topic: &str, size: usize, limit: usize, format: Format) -> (String, String) {
    let reason =
        format!("it takes {size} bytes as a batch of its own, and {topic} has max.message.bytes={limit}");
    let remedy = match format {
        Format::Batches => {
            format!("`cluster topic alter {topic} --config max.message.bytes={size}` takes it")
        }
        // Its brokers have no request for it, and their tool goes through ZooKeeper.
        Format::MessageSets => format!(
            "`cluster exec kafka-configs --alter --entity-type topics --entity-name {topic} \
             --add-config max.message.bytes={size}` takes it"
        ),
    };
    (reason, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::survey::MinIsr;
    use crate::plan::endpoints::Endpoints;
    use crate::plan::samples;

    #[tokio::test]
    async fn brokers_that_differ_are_taken_for_the_strictest_by_surveys_and_producers() {
        let mut plan = samples::plan("/x".as_ref(), "velib");
        let brokers = plan.nodes.iter_mut().filter(|node| node.role() == Role::Broker);
        for (broker, min_isr) in brokers.zip([1, 3, 2]) {
            broker.settings = vec![samples::setting("min.insync.replicas", &min_isr.to_string())];
        }
        let nobody = Pool::new(&Endpoints::default());
        let limits = Limits::of("velib", &plan, &nobody, None, Duration::from_secs(60)).await;
        assert_eq!((MinIsr::of(&plan).default, limits.min_isr), (3, 3));
        assert_eq!(limits.min_isr_of(2), 2, "the plan's Kafka caps it");
    }
}
