//! Commands that are about no cluster.

use clap::Args;

/// For the arguments of such a command: its help has no `--cluster`, and one that is given is refused rather than
/// ignored.
#[derive(Debug, Default, Args)]
pub(super) struct NoCluster {
    // By its id it stands in the place of the option of all commands.
    #[arg(id = "cluster", short = 'c', long = "cluster", value_name = "NAME", hide = true, value_parser = refuse)]
    _cluster: Option<String>,
}

fn refuse(_: &str) -> Result<String, String> {
    Err("this command is about no cluster".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use crate::cli::Cli;

    #[test]
    fn a_command_that_is_about_no_cluster_takes_none() {
        for line in ["schema", "man out", "completions bash", "init", "validate x.yaml", "list", "doctor"] {
            let words = || std::iter::once("cluster").chain(line.split(' '));
            assert!(Cli::try_parse_from(words()).is_ok(), "{line}");
            let refused = Cli::try_parse_from(words().chain(["-c", "velib"])).unwrap_err().to_string();
            assert!(refused.contains("this command is about no cluster"), "{line}: {refused}");
            let mut command = Cli::command();
            command.build();
            let name = line.split(' ').next().unwrap();
            let help = command.find_subcommand_mut(name).unwrap().render_long_help().to_string();
            assert!(!help.contains("--cluster"), "{help}");
        }
        assert!(Cli::try_parse_from(["cluster", "run", "-c", "velib", "--", "true"]).is_err());
        assert!(
            Cli::try_parse_from(["cluster", "run", "--", "true", "-c", "velib"]).is_ok(),
            "its own option"
        );
        assert!(Cli::try_parse_from(["cluster", "status", "-c", "velib"]).is_ok());
    }
}
