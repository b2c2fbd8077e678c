//! Topics of the plan: created when they are missing, reported when they differ, configured.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::creation::{Creation, Refusal};
use super::error::{AdminError, Setback};
use super::retry::{Tries, controller_of};
use crate::model::event::Event;
use crate::model::view::replication_factor;
use crate::plan::model::TopicPlan;
use crate::wire::KafkaError;
use crate::wire::configs;
use crate::wire::create_topics::NewTopic;
use crate::wire::metadata;
use crate::wire::metadata::{TopicMetadata, Topics};
use crate::wire::pool::Pool;

/// Between two tries: brokers write a stack trace about each that they refuse.
const PAUSE: Duration = Duration::from_millis(100);

/// For one listing; a paused broker must not use up the whole deadline.
const ASK: Duration = Duration::from_secs(2);

/// Makes the topics exist with their settings and says what it did; what is right already is left
/// alone. Partition counts and factors of topics that exist are reported, never changed.
///
/// Safe to call again after a failure: `AdminError::Timeout` may pass, any other is Kafka's no and stays. With
/// brokers before 0.11 settings are given at creation only: those cannot tell them. Those before 2.3 cannot change one
/// alone: that is an error, which names the tool that can.
pub async fn ensure_topics(
    topics: &[TopicPlan],
    pool: &Pool,
    deadline: Duration,
) -> Result<Vec<Event>, AdminError> {
    if topics.is_empty() {
        return Ok(Vec::new());
    }
    let mut work = Work { pool, creation: Creation::default() };
    let mut tries = Tries::new("the topics were not all there", deadline, PAUSE);
    loop {
        let left = tries.left();
        if let Some(end) = tries.after(work.round(topics, left)).await {
            return end;
        }
    }
}

struct Work<'a> {
    pool: &'a Pool,
    creation: Creation,
}

impl Work<'_> {
    async fn round(&mut self, topics: &[TopicPlan], left: Duration) -> Result<Vec<Event>, Setback> {
        let listed = metadata::ask_any(self.pool, Topics::All, ASK).await?;
        let controller = controller_of(self.pool, &listed)?;

        let missing = topics.iter().filter(|topic| !listed.topics.contains_key(&topic.name));
        let missing: Vec<NewTopic> = missing.map(NewTopic::from).collect();
        if !missing.is_empty() {
            self.create(controller, &missing, left).await?;
        }
        let mut events: Vec<Event> =
            topics.iter().filter_map(|topic| self.existence(topic, &listed.topics)).collect();
        let existing: Vec<&TopicPlan> = topics
            .iter()
            .filter(|topic| !self.creation.is_ours(&topic.name) && !topic.config.is_empty())
            .collect();
        if !existing.is_empty() {
            events.extend(self.configure(controller, &existing).await?);
        }
        Ok(events)
    }

    /// What there is to say of a topic being there.
    fn existence(&self, topic: &TopicPlan, listed: &BTreeMap<String, TopicMetadata>) -> Option<Event> {
        if self.creation.is_ours(&topic.name) {
            return Some(Event::TopicCreated {
                topic: topic.name.clone(),
                partitions: topic.partitions,
                replication_factor: topic.replication_factor,
                by_spec: true,
            });
        }
        let difference = difference(topic, listed.get(&topic.name)?)?;
        Some(Event::TopicDiffers { topic: topic.name.clone(), difference })
    }

    async fn create(
        &mut self,
        controller: SocketAddr,
        topics: &[NewTopic],
        left: Duration,
    ) -> Result<(), Setback> {
        let mut passing = None;
        for (topic, refusal) in self.creation.ask(self.pool, controller, topics, left).await? {
            let reason = match refusal {
                // A broker that has just started does not list all topics yet.
                Refusal::Exists => "it exists, and is not listed yet".to_owned(),
                Refusal::TooFewBrokers(reason) | Refusal::Other(Setback::Passing(reason)) => reason,
                Refusal::Other(refused) => return Err(refused),
            };
            passing = Some(format!("{topic}: {reason}"));
        }
        passing.map_or(Ok(()), |reason| Err(Setback::Passing(reason)))
    }

    async fn configure(&self, address: SocketAddr, topics: &[&TopicPlan]) -> Result<Vec<Event>, Setback> {
        let asked = topics
            .iter()
            .map(|topic| (topic.name.as_str(), topic.config.keys().map(String::as_str).collect()))
            .collect();
        let in_force = match configs::describe(self.pool, address, &asked, ASK).await {
            Err(KafkaError::Unsupported { .. }) => return Ok(Vec::new()),
            in_force => in_force?,
        };
        let mut events = Vec::new();
        for topic in topics {
            let Some(settings) = in_force.get(&topic.name) else { continue };
            let differing: Vec<(&String, &String)> =
                topic.config.iter().filter(|(key, value)| settings.get(*key) != Some(value)).collect();
            if differing.is_empty() {
                continue;
            }
            let changes = differing
                .iter()
                .map(|(key, value)| match settings.get(*key) {
                    Some(old) => format!("{key}={value} (was {old})"),
                    None => format!("{key}={value}"),
                })
                .collect();
            self.alter(address, topic, &differing).await?;
            events.push(Event::TopicConfigured { topic: topic.name.clone(), settings: changes });
        }
        Ok(events)
    }

    async fn alter(
        &self,
        address: SocketAddr,
        topic: &TopicPlan,
        settings: &[(&String, &String)],
    ) -> Result<(), Setback> {
        let changes = settings.iter().map(|(key, value)| ((*key).clone(), Some((*value).clone()))).collect();
        let answer = match configs::alter(self.pool, address, &topic.name, &changes, false, ASK).await {
            Err(lacks @ KafkaError::Unsupported { .. }) => {
                return Err(only_by_tool(&topic.name, settings, &lacks).into());
            }
            answer => answer?,
        };
        let Some(error) = answer.error else { return Ok(()) };
        match Setback::of(error, answer.reason(), || format!("configure topic {}", topic.name)) {
            Setback::Passing(reason) => Err(Setback::Passing(format!("{}: {reason}", topic.name))),
            refused => Err(refused),
        }
    }
}

