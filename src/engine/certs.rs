//! The certificates of a secured cluster: who has which until when, and others in their place.

use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::engine::{folder, prepare, suggest};
use crate::error::{ExitCode, Failure};
use crate::model::ids::NodeName;
use crate::paths::ClusterDir;
use crate::pki::certificate::{Seen, Term, look};
use crate::pki::renew as renewed;
use crate::plan::keys::{KeyFolder, PROGRAM};
use crate::plan::model::{IN_PLAIN_TEXT, Plan};

/// Somebody's certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ListedCert {
    /// A node, a user, `cluster` for this program, or `ca`.
    pub name: String,
    pub of: Holder,
    pub state: CertState,
    /// UTC.
    pub not_before: Timestamp,
    /// UTC.
    pub not_after: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Holder {
    Ca,
    Node,
    User,
    Program,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CertState {
    Valid,
    Expired,
    /// By the clock of this machine.
    NotYetValid,
    /// The cluster's CA has not signed it.
    Foreign,
}

/// What takes the place of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instead {
    /// A new one, valid as long as this, or as the cluster's are.
    New(Option<Duration>),
    /// One that has expired.
    Expired,
    /// One of a CA that nobody trusts.
    Foreign,
}

/// The CA first, then in the order of the plan.
pub(crate) fn list(dir: &ClusterDir) -> Result<Vec<ListedCert>, Failure> {
    let plan = prepare::stored_plan(dir)?;
    let keys = secured(&plan)?;
    let ca = (keys.ca(), "ca".to_owned());
    let holders = plan.key_holders().map(|name| (keys.of(&name), name));
    let mut listed = Vec::new();
    for (path, name) in [ca].into_iter().chain(holders) {
        let Seen { not_before, not_after, is_of_ca } = look(&path, &keys.ca())?;
        let now = Timestamp::now();
        let state = match () {
            () if !is_of_ca => CertState::Foreign,
            () if now > not_after => CertState::Expired,
            () if now < not_before => CertState::NotYetValid,
            () => CertState::Valid,
        };
        let of = match name.as_str() {
            "ca" => Holder::Ca,
            PROGRAM => Holder::Program,
            name if name.parse::<NodeName>().is_ok() => Holder::Node,
            _ => Holder::User,
        };
        listed.push(ListedCert { name, of, state, not_before, not_after });
    }
    Ok(listed)
}

/// Puts another certificate in the place of each of `names`, or of all. The nodes among them, which show it from
/// their next start on.
pub(crate) async fn renew(
    dir: &ClusterDir,
    names: &[String],
    instead: Instead,
) -> Result<Vec<NodeName>, Failure> {
    let _lock = folder::free_lock(dir).await?;
    let plan = prepare::stored_plan(dir)?;
    let keys = secured(&plan)?;
    let holders: Vec<String> = plan.key_holders().collect();
    if let Some(wrong) = names.iter().find(|name| !holders.contains(name)) {
        let message = format!("nobody in {} has a certificate and is called `{wrong}`", plan.name);
        return Err(Failure::new(ExitCode::Usage, message).hint(suggest::hint(
            wrong,
            suggest::CERTS,
            &holders,
        )));
    }
    let names = if names.is_empty() { &holders[..] } else { names };
    let term = match instead {
        Instead::New(lifetime) => Term::of(lifetime.or(plan.cert_lifetime_s.map(Duration::from_secs))),
        Instead::Expired => Term::Over,
        Instead::Foreign => Term::Years,
    };
    let hosts: Vec<&str> = plan.hosts().collect();
    let each = names.iter().map(String::as_str);
    renewed(&keys, &plan.name, each, &hosts, (term, instead == Instead::Foreign))?;
    Ok(plan.nodes.iter().map(|node| node.name).filter(|node| names.contains(&node.to_string())).collect())
}

fn secured(plan: &Plan) -> Result<KeyFolder, Failure> {
    plan.keys().ok_or_else(|| {
        Failure::new(ExitCode::Usage, format!("{} has no certificates: {IN_PLAIN_TEXT}", plan.name))
            .hint("secure it with `security: mtls` in its spec")
    })
}
