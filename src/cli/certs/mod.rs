//! `cluster certs`: a file per subcommand.

mod expire;
mod list;
mod rotate;

use clap::{Args, Subcommand};

use super::context::Context;
use crate::engine::ops::Engine;
use crate::error::{End, ExitCode};

/// Certificates of a secured cluster: list them, replace them, let one expire
///
/// Without a subcommand: who has one, until when, and whether it holds. Also of a cluster that is down.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Certs {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    list: list::List,
}

#[derive(Debug, Subcommand)]
enum Command {
    Rotate(rotate::Rotate),
    Expire(expire::Expire),
}

impl Certs {
    pub(super) async fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        match self.command {
            None => self.list.run(cx).await,
            Some(Command::Rotate(command)) => command.run(cx).await,
            Some(Command::Expire(command)) => command.run(cx).await,
        }
    }
}
