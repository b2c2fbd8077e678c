//! `topic create`: what can be said before, and what is waited for after, round [`Creation`].

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use schemars::JsonSchema;
use serde::Serialize;

use super::check::{self, count};
use super::creation::{Creation, Refusal};
use super::error::{AdminError, Setback};
use super::look::Known;
use super::{ASK, Admin, REQUEST};
use crate::model::ids::Role;
use crate::model::topic_partition::TopicPartition;
use crate::model::view::{TopicView, replication_factor};
use crate::observe::writable::writable;
use crate::plan::effective;
use crate::plan::model::Plan;
use crate::plan::topics::{broker_min_isr, own_min_isr};
use crate::spec::min_isr::{SETTING as MIN_ISR, set_in};
use crate::wire::create_topics::{Layout, NewTopic, fills_in_counts};
use crate::wire::metadata;
use crate::wire::metadata::{TopicMetadata, Topics};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TopicRequest {
    pub topic: NewTopic,
    /// A topic that exists is no error, and left as it is.
    pub if_not_exists: bool,
}

/// What became of it; the JSON of `topic create`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Created {
    pub topic: String,
    /// False: it existed already.
    pub created: bool,
    pub partitions: usize,
    pub replication_factor: usize,
    /// `min.insync.replicas` that was set of the topic, as nobody asked for one and it would bear no failure with
    /// its brokers'.
    pub min_insync_replicas: Option<u16>,
    /// Why it was.
    pub note: Option<String>,
    /// Why no acks=all produce is taken, though every partition has its leader.
    pub warning: Option<String>,
}

impl Created {
    fn existing(topic: &str, view: &TopicView) -> Self {
        Created {
            topic: topic.to_owned(),
            created: false,
            partitions: view.partitions.len(),
            replication_factor: replication_factor(&view.partitions),
            min_insync_replicas: None,
            note: None,
            warning: None,
        }
    }
}

impl Admin {
    /// Creates a topic and waits until every live broker tells of its leaders, and these take an
    /// acks=all produce.
    pub(crate) async fn create(&self, request: &TopicRequest) -> Result<Created, AdminError> {
        let name = &request.topic.name;
        check::name(name)?;
        check::settings(&request.topic.config, [], self.version())?;
        let known = self.before(&format!("create topic {name}")).await?;
        let mut new = match known.topics.get(name) {
            Some(_) if !request.if_not_exists => return Err(AdminError::Exists(name.clone())),
            Some(view) => return Ok(Created::existing(name, view)),
            None => self.with_counts(&request.topic, &known).await?,
        };
        let own = self.bearable(&new);
        if let Some((min_isr, _)) = &own {
            new.config.insert(MIN_ISR.to_owned(), min_isr.to_string());
        }
        let what = format!("topic {name} is not created");
        self.retry(&what, "create topics", async || self.only_live_are_counted_on(&new).await).await?;
        let mut creation = Creation::default();
        let made = self.retry(&what, "create topics", async || self.ask_for(&new, &mut creation).await);
        match made.await {
            // Somebody else was quicker.
            Err(AdminError::Exists(_)) if request.if_not_exists => {}
            made => made?,
        }
        let what = format!("topic {name} is created, but not usable");
        let mut created = self.retry(&what, "create topics", async || self.usable(&new).await).await?;
        if let Some((min_isr, why)) = own {
            created.min_insync_replicas = Some(min_isr);
            created.note = Some(format!("{name} has {MIN_ISR}={min_isr} of its own: {why}"));
        }
        Ok(created)
    }

    /// What a topic of the spec would get, see [`own_min_isr`].
    fn bearable(&self, topic: &NewTopic) -> Option<(u16, String)> {
        if topic.config.contains_key(MIN_ISR) {
            return None;
        }
        let factor = match &topic.layout {
            Layout::Counted { replication_factor, .. } => *replication_factor,
            Layout::Assigned(replicas) => u16::try_from(replicas.first()?.len()).ok(),
        };
        let default = || u16::try_from(planned(&self.plan, "default.replication.factor")).ok();
        own_min_isr(self.plan.profile, factor.or_else(default)?, broker_min_isr(&self.plan.nodes))
    }

