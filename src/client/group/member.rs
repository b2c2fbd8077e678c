//! The member at work: a thread that carries the machine's requests to the brokers.

use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::assign::ASSIGNORS;
use super::event::{Event, Offsets, Settings};
use super::machine::Machine;
use super::request::{Answer, Refusal, Request};
use crate::client::alarm::alarm;
use crate::plan::endpoints::Endpoints;
use crate::wire::KafkaError;
use crate::wire::groups::Partitions;
use crate::wire::groups::find_coordinator::find_coordinator;
use crate::wire::groups::heartbeat::heartbeat;
use crate::wire::groups::join_group::{Joining, join_group};
use crate::wire::groups::leave_group::leave_group;
use crate::wire::groups::offset_commit::{Committer, commit_offsets};
use crate::wire::groups::offset_fetch::fetch_offsets;
use crate::wire::groups::sync_group::sync_group;
use crate::wire::metadata;
use crate::wire::metadata::Topics;
use crate::wire::pool::Pool;
use crate::wire::pool::address;

/// One request, but for those that wait for other members.
const ASK: Duration = Duration::from_secs(3);
/// What every broker is asked at once, while no heartbeat goes out.
const LOOK: Duration = Duration::from_secs(1);
/// How long other members may make this one wait: Java's default of `max.poll.interval.ms`, and some more.
const OTHERS_TIME: Duration = Duration::from_secs(305);

/// A member of a consumer group. Dropped without [`Member::leave`], it leaves without a last commit.
#[derive(Debug)]
pub(crate) struct Member {
    commands: UnboundedSender<Command>,
}

#[derive(Debug)]
enum Command {
    Commit(i32, Offsets),
    Release(i32, Offsets),
    Leave(i32, Offsets),
}

impl Member {
    /// Joins a group, and goes on doing so until it leaves. What happens comes as events, the last of which
    /// is `Left` or `Failed`.
    ///
    /// It has a thread of its own: the application may block (a pager that nobody scrolls) and stays a
    /// member all the same. An error: there is no thread to be had.
    pub(crate) fn join(
        endpoints: &Endpoints,
        settings: Settings,
    ) -> io::Result<(Self, UnboundedReceiver<Event>)> {
        let (commands, commanded) = unbounded_channel();
        let (tell, events) = unbounded_channel();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let pool = Pool::new(endpoints);
        let thread = std::thread::Builder::new().name("group-member".to_owned());
        thread.spawn(move || {
            let machine = Machine::new(settings, Instant::now());
            runtime.block_on(live(machine, pool, commanded, tell));
            runtime.shutdown_background();
        })?;
        Ok((Member { commands }, events))
    }

    /// Offsets of the next records to read, of partitions that were assigned in this generation. They are
    /// committed soon; `Event::Committed` says when.
    pub(crate) fn commit(&self, generation: i32, offsets: Offsets) {
        self.command(Command::Commit(generation, offsets));
    }

    /// The answer to `Event::Revoked`: reading has stopped, and these are the last offsets. They are
    /// committed before the group goes on. Not needed for lost partitions.
    pub(crate) fn release(&self, generation: i32, offsets: Offsets) {
        self.command(Command::Release(generation, offsets));
    }

    /// Commits the last offsets and leaves, within 5 s. Wait for `Event::Left`.
    pub(crate) fn leave(&self, generation: i32, offsets: Offsets) {
        self.command(Command::Leave(generation, offsets));
    }

    fn command(&self, command: Command) {
        // When the member is over, its last event has said so.
        let _ = self.commands.send(command);
    }
}

type Flight<'a> = (u64, Pin<Box<dyn Future<Output = Result<Answer, KafkaError>> + 'a>>);

