//! Ports of 127.0.0.1: which are free, who has one, and claims on them.

use std::fs;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::ops::RangeInclusive;
use std::thread;
use std::time::Duration;

use super::claims;
use super::port_holder;
use crate::model::reason::Holder;

/// What allocation asks of the host.
pub(crate) trait HostPorts {
    /// Whether a server can listen on this port of 127.0.0.1 now.
    fn is_free(&self, port: u16) -> bool;
    /// Who has it, as far as that can be told.
    fn holder(&self, port: u16) -> Option<Holder>;
    /// Claims it for this process; false when another `cluster` has, which may not listen yet.
    fn claim(&self, port: u16) -> bool;
    /// The ports that the kernel gives to outgoing connections.
    fn ephemeral(&self) -> RangeInclusive<u16>;
}

/// How often a port that is wanted is looked at, and how long is waited between two looks.
pub(crate) const LOOKS: usize = 5;
pub(crate) const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// Whether nobody keeps this port: another command that looks takes it for a moment, too. Blocks as long as it is taken,
/// 40 ms at most.
pub(crate) fn becomes_free(host: &dyn HostPorts, port: u16) -> bool {
    (0..LOOKS).any(|look| {
        if look > 0 {
            thread::sleep(BETWEEN_LOOKS);
        }
        host.is_free(port)
    })
}

/// Whether a server of this machine can listen there: at an address that it has, or at all of them.
pub(crate) fn is_own_address(address: IpAddr) -> bool {
    match TcpListener::bind((address, 0)) {
        Ok(_) => true,
        Err(error) => error.kind() != ErrorKind::AddrNotAvailable,
    }
}

/// The host that this runs on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ThisHost;

impl HostPorts for ThisHost {
    /// With SO_REUSEADDR, which both Rust and Java set for servers: TIME_WAIT does not count, a
    /// listener on 0.0.0.0 does.
    fn is_free(&self, port: u16) -> bool {
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
    }

    fn holder(&self, port: u16) -> Option<Holder> {
        port_holder::find(port)
    }

    fn claim(&self, port: u16) -> bool {
        claims::claim(port)
    }

    /// ip(7), `ip_local_port_range`; Linux's default where it cannot be read.
    fn ephemeral(&self) -> RangeInclusive<u16> {
        let read = || {
            let text = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
            let mut ends = text.split_ascii_whitespace().map(str::parse);
            Some(ends.next()?.ok()?..=ends.next()?.ok()?)
        };
        read().unwrap_or(32768..=60999)
    }
}
