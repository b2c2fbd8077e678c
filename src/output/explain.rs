//! What the loss of brokers would do to a topic: one table and one sentence.

use super::foreign::printable;
use super::style::{self, paint};
use super::table::{Align, Cell, Table};
use super::width::Width;
use crate::units::{self, count};
use crate::view::explain::{Explanation, Harm, Outcome, RackLoss};

/// Rows of one size and result; more are counted, and `--json` has all.
const ROWS: usize = 10;

/// Head, table, racks, what could not be learnt, sentence.
pub(crate) fn text(it: &Explanation, width: Width) -> String {
    let mut parts = vec![head(it, width), table(it, width), racks(it, width)];
    parts.push(it.unknown.iter().map(|what| format!("unknown: {}\n", printable(what))).collect());
    parts.push(paint(verdict(it), &it.message) + "\n");
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

fn head(it: &Explanation, width: Width) -> String {
    format!(
        "{}: {}, replication factor {}, min.insync.replicas {}, unclean leader election {}\n",
        paint(style::STRONG, width.name(&it.topic)),
        count(it.partition_count, "partition"),
        it.replication_factor,
        it.min_insync_replicas,
        if it.unclean_leader_election { "on" } else { "off" },
    )
}

fn table(it: &Explanation, width: Width) -> String {
    use Align::Left;
    let mut table = Table::new(&[("BROKERS THAT FAIL", Left), ("PARTITIONS", Left), ("THEN", Left)]);
    if it.harms.iter().all(|harm| harm.any > 0) {
        let row: [Cell; 3] = match it.brokers_may_fail {
            0 => ["none".into(), "all".into(), Cell::words(FINE).in_style(style::GOOD)],
            may => [format!("any {may}").into(), "all".into(), Cell::words(FINE).in_style(style::GOOD)],
        };
        table.row(row);
    }
    for alike in it.harms.chunk_by(|a, b| (a.any, a.result) == (b.any, b.result)) {
        for harm in alike.iter().take(ROWS) {
            table.row([Cell::name(set(harm)), numbers(it, &harm.partitions), then(harm)]);
        }
        if let Some(more) = alike.get(ROWS..).filter(|more| !more.is_empty()) {
            let numbers: usize = more.iter().map(|harm| harm.partitions.len()).sum();
            table.row([
                format!("{} more sets of {}", more.len(), more[0].any).into(),
                format!("{numbers} more").into(),
                Cell::words(word(more[0].result)).in_style(style_of(more[0].result)),
            ]);
        }
    }
    table.fit(width)
}

/// A row for each thing that the loss of a rack does; empty without racks.
fn racks(it: &Explanation, width: Width) -> String {
    use Align::Left;
    if it.racks.is_empty() {
        return String::new();
    }
    let mut table =
        Table::new(&[("RACK THAT FAILS", Left), ("BROKERS", Left), ("PARTITIONS", Left), ("THEN", Left)]);
    for rack in &it.racks {
        let mut row = |partitions: Cell, then: Cell| {
            let brokers = match rack.brokers.is_empty() {
                true => "none is up".to_owned(),
                false => units::ids(&rack.brokers.iter().copied().collect::<Vec<_>>()),
            };
            table.row([Cell::name(&rack.rack), Cell::name(brokers), partitions, then]);
        };
        for harm in &rack.harms {
            let then = Cell::words(word(harm.result)).in_style(style_of(harm.result));
            row(numbers(it, &harm.partitions), then);
        }
        match rack {
            RackLoss { takes_quorum: true, .. } => {
                let what = "the quorum of controllers is lost: no leader can move";
                row("all".into(), Cell::words(what).in_style(style::BAD));
            }
            rack if rack.harms.is_empty() => row("all".into(), Cell::words(FINE).in_style(style::GOOD)),
            _ => {}
        }
    }
    table.fit(width)
}

const FINE: &str = "readable, writable";

fn set(harm: &Harm) -> String {
    let brokers = units::ids(&harm.of.iter().copied().collect::<Vec<_>>());
    match harm.any {
        0 => "none: it is so now".to_owned(),
        any if any == harm.of.len() => brokers,
        any => format!("any {any} of {brokers}"),
    }
}

fn numbers(it: &Explanation, partitions: &[i32]) -> Cell {
    match partitions.len() == it.partition_count {
        true => "all".into(),
        false => Cell::partitions(partitions),
    }
}

fn then(harm: &Harm) -> Cell {
    let or = |ids: &std::collections::BTreeSet<i32>| {
        ids.iter().map(i32::to_string).collect::<Vec<_>>().join(" or ")
    };
    let mut text = word(harm.result).to_owned();
    if harm.result == Outcome::Offline && !harm.until.is_empty() {
        text += &format!(" until {} returns with its data", or(&harm.until));
        if !harm.loses_with.is_empty() {
            text += &format!("; if {} returns first, messages are lost", or(&harm.loses_with));
        }
    }
    Cell::words(text).in_style(style_of(harm.result))
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::BelowMinIsr => "readable, writable at acks=0 or 1 only (below min ISR)",
        Outcome::Offline => "offline",
        Outcome::Lost => "an out-of-sync replica leads: messages are lost",
    }
}

