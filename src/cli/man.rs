use std::path::PathBuf;

use clap::Args;

use super::context::Context;
use crate::error::{End, ExitCode, Failure};
use crate::host::files;

/// Write a man page for each command into a folder
///
/// For example `cluster man ~/.local/share/man/man1`, and then `man cluster-kill`.
#[derive(Debug, Args)]
pub(super) struct Man {
    /// The folder; made when it is not there
    dir: PathBuf,
}

impl Man {
    /// `command`: what is described, with all below it.
    pub(super) fn run<E>(self, command: clap::Command, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        files::create_folder(&self.dir).map_err(Failure::from)?;
        clap_mangen::generate_to(command, &self.dir)
            .map_err(|error| Failure::io("write man pages in", &self.dir, &error))?;
        cx.screen.print(format!("wrote the man pages of `cluster` in {}\n", self.dir.display()))?;
        Ok(ExitCode::Ok)
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Fake, run};

    #[test]
    fn every_command_has_a_page_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let pages = dir.path().join("man1");
        run(Fake::with_clusters(&[]), &format!("man {}", pages.display()));
        let page = |name: &str| std::fs::read_to_string(pages.join(name)).unwrap();
        assert!(page("cluster.1").contains("cluster\\-up"));
        assert!(page("cluster-kill.1").contains("SIGKILL by default"));
        assert!(page("cluster-topic-create.1").contains("partitions"));
        assert!(!pages.join("cluster-supervise.1").exists(), "hidden commands are nobody's business");
    }
}
