//! Why a node ended, in its own words: the last error of its log or of its JVM's output.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::plan::model::NodePlan;

const TAIL_BYTES: u64 = 64 * 1024;
const LONGEST: usize = 300;

/// One line, or `None` when there is nothing that looks like a reason.
pub fn last_words(node: &NodePlan) -> Option<String> {
    let log = tail(&node.log_file()).and_then(|text| last_error(&text));
    log.or_else(|| tail(&node.output_file()).and_then(|text| last_line(&text)))
}

fn tail(path: &Path) -> Option<String> {
    let mut file = File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES))).ok()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The last ERROR or FATAL of the last run, with the exception under it, which tells more.
fn last_error(log: &str) -> Option<String> {
    let lines: Vec<&str> = log.lines().collect();
    let is_bad =
        |line: &&str| line.starts_with('[') && (line.contains("] ERROR ") || line.contains("] FATAL "));
    // Kafka ends with "Exiting Kafka due to fatal exception", which names no reason itself.
    let at = lines.iter().rposition(|line| {
        is_bad(line) && !line.contains("Exiting Kafka") && !line.contains("Prepare to shutdown")
    });
    let at = at.or_else(|| lines.iter().rposition(is_bad))?;
    let exception = lines.get(at + 1).filter(|next| !next.starts_with('[') && !next.trim().is_empty());
    let head = lines[at].split_once("] ").map_or(lines[at], |(_, rest)| rest);
    Some(clip(match exception {
        Some(exception) => format!("{head}: {}", exception.trim()),
        None => head.to_owned(),
    }))
}

fn last_line(output: &str) -> Option<String> {
    let telling =
        |line: &&str| line.contains("Error") || line.contains("error") || line.contains("Exception");
    let mut lines: Vec<&str> = output.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let count = lines.len();
    while lines.len() > 1 && lines.last().is_some_and(|line| is_farewell(line)) {
        lines.pop();
    }
    if lines.len() < count {
        // What made the JVM give up stands above, whatever words it uses.
        return lines.last().map(|line| clip((*line).to_owned()));
    }
    let at = lines.iter().rposition(telling).or(lines.len().checked_sub(1))?;
    Some(clip(match lines.get(at + 1) {
        Some(reason) if lines[at] == UNINITIALIZED => format!("{UNINITIALIZED}: {reason}"),
        _ => lines[at].to_owned(),
    }))
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
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_told_rather_than_the_farewell() {
        let log = "\
[2026-11-23 01:00:00,000] INFO starting (kafka.server.KafkaServer)
[2026-11-23 01:00:01,000] ERROR Error while creating ephemeral at /brokers/ids/2 (kafka.zk.KafkaZkClient)
[2026-11-23 01:00:01,001] ERROR [KafkaServer id=2] Fatal error during KafkaServer startup. Prepare to shutdown (kafka.server.KafkaServer)
org.apache.zookeeper.KeeperException$NodeExistsException: KeeperErrorCode = NodeExists
\tat org.apache.zookeeper.KeeperException.create(KeeperException.java:126)
[2026-11-23 01:00:01,002] ERROR Exiting Kafka due to fatal exception during startup. (kafka.Kafka$)
";
        let words = last_error(log).unwrap();
        assert!(words.starts_with("ERROR Error while creating ephemeral at /brokers/ids/2"), "{words}");
    }

    #[test]
    fn a_jvm_that_did_not_start_is_quoted() {
        let farewell = "Error: Could not create the Java Virtual Machine.\n\
            Error: A fatal exception has occurred. Program will exit.\n";
        let output = format!("an error of an earlier run\nUnrecognized VM option 'NoSuchFlag'\n{farewell}");
        assert_eq!(last_line(&output).unwrap(), "Unrecognized VM option 'NoSuchFlag'");
        assert_eq!(last_line(farewell).unwrap(), "Error: Could not create the Java Virtual Machine.");
        let output = "Error occurred during initialization of VM\nToo small maximum heap\n";
        assert_eq!(
            last_line(output).unwrap(),
            "Error occurred during initialization of VM: Too small maximum heap"
        );
    }

    #[test]
    fn a_quiet_log_gives_no_reason() {
        assert_eq!(last_error("[2026-11-23 01:00:00,000] INFO all is well (kafka)\n"), None);
    }
}