/// Brokers before Kafka 2.3 have AlterConfigs alone (KIP-133), which takes away every setting that it does not name:
/// also those that somebody else has set.
fn only_by_tool(topic: &str, settings: &[(&String, &String)], lacks: &KafkaError) -> AdminError {
    let listed = |written: fn(&str) -> String| {
        let pairs = settings.iter().map(|(key, value)| format!("{key}={}", written(value)));
        pairs.collect::<Vec<_>>().join(",")
    };
    // The tool takes a comma for the end of a value that is not in brackets.
    let bracketed = |value: &str| match value.contains(',') {
        true => format!("[{value}]"),
        false => value.to_owned(),
    };
    AdminError::invalid(
        format!("topic {topic} cannot be given {}: {lacks}", listed(str::to_owned)),
        format!(
            "`cluster exec kafka-configs --alter --entity-type topics --entity-name {topic} --add-config {}` does it, \
             through ZooKeeper",
            listed(bracketed)
        ),
    )
}

fn difference(wanted: &TopicPlan, found: &TopicMetadata) -> Option<String> {
    let partitions = found.partitions.len();
    let factor = replication_factor(&found.partitions);
    let mut parts = Vec::new();
    if partitions != wanted.partitions as usize {
        parts.push(format!("it has {partitions} partitions, the spec {}", wanted.partitions));
    }
    if factor != usize::from(wanted.replication_factor) {
        parts.push(format!("its replication factor is {factor}, in the spec {}", wanted.replication_factor));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use kafka_protocol::error::ResponseError;
    use kafka_protocol::messages::ApiKey;
    use kafka_protocol::messages::describe_configs_response::{
        DescribeConfigsResponse, DescribeConfigsResult,
    };

    use super::super::creation::testing::answer;
    use super::*;
    use crate::wire::answers::text;
    use crate::wire::fake::{Asked, Damage, FakeBroker, Reply, body, metadata};

    const LONG: Duration = Duration::from_secs(60);

    fn velib(partitions: u32) -> TopicPlan {
        TopicPlan {
            name: "velib".to_owned(),
            partitions,
            replication_factor: 2,
            config: BTreeMap::new(),
            settings: Vec::new(),
        }
    }

    /// What becomes of a CreateTopics request.
    enum Creation {
        Done,
        Refused(ResponseError),
        /// It was there all the time, though not listed.
        Exists,
        /// The topic is made, and the connection breaks before the answer.
        Unanswered,
    }

    /// Runs [`ensure_topics`] against a broker that has the topic with 3 partitions once `exists`.
    /// Returns how often it was asked to create, too.
    async fn ensure(
        topic: TopicPlan,
        mut exists: bool,
        creations: Vec<Creation>,
    ) -> (Result<Vec<Event>, AdminError>, usize) {
        let asked = Arc::new(Mutex::new(0));
        let counter = asked.clone();
        let mut creations = creations.into_iter();
        let handler = move |_, key, version| match key {
            ApiKey::Metadata if exists => Reply::Body(body(&metadata(&[("velib", 3)]), version)),
            ApiKey::Metadata => Reply::Body(body(&metadata(&[]), version)),
            ApiKey::CreateTopics => {
                *counter.lock().unwrap() += 1;
                match creations.next().unwrap() {
                    Creation::Done => answer(0, version),
                    Creation::Refused(error) => answer(error.code(), version),
                    Creation::Exists => {
                        exists = true;
                        answer(ResponseError::TopicAlreadyExists.code(), version)
                    }
                    Creation::Unanswered => {
                        exists = true;
                        Reply::Close
                    }
                }
            }
            _ => Reply::Close,
        };
        let broker = FakeBroker::start(handler, Damage::None).await;
        let result = ensure_topics(&[topic], &broker.pool(), LONG).await;
        let asked = *asked.lock().unwrap();
        (result, asked)
    }

    fn is_created(events: &[Event]) -> bool {
        matches!(events, [Event::TopicCreated { topic, by_spec: true, .. }] if topic == "velib")
    }

    #[tokio::test]
    async fn creation_is_retried_while_brokers_register() {
        let creations = vec![
            Creation::Refused(ResponseError::InvalidReplicationFactor),
            Creation::Refused(ResponseError::NotController),
            Creation::Done,
        ];
        let (events, asked) = ensure(velib(3), false, creations).await;
        assert!(is_created(&events.unwrap()));
        assert_eq!(asked, 3);
    }

    #[tokio::test]
    async fn a_topic_whose_creation_was_not_answered_is_still_said_to_be_created() {
        let (events, asked) = ensure(velib(3), false, vec![Creation::Unanswered]).await;
        assert!(is_created(&events.unwrap()));
        assert_eq!(asked, 1);
    }

    #[tokio::test]
    async fn a_topic_that_a_broker_does_not_list_yet_is_not_said_to_be_created() {
        let (events, asked) = ensure(velib(3), false, vec![Creation::Exists]).await;
        assert_eq!((events.unwrap(), asked), (Vec::new(), 1));
    }

    #[tokio::test]
    async fn what_kafka_will_never_accept_is_said_at_once() {
        let refused = vec![Creation::Refused(ResponseError::InvalidConfig)];
        let (error, asked) = ensure(velib(3), false, refused).await;
        let error = error.unwrap_err();
        assert!(matches!(error, AdminError::Kafka { .. }), "{error:?}");
        assert_eq!(error.to_string(), "failed to create topic velib: InvalidConfig");
        assert_eq!(asked, 1);
    }

    #[tokio::test]
    async fn a_setting_that_an_old_kafka_cannot_change_is_said_at_once_with_the_tool_that_can() {
        let handler = |asked: Asked| match asked.key {
            ApiKey::Metadata => Reply::Body(body(&metadata(&[("velib", 3)]), asked.version)),
            ApiKey::DescribeConfigs => {
                let result = DescribeConfigsResult::default().with_resource_name(text("velib"));
                let answer = DescribeConfigsResponse::default().with_results(vec![result]);
                Reply::Body(body(&answer, asked.version))
            }
            _ => Reply::Close,
        };
        // No version of it that is known here.
        let lacks = [(ApiKey::IncrementalAlterConfigs, -1)];
        let broker = FakeBroker::of_version(handler, &lacks, Damage::None).await;
        let config = [("cleanup.policy", "compact,delete"), ("retention.ms", "1")];
        let config = config.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let topic = TopicPlan { config, ..velib(3) };
        let error = ensure_topics(&[topic], &broker.pool(), LONG).await.unwrap_err();
        let AdminError::Invalid { what, remedy } = error else { panic!("{error:?}") };
        assert_eq!(
            what,
            "topic velib cannot be given cleanup.policy=compact,delete,retention.ms=1: the broker speaks no known \
             version of IncrementalAlterConfigs, which Kafka has since 2.3"
        );
        assert!(
            remedy.contains(" --add-config cleanup.policy=[compact,delete],retention.ms=1` "),
            "{remedy}"
        );
    }

    #[tokio::test]
    async fn a_topic_that_is_right_already_is_left_alone() {
        let (events, asked) = ensure(velib(3), true, Vec::new()).await;
        assert_eq!((events.unwrap(), asked), (Vec::new(), 0));
    }

    #[tokio::test]
    async fn a_topic_with_other_partitions_is_reported_and_left_alone() {
        let (events, asked) = ensure(velib(10), true, Vec::new()).await;
        let difference = "it has 3 partitions, the spec 10".to_owned();
        assert_eq!(events.unwrap(), [Event::TopicDiffers { topic: "velib".to_owned(), difference }]);
        assert_eq!(asked, 0);
    }
}
