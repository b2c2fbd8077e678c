use clap::Args;
use clap_complete::Shell;

use super::context::Context;
use crate::error::{End, ExitCode};

/// Print the completion script of a shell
///
/// For example `source <(cluster completions bash)`.
#[derive(Debug, Args)]
pub(super) struct Completions {
    shell: Shell,
}

impl Completions {
    /// `command`: what is completed.
    pub(super) fn run<E>(self, mut command: clap::Command, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        // Into memory first: clap_complete panics when nobody reads its output.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "cluster", &mut script);
        cx.screen.print(script)?;
        Ok(ExitCode::Ok)
    }
}
