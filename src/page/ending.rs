//! The end of the page: that it has come, and whether the cluster's is behind it.

use tokio::sync::watch;

/// Has the page end, at the latest when it is dropped.
#[derive(Debug)]
pub(super) struct Ender(watch::Sender<bool>);

/// What waits for the end; clones wait for the same.
#[derive(Clone, Debug)]
pub(super) struct Ending(watch::Receiver<bool>);

/// The two sides of one page's end.
pub(super) fn ending() -> (Ender, Ending) {
    let (ender, ending) = watch::channel(false);
    (Ender(ender), Ending(ending))
}

impl Ender {
    /// Ends it; `is_down`: since the cluster was taken down.
    pub(super) fn end(self, is_down: bool) {
        self.0.send_replace(is_down);
    }
}

impl Ending {
    /// Until it has come.
    pub(super) async fn come(mut self) {
        // Nothing that is said is it: it comes with the other side's end.
        let _ = self.0.wait_for(|_| false).await;
    }

    /// Once it has come: the cluster was taken down.
    pub(super) fn is_down(&self) -> bool {
        *self.0.borrow()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn an_end_comes_once_and_says_whether_the_cluster_went_down() {
        for is_down in [true, false] {
            let (ender, ending) = ending();
            let mut waits = Box::pin(ending.clone().come());
            assert!((&mut waits).now_or_never().is_none());
            ender.end(is_down);
            waits.await;
            assert_eq!(ending.is_down(), is_down);
        }
        let (ender, ending) = ending();
        drop(ender);
        ending.clone().come().await;
        assert!(!ending.is_down(), "a page that is closed");
    }
}
