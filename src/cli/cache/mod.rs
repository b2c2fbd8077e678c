//! `cluster cache`: a file per subcommand.

mod clear;
mod list;
mod warm;

use clap::{Args, Subcommand};

use super::context::Context;
use crate::engine::ops::Engine;
use crate::error::{End, ExitCode};

/// List, fill and clear the cache: Kafka distributions and startup archives
#[derive(Debug, Args)]
pub(super) struct Cache {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::List),
    Warm(warm::Warm),
    Clear(clear::Clear),
}

impl Cache {
    pub(super) fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        match self.command {
            Command::List(command) => command.run(cx),
            Command::Warm(command) => command.run(cx),
            Command::Clear(command) => command.run(cx),
        }
    }
}
