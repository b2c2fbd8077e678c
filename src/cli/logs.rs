use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::Timestamp;
use regex::bytes::Regex;

use super::context::Context;
use super::names::Names;
use super::{since, targets};
use crate::engine::follow;
use crate::engine::log_filter::Sought;
use crate::engine::log_line::Level;
use crate::engine::node_log::{self, LastEntries, NodeLog, Reading};
use crate::engine::ops::{FolderOps, NodeOps};
use crate::error::{End, ExitCode, Failure};
use crate::model::ids::NodeName;
use crate::output::log_lines::NamedLines;
use crate::output::screen::Screen;
use crate::plan::model::Plan;

/// Show the logs of nodes, of several by time
///
/// The files that the nodes write themselves, whether they run or not. Of a node that has written none, what
/// its process said on standard output and error, such as the JVM's own errors.
#[derive(Debug, Default, Args)]
pub(super) struct Logs {
    /// Names of nodes, such as broker-0, or what they are, such as controller or leader:TOPIC/PARTITION;
    /// without one, every node
    #[arg(value_name = "NODE", add = Names::Targets)]
    nodes: Vec<String>,

    /// Go on showing lines as they come, across restarts and rotation
    #[arg(short, long)]
    follow: bool,

    /// Only lines from then on: a span such as 10m, or a time such as 01:34 or 2026-11-23 01:34
    #[arg(long, value_name = "TIME", value_parser = since::parse)]
    since: Option<Timestamp>,

    /// Only lines of this level or a worse one, with their stack traces: trace, debug, info, warn, error, fatal
    #[arg(long, value_name = "LEVEL", hide_possible_values = true, ignore_case = true, value_parser = levels())]
    level: Option<Level>,

    /// Only lines with this regular expression in them or in their stack traces; `(?i)` before it: in any case
    #[arg(long, value_name = "REGEX", value_parser = Regex::new)]
    grep: Option<Regex>,

    /// Only the last lines with their stack traces, of several nodes taken together
    #[arg(short = 'n', long, value_name = "LINES")]
    lines: Option<usize>,

    /// What the process said on standard output and error instead
    #[arg(long)]
    stdout: bool,
}

/// `warn` and `WARN`, as log4j has it.
fn levels() -> impl TypedValueParser<Value = Level> {
    let names = Level::ALL.map(|level| level.name().to_lowercase());
    PossibleValuesParser::new(names.clone()).map(move |word| {
        let at = names.iter().position(|name| word.eq_ignore_ascii_case(name));
        Level::ALL[at.unwrap_or_default()]
    })
}

impl Logs {
    pub(super) async fn run<E: NodeOps + FolderOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let found = cx.chosen()?;
        let plan = cx.engine.stored_plan(&found.dir)?;
        let nodes = match self.nodes.is_empty() {
            true => plan.nodes.iter().map(|node| node.name).collect(),
            false => targets::meant(cx, &found.dir, &plan, &self.nodes).await?,
        };
        let mut reader = self.reader(&plan, &nodes, cx.screen)?;
        let has_shown = reader.begin(cx.screen)?;
        if !has_shown && !self.follow && self.lines != Some(0) && !self.sought().is_all() {
            cx.screen.say("no line matches");
        }
        while self.follow && found.dir.path().exists() {
            std::thread::sleep(follow::INTERVAL);
            reader.look(cx.screen)?;
        }
        Ok(ExitCode::Ok)
    }

    fn sought(&self) -> Sought {
        Sought { since: self.since, level: self.level, text: self.grep.clone() }
    }

    /// Chooses the files.
    fn reader(&self, plan: &Plan, nodes: &[NodeName], screen: &mut Screen) -> Result<Reader, Failure> {
        let sought = self.sought();
        // What is looked for, and the end of the log, may lie in older files.
        let older = self.lines.is_some() || !sought.is_all();
        let timed = nodes.len() > 1 || self.lines.is_some();
        let how = Reading { output: self.stdout, older, follow: self.follow, timed };
        let (mut logs, mut names) = (Vec::new(), Vec::new());
        for node in nodes.iter().filter_map(|name| plan.node(*name)) {
            let Some(log) = NodeLog::of(node, &sought, how) else { continue };
            if log.instead {
                screen.say(format!("{} has written no log; this is what its process said", node.name));
            }
            logs.push(log);
            names.push(node.name.to_string());
        }
        match nodes {
            _ if !logs.is_empty() => Ok(Reader { logs, lines: NamedLines::of(names), last: self.lines }),
            [one] => Err(Failure::new(ExitCode::Failed, format!("{one} has no log yet"))
                .hint(format!("start it with `cluster start {one}`"))),
            _ => Err(Failure::new(ExitCode::Failed, format!("no node of {} has a log yet", plan.name))
                .hint("start them with `cluster up`")),
        }
    }
}

