mod after;

use std::ffi::{OsStr, OsString};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use clap::Args;
use nix::sys::signal::{Signal as Named, kill};
use nix::unistd::Pid;

use self::after::After;
use super::ask::{self, Ask};
use super::context::{self, Context};
use super::names::Names;
use super::no_cluster::NoCluster;
use super::{source, text};
use crate::api::message::Request;
use crate::dist::{HostEnv, is_executable, scripts_home};
use crate::engine::ephemeral::{self, Ephemeral};
use crate::engine::login;
use crate::engine::ops::Engine;
use crate::engine::signals::{self, Signals};
use crate::engine::source::{Chosen, Preparation, Source};
use crate::error::{End, ExitCode, Failure};
use crate::host::files;
use crate::model::action::Action;
use crate::output::fetch::FetchBar;
use crate::output::ladder::Goal;
use crate::plan::connection::variables;
use crate::plan::login::Login;
use crate::plan::model::Plan;
use crate::process::session;
use crate::spec::{self, model::Profile};

/// Run a command beside a cluster that is there for it alone
///
/// The cluster has free ports and a folder of its own; the command has the variables of `cluster env`,
/// so that `cluster` itself is about this cluster in it, too. Its exit code is handed on, and the
/// cluster is deleted, however the command or this one ends, unless it is to be kept. Of `cluster` itself are 125: no cluster came
/// up, 126: the command cannot be executed, 127: it is not there.
#[derive(Debug, Args)]
#[command(after_help = "For example: cluster run velib.yaml -- cargo test")]
pub(super) struct Run {
    /// The YAML file that describes the cluster, or `-` for standard input; without it what CLUSTER_SPEC names or
    /// ./cluster.yaml, else one ZooKeeper server and one broker
    spec: Option<PathBuf>,

    /// In place of the spec's: fast, stock or durable
    #[arg(long, value_parser = spec::profile, add = Names::Profiles)]
    profile: Option<Profile>,

    /// Even if the machine's memory is too small for the nodes
    #[arg(long)]
    force: bool,

    /// How long to wait until the cluster is usable
    #[arg(long, value_name = "DURATION", value_parser = text::duration, default_value = ask::PATIENCE)]
    timeout: Duration,

    /// Have the command connect to a secured cluster as this user; without it as this program does
    #[arg(long, value_name = "NAME", add = Names::Users)]
    user: Option<String>,

    /// Nothing but failures on standard error: no progress, no warnings
    #[arg(short, long)]
    quiet: bool,

    #[command(flatten)]
    after: After,

    #[command(flatten)]
    _no_cluster: NoCluster,

    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
}

/// What failed is `run` itself and not its command, as docker and timeout(1) have it.
const OURS: u8 = 125;
/// The command is there and cannot be executed, as shells have it (POSIX, 2.8.2).
const NOT_EXECUTABLE: u8 = 126;
/// There is no such command, as shells have it.
const NOT_FOUND: u8 = 127;

