//! `listeners`: where brokers listen for clients beyond their own loopback port.

use std::net::{IpAddr, Ipv6Addr};

use indexmap::IndexMap;

use super::fields::{self, Entry, Fields};
use super::mistake::Mistakes;
use super::model::{Clients, ListenerSpec, MOST_LISTENERS, Security};
use super::suggest::quote;
use super::values;

pub(super) const KEYS: &[&str] = &["bind", "advertise", "insecure"];

/// Listeners of the planner, and protocols of Kafka (`SecurityProtocol`), which listeners are called after.
const RESERVED: &[&str] =
    &["client", "internal", "controller", "plaintext", "ssl", "sasl_plaintext", "sasl_ssl", "replication"];

const LONGEST: usize = 20;

const EXAMPLE: &str = "listeners: { docker: { bind: 0.0.0.0, advertise: host.docker.internal } }";

pub(super) fn check(
    entry: Entry,
    security: Option<&Security>,
    mistakes: &mut Mistakes,
) -> IndexMap<String, ListenerSpec> {
    let all = fields::entries(entry, EXAMPLE, mistakes);
    if let Some(one) = all.get(MOST_LISTENERS) {
        mistakes.add(
            one.at,
            format!("{} is one listener too many", quote(one.key)),
            format!("keep {MOST_LISTENERS}, which is as many as a cluster has beside its own"),
        );
    }
    let mut listeners = IndexMap::new();
    for one in all {
        if let Some(fault) = fault(one.key) {
            mistakes.add(
                one.at,
                format!("the listener {} {fault}", quote(one.key)),
                format!("lowercase letters, digits and `_`, at most {LONGEST}, for example `docker`"),
            );
        }
        if let Some(listener) = listener(one, security, mistakes) {
            listeners.insert(one.key.to_owned(), listener);
        }
    }
    listeners
}

fn listener(one: Entry, security: Option<&Security>, mistakes: &mut Mistakes) -> Option<ListenerSpec> {
    let fields = Fields::new(fields::entries(one, EXAMPLE, mistakes), KEYS, belongs_elsewhere, mistakes);
    let insecure =
        fields.get("insecure").and_then(|entry| values::boolean(entry, mistakes)).unwrap_or_default();
    let Some(bind) = fields.get("bind") else {
        mistakes.add(
            one.at,
            format!("the listener {} does not say where it listens", quote(one.key)),
            "add `bind`, an address of this machine, or `0.0.0.0` for all of them",
        );
        return None;
    };
    let address = address(bind, mistakes);
    let advertised = fields.get("advertise").and_then(|entry| host(entry, mistakes));
    if fields.get("advertise").is_none() && address.is_some_and(|address| address.is_unspecified()) {
        mistakes.add(
            bind.place(),
            format!("{} is no address that clients could reach it by", quote(&address?.to_string())),
            "add `advertise`, the name or address by which they do, for example `host.docker.internal`",
        );
    }
    let address = address?;
    if let Some(why) = exposed(security).filter(|_| !address.is_loopback() && !insecure) {
        mistakes.add(
            bind.place(),
            format!("whoever reaches this machine {why}"),
            "write `security: scram` or `mtls`, or, if that is what you want, `insecure: true` beside `bind`",
        );
    }
    let advertise = advertised.unwrap_or_else(|| address.to_string());
    Some(ListenerSpec { bind: address, advertise, insecure })
}

/// What somebody could do who is let in from elsewhere, without having shown who they are or unseen.
pub(crate) fn exposed(security: Option<&Security>) -> Option<&'static str> {
    match security {
        None => Some("could read, write and delete everything: the cluster is in plain text"),
        Some(security) if security.clients == Clients::Tls => {
            Some("could read, write and delete everything: clients do not show who they are")
        }
        Some(security) if !security.encrypted => {
            Some("could read what others send and receive: it is in plain text")
        }
        Some(_) => None,
    }
}

fn address(entry: Entry, mistakes: &mut Mistakes) -> Option<IpAddr> {
    let written = values::text(entry, "bind: 0.0.0.0", mistakes)?;
    let parsed = written.parse::<IpAddr>().ok();
    if parsed.is_none() {
        mistakes.add(
            entry.place(),
            format!("{} is no address", quote(written)),
            "an address of this machine in numbers, or `0.0.0.0` for all of them",
        );
    }
    parsed
}

/// A name of DNS, or an address.
fn host(entry: Entry, mistakes: &mut Mistakes) -> Option<String> {
    let written = values::text(entry, "advertise: host.docker.internal", mistakes)?;
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let is_name = written.len() <= 253 && written.split('.').all(label);
    let address = written.parse::<IpAddr>().ok();
    match address {
        Some(address) if address.is_unspecified() => {}
        Some(_) => return Some(written.to_owned()),
        None if is_name => return Some(written.to_owned()),
        None => {}
    }
    mistakes.add(
        entry.place(),
        format!("clients cannot reach anything at {}", quote(written)),
        "a name or an address, without a port: each broker has its own",
    );
    None
}

fn fault(name: &str) -> Option<&'static str> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    match name {
        "" => Some("has an empty name"),
        _ if RESERVED.contains(&name) => Some("has a name that is reserved"),
        _ if name.len() > LONGEST => Some("has a name that is too long"),
        _ if !name.starts_with(|c: char| c.is_ascii_lowercase()) => {
            Some("does not begin with a lowercase letter")
        }
        _ if !name.chars().all(allowed) => Some("has a name with other signs"),
        _ => None,
    }
}

fn belongs_elsewhere(key: &str) -> Option<String> {
    (key == "port" || key == "ports")
        .then(|| "ports are chosen, one a broker, or follow from `port_base`".to_owned())
}

impl ListenerSpec {
    /// As `advertised.listeners` and `bootstrap.servers` have it.
    pub(crate) fn advertised(&self, port: u16) -> String {
        socket(&self.advertise, port)
    }

    /// As `listeners` has it.
    pub(crate) fn bound(&self, port: u16) -> String {
        socket(&self.bind.to_string(), port)
    }
}

/// Addresses of IPv6 stand in brackets.
fn socket(host: &str, port: u16) -> String {
    match host.parse::<Ipv6Addr>() {
        Ok(_) => format!("[{host}]:{port}"),
        Err(_) => format!("{host}:{port}"),
    }
}
