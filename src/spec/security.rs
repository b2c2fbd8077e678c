//! `security`: how clients show who they are, and who there is.

use indexmap::IndexMap;

use super::acls;
use super::fields::{self, Entry, Fields};
use super::mistake::Mistakes;
use super::model::{Clients, NODE, PROGRAM, Secret, Security, Spec, User};
use super::suggest::quote;
use super::tree::{Node, Value};
use super::values;
use super::versions::Coordination;
use crate::model::ids::NodeName;

pub(super) const KEYS: &[&str] = &["clients", "encryption", "users", "default"];

/// Of a user.
pub(super) const USER_KEYS: &[&str] = &["password", "acls"];

pub(super) const DEFAULTS: &[(&str, bool)] = &[("deny", false), ("allow", true)];

pub(super) const ENCRYPTIONS: &[(&str, bool)] = &[("tls", true), ("none", false)];

/// The ways, and the one without any.
pub(super) const WAYS: &[(&str, Option<Clients>)] = &[
    ("plaintext", None),
    ("tls", Some(Clients::Tls)),
    ("mtls", Some(Clients::Mtls)),
    ("scram", Some(Clients::Scram)),
    ("plain", Some(Clients::Plain)),
];

const SYNONYMS: &[(&str, &str)] = &[
    ("none", "plaintext"),
    ("off", "plaintext"),
    ("false", "plaintext"),
    ("ssl", "tls"),
    ("sasl", "scram"),
    ("SCRAM-SHA-512", "scram"),
    ("SCRAM-SHA-256", "scram"),
    ("PLAIN", "plain"),
];

/// Names that have a file of their own beside those of users.
const RESERVED: &[&str] = &["ca", PROGRAM, NODE];

/// The longest name of a user, in bytes: what a certificate's common name may have (RFC 5280, ub-common-name).
const LONGEST: usize = 64;

/// `None`: everything is in plain text.
pub(super) fn check(entry: Entry, mistakes: &mut Mistakes) -> Option<Security> {
    if !matches!(entry.node.value, Value::Map(_)) {
        let clients = values::choice(entry, WAYS, SYNONYMS, mistakes)??;
        return Some(Security::of(clients));
    }
    let fields = Fields::new(fields::entries(entry, "", mistakes), KEYS, belongs_elsewhere, mistakes);
    let Some(clients) = fields.get("clients") else {
        let ways = WAYS.iter().map(|(way, _)| *way).collect::<Vec<_>>().join(", ");
        mistakes.add(
            entry.at,
            "`security` does not say how clients show who they are",
            format!("add `clients`, one of: {ways}"),
        );
        return None;
    };
    let way = values::choice(clients, WAYS, SYNONYMS, mistakes)?;
    let users = fields.get("users").map(|entry| users(entry, way, mistakes)).unwrap_or_default();
    let encryption = fields.get("encryption");
    let encrypted =
        encryption.and_then(|entry| values::choice(entry, ENCRYPTIONS, &[("ssl", "tls")], mistakes));
    let (way, encrypted) = (way?, encrypted.unwrap_or(true));
    if let (Some(entry), false, None) = (encryption, encrypted, way.mechanism()) {
        mistakes.add(
            entry.at,
            "clients show a certificate with TLS only",
            "leave `encryption` out, or write `clients: scram`, which can do without",
        );
    }
    let default = fields.get("default");
    if let (Some(entry), Clients::Tls) = (default, way) {
        mistakes.add(
            entry.at,
            "nobody is told apart with `clients: tls`, so that nothing can be denied",
            "leave `default` out, or write `clients: mtls` or `clients: scram`",
        );
    }
    let allows_by_default =
        default.and_then(|entry| values::choice(entry, DEFAULTS, &[], mistakes)).unwrap_or_default();
    Some(Security { clients: way, encrypted, users, allows_by_default })
}

fn users(entry: Entry, way: Option<Clients>, mistakes: &mut Mistakes) -> IndexMap<String, User> {
    let mut users = IndexMap::new();
    let all = fields::entries(entry, "users: { alice: {} }", mistakes);
    if let (Some(first), None | Some(Clients::Tls)) = (all.first(), way) {
        mistakes.add(
            first.at,
            format!("{} has no way to show who they are", quote(first.key)),
            "write `clients: mtls` for certificates or `clients: scram` for passwords, or leave `users` out",
        );
    }
    for user in all {
        if let Some(fault) = fault(user.key) {
            mistakes.add(
                user.at,
                format!("the user {} {fault}", quote(user.key)),
                "letters, digits, `-`, `_` and `.`, for example `alice`",
            );
        }
        let fields = Fields::new(fields::entries(user, "alice: {}", mistakes), USER_KEYS, |_| None, mistakes);
        let password = fields.get("password").and_then(|entry| password(entry, way, mistakes));
        let acls = fields.get("acls").map(|entry| acls::check(entry, mistakes)).unwrap_or_default();
        users.insert(user.key.to_owned(), User { password, acls, was_added: false });
    }
    users
}

