//! The command line: one file per command, arguments and run. No logic.
//!
//! What commands need of the rest of the program goes through the traits of `engine::ops`; what they show
//! is made in `output`.

mod acl;
mod as_user;
mod ask;
mod bench;
mod cache;
mod certs;
mod change;
mod checksums;
mod complete;
mod completions;
mod config;
mod consume;
mod context;
mod decommission;
mod describe;
mod doctor;
mod down;
mod elect;
mod env;
mod events;
mod examples;
mod exec;
mod explain;
mod group;
mod help;
mod init;
mod kill;
mod list;
mod logs;
mod man;
mod moves;
mod names;
mod no_cluster;
mod nodes;
mod pause;
mod plan;
mod produce;
mod rebalance;
mod render;
mod restart;
mod resume;
mod run;
mod scale;
mod schema;
mod since;
mod source;
mod start;
mod status;
mod stop;
mod supervise;
mod targets;
#[cfg(test)]
mod testing;
mod text;
mod topic;
mod ui;
mod up;
mod usage;
mod user;
mod validate;
mod why;

use clap::error::ErrorKind::{
    DisplayHelp as Help, DisplayHelpOnMissingArgumentOrSubcommand as HelpOnMissing, DisplayVersion as Version,
};
use clap::{ArgAction, CommandFactory, Parser, Subcommand};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use crate::engine::ops::{Engine, LIVE};
use crate::error::{End, ExitCode, Failure};
use crate::output::screen::Screen;
use crate::paths::Folders;
use context::Context;
use names::Names;

/// Where the options of all commands stand in the help of one: behind its own.
const BEHIND_ALL: usize = 500;

/// A real Apache Kafka cluster on your machine, from one YAML file.
#[derive(Debug, Parser)]
#[command(name = "cluster", version, max_term_width = help::WIDEST)]
#[command(
    after_help = "Without a spec, here or named, `cluster up` starts 3 ZooKeeper servers and 3 brokers."
)]
pub struct Cli {
    /// The cluster; needed only when there are several
    #[arg(short, long, global = true, env = "CLUSTER_NAME", value_name = "NAME", add = Names::Clusters)]
    #[arg(display_order = BEHIND_ALL)]
    cluster: Option<String>,

    /// Tell on standard error what is done behind the scenes; twice for each request, too
    #[arg(short, long, global = true, action = ArgAction::Count, display_order = BEHIND_ALL)]
    verbose: u8,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Up(up::Up),
    #[command(visible_alias = "ps")]
    Status(status::StatusCommand),
    Kill(kill::Kill),
    Start(start::Start),
    Stop(stop::Stop),
    Restart(restart::Restart),
    Pause(pause::Pause),
    Resume(resume::Resume),
    Logs(logs::Logs),
    Events(events::Events),
    Why(why::WhyCommand),
    Ui(ui::Ui),
    Down(down::Down),
    #[command(visible_alias = "ls")]
    List(list::List),
    Env(env::EnvCommand),
    Exec(exec::Exec),
    Run(run::Run),
    Topic(topic::Topic),
    Elect(elect::Elect),
    Group(group::Group),
    User(user::User),
    Acl(acl::AclCommand),
    Certs(certs::Certs),
    Produce(produce::Produce),
    Consume(consume::Consume),
    Bench(bench::Bench),
    Describe(describe::Describe),
    Explain(explain::Explain),
    Config(config::ConfigCommand),
    Scale(scale::Scale),
    Decommission(decommission::Decommission),
    Rebalance(rebalance::Rebalance),
    Cache(cache::Cache),
    Doctor(doctor::Doctor),
    Init(init::Init),
    Plan(plan::PlanCommand),
    Validate(validate::Validate),
    Render(render::Render),
    Schema(schema::Schema),
    Completions(completions::Completions),
    Man(man::Man),
    Checksums(checksums::Checksums),
    #[command(hide = true)]
    Complete(complete::Complete),
    #[command(hide = true)]
    Supervise(supervise::Supervise),
}