fn style_of(outcome: Outcome) -> anstyle::Style {
    match outcome {
        Outcome::BelowMinIsr => style::WARN,
        Outcome::Offline | Outcome::Lost => style::BAD,
    }
}

fn verdict(it: &Explanation) -> anstyle::Style {
    match it.harms.iter().filter(|harm| harm.any == 0).map(|harm| harm.result).max() {
        Some(outcome) => style_of(outcome),
        None if it.brokers_may_fail == 0 => style::WARN,
        None => style::GOOD,
    }
}

#[cfg(test)]
pub(crate) mod samples {
    //! An explanation of hand-made partitions.

    use super::*;
    use crate::model::ids::NodeName;
    use crate::model::view::{PartitionView, TopicView};
    use crate::view::explain::explain;
    use crate::view::verdict::Facts;

    /// One partition a ring of two neighbours, over `brokers` of which `dead` are down.
    pub(crate) fn ring(brokers: i32, dead: &[i32]) -> Explanation {
        ring_in_racks(brokers, dead, &[])
    }

    /// The same, with brokers in these racks.
    pub(crate) fn ring_in_racks(brokers: i32, dead: &[i32], racks: &[&str]) -> Explanation {
        let one = |number: i32| {
            let replicas = vec![number, (number + 1) % brokers];
            let isr: Vec<i32> = replicas.iter().copied().filter(|id| !dead.contains(id)).collect();
            PartitionView { leader: isr.first().copied(), leader_epoch: None, replicas, isr }
        };
        let topic = TopicView {
            partitions: (0..brokers).map(|number| (number, one(number))).collect(),
            min_insync_replicas: 1,
            internal: false,
        };
        let alive = (0..brokers).filter(|id| !dead.contains(id)).map(NodeName::broker).collect();
        let facts = Facts { brokers: (0..brokers).collect(), voters: [].into(), alive };
        let racks = (0..).zip(racks.iter().map(|rack| (*rack).to_owned())).collect();
        explain("velib", &topic, false, &facts).with_racks(&racks, &facts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn the_answer_is_one_table_and_one_sentence() {
        insta::assert_snapshot!(plain(&text(&samples::ring(3, &[]), Width::Whole)), @r"
        velib: 3 partitions, replication factor 2, min.insync.replicas 1, unclean leader election off

        BROKERS THAT FAIL  PARTITIONS  THEN
        any 1              all         readable, writable
        0,1                0           offline until 0 or 1 returns with its data
        0,2                2           offline until 0 or 2 returns with its data
        1,2                1           offline until 1 or 2 returns with its data

        any one broker may fail, not two: broker-0 and broker-1 would take velib/0 offline, broker-0 and broker-2 velib/2, broker-1 and broker-2 velib/1
        ");
        insta::assert_snapshot!(plain(&text(&samples::ring(3, &[0]), Width::Whole)), @r"
        velib: 3 partitions, replication factor 2, min.insync.replicas 1, unclean leader election off

        BROKERS THAT FAIL  PARTITIONS  THEN
        none               all         readable, writable
        1                  0           offline until 1 returns with its data
        2                  2           offline until 2 returns with its data
        1,2                1           offline until 1 or 2 returns with its data

        as it is now (broker-0 is down), no further broker may fail: broker-1 would take velib/0 offline, broker-2 velib/2
        ");
    }

    #[test]
    fn each_rack_has_a_row_for_what_its_loss_would_do() {
        let text =
            plain(&text(&samples::ring_in_racks(4, &[], &["left", "left", "right", "right"]), Width::Whole));
        let from = text.find("RACK").unwrap();
        insta::assert_snapshot!(text[from..].lines().take(3).collect::<Vec<_>>().join("\n"), @r"
        RACK THAT FAILS  BROKERS  PARTITIONS  THEN
        left             0,1      0           offline
        right            2,3      2           offline
        ");
        assert!(text.ends_with("; no rack may fail as a whole\n"), "{text}");
    }

    #[test]
    fn of_many_sets_of_a_size_some_are_named_and_the_others_counted() {
        let text = plain(&text(&samples::ring(20, &[]), Width::Whole));
        assert!(text.contains("10 more sets of 2  10 more     offline\n"), "{text}");
        assert!(text.lines().count() < 20, "{text}");
    }

    #[test]
    fn the_json_is_stable() {
        insta::assert_json_snapshot!(samples::ring(2, &[]), @r#"
        {
          "topic": "velib",
          "partition_count": 2,
          "replication_factor": 2,
          "min_insync_replicas": 1,
          "unclean_leader_election": false,
          "down": [],
          "quorum": true,
          "brokers_may_fail": 1,
          "harms": [
            {
              "any": 2,
              "result": "offline",
              "of": [
                0,
                1
              ],
              "until": [
                0,
                1
              ],
              "loses_with": [],
              "partitions": [
                0,
                1
              ]
            }
          ],
          "sizes": [
            {
              "size": 1,
              "sets": 2,
              "tolerated": 2
            },
            {
              "size": 2,
              "sets": 1,
              "tolerated": 0
            }
          ],
          "racks": [],
          "message": "any one broker may fail, not two: broker-0 and broker-1 would take all 2 partitions offline",
          "unknown": []
        }
        "#);
    }
}
