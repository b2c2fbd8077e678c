//! `cluster user`: a file per subcommand.

mod add;
mod list;
mod password;
mod remove;

use clap::{Args, Subcommand};

use super::context::Context;
use crate::engine::ops::Engine;
use crate::error::{End, ExitCode};

/// List, add and remove users of a secured cluster, and change their passwords
#[derive(Debug, Args)]
pub(super) struct User {
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
    Password(password::PasswordCommand),
}

impl User {
    pub(super) async fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        match self.command {
            Command::List(command) => command.run(cx).await,
            Command::Add(command) => command.run(cx).await,
            Command::Remove(command) => command.run(cx).await,
            Command::Password(command) => command.run(cx).await,
        }
    }
}
