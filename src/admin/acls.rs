//! ACLs of a cluster that runs.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use schemars::JsonSchema;
use serde::Serialize;

use super::error::{AdminError, Setback};
use super::retry::Tries;
use super::{ASK, Admin, PATIENCE};
use crate::model::acl::Acl;
use crate::model::event::Event;
use crate::plan::model::Plan;
use crate::spec::model::{NODE, PROGRAM, Security};
use crate::view::authorize::{Decision, Deed, authorize};
use crate::wire::KafkaError;
use crate::wire::acls::{create, delete, describe};
use crate::wire::any::any;
use crate::wire::metadata::{self, Topics};
use crate::wire::pool::Pool;

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(50);
/// For one request; a paused broker must not use up the whole deadline.
const REQUEST: Duration = Duration::from_secs(2);

/// What became of an ACL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ChangedAcl {
    #[serde(flatten)]
    pub acl: Acl,
    /// Whether it is other than before.
    pub changed: bool,
}

/// Has every live broker know these ACLs, and know those of `gone` no more. Others stay as they are. Safe to call again
/// after a failure. What was changed comes back.
pub(crate) async fn ensure_acls(
    wanted: &[Acl],
    gone: &BTreeSet<Acl>,
    pool: &Pool,
    deadline: Duration,
) -> Result<Option<Event>, AdminError> {
    if wanted.is_empty() && gone.is_empty() {
        return Ok(None);
    }
    let gone: Vec<Acl> = gone.iter().cloned().collect();
    let Changed { added, removed } = settle(wanted, &gone, pool, deadline).await?;
    let is_news = !added.is_empty() || !removed.is_empty();
    Ok(is_news.then_some(Event::AclsChanged { added, removed }))
}

/// The same, whether there is anything to do or not.
async fn settle(
    wanted: &[Acl],
    gone: &[Acl],
    pool: &Pool,
    deadline: Duration,
) -> Result<Changed, AdminError> {
    let mut changed = Changed::default();
    let mut tries = Tries::new("not every broker knows the ACLs", deadline, PAUSE);
    loop {
        if let Some(end) = tries.after(round(wanted, gone, pool, &mut changed)).await {
            return end.map(|()| changed);
        }
    }
}

/// What some broker did not know, or still knew.
#[derive(Default)]
struct Changed {
    added: Vec<Acl>,
    removed: Vec<Acl>,
}

/// Changes what differs, until nothing does.
async fn round(wanted: &[Acl], gone: &[Acl], pool: &Pool, changed: &mut Changed) -> Result<(), Setback> {
    let brokers = live(pool).await?;
    let told = join_all(brokers.iter().map(|broker| describe(pool, *broker, REQUEST))).await;
    let told = told.into_iter().collect::<Result<Vec<_>, _>>()?;
    let lacking = |acl: &&Acl| told.iter().any(|known| !known.contains(acl));
    let left = |acl: &&Acl| told.iter().any(|known| known.contains(acl));
    let missing: Vec<Acl> = wanted.iter().filter(lacking).cloned().collect();
    let left: Vec<Acl> = gone.iter().filter(left).cloned().collect();
    if missing.is_empty() && left.is_empty() {
        return Ok(());
    }
    let note = |noted: &mut Vec<Acl>, acls: &[Acl]| {
        let news: Vec<Acl> = acls.iter().filter(|acl| !noted.contains(acl)).cloned().collect();
        noted.extend(news);
    };
    note(&mut changed.added, &missing);
    note(&mut changed.removed, &left);
    // Whichever: it hands the request to the controller.
    let broker = *brokers.first().ok_or_else(|| KafkaError::NoBroker("none is registered".to_owned()))?;
    if !missing.is_empty() {
        create(pool, broker, &missing, REQUEST).await?;
    }
    if !left.is_empty() {
        delete(pool, broker, &left, REQUEST).await?;
    }
    Err(Setback::Passing("they were sent, and not every broker tells of them yet".to_owned()))
}

/// Where the brokers listen that are registered.
pub(super) async fn live(pool: &Pool) -> Result<Vec<SocketAddr>, KafkaError> {
    let listed = metadata::ask_any(pool, Topics::None, ASK).await?;
    Ok(listed.live_brokers.iter().filter_map(|id| pool.broker(*id)).collect())
}

impl Admin {
    /// Every ACL, in the order of their principals.
    pub(crate) async fn acls(&self) -> Result<Vec<Acl>, AdminError> {
        secured(&self.plan)?;
        let what = "the ACLs are unknown";
        self.retry(what, "have ACLs", async || {
            Ok(any(&self.pool, |broker| describe(&self.pool, broker, REQUEST)).await?)
        })
        .await
    }

