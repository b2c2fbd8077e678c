//! Which ports the nodes get: fixed ones of the spec, else those of before, else a free block.
//!
//! Free ports are chosen outside the kernel's ephemeral range: a peer's outgoing connection could
//! otherwise own a node's port while that node is down.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::host::leases::Leases;
use crate::host::ports::{HostPorts, becomes_free};
use crate::model::ids::{NodeName, Role};
use crate::model::reason::Holder;
use crate::plan::model::{Plan, Ports};
use crate::plan::{PlanError, folder, layout};
use crate::spec::model::Spec;

/// First port of the block that is tried first.
const FIRST_BASE: u16 = 19092;
/// Distance of two blocks.
const BLOCK: u16 = 400;
/// The largest id of a broker that has a place in a block; ids grow with every broker that joins.
const LAST_BROKER: i32 = 100;

/// What a node needs a port for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Client,
    Quorum,
    Election,
    /// Of a broker of a secured cluster: for brokers and this program.
    Internal,
    /// Of a broker: one of the spec's further listeners.
    More(usize),
}

/// One port that some node needs.
#[derive(Clone, Copy, Debug)]
struct Slot {
    node: NodeName,
    purpose: Use,
}

impl Slot {
    /// Its place in a block: broker i at i, at 200+i if it is a controller too, and at 308+i in a secured cluster;
    /// and at 500+100*n+i for listener n;
    /// controller k at k, which is 100 and more; ZooKeeper server k at 100+k, 200+k and 300+k.
    fn offset(self) -> u32 {
        let id = self.node.id.unsigned_abs();
        match (self.node.role, self.purpose) {
            (Role::Broker, Use::Quorum) => 200 + id,
            (_, Use::Internal) => 308 + id,
            (_, Use::More(at)) => 500 + 100 * at as u32 + id,
            (Role::Broker | Role::Controller, _) => id,
            (Role::ZooKeeper, Use::Client) => 100 + id,
            (Role::ZooKeeper, Use::Quorum) => 200 + id,
            (Role::ZooKeeper, Use::Election) => 300 + id,
        }
    }

    fn port_above(self, base: u16) -> Option<u16> {
        u16::try_from(u32::from(base) + self.offset()).ok()
    }
}

fn slots(spec: &Spec) -> Vec<Slot> {
    // A single ZooKeeper server is standalone and has no quorum.
    let ensemble: &[Use] = if spec.zookeeper.count > 1 { &[Use::Quorum, Use::Election] } else { &[] };
    let voters = layout::voters(spec);
    let uses = |node: NodeName| {
        let mut uses = vec![Use::Client];
        match node.role {
            Role::ZooKeeper => uses.extend(ensemble),
            Role::Broker => {
                // A combined node has a listener for each of its roles.
                uses.extend(voters.contains(&node).then_some(Use::Quorum));
                uses.extend(spec.security.is_some().then_some(Use::Internal));
                uses.extend((0..spec.listeners.len()).map(Use::More));
            }
            Role::Controller => {}
        }
        uses
    };
    layout::nodes(spec)
        .into_iter()
        .flat_map(|node| uses(node).into_iter().map(move |purpose| Slot { node, purpose }))
        .collect()
}

/// The ports of every node of the spec, leased to the cluster in `dir` (lease file in `cache`).
///
/// `previous` is the plan that lies in `dir`: its nodes keep their ports unless the spec fixes
/// others. `ours` tells the pids of this cluster's own processes: a port that one of them holds is
/// no stranger's. The caller writes the plan while this process lives; until then the lease stands
/// on the process.
pub(crate) fn allocate(
    spec: &Spec,
    previous: Option<&Plan>,
    dir: &Path,
    cache: &Path,
    host: &dyn HostPorts,
    ours: &dyn Fn(u32) -> bool,
) -> Result<BTreeMap<NodeName, Ports>, PlanError> {
    folder::check(dir)?;
    let slots = slots(spec);
    let leases = Leases::open(cache)?;

    let mut chosen = fixed(spec, &slots)?;
    keep(&mut chosen, &slots, previous);
    for (slot, &port) in slots.iter().zip(&chosen).filter_map(|(slot, port)| Some((slot, port.as_ref()?))) {
        let home = || dir.parent().unwrap_or(dir).to_owned();
        let taken = |holder| Err(PlanError::PortTaken { port, node: slot.node, holder, home: home() });
        if let Some((pid, other)) = leases.claimant(port, dir) {
            let command = "cluster up".to_owned();
            return taken(Some(Holder { pid, command, cluster: Some(other.to_owned()) }));
        }
        // Of this cluster's own, another command may hold the claim.
        if !host.claim(port) && !leases.is_own(port, dir) {
            return taken(host.holder(port));
        }
        if !becomes_free(host, port) {
            let holder = host.holder(port);
            if !holder.as_ref().is_some_and(|holder| ours(holder.pid)) {
                return taken(holder);
            }
        }
    }
    fill(&mut chosen, &slots, host, &|port| {
        // Claimed first: to look whether it is free takes it for a moment, from whoever has claimed it.
        !leases.is_anothers(port, dir) && host.claim(port) && host.is_free(port)
    })?;

    leases.grant(dir, chosen.iter().flatten().copied())?;
    Ok(by_node(&slots, &chosen))
}

