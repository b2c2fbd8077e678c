//! Why a node ended, in its own words: by what its log and its JVM have said since it was started.

use crate::model::cause::Cause;
use crate::model::reason::LastWords;
use crate::view::causes::told_by;

const LONGEST: usize = 300;

/// A fatal error of the log, then what Java knows of, then whatever looks like an error.
pub(crate) fn last_words(log: &str, output: &str) -> Option<LastWords> {
    let blocks = errors(log);
    let of_java = || last_line(output);
    fatal(&blocks)
        .or_else(|| of_java().filter(|words| words.cause.is_some()))
        .or_else(|| last(&blocks))
        .or_else(of_java)
}

/// What a process that goes on cannot do until it is started anew: a library whose native code could not be loaded is
/// of no use to its JVM any more.
pub(crate) fn lasting(log: &str) -> Option<LastWords> {
    errors(log).iter().rev().map(Block::words).find(|words| words.cause == Some(Cause::Noexec))
}

/// `quote`: what is said when no cause is found in `text`.
fn words_of(text: &str, quote: String) -> LastWords {
    let (cause, quote) = match told_by(text) {
        Some((cause, line)) if is_farewell(line) => (Some(cause), quote),
        Some((cause, line)) => (Some(cause), message(line).to_owned()),
        None => (None, quote),
    };
    LastWords { cause, quote: clip(quote) }
}

/// An ERROR or FATAL of a log.
struct Block<'a> {
    head: &'a str,
    /// The exception under it, with those that it was caused by, without stack frames.
    exceptions: Vec<&'a str>,
}

impl Block<'_> {
    /// The process ends for it.
    fn is_fatal(&self) -> bool {
        self.head.contains("] FATAL ") || self.head.to_lowercase().contains(" fatal ")
    }

    /// It says that there is an end, and not for what.
    fn is_farewell(&self) -> bool {
        ["Exiting Kafka", "Prepare to shutdown", "Shutdown broker because", "Stopping serving logs"]
            .iter()
            .any(|words| self.head.contains(words))
    }

    fn words(&self) -> LastWords {
        let exception = self.exceptions.first().map(|line| line.trim());
        let quote = match exception {
            Some(exception) if self.is_farewell() => exception.to_owned(),
            Some(exception) => format!("{}: {exception}", message(self.head)),
            None => message(self.head).to_owned(),
        };
        let text: Vec<&str> = std::iter::once(self.head).chain(self.exceptions.iter().copied()).collect();
        words_of(&text.join("\n"), quote)
    }
}

fn errors(log: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut in_error = false;
    for line in log.lines() {
        if line.starts_with('[') {
            in_error = line.contains("] ERROR ") || line.contains("] FATAL ");
            if in_error {
                blocks.push(Block { head: line, exceptions: Vec::new() });
            }
        } else if let Some(block) = blocks.last_mut().filter(|_| in_error)
            && !line.trim().is_empty()
            && !is_frame(line)
        {
            block.exceptions.push(line);
        }
    }
    blocks
}

fn is_frame(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("at ") || line.starts_with("... ")
}

/// The first, since a node that gives up goes on to fail at its shutdown, and tells of that too.
fn fatal(blocks: &[Block<'_>]) -> Option<LastWords> {
    let fatal = || blocks.iter().filter(|block| block.is_fatal() && !block.exceptions.is_empty());
    let words = || fatal().map(Block::words);
    words().find(|words| words.cause.is_some()).or_else(|| words().next())
}

fn last(blocks: &[Block<'_>]) -> Option<LastWords> {
    let telling = blocks.iter().rfind(|block| !block.is_farewell() || !block.exceptions.is_empty());
    telling.or(blocks.last()).map(Block::words)
}

/// A line without its time, or `Caused by: ` before an exception.
fn message(line: &str) -> &str {
    let line = line.trim();
    match line.split_once("] ") {
        Some((_, rest)) if line.starts_with('[') => rest,
        _ => line.strip_prefix("Caused by: ").unwrap_or(line),
    }
}

fn last_line(output: &str) -> Option<LastWords> {
    let telling =
        |line: &&str| line.contains("Error") || line.contains("error") || line.contains("Exception");
    let mut lines: Vec<&str> =
        output.lines().filter(|line| !line.trim().is_empty() && !is_frame(line)).map(str::trim).collect();
    let count = lines.len();
    while lines.len() > 1 && lines.last().is_some_and(|line| is_farewell(line)) {
        lines.pop();
    }
    let at = match lines.len() < count {
        // What made the JVM give up stands above, whatever words it uses.
        true => lines.len().checked_sub(1),
        false => lines.iter().rposition(telling).or(lines.len().checked_sub(1)),
    }?;
    let quote = match lines.get(at + 1) {
        Some(reason) if lines[at] == UNINITIALIZED => format!("{UNINITIALIZED}: {reason}"),
        _ => lines[at].to_owned(),
    };
    Some(words_of(output, quote))
}

/// The JVM's heading over the reason.
const UNINITIALIZED: &str = "Error occurred during initialization of VM";

/// With these a JVM that was started wrongly ends; they name no reason.
fn is_farewell(line: &str) -> bool {
    line.starts_with("Error: Could not create the Java Virtual Machine")
        || line.starts_with("Error: A fatal exception has occurred")
}

fn clip(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(at);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests;
