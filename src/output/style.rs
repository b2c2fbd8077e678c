//! The few colours, by meaning. Streams that are no terminal strip them.

use anstyle::{AnsiColor, Color, Style};

use super::foreign::printable;
use crate::model::status::{Health, NodeState};

const fn colour(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(Color::Ansi(colour)))
}

pub(crate) const PLAIN: Style = Style::new();
pub(crate) const HEADER: Style = Style::new().dimmed();
pub(crate) const STRONG: Style = Style::new().bold();
pub(crate) const GOOD: Style = colour(AnsiColor::Green);
/// Something is less than planned, nothing is lost. Orange is beyond the 16 colours.
pub(crate) const WARN: Style = colour(AnsiColor::Yellow);
pub(crate) const BAD: Style = colour(AnsiColor::Red);

/// `text` in `style`, within a line: what it has of colours and the like is shown, not obeyed.
pub(crate) fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{}{style:#}", printable(&text.to_string()))
}

/// Of the lines of one of several sources, so that each is told from its neighbours.
pub(crate) fn of_source(at: usize) -> Style {
    use AnsiColor::{Blue, BrightBlue, BrightCyan, BrightMagenta, Cyan, Magenta};
    const APART: [AnsiColor; 6] = [Cyan, Magenta, Blue, BrightCyan, BrightMagenta, BrightBlue];
    colour(APART[at % APART.len()])
}

pub(crate) fn of_health(health: Health) -> Style {
    match health {
        Health::Healthy => GOOD,
        Health::Degraded => WARN,
        Health::Unavailable => BAD,
    }
}

pub(crate) fn of_state(state: NodeState) -> Style {
    match state {
        NodeState::Ready => GOOD,
        NodeState::Waiting | NodeState::Starting | NodeState::Stopping | NodeState::Stopped => PLAIN,
        NodeState::Killed | NodeState::Paused | NodeState::BackingOff => WARN,
        NodeState::Unresponsive | NodeState::Exited | NodeState::CrashLoop => BAD,
    }
}