    /// Kafka gives partitions to a dead broker, too, until its session has expired; one replica there
    /// would never get a leader.
    async fn only_live_are_counted_on(&self, topic: &NewTopic) -> Result<(), Setback> {
        if let Layout::Assigned(_) = topic.layout {
            return Ok(());
        }
        let answers = self.everywhere(Topics::None, |_| Ok(())).await?;
        let down = self.down(answers.iter().flat_map(|told| &told.live_brokers)).await;
        match down.first() {
            Some(id) => Err(Setback::Passing(format!(
                "broker-{id} does not answer, and Kafka still gives it partitions"
            ))),
            None => Ok(()),
        }
    }

    /// Those of these brokers of the plan that do not answer.
    async fn down(&self, brokers: impl Iterator<Item = &i32>) -> Vec<i32> {
        let brokers: BTreeSet<i32> = brokers.copied().collect();
        let known = self.pool.endpoints().brokers.iter().filter(|(id, _)| brokers.contains(id));
        let asked = known.map(async |(id, address)| {
            let told = metadata::ask(&self.pool, *address, Topics::None, ASK).await;
            told.is_err().then_some(*id)
        });
        join_all(asked).await.into_iter().flatten().collect()
    }

    /// Another topic of this name is on its way out; not while a broker is down that has a replica.
    async fn still_being_deleted(&self, name: &str) -> Setback {
        let assigned = match &self.zookeeper {
            Some(zookeeper) => zookeeper.assignments(&[name.to_owned()], ASK).await.unwrap_or_default(),
            None => BTreeMap::new(),
        };
        let replicas = assigned.values().flat_map(|partitions| partitions.values().flatten());
        match self.down(replicas).await.first() {
            Some(id) => Setback::Fatal(AdminError::invalid(
                format!("topic `{name}` is still being deleted: broker-{id}, which has a replica, is down"),
                format!("`cluster start broker-{id}` lets Kafka finish it"),
            )),
            None => Setback::Passing("one of this name is still being deleted".to_owned()),
        }
    }

    /// The request with the counts that brokers before Kafka 2.4 do not fill in, checked against the
    /// live brokers.
    async fn with_counts(&self, topic: &NewTopic, known: &Known) -> Result<NewTopic, AdminError> {
        let mut topic = topic.clone();
        match &mut topic.layout {
            Layout::Assigned(replicas) => check::assignment(replicas, &known.live, &known.planned)?,
            Layout::Counted { partitions: Some(_), replication_factor: Some(factor) } => {
                check::factor(*factor, &known.live, &known.planned)?;
            }
            Layout::Counted { partitions, replication_factor } => {
                let fills_in =
                    self.retry("the brokers' defaults are not known", "create topics", async || {
                        Ok(fills_in_counts(&self.pool, self.controller().await?, ASK).await?)
                    });
                if !fills_in.await? {
                    partitions.get_or_insert(planned(&self.plan, "num.partitions"));
                    let factor = || u16::try_from(planned(&self.plan, "default.replication.factor"));
                    replication_factor.get_or_insert(factor().unwrap_or(1));
                }
                if let Some(factor) = replication_factor {
                    check::factor(*factor, &known.live, &known.planned)?;
                }
            }
        }
        Ok(topic)
    }

    async fn ask_for(&self, topic: &NewTopic, creation: &mut Creation) -> Result<(), Setback> {
        let controller = self.controller().await?;
        let refused = creation.ask(&self.pool, controller, std::slice::from_ref(topic), REQUEST).await?;
        let Some((name, refusal)) = refused.into_iter().next() else { return Ok(()) };
        Err(match refusal {
            Refusal::Exists => {
                let told = metadata::ask(&self.pool, controller, Topics::One(&name), ASK).await?;
                match told.topics.contains_key(&name) {
                    true => AdminError::Exists(name).into(),
                    false => self.still_being_deleted(&name).await,
                }
            }
            // The brokers' default, for the given one has been checked.
            Refusal::TooFewBrokers(reason) => {
                let remedy = "give a smaller `--replication-factor`, or start the brokers that are down";
                AdminError::invalid(format!("topic {name} cannot be created: {reason}"), remedy).into()
            }
            Refusal::Other(setback) => setback,
        })
    }

