//! Certificates: who has one until when, and what was put in their place.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

use super::style;
use super::table::{Align, Cell, Table};
use super::width::Width;
use crate::engine::certs::{CertState, Holder, ListedCert};
use crate::model::ids::NodeName;
use crate::units;

/// A row a certificate.
pub(crate) fn list(certs: &[ListedCert], now: Timestamp, zone: &TimeZone, width: Width) -> String {
    let mut table = Table::new(&[
        ("NAME", Align::Left),
        ("OF", Align::Left),
        ("UNTIL", Align::Left),
        ("STATE", Align::Left),
    ]);
    for cert in certs {
        let until = cert.not_after.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
        table.row([Cell::name(&cert.name), holder(cert.of).into(), until.into(), state(cert, now)]);
    }
    table.fit(width)
}

fn holder(of: Holder) -> &'static str {
    match of {
        Holder::Ca => "the CA",
        Holder::Node => "a node",
        Holder::User => "a user",
        Holder::Program => "this program",
    }
}

fn state(cert: &ListedCert, now: Timestamp) -> Cell {
    let ms = |span: jiff::Span| span.total(Unit::Millisecond).unwrap_or(0.0).max(0.0) as u64;
    // Spans of timestamps are in seconds: days are always of 24 hours.
    let between = |from: Timestamp, to: Timestamp| to.since(from).map(ms).unwrap_or_default();
    match cert.state {
        CertState::Valid => {
            Cell::words(format!("valid for {}", units::duration(between(now, cert.not_after))))
        }
        CertState::Expired => {
            let text = format!("expired {} ago", units::duration(between(cert.not_after, now)));
            Cell::words(text).in_style(style::BAD)
        }
        CertState::NotYetValid => Cell::words("not valid yet: is the clock right?").in_style(style::BAD),
        CertState::Foreign => Cell::words("of another CA").in_style(style::BAD),
    }
}

/// Whose are new, and, of nodes that go on with the old one, what makes them show it.
pub(crate) fn renewed(names: &[String], what: &str, stale: &[NodeName]) -> String {
    let whose = if names.is_empty() { "everybody".to_owned() } else { names.join(", ") };
    let mut text = format!("{whose}: {what}\n");
    if !stale.is_empty() {
        let nodes: Vec<String> = stale.iter().map(ToString::to_string).collect();
        text += &format!("from the next start on: `cluster restart {}`\n", nodes.join(" "));
    }
    text
}
