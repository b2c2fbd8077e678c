//! Users of SCRAM, whose passwords brokers know from the cluster's metadata.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;

use super::acls::live;
use super::error::{AdminError, Setback};
use super::retry::Tries;
use super::{Admin, PATIENCE};
use crate::model::event::Event;
use crate::pki::scram::Credential;
use crate::pki::{PkiError, password};
use crate::plan::keys::KeyFolder;
use crate::plan::model::Plan;
use crate::spec::model::Clients;
use crate::wire::KafkaError;
use crate::wire::any::any;
use crate::wire::pool::Pool;
use crate::wire::scram::{self, Upsertion};

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(100);
/// For one request; a paused broker must not use up the whole deadline.
const ASK: Duration = Duration::from_secs(2);

/// What brokers are to know of the users of SCRAM, by their passwords in the cluster's folder.
///
/// # Errors
///
/// A password cannot be read.
pub(crate) fn credentials(plan: &Plan) -> Result<Vec<Upsertion>, PkiError> {
    let is_scram = |plan: &Plan| plan.security.as_ref().is_some_and(|own| own.clients == Clients::Scram);
    let Some(keys) = plan.keys().filter(|_| is_scram(plan)) else { return Ok(Vec::new()) };
    plan.password_holders().map(|(user, _)| credential(&keys, user)).collect()
}

/// The same of one of them.
pub(crate) fn credential(keys: &KeyFolder, user: &str) -> Result<Upsertion, PkiError> {
    let made = Credential::of(&password::read(&keys.password(user))?)?;
    let Credential { salt, iterations, salted_password, .. } = made;
    Ok(Upsertion { user: user.to_owned(), salt, salted_password, iterations })
}

/// Has every live broker know these credentials, and none of those who are `gone`. Safe to call again after a failure,
/// as of topics ([`ensure_topics`](super::ensure::ensure_topics)). Who came and went comes back; another password is no
/// news.
pub(crate) async fn ensure_scram(
    users: &[Upsertion],
    gone: &BTreeSet<String>,
    pool: &Pool,
    deadline: Duration,
) -> Result<Option<Event>, AdminError> {
    if users.is_empty() && gone.is_empty() {
        return Ok(None);
    }
    let (mut added, mut removed) = (BTreeSet::new(), BTreeSet::new());
    let mut tries = Tries::new("not every broker knows the users", deadline, PAUSE);
    loop {
        if let Some(end) = tries.after(round(users, gone, pool, (&mut added, &mut removed))).await {
            let is_news = !added.is_empty() || !removed.is_empty();
            let (added, removed) = (added.into_iter().collect(), removed.into_iter().collect());
            return end.map(|()| is_news.then_some(Event::UsersChanged { added, removed }));
        }
    }
}

/// Changes what differs, until nothing does.
async fn round(
    users: &[Upsertion],
    gone: &BTreeSet<String>,
    pool: &Pool,
    (added, removed): (&mut BTreeSet<String>, &mut BTreeSet<String>),
) -> Result<(), Setback> {
    let brokers = live(pool).await?;
    let told = join_all(brokers.iter().map(|broker| scram::users(pool, *broker, ASK))).await;
    let told = told.into_iter().collect::<Result<Vec<_>, _>>()?;
    let is_new = |user: &&Upsertion| told.iter().any(|known| known.get(&user.user) != Some(&user.iterations));
    let missing: Vec<Upsertion> = users.iter().filter(is_new).cloned().collect();
    // To take away what is not there is a mistake for Kafka.
    let is_left = |user: &&String| told.iter().any(|known| known.contains_key(*user));
    let left: Vec<String> = gone.iter().filter(is_left).cloned().collect();
    if missing.is_empty() && left.is_empty() {
        return Ok(());
    }
    let is_unknown = |user: &&String| told.iter().all(|known| !known.contains_key(*user));
    added.extend(missing.iter().map(|user| &user.user).filter(is_unknown).cloned());
    removed.extend(left.iter().cloned());
    // Whichever: it hands the request to the controller.
    let broker = *brokers.first().ok_or_else(|| KafkaError::NoBroker("none is registered".to_owned()))?;
    match scram::alter(pool, broker, &missing, &left, ASK).await?.into_iter().next() {
        None => Err(Setback::Passing("it was sent, and not every broker tells of it yet".to_owned())),
        Some((_, error)) => Err(error.into()),
    }
}

impl Admin {
    /// Gives somebody this credential, whether they had one or not. Returns when every live broker knows it.
    pub(crate) async fn set_scram(&self, user: Upsertion) -> Result<(), AdminError> {
        ensure_scram(&[user], &BTreeSet::new(), &self.pool, PATIENCE).await.map(drop)
    }

    /// Returns when no live broker knows a credential of theirs.
    pub(crate) async fn remove_scram(&self, user: &str) -> Result<(), AdminError> {
        ensure_scram(&[], &[user.to_owned()].into(), &self.pool, PATIENCE).await.map(drop)
    }

    /// Everybody who has a credential, whoever gave it.
    pub(crate) async fn scram_users(&self) -> Result<BTreeSet<String>, AdminError> {
        self.retry("the users are unknown", "have users", async || {
            let told = any(&self.pool, |broker| scram::users(&self.pool, broker, ASK)).await?;
            Ok(told.into_keys().collect())
        })
        .await
    }
}
