//! Having replicas moved: the question before, what is shown meanwhile, and how it goes on when nobody watches.

use std::pin::pin;
use std::time::Duration;

use super::context::Context;
use super::engine::Engine;
use crate::admin::moves::{MoveProgress, Moved, Proposal};
use crate::error::{ExitCode, Failure};
use crate::output::moves;
use crate::output::moving::MoveBar;
use crate::output::screen::End;
use crate::output::units;

/// How it is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Moving {
    /// Bytes a second.
    pub throttle: Option<u64>,
    /// It was begun by another command, with a throttle perhaps.
    pub throttled_before: bool,
    /// How long to wait.
    pub timeout: Option<Duration>,
    /// Do not ask.
    pub yes: bool,
    /// The result is JSON, so that the plan is talk.
    pub json: bool,
}

impl Moving {
    /// Shows the plan, and asks.
    pub fn confirm<E: Engine>(&self, cx: &mut Context<'_, E>, proposal: &Proposal) -> Result<(), End> {
        match self.json {
            true if !self.yes => cx.screen.say(moves::plan(proposal).trim_end()),
            true => {}
            false => cx.screen.print(moves::plan(proposal))?,
        }
        let rate = match self.throttle {
            Some(rate) => format!("at most {}/s a broker", units::size(rate)),
            None => "not throttled".to_owned(),
        };
        if self.yes {
            cx.screen.say(format!("moving, {rate}"));
            return Ok(());
        }
        match cx.screen.confirm(&format!("move these replicas ({rate})?")) {
            Some(true) => Ok(()),
            Some(false) => Err(Failure::new(ExitCode::Failed, "nothing was moved").into()),
            None => {
                let failure = Failure::new(ExitCode::Usage, "moving replicas takes a confirmation");
                Err(failure.hint("there is no terminal to ask on: give `--yes`").into())
            }
        }
    }

    /// Until it is through, visibly. Neither Ctrl-C nor the timeout undoes anything.
    pub async fn follow<E: Engine>(
        &self,
        cx: &mut Context<'_, E>,
        work: impl AsyncFnOnce(&E, &mut dyn FnMut(&MoveProgress)) -> Result<Moved, Failure>,
    ) -> Result<Moved, End> {
        let mut bar = MoveBar::new(cx.screen);
        let screen = &mut *cx.screen;
        let ended = {
            let mut heard = |progress: &MoveProgress| bar.show(screen, progress);
            let mut working = pin!(work(&cx.engine, &mut heard));
            let mut interrupted = pin!(tokio::signal::ctrl_c());
            // A year is for ever.
            let patience = self.timeout.unwrap_or(Duration::from_secs(365 * 86_400));
            tokio::select! {
                biased;
                moved = &mut working => Ok(moved),
                _ = &mut interrupted => Err(None),
                () = tokio::time::sleep(patience) => Err(Some(patience)),
            }
        };
        bar.finish();
        let goes_on = match bar.has_begun() {
            true => "Kafka goes on with the move",
            false => "the move may have begun",
        };
        let throttle = match self.throttle.is_some() || self.throttled_before {
            true => ", and its throttle stays until one of these takes it away",
            false => "",
        };
        let hint = format!(
            "{goes_on}{throttle}: `cluster rebalance --watch` follows it to its end, `cluster rebalance --cancel` undoes it"
        );
        match ended {
            Ok(moved) => Ok(moved?),
            Err(None) => {
                cx.screen.say(hint);
                Err(End::Quiet(ExitCode::Interrupted))
            }
            Err(Some(after)) => {
                let after = units::duration(u64::try_from(after.as_millis()).unwrap_or(u64::MAX));
                let failure =
                    Failure::new(ExitCode::TimedOut, format!("not everything is moved after {after}"));
                Err(failure.hint(hint).into())
            }
        }
    }
}
