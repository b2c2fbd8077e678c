//! What is there for a look once the command has ended.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::context::Context;
use crate::engine::collect;
use crate::engine::ephemeral::{self, Ephemeral};
use crate::engine::ops::Engine;
use crate::error::Failure;
use crate::output::screen::Screen;

#[derive(Debug, Args)]
pub(super) struct After {
    /// Copy logs, configuration, plan and events to DIR/CLUSTER once the command has ended
    #[arg(long, value_name = "DIR")]
    logs: Option<PathBuf>,

    /// The same, only if the cluster did not come up or the command failed
    #[arg(long, value_name = "DIR", conflicts_with = "logs")]
    logs_on_failure: Option<PathBuf>,

    /// Leave the cluster running, among those of `cluster list`: always, or if it did not come up or the command failed
    #[arg(long, value_name = "WHEN", num_args = 0..=1, require_equals = true, default_missing_value = "always")]
    keep: Option<Keep>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Keep {
    Always,
    Failure,
}

impl After {
    /// The cluster may outlive the command.
    pub(super) fn may_keep(&self) -> bool {
        self.keep.is_some()
    }

    /// Copies what is to be copied, and sees to the end of the cluster, or that it stays. That something could not be
    /// copied is told, and is no failure.
    pub(super) async fn see_to<E: Engine>(
        &self,
        cx: &mut Context<'_, E>,
        ours: Ephemeral,
        failed: bool,
    ) -> Result<(), Failure> {
        let on_failure = self.logs_on_failure.as_deref().filter(|_| failed);
        if let Some(folder) = self.logs.as_deref().or(on_failure) {
            copy(cx.screen, &ours, folder);
        }
        let is_kept = self.keep == Some(Keep::Always) || (self.keep == Some(Keep::Failure) && failed);
        if !is_kept || !is_there(&ours) {
            return cx.engine.discard(ours).await;
        }
        let name = ours.name.clone();
        ephemeral::keep(ours)?;
        cx.screen.tell(format!(
            "{name} is kept: `cluster -c {name} status` looks at it, `cluster down {name} --delete` ends it"
        ));
        Ok(())
    }
}

/// Not so when nothing was started, or the command has deleted it.
fn is_there(ours: &Ephemeral) -> bool {
    ours.dir.plan().is_file()
}

fn copy(screen: &mut Screen, ours: &Ephemeral, folder: &Path) {
    let (name, to) = (&ours.name, folder.join(&ours.name));
    if !is_there(ours) {
        return screen.say(format!("there are no logs of {name}"));
    }
    match collect::copy(&ours.dir, &to) {
        Ok(()) => screen.say(format!("the logs of {name} are in {}", to.display())),
        Err(failure) => screen.fail(&failure.of(&format!("the logs of {name} are not all copied"))),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::cli::testing::{Fake, Ran, run};
    use crate::model::outcome::OutcomeKind;
    use crate::paths::ClusterDir;

    /// Runs a command whose broker-0 has a log, or a cluster that does not come up.
    fn ran(options: &str, outcome: OutcomeKind, code: u8) -> Ran {
        let fake = Fake::with_clusters(&[]);
        fake.answer(outcome, "as it is", vec![]);
        let script = tempfile::NamedTempFile::new().unwrap();
        let logs = "\"$1/velib-1/broker-0/logs\"";
        fs::write(script.path(), format!("mkdir -p {logs} && echo line >> {logs}/server.log && exit {code}"))
            .unwrap();
        let home = fake.home().join(if options.contains("--keep") { "" } else { "cache/run" });
        run(fake, &format!("run {options} -- sh {} {}", script.path().display(), home.display()))
    }

    #[test]
    fn logs_are_copied_before_the_cluster_goes_always_or_on_failure_alone() {
        let root = tempfile::tempdir().unwrap();
        let copied = root.path().join("logs/velib-1");
        let log = copied.join("broker-0/logs/server.log");
        let (always, on_failure) = (
            format!("--logs {}/logs", root.path().display()),
            format!("--logs-on-failure {}/logs", root.path().display()),
        );
        assert_eq!(ran(&on_failure, OutcomeKind::Done, 0).handed_on, Some(0));
        assert!(!copied.exists(), "nothing failed");
        let told = format!("the logs of velib-1 are in {}\n", copied.display());
        for (options, code) in [(&always, 0), (&always, 0), (&on_failure, 3)] {
            let ran = ran(options, OutcomeKind::Done, code);
            assert_eq!(ran.handed_on, Some(code), "{}", ran.err);
            assert!(ran.err.ends_with(&told), "{}", ran.err);
            assert_eq!(fs::read_to_string(&log).unwrap(), "line\n", "no line is of the copy before");
            assert!(!ran.fake.home().join("cache/run/velib-1").exists());
        }
        fs::remove_dir_all(&copied).unwrap();
        assert_eq!(ran(&on_failure, OutcomeKind::Failed, 0).handed_on, Some(125));
        assert!(copied.join("plan.json").exists(), "the cluster did not come up");
    }

    #[test]
    fn a_cluster_that_is_kept_is_one_of_this_home_and_others_are_not() {
        for (options, outcome, code, is_kept) in [
            ("--keep", OutcomeKind::Done, 0, true),
            ("--keep=always", OutcomeKind::Failed, 125, true),
            ("--keep=failure", OutcomeKind::Done, 3, true),
            ("--keep=failure", OutcomeKind::Failed, 125, true),
            ("--keep=failure", OutcomeKind::Done, 0, false),
        ] {
            let ran = ran(&format!("--quiet {options}"), outcome, code);
            assert_eq!(ran.handed_on, Some(code), "{options}: {}", ran.err);
            let dir = ClusterDir(ran.fake.home().join("velib-1"));
            assert_eq!((dir.path().exists(), dir.is_ephemeral()), (is_kept, false), "{options}");
            let told = "velib-1 is kept: `cluster -c velib-1 status` looks at it, \
                        `cluster down velib-1 --delete` ends it\n";
            assert_eq!(ran.err.ends_with(told), is_kept, "{}", ran.err);
            assert!(!ran.fake.home().join("cache/run").exists());
        }
    }

    #[test]
    fn logs_that_cannot_be_copied_are_told_and_the_commands_code_is_handed_on() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let ran = ran(&format!("--quiet --logs {}", file.path().display()), OutcomeKind::Done, 3);
        assert_eq!(ran.handed_on, Some(3));
        assert!(ran.err.contains("error: the logs of velib-1 are not all copied: "), "{}", ran.err);
    }
}
