use std::collections::VecDeque;
use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use super::context::Context;
use super::nodes;
use super::since::{self, LogFilter};
use crate::engine::follow::{self, Follow};
use crate::engine::log_line;
use crate::engine::ops::{FolderOps, NodeOps};
use crate::error::{End, ExitCode, Failure};
use crate::output::screen::Screen;
use crate::plan::model::NodePlan;

/// Show the log of a node
///
/// The file that the node writes itself, whether it runs or not. When it has written none, what
/// its process said on standard output and error, such as the JVM's own errors.
#[derive(Debug, Args)]
pub(super) struct Logs {
    /// The node's name, such as broker-0 or zookeeper-1
    node: String,

    /// Go on showing lines as they come, across restarts and rotation
    #[arg(short, long)]
    follow: bool,

    /// Only lines from then on: a span such as 10m, or a time such as 01:34 or 2026-11-23 01:34
    #[arg(long, value_name = "TIME", value_parser = since::parse)]
    since: Option<Timestamp>,

    /// Only the last lines
    #[arg(short = 'n', long, value_name = "LINES")]
    lines: Option<usize>,

    /// What the process said on standard output and error instead
    #[arg(long)]
    stdout: bool,
}

impl Logs {
    pub(super) fn run<E: NodeOps + FolderOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let found = cx.chosen()?;
        let plan = cx.engine.stored_plan(&found.dir)?;
        let name = nodes::named(&plan, std::slice::from_ref(&self.node))?;
        let node = name.first().and_then(|name| plan.node(*name));
        let node = node.ok_or_else(|| Failure::new(ExitCode::Usage, format!("no node {}", self.node)))?;
        let mut reader = self.reader(node, cx.screen)?;
        reader.begin(cx.screen)?;
        while self.follow && found.dir.path().exists() {
            std::thread::sleep(follow::INTERVAL);
            reader.look(cx.screen)?;
        }
        Ok(ExitCode::Ok)
    }

    /// Chooses the files.
    fn reader(&self, node: &NodePlan, screen: &mut Screen) -> Result<Reader, Failure> {
        let (log, output) = (node.log_file(), node.output_file());
        let written = |path: &PathBuf| path.metadata().is_ok_and(|file| file.len() > 0);
        let spoke = written(&output);
        let (older, files) = if self.stdout {
            (vec![], vec![output])
        } else if written(&log) || (self.follow && !spoke) {
            // All of the log is read when the end of it may lie in older files.
            let all = self.since.is_some() || self.lines.is_some();
            (if all { follow::rotated(&log) } else { vec![] }, vec![log])
        } else if spoke {
            screen.say(format!("{} has written no log; this is what its process said", node.name));
            // Once it writes one, that is followed, too.
            (follow::rotated(&log), vec![output, log])
        } else {
            return Err(Failure::new(ExitCode::Failed, format!("{} has no log yet", node.name))
                .hint(format!("start it with `cluster start {}`", node.name)));
        };
        let filter = self.since.map(|since| {
            // What a process says on standard output seldom has a time.
            LogFilter::new(since, log_line::zone_of(node), files[0] == node.output_file())
        });
        let files = files.into_iter().map(Follow::new).collect();
        Ok(Reader { older, files, filter, last: self.lines, torn: !self.follow })
    }
}

/// A log, as far as it has been shown.
struct Reader {
    older: Vec<PathBuf>,
    files: Vec<Follow>,
    filter: Option<LogFilter>,
    last: Option<usize>,
    /// A last line without its newline is shown, too: nobody waits for its end.
    torn: bool,
}

impl Reader {
    /// Shows what is there.
    fn begin(&mut self, screen: &mut Screen) -> Result<(), End> {
        let mut kept = VecDeque::new();
        let last = self.last;
        let mut text = Vec::new();
        let filter = &mut self.filter;
        let mut on_line = |line: &[u8]| {
            if !filter.as_mut().is_none_or(|filter| filter.passes(line)) {
                return Ok(());
            }
            match last {
                None => {
                    push(&mut text, line);
                    // A log may be larger than memory should be.
                    if text.len() > 1 << 16 { screen.bytes(&std::mem::take(&mut text)) } else { Ok(()) }
                }
                Some(last) => {
                    kept.push_back(line.to_vec());
                    if kept.len() > last {
                        kept.pop_front();
                    }
                    Ok(())
                }
            }
        };
        for older in self.older.drain(..) {
            let mut file = Follow::new(older);
            file.read(&mut on_line)?;
            file.end(&mut on_line)?;
        }
        for file in &mut self.files {
            file.read(&mut on_line)?;
            if self.torn {
                file.end(&mut on_line)?;
            }
        }
        kept.iter().for_each(|line| push(&mut text, line));
        screen.bytes(&text)
    }

    /// Shows what has come since.
    fn look(&mut self, screen: &mut Screen) -> Result<(), End> {
        let mut text = Vec::new();
        let filter = &mut self.filter;
        let mut on_line = |line: &[u8]| {
            if filter.as_mut().is_none_or(|filter| filter.passes(line)) {
                push(&mut text, line);
            }
            Ok(())
        };
        for file in &mut self.files {
            file.read(&mut on_line)?;
        }
        match text.is_empty() {
            true => Ok(()),
            false => screen.bytes(&text),
        }
    }
}

fn push(text: &mut Vec<u8>, line: &[u8]) {
    text.extend_from_slice(line);
    text.push(b'\n');
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::cli::testing::{Fake, run};
    use crate::model::ids::NodeName;

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
        let ran = run(fake.again(), "logs broker-0 -n 4");
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
        let args = Logs { node: "broker-0".into(), follow: true, since: None, lines: Some(1), stdout: false };
        let (mut screen, out, _) = Screen::recorded();
        let mut reader = args.reader(node, &mut screen).unwrap();
        reader.begin(&mut screen).unwrap();
        assert_eq!(out.text(), "b\n");
        fs::rename(node.log_file(), node.log_file().with_extension("log.1")).unwrap();
        fs::write(node.log_file(), "c\nd\n").unwrap();
        reader.look(&mut screen).unwrap();
        assert_eq!(out.text(), "b\nc\nd\n");
    }
}
