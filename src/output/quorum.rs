//! The quorum of a KRaft cluster as text.

use super::foreign::printable;
use super::style::{self, paint};
use super::table::{Align, Table};
use super::width::Width;
use crate::admin::quorum::{Follower, Quorum};
use crate::units;

/// Who leads, and a line for each voter and observer.
pub(crate) fn text(quorum: &Quorum, width: Width) -> String {
    let Quorum { leader, epoch, high_watermark, .. } = quorum;
    let leader = paint(style::STRONG, leader.to_string());
    let mut text = format!("leader {leader}  epoch {epoch}  high watermark {high_watermark}\n\n");
    text.push_str(&table(quorum, width));
    for what in &quorum.unknown {
        text.push_str(&format!("\nunknown: {}", printable(what)));
    }
    if !quorum.unknown.is_empty() {
        text.push('\n');
    }
    text
}

fn table(quorum: &Quorum, width: Width) -> String {
    use Align::{Left, Right};
    let mut table = Table::new(&[
        ("NODE", Left),
        ("ROLE", Left),
        ("LOG END OFFSET", Right),
        ("LAG", Right),
        ("LAST FETCH", Right),
    ]);
    let mut row = |follower: &Follower, role: &'static str| {
        let number = |number: Option<i64>| number.map_or("unknown".to_owned(), |number| number.to_string());
        table.row([
            follower.node.to_string().into(),
            role.into(),
            number(follower.log_end_offset).into(),
            number(follower.lag).into(),
            fetched(follower.last_fetch_ms_ago).into(),
        ]);
    };
    for voter in &quorum.voters {
        row(voter, if voter.node == quorum.leader { "leader" } else { "voter" });
    }
    for observer in &quorum.observers {
        row(observer, "observer");
    }
    table.fit(width)
}

fn fetched(ms_ago: Option<u64>) -> String {
    ms_ago.map_or("unknown".to_owned(), |ms| format!("{} ago", units::duration(ms)))
}

#[cfg(test)]
pub(crate) mod samples {
    use super::*;
    use crate::model::ids::NodeName;

    pub(crate) fn quorum() -> Quorum {
        let follower = |node, offset: Option<i64>| Follower {
            node,
            log_end_offset: offset,
            lag: offset.map(|offset| 420 - offset),
            last_fetch_ms_ago: offset.map(|offset| (420 - offset).unsigned_abs() * 100),
            last_caught_up_ms_ago: None,
        };
        Quorum {
            leader: NodeName::controller(101),
            epoch: 3,
            high_watermark: 420,
            voters: vec![
                follower(NodeName::controller(100), Some(418)),
                follower(NodeName::controller(101), Some(420)),
                follower(NodeName::controller(102), None),
            ],
            observers: vec![follower(NodeName::broker(0), Some(420))],
            unknown: vec!["controller-102: connection refused".to_owned()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quorum_is_a_table() {
        let text = anstream::adapter::strip_str(&text(&samples::quorum(), Width::Whole)).to_string();
        insta::assert_snapshot!(text, @r"
        leader controller-101  epoch 3  high watermark 420

        NODE            ROLE      LOG END OFFSET      LAG  LAST FETCH
        controller-100  voter                418        2  200 ms ago
        controller-101  leader               420        0    0 ms ago
        controller-102  voter            unknown  unknown     unknown
        broker-0        observer             420        0    0 ms ago

        unknown: controller-102: connection refused
        ");
    }
}
