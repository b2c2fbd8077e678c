//! `--user` of commands that ask Kafka itself.

use clap::Args;

use super::context::Context;
use super::names::Names;
use crate::engine::ops::AccessOps;

/// Who asks.
#[derive(Debug, Args)]
pub(super) struct AsUser {
    /// As this user of a secured cluster; without it as this program, who may do everything
    #[arg(long, value_name = "NAME", add = Names::Users)]
    user: Option<String>,
}

impl AsUser {
    pub(super) fn log_in<E: AccessOps>(&self, cx: &mut Context<'_, E>) {
        if let Some(user) = &self.user {
            cx.engine.log_in(user.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use crate::admin::group::GroupList;
    use crate::cli::Cli;
    use crate::cli::testing::{Admin, Fake, Groups, run};

    #[test]
    fn brokers_are_asked_as_the_user_who_is_named() {
        for (line, user) in [
            ("topic list --user alice", Some("alice")),
            ("topic list", None),
            ("group list --user bob", Some("bob")),
        ] {
            let fake = Fake::with_clusters(&["velib"]);
            fake.admin(Admin::Listed(Ok(Vec::new())));
            fake.groups(Groups::Listed(GroupList { groups: Vec::new(), unknown: Vec::new() }));
            assert_eq!(run(fake, line).fake.logged_in().as_deref(), user, "{line}");
        }
    }

    #[test]
    fn every_command_that_asks_kafka_itself_has_a_user() {
        let cli = Cli::command();
        let has = |path: &str| {
            let found = path.split(' ').fold(&cli, |command, name| command.find_subcommand(name).unwrap());
            found.get_arguments().any(|argument| argument.get_id() == "user")
        };
        for path in [
            "produce",
            "consume",
            "topic create",
            "topic list",
            "topic describe",
            "topic alter",
            "topic delete",
            "group list",
            "group describe",
            "group reset",
            "group delete",
            "config",
            "explain",
            "elect preferred",
            "rebalance",
            "bench produce",
            "bench consume",
            "bench end-to-end",
            "acl list",
            "env",
            "exec",
            "run",
        ] {
            assert!(has(path), "{path}");
        }
        assert!(!has("kill") && !has("status"), "they ask the supervisor");
    }
}
