//! Fixed ports: the block above `port_base`, and single nodes' `port`.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use super::fields::Entry;
use super::mistake::Mistakes;
use super::tree::Span;
use super::values;
use crate::model::ids::NodeName;

/// Ports below need privileges.
const LOWEST: u32 = 1024;

/// The last port of the block, above `port_base`. Broker i has `port_base` + i, and + 200 + i when it is a
/// controller too; controller k has + k; ZooKeeper server k has + 100 + k for clients, + 200 + k for its quorum
/// and + 300 + k for elections; there are at most 7 of them.
const BLOCK: u16 = 307;

/// A `port` of the spec, with its place.
pub(super) struct FixedPort {
    pub node: NodeName,
    pub port: u16,
    pub span: Span,
}

/// `port_base`.
pub(super) fn base(entry: Entry, mistakes: &mut Mistakes) -> Option<u16> {
    let base = port(entry, mistakes)?;
    if base.checked_add(BLOCK).is_none() {
        mistakes.add(
            entry.place(),
            format!("the ports from {base} on go beyond 65535"),
            format!("the cluster takes {BLOCK} ports above it: at most {}", u16::MAX - BLOCK),
        );
        return None;
    }
    Some(base)
}

/// A port that a process of this user may listen on.
pub(super) fn port(entry: Entry, mistakes: &mut Mistakes) -> Option<u16> {
    let example = format!("{}: 19092", entry.key);
    let port = values::number(entry, (0, u32::MAX), &example, mistakes)?;
    let (message, help) = match port {
        LOWEST..=65535 => return u16::try_from(port).ok(),
        1..LOWEST => (format!("port {port} needs privileges"), "take one from 1024 to 65535"),
        0 => ("port 0 is none".to_owned(), "leave the key out to have a free one chosen"),
        _ => (format!("there is no port {port}"), "take one from 1024 to 65535"),
    };
    mistakes.add(entry.place(), message, help);
    None
}

/// Two nodes on a port, or a node on a port of the block.
pub(super) fn clashes<'a>(
    ports: impl Iterator<Item = &'a FixedPort>,
    base: Option<u16>,
    mistakes: &mut Mistakes,
) {
    let block: Option<RangeInclusive<u16>> = base.map(|base| base..=base + BLOCK);
    let mut taken: HashMap<u16, &FixedPort> = HashMap::new();
    for fixed in ports {
        let port = fixed.port;
        if let Some(block) = block.as_ref().filter(|block| block.contains(&port)) {
            let (first, last) = (block.start(), block.end());
            mistakes.add(
                &fixed.span,
                format!("port {port} lies in the block of `port_base`"),
                format!(
                    "take one outside {first} to {last}, or remove the `port`: the block has one for {}",
                    fixed.node
                ),
            );
        }
        // One of an anchor that both nodes use is written once.
        match taken.get(&port) {
            Some(other) => {
                let line = mistakes.line(&other.span);
                mistakes.add(
                    &fixed.span,
                    format!("{} and {} cannot both have port {port}", other.node, fixed.node),
                    format!("{} has it in line {line}: take another", other.node),
                );
            }
            None => {
                taken.insert(port, fixed);
            }
        }
    }
}
