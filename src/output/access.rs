//! Users and ACLs: tables, and what was done to them.

use serde::Serialize;

use super::foreign::printable;
use super::table::{Align, Cell, Table};
use super::width::Width;
use crate::admin::ChangedAcl;
use crate::engine::users::{Added, From, ListedUser, RemovedUser, Shows};
use crate::model::acl::Acl;
use crate::units::count;
use crate::view::authorize::{Decision, Deed, Reason};

/// A row a user.
pub(crate) fn users(users: &[ListedUser], width: Width) -> String {
    use Align::{Left, Right};
    let mut table = Table::new(&[("USER", Left), ("SHOWS", Left), ("FROM", Left), ("ACLS", Right)]);
    for user in users {
        let acls = match (user.from, user.acls) {
            (From::Program, _) => "all".to_owned(),
            (_, Some(acls)) => acls.to_string(),
            (_, None) => "unknown".to_owned(),
        };
        table.row([Cell::name(&user.user), shows(user.shows).into(), from(user.from).into(), acls.into()]);
    }
    table.fit(width)
}

fn shows(shows: Shows) -> &'static str {
    match shows {
        Shows::Certificate => "a certificate",
        Shows::Password => "a password",
    }
}

fn from(from: From) -> &'static str {
    match from {
        From::Program => "this program",
        From::Spec => "the spec",
        From::Command => "user add",
        From::Kafka => "another program",
    }
}

/// What became of a user, in JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Changed<'a> {
    user: &'a str,
    result: &'static str,
    /// That went with them.
    #[serde(skip_serializing_if = "Option::is_none")]
    removed_acls: Option<usize>,
}

impl<'a> Changed<'a> {
    pub(crate) fn added(user: &'a str) -> Self {
        Changed { user, result: "added", removed_acls: None }
    }

    pub(crate) fn removed(user: &'a str, removed: &RemovedUser) -> Self {
        Changed { user, result: "removed", removed_acls: Some(removed.acls) }
    }

    pub(crate) fn password(user: &'a str) -> Self {
        Changed { user, result: "password-changed", removed_acls: None }
    }
}

/// How to connect, and what to do first.
pub(crate) fn added(user: &str, added: &Added) -> String {
    let mut text = format!("{user}: added, with {}: `cluster env --user {user}`\n", shows(added.shows));
    if added.is_denied_by_default {
        text += &format!("{user} may do nothing yet: `cluster acl add {user} read topic:NAME`\n");
    }
    text
}

pub(crate) fn removed(user: &str, removed: &RemovedUser) -> String {
    let acls = match removed.acls {
        0 => String::new(),
        many => format!(", and {} of theirs", count(many, "ACL")),
    };
    let back = match removed.is_in_spec {
        true => "; the spec names them: they come back when it is brought up again",
        false => "",
    };
    format!("{user}: removed{acls}{back}\n")
}

pub(crate) fn password(user: &str) -> String {
    format!("{user}: password changed: `cluster env --user {user}`\n")
}

/// A row for all that somebody may, or may not, do with one resource.
pub(crate) fn acls(acls: &[Acl], width: Width) -> String {
    use Align::Left;
    let mut table = Table::new(&[
        ("USER", Left),
        ("PERMISSION", Left),
        ("OPERATIONS", Left),
        ("RESOURCE", Left),
        ("HOST", Left),
    ]);
    let same = |a: &Acl, b: &Acl| {
        (&a.principal, a.permission, &a.resource, &a.host)
            == (&b.principal, b.permission, &b.resource, &b.host)
    };
    let mut acls: Vec<&Acl> = acls.iter().collect();
    acls.sort_by_key(|acl| (&acl.principal, acl.permission, &acl.resource, &acl.host, acl.operation));
    for alike in acls.chunk_by(|a, b| same(a, b)) {
        let first = alike[0];
        table.row([
            Cell::name(first.user()),
            first.permission.word().into(),
            Cell::list(alike.iter().map(|acl| acl.operation.to_string())),
            Cell::name(first.resource.to_string()),
            Cell::name(&first.host),
        ]);
    }
    table.fit(width)
}

/// A line for each ACL.
pub(crate) fn changed(changed: &[ChangedAcl], verb: &str, otherwise: &str) -> String {
    let one = |one: &ChangedAcl| {
        let acl = one.acl.to_string();
        match one.changed {
            true => format!("{verb}: {}\n", printable(&acl)),
            false => format!("{otherwise}: {}\n", printable(&acl)),
        }
    };
    changed.iter().map(one).collect()
}

/// The question and its answer, in JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Checked<'a> {
    #[serde(flatten)]
    deed: &'a Deed,
    #[serde(flatten)]
    decision: &'a Decision,
}

pub(crate) fn checked<'a>(deed: &'a Deed, decision: &'a Decision) -> Checked<'a> {
    Checked { deed, decision }
}

/// `yes: alice may write topic:velib-stations`, and by which ACL.
pub(crate) fn decision(deed: &Deed, decision: &Decision) -> String {
    let Deed { user, operation, resource, name, .. } = deed;
    let resource = match *resource {
        crate::model::acl::ResourceType::Cluster => "the cluster".to_owned(),
        kind => format!("{kind}:{name}"),
    };
    let why = match (decision.reason, &decision.acl) {
        (_, Some(acl)) => format!("by `{acl}`"),
        (Reason::SuperUser, _) => "it is a super user".to_owned(),
        (Reason::Default, _) if decision.allowed => {
            "no ACL speaks of it, and everybody may then (`default: allow`)".to_owned()
        }
        (Reason::Default, _) => "no ACL speaks of it".to_owned(),
        _ => "ACLs speak of it, and none allows this".to_owned(),
    };
    let (word, may) = if decision.allowed { ("yes", "may") } else { ("no", "may not") };
    format!("{word}: {user} {may} {operation} {}: {}\n", printable(&resource), printable(&why))
}