    /// Every live broker tells of the same partitions, each with a leader that takes produces.
    async fn usable(&self, topic: &NewTopic) -> Result<Created, Setback> {
        let name = topic.name.as_str();
        let told = self.everywhere(Topics::One(name), |told| is_led(name, told.topics.get(name)));
        let told = told.await?;
        let counts = || told.iter().filter_map(|told| Some(told.topics.get(name)?.partitions.len()));
        let partitions = counts().max().unwrap_or(0);
        let wanted = match &topic.layout {
            Layout::Counted { partitions, .. } => partitions.map(|count| count as usize),
            Layout::Assigned(replicas) => Some(replicas.len()),
        };
        if counts().any(|count| count != wanted.unwrap_or(partitions)) {
            return Err(Setback::Passing(format!("{name} has not all of its partitions yet")));
        }
        let replicas = told.iter().filter_map(|told| told.topics.get(name));
        let replicas = replicas.flat_map(|topic| topic.partitions.values().map(|view| view.replicas.len()));
        let replication_factor = replicas.max().unwrap_or(0);
        let warning = self.refuses_produces(topic, replication_factor);
        if warning.is_none() {
            let all = [(name.to_owned(), u32::try_from(partitions).unwrap_or(u32::MAX))];
            writable(&all, &self.pool, REQUEST).await.map_err(Setback::Passing)?;
        }
        Ok(Created {
            topic: name.to_owned(),
            created: true,
            partitions,
            replication_factor,
            min_insync_replicas: None,
            note: None,
            warning,
        })
    }

    /// What hinders acks=all for ever, see [`Excess`](crate::spec::min_isr::Excess).
    fn refuses_produces(&self, topic: &NewTopic, factor: usize) -> Option<String> {
        let min_isr = set_in(&topic.config).unwrap_or(self.min_isr.default);
        self.min_isr.excess.is_deadly(min_isr.into(), factor).then(|| {
            format!(
                "no acks=all produce is taken: {MIN_ISR} is {min_isr}, and there is {}",
                count(factor, "replica")
            )
        })
    }
}

/// Every partition has a leader, by one broker's word.
pub(super) fn is_led(name: &str, topic: Option<&TopicMetadata>) -> Result<(), String> {
    let topic = topic.filter(|topic| !topic.partitions.is_empty());
    let topic = topic.ok_or_else(|| format!("topic {name} is in no metadata yet"))?;
    match topic.partitions.iter().find(|(_, view)| view.leader.is_none()) {
        Some((number, _)) => Err(format!("{} has no leader yet", TopicPartition::new(name, *number))),
        None => Ok(()),
    }
}

