use clap::Args;
use clap_complete::Shell;

use super::context::Context;
use super::no_cluster::NoCluster;
use crate::error::{End, ExitCode};
use crate::output::shell;

/// Print the completion script of a shell
///
/// In bash, zsh and fish it completes the names of what is there, too: clusters, nodes, topics, groups, tools and
/// settings. For bash put `source <(cluster completions bash)` in ~/.bashrc, for zsh `source <(cluster completions zsh)`
/// in ~/.zshrc, behind `compinit`, and for fish `cluster completions fish | source` in ~/.config/fish/config.fish.
#[derive(Debug, Args)]
pub(super) struct Completions {
    shell: Shell,

    #[command(flatten)]
    _no_cluster: NoCluster,
}

impl Completions {
    /// `command`: what is completed.
    pub(super) fn run<E>(self, mut command: clap::Command, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let script = match self.shell {
            Shell::Bash => include_str!("completions/cluster.bash"),
            Shell::Zsh => include_str!("completions/cluster.zsh"),
            Shell::Fish => include_str!("completions/cluster.fish"),
            shell => {
                // Into memory first: clap_complete panics when nobody reads its output.
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut command, "cluster", &mut script);
                cx.screen.whole(String::from_utf8_lossy(&script))?;
                return Ok(ExitCode::Ok);
            }
        };
        cx.screen.whole(script.replace("{{ program }}", &shell::quoted(&program())))?;
        Ok(ExitCode::Ok)
    }
}

/// Who is asked: whoever a shell finds, as it has found us; else this very file.
fn program() -> String {
    let called = std::env::args_os().next();
    let by_name = called.is_some_and(|called| called == "cluster");
    let own = std::env::current_exe().ok().filter(|_| !by_name);
    own.and_then(|path| path.into_os_string().into_string().ok()).unwrap_or_else(|| "cluster".to_owned())
}

#[cfg(test)]
mod tests {
    use crate::cli::testing::{Fake, run};

    #[test]
    fn every_shell_has_a_script_and_those_that_ask_ask_a_program() {
        for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
            let script = run(Fake::with_clusters(&[]), &format!("completions {shell}")).out;
            assert!(script.contains("cluster") && !script.contains("{{"), "{shell}: {script}");
            assert_eq!(script.contains(" complete -- "), ["bash", "zsh", "fish"].contains(&shell), "{shell}");
        }
    }
}
