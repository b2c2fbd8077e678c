//! What an ACL says, on the command line.

use clap::Args;

use crate::cli::names::Names;
use crate::engine::login;
use crate::error::{ExitCode, Failure};
use crate::model::acl::{Acl, EVERYBODY, Operation, Permission, Resource, is_host, principal, words};
use crate::plan::model::Plan;

/// One user, some operations, one resource.
#[derive(Debug, Args)]
pub(super) struct Rule {
    /// A user, or '*' for everybody
    #[arg(value_name = "USER", add = Names::Users)]
    of: String,

    /// What they may do, such as read,write; all for everything
    #[arg(value_name = "OPERATION", value_delimiter = ',', required = true, value_parser = operation)]
    operations: Vec<Operation>,

    /// With what: topic:NAME, group:NAME, transactional-id:NAME or cluster; velib-* is all that begin with velib-, and
    /// a name alone is a topic
    #[arg(value_name = "RESOURCE", value_parser = resource)]
    resource: Resource,

    /// They may not
    #[arg(long)]
    deny: bool,

    /// From this address alone
    #[arg(long, value_name = "ADDRESS", default_value = EVERYBODY, hide_default_value = true, value_parser = host)]
    host: String,
}

impl Rule {
    /// An ACL for each operation.
    pub(super) fn acls(&self) -> Result<Vec<Acl>, Failure> {
        let permission = if self.deny { Permission::Deny } else { Permission::Allow };
        let acl = |&operation: &Operation| {
            can_be(operation, &self.resource)?;
            Ok(Acl {
                principal: principal(&self.of),
                permission,
                operation,
                resource: self.resource.clone(),
                host: self.host.clone(),
            })
        };
        let mut acls = self.operations.iter().map(acl).collect::<Result<Vec<_>, Failure>>()?;
        acls.sort();
        acls.dedup();
        Ok(acls)
    }

    /// Refuses one of nobody.
    pub(super) fn of_somebody(&self, plan: &Plan) -> Result<(), Failure> {
        if self.of == EVERYBODY { Ok(()) } else { login::exists(plan, &self.of) }
    }
}

/// Refuses what Kafka would take, and never ask for.
pub(super) fn can_be(operation: Operation, resource: &Resource) -> Result<(), Failure> {
    let known = resource.kind.operations();
    if known.contains(&operation) {
        return Ok(());
    }
    Err(Failure::new(ExitCode::Usage, format!("`{operation}` cannot be done with a {}", resource.kind))
        .hint(format!("one of: {}", words(known))))
}

pub(super) fn operation(text: &str) -> Result<Operation, String> {
    Operation::parsed(text).ok_or_else(|| format!("operations are {}", words(&Operation::ALL)))
}

pub(super) fn resource(text: &str) -> Result<Resource, String> {
    text.parse()
}

pub(super) fn host(text: &str) -> Result<String, String> {
    match is_host(text) {
        true => Ok(text.to_owned()),
        false => Err("brokers see the address of a client, such as 127.0.0.1, and not its name".to_owned()),
    }
}
