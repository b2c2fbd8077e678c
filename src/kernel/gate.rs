//! The gate that `up` and `scale` go through last: the cluster is seen to be usable.

use std::collections::BTreeSet;

use super::pending::{Gate, Kind};
use super::{CheckFailure, Effect, Kernel, Question};
use crate::model::event::Event;

impl Kernel {
    /// Has the cluster checked with these brokers, unless that is under way; true when it was asked for.
    pub(super) fn check_gate(&mut self, gate: &mut Gate, brokers: BTreeSet<i32>) -> bool {
        if gate.check.is_some() {
            return false;
        }
        let check = self.question();
        gate.check = Some(check);
        self.effects.push(Effect::EnsureUsable { check, live_brokers: brokers });
        true
    }

    /// A node was sent a signal, or is gone: what was checked before says nothing of the cluster since.
    pub(super) fn close_gates(&mut self) {
        for pending in &mut self.pending {
            if let Kind::Up { gate, .. } | Kind::Scale { gate, .. } = &mut pending.kind {
                gate.close();
            }
        }
    }

    pub(super) fn checked_usable(
        &mut self,
        number: Question,
        events: Vec<Event>,
        result: Result<(), CheckFailure>,
    ) {
        // What was done to topics has happened, even if nobody waits for it any more.
        let changes = events.iter().any(|event| !matches!(event, Event::TopicDiffers { .. }));
        for event in events {
            if let Some(event) = self.watch.news(event) {
                self.journal(event);
            }
        }
        for pending in &mut self.pending {
            let (Kind::Up { gate, .. } | Kind::Scale { gate, .. }) = &mut pending.kind else { continue };
            gate.changed_topics |= changes;
            if gate.check == Some(number) {
                gate.check = None;
                match &result {
                    Ok(()) => gate.usable = true,
                    Err(failure) if failure.fatal => gate.failed = Some(failure.message.clone()),
                    // Asked again by the next drive.
                    Err(_) => {}
                }
            }
        }
    }
}
