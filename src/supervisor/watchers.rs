//! Who watches: told of every event, and of the cluster's state whenever it has changed.

use tokio::sync::mpsc::Sender;

use crate::api::message::Seen;
use crate::kernel::Millis;
use crate::model::event::Entry;
use crate::model::status::Status;

/// What changes all the time (memory, uptime) is told this often.
const PULSE_MS: Millis = 1_000;

/// One who does not keep up is let go: it asks anew, and has the whole state then.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    senders: Vec<Sender<Seen>>,
    /// Something may be otherwise than it was told.
    stirred: bool,
    /// What was told last, without what changes all the time.
    told: Option<Status>,
    told_at: Millis,
}

impl Watchers {
    pub(super) fn add(&mut self, sender: Sender<Seen>) {
        self.senders.push(sender);
        self.told = None;
    }

    pub(super) fn stir(&mut self) {
        self.stirred = true;
    }

    pub(super) fn event(&mut self, entry: &Entry) {
        self.stirred = true;
        self.tell(&Seen::Event(entry.clone()));
    }

    fn tell(&mut self, seen: &Seen) {
        self.senders.retain(|sender| sender.try_send(seen.clone()).is_ok());
    }

    /// Whether a state is to be made for somebody.
    pub(super) fn is_due(&mut self, now: Millis) -> bool {
        self.senders.retain(|sender| !sender.is_closed());
        let is_due = self.stirred || self.told.is_none() || now.saturating_sub(self.told_at) >= PULSE_MS;
        !self.senders.is_empty() && is_due
    }

    /// Tells it, where it is otherwise than it was told.
    pub(super) fn learn(&mut self, status: Status, now: Millis) {
        self.stirred = false;
        let is_pulse = now.saturating_sub(self.told_at) >= PULSE_MS;
        let still = still(&status);
        if !is_pulse && self.told.as_ref() == Some(&still) {
            return;
        }
        self.told_at = now;
        self.told = Some(still);
        self.tell(&Seen::Status(Box::new(status)));
    }
}

/// Without what changes all the time.
fn still(status: &Status) -> Status {
    let mut status = status.clone();
    for node in &mut status.nodes {
        (node.uptime_ms, node.memory_bytes, node.cpu_ms, node.session_ends_in_ms) = (None, None, None, None);
    }
    status
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::{Receiver, channel};

    use super::*;
    use crate::model::samples::{degraded, healthy};

    fn watched(room: usize) -> (Watchers, Receiver<Seen>) {
        let (sender, seen) = channel(room);
        let mut watchers = Watchers::default();
        watchers.add(sender);
        (watchers, seen)
    }

    fn entry() -> Entry {
        Entry {
            seq: 1,
            time: jiff::Timestamp::UNIX_EPOCH,
            event: crate::model::event::Event::Usable { after_ms: 1 },
        }
    }

    #[test]
    fn a_state_is_told_when_it_changes_and_else_once_a_second() {
        let (mut watchers, mut seen) = watched(8);
        assert!(watchers.is_due(5_000), "one who has just come is told");
        watchers.learn(healthy(), 5_000);
        assert!(matches!(seen.try_recv(), Ok(Seen::Status(_))));
        assert!(!watchers.is_due(5_900));
        watchers.stir();
        assert!(watchers.is_due(5_900));
        let mut older = healthy();
        older.nodes[0].uptime_ms = Some(9);
        watchers.learn(older.clone(), 5_900);
        assert!(seen.try_recv().is_err(), "time that passes is no change");
        watchers.learn(degraded(), 5_950);
        assert!(matches!(seen.try_recv(), Ok(Seen::Status(_))));
        assert!(watchers.is_due(6_950));
        watchers.learn(degraded(), 6_950);
        assert!(matches!(seen.try_recv(), Ok(Seen::Status(_))), "the pulse");
    }

    #[test]
    fn nobody_is_asked_to_look_when_nobody_watches() {
        let (mut watchers, seen) = watched(8);
        drop(seen);
        watchers.stir();
        assert!(!watchers.is_due(0));
    }

    #[test]
    fn one_who_does_not_read_is_let_go_and_holds_up_nobody() {
        let (mut watchers, slow) = watched(1);
        let (sender, mut quick) = channel(8);
        watchers.add(sender);
        watchers.event(&entry());
        watchers.event(&entry());
        assert_eq!(watchers.senders.len(), 1);
        assert!(quick.try_recv().is_ok() && quick.try_recv().is_ok());
        drop(slow);
    }
}
