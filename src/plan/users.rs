//! Users who come and go while a cluster runs: the plan that has them, or has them no more.

use crate::plan::model::{Plan, Withdrawn};
use crate::spec::model::{Clients, Security, User};

/// What a spec says, and the users who were added since by a command: it does not know them.
pub(crate) fn kept(mut security: Security, previous: &Plan) -> Security {
    if security.clients == Clients::Tls {
        return security;
    }
    let before = previous.security.iter().flat_map(|security| &security.users);
    for (name, user) in before.filter(|(_, user)| user.was_added) {
        security.users.entry(name.clone()).or_insert_with(|| user.clone());
    }
    security
}

/// The plan with one more user, who is in no spec; `None`: it is in plain text.
pub(crate) fn added(running: &Plan, name: &str, user: User) -> Option<Plan> {
    let mut security = running.security.clone()?;
    security.users.insert(name.to_owned(), User { was_added: true, ..user });
    Some(with(running, security))
}

/// The plan without this user.
pub(crate) fn removed(running: &Plan, name: &str) -> Option<Plan> {
    let mut security = running.security.clone()?;
    security.users.shift_remove(name);
    Some(with(running, security))
}

fn with(running: &Plan, security: Security) -> Plan {
    let withdrawn = Withdrawn::since(running, Some(&security));
    Plan { security: Some(security), withdrawn, ..running.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{fixture, plan};
    use crate::spec::model::Spec;

    fn secured(users: &[&str]) -> Plan {
        let users = users.iter().map(|user| ((*user).to_owned(), User::default())).collect();
        let security = Some(Security { users, ..Security::of(Clients::Mtls) });
        let spec = Spec { security, ..fixture::kraft(1, 1, false) };
        plan(&spec, &fixture::facts(&spec)).unwrap()
    }

    fn users(security: &Security) -> Vec<&str> {
        security.users.keys().map(String::as_str).collect()
    }

    #[test]
    fn who_was_added_stays_whatever_the_spec_says_and_who_was_removed_is_withdrawn() {
        let running = added(&secured(&["alice"]), "carol", User::default()).unwrap();
        let of_spec = secured(&["bob"]).security.unwrap();
        let next = kept(of_spec, &running);
        assert_eq!(users(&next), ["bob", "carol"]);
        assert_eq!(Withdrawn::since(&running, Some(&next)).users, ["alice".to_owned()].into());
        let open = kept(Security::of(Clients::Tls), &running);
        assert!(open.users.is_empty(), "there is no way for them to show who they are");
        let without = removed(&running, "carol").unwrap();
        assert_eq!(users(without.security.as_ref().unwrap()), ["alice"]);
        assert_eq!(without.withdrawn.users, ["carol".to_owned()].into());
        let again = added(&without, "carol", User::default()).unwrap();
        assert!(again.withdrawn.users.is_empty(), "one that is back is not withdrawn");
    }
}
