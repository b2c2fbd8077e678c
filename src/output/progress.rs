//! A running request on standard error: a live line a node on a terminal, plain lines elsewhere.

use std::collections::BTreeMap;
use std::time::Duration;

use anstyle::Style;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::foreign::printable;
use super::ladder::{self, Goal, Ladder, Rung};
use super::screen::Screen;
use super::style::{self, paint};
use crate::api::message::Reply;
use crate::model::event::Event;
use crate::model::ids::NodeName;
use crate::units;

/// An error that a starting node has for longer is told.
const LASTS: Duration = Duration::from_secs(10);

/// Fed with every reply; draws.
pub(crate) struct Progress {
    ladder: Ladder,
    view: View,
}

enum View {
    Plain { tells_ready: bool },
    Live { bars: MultiProgress, nodes: BTreeMap<NodeName, ProgressBar>, done: Style, width: usize },
}

impl Progress {
    /// For these nodes, in their order.
    pub(crate) fn new(screen: &Screen, goal: Goal, nodes: impl IntoIterator<Item = NodeName>) -> Self {
        let ladder = Ladder::new(goal, nodes);
        let view = match screen.err_is_terminal() {
            true => {
                // indicatif writes to the terminal itself, past the screen that strips colours.
                let done = if screen.err_has_colour() { style::GOOD } else { style::PLAIN };
                live(&ladder, ProgressDrawTarget::stderr(), done)
            }
            false => View::Plain { tells_ready: true },
        };
        Progress { ladder, view }
    }

    /// The same for a request whose answer says of each node that it is ready: without a terminal nothing is said twice.
    pub(crate) fn without_ready(self) -> Self {
        match self.view {
            View::Plain { .. } => Progress { view: View::Plain { tells_ready: false }, ..self },
            View::Live { .. } => self,
        }
    }

    pub(crate) fn ladder(&self) -> &Ladder {
        &self.ladder
    }

    pub(crate) fn reply(&mut self, screen: &mut Screen, reply: &Reply) {
        let changed = self.ladder.apply(reply);
        match &self.view {
            View::Plain { tells_ready: false } if is_ready(reply) => {}
            View::Plain { .. } => {
                if let Some(line) = ladder::plain(&self.ladder, reply) {
                    screen.say(line);
                }
            }
            View::Live { bars, nodes, done, .. } => {
                if let Reply::Event { entry } = reply
                    && let Some(line) = ladder::aside(&entry.event)
                {
                    // The terminal is gone: nobody is left to read the line.
                    let _ = bars.println(&*printable(&line));
                }
                let Some(node) = changed else { return };
                if let (Some(bar), Some(rung)) = (nodes.get(&node), self.ladder.rung(node)) {
                    show(bar, rung, self.ladder.is_done(rung).then_some(*done));
                }
            }
        }
    }

    /// Lets the seconds run; called some times a second.
    pub(crate) fn tick(&self) {
        if let View::Live { nodes, .. } = &self.view {
            for (node, bar) in nodes.iter().filter(|(_, bar)| !bar.is_finished()) {
                if let Some(rung) = self.ladder.rung(*node) {
                    bar.set_message(message(bar, rung));
                }
                bar.tick();
            }
        }
    }

    /// Leaves the last lines as they are, for what is written below them: what is not done has failed.
    pub(crate) fn finish(&self) {
        self.leave("✗");
    }

    /// The same of nodes that go on: nobody looks on any more.
    pub(crate) fn look_away(&self) {
        self.leave("…");
    }

    /// Takes the lines away, for an answer that says the same of each node, and in more words.
    pub(crate) fn clear(&self) {
        if let View::Live { bars, .. } = &self.view {
            // The terminal is gone: nothing is left to be cleared.
            let _ = bars.clear();
        }
    }

    fn leave(&self, mark: &str) {
        if let View::Live { nodes, width, .. } = &self.view {
            for bar in nodes.values().filter(|bar| !bar.is_finished()) {
                bar.set_style(line_style(mark, *width));
                bar.abandon();
            }
        }
    }
}

fn is_ready(reply: &Reply) -> bool {
    matches!(reply, Reply::Event { entry } if matches!(entry.event, Event::Ready { .. }))
}

fn live(ladder: &Ladder, target: ProgressDrawTarget, done: Style) -> View {
    let bars = MultiProgress::with_draw_target(target);
    let width = ladder.nodes().map(|(node, _)| node.to_string().len()).max().unwrap_or(0);
    let nodes = ladder
        .nodes()
        .map(|(node, rung)| {
            let bar = bars.add(ProgressBar::new_spinner().with_style(line_style("✓", width)));
            bar.set_prefix(node.to_string());
            bar.set_message(rung.text());
            (node, bar)
        })
        .collect();
    View::Live { bars, nodes, done, width }
}

