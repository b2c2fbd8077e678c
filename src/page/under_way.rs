//! What the page has asked for and waits for: only so much at once, and none of it is undone when nobody waits any more.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

/// Requests that the page has under way.
const MOST: usize = 16;

/// Room for requests; clones share it.
#[derive(Clone)]
pub(super) struct Room(Arc<Semaphore>);

/// How a request stands.
pub(super) enum Stand<T> {
    Through(T),
    /// It takes longer, and goes on.
    UnderWay,
    /// It was not begun: too much is under way.
    Full,
    /// Its task is gone.
    Lost(String),
}

impl Default for Room {
    fn default() -> Self {
        Room(Arc::new(Semaphore::new(MOST)))
    }
}

impl Room {
    /// Begins it at once, has it done to its end, and waits that long for it, or as long as it takes. Only the waiting
    /// can be sent to other threads: the engine's own futures cannot.
    pub(super) fn run<T: 'static, W: Future<Output = T> + 'static>(
        &self,
        patience: Option<Duration>,
        work: W,
    ) -> impl Future<Output = Stand<T>> + use<T, W> {
        let task = self.0.clone().try_acquire_owned().ok().map(|place| {
            tokio::task::spawn_local(async move {
                let done = work.await;
                drop(place);
                done
            })
        });
        async move {
            let Some(task) = task else { return Stand::Full };
            let ended = match patience {
                Some(patience) => tokio::time::timeout(patience, task).await,
                None => Ok(task.await),
            };
            match ended {
                Ok(Ok(done)) => Stand::Through(done),
                Ok(Err(lost)) => Stand::Lost(lost.to_string()),
                Err(_) => Stand::UnderWay,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;
    use tokio::task::LocalSet;

    use super::*;

    const SOON: Option<Duration> = Some(Duration::from_millis(100));

    #[tokio::test(start_paused = true)]
    async fn what_nobody_waits_for_any_more_is_done_to_its_end() {
        let work = async {
            let (done, told) = oneshot::channel();
            let slow = async move {
                tokio::time::sleep(Duration::from_secs(9)).await;
                done.send(()).unwrap();
            };
            assert!(matches!(Room::default().run(SOON, slow).await, Stand::UnderWay));
            told.await.unwrap();
        };
        LocalSet::new().run_until(work).await;
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_is_begun_than_there_is_room_for() {
        let work = async {
            let room = Room::default();
            for _ in 0..MOST {
                let stand = room.run(SOON, tokio::time::sleep(Duration::from_secs(9))).await;
                assert!(matches!(stand, Stand::UnderWay));
            }
            assert!(matches!(room.run(None, async {}).await, Stand::Full));
            tokio::time::sleep(Duration::from_secs(9)).await;
            assert!(matches!(room.run(None, async { 7 }).await, Stand::Through(7)));
        };
        LocalSet::new().run_until(work).await;
    }
}