impl Run {
    pub(super) async fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let (code, failure) = match self.command.first().map(|program| must_be_there(program)) {
            Some(Err(refused)) => refused,
            _ => match self.with_cluster(cx).await {
                Err(End::Failure(failure)) => (OURS, failure),
                ended => return ended,
            },
        };
        cx.screen.fail(&failure);
        Err(End::HandedOn(code))
    }

    async fn with_cluster<E: Engine>(mut self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        if self.quiet {
            cx.screen.hush();
        }
        let source = Source::Ephemeral(source::given(cx, self.spec.take())?.map(Box::new));
        let name = cx.engine.spec(&source).map_err(Failure::from)?.name;
        if let Err(failure) = ephemeral::clear(&cx.folders) {
            cx.screen.warn(failure);
        }
        let mut other = cx.folders.ephemeral();
        if !self.after.may_keep() {
            std::mem::swap(&mut cx.folders, &mut other);
        }
        let mut signals = Signals::listen()?;
        let ours = ephemeral::claim(&cx.folders, &other, &name)?;
        let ended = match self.beside(cx, &source, &ours, &mut signals).await {
            Ok(code) => End::HandedOn(code),
            Err(End::Failure(failure)) => {
                cx.screen.fail(&failure);
                End::HandedOn(OURS)
            }
            Err(end) => end,
        };
        let failed = !matches!(ended, End::HandedOn(0));
        self.after.see_to(cx, ours, failed).await?;
        Err(ended)
    }

    /// Brings the cluster up and runs the command: its exit code.
    async fn beside<E: Engine>(
        &self,
        cx: &mut Context<'_, E>,
        source: &Source,
        ours: &Ephemeral,
        signals: &mut Signals,
    ) -> Result<u8, End> {
        let bar = match cx.screen.is_hushed() {
            true => FetchBar::hidden(),
            false => FetchBar::new(cx.screen.err_is_terminal()),
        };
        let dir = ours.dir.clone();
        // Whoever runs next clears away what cannot be deleted now.
        let clear_away = move || drop(files::bury(&dir));
        let chosen = Chosen { source: source.clone(), name: Some(ours.name.clone()), profile: self.profile };
        let how = Preparation { supervised: false, force: self.force, cert_lifetime: None };
        let prepare = || cx.engine.prepare(&cx.folders, &chosen, how, &bar);
        let prepared = signals::blocking(clear_away, prepare)?;
        bar.finish();
        let plan = prepared.map_err(|failure| failure.of(&not_up(ours)))?;
        let login = login::of(&plan, self.user.as_deref())?;
        for warning in &plan.warnings {
            cx.screen.warn(warning);
        }
        tokio::select! {
            biased;
            signal = signals.next() => return Ok(signals::exit_code(signal.number())),
            up = self.up(cx, ours, &plan) => up?,
        }
        Ok(match self.command(&plan, &login, signals).await {
            Ok(0) => 0,
            Ok(code) => {
                cx.screen.tell(format!("the command beside {} ended with exit code {code}", ours.name));
                code
            }
            Err(failure) => {
                cx.screen.fail(&failure);
                NOT_EXECUTABLE
            }
        })
    }

    async fn up<E: Engine>(&self, cx: &mut Context<'_, E>, ours: &Ephemeral, plan: &Plan) -> Result<(), End> {
        let request = Request { action: Action::Up, by: context::by("run") };
        let shown = plan.nodes.iter().map(|node| node.name).collect();
        let ask =
            Ask { dir: &ours.dir, plan, request, goal: Goal::Ready, shown, timeout: Some(self.timeout) };
        match ask.run(cx).await {
            Ok(_) => Ok(()),
            // The hint is about a cluster that stays.
            Err(End::Failure(failure)) => Err(Failure { hint: None, ..failure }.of(&not_up(ours)).into()),
            Err(end) => Err(end),
        }
    }

    async fn command(&self, plan: &Plan, login: &Login, signals: &mut Signals) -> Result<u8, Failure> {
        let Some((program, arguments)) = self.command.split_first() else { return Ok(0) };
        let mut command = std::process::Command::new(program);
        command.args(arguments).envs(variables(plan, login, scripts_home(&plan.kafka)));
        session::die_with_us(&mut command);
        let failed = |error: std::io::Error| {
            Failure::new(ExitCode::Failed, format!("failed to run {}: {error}", program.display()))
        };
        let mut child = tokio::process::Command::from(command).spawn().map_err(failed)?;
        loop {
            tokio::select! {
                status = child.wait() => return Ok(code_of(status.map_err(failed)?)),
                signal = signals.next() => {
                    if let Some(pid) = child.id().and_then(|pid| i32::try_from(pid).ok())
                        && !signals::came_from_terminal(signal)
                    {
                        // It has not been waited for, so the pid is its own.
                        let _ = kill(Pid::from_raw(pid), Named::from(signal));
                    }
                }
            }
        }
    }
}

fn not_up(ours: &Ephemeral) -> String {
    format!("the cluster {} did not come up", ours.name)
}

/// A command that cannot be run is told before a cluster is started for it.
fn must_be_there(program: &OsStr) -> Result<(), (u8, Failure)> {
    let name = program.to_string_lossy();
    let (places, hint): (Vec<PathBuf>, _) = match name.contains('/') {
        true => (vec![program.into()], "a path counts from the folder that you are in"),
        false => (HostEnv::from_env().places(program).collect(), "the folders of PATH were looked through"),
    };
    let refused = |message: String| Failure::new(ExitCode::Usage, message).hint(hint);
    match places.iter().find(|path| path.exists()) {
        _ if places.iter().any(|path| is_executable(path)) => Ok(()),
        Some(path) => {
            let message =
                format!("`{name}` cannot be executed: {} is no program that you may run", path.display());
            Err((NOT_EXECUTABLE, refused(message)))
        }
        None => Err((NOT_FOUND, refused(format!("there is no program `{name}`")))),
    }
}

