//! The answer of `why` as text.

use std::fmt::Write;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

use super::foreign::printable;
use super::style::{self, paint};
use super::{events, status};
use crate::model::event::Event;
use crate::units;
use crate::view::refused::RefusedClient;
use crate::view::why::{Wanted, Why};

/// The state and since when, then what was wanted, what happened, the last error and what helps.
pub(crate) fn text(why: &Why, now: Timestamp, zone: &TimeZone) -> String {
    let mut out = paint(style::STRONG, format!("{}: {}", why.node, status::state(why.state)));
    if let Some(since) = why.since {
        let ago = now.since(since).ok().and_then(|span| span.total(Unit::Millisecond).ok()).unwrap_or(0.0);
        let _ = write!(out, " for {}", units::duration(ago.max(0.0) as u64));
    }
    if let Some(step) = why.waiting_for {
        let _ = write!(out, ", waiting for {}", step.waits_for());
    }
    out.push('\n');
    let wanted = match why.wanted {
        Wanted::Up => "up",
        Wanted::Down => "down",
        Wanted::Paused => "paused",
    };
    let by = why.asked.as_ref().and_then(|entry| match &entry.event {
        Event::Asked { action, by, .. } => {
            let time = entry.time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
            Some(format!(": `{}`, by {}, {time}", printable(action), printable(by)))
        }
        _ => None,
    });
    let _ = writeln!(out, "\nwanted  {wanted}{}", by.unwrap_or_default());
    if !why.story.is_empty() {
        out.push_str("\nwhat happened\n");
        for entry in &why.story {
            let _ = write!(out, "  {}", events::line(entry, zone));
        }
    }
    if let Some(error) = &why.error {
        let _ = writeln!(
            out,
            "\nlast error  {}",
            paint(style::WARN, error.lines().collect::<Vec<_>>().join(" "))
        );
    }
    if !why.refused.is_empty() {
        out.push_str("\nclients refused\n");
        for one in &why.refused {
            out.push_str(&refused(one));
        }
    }
    if !why.help.is_empty() {
        out.push_str("\nwhat helps\n");
        for line in &why.help {
            let _ = writeln!(out, "  {}", printable(line));
        }
    }
    out
}

fn refused(one: &RefusedClient) -> String {
    let times = if one.times > 1 { format!("{} times, last ", one.times) } else { String::new() };
    let (client, what) = (printable(&one.client), printable(&one.what));
    match &one.hint {
        Some(hint) => format!("  {client}: {what}; {times}{}: {hint}\n", one.last),
        None => format!("  {client} may not {what}; {times}{}\n", one.last),
    }
}

#[cfg(test)]
pub(crate) mod samples {
    use super::*;
    use crate::model::ids::NodeName;
    use crate::model::reason::Reason;
    use crate::model::status::NodeState;
    use crate::model::step::Step;

    pub(crate) fn why() -> Why {
        let node = NodeName::broker(0);
        Why {
            node,
            state: NodeState::Starting,
            since: Some("2026-11-23T00:34:00Z".parse().unwrap()),
            waiting_for: Some(Step::Port),
            wanted: Wanted::Up,
            asked: Some(events::samples::entry(Event::Asked {
                request: 1,
                action: "start broker-0".into(),
                by: "cluster start (pid 4711)".into(),
                asked: None,
            })),
            story: vec![events::samples::entry(Event::Started { node, pid: 4700 })],
            error: Some("connection refused\nand more".into()),
            reason: Some(Reason::NotReady { why: "connection refused\nand more".into() }),
            help: vec!["`cluster logs broker-0 -f` shows what it does".into()],
            refused: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_that_were_refused_are_told_with_what_may_be_wrong_with_them() {
        let one = |client: &str, what: &str, hint: Option<&str>, times| RefusedClient {
            client: client.into(),
            what: what.into(),
            hint: hint.map(str::to_owned),
            times,
            last: "2026-12-01 02:45:21".into(),
        };
        let known = [one("127.0.0.1", "SSL handshake failed", Some("it speaks plain text"), 3)];
        let refused = [&known[..], &[one("bob", "describe topic:velib", None, 1)]].concat();
        let why = Why { refused, ..samples::why() };
        let text = anstream::adapter::strip_str(&text(&why, Timestamp::now(), &TimeZone::UTC)).to_string();
        assert!(
            text.contains(
                "\nclients refused\n  127.0.0.1: SSL handshake failed; 3 times, last 2026-12-01 02:45:21: it speaks \
                 plain text\n  bob may not describe topic:velib; 2026-12-01 02:45:21\n"
            ),
            "{text}"
        );
    }

    #[test]
    fn a_reason_is_a_few_lines() {
        let now = "2026-11-23T00:34:12.3Z".parse().unwrap();
        let text = anstream::adapter::strip_str(&text(&samples::why(), now, &TimeZone::UTC)).to_string();
        insta::assert_snapshot!(text, @r"
        broker-0: starting for 12.3 s, waiting for its port to open

        wanted  up: `start broker-0`, by cluster start (pid 4711), 2026-11-23 00:34:00

        what happened
          2026-11-23 00:34:00.123  broker-0     started, pid 4700

        last error  connection refused and more

        what helps
          `cluster logs broker-0 -f` shows what it does
        ");
    }
}