async fn live(
    mut machine: Machine,
    pool: Pool,
    mut commands: UnboundedReceiver<Command>,
    tell: UnboundedSender<Event>,
) {
    let settings = machine.settings().clone();
    let mut flight: Option<Flight<'_>> = None;
    let mut is_owned = true;
    loop {
        if let Some((number, request)) = machine.next(Instant::now()) {
            let to = machine.coordinator();
            flight = Some((number, Box::pin(carry(&pool, &settings, to, request))));
        }
        if flight.as_ref().map(|(number, _)| *number) != machine.flight() {
            flight = None;
        }
        for event in machine.events() {
            // Nobody listens to a member that was dropped.
            let _ = tell.send(event);
        }
        if machine.is_over() {
            return;
        }
        let wake = machine.wake_at();
        tokio::select! {
            biased;
            command = commands.recv(), if is_owned => match command {
                Some(Command::Commit(generation, offsets)) => machine.commit(generation, offsets),
                Some(Command::Release(generation, offsets)) => machine.release(generation, offsets),
                Some(Command::Leave(generation, offsets)) => machine.leave(generation, offsets, Instant::now()),
                None => {
                    is_owned = false;
                    machine.leave(-1, Offsets::new(), Instant::now());
                }
            },
            answer = landing(&mut flight) => {
                flight = None;
                machine.answered(answer.map_err(refusal), Instant::now());
            }
            () = alarm(wake.map(Into::into)) => {}
        }
    }
}

async fn landing(flight: &mut Option<Flight<'_>>) -> Result<Answer, KafkaError> {
    match flight {
        Some((_, answer)) => answer.await,
        None => pending().await,
    }
}

fn refusal(error: KafkaError) -> Refusal {
    match error {
        KafkaError::Code { code, .. } => Refusal::Code(code),
        error => Refusal::Lost(error.to_string()),
    }
}

async fn carry(
    pool: &Pool,
    settings: &Settings,
    coordinator: Option<i32>,
    request: Request,
) -> Result<Answer, KafkaError> {
    let group = &settings.group;
    let at = || -> Result<SocketAddr, KafkaError> {
        address(pool, coordinator.ok_or_else(|| KafkaError::NoBroker("no coordinator".to_owned()))?)
    };
    // The coordinator holds these back until it has heard of every other member.
    let with_others = settings.rebalance_timeout + ASK;
    match request {
        Request::FindCoordinator => Ok(Answer::Coordinator(find_coordinator(pool, group, ASK).await?)),
        Request::Partitions(topics) => Ok(Answer::Partitions(partitions(pool, &topics).await?)),
        Request::Join { member_id, session_timeout } => {
            let joining = Joining {
                group,
                member_id: &member_id,
                session_timeout,
                rebalance_timeout: settings.rebalance_timeout,
                topics: &settings.topics,
                assignors: ASSIGNORS,
            };
            // Asked again without an id, an old broker would count two members.
            let deadline = if member_id.is_empty() { OTHERS_TIME } else { with_others };
            Ok(Answer::Joined(join_group(pool, at()?, &joining, deadline).await?))
        }
        Request::Sync { generation, member_id, assignments } => {
            let member = Committer { generation, member_id: &member_id };
            Ok(Answer::Synced(sync_group(pool, at()?, group, member, &assignments, with_others).await?))
        }
        Request::Fetch => {
            let committed = fetch_offsets(pool, at()?, group, ASK).await?;
            Ok(Answer::Fetched(committed.into_iter().map(|(key, told)| (key, told.offset)).collect()))
        }
        Request::Heartbeat { generation, member_id } => {
            let member = Committer { generation, member_id: &member_id };
            heartbeat(pool, at()?, group, member, ASK).await.map(|()| Answer::Done)
        }
        Request::Commit { generation, member_id, offsets } => {
            let member = Committer { generation, member_id: &member_id };
            commit_offsets(pool, at()?, group, member, &offsets, ASK).await.map(|()| Answer::Done)
        }
        Request::Leave { member_id } => {
            leave_group(pool, at()?, group, &member_id, ASK).await.map(|()| Answer::Done)
        }
    }
}

/// As all brokers together tell: one that was just started tells of no topics for a moment.
async fn partitions(pool: &Pool, topics: &BTreeSet<String>) -> Result<Partitions, KafkaError> {
    let brokers = pool.endpoints().brokers.values();
    let asked = brokers.map(|address| metadata::ask(pool, *address, Topics::All, LOOK));
    let mut found: BTreeMap<String, BTreeSet<i32>> = BTreeMap::new();
    let mut failures = Vec::new();
    let mut told = 0;
    for answer in join_all(asked).await {
        match answer {
            Ok(metadata) => {
                told += 1;
                let wanted = metadata.topics.into_iter().filter(|(topic, _)| topics.contains(topic));
                wanted
                    .for_each(|(topic, view)| found.entry(topic).or_default().extend(view.partitions.keys()));
            }
            Err(error) => failures.push(error.to_string()),
        }
    }
    match told {
        0 => Err(KafkaError::NoBroker(failures.join("; "))),
        _ => Ok(found.into_iter().map(|(topic, numbers)| (topic, numbers.into_iter().collect())).collect()),
    }
}