impl Command {
    async fn run<E: Engine>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        match self {
            Command::Up(command) => command.run(cx).await,
            Command::Status(command) => command.run(cx).await,
            Command::Kill(command) => command.run(cx).await,
            Command::Start(command) => command.run(cx).await,
            Command::Stop(command) => command.run(cx).await,
            Command::Restart(command) => command.run(cx).await,
            Command::Pause(command) => command.run(cx).await,
            Command::Resume(command) => command.run(cx).await,
            Command::Logs(command) => command.run(cx).await,
            Command::Events(command) => command.run(cx).await,
            Command::Ui(command) => command.run(cx).await,
            Command::Why(command) => command.run(cx).await,
            Command::Down(command) => command.run(cx).await,
            Command::List(command) => command.run(cx),
            Command::Env(command) => command.run(cx),
            Command::Exec(command) => command.run(cx),
            Command::Run(command) => command.run(cx).await,
            Command::Topic(command) => command.run(cx).await,
            Command::Elect(command) => command.run(cx).await,
            Command::Group(command) => command.run(cx).await,
            Command::User(command) => command.run(cx).await,
            Command::Acl(command) => command.run(cx).await,
            Command::Certs(command) => command.run(cx).await,
            Command::Produce(command) => command.run(cx).await,
            Command::Consume(command) => command.run(cx).await,
            Command::Bench(command) => command.run(cx).await,
            Command::Describe(command) => command.run(cx).await,
            Command::Explain(command) => command.run(cx).await,
            Command::Config(command) => command.run(cx).await,
            Command::Scale(command) => command.run(cx).await,
            Command::Decommission(command) => command.run(cx).await,
            Command::Rebalance(command) => command.run(cx).await,
            Command::Cache(command) => command.run(cx),
            Command::Doctor(command) => command.run(cx),
            Command::Init(command) => command.run(cx),
            Command::Plan(command) => command.run(cx),
            Command::Validate(command) => command.run(cx),
            Command::Render(command) => command.run(cx),
            Command::Schema(command) => command.run(cx),
            Command::Complete(complete) => complete.run(command(), cx).await,
            Command::Completions(completions) => completions.run(command(), cx),
            Command::Man(man) => man.run(command(), cx),
            Command::Checksums(command) => command.run(cx),
            Command::Supervise(command) => command.run(cx).await,
        }
    }
}

/// The whole program.
pub fn main() -> std::process::ExitCode {
    let mut screen = Screen::standard();
    let ended = match Cli::try_parse() {
        Ok(cli) => {
            tell(cli.verbose);
            run(cli, &mut screen)
        }
        Err(error) if matches!(error.kind(), Help | HelpOnMissing | Version) => help::show(),
        Err(error) => Err(usage::failure(&error).into()),
    };
    let code = match ended {
        Ok(code) | Err(End::Quiet(code)) => code as u8,
        Err(End::HandedOn(code)) => code,
        Err(End::Failure(failure)) => {
            let code = failure.code as u8;
            match usage::wants_json(std::env::args_os()) {
                true => screen.fail_as_json(failure),
                false => screen.fail(&failure),
            }
            code
        }
    };
    std::process::ExitCode::from(code)
}

fn run(cli: Cli, screen: &mut Screen) -> Result<ExitCode, End> {
    // One thread: a command waits for one answer, and a supervisor is one loop.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(ExitCode::Failed, format!("failed to start the runtime: {error}")))?;
    let folders = Folders::from_env()?;
    // An empty CLUSTER_NAME is as good as none.
    let cluster = cli.cluster.filter(|name| !name.is_empty());
    let mut cx = Context { folders, cluster, spec: source::unnamed(), engine: LIVE, screen };
    let result = runtime.block_on(cli.command.run(&mut cx));
    // A thread that still waits, for a name server say, is not waited for.
    runtime.shutdown_background();
    result
}

/// Log lines of the program itself, on standard error.
fn tell(verbose: u8) {
    let level = match verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let filter = Targets::new().with_default(LevelFilter::ERROR).with_target("cluster", level);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        // It would tell of a line that cannot be written, with a macro that panics when that fails,
        // too: a supervisor would end when the disk with its log is full.
        .log_internal_errors(false);
    tracing_subscriber::registry().with(lines).with(filter).init();
}