    /// Returns when every live broker knows them.
    pub(crate) async fn add_acls(&self, wanted: &[Acl]) -> Result<Vec<ChangedAcl>, AdminError> {
        secured(&self.plan)?;
        let Changed { added, .. } = settle(wanted, &[], &self.pool, PATIENCE).await?;
        Ok(told(wanted, &added))
    }

    /// Returns when every live broker knows them no more.
    pub(crate) async fn remove_acls(&self, gone: &[Acl]) -> Result<Vec<ChangedAcl>, AdminError> {
        secured(&self.plan)?;
        let Changed { removed, .. } = settle(&[], gone, &self.pool, PATIENCE).await?;
        Ok(told(gone, &removed))
    }

    /// Whether somebody may do something, by the ACLs that there are at this moment.
    pub(crate) async fn check_acls(&self, deed: &Deed) -> Result<Decision, AdminError> {
        let security = secured(&self.plan)?;
        let acls = self.acls().await?;
        Ok(authorize(deed, &acls, &[NODE, PROGRAM], security.allows_by_default))
    }
}

/// Those that were asked for, each with whether it was among these.
fn told(asked: &[Acl], changed: &[Acl]) -> Vec<ChangedAcl> {
    asked.iter().map(|acl| ChangedAcl { changed: changed.contains(acl), acl: acl.clone() }).collect()
}

/// What says who there is; the error, if brokers do not ask who may do what.
fn secured(plan: &Plan) -> Result<&Security, AdminError> {
    let hint = "secure it with `security: mtls` or `security: scram` in its spec, see docs/security.md";
    plan.with_users()
        .map_err(|because| AdminError::invalid(format!("{} has no ACLs: {because}", plan.name), hint))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use kafka_protocol::messages::describe_acls_response::{AclDescription, DescribeAclsResource};
    use kafka_protocol::messages::{ApiKey, CreateAclsResponse, DeleteAclsResponse, DescribeAclsResponse};

    use super::*;
    use crate::model::acl::Operation;
    use crate::model::samples;
    use crate::wire::answers::text;
    use crate::wire::fake::{Damage, FakeBroker, Reply, body, metadata};

    fn acl(user: &str) -> Acl {
        samples::acl(user, Operation::Read, "topic:bikes")
    }

    fn described(users: &[&str]) -> DescribeAclsResponse {
        let one = |user: &&str| {
            AclDescription::default()
                .with_principal(text(&format!("User:{user}")))
                .with_host(text("*"))
                .with_operation(3)
                .with_permission_type(3)
        };
        DescribeAclsResponse::default().with_resources(vec![
            DescribeAclsResource::default()
                .with_resource_type(2)
                .with_resource_name(text("bikes"))
                .with_pattern_type(3)
                .with_acls(users.iter().map(one).collect()),
        ])
    }

    /// A broker that knows each list for one question, and the last for good; and what it was asked to change.
    async fn broker(known: &[&[&str]]) -> (FakeBroker, Arc<Mutex<Vec<ApiKey>>>) {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let mut answers: Vec<DescribeAclsResponse> = known.iter().map(|users| described(users)).collect();
        answers.reverse();
        let noted = asked.clone();
        let handler = move |_, key, version| match key {
            ApiKey::Metadata => Reply::Body(body(&metadata(&[]), version)),
            ApiKey::DescribeAcls => {
                let answer = if answers.len() > 1 { answers.pop().unwrap() } else { answers[0].clone() };
                Reply::Body(body(&answer, version))
            }
            key => {
                noted.lock().unwrap().push(key);
                match key {
                    ApiKey::CreateAcls => Reply::Body(body(&CreateAclsResponse::default(), version)),
                    _ => Reply::Body(body(&DeleteAclsResponse::default(), version)),
                }
            }
        };
        (FakeBroker::start(handler, Damage::None).await, asked)
    }

    const DEADLINE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn what_is_as_it_should_be_is_left_alone_and_others_too() {
        let (broker, asked) = broker(&[&["alice", "somebody"]]).await;
        let changed = ensure_acls(&[acl("alice")], &[acl("bob")].into(), &broker.pool(), DEADLINE).await;
        assert_eq!(changed.unwrap(), None);
        assert!(asked.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn what_differs_is_sent_until_the_broker_tells_of_it() {
        let known: [&[&str]; 3] = [&["bob"], &["bob"], &["alice"]];
        let (broker, asked) = broker(&known).await;
        let changed = ensure_acls(&[acl("alice")], &[acl("bob")].into(), &broker.pool(), DEADLINE).await;
        let (added, removed) = (vec![acl("alice")], vec![acl("bob")]);
        assert_eq!(changed.unwrap(), Some(Event::AclsChanged { added, removed }));
        let both = [ApiKey::CreateAcls, ApiKey::DeleteAcls];
        assert_eq!(*asked.lock().unwrap(), [both, both].concat());
    }
}