#[cfg(test)]
mod tests {
    use kafka_protocol::error::ResponseError;
    use kafka_protocol::messages::find_coordinator_response::FindCoordinatorResponse;
    use kafka_protocol::messages::heartbeat_response::HeartbeatResponse;
    use kafka_protocol::messages::join_group_response::{JoinGroupResponse, JoinGroupResponseMember};
    use kafka_protocol::messages::leave_group_response::LeaveGroupResponse;
    use kafka_protocol::messages::offset_commit_response::OffsetCommitResponse;
    use kafka_protocol::messages::offset_fetch_response::{
        OffsetFetchResponse, OffsetFetchResponsePartition, OffsetFetchResponseTopic,
    };
    use kafka_protocol::messages::sync_group_response::SyncGroupResponse;
    use kafka_protocol::messages::{ApiKey, BrokerId};

    use super::*;
    use crate::model::topic_partition::TopicPartition;
    use crate::wire::answers::{text, topic_name};
    use crate::wire::fake::{Damage, FakeBroker, Reply, body, metadata};
    use crate::wire::groups::consumer_protocol::{write_assignment, write_subscription};

    fn joined() -> JoinGroupResponse {
        let wants = write_subscription(&["velib".to_owned()]).unwrap();
        let member = JoinGroupResponseMember::default().with_member_id(text("m")).with_metadata(wants);
        JoinGroupResponse::default()
            .with_generation_id(1)
            .with_protocol_name(Some(text("range")))
            .with_leader(text("m"))
            .with_member_id(text("m"))
            .with_members(vec![member])
    }

    fn fetched() -> OffsetFetchResponse {
        let partition =
            OffsetFetchResponsePartition::default().with_partition_index(0).with_committed_offset(4);
        let topic = OffsetFetchResponseTopic::default()
            .with_name(topic_name("velib"))
            .with_partitions(vec![partition]);
        OffsetFetchResponse::default().with_topics(vec![topic])
    }

    #[tokio::test]
    async fn a_member_joins_commits_and_leaves_while_its_application_only_listens() {
        let mut joins = 0;
        let handler = move |_, key, version| {
            Reply::Body(match key {
                ApiKey::FindCoordinator => {
                    body(&FindCoordinatorResponse::default().with_node_id(BrokerId(0)), version)
                }
                ApiKey::JoinGroup => {
                    joins += 1;
                    let code = if joins == 1 { ResponseError::MemberIdRequired.code() } else { 0 };
                    body(&joined().with_error_code(code), version)
                }
                ApiKey::Metadata => body(&metadata(&[("velib", 2)]), version),
                ApiKey::SyncGroup => {
                    let all = [("velib".to_owned(), vec![0, 1])].into();
                    let assignment = write_assignment(&all).unwrap();
                    body(&SyncGroupResponse::default().with_assignment(assignment), version)
                }
                ApiKey::OffsetFetch => body(&fetched(), version),
                ApiKey::Heartbeat => body(&HeartbeatResponse::default(), version),
                ApiKey::OffsetCommit => body(&OffsetCommitResponse::default(), version),
                ApiKey::LeaveGroup => body(&LeaveGroupResponse::default(), version),
                _ => return Reply::Close,
            })
        };
        let broker = FakeBroker::start(handler, Damage::None).await;
        let endpoints = Endpoints { brokers: [(0, broker.address)].into(), ..Endpoints::default() };
        let settings = Settings::new("g", vec!["velib".to_owned()]);
        let (member, mut events) = Member::join(&endpoints, settings).unwrap();
        let key = |number| TopicPartition::new("velib", number);
        let partitions = [(key(0), Some(4)), (key(1), None)].into();
        assert_eq!(events.recv().await, Some(Event::Assigned { generation: 1, partitions }));
        member.commit(0, [(key(0), 1)].into());
        member.commit(1, [(key(0), 5), (key(7), 5)].into());
        assert_eq!(events.recv().await, Some(Event::Committed([(key(0), 5)].into())));
        member.leave(1, [(key(1), 2)].into());
        assert_eq!(events.recv().await, Some(Event::Committed([(key(1), 2)].into())));
        assert_eq!(events.recv().await, Some(Event::Left { problem: None }));
        assert_eq!(events.recv().await, None);
    }
}