/// The command line as clap sees it, for completions.
fn command() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_make_sense_to_clap() {
        command().debug_assert();
    }

    #[test]
    fn every_command_of_the_manual_parses() {
        for line in [
            "up",
            "up velib.yaml --foreground",
            "up velib.yaml --timeout 2m --json",
            "status --topic velib-stations --json",
            "status --watch",
            "status --check",
            "status --wait healthy --timeout 30s",
            "kill broker-0 broker-1 --signal STOP --force",
            "kill leader:velib-stations/3 follower:velib-stations/3 zookeeper-leader controller",
            "kill random:broker --seed 7 --after 10s --restart-after 1m --json",
            "pause broker-0 controller --force --json",
            "resume --all --json",
            "resume broker-0",
            "start broker-0",
            "stop --all --force",
            "restart broker-0 --json",
            "restart --all --rolling",
            "why broker-0 --json",
            "why",
            "why velib-stations/3 --json",
            "why broker-0 --topic",
            "logs broker-0 -f --since 10m -n 20",
            "logs broker-0 --stdout",
            "logs",
            "logs broker-0 controller --level WARN --grep (?i)leader -n 5 -f",
            "events -f --json --since 2h",
            "events broker-0 controller -n 5",
            "down --delete --yes",
            "down velib",
            "down --all --json",
            "status velib",
            "ps",
            "ls",
            "topic ls",
            "topic rm bikes",
            "group ls",
            "group rm g",
            "scale zookeeper 3",
            "list --json",
            "env --json",
            "run -- cargo test --release",
            "run velib.yaml --timeout 2m -- sh -c true",
            "exec kafka-topics --describe --topic t -v --help",
            "bench produce --rate 1000 --duration 10s --size 100 --acks 1 --compression lz4 --json",
            "bench consume --messages 1000 --compare",
            "bench end-to-end --topic bikes --rate 2.5 --batch-size 1000 --linger 0",
            "topic create bikes",
            "topic create bikes --partitions 10 --replication-factor 2 --config retention.ms=1 --json",
            "topic create bikes --assignment 0:1,1:2 --if-not-exists",
            "topic list --internal --json",
            "topic describe",
            "topic describe bikes --json",
            "topic alter bikes --partitions 12 --config a=b --delete-config c --json",
            "topic delete bikes docks --yes --json",
            "elect preferred",
            "elect preferred bikes --json",
            "group list --json",
            "group describe",
            "group describe g --json",
            "group reset g --topic bikes --to earliest",
            "group reset g --topic bikes:0,1 --topic docks --to 42 --dry-run --json",
            "group reset g --all-topics --to-time 10m --yes",
            "group reset g --all-topics --to-time 2026-11-23T00:34:00Z",
            "group reset g --all-topics --shift-by -10",
            "group delete g h --yes --json",
            "user list --json",
            "user ls",
            "user add carol",
            "user add carol --password-stdin --json",
            "user remove carol --yes --json",
            "user rm carol -y",
            "user password carol --password-stdin",
            "certs --json",
            "certs rotate",
            "certs rotate broker-1 alice --lifetime 90d --force --timeout 2m --json",
            "certs expire broker-1 --foreign",
            "up velib.yaml --cert-lifetime 1h",
            "acl list alice --user bob --json",
            "acl ls",
            "consume bikes --user alice",
            "topic list --user alice",
            "acl add alice read,write topic:velib-* --json",
            "acl add alice read velib --deny --host 127.0.0.1",
            "acl remove alice all cluster --json",
            "acl check alice write velib-stations --host 10.0.0.1 --json",
            "consume bikes",
            "consume bikes --from-beginning --until-end --json",
            "consume bikes --offset -5 --partition 0,1 -p 2 -n 3",
            "consume bikes --offset 42 --key-separator : --timeout 5s",
            "consume bikes --at 10m",
            "consume bikes --group readers --from-beginning -n 5",
            "produce bikes",
            "produce bikes --json --partition 3 --header a=b --timeout 5s",
            "produce bikes --key-separator : --null-key --acks all --idempotence --compression zstd",
            "produce bikes --key k --acks 0 --no-idempotence --batch-size 1000 --linger 0",
            "describe quorum --json",
            "explain bikes --json",
            "config broker-0 --all",
            "config bikes retention.ms segment.bytes --topic --json",
            "decommission broker-3",
            "decommission broker-3 --force --keep-data --json",
            "decommission broker-3 --throttle 10MB/s --timeout 5m --yes",
            "scale brokers 4",
            "scale brokers 4 --timeout 2m --json",
            "rebalance",
            "rebalance bikes docks --throttle 10MB/s --timeout 5m --yes --json",
            "rebalance --exclude bikes --save plan.json --dry-run",
            "rebalance --plan plan.json",
            "rebalance --watch",
            "rebalance --cancel --json",
            "doctor",
            "doctor velib.yaml --fix --json",
            "cache list --json",
            "cache warm",
            "cache warm velib.yaml --json",
            "cache clear --archives --yes --json",
            "plan",
            "plan velib.yaml --json",
            "validate velib.yaml --json",
            "render velib.yaml -o out",
            "validate -",
            "schema",
            "init",
            "init --example velib --force",
            "init mine.yaml --example kraft",
            "init velib.yaml --kafka 4.3 --brokers 5 --controllers 3 --combined --topic a:6:2 --topic b --yes --force",
            "init velib.yaml --zookeeper 1",
            "checksums 3.9.2",
            "completions bash",
            "complete -- cluster kill bro",
            "man out",
            "supervise --dir /x",
            "ui",
            "ui --port 9001 --no-open --read-only",
            "ui --json",
            "ui --close",
            "-c velib status",
            "status -c velib -vv",
        ] {
            let words = std::iter::once("cluster").chain(line.split(' '));
            if let Err(error) = Cli::try_parse_from(words) {
                panic!("{line}: {error}");
            }
        }
    }

    #[test]
    fn every_command_of_the_cheat_sheet_parses() {
        let sheet = include_str!("../../docs/cheat-sheet.md");
        let rows = sheet.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
        let commands: Vec<&str> = rows
            .flat_map(|(_, ours)| ours.split('`').filter(|piece| piece.starts_with("cluster ")))
            .collect();
        assert!(commands.len() > 40, "{commands:?}");
        for line in commands {
            if let Err(error) = Cli::try_parse_from(line.split(' ')) {
                panic!("{line}: {error}");
            }
        }
    }

    #[test]
    fn wrong_arguments_are_refused_by_clap() {
        for line in [
            "",
            "start",
            "start --all broker-0",
            "pause",
            "resume",
            "init --kafka 2.7",
            "init --zookeeper 1 --controllers 3",
            "init --brokers 0",
            "init --example nothing",
            "init --example velib --brokers 3",
            "why --topic",
            "why broker-0 broker-1",
            "kill broker-0 --after soon",
            "topic",
            "topic create",
            "topic create bikes --partitions 0",
            "topic create bikes --partitions 10001",
            "topic create bikes --replication-factor 0",
            "topic create bikes --assignment 0:1 --partitions 1",
            "topic create bikes --assignment x",
            "topic create bikes --config retention.ms",
            "topic alter bikes",
            "topic delete --yes",
            "elect",
            "decommission",
            "decommission broker-3 broker-4",
            "elect unclean",
            "group",
            "group reset g",
            "group reset g --all-topics",
            "group reset g --to latest",
            "group reset g --all-topics --topic bikes --to latest",
            "group reset g --all-topics --to latest --shift-by 1",
            "group reset g --all-topics --to -1",
            "group reset g --all-topics --to newest",
            "group reset g --all-topics --to-time soon",
            "group reset g --topic bikes: --to latest",
            "group reset g --topic bikes:x --to latest",
            "group delete --yes",
            "consume",
            "consume bikes --from-beginning --offset 3",
            "consume bikes --offset --3",
            "consume bikes --timeout 00:00:05",
            "consume bikes --offset 3 --at 10m",
            "consume bikes -n 0",
            "consume bikes --group g --partition 1",
            "consume bikes --group g --offset 1",
            "consume bikes -p x",
            "consume bikes --json --key-separator :",
            "produce",
            "produce bikes --acks 2",
            "produce bikes --json --key k",
            "produce bikes --null-key",
            "produce bikes --header a",
            "produce bikes --partition -1",
            "produce bikes --idempotence --no-idempotence",
            "describe",
            "explain",
            "config",
            "scale",
            "scale brokers",
            "scale brokers 0",
            "scale brokers 101",
            "rebalance --watch --cancel",
            "down velib --all",
            "rebalance bikes --plan plan.json",
            "rebalance --watch --throttle 1MB/s",
            "rebalance --throttle fast",
            "rebalance --throttle 0",
            "cache",
            "cache clear velib.yaml",
            "status --wait nice",
            "status --wait healthy --watch",
            "status --timeout 3s",
            "status --wait healthy --timeout 3",
            "status --wait healthy --timeout -3s",
            "kill broker-0 --signal NONE",
            "kill",
            "exec",
            "run",
            "run velib.yaml",
            "run velib.yaml true",
            "logs --level bad",
            "logs --grep (",
            "render velib.yaml",
            "up a b",
            "up --foreground --timeout 3s",
            "ui --port 0",
            "ui --close --port 9000",
        ] {
            let words = std::iter::once("cluster").chain(line.split_whitespace());
            assert!(Cli::try_parse_from(words).is_err(), "{line}");
        }
    }
}
