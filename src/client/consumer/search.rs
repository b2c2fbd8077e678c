//! Where to begin, of each partition as soon as it is known: those without a leader keep nobody else waiting.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::stream::{self, LocalBoxStream, StreamExt};
use tokio::time::{Instant, sleep};

use super::error::ConsumeError;
use super::locate::{Located, Locator, Missing, Start};
use crate::client::alarm::alarm;
use crate::client::notice::Notice;
use crate::client::topic::TopicError;
use crate::model::topic_partition::TopicPartition;

/// As long as it takes to elect a leader after the last one died, a ZooKeeper session's timeout (18 s in Kafka 3.9)
/// included.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(100);

/// Ends when every partition was found. Whoever waits for the next item may stop waiting and come back.
pub(crate) type Search = LocalBoxStream<'static, Result<Found, ConsumeError>>;

/// What is new.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub located: BTreeMap<i32, Located>,
    /// Why others are not found yet, each reason once.
    pub notices: Vec<Notice>,
}

pub(super) fn begin(
    locator: Locator,
    partitions: &[i32],
    start: Start,
    patience: Option<Duration>,
) -> Search {
    let missing = partitions.iter().map(|partition| (*partition, None)).collect();
    let until = patience.map(|patience| (Instant::now() + patience, patience));
    let searching = Searching { locator, start, missing, until };
    let next = |mut searching: Searching| async move {
        match searching.missing.is_empty() {
            true => Ok(None),
            false => searching.next().await.map(|found| Some((found, searching))),
        }
    };
    stream::try_unfold(searching, next).boxed_local()
}

struct Searching {
    locator: Locator,
    start: Start,
    /// Those that are not found, and the reason that was told.
    missing: BTreeMap<i32, Option<Missing>>,
    /// When it is an error, and how long that is.
    until: Option<(Instant, Duration)>,
}

impl Searching {
    async fn next(&mut self) -> Result<Found, ConsumeError> {
        let mut unheard = None;
        let until = self.until.map(|(until, _)| until);
        loop {
            let missing: Vec<i32> = self.missing.keys().copied().collect();
            let tried = async {
                let told = self.locator.locate(&missing, self.start).await;
                // There is more to wait for than a turn of whoever asks again.
                if !matches!(&told, Ok(told) if told.values().all(Result::is_ok)) {
                    sleep(PAUSE).await;
                }
                told
            };
            let told = tokio::select! {
                biased;
                told = tried => told,
                () = alarm(until) => return Err(self.unreachable(unheard)),
            };
            match told {
                Ok(told) => {
                    unheard = None;
                    let found = self.told(told)?;
                    if !found.located.is_empty() || !found.notices.is_empty() {
                        return Ok(found);
                    }
                }
                Err(reason) => unheard = Some(reason),
            }
        }
    }

    fn told(&mut self, told: BTreeMap<i32, Result<Located, Missing>>) -> Result<Found, ConsumeError> {
        let mut found = Found::default();
        let mut changed: Vec<(Missing, Vec<i32>)> = Vec::new();
        for (partition, told) in told {
            match told {
                Ok(at) => {
                    self.must_be_in_range(partition, &at)?;
                    self.missing.remove(&partition);
                    found.located.insert(partition, at);
                }
                Err(why) => {
                    let before = self.missing.insert(partition, Some(why.clone())).flatten();
                    if before.as_ref() != Some(&why) {
                        match changed.iter_mut().find(|(reason, _)| *reason == why) {
                            Some((_, partitions)) => partitions.push(partition),
                            None => changed.push((why, vec![partition])),
                        }
                    }
                }
            }
        }
        found.notices = changed.into_iter().map(|(why, partitions)| notice(why, partitions)).collect();
        Ok(found)
    }

