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
use crate::spec::model::{Clients, NODE, PROGRAM, Security};

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

/// A listener and the port where it is.
type Listener = (&'static str, u16);

/// Those for clients and brokers, and that of controllers.
fn listeners(roles: Roles, is_secured: bool, own: &Ports) -> (Vec<Listener>, Option<Listener>) {
    let of_broker = match own.internal {
        Some(internal) if is_secured => vec![(CLIENT, own.client), (INTERNAL, internal)],
        _ => vec![(PLAINTEXT, own.client)],
    };
    let of_controller = roles.is_controller.then(|| (CONTROLLER, controller_port(own)));
    (if roles.is_broker { of_broker } else { Vec::new() }, of_controller)
}

/// The addresses and protocols of every listener.
pub(crate) fn planner(layers: &mut Layers, security: Option<&Security>, roles: Roles, own: &Ports) {
    let (of_broker, of_controller) = listeners(roles, security.is_some(), own);
    let address = |(name, port): &Listener| format!("{name}://127.0.0.1:{port}");
    let addresses =
        |listeners: &mut dyn Iterator<Item = &Listener>| listeners.map(address).collect::<Vec<_>>().join(",");
    let mut put = |key, value: String, reason| layers.planner(Group::Identity, key, value, reason);
    put(
        "listeners",
        addresses(&mut of_broker.iter().chain(&of_controller)),
        match (roles.is_broker, security.is_some()) {
            (true, true) => "Clients connect to the first, other brokers to the second; loopback only.",
            (true, false) => "Clients and other brokers connect here; loopback only.",
            (false, _) => "Brokers and other controllers connect here; loopback only.",
        },
    );
    if roles.is_broker {
        put(
            "advertised.listeners",
            addresses(&mut of_broker.iter()),
            "The same address is told to clients and to other brokers.",
        );
    }
    let protocols = match (security, roles.is_broker) {
        (Some(security), true) => vec![(CLIENT, protocol(security)), (INTERNAL, "SSL"), (CONTROLLER, "SSL")],
        (Some(_), false) => vec![(CONTROLLER, "SSL")],
        (None, _) => vec![(PLAINTEXT, "PLAINTEXT"), (CONTROLLER, "PLAINTEXT")],
    };
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
    }
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
pub(crate) fn tls(layers: &mut Layers, security: &Security, node: NodeName, dir: &NodeDir, is_broker: bool) {
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
    if is_broker && security.clients != Clients::Mtls {
        put("listener.name.client.ssl.client.auth", "none".into(), "Clients do not have to show one.");
    }
    if let Some(mechanism) = security.clients.mechanism().filter(|_| is_broker) {
        put(
            "listener.name.client.sasl.enabled.mechanisms",
            mechanism.into(),
            "How clients show their password.",
        );
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