fn password(entry: Entry, way: Option<Clients>, mistakes: &mut Mistakes) -> Option<Secret> {
    let written = values::text(entry, "password: wonderland", mistakes)?;
    if way.is_some_and(|way| way.mechanism().is_none()) {
        mistakes.add(
            entry.at,
            "nobody is asked for a password",
            "leave it out, or write `clients: scram`, with which users show one",
        );
        return None;
    }
    match password_fault(written) {
        None => Some(Secret(written.to_owned())),
        Some(fault) => {
            let help =
                "up to 128 letters, digits and signs of ASCII, without `${`; or leave it out: one is made";
            mistakes.add(entry.at, format!("the password {fault}"), help);
            None
        }
    }
}

/// Refuses what cannot be a user's name in a spec; the text says why.
pub(crate) fn name(text: &str) -> Result<(), String> {
    fault(text).map_or(Ok(()), |fault| Err(format!("the user {} {fault}", quote(text))))
}

/// The same of a password.
pub(crate) fn secret(text: &str) -> Result<Secret, String> {
    password_fault(text).map_or(Ok(Secret(text.to_owned())), |fault| Err(format!("the password {fault}")))
}

/// Why the text cannot be a password. JAAS replaces `${`, properties files lose blanks at an end, and clients do not
/// agree on what else than ASCII is (RFC 5802 has it prepared by SASLprep, which Kafka leaves out).
fn password_fault(password: &str) -> Option<String> {
    let bad = password.chars().find(|c| !c.is_ascii_graphic() && *c != ' ');
    match password {
        _ if bad.is_some_and(char::is_control) => Some("has a control character".to_owned()),
        _ if bad.is_some() => Some("has a character that is not ASCII".to_owned()),
        "" => Some("is empty".to_owned()),
        _ if password.len() > 128 => Some("is longer than 128 characters".to_owned()),
        _ if password.trim() != password => Some("begins or ends with a blank".to_owned()),
        _ if password.contains("${") => Some("has `${` in it".to_owned()),
        _ => None,
    }
}

/// Why the text cannot be the name of a user, who is a file of keys and the common name of a certificate.
fn fault(name: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() {
        Some("has an empty name".to_owned())
    } else if name.len() > LONGEST {
        Some(format!("has a name of {} bytes; at most {LONGEST} are allowed", name.len()))
    } else if name.starts_with(['.', '-']) {
        Some(format!("has a name that begins with `{}`", &name[..1]))
    } else if let Some(bad) = name.chars().find(|c| !allowed(*c)) {
        Some(format!("has {} in the name", quote(&bad.to_string())))
    } else if RESERVED.contains(&name) || name.parse::<NodeName>().is_ok() {
        Some("has a name that is reserved".to_owned())
    } else {
        None
    }
}

fn belongs_elsewhere(key: &str) -> Option<String> {
    matches!(key, "config" | "ssl").then(|| "settings of Kafka go under `brokers: { config: … }`".to_owned())
}

/// Settings of the planner where it has an authorizer; else whoever brings one sets them.
const AUTHORIZER: &[&str] = &["authorizer.class.name", "super.users", "allow.everyone.if.no.acl.found"];

/// Refuses them in the `config` of a role and of its nodes.
pub(super) fn refuse_authorizer(role: &Node, security: &Security, mistakes: &mut Mistakes) {
    let nodes = match role.at("nodes").map(|nodes| &nodes.value) {
        Some(Value::Map(nodes)) => nodes.as_slice(),
        _ => &[],
    };
    for of in std::iter::once(role).chain(nodes.iter().map(|(_, node)| node)).filter(|_| security.has_acls())
    {
        let Some(Value::Map(settings)) = of.at("config").map(|config| &config.value) else { continue };
        for (key, _) in settings {
            if let Value::Scalar(name) = &key.value
                && AUTHORIZER.contains(&name.as_str())
            {
                mistakes.add(
                    &key.span,
                    format!("{} is set by the planner where there is `security`", quote(name)),
                    "leave it out: `security` has `users` with `acls`, and a `default`",
                );
            }
        }
    }
}

/// Why a spec cannot be secured, and what to write instead, once it is known what coordinates its brokers.
pub(super) fn without_kraft(spec: &Spec) -> Option<(String, &'static str)> {
    let is_open = spec.security.is_some() && spec.coordination() == Coordination::ZooKeeper;
    is_open.then(|| {
        let what =
            "a cluster with ZooKeeper cannot be secured: anybody could write to its ZooKeeper".to_owned();
        (what, "write `controllers: 3` for KRaft, with Kafka 3.9 or later, or leave `security` out")
    })
}