/// As a shell has it: 128 + the signal, when a signal ended it.
fn code_of(status: ExitStatus) -> u8 {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.unwrap_or_else(|| signals::exit_code(status.signal().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use crate::api::message::Reply;
    use crate::cli::testing::{Fake, Ran, run};
    use crate::engine::source::Source;
    use crate::model::action::Action;
    use crate::model::event::Event;
    use crate::model::ids::NodeName;
    use crate::model::outcome::OutcomeKind;
    use crate::output::events::samples;

    fn usable() -> Fake {
        let fake = Fake::with_clusters(&[]);
        fake.answer(OutcomeKind::Done, "usable", vec![]);
        fake
    }

    #[track_caller]
    fn assert_nothing_is_left(ran: &Ran) {
        assert_eq!(fs::read_dir(ran.fake.home().join("cache/run")).unwrap().count(), 0);
    }

    #[test]
    fn the_command_runs_beside_a_cluster_of_its_own_and_its_code_is_handed_on() {
        let ran = run(usable(), "run -- false");
        assert_eq!(ran.handed_on, Some(1), "{}", ran.err);
        assert_eq!(ran.fake.requests(), [Action::Up]);
        assert_eq!(ran.fake.prepared(), [(Source::Ephemeral(None), Some("velib-1".into()))]);
        assert_nothing_is_left(&ran);
        assert!(ran.err.ends_with("the command beside velib-1 ended with exit code 1\n"), "{}", ran.err);
        let ran = run(usable(), "-c other run x.yaml -- true");
        assert_eq!(ran.handed_on, Some(0));
        assert_eq!(
            ran.fake.prepared(),
            [(Source::Ephemeral(Some(Box::new(Source::File("x.yaml".into())))), Some("velib-1".into()))]
        );
    }

    #[test]
    fn a_command_has_the_variables_and_a_signal_that_ends_it_is_a_code() {
        let script = tempfile::NamedTempFile::new().unwrap();
        fs::write(script.path(), "test \"$BOOTSTRAP_SERVERS\" = \"$1\" && kill -TERM $$").unwrap();
        let servers = "127.0.0.1:21000,127.0.0.1:21001,127.0.0.1:21002";
        let ran = run(usable(), &format!("run -- sh {} {servers}", script.path().display()));
        assert_eq!(ran.handed_on, Some(128 + 15));
    }

    #[test]
    fn a_quiet_run_says_failures_alone() {
        let with_progress = || {
            let fake = Fake::with_clusters(&[]);
            let event = Event::Ready { node: NodeName::broker(0), after_ms: 900 };
            fake.reply(Reply::Event { entry: samples::entry(event) });
            fake.answer(OutcomeKind::Done, "usable", vec![]);
            fake
        };
        assert!(run(with_progress(), "run -- true").err.contains("broker-0"));
        assert_eq!(run(with_progress(), "run -q -- true").err, "");
        let ran = run(with_progress(), "run --quiet -- false");
        assert_eq!(ran.err, "the command beside velib-1 ended with exit code 1\n");
        let fake = Fake::with_clusters(&[]);
        fake.answer(OutcomeKind::Failed, "broker-0 did not come up", vec![]);
        assert!(
            run(fake, "run --quiet -- true").err.starts_with("error: the cluster velib-1 did not come up")
        );
    }

    #[test]
    fn when_the_cluster_does_not_come_up_the_command_is_not_run_and_nothing_is_left() {
        let fake = Fake::with_clusters(&[]);
        fake.answer(OutcomeKind::Failed, "broker-0 did not come up", vec![]);
        let ran = run(fake, "run -- true");
        assert_eq!(ran.handed_on, Some(125));
        let said = "error: the cluster velib-1 did not come up: broker-0 did not come up";
        assert!(ran.err.starts_with(said), "{}", ran.err);
        assert!(!ran.err.contains("hint"), "{}", ran.err);
        assert_nothing_is_left(&ran);
    }

    #[test]
    fn a_command_that_is_not_there_or_no_program_is_told_before_anything_is_started() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let file = file.path().to_str().unwrap();
        for (command, code, said) in [
            ("no-such-program", 127, "there is no program `no-such-program`"),
            ("./no-such-program", 127, "there is no program `./no-such-program`"),
            ("/", 126, "`/` cannot be executed: "),
            (file, 126, &*format!("`{file}` cannot be executed: ")),
        ] {
            let ran = run(Fake::with_clusters(&[]), &format!("run -- {command}"));
            assert_eq!(ran.handed_on, Some(code), "{command}");
            assert!(ran.err.starts_with(&format!("error: {said}")), "{}", ran.err);
            assert_eq!(ran.err.contains("hint: the folders of PATH"), !command.contains('/'), "{}", ran.err);
            assert_eq!(ran.fake.prepared(), []);
        }
    }

    #[test]
    fn a_program_that_the_system_refuses_to_execute_is_told_with_126() {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("program");
        // Another process writes it: one that is open for writing cannot be executed.
        let make = "printf '#!/no/such/interpreter\\n' > \"$0\" && chmod 755 \"$0\"";
        assert!(Command::new("sh").args(["-c", make]).arg(&program).status().unwrap().success());
        let ran = run(usable(), &format!("run -- {}", program.display()));
        assert_eq!(ran.handed_on, Some(126));
        assert!(ran.err.contains("error: failed to run "), "{}", ran.err);
        assert_nothing_is_left(&ran);
    }
}
