//! Whether somebody may do something, and by which ACL: as `StandardAuthorizerData` decides it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::acl::{Acl, EVERYBODY, Operation, Permission, ResourceType, principal};

/// What somebody would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Deed {
    pub user: String,
    pub operation: Operation,
    /// Of which type the resource is.
    pub resource: ResourceType,
    /// What it is called.
    pub name: String,
    /// From which address.
    pub host: String,
}

/// Whether they may, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Decision {
    pub allowed: bool,
    pub reason: Reason,
    /// The ACL that decides.
    pub acl: Option<Acl>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reason {
    /// No ACL holds for this user.
    SuperUser,
    /// An ACL says so.
    Acl,
    /// No ACL speaks of the resource: `allow.everyone.if.no.acl.found`.
    Default,
    /// There are ACLs of the resource, and none of them allows it.
    NotAllowed,
}

/// One that denies decides, wherever it stands; then one that allows; then the default, where no ACL is of the
/// resource.
pub(crate) fn authorize(
    deed: &Deed,
    acls: &[Acl],
    super_users: &[&str],
    allows_by_default: bool,
) -> Decision {
    if super_users.contains(&deed.user.as_str()) {
        return Decision { allowed: true, reason: Reason::SuperUser, acl: None };
    }
    let of_resource = acls.iter().filter(|acl| acl.resource.covers(deed.resource, &deed.name));
    let of_user = of_resource.clone().filter(|acl| is_about(acl, deed));
    let denies = |acl: &&Acl| {
        acl.permission == Permission::Deny
            && matches!(acl.operation, Operation::All) | (acl.operation == deed.operation)
    };
    let allows = |acl: &&Acl| acl.permission == Permission::Allow && acl.operation.includes(deed.operation);
    let mut denying = of_user.clone().filter(denies);
    let mut allowing = of_user.filter(allows);
    if let Some(acl) = denying.next() {
        return Decision { allowed: false, reason: Reason::Acl, acl: Some(acl.clone()) };
    }
    if let Some(acl) = allowing.next() {
        return Decision { allowed: true, reason: Reason::Acl, acl: Some(acl.clone()) };
    }
    match of_resource.count() {
        0 => Decision { allowed: allows_by_default, reason: Reason::Default, acl: None },
        _ => Decision { allowed: false, reason: Reason::NotAllowed, acl: None },
    }
}

fn is_about(acl: &Acl, deed: &Deed) -> bool {
    let everybody = principal(EVERYBODY);
    let user = acl.principal == principal(&deed.user) || acl.principal == everybody;
    user && (acl.host == EVERYBODY || acl.host == deed.host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples;

    fn acl(user: &str, permission: Permission, operation: Operation, resource: &str) -> Acl {
        Acl { permission, ..samples::acl(user, operation, resource) }
    }

    fn deed(user: &str, operation: Operation, name: &str) -> Deed {
        Deed {
            user: user.to_owned(),
            operation,
            resource: ResourceType::Topic,
            name: name.to_owned(),
            host: "127.0.0.1".to_owned(),
        }
    }

    fn may(deed: &Deed, acls: &[Acl]) -> bool {
        authorize(deed, acls, &["cluster"], false).allowed
    }

    use Operation::*;
    use Permission::{Allow, Deny};

    #[test]
    fn who_is_allowed_may_and_nobody_else() {
        let acls = [acl("alice", Allow, Write, "velib-*")];
        assert!(may(&deed("alice", Write, "velib-stations"), &acls));
        assert!(may(&deed("alice", Describe, "velib-stations"), &acls), "it follows from write");
        assert!(!may(&deed("alice", Read, "velib-stations"), &acls));
        assert!(!may(&deed("alice", Write, "other"), &acls));
        assert!(!may(&deed("bob", Write, "velib-stations"), &acls));
        assert!(may(&deed("bob", Write, "x"), &[acl("*", Allow, All, "*")]));
        assert!(may(&deed("cluster", Delete, "x"), &[acl("*", Deny, All, "*")]), "the super user");
    }

    #[test]
    fn one_that_denies_wins_and_denies_no_more_than_it_says() {
        let acls = [acl("alice", Allow, All, "*"), acl("*", Deny, Read, "secret-*")];
        assert!(!may(&deed("alice", Read, "secret-x"), &acls));
        assert!(may(&deed("alice", Write, "secret-x"), &acls));
        assert!(may(&deed("alice", Describe, "secret-x"), &acls), "nothing follows from what is denied");
        assert!(may(&deed("alice", Read, "open"), &acls));
        assert!(!may(
            &deed("alice", Write, "x"),
            &[acl("alice", Allow, Write, "x"), acl("alice", Deny, All, "x")]
        ));
    }

    #[test]
    fn the_default_holds_only_where_no_acl_is_of_the_resource() {
        let acls = [acl("bob", Allow, Read, "bikes")];
        let of = |name| authorize(&deed("alice", Read, name), &acls, &[], true);
        assert_eq!((of("docks").allowed, of("docks").reason), (true, Reason::Default));
        assert_eq!((of("bikes").allowed, of("bikes").reason), (false, Reason::NotAllowed));
    }

    #[test]
    fn an_acl_of_a_host_is_for_clients_from_there() {
        let from = |host: &str| Acl { host: host.to_owned(), ..acl("alice", Allow, Read, "bikes") };
        assert!(may(&deed("alice", Read, "bikes"), &[from("127.0.0.1")]));
        assert!(!may(&deed("alice", Read, "bikes"), &[from("10.0.0.1")]));
    }
}
