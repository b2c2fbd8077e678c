//! The start of a node's process.

use crate::host::ports::{BETWEEN_LOOKS, HostPorts, LOOKS};
use crate::model::reason::Reason;
use crate::plan::model::{NodePlan, Ports};
use crate::process::spawn;
use crate::process::watch::Watch;

/// Whether nobody keeps the ports of a node, and else who. As [`becomes_free`](crate::host::ports::becomes_free), but
/// the loop goes on meanwhile.
pub(super) async fn ports_are_free(host: &dyn HostPorts, ports: Ports) -> Result<(), Reason> {
    for port in ports.all() {
        let mut looks = 1;
        while !host.is_free(port) {
            if looks == LOOKS {
                return Err(Reason::PortTaken { port, holder: host.holder(port) });
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
            looks += 1;
        }
    }
    Ok(())
}

/// Starts the process of a node whose ports are free.
pub(super) fn start(node: &NodePlan) -> Result<Watch, Reason> {
    // A file that somebody changed or removed since is as planned again.
    crate::render::write_node(node).map_err(|error| Reason::NotStarted { why: error.to_string() })?;
    Ok(Watch::spawned(spawn::spawn(node)?)?)
}

#[cfg(test)]
mod tests {
    use std::ops::RangeInclusive;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::model::reason::Holder;

    /// Its ports are free at this look, and not before.
    #[derive(Clone)]
    struct FreeAt(Arc<AtomicUsize>);

    impl FreeAt {
        fn look(look: usize) -> Self {
            FreeAt(Arc::new(AtomicUsize::new(look)))
        }
    }

    impl HostPorts for FreeAt {
        fn is_free(&self, _port: u16) -> bool {
            self.0.fetch_sub(1, Ordering::SeqCst) == 1
        }

        fn holder(&self, _port: u16) -> Option<Holder> {
            Some(Holder { pid: 7, command: "x".to_owned(), cluster: None })
        }

        fn claim(&self, _port: u16) -> bool {
            true
        }

        fn ephemeral(&self) -> RangeInclusive<u16> {
            32768..=60999
        }
    }

    const PORTS: Ports =
        Ports { client: 9092, quorum: None, election: None, internal: None, more: [None; 4] };

    #[tokio::test]
    async fn the_loop_goes_on_while_a_node_waits_for_its_port() {
        let host = FreeAt::look(2);
        let left = host.0.clone();
        let beside = tokio::spawn(async move { left.load(Ordering::SeqCst) });
        assert_eq!(ports_are_free(&host, PORTS).await, Ok(()));
        assert!(beside.is_finished(), "nothing else ran while it waited");
        assert_eq!(beside.await.unwrap(), 1, "it ran after the first look, before the second");
    }

    #[tokio::test(start_paused = true)]
    async fn a_port_that_somebody_keeps_is_told_with_its_holder() {
        let told = ports_are_free(&FreeAt::look(100), PORTS).await;
        let holder = Some(Holder { pid: 7, command: "x".to_owned(), cluster: None });
        assert_eq!(told, Err(Reason::PortTaken { port: 9092, holder }));
    }
}
