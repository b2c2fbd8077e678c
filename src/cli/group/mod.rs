//! `cluster group`: a file per subcommand.

mod delete;
mod describe;
mod list;
mod reset;
mod values;

use clap::{Args, Subcommand};

use super::context::Context;
use crate::engine::ops::Engine;
use crate::error::{End, ExitCode};

/// List, describe, reset and delete consumer groups
#[derive(Debug, Args)]
pub(super) struct Group {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(visible_alias = "ls")]
    List(list::List),
    Describe(describe::Describe),
    Reset(reset::ResetCommand),
    #[command(visible_alias = "rm")]
    Delete(delete::Delete),
}

impl Group {
    pub(super) async fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        match self.command {
            Command::List(command) => command.run(cx).await,
            Command::Describe(command) => command.run(cx).await,
            Command::Reset(command) => command.run(cx).await,
            Command::Delete(command) => command.run(cx).await,
        }
    }
}
