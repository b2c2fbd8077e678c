//! Users who come, go and change their password while a cluster runs.
//!
//! As in [`prepare`], the plan is written under the cluster's `prepare.lock`. Kafka is told first: what a killed command
//! leaves behind, the same command does again.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::admin::Admin;
use crate::admin::users::credential;
use crate::engine::{folder, login, prepare, session};
use crate::error::{ExitCode, Failure};
use crate::model::acl::{Acl, principal};
use crate::paths::ClusterDir;
use crate::pki::password;
use crate::plan::model::Plan;
use crate::plan::users as planned;
use crate::render::{self, store};
use crate::spec::model::{Clients, PROGRAM, Secret, Security, User};
use crate::spec::security;

/// Somebody who can connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ListedUser {
    pub user: String,
    pub shows: Shows,
    pub from: From,
    /// How many ACLs are theirs; `null`: brokers do not answer, or the cluster is down.
    pub acls: Option<usize>,
}

/// How somebody shows who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Shows {
    Certificate,
    Password,
}

/// Who brought somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum From {
    /// This program itself, which no ACL holds up.
    Program,
    Spec,
    /// `user add`.
    Command,
    /// Another program told Kafka of them.
    Kafka,
}

/// Somebody who was not there before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Added {
    pub shows: Shows,
    /// Whether they may do nothing before an ACL allows it.
    pub is_denied_by_default: bool,
}

/// Somebody who is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RemovedUser {
    /// That were theirs, and are gone, too.
    pub acls: usize,
    /// The spec that the cluster came up with names them.
    pub is_in_spec: bool,
}

pub(crate) async fn list(dir: &ClusterDir) -> Result<Vec<ListedUser>, Failure> {
    let plan = prepare::stored_plan(dir)?;
    let security = secured(&plan)?;
    let shows = shows(security);
    let mut from = BTreeMap::from([(PROGRAM.to_owned(), From::Program)]);
    for (name, user) in &security.users {
        from.insert(name.clone(), if user.was_added { From::Command } else { From::Spec });
    }
    let mut acls = None;
    if session::must_be_up(dir).is_ok() {
        let admin = Admin::of(plan.clone());
        if security.clients == Clients::Scram {
            for user in admin.scram_users().await? {
                from.entry(user).or_insert(From::Kafka);
            }
        }
        acls = Some(admin.acls().await?);
    }
    let count = |acls: &Vec<Acl>, user: &String| {
        let principal = principal(user);
        acls.iter().filter(|acl| acl.principal == principal).count()
    };
    let listed = from.into_iter().map(|(user, from)| ListedUser {
        acls: acls.as_ref().map(|acls| count(acls, &user)),
        user,
        shows,
        from,
    });
    Ok(listed.collect())
}

pub(crate) async fn add(dir: &ClusterDir, name: &str, password: Option<Secret>) -> Result<Added, Failure> {
    let usage = |message: String| Failure::new(ExitCode::Usage, message);
    security::name(name)
        .map_err(|why| usage(why).hint("letters, digits, `-`, `_` and `.`, for example `alice`"))?;
    session::must_be_up(dir)?;
    let _lock = folder::free_lock(dir).await?;
    let running = prepare::stored_plan(dir)?;
    let security = changeable(&running)?;
    if security.users.contains_key(name) {
        let failure = usage(format!("{} has a user {name} already", running.name));
        return Err(failure.hint("`cluster user password` gives them another password"));
    }
    takes_password(security, password.as_ref())?;
    let user = User { password, ..User::default() };
    let Some(plan) = planned::added(&running, name, user) else { return Err(open(&running)) };
    settle(&plan, name).await?;
    keep(dir, &plan)?;
    Ok(Added { shows: shows(security), is_denied_by_default: !security.allows_by_default })
}

