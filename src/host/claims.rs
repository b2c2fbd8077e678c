//! Claims on ports for the time of an `up`, among all `cluster` processes of the machine.
//!
//! Leases keep clusters of one cache apart; between two caches there is only what listens already,
//! and a JVM listens a second after its port was chosen. A claim is a socket in Linux's abstract
//! namespace (unix(7)): no file, one for each network namespace as ports are, and gone with its process.

use std::collections::BTreeMap;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::{Mutex, PoisonError};

static HELD: Mutex<BTreeMap<u16, UnixDatagram>> = Mutex::new(BTreeMap::new());

/// Claims a port until this process ends; false when another process has claimed it.
pub(crate) fn claim(port: u16) -> bool {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    if held.contains_key(&port) {
        return true;
    }
    let socket = SocketAddr::from_abstract_name(format!("cluster/port/{port}"))
        .and_then(|address| UnixDatagram::bind_addr(&address));
    match socket {
        Ok(socket) => {
            held.insert(port, socket);
            true
        }
        // Where nothing can be claimed, everybody goes by what listens.
        Err(error) => error.kind() != io::ErrorKind::AddrInUse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_another_process_claims_is_refused_and_ones_own_is_not() {
        // No user's port, so that it stands in the way of no cluster; nor, most likely, of another run of the tests.
        let port = 1 + u16::try_from(std::process::id() % 1000).unwrap();
        let address = SocketAddr::from_abstract_name(format!("cluster/port/{port}")).unwrap();
        let others = UnixDatagram::bind_addr(&address).unwrap();
        assert!(!claim(port));
        drop(others);
        assert!(claim(port));
        assert!(claim(port));
        assert!(UnixDatagram::bind_addr(&address).is_err(), "it is held");
    }
}
