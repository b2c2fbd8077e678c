//! The progress of a download: a bar on a terminal, a line a step elsewhere.

use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::foreign::{lines, printable};
use crate::dist::FetchProgress;

/// What the bar measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    Nothing,
    Bytes,
    /// The server does not say how many bytes there will be.
    BytesOfUnknown,
    Items,
}

/// Shows steps, and within a step bytes or items.
pub struct FetchBar {
    bar: ProgressBar,
    measure: Mutex<Measure>,
    /// Where steps go when there is no terminal.
    plain: Option<fn(&str)>,
}

impl FetchBar {
    /// On standard error; nothing is drawn before the first step.
    pub fn new(err_is_terminal: bool) -> Self {
        let say: fn(&str) = |line| {
            use std::io::Write;
            // That nobody hears it is no reason to fail.
            let _ = writeln!(std::io::stderr(), "{}", lines(line));
        };
        match err_is_terminal {
            true => FetchBar::on(ProgressDrawTarget::stderr(), None),
            false => FetchBar::on(ProgressDrawTarget::hidden(), Some(say)),
        }
    }

    /// Shows nothing.
    pub fn hidden() -> Self {
        FetchBar::on(ProgressDrawTarget::hidden(), None)
    }

    fn on(target: ProgressDrawTarget, plain: Option<fn(&str)>) -> Self {
        let bar = ProgressBar::with_draw_target(None, target).with_style(bar_style(Measure::Nothing));
        FetchBar { bar, measure: Mutex::new(Measure::Nothing), plain }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn measured(&self, measure: Measure, done: u64, total: Option<u64>) {
        self.set(measure);
        if let Some(total) = total {
            self.bar.set_length(total);
        }
        self.bar.set_position(done);
    }

    fn set(&self, measure: Measure) {
        let mut current = self.measure.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if *current != measure || measure == Measure::Nothing {
            *current = measure;
            self.bar.set_style(bar_style(measure));
        }
    }
}

impl FetchProgress for FetchBar {
    fn step(&self, what: &str) {
        if let Some(say) = self.plain {
            say(what);
        }
        self.set(Measure::Nothing);
        self.bar.set_message(printable(what).into_owned());
        // Draws, too: the time left is counted from here.
        self.bar.reset();
    }

    fn bytes(&self, done: u64, total: Option<u64>) {
        let measure = if total.is_some() { Measure::Bytes } else { Measure::BytesOfUnknown };
        self.measured(measure, done, total);
    }

    fn items(&self, done: u64, total: u64) {
        self.measured(Measure::Items, done, Some(total));
    }
}

fn bar_style(measure: Measure) -> ProgressStyle {
    let template = match measure {
        Measure::Nothing => "{spinner} {msg}",
        Measure::Bytes => "{spinner} {msg}  {binary_bytes}/{binary_total_bytes}, {eta} left  [{wide_bar}]",
        Measure::BytesOfUnknown => "{spinner} {msg}  {binary_bytes}",
        Measure::Items => "{spinner} {msg}  {pos}/{len}  [{wide_bar}]",
    };
    // A template that does not parse would leave the bare default: a unit test draws them.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_shows_how_much_of_it_is_there() {
        let terminal = indicatif::InMemoryTerm::new(5, 120);
        let bar = FetchBar::on(ProgressDrawTarget::term_like(Box::new(terminal.clone())), None);
        bar.step("downloading kafka.tgz");
        assert!(terminal.contents().contains("downloading kafka.tgz"));
        bar.bytes(60 << 20, Some(120 << 20));
        bar.bar.tick();
        let drawn = terminal.contents();
        assert!(drawn.contains("downloading kafka.tgz  60.00 MiB/120.00 MiB"), "{drawn}");
        assert!(drawn.contains("===>   "), "{drawn}");
        assert_eq!(drawn.lines().count(), 1, "{drawn}");
        bar.step("fetching jars");
        bar.items(3, 40);
        bar.bar.tick();
        assert!(terminal.contents().contains("3/40"), "{}", terminal.contents());
        bar.step("downloading more");
        bar.bytes(1 << 20, None);
        bar.bar.tick();
        assert!(terminal.contents().contains("downloading more  1.00 MiB"), "{}", terminal.contents());
        bar.finish();
        assert_eq!(terminal.contents(), "");
    }

    #[test]
    fn without_a_terminal_a_step_is_a_line() {
        static SAID: Mutex<Vec<String>> = Mutex::new(Vec::new());
        let bar =
            FetchBar::on(ProgressDrawTarget::hidden(), Some(|line| SAID.lock().unwrap().push(line.into())));
        bar.step("downloading");
        bar.bytes(1, Some(2));
        bar.bytes(2, Some(2));
        bar.step("verifying");
        assert_eq!(*SAID.lock().unwrap(), ["downloading", "verifying"]);
    }
}