pub(crate) async fn remove(dir: &ClusterDir, name: &str) -> Result<RemovedUser, Failure> {
    session::must_be_up(dir)?;
    let _lock = folder::free_lock(dir).await?;
    let running = prepare::stored_plan(dir)?;
    let security = changeable(&running)?;
    login::exists(&running, name)?;
    let is_in_spec = security.users.get(name).is_some_and(|user| !user.was_added);
    let Some(plan) = planned::removed(&running, name) else { return Err(open(&running)) };
    let admin = Admin::of(running.clone());
    if security.clients == Clients::Scram {
        admin.remove_scram(name).await?;
    }
    let theirs = principal(name);
    let acls: Vec<Acl> = admin.acls().await?.into_iter().filter(|acl| acl.principal == theirs).collect();
    admin.remove_acls(&acls).await?;
    render::keys(&plan)?;
    keep(dir, &plan)?;
    Ok(RemovedUser { acls: acls.len(), is_in_spec })
}

pub(crate) async fn change_password(
    dir: &ClusterDir,
    name: &str,
    password: Option<Secret>,
) -> Result<(), Failure> {
    session::must_be_up(dir)?;
    let _lock = folder::free_lock(dir).await?;
    let mut plan = prepare::stored_plan(dir)?;
    let security = changeable(&plan)?;
    if security.clients.mechanism().is_none() {
        let message = format!("the users of {} show a certificate, and no password", plan.name);
        return Err(Failure::new(ExitCode::Usage, message)
            .hint("`cluster user remove` and `cluster user add` give them another certificate"));
    }
    login::exists(&plan, name)?;
    let password = match password {
        Some(password) => password,
        None => Secret(password::made()?),
    };
    if let Some(user) = plan.security.as_mut().and_then(|security| security.users.get_mut(name)) {
        user.password = Some(password);
    }
    settle(&plan, name).await
}

/// Files and Kafka have this user as the plan does.
async fn settle(plan: &Plan, name: &str) -> Result<(), Failure> {
    render::keys(plan)?;
    let is_scram = plan.security.as_ref().is_some_and(|security| security.clients == Clients::Scram);
    if let Some(keys) = plan.keys().filter(|_| is_scram) {
        Admin::of(plan.clone()).set_scram(credential(&keys, name)?).await?;
    }
    Ok(())
}

/// The spec that is stored stays as it is.
fn keep(dir: &ClusterDir, plan: &Plan) -> Result<(), Failure> {
    let path = dir.spec();
    let text = std::fs::read_to_string(&path).map_err(|error| Failure::io("read", &path, &error))?;
    Ok(store::save(dir, plan, &text)?)
}

fn shows(security: &Security) -> Shows {
    if security.clients == Clients::Mtls { Shows::Certificate } else { Shows::Password }
}

/// Where there are users.
fn secured(plan: &Plan) -> Result<&Security, Failure> {
    plan.with_users().map_err(|_| open(plan))
}

fn open(plan: &Plan) -> Failure {
    let because = plan.with_users().err().unwrap_or_default();
    Failure::new(ExitCode::Usage, format!("{} has no users: {because}", plan.name))
        .hint("secure it with `security: mtls` or `security: scram` in its spec")
}

/// Where they can come and go while it runs.
fn changeable(plan: &Plan) -> Result<&Security, Failure> {
    let security = secured(plan)?;
    match security.clients {
        Clients::Plain => Err(Failure::new(
            ExitCode::Usage,
            "brokers read the users of PLAIN when they start".to_owned(),
        )
        .hint(format!(
            "change `users` in the spec, then `cluster -c {0} down` and `cluster up`; SCRAM (`clients: scram`) takes them at once",
            plan.name
        ))),
        _ => Ok(security),
    }
}

fn takes_password(security: &Security, password: Option<&Secret>) -> Result<(), Failure> {
    match (security.clients, password) {
        (Clients::Mtls, Some(_)) => {
            Err(Failure::new(ExitCode::Usage, "users show a certificate, and nobody is asked for a password")
                .hint("leave `--password-stdin` out"))
        }
        _ => Ok(()),
    }
}