/// A count that the plan's brokers have, or else Kafka's default.
fn planned(plan: &Plan, key: &str) -> u32 {
    let first = plan.of_role(Role::Broker).next();
    let value = first.and_then(|broker| effective::of_broker(plan, broker, key));
    value.and_then(|value| value.parse().ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use kafka_protocol::error::ResponseError;
    use kafka_protocol::messages::ApiKey;

    use super::super::creation::testing::answer;
    use super::super::testing::admin;
    use super::*;
    use crate::plan::samples;
    use crate::spec::model::Profile;
    use crate::wire::fake::{Damage, FakeBroker, Reply, body, metadata};

    fn velib() -> TopicRequest {
        let layout = Layout::Counted { partitions: Some(3), replication_factor: Some(1) };
        let topic = NewTopic { name: "velib".to_owned(), layout, config: BTreeMap::new() };
        TopicRequest { topic, if_not_exists: false }
    }

    /// A broker that answers CreateTopics with each of `codes` in turn, and has the topic when
    /// `exists`. The result, and how often it was asked.
    async fn create(request: TopicRequest, exists: bool, codes: Vec<i16>) -> (String, usize) {
        let asked = Arc::new(Mutex::new(0));
        let counter = asked.clone();
        let mut codes = codes.into_iter();
        let handler = move |_, key, version| match key {
            ApiKey::Metadata if exists => Reply::Body(body(&metadata(&[("velib", 3)]), version)),
            ApiKey::Metadata => Reply::Body(body(&metadata(&[]), version)),
            ApiKey::CreateTopics => {
                *counter.lock().unwrap() += 1;
                codes.next().map_or(Reply::Close, |code| answer(code, version))
            }
            _ => Reply::Close,
        };
        let broker = FakeBroker::start(handler, Damage::None).await;
        let said = match admin(&broker).create(&request).await {
            Ok(created) => format!("{created:?}"),
            Err(error) => error.to_string(),
        };
        let asked = *asked.lock().unwrap();
        (said, asked)
    }

    #[tokio::test]
    async fn a_topic_that_exists_is_an_error_unless_that_is_fine() {
        assert_eq!(create(velib(), true, vec![]).await, ("topic `velib` exists already".to_owned(), 0));
        let (said, asked) = create(TopicRequest { if_not_exists: true, ..velib() }, true, vec![]).await;
        assert!(said.contains("created: false, partitions: 3, replication_factor: 2"), "{said}");
        assert_eq!(asked, 0);
    }

    #[tokio::test]
    async fn what_kafka_refuses_is_said_at_once_and_what_passes_is_tried_again() {
        let codes = vec![ResponseError::NotController.code(), ResponseError::PolicyViolation.code()];
        let (said, asked) = create(velib(), false, codes).await;
        assert_eq!((said.as_str(), asked), ("failed to create topic velib: PolicyViolation", 2));
    }

    #[tokio::test]
    async fn nothing_is_sent_for_what_cannot_be() {
        let mut wide = velib();
        wide.topic.layout = Layout::Counted { partitions: None, replication_factor: Some(2) };
        let mut illegal = velib();
        illegal.topic.name = "a b".to_owned();
        let mut unknown = velib();
        unknown.topic.config.insert("retention.mss".to_owned(), "1".to_owned());
        let mut dead = velib();
        dead.topic.layout = Layout::Assigned(vec![vec![7]]);
        for (request, said) in [
            (wide, "a replication factor of 2 needs 2 live brokers, and there are 1"),
            (illegal, "topic `a b` has ` ` in its name"),
            (unknown, "`retention.mss` is not a setting of topics"),
            (dead, "the assignment names broker 7, which the cluster does not have"),
        ] {
            assert_eq!(create(request, false, vec![]).await, (said.to_owned(), 0));
        }
    }

    /// The plan's brokers ask for 2, and make topics of 3 replicas.
    fn asking_for_two(broker: &FakeBroker, profile: Profile) -> Admin {
        let mut admin = admin(broker);
        admin.plan.profile = profile;
        for node in admin.plan.nodes.iter_mut().filter(|node| node.role() == Role::Broker) {
            for (key, value) in [(MIN_ISR, "2"), ("default.replication.factor", "3")] {
                node.settings.push(samples::setting(key, value));
            }
        }
        admin
    }

    #[tokio::test]
    async fn a_topic_that_would_bear_no_failure_gets_what_the_spec_would_give_it() {
        let broker = FakeBroker::start(|_, _, _| Reply::Close, Damage::None).await;
        let counted = |replication_factor| Layout::Counted { partitions: None, replication_factor };
        let asked = |layout, config: &[(&str, &str)], profile| {
            let config = config.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            let topic = NewTopic { name: "v".to_owned(), layout, config };
            asking_for_two(&broker, profile).bearable(&topic).map(|(min_isr, _)| min_isr)
        };
        assert_eq!(asked(counted(Some(2)), &[], Profile::Fast), Some(1));
        assert_eq!(asked(Layout::Assigned(vec![vec![0, 1]]), &[], Profile::Fast), Some(1));
        assert_eq!(asked(counted(None), &[], Profile::Fast), None, "three bear one with two in sync");
        assert_eq!(asked(counted(Some(2)), &[(MIN_ISR, "2")], Profile::Fast), None, "as was asked for");
        assert_eq!(asked(counted(Some(2)), &[], Profile::Stock), None, "that is Kafka's to say");
    }

    #[test]
    fn counts_that_are_not_given_are_the_plans_and_else_kafkas() {
        let mut plan = samples::plan("/x".as_ref(), "velib");
        assert_eq!(planned(&plan, "num.partitions"), 1);
        for broker in plan.nodes.iter_mut().filter(|node| node.role() == Role::Broker) {
            broker.settings.push(samples::setting("num.partitions", "6"));
        }
        assert_eq!(planned(&plan, "num.partitions"), 6);
    }
}
