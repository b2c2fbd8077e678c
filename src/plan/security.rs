//! The listeners of a KRaft node, in plain text or secured, and the settings of those that are secured.
//!
//! Measured on 3.9, 4.3 and 4.4: brokers and controllers show each other certificates, also where clients do not.

use crate::model::acl::principal;
use crate::model::ids::NodeName;
use crate::plan::keys::KeyFolder;
use crate::plan::kraft::controller_port;
use crate::plan::layers::{Group, Layers};
use crate::plan::layout::NodeDir;
use crate::plan::model::Ports;
use crate::spec::model::{Clients, ListenerSpec, NODE, PROGRAM, Security, Spec};

/// The listener of controllers (`controller.listener.names`).
pub(crate) const CONTROLLER: &str = "CONTROLLER";
/// Of brokers in plain text, for everybody.
const PLAINTEXT: &str = "PLAINTEXT";
/// Of secured brokers, for clients.
const CLIENT: &str = "CLIENT";
/// Of secured brokers, for each other and for this program.
const INTERNAL: &str = "INTERNAL";

/// What a node listens for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Roles {
    pub is_broker: bool,
    pub is_controller: bool,
}

/// A listener: where it listens, and where it is said to be.
struct Listener {
    name: String,
    bound: String,
    advertised: String,
}

impl Listener {
    fn on_loopback(name: &str, port: u16) -> Self {
        let address = format!("127.0.0.1:{port}");
        Listener { name: name.to_owned(), bound: address.clone(), advertised: address }
    }
}

/// The spec's own, with their names as Kafka has them.
fn further(spec: &Spec, own: &Ports) -> Vec<Listener> {
    let one = |((name, listener), port): ((&String, &ListenerSpec), Option<u16>)| {
        let port = port?;
        let (bound, advertised) = (listener.bound(port), listener.advertised(port));
        Some(Listener { name: name.to_uppercase(), bound, advertised })
    };
    spec.listeners.iter().zip(own.more).filter_map(one).collect()
}

/// Those for clients and brokers, and that of controllers.
fn listeners(spec: &Spec, roles: Roles, own: &Ports) -> (Vec<Listener>, Option<Listener>) {
    let mut of_broker = match own.internal {
        Some(internal) if spec.security.is_some() => {
            vec![Listener::on_loopback(CLIENT, own.client), Listener::on_loopback(INTERNAL, internal)]
        }
        _ => vec![Listener::on_loopback(PLAINTEXT, own.client)],
    };
    of_broker.extend(further(spec, own));
    let of_controller = roles.is_controller.then(|| Listener::on_loopback(CONTROLLER, controller_port(own)));
    (if roles.is_broker { of_broker } else { Vec::new() }, of_controller)
}

/// As `listeners` and `advertised.listeners` have them.
fn addresses<'a>(
    listeners: impl IntoIterator<Item = &'a Listener>,
    of: impl Fn(&Listener) -> &String,
) -> String {
    let each = listeners.into_iter().map(|listener| format!("{}://{}", listener.name, of(listener)));
    each.collect::<Vec<_>>().join(",")
}

/// The same of a broker with ZooKeeper, which is in plain text.
pub(crate) fn of_zookeeper(layers: &mut Layers, spec: &Spec, own: &Ports) {
    let (listeners, _) = listeners(spec, Roles { is_broker: true, is_controller: false }, own);
    let mut put = |key, value: String, reason| layers.planner(Group::Identity, key, value, reason);
    put(
        "listeners",
        addresses(&listeners, |listener| &listener.bound),
        match spec.listeners.is_empty() {
            true => "Clients and other brokers connect here; loopback only.",
            false => {
                "Clients and other brokers connect to the first, on loopback; the others are the spec's."
            }
        },
    );
    put(
        "advertised.listeners",
        addresses(&listeners, |listener| &listener.advertised),
        "The same address is told to clients and to other brokers.",
    );
    if !spec.listeners.is_empty() {
        let each = listeners.iter().map(|listener| format!("{}:PLAINTEXT", listener.name));
        put(
            "listener.security.protocol.map",
            each.collect::<Vec<_>>().join(","),
            "Every listener is in plain text.",
        );
        put("inter.broker.listener.name", PLAINTEXT.into(), "Brokers reach each other on loopback.");
    }
}

