//! Which replicas are to move, for people, and what became of them.

use serde::Serialize;

use super::alike::alike;
use super::style::{self, paint};
use super::table::{Align, Cell, Table};
use super::width::Width;
use crate::admin::moves::{Moved, MovedResult, PlannedMove, Proposal};
use crate::units::{self, count};

/// The JSON of `rebalance`, documented in docs/moving.md.
#[derive(Debug, Serialize)]
pub(crate) struct Report<'a> {
    /// `even`, `planned`, `moved`, `cancelled` or `nothing`.
    pub result: &'static str,
    pub throttle_bytes_per_second: Option<u64>,
    /// `null` with `--watch` and `--cancel`.
    pub plan: Option<&'a Proposal>,
    /// `null` when nothing was carried out.
    pub outcome: Option<&'a Moved>,
}

pub(crate) fn result(result: MovedResult) -> &'static str {
    match result {
        MovedResult::Moved => "moved",
        MovedResult::Cancelled => "cancelled",
        MovedResult::Nothing => "nothing",
    }
}

/// A row for partitions that move alike, a row a broker, and the sum.
pub(crate) fn plan(proposal: &Proposal, width: Width) -> String {
    format!("{}\n{}\n{}\n", moves(&proposal.moves, width), brokers(proposal, width), sum(proposal))
}

fn moves(moves: &[PlannedMove], width: Width) -> String {
    let mut table = Table::new(&[
        ("TOPIC", Align::Left),
        ("PARTITIONS", Align::Right),
        ("REPLICAS", Align::Left),
        ("THEN", Align::Left),
        ("TO COPY", Align::Right),
    ]);
    let alike = alike(moves, |planned| (&planned.one.topic, &planned.one.before, &planned.one.after));
    for ((topic, before, after), group) in &alike {
        let partitions: Vec<i32> = group.iter().map(|planned| planned.one.partition).collect();
        let bytes: Option<u64> = group.iter().map(|planned| planned.bytes).sum();
        table.row([
            Cell::name(topic.as_str()),
            Cell::partitions(&partitions),
            units::ids(before).into(),
            units::ids(after).into(),
            match group.iter().all(|planned| planned.copies == 0) {
                true => "-".into(),
                false => bytes.map_or("unknown".to_owned(), units::size).into(),
            },
        ]);
    }
    table.fit(width)
}

fn brokers(proposal: &Proposal, width: Width) -> String {
    let mut table = Table::new(&[
        ("BROKER", Align::Left),
        ("REPLICAS", Align::Left),
        ("PREFERRED LEADERS", Align::Left),
        ("", Align::Left),
    ]);
    let change = |before: usize, after: usize| match before == after {
        true => before.to_string(),
        false => format!("{before} -> {after}"),
    };
    for load in &proposal.brokers {
        table.row([
            format!("broker-{}", load.broker).into(),
            change(load.replicas_before, load.replicas_after).into(),
            change(load.leaders_before, load.leaders_after).into(),
            if load.live { "".into() } else { Cell::styled(style::BAD, "down") },
        ]);
    }
    table.fit(width)
}

/// `4 replicas to copy, 12.0 MiB; 2 partitions change only their preferred leader`.
pub(crate) fn sum(proposal: &Proposal) -> String {
    let copies: usize = proposal.moves.iter().map(|planned| planned.copies).sum();
    let without: usize = proposal.moves.iter().filter(|planned| planned.copies == 0).count();
    let mut parts = Vec::new();
    if copies > 0 {
        let bytes = proposal.bytes.map_or("of unknown size".to_owned(), units::size);
        parts.push(format!("{} to copy, {bytes}", count(copies, "replica")));
    }
    match without {
        0 => {}
        1 => parts.push("1 partition changes only the order of its replicas".to_owned()),
        more => parts.push(format!("{more} partitions change only the order of their replicas")),
    }
    parts.join("; ")
}

/// What became of it, a line each.
pub(crate) fn moved(moved: &Moved) -> String {
    let partitions = count(moved.moves.len(), "partition");
    let took = units::duration(moved.took_ms);
    let mut text = match moved.result {
        MovedResult::Nothing => "no replicas are being moved\n".to_owned(),
        MovedResult::Cancelled => format!("cancelled: {partitions} back as before, after {took}\n"),
        MovedResult::Moved => {
            // Brokers before Kafka 1.0 do not tell.
            let copied = match moved.bytes {
                0 => String::new(),
                bytes => format!(", {} copied", units::size(bytes)),
            };
            format!("moved: {partitions} as planned and in the ISR{copied}, after {took}\n")
        }
    };
    for not in &moved.not_elected {
        text.push_str(&paint(style::WARN, format!("preferred leader not elected: {not}")));
        text.push('\n');
    }
    text
}

