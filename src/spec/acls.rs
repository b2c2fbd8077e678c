//! `security.users.NAME.acls`: what somebody may do, and may not.

use super::fields::{self, Entry, Fields};
use super::mistake::Mistakes;
use super::model::Grant;
use super::suggest::{one_of, quote};
use super::tree::{Node, Value};
use super::values;
use crate::model::acl::{EVERYBODY, Operation, Permission, Resource, ResourceType, is_host, words};

pub(super) const KEYS: &[&str] = &["topic", "group", "transactional_id", "cluster", "allow", "deny", "host"];

/// The keys that say with what.
pub(super) const RESOURCES: &[(&str, ResourceType)] = &[
    ("topic", ResourceType::Topic),
    ("group", ResourceType::Group),
    ("transactional_id", ResourceType::TransactionalId),
    ("cluster", ResourceType::Cluster),
];

const PERMISSIONS: &[(&str, Permission)] = &[("allow", Permission::Allow), ("deny", Permission::Deny)];

const EXAMPLE: &str = "acls: [{ topic: velib-*, allow: [read, write] }]";

pub(super) fn check(entry: Entry, mistakes: &mut Mistakes) -> Vec<Grant> {
    match &entry.node.value {
        Value::Null => Vec::new(),
        Value::List(items) => items.iter().filter_map(|item| grant(item, mistakes)).collect(),
        _ => {
            mistakes.add(
                entry.place(),
                format!("`acls` must be a list, not {}", entry.node.kind()),
                format!("for example `{EXAMPLE}`"),
            );
            Vec::new()
        }
    }
}

fn grant(item: &Node, mistakes: &mut Mistakes) -> Option<Grant> {
    let Value::Map(pairs) = &item.value else {
        mistakes.add(
            &item.span,
            format!("an ACL is a mapping, not {}", item.kind()),
            format!("for example `{EXAMPLE}`"),
        );
        return None;
    };
    let fields = Fields::new(fields::pairs_once(pairs, mistakes), KEYS, |_| None, mistakes);
    let resource = only_one(item, &fields, RESOURCES, "what it is about", mistakes);
    let permission = only_one(item, &fields, PERMISSIONS, "whether it allows or denies", mistakes);
    let resource = resource.and_then(|(entry, kind)| resource_of(entry, kind, mistakes));
    let host = fields.get("host").and_then(|entry| host(entry, mistakes));
    let (entry, permission) = permission?;
    let operations = operations(entry, resource.as_ref().map(|resource| resource.kind), mistakes);
    Some(Grant {
        resource: resource?,
        permission,
        operations,
        host: host.unwrap_or_else(|| EVERYBODY.to_owned()),
    })
}

/// The one of these keys that is there.
fn only_one<'a, T: Copy>(
    item: &Node,
    fields: &Fields<'a>,
    keys: &[(&str, T)],
    what: &str,
    mistakes: &mut Mistakes,
) -> Option<(Entry<'a>, T)> {
    let mut there = keys.iter().filter_map(|(key, value)| Some((fields.get(key)?, *value)));
    let (first, second) = (there.next(), there.next());
    let names = || keys.iter().map(|(key, _)| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    if let Some((entry, _)) = second {
        mistakes.add(entry.at, format!("an ACL says once {what}"), format!("keep one of {}", names()));
    } else if first.is_none() {
        mistakes.add(&item.span, format!("this ACL does not say {what}"), format!("add one of {}", names()));
    }
    first
}

fn resource_of(entry: Entry, kind: ResourceType, mistakes: &mut Mistakes) -> Option<Resource> {
    if kind == ResourceType::Cluster {
        let is_there = values::choice(entry, &[("true", ())], values::BOOLEAN_SYNONYMS, mistakes);
        return is_there.map(|()| Resource::cluster());
    }
    let written = values::text(entry, &format!("{}: velib-*", entry.key), mistakes)?;
    let named = Resource::named(kind, written);
    let fault = |fault: &str| format!("the {} {} {fault}", entry.key.replace('_', " "), quote(written));
    named
        .map_err(|why| {
            mistakes.add(
                entry.place(),
                fault(why),
                "a name, `velib-*` for all that begin with `velib-`, or `'*'` for all",
            );
        })
        .ok()
}

/// One, or a list of them.
fn operations(entry: Entry, kind: Option<ResourceType>, mistakes: &mut Mistakes) -> Vec<Operation> {
    let items = match &entry.node.value {
        Value::List(items) if !items.is_empty() => items.iter().collect(),
        Value::Scalar(_) => vec![entry.node],
        _ => {
            let known = kind.unwrap_or(ResourceType::Topic).operations();
            mistakes.add(
                entry.place(),
                format!("{} must be a list of operations", quote(entry.key)),
                format!("of: {}", words(known)),
            );
            Vec::new()
        }
    };
    let mut operations = Vec::new();
    for item in items {
        let known = kind.map_or(&Operation::ALL[..], ResourceType::operations);
        let Value::Scalar(written) = &item.value else {
            mistakes.add(&item.span, format!("an operation is a word, not {}", item.kind()), words(known));
            continue;
        };
        match Operation::parsed(written) {
            Some(operation) if operations.contains(&operation) => {
                mistakes.add(&item.span, format!("{} is there twice", quote(written)), "keep one");
            }
            Some(operation) if known.contains(&operation) => operations.push(operation),
            Some(_) => {
                let kind = kind.map_or("this", ResourceType::word);
                let what = format!("{} cannot be done with a {kind}", quote(written));
                mistakes.add(&item.span, what, format!("one of: {}", words(known)));
            }
            None => {
                let candidates: Vec<&str> = known.iter().map(|known| known.word()).collect();
                let what = format!("{} is no operation", quote(written));
                mistakes.add(&item.span, what, one_of(written, &candidates));
            }
        }
    }
    operations
}

fn host(entry: Entry, mistakes: &mut Mistakes) -> Option<String> {
    let written = values::text(entry, "host: 127.0.0.1", mistakes)?;
    if is_host(written) {
        return Some(written.to_owned());
    }
    mistakes.add(
        entry.place(),
        format!("the host {} is no address", quote(written)),
        "brokers see the address of a client, not its name: `127.0.0.1`; leave it out for all",
    );
    None
}