/// Ports that the spec fixes: a node's own `port`, else `port_base`'s layout as far as that reaches.
fn fixed(spec: &Spec, slots: &[Slot]) -> Result<Vec<Option<u16>>, PlanError> {
    let mut owners: BTreeMap<u16, NodeName> = BTreeMap::new();
    slots
        .iter()
        .map(|slot| {
            let own = layout::overrides(spec, slot.node).and_then(|own| own.port);
            let port = match (own.filter(|_| slot.purpose == Use::Client), spec.port_base) {
                (Some(port), _) => port,
                (None, _) if slot.node.role == Role::Broker && slot.node.id > LAST_BROKER => return Ok(None),
                (None, Some(base)) => slot.port_above(base).ok_or(PlanError::PortRange {
                    base,
                    node: slot.node,
                    wanted: u32::from(base) + slot.offset(),
                })?,
                (None, None) => return Ok(None),
            };
            match owners.insert(port, slot.node) {
                Some(other) => Err(PlanError::PortClash { port, a: other, b: slot.node }),
                None => Ok(Some(port)),
            }
        })
        .collect()
}

/// Nodes of the previous plan keep their ports, unless the spec now gives one to another node.
fn keep(chosen: &mut [Option<u16>], slots: &[Slot], previous: Option<&Plan>) {
    let mut taken: BTreeSet<u16> = chosen.iter().flatten().copied().collect();
    for (slot, port) in slots.iter().zip(chosen).filter(|(_, port)| port.is_none()) {
        let before = previous.and_then(|plan| plan.node(slot.node)).and_then(|node| match slot.purpose {
            Use::Client => Some(node.ports.client),
            Use::Quorum => node.ports.quorum,
            Use::Election => node.ports.election,
            Use::Internal => node.ports.internal,
            Use::More(at) => node.ports.more.get(at).copied().flatten(),
        });
        *port = before.filter(|&before| taken.insert(before));
    }
}

/// Gives every slot without a port a free one: all from one block, else one by one.
fn fill(
    chosen: &mut [Option<u16>],
    slots: &[Slot],
    host: &dyn HostPorts,
    usable: &dyn Fn(u16) -> bool,
) -> Result<(), PlanError> {
    let ephemeral = host.ephemeral();
    let mut taken: BTreeSet<u16> = chosen.iter().flatten().copied().collect();
    let open: Vec<usize> = (0..slots.len()).filter(|&at| chosen[at].is_none()).collect();

    let block = |base: u16| -> Option<Vec<u16>> {
        let mut own = taken.clone();
        open.iter()
            .map(|&at| {
                slots[at]
                    .port_above(base)
                    .filter(|port| !ephemeral.contains(port) && own.insert(*port) && usable(*port))
            })
            .collect()
    };
    let found = bases(chosen, slots).find_map(block);
    if let Some(ports) = found {
        for (at, port) in open.into_iter().zip(ports) {
            chosen[at] = Some(port);
        }
        return Ok(());
    }

    // Inside the ephemeral range only when nothing else is left.
    let outside = (FIRST_BASE..=u16::MAX).chain(1024..FIRST_BASE).filter(|port| !ephemeral.contains(port));
    let mut candidates = outside.chain(ephemeral.clone().filter(|&port| port >= 1024));
    for at in open {
        let port = candidates
            .find(|&port| !taken.contains(&port) && usable(port))
            .ok_or(PlanError::NoFreePort { node: slots[at].node })?;
        taken.insert(port);
        chosen[at] = Some(port);
    }
    Ok(())
}

/// Bases to try: the block that the cluster already has, then from [`FIRST_BASE`] up, then down.
fn bases(chosen: &[Option<u16>], slots: &[Slot]) -> impl Iterator<Item = u16> {
    let own = slots.iter().zip(chosen).find_map(|(slot, port)| {
        u16::try_from(u32::from((*port)?).checked_sub(slot.offset())?).ok().filter(|&base| base >= 1024)
    });
    let up = (FIRST_BASE..=u16::MAX).step_by(usize::from(BLOCK));
    let down = (1024..FIRST_BASE).rev().step_by(usize::from(BLOCK)).skip(1);
    own.into_iter().chain(up).chain(down.map(|base| base + 1))
}

fn by_node(slots: &[Slot], chosen: &[Option<u16>]) -> BTreeMap<NodeName, Ports> {
    let mut ports: BTreeMap<NodeName, Ports> = BTreeMap::new();
    for (slot, &port) in slots.iter().zip(chosen) {
        let own = ports.entry(slot.node).or_default();
        match slot.purpose {
            Use::Client => own.client = port.unwrap_or_default(),
            Use::Quorum => own.quorum = port,
            Use::Election => own.election = port,
            Use::Internal => own.internal = port,
            Use::More(at) => {
                if let Some(more) = own.more.get_mut(at) {
                    *more = port;
                }
            }
        }
    }
    ports
}

#[cfg(test)]
mod tests;