    fn must_be_in_range(&self, partition: i32, at: &Located) -> Result<(), ConsumeError> {
        match self.start {
            Start::Offset(offset) if !(at.earliest..=at.latest).contains(&offset) => {
                Err(ConsumeError::OutOfRange {
                    partition: TopicPartition::new(&*self.locator.topic, partition),
                    offset,
                    earliest: at.earliest,
                    latest: at.latest,
                })
            }
            _ => Ok(()),
        }
    }

    /// `unheard`: why no broker could be asked in the end.
    fn unreachable(&self, unheard: Option<String>) -> ConsumeError {
        let seconds = self.until.map_or(0, |(_, patience)| patience.as_secs());
        let why = |(partition, why): (&i32, &Option<Missing>)| {
            Some(format!("partition {partition}: {}", why.as_ref()?))
        };
        let last = unheard.or_else(|| self.missing.iter().rev().find_map(why));
        let last = last.unwrap_or_else(|| "no broker answers".to_owned());
        let reason = format!("{last}, and did not change for {seconds} s");
        TopicError::Unreachable { topic: self.locator.topic.to_string(), reason }.into()
    }
}

fn notice(why: Missing, partitions: Vec<i32>) -> Notice {
    match why {
        Missing::Leader => Notice::Led { partitions, leader: None },
        why => Notice::Setback { partitions, reason: why.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::plan::endpoints::Endpoints;
    use crate::wire::pool::Pool;

    const AT: Located = Located { from: 2, earliest: 2, latest: 7 };

    fn searching(start: Start) -> Searching {
        let locator = Locator { pool: Arc::new(Pool::new(&Endpoints::default())), topic: "bikes".into() };
        Searching { locator, start, missing: (0..4).map(|one| (one, None)).collect(), until: None }
    }

    fn told(searching: &mut Searching, told: &[(i32, Result<Located, Missing>)]) -> (Vec<i32>, Vec<String>) {
        let found = searching.told(told.iter().cloned().collect()).unwrap();
        (found.located.into_keys().collect(), found.notices.iter().map(Notice::to_string).collect())
    }

    #[test]
    fn what_is_found_does_not_wait_for_the_rest_and_each_reason_is_told_once() {
        let mut searching = searching(Start::Earliest);
        let silent = Missing::Answer { leader: 1, reason: "timed out".into() };
        let first =
            [(0, Ok(AT)), (1, Err(Missing::Leader)), (2, Err(silent.clone())), (3, Err(Missing::Leader))];
        let (located, said) = told(&mut searching, &first);
        assert_eq!(located, [0]);
        let silence = "partition 2: its leader, broker-1, does not answer (timed out); trying again";
        assert_eq!(said, ["partitions 1,3: no leader, waiting", silence]);
        let again = [(1, Err(Missing::Leader)), (2, Err(silent)), (3, Err(Missing::Leader))];
        assert_eq!(told(&mut searching, &again), (vec![], vec![]));
        let changed = [(1, Ok(AT)), (2, Err(Missing::Leader)), (3, Err(Missing::Leader))];
        let (located, said) = told(&mut searching, &changed);
        assert_eq!((located, said), (vec![1], vec!["partition 2: no leader, waiting".to_owned()]));
        let error = searching.unreachable(None).to_string();
        assert!(error.contains("partition 3: no leader, and did not change"), "{error}");
        assert_eq!(searching.missing.into_keys().collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn an_offset_that_a_partition_does_not_have_is_an_error_that_says_what_it_has() {
        let mut searching = searching(Start::Offset(8));
        let error = searching.told([(0, Ok(AT))].into()).unwrap_err();
        assert_eq!(error.to_string(), "offset 8 is out of range: bikes/0 has 2 to 7");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_no_patience_is_told_what_is_missing() {
        let locator = searching(Start::Latest).locator;
        let mut search = begin(locator, &[0], Start::Latest, Some(Duration::from_secs(3)));
        let error = search.next().await.unwrap().unwrap_err().to_string();
        assert!(error.starts_with("failed to reach topic bikes: "), "{error}");
        assert!(error.ends_with("did not change for 3 s"), "{error}");
    }
}
