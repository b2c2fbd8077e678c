//! `cluster acl`: a file per subcommand.

mod add;
mod check;
mod list;
mod remove;
mod rule;

use clap::{Args, Subcommand};

use super::context::Context;
use crate::engine::ops::Engine;
use crate::error::{End, ExitCode};

/// List, add, remove and check ACLs: who may do what in a secured cluster
#[derive(Debug, Args)]
pub(super) struct AclCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(visible_alias = "ls")]
    List(list::List),
    Add(add::Add),
    #[command(visible_alias = "rm")]
    Remove(remove::Remove),
    Check(check::Check),
}

impl AclCommand {
    pub(super) async fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        match self.command {
            Command::List(command) => command.run(cx).await,
            Command::Add(command) => command.run(cx).await,
            Command::Remove(command) => command.run(cx).await,
            Command::Check(command) => command.run(cx).await,
        }
    }
}
