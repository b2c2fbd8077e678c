//! How far a move of replicas is: a bar on a terminal, a line for each tenth elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::admin::moves::MoveProgress;
use crate::output::foreign::printable;
use crate::output::screen::Screen;
use crate::units;

/// Fed with all progress; draws.
pub(crate) struct MoveBar {
    /// `None`: there is no terminal.
    bar: Option<ProgressBar>,
    tenths: Option<u64>,
    trouble: Option<String>,
}

impl MoveBar {
    pub(crate) fn new(screen: &Screen) -> Self {
        MoveBar::on(screen.err_is_terminal().then(ProgressDrawTarget::stderr))
    }

    fn on(target: Option<ProgressDrawTarget>) -> Self {
        let bar = target.map(|target| ProgressBar::with_draw_target(Some(0), target).with_style(style()));
        MoveBar { bar, tenths: None, trouble: None }
    }

    /// Whether Kafka has been seen at it.
    pub(crate) fn has_begun(&self) -> bool {
        self.tenths.is_some()
    }

    pub(crate) fn show(&mut self, screen: &mut Screen, progress: &MoveProgress) {
        let (done, all) = match progress.bytes {
            0 => (progress.partitions_done as u64, progress.partitions as u64),
            bytes => (progress.bytes_done, bytes),
        };
        let tenths = Some((10 * done).checked_div(all).unwrap_or(10));
        match &self.bar {
            Some(bar) => {
                bar.set_length(progress.bytes);
                bar.set_position(progress.bytes_done);
                bar.set_message(match &progress.trouble {
                    Some(trouble) => format!("{}, {}", partitions(progress), printable(trouble)),
                    None => partitions(progress),
                });
            }
            None => {
                if tenths != self.tenths {
                    let bytes = (units::size(progress.bytes_done), units::size(progress.bytes));
                    screen.say(match progress.bytes {
                        0 => format!("moved {}", partitions(progress)),
                        _ => format!("copied {} of {}, {}", bytes.0, bytes.1, partitions(progress)),
                    });
                }
                if progress.trouble != self.trouble
                    && let Some(trouble) = &progress.trouble
                {
                    screen.say(trouble);
                }
            }
        }
        self.tenths = tenths;
        self.trouble.clone_from(&progress.trouble);
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn partitions(progress: &MoveProgress) -> String {
    format!("{} of {}", progress.partitions_done, units::count(progress.partitions, "partition"))
}

fn style() -> ProgressStyle {
    // A template that does not parse would leave the bare default: a unit test draws it.
    ProgressStyle::with_template(
        "{spinner} {binary_bytes}/{binary_total_bytes}, {eta} left, {msg}  [{wide_bar}]",
    )
    .unwrap_or_else(|_| ProgressStyle::default_bar())
    .progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(bytes_done: u64, partitions_done: usize, trouble: Option<&str>) -> MoveProgress {
        let trouble = trouble.map(str::to_owned);
        MoveProgress { partitions: 3, partitions_done, bytes: 3000, bytes_done, trouble }
    }

    #[test]
    fn without_a_terminal_each_tenth_is_a_line_and_so_is_new_trouble() {
        let (mut screen, _, err) = Screen::recorded();
        let mut bar = MoveBar::on(None);
        assert!(!bar.has_begun());
        let down = Some("waits for broker-2, which is down");
        for progress in
            [at(0, 0, None), at(10, 0, down), at(20, 0, down), at(1500, 1, None), at(3000, 3, None)]
        {
            bar.show(&mut screen, &progress);
        }
        insta::assert_snapshot!(err.text(), @r"
        copied 0 B of 2.9 KiB, 0 of 3 partitions
        waits for broker-2, which is down
        copied 1.5 KiB of 2.9 KiB, 1 of 3 partitions
        copied 2.9 KiB of 2.9 KiB, 3 of 3 partitions
        ");
        assert!(bar.has_begun());
    }

    #[test]
    fn on_a_terminal_it_is_one_line_that_goes_at_the_end() {
        let terminal = indicatif::InMemoryTerm::new(5, 120);
        let (mut screen, _, err) = Screen::recorded();
        let mut bar = MoveBar::on(Some(ProgressDrawTarget::term_like(Box::new(terminal.clone()))));
        bar.show(&mut screen, &at(1500, 1, Some("waits")));
        bar.bar.as_ref().unwrap().tick();
        let drawn = terminal.contents();
        assert!(drawn.contains("1.46 KiB/2.93 KiB") && drawn.contains("1 of 3 partitions, waits"), "{drawn}");
        bar.finish();
        assert_eq!((terminal.contents().as_str(), err.text().as_str()), ("", ""));
    }
}
