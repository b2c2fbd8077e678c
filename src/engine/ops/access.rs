//! Who there is in a secured cluster, and who may do what.

use super::Live;
use crate::admin::ChangedAcl;
use crate::engine::certs::{self, Instead, ListedCert};
use crate::engine::users::{self, Added, ListedUser, RemovedUser};
use crate::error::Failure;
use crate::model::acl::Acl;
use crate::model::ids::NodeName;
use crate::paths::ClusterDir;
use crate::spec::model::Secret;
use crate::view::authorize::{Decision, Deed};

/// What commands need of users and ACLs. Where brokers do not ask who may do what, it is `ExitCode::Usage`; a cluster of
/// which nothing runs is `ExitCode::NotRunning`.
pub(crate) trait AccessOps {
    /// From now on brokers are asked as this user. Whether there is one is seen then.
    fn log_in(&mut self, user: String);

    /// Every ACL, in the order of their principals.
    async fn acls(&self, dir: &ClusterDir) -> Result<Vec<Acl>, Failure>;

    /// Each with whether it was there before.
    async fn add_acls(&self, dir: &ClusterDir, acls: &[Acl]) -> Result<Vec<ChangedAcl>, Failure>;

    async fn remove_acls(&self, dir: &ClusterDir, acls: &[Acl]) -> Result<Vec<ChangedAcl>, Failure>;

    /// Whether somebody may do something, and by which ACL.
    async fn check_acls(&self, dir: &ClusterDir, deed: &Deed) -> Result<Decision, Failure>;

    /// Who has which certificate; also of a cluster that is down.
    async fn certs(&self, dir: &ClusterDir) -> Result<Vec<ListedCert>, Failure>;

    /// Puts another in the place of these, or of all; the nodes that have to start again to show it.
    async fn renew_certs(
        &self,
        dir: &ClusterDir,
        names: &[String],
        instead: Instead,
    ) -> Result<Vec<NodeName>, Failure>;

    /// Everybody, by name. Of a cluster that is down, those of its plan.
    async fn users(&self, dir: &ClusterDir) -> Result<Vec<ListedUser>, Failure>;

    /// Without a password, one is made.
    async fn add_user(
        &self,
        dir: &ClusterDir,
        name: &str,
        password: Option<Secret>,
    ) -> Result<Added, Failure>;

    /// And every ACL of theirs.
    async fn remove_user(&self, dir: &ClusterDir, name: &str) -> Result<RemovedUser, Failure>;

    /// Without one, one is made.
    async fn change_password(
        &self,
        dir: &ClusterDir,
        name: &str,
        password: Option<Secret>,
    ) -> Result<(), Failure>;
}

impl AccessOps for Live {
    fn log_in(&mut self, user: String) {
        self.user = Some(user);
    }

    async fn acls(&self, dir: &ClusterDir) -> Result<Vec<Acl>, Failure> {
        Ok(self.admin(dir)?.acls().await?)
    }

    async fn add_acls(&self, dir: &ClusterDir, acls: &[Acl]) -> Result<Vec<ChangedAcl>, Failure> {
        Ok(self.admin(dir)?.add_acls(acls).await?)
    }

    async fn remove_acls(&self, dir: &ClusterDir, acls: &[Acl]) -> Result<Vec<ChangedAcl>, Failure> {
        Ok(self.admin(dir)?.remove_acls(acls).await?)
    }

    async fn check_acls(&self, dir: &ClusterDir, deed: &Deed) -> Result<Decision, Failure> {
        Ok(self.admin(dir)?.check_acls(deed).await?)
    }

    async fn certs(&self, dir: &ClusterDir) -> Result<Vec<ListedCert>, Failure> {
        certs::list(dir)
    }

    async fn renew_certs(
        &self,
        dir: &ClusterDir,
        names: &[String],
        instead: Instead,
    ) -> Result<Vec<NodeName>, Failure> {
        certs::renew(dir, names, instead).await
    }

    async fn users(&self, dir: &ClusterDir) -> Result<Vec<ListedUser>, Failure> {
        users::list(dir).await
    }

    async fn add_user(
        &self,
        dir: &ClusterDir,
        name: &str,
        password: Option<Secret>,
    ) -> Result<Added, Failure> {
        users::add(dir, name, password).await
    }

    async fn remove_user(&self, dir: &ClusterDir, name: &str) -> Result<RemovedUser, Failure> {
        users::remove(dir, name).await
    }

    async fn change_password(
        &self,
        dir: &ClusterDir,
        name: &str,
        password: Option<Secret>,
    ) -> Result<(), Failure> {
        users::change_password(dir, name, password).await
    }
}
