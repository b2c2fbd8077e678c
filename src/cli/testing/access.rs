//! What a test says of users and ACLs.

use super::Fake;
use crate::admin::ChangedAcl;
use crate::engine::certs::{Instead, ListedCert};
use crate::engine::ops::AccessOps;
use crate::engine::users::{Added, ListedUser, RemovedUser};
use crate::error::Failure;
use crate::model::acl::Acl;
use crate::model::ids::NodeName;
use crate::paths::ClusterDir;
use crate::plan::model::Plan;
use crate::spec::model::{Clients, PROGRAM, Secret, Security, User};
use crate::view::authorize::{Decision, Deed, authorize};

#[derive(Default)]
pub(super) struct Script {
    acls: Vec<Acl>,
    users: Vec<ListedUser>,
    added: Option<Added>,
    removed: Option<RemovedUser>,
    removed_users: Vec<String>,
    user: Option<String>,
    certs: Vec<ListedCert>,
    renewed: Vec<(Vec<String>, Instead)>,
}

/// Has the stored plan of a cluster say that there are these users.
pub(crate) fn secured(fake: &Fake, name: &str, users: &[&str]) {
    let users = users.iter().map(|user| ((*user).to_owned(), User::default())).collect();
    let security = Some(Security { users, ..Security::of(Clients::Mtls) });
    let plan = Plan { security, ..fake.plan(name) };
    std::fs::write(ClusterDir(fake.home().join(name)).plan(), serde_json::to_vec(&plan).unwrap()).unwrap();
}

impl Fake {
    /// Those that there are.
    pub(crate) fn acls(&self, acls: Vec<Acl>) {
        self.access.borrow_mut().acls = acls;
    }

    pub(crate) fn users(&self, users: Vec<ListedUser>) {
        self.access.borrow_mut().users = users;
    }

    pub(crate) fn certs(&self, certs: Vec<ListedCert>) {
        self.access.borrow_mut().certs = certs;
    }

    /// Whose were, and what took their place.
    pub(crate) fn renewed(&self) -> Vec<(Vec<String>, Instead)> {
        self.access.borrow().renewed.clone()
    }

    pub(crate) fn adds(&self, added: Added) {
        self.access.borrow_mut().added = Some(added);
    }

    pub(crate) fn removes(&self, removed: RemovedUser) {
        self.access.borrow_mut().removed = Some(removed);
    }

    /// As whom it was asked.
    pub(crate) fn logged_in(&self) -> Option<String> {
        self.access.borrow().user.clone()
    }

    pub(crate) fn removed_users(&self) -> Vec<String> {
        self.access.borrow().removed_users.clone()
    }
}

impl AccessOps for Fake {
    fn log_in(&mut self, user: String) {
        self.access.borrow_mut().user = Some(user);
    }

    async fn acls(&self, _: &ClusterDir) -> Result<Vec<Acl>, Failure> {
        Ok(self.access.borrow().acls.clone())
    }

    async fn add_acls(&self, _: &ClusterDir, acls: &[Acl]) -> Result<Vec<ChangedAcl>, Failure> {
        let known = &self.access.borrow().acls;
        Ok(acls.iter().map(|acl| ChangedAcl { changed: !known.contains(acl), acl: acl.clone() }).collect())
    }

    async fn remove_acls(&self, _: &ClusterDir, acls: &[Acl]) -> Result<Vec<ChangedAcl>, Failure> {
        let known = &self.access.borrow().acls;
        Ok(acls.iter().map(|acl| ChangedAcl { changed: known.contains(acl), acl: acl.clone() }).collect())
    }

    async fn check_acls(&self, _: &ClusterDir, deed: &Deed) -> Result<Decision, Failure> {
        Ok(authorize(deed, &self.access.borrow().acls, &[PROGRAM], false))
    }

    async fn certs(&self, _: &ClusterDir) -> Result<Vec<ListedCert>, Failure> {
        Ok(self.access.borrow().certs.clone())
    }

    async fn renew_certs(
        &self,
        _: &ClusterDir,
        names: &[String],
        instead: Instead,
    ) -> Result<Vec<NodeName>, Failure> {
        self.access.borrow_mut().renewed.push((names.to_vec(), instead));
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    async fn users(&self, _: &ClusterDir) -> Result<Vec<ListedUser>, Failure> {
        Ok(self.access.borrow().users.clone())
    }

    async fn add_user(&self, _: &ClusterDir, _: &str, _: Option<Secret>) -> Result<Added, Failure> {
        Ok(self.access.borrow().added.clone().expect("an added user is scripted"))
    }

    async fn remove_user(&self, _: &ClusterDir, name: &str) -> Result<RemovedUser, Failure> {
        self.access.borrow_mut().removed_users.push(name.to_owned());
        Ok(self.access.borrow().removed.clone().expect("a removed user is scripted"))
    }

    async fn change_password(&self, _: &ClusterDir, _: &str, _: Option<Secret>) -> Result<(), Failure> {
        Ok(())
    }
}