fn show(bar: &ProgressBar, rung: &Rung, done: Option<Style>) {
    match done {
        Some(style) => bar.finish_with_message(paint(style, rung.text())),
        None => {
            // It was there and has fallen back, e.g. a node that is restarted.
            if bar.is_finished() {
                bar.reset();
            }
            bar.set_message(message(bar, rung));
        }
    }
}

/// A node that is only just starting refuses connections: its errors are of interest once they last.
fn message(bar: &ProgressBar, rung: &Rung) -> String {
    let text = if bar.elapsed() < LASTS { rung.stage_text() } else { rung.text() };
    printable(&text).into_owned()
}

/// `⠙ broker-0    13.1 s  waiting for its port to open: connection refused`, with names of up to `width` letters, cut
/// where the terminal ends; once it is finished with `mark` and without the time.
fn line_style(mark: &str, width: usize) -> ProgressStyle {
    let seconds = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        if !state.is_finished() {
            let ms = u64::try_from(state.elapsed().as_millis()).unwrap_or(u64::MAX);
            // Tenths of seconds from the start on, so that the line keeps still.
            let text = if ms < 1000 { format!("0.{} s", ms / 100) } else { units::duration(ms) };
            // Writing to a String cannot fail.
            let _ = out.write_str(&text);
        }
    };
    // A template that does not parse would leave the bare default: a unit test draws it.
    ProgressStyle::with_template(&format!("{{spinner}} {{prefix:{width}}} {{seconds:>7}}  {{wide_msg}}"))
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .tick_strings(&["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏", mark])
        .with_key("seconds", seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::reason::Reason;
    use crate::model::samples::node;
    use crate::model::status::NodeState;
    use crate::model::step::Step;
    use crate::output::events::samples;

    fn event(event: Event) -> Reply {
        Reply::Event { entry: samples::entry(event) }
    }

    #[test]
    fn without_a_terminal_every_step_is_a_line() {
        let (mut screen, out, err) = Screen::recorded();
        let name = NodeName::broker(0);
        let mut progress = Progress::new(&screen, Goal::Ready, [name]);
        progress.reply(&mut screen, &event(Event::Started { node: name, pid: 7 }));
        progress.reply(&mut screen, &Reply::Progress { node: node(name, NodeState::Starting) });
        progress.reply(&mut screen, &event(Event::Reached { node: name, step: Step::Port, after_ms: 812 }));
        progress.reply(&mut screen, &event(Event::Ready { node: name, after_ms: 1900 }));
        assert_eq!(
            err.text(),
            "broker-0: started, pid 7\nbroker-0: port open after 812 ms\nbroker-0: ready after 1.9 s\n"
        );
        assert_eq!(out.text(), "");
    }

    #[test]
    fn names_are_as_wide_as_the_longest_and_nodes_that_go_on_have_not_failed() {
        let terminal = indicatif::InMemoryTerm::new(10, 60);
        let ladder = Ladder::new(Goal::Ready, [NodeName::controller(100), NodeName::broker(0)]);
        let view = live(&ladder, ProgressDrawTarget::term_like(Box::new(terminal.clone())), style::PLAIN);
        Progress { ladder, view }.look_away();
        let drawn = terminal.contents();
        let at: Vec<_> = drawn.lines().map(|line| line.find("waiting")).collect();
        assert!(at.len() == 2 && at[0] == at[1] && !drawn.contains('✗'), "{drawn}");
    }

    #[test]
    fn on_a_terminal_each_node_has_a_line_that_ends_marked() {
        let terminal = indicatif::InMemoryTerm::new(10, 100);
        let (mut screen, _, err) = Screen::recorded();
        let [first, second] = [NodeName::broker(0), NodeName::broker(1)];
        let ladder = Ladder::new(Goal::Ready, [first, second]);
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let view = live(&ladder, target, style::PLAIN);
        let mut progress = Progress { ladder, view };
        progress.reply(&mut screen, &event(Event::Ready { node: first, after_ms: 1900 }));
        let mut status = node(second, NodeState::Starting);
        status.waiting_for = Some(Step::Port);
        status.reason = Some(Reason::NotReady { why: "connection refused".into() });
        progress.reply(&mut screen, &Reply::Progress { node: status });
        progress.reply(&mut screen, &event(Event::Trouble { message: "disk full".into() }));
        progress.tick();
        let drawn = terminal.contents();
        let lines: Vec<_> = drawn.lines().collect();
        assert_eq!(lines[0], "trouble: disk full");
        assert_eq!(lines[1].trim_end(), "✓ broker-0          ready after 1.9 s");
        assert!(lines[2].contains("broker-1   0."), "{drawn}");
        assert!(lines[2].contains(" s  waiting for its port to open"), "{drawn}");
        assert!(!drawn.contains("refused"), "it has only just begun: {drawn}");
        assert_eq!(err.text(), "");
        progress.finish();
        let left = terminal.contents();
        let second = left.lines().find(|line| line.contains("broker-1")).unwrap();
        assert_eq!(second.trim_end(), "✗ broker-1          waiting for its port to open");
    }
}