/// The addresses and protocols of every listener.
pub(crate) fn planner(layers: &mut Layers, spec: &Spec, roles: Roles, own: &Ports) {
    let security = spec.security.as_ref();
    let (of_broker, of_controller) = listeners(spec, roles, own);
    let mut put = |key, value: String, reason| layers.planner(Group::Identity, key, value, reason);
    put(
        "listeners",
        addresses(of_broker.iter().chain(&of_controller), |listener| &listener.bound),
        match (roles.is_broker, security.is_some()) {
            (true, true) if !spec.listeners.is_empty() => {
                "Clients connect to the first, other brokers to the second, on loopback; further ones are the spec's."
            }
            (true, false) if !spec.listeners.is_empty() => {
                "Clients and other brokers connect to the first, on loopback; further ones are the spec's."
            }
            (true, true) => "Clients connect to the first, other brokers to the second; loopback only.",
            (true, false) => "Clients and other brokers connect here; loopback only.",
            (false, _) => "Brokers and other controllers connect here; loopback only.",
        },
    );
    if roles.is_broker {
        put(
            "advertised.listeners",
            addresses(&of_broker, |listener| &listener.advertised),
            "The same address is told to clients and to other brokers.",
        );
    }
    let mut protocols = match (security, roles.is_broker) {
        (Some(security), true) => vec![(CLIENT, protocol(security)), (INTERNAL, "SSL"), (CONTROLLER, "SSL")],
        (Some(_), false) => vec![(CONTROLLER, "SSL")],
        (None, _) => vec![(PLAINTEXT, "PLAINTEXT"), (CONTROLLER, "PLAINTEXT")],
    };
    let names: Vec<String> = spec.listeners.keys().map(|name| name.to_uppercase()).collect();
    if roles.is_broker {
        protocols.extend(names.iter().map(|name| (name.as_str(), security.map_or("PLAINTEXT", protocol))));
    }
    put(
        "listener.security.protocol.map",
        protocols.iter().map(|(name, protocol)| format!("{name}:{protocol}")).collect::<Vec<_>>().join(","),
        match security {
            None => "Every listener is in plain text.",
            Some(security) if !security.encrypted => {
                "Clients show a password in plain text; the others speak TLS."
            }
            Some(_) => "Every listener speaks TLS.",
        },
    );
    if security.is_some() && roles.is_broker {
        put(
            "inter.broker.listener.name",
            INTERNAL.into(),
            "Brokers reach each other where both show a certificate.",
        );
    } else if !spec.listeners.is_empty() && roles.is_broker {
        put("inter.broker.listener.name", PLAINTEXT.into(), "Brokers reach each other on loopback.");
    }
}

/// The listeners for clients of a secured broker, as the prefixes of settings and the sections of JAAS have them.
pub(crate) fn for_clients<'a>(further: impl Iterator<Item = &'a String>) -> impl Iterator<Item = &'a str> {
    ["client"].into_iter().chain(further.map(String::as_str))
}

/// What clients speak (`SecurityProtocol`).
pub(crate) fn protocol(security: &Security) -> &'static str {
    match (security.clients.mechanism(), security.encrypted) {
        (None, _) => "SSL",
        (Some(_), true) => "SASL_SSL",
        (Some(_), false) => "SASL_PLAINTEXT",
    }
}

/// The keys of a node, and whose certificates it asks for.
pub(crate) fn tls(
    layers: &mut Layers,
    spec: &Spec,
    security: &Security,
    node: NodeName,
    dir: &NodeDir,
    is_broker: bool,
) {
    let keys = KeyFolder::of_cluster(dir.0.parent().unwrap_or(&dir.0));
    let own = keys.of(&node.to_string());
    let mut put = |key: &str, value: String, reason| layers.planner(Group::Security, key, value, reason);
    put("ssl.keystore.type", "PEM".into(), "Key and certificate are text (KIP-651).");
    put(
        "ssl.keystore.location",
        own.display().to_string(),
        "The key and the certificate of this node alone.",
    );
    put("ssl.truststore.type", "PEM".into(), "As the key.");
    put("ssl.truststore.location", keys.ca().display().to_string(), "The CA of this cluster, and no other.");
    put("ssl.client.auth", "required".into(), "Who connects shows a certificate of this CA.");
    for name in for_clients(spec.listeners.keys()).filter(|_| is_broker) {
        if security.clients != Clients::Mtls {
            let key = format!("listener.name.{name}.ssl.client.auth");
            put(&key, "none".into(), "Clients do not have to show one.");
        }
        if let Some(mechanism) = security.clients.mechanism() {
            let key = format!("listener.name.{name}.sasl.enabled.mechanisms");
            put(&key, mechanism.into(), "How clients show their password.");
        }
    }
    put(
        "ssl.principal.mapping.rules",
        format!("RULE:^CN=(broker|controller)-[0-9]+$/{NODE}/,RULE:^CN=([^,]+).*$/$1/,DEFAULT"),
        "Who has a certificate is called by its common name, all nodes alike (KIP-371).",
    );
}

/// Who may do what, of whom it is known who they are. Controllers are asked, too.
pub(crate) fn acls(layers: &mut Layers, security: &Security) {
    if !security.has_acls() {
        return;
    }
    let mut put = |key: &str, value: String, reason| layers.planner(Group::Security, key, value, reason);
    put(
        "authorizer.class.name",
        "org.apache.kafka.metadata.authorizer.StandardAuthorizer".into(),
        "ACLs are in the metadata (KIP-801).",
    );
    put(
        "super.users",
        [NODE, PROGRAM].map(principal).join(";"),
        "Brokers, controllers and `cluster` itself are not held up.",
    );
    put(
        "allow.everyone.if.no.acl.found",
        security.allows_by_default.to_string(),
        match security.allows_by_default {
            true => "Everybody may use what no ACL speaks of.",
            false => "What no ACL allows is denied.",
        },
    );
}
