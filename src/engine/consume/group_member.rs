//! A consumer as a member of a group: which partitions it reads is the group's to say, and what was
//! printed is committed.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use crate::client::alarm::alarm;
use crate::client::consumer::{Consumer, Search};
use crate::client::group::{Event, Member, Offsets, Settings};
use crate::engine::consume::read::{Order, Sink};
use crate::error::{End, ExitCode, Failure};
use crate::model::partitions::ranges;
use crate::model::topic_partition::TopicPartition;
use crate::plan::endpoints::Endpoints;
use crate::plan::model::Plan;

/// How often what was printed is committed: so much may be printed again after a crash
/// (`auto.commit.interval.ms`).
const COMMIT: Duration = Duration::from_secs(1);

/// What may have happened.
pub(super) enum News {
    Member(Option<Event>),
    CommitIsDue,
}

pub(super) struct Membership {
    member: Member,
    events: UnboundedReceiver<Event>,
    generation: i32,
    /// What is assigned and not read yet, since it is not known where to begin: committed offsets.
    waiting: BTreeMap<i32, Option<i64>>,
    /// The partitions are known, and there are none.
    is_idle: bool,
    /// Next offsets, when all before them had been printed.
    printed: BTreeMap<i32, i64>,
    committed: BTreeMap<i32, i64>,
    commit_at: Instant,
}

impl Membership {
    pub(super) fn join(plan: &Plan, group: &str, topic: &str) -> Result<Self, Failure> {
        let settings = Settings::new(group, vec![topic.to_owned()]);
        let (member, events) = Member::join(&Endpoints::of(plan), settings)
            .map_err(|error| Failure::new(ExitCode::Failed, format!("failed to start a thread: {error}")))?;
        Ok(Membership {
            member,
            events,
            generation: -1,
            waiting: BTreeMap::new(),
            is_idle: false,
            printed: BTreeMap::new(),
            committed: BTreeMap::new(),
            commit_at: Instant::now() + COMMIT,
        })
    }

    /// True for a member that the group has no partition for.
    pub(super) fn is_idle(&self) -> bool {
        self.is_idle
    }

    /// A partition that was assigned is read from now on: from this offset, where the group has committed one.
    pub(super) fn begins(&mut self, partition: i32) -> Option<i64> {
        self.waiting.remove(&partition).flatten()
    }

    /// All that was handed out is printed.
    pub(super) fn printed(&mut self, consumer: &Consumer) {
        self.printed.extend(consumer.positions());
    }

    /// Of a batch only the records before this offset were printed, and no more will be.
    pub(super) fn printed_up_to(&mut self, partition: i32, offset: i64) {
        self.printed.insert(partition, offset);
    }

    /// Waits for news. May be dropped and called again.
    pub(super) async fn news(&mut self) -> News {
        let due = (self.printed != self.committed).then_some(self.commit_at);
        tokio::select! {
            biased;
            event = self.events.recv() => News::Member(event),
            () = alarm(due) => News::CommitIsDue,
        }
    }

    /// `search`: where partitions begin that are not read yet.
    pub(super) fn act(
        &mut self,
        news: News,
        order: &Order,
        consumer: &mut Consumer,
        search: &mut Option<Search>,
        sink: &mut dyn Sink,
    ) -> Result<(), End> {
        match news {
            News::Member(Some(event)) => self.told(event, order, consumer, search, sink),
            News::Member(None) => Err(over("it ended by itself")),
            News::CommitIsDue => {
                self.member.commit(self.generation, self.offsets(order));
                self.committed = self.printed.clone();
                self.commit_at = Instant::now() + COMMIT;
                Ok(())
            }
        }
    }

    fn told(
        &mut self,
        event: Event,
        order: &Order,
        consumer: &mut Consumer,
        search: &mut Option<Search>,
        sink: &mut dyn Sink,
    ) -> Result<(), End> {
        match event {
            Event::Assigned { generation, partitions } => {
                self.generation = generation;
                self.is_idle = partitions.is_empty();
                sink.say(&assigned(&partitions));
                self.waiting = partitions.into_iter().map(|(of, offset)| (of.partition, offset)).collect();
                let unknown = |offset: &Option<i64>| offset.is_none() || order.until_end;
                if self.waiting.values().any(unknown) {
                    let numbers: Vec<i32> = self.waiting.keys().copied().collect();
                    *search = Some(consumer.search(&numbers, order.start, order.patience()));
                } else {
                    for (partition, offset) in std::mem::take(&mut self.waiting) {
                        consumer.assign(partition, offset.unwrap_or_default(), None);
                    }
                }
            }
            Event::Revoked { generation, lost, .. } => {
                sink.flush()?;
                self.printed(consumer);
                let offsets = self.offsets(order);
                self.clear(consumer);
                *search = None;
                match lost {
                    true => sink.say("its partitions are lost to the group; joining again"),
                    false => self.member.release(generation, offsets),
                }
            }
            Event::Committed(_) => {}
            Event::Note(note) => sink.say(&note),
            Event::Left { problem } => return Err(over(problem.as_deref().unwrap_or("it has left"))),
            Event::Failed(reason) => return Err(over(&reason)),
        }
        Ok(())
    }

    fn clear(&mut self, consumer: &mut Consumer) {
        let numbers: Vec<i32> = consumer.positions().map(|(partition, _)| partition).collect();
        numbers.into_iter().for_each(|partition| consumer.unassign(partition));
        self.waiting.clear();
        self.is_idle = false;
        self.printed.clear();
        self.committed.clear();
    }

    fn offsets(&self, order: &Order) -> Offsets {
        let key = |partition: i32| TopicPartition::new(&order.topic, partition);
        self.printed.iter().map(|(partition, offset)| (key(*partition), *offset)).collect()
    }

    /// Commits what was printed, and leaves: a few seconds at most.
    pub(super) async fn leave(mut self, order: &Order, sink: &mut dyn Sink) {
        self.member.leave(self.generation, self.offsets(order));
        while let Some(event) = self.events.recv().await {
            match event {
                Event::Left { problem: None } => return,
                Event::Left { problem: Some(problem) } => return sink.say(&problem),
                Event::Failed(reason) => return sink.say(&reason),
                _ => {}
            }
        }
    }
}

fn over(reason: &str) -> End {
    Failure::new(ExitCode::Failed, format!("no member of the group any more: {reason}")).into()
}

/// `assigned partitions 0,1,4`
fn assigned(partitions: &BTreeMap<TopicPartition, Option<i64>>) -> String {
    let held: Vec<i32> = partitions.keys().map(|of| of.partition).collect();
    match held.len() {
        // Why is not known here: the group may have more members than partitions, or one that still has to give up
        // some of its own, as those of KIP-848 do one by one.
        0 => "no partition for this member yet: the others of the group have them".to_owned(),
        1 => format!("assigned partition {}", held[0]),
        _ => format!("assigned partitions {}", ranges(&held)),
    }
}
