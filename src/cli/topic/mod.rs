//! `cluster topic`: a file per subcommand.

mod alter;
mod create;
mod delete;
mod describe;
mod list;
pub(super) mod values;

use clap::{Args, Subcommand};

use super::context::Context;
use crate::engine::ops::Engine;
use crate::error::{End, ExitCode};

/// Create, list, describe, alter and delete topics
#[derive(Debug, Args)]
pub(super) struct Topic {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Create(create::Create),
    #[command(visible_alias = "ls")]
    List(list::List),
    Describe(describe::Describe),
    Alter(alter::Alter),
    #[command(visible_alias = "rm")]
    Delete(delete::Delete),
}

impl Topic {
    pub(super) async fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        match self.command {
            Command::Create(command) => command.run(cx).await,
            Command::List(command) => command.run(cx).await,
            Command::Describe(command) => command.run(cx).await,
            Command::Alter(command) => command.run(cx).await,
            Command::Delete(command) => command.run(cx).await,
        }
    }
}
