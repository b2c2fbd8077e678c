//! Having replicas moved: the question before, what is shown meanwhile, and how it goes on when nobody watches.

use std::pin::pin;
use std::time::Duration;

use clap::Args;

use crate::admin::moves::{MoveProgress, Moved, OnProgress, Proposal};
use crate::cli::context::Context;
use crate::cli::text;
use crate::engine::ops::Engine;
use crate::engine::signals::{self, Signals};
use crate::error::{End, ExitCode, Failure};
use crate::model::signal::Signal;
use crate::output::keys::Keys;
use crate::output::move_bar::MoveBar;
use crate::output::moves;
use crate::paths::ClusterDir;
use crate::units;

/// How it is to be done; options of every command that moves replicas.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Moving {
    /// Copy at most this much, such as 10MB/s, on each broker; unlimited without it
    #[arg(long, value_name = "RATE", value_parser = text::rate)]
    pub throttle: Option<u64>,

    /// Give up waiting for the copies after this long, such as 10m; Kafka goes on
    #[arg(long, value_name = "DURATION", value_parser = text::duration)]
    pub timeout: Option<Duration>,

    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

/// What came before the end of a move.
enum Left {
    /// `q` was pressed.
    Quit,
    Signal(Signal),
    OutOfTime(Duration),
}

impl Moving {
    /// Has replicas moved as proposed, after it was shown and asked for. `json`: the result is JSON, so that
    /// the plan is talk.
    pub(super) async fn carry_out<E: Engine>(
        &self,
        cx: &mut Context<'_, E>,
        dir: &ClusterDir,
        proposal: &Proposal,
        json: bool,
    ) -> Result<Moved, End> {
        self.confirm(cx, proposal, json)?;
        let planned = proposal.moves();
        let work = async |engine: &E, heard: OnProgress<'_>| {
            engine.move_replicas(dir, &planned, self.throttle, heard).await
        };
        self.follow(cx, self.throttle.is_some(), None, work).await
    }

    /// Follows a move that another command began, with a throttle perhaps; `q` ends that on a terminal.
    pub(super) async fn watch<E: Engine>(
        &self,
        cx: &mut Context<'_, E>,
        dir: &ClusterDir,
    ) -> Result<Moved, End> {
        let work = async |engine: &E, heard: OnProgress<'_>| engine.watch_moves(dir, heard).await;
        let keys = cx.screen.keys();
        self.follow(cx, true, keys, work).await
    }

    fn confirm<E: Engine>(
        &self,
        cx: &mut Context<'_, E>,
        proposal: &Proposal,
        json: bool,
    ) -> Result<(), End> {
        match json {
            true if !self.yes => cx.screen.show(moves::plan(proposal, cx.screen.err_width()).trim_end()),
            true => {}
            false => cx.screen.print(moves::plan(proposal, cx.screen.out_width()))?,
        }
        let rate = match self.throttle {
            Some(rate) => format!("at most {}/s a broker", units::size(rate)),
            None => "not throttled".to_owned(),
        };
        if self.yes {
            cx.screen.say(format!("moving, {rate}"));
            return Ok(());
        }
        let question = format!("move these replicas ({rate})?");
        cx.must_confirm(&question, "moving replicas", "nothing was moved")
    }

    /// Until it is through, visibly. Neither `q` nor a signal nor the timeout undoes anything.
    async fn follow<E: Engine>(
        &self,
        cx: &mut Context<'_, E>,
        throttled: bool,
        keys: Option<Keys>,
        work: impl AsyncFnOnce(&E, OnProgress<'_>) -> Result<Moved, Failure>,
    ) -> Result<Moved, End> {
        let mut bar = MoveBar::new(cx.screen);
        // None of these may end this process before the terminal is as it was.
        let mut signals = Signals::listen()?;
        let screen = &mut *cx.screen;
        let ended = {
            let mut heard = |progress: &MoveProgress| bar.show(screen, progress);
            let mut working = pin!(work(&cx.engine, &mut heard));
            // A year is for ever.
            let patience = self.timeout.unwrap_or(Duration::from_secs(365 * 86_400));
            tokio::select! {
                biased;
                moved = &mut working => Ok(moved),
                signal = signals.next() => Err(Left::Signal(signal)),
                () = quit(keys.as_ref()) => Err(Left::Quit),
                () = tokio::time::sleep(patience) => Err(Left::OutOfTime(patience)),
            }
        };
        drop(keys);
        bar.finish();
        let goes_on = match bar.has_begun() {
            true => "Kafka goes on with the move",
            false => "the move may have begun",
        };
        let throttle = match throttled {
            true => ", and its throttle stays until one of these takes it away",
            false => "",
        };
        let hint = format!(
            "{goes_on}{throttle}: `cluster rebalance --watch` follows it to its end, `cluster rebalance --cancel` undoes it"
        );
        match ended {
            Ok(moved) => Ok(moved?),
            Err(Left::Quit) => {
                cx.screen.say(hint);
                Err(End::Quiet(ExitCode::Ok))
            }
            Err(Left::Signal(signal)) => {
                cx.screen.say(hint);
                Err(End::HandedOn(signals::exit_code(signal.number())))
            }
            Err(Left::OutOfTime(after)) => {
                let after = units::duration(u64::try_from(after.as_millis()).unwrap_or(u64::MAX));
                let failure =
                    Failure::new(ExitCode::TimedOut, format!("not everything is moved after {after}"));
                Err(failure.hint(hint).into())
            }
        }
    }
}

async fn quit(keys: Option<&Keys>) {
    match keys {
        Some(keys) => keys.quit().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use nix::pty::openpty;

    use super::*;
    use crate::cli::testing::{self, Fake};
    use crate::output::screen::Screen;

    #[tokio::test]
    async fn q_ends_the_looking_and_not_the_move() {
        let terminal = openpty(None, None).unwrap();
        let keys = Keys::of(&terminal.slave).unwrap();
        rustix::io::write(&terminal.master, b"q").unwrap();
        let (mut screen, _, err) = Screen::recorded();
        let mut cx = testing::context(Fake::with_clusters(&["velib"]), &mut screen, None);
        let moving = Moving { throttle: None, timeout: None, yes: false };
        let work = async |_: &Fake, _: OnProgress<'_>| std::future::pending().await;
        let ended = moving.follow(&mut cx, true, Some(keys), work).await;
        assert!(matches!(ended, Err(End::Quiet(ExitCode::Ok))), "{ended:?}");
        assert!(err.text().contains("`cluster rebalance --watch` follows it to its end"), "{}", err.text());
    }
}
