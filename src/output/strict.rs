//! Topics that bear no failure, with the way out.

use super::style::{self, paint};
use crate::model::status::StrictTopic;

/// Topics with a line of their own; more are counted, and `--json` has all.
const NAMED: usize = 5;

/// A line each.
pub(crate) fn lines(topics: &[StrictTopic]) -> String {
    let line = |one: &StrictTopic| {
        let StrictTopic { topic, replication_factor: factor, min_insync_replicas } = one;
        let fewer = factor.saturating_sub(1).max(1);
        paint(
            style::WARN,
            format!(
                "topic {topic} bears no failure: it has {factor} replicas and min.insync.replicas \
                 {min_insync_replicas}; `cluster topic alter {topic} --config min.insync.replicas={fewer}` lets one \
                 fail"
            ),
        ) + "\n"
    };
    let mut text: String = topics.iter().take(NAMED).map(line).collect();
    if topics.len() > NAMED {
        let more = format!("{} more topics bear no failure", topics.len() - NAMED);
        text += &(paint(style::WARN, more) + "\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_that_bears_no_failure_is_told_with_the_command_that_mends_it() {
        let strict = |topic: &str, replication_factor, min_insync_replicas| StrictTopic {
            topic: topic.into(),
            replication_factor,
            min_insync_replicas,
        };
        let plain = |topics: &[StrictTopic]| anstream::adapter::strip_str(&lines(topics)).to_string();
        insta::assert_snapshot!(plain(&[strict("v", 2, 2)]), @"topic v bears no failure: it has 2 replicas and min.insync.replicas 2; `cluster topic alter v --config min.insync.replicas=1` lets one fail");
        assert_eq!(lines(&[]), "");
        let many: Vec<StrictTopic> = (0..9).map(|number| strict(&format!("t{number}"), 3, 3)).collect();
        assert!(plain(&many).ends_with("\n4 more topics bear no failure\n"), "{}", plain(&many));
    }
}