#[cfg(test)]
pub(crate) mod samples {
    //! A plan made by hand.

    use super::*;
    use crate::admin::moves::Move;
    use crate::admin::moves::proposal::BrokerLoad;

    pub(crate) fn proposal() -> Proposal {
        let planned = |partition, before: &[i32], after: &[i32], copies, bytes| PlannedMove {
            one: Move { topic: "bikes".into(), partition, before: before.to_vec(), after: after.to_vec() },
            copies,
            bytes,
        };
        let load = |broker, live, replicas: (usize, usize), leaders: (usize, usize)| BrokerLoad {
            broker,
            live,
            replicas_before: replicas.0,
            replicas_after: replicas.1,
            leaders_before: leaders.0,
            leaders_after: leaders.1,
        };
        Proposal {
            moves: vec![
                planned(0, &[0, 1], &[2, 1], 1, Some(1300)),
                planned(10, &[0, 1], &[1, 0], 0, Some(0)),
            ],
            brokers: vec![
                load(0, true, (2, 1), (2, 0)),
                load(1, true, (2, 2), (0, 1)),
                load(2, false, (0, 1), (0, 1)),
            ],
            bytes: Some(1300),
            fewer_racks: vec![],
            warnings: vec![],
        }
    }

    pub(crate) fn moved(result: MovedResult) -> Moved {
        let moves = proposal().moves();
        let (warnings, not_elected) = (vec![], vec![]);
        Moved { result, moves, bytes: 1300, took_ms: 2100, warnings, not_elected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::moves::racks::FewerRacks;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_plan_shows_each_partition_each_broker_and_what_it_costs() {
        insta::assert_snapshot!(plain(&plan(&samples::proposal(), Width::Whole)), @r"
        TOPIC  PARTITIONS  REPLICAS  THEN  TO COPY
        bikes           0  0,1       2,1   1.3 KiB
        bikes          10  0,1       1,0         -

        BROKER    REPLICAS  PREFERRED LEADERS
        broker-0  2 -> 1    2 -> 0
        broker-1  2         0 -> 1
        broker-2  0 -> 1    0 -> 1             down

        1 replica to copy, 1.3 KiB; 1 partition changes only the order of its replicas
        ");
    }

    #[test]
    fn what_became_of_it_is_a_line_and_what_is_left_to_do_another() {
        let mut done = samples::moved(MovedResult::Moved);
        done.not_elected.push("bikes/0: broker-2 is down".to_owned());
        insta::assert_snapshot!(plain(&moved(&done)), @r"
        moved: 2 partitions as planned and in the ISR, 1.3 KiB copied, after 2.1 s
        preferred leader not elected: bikes/0: broker-2 is down
        ");
        let cancelled = plain(&moved(&samples::moved(MovedResult::Cancelled)));
        assert_eq!(cancelled, "cancelled: 2 partitions back as before, after 2.1 s\n");
    }

    #[test]
    fn the_json_of_a_rebalance_is_stable() {
        let (mut plan, mut outcome) = (samples::proposal(), samples::moved(MovedResult::Moved));
        plan.moves.truncate(1);
        plan.fewer_racks.push(FewerRacks {
            topic: "bikes".into(),
            partition: 0,
            racks_before: 2,
            racks_after: 1,
            racks_possible: 1,
        });
        plan.brokers.truncate(1);
        outcome.moves.clear();
        let report = Report {
            result: "moved",
            throttle_bytes_per_second: Some(1000),
            plan: Some(&plan),
            outcome: Some(&outcome),
        };
        insta::assert_json_snapshot!(report, @r#"
        {
          "result": "moved",
          "throttle_bytes_per_second": 1000,
          "plan": {
            "moves": [
              {
                "topic": "bikes",
                "partition": 0,
                "before": [
                  0,
                  1
                ],
                "after": [
                  2,
                  1
                ],
                "copies": 1,
                "bytes": 1300
              }
            ],
            "brokers": [
              {
                "broker": 0,
                "live": true,
                "replicas_before": 2,
                "replicas_after": 1,
                "leaders_before": 2,
                "leaders_after": 0
              }
            ],
            "bytes": 1300,
            "fewer_racks": [
              {
                "topic": "bikes",
                "partition": 0,
                "racks_before": 2,
                "racks_after": 1,
                "racks_possible": 1
              }
            ],
            "warnings": []
          },
          "outcome": {
            "result": "moved",
            "moves": [],
            "bytes": 1300,
            "took_ms": 2100,
            "warnings": [],
            "not_elected": []
          }
        }
        "#);
    }
}