/// Logs, as far as they have been shown.
struct Reader {
    logs: Vec<NodeLog>,
    lines: NamedLines,
    last: Option<usize>,
}

impl Reader {
    /// Shows what is there; whether that is anything.
    fn begin(&mut self, screen: &mut Screen) -> Result<bool, End> {
        let Some(last) = self.last else { return self.show(screen) };
        for log in &mut self.logs {
            log.skip_to_last(last)?;
        }
        let mut kept = LastEntries::of(last);
        node_log::interleave(&mut self.logs, &mut |at, line| {
            kept.push(line.begins, (at, line.text));
            Ok(())
        })?;
        kept.into_lines().for_each(|(at, line)| self.lines.push(at, &line));
        let has_shown = !self.lines.is_empty();
        screen.named_lines(&mut self.lines)?;
        Ok(has_shown)
    }

    /// Shows what has come since.
    fn look(&mut self, screen: &mut Screen) -> Result<(), End> {
        for log in &mut self.logs {
            log.look()?;
        }
        self.show(screen)?;
        Ok(())
    }

    /// Whether there is any.
    fn show(&mut self, screen: &mut Screen) -> Result<bool, End> {
        let lines = &mut self.lines;
        let mut has_shown = false;
        node_log::interleave(&mut self.logs, &mut |at, line| {
            has_shown = true;
            lines.push(at, &line.text);
            // A log may be larger than memory should be.
            if lines.is_long() { screen.named_lines(lines) } else { Ok(()) }
        })?;
        screen.named_lines(lines)?;
        Ok(has_shown)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::cli::testing::{Fake, run};
    use crate::engine::log_line;

    /// A cluster whose broker-0 has these files in `logs/`.
    fn logs(files: &[(&str, &str)]) -> Fake {
        let fake = Fake::with_clusters(&["velib"]);
        let dir = fake.home().join("velib/broker-0/logs");
        fs::create_dir_all(&dir).unwrap();
        for (name, text) in files {
            fs::write(dir.join(name), text).unwrap();
        }
        fake
    }

    const OLD: &str = "[2026-11-23 01:00:00,000] INFO a\n[2026-11-23 02:00:00,000] INFO b\n";
    const NEW: &str = "[2026-11-23 03:00:00,000] INFO c\n[2026-11-23 04:00:00,000] INFO d\n  at d";

    #[test]
    fn the_log_is_shown_whole_without_older_files() {
        let ran = run(logs(&[("server.log.1", OLD), ("server.log", NEW)]), "logs broker-0");
        assert_eq!(ran.out, format!("{NEW}\n"));
    }

    #[test]
    fn the_last_lines_may_lie_in_older_files() {
        let fake = logs(&[("server.log.2", "x\n"), ("server.log.1", OLD), ("server.log", NEW)]);
        let ran = run(fake.again(), "logs broker-0 -n 3");
        assert_eq!(ran.out.lines().map(|line| line.chars().last().unwrap()).collect::<String>(), "bcdd");
        assert_eq!(run(fake.again(), "logs broker-0 -n 0").out, "");
    }

    #[test]
    fn since_reads_older_files_and_goes_by_the_logs_own_times() {
        let fake = logs(&[("server.log.1", OLD), ("server.log", NEW)]);
        // The moment in the zone that the node writes in.
        let plan = fake.plan("velib");
        let zone = log_line::zone_of(plan.node(NodeName::broker(0)).unwrap());
        let moment = jiff::civil::date(2026, 11, 23).at(2, 0, 0, 0).to_zoned(zone).unwrap().timestamp();
        let ran = run(fake, &format!("logs broker-0 --since {moment}"));
        assert_eq!(ran.out.lines().map(|line| line.chars().last().unwrap()).collect::<String>(), "bcdd");
    }

    #[test]
    fn a_process_that_died_before_it_logged_shows_what_it_said() {
        let said = "Error: Could not create the Java Virtual Machine.\n";
        let ran = run(logs(&[("stdout.log", said), ("server.log", "")]), "logs broker-0");
        assert_eq!(ran.out, said);
        assert!(ran.err.contains("broker-0 has written no log"), "{}", ran.err);
        let ran = run(logs(&[("stdout.log", said), ("server.log", NEW)]), "logs broker-0 --stdout");
        assert_eq!(ran.out, said);
    }

    #[test]
    fn a_node_that_was_never_started_has_no_log() {
        let ran = run(logs(&[]), "logs broker-0");
        assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Failed, ""));
        assert!(ran.err.contains("hint: start it with `cluster start broker-0`"), "{}", ran.err);
    }

    #[test]
    fn following_goes_on_after_the_last_lines_across_rotation() {
        let fake = logs(&[("server.log", "a\nb\n")]);
        let plan = fake.plan("velib");
        let node = plan.node(NodeName::broker(0)).unwrap();
        let args = Logs { follow: true, lines: Some(1), ..Logs::default() };
        let (mut screen, out, _) = Screen::recorded();
        let mut reader = args.reader(&plan, &[node.name], &mut screen).unwrap();
        reader.begin(&mut screen).unwrap();
        assert_eq!(out.text(), "b\n");
        fs::rename(node.log_file(), node.log_file().with_extension("log.1")).unwrap();
        fs::write(node.log_file(), "c\nd\n").unwrap();
        reader.look(&mut screen).unwrap();
        assert_eq!(out.text(), "b\nc\nd\n");
    }

    /// A cluster whose nodes have these logs.
    fn several(logs: &[(&str, &str)]) -> Fake {
        let fake = Fake::with_clusters(&["velib"]);
        logs.iter().for_each(|(node, text)| write_log(&fake, node, text));
        fake
    }

    fn write_log(fake: &Fake, node: &str, text: &str) {
        let dir = fake.home().join("velib").join(node).join("logs");
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("server.log"), text).unwrap();
    }

    const OTHER: &str = "[2026-11-23 02:30:00,000] ERROR e\n\tat e\n[2026-11-23 05:00:00,000] WARN f\n";

    #[test]
    fn several_logs_are_shown_by_time_each_line_behind_the_name_of_its_node() {
        let fake = several(&[("broker-1", NEW), ("zookeeper-1", OTHER)]);
        let ran = run(fake.again(), "logs broker-1 zookeeper-1");
        let shown = "\
zookeeper-1  [2026-11-23 02:30:00,000] ERROR e
zookeeper-1  \tat e
broker-1     [2026-11-23 03:00:00,000] INFO c
broker-1     [2026-11-23 04:00:00,000] INFO d
broker-1       at d
zookeeper-1  [2026-11-23 05:00:00,000] WARN f
";
        assert_eq!(ran.out, shown);
        let all = run(fake.again(), "logs");
        assert_eq!(all.out.lines().count(), 6, "nodes without a log are passed over: {}", all.out);
        let last = run(fake.again(), "logs -n 2");
        assert!(shown.ends_with(&last.out) && last.out.lines().count() == 3, "{}", last.out);
        let bad = run(fake.again(), "logs --level warn");
        assert!(!bad.out.contains("INFO") && bad.out.contains("\tat e"), "{}", bad.out);
        assert_eq!(run(fake.again(), "logs --grep at.[e-f]$").out.lines().count(), 2);
        assert_eq!(run(several(&[]), "logs").code, ExitCode::Failed);
    }

    #[test]
    fn the_last_lines_are_found_far_above_the_end_of_a_long_log() {
        let mut log = String::from("[2026-11-23 01:00:00,000] ERROR first\n");
        for number in 0..9000 {
            log += &format!("[2026-11-23 02:00:00,000] INFO {number}\n");
        }
        let fake = several(&[("broker-0", &log), ("broker-1", "[2026-11-23 02:00:01,000] INFO last\n")]);
        let ran = run(fake.again(), "logs -n 2");
        assert!(ran.out.contains("INFO 8999\n") && ran.out.contains("last\n"), "{}", ran.out);
        let ran = run(fake.again(), "logs broker-0 --level error -n 2");
        assert_eq!(ran.out, "[2026-11-23 01:00:00,000] ERROR first\n");
        let whole = run(fake.again(), "logs broker-0 -n 8000").out;
        assert!(log.ends_with(&whole) && whole.lines().count() == 8000);
    }

    #[test]
    fn a_stack_trace_among_the_last_is_whole_however_long_it_is() {
        let trace: String = (0..3000).map(|number| format!("\tat deep.{number}(Deep.java)\n")).collect();
        let error = format!("[2026-11-23 02:00:00,000] ERROR broken\n{trace}");
        let log =
            format!("[2026-11-23 01:00:00,000] WARN first\n{error}[2026-11-23 03:00:00,000] INFO next\n");
        let fake = several(&[("broker-0", &log)]);
        assert_eq!(run(fake.again(), "logs broker-0 --level warn -n 1").out, error);
        assert_eq!(run(fake.again(), "logs broker-0 --level warn -n 2").out.lines().count(), 3002);
        assert!(run(fake.again(), "logs broker-0 -n 2").out.starts_with(&error));
    }

    #[test]
    fn that_nothing_matches_is_said_and_no_error() {
        let fake = several(&[("broker-0", NEW)]);
        for filters in ["--level error", "--grep x", "--grep x -n 3"] {
            let ran = run(fake.again(), &format!("logs broker-0 {filters}"));
            let said = (ran.code, ran.out.as_str(), ran.err.as_str());
            assert_eq!(said, (ExitCode::Ok, "", "no line matches\n"), "{filters}");
        }
        for others in ["logs broker-0", "logs broker-0 --grep c", "logs broker-0 --grep x -n 0"] {
            assert_eq!(run(fake.again(), others).err, "", "{others}");
        }
    }

    #[test]
    fn what_a_node_is_names_it_at_this_moment() {
        let fake = several(&[("broker-1", NEW)]);
        fake.statuses([Ok(crate::model::samples::healthy())]);
        let ran = run(fake, "logs controller");
        assert_eq!(ran.out, format!("{NEW}\n"));
        assert_eq!(ran.err, "controller is broker-1\n");
    }

    #[test]
    fn lines_of_several_logs_are_followed_as_they_come() {
        let fake = several(&[("broker-0", "")]);
        let plan = fake.plan("velib");
        let args = Logs { follow: true, ..Logs::default() };
        let (mut screen, out, _) = Screen::recorded();
        let nodes = [NodeName::broker(0), NodeName::broker(1)];
        let mut reader = args.reader(&plan, &nodes, &mut screen).unwrap();
        reader.begin(&mut screen).unwrap();
        write_log(&fake, "broker-1", OLD);
        write_log(&fake, "broker-0", OTHER);
        reader.look(&mut screen).unwrap();
        let order: String = out.text().lines().map(|line| line.chars().last().unwrap()).collect();
        assert_eq!(order, "abeef");
    }
}
