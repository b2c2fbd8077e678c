//! How a tool is told the keys of a secured cluster: as a file of client properties, by an option that was another one
//! in each tool until all took the same (KIP-1147, Kafka 4.2).

use std::ffi::OsString;
use std::path::Path;

use super::Tool;
use super::connect::{Connect, is_given};
use crate::plan::connection::Connection;
use crate::plan::version::at_least;

/// Where a tool takes the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Option(&'static str),
    /// Behind the arguments that it has to have.
    Last,
    /// It connects in plain text only.
    Nowhere,
}

/// Each option that there ever was: with one of them, the user has said it.
const OPTIONS: &[&str] = &[
    "--command-config",
    "--consumer.config",
    "--consumer-config",
    "--producer.config",
    "--admin.config",
    "--config-file",
    "--config",
];

fn takes(tool: &Tool, kafka_version: &str) -> Takes {
    if tool.name == "kafka-replica-verification" {
        return Takes::Nowhere;
    }
    if at_least(kafka_version, &[4, 2]) {
        return Takes::Option("--command-config");
    }
    match tool.name {
        "kafka-e2e-latency" => Takes::Last,
        "kafka-console-share-consumer" => Takes::Option("--consumer-config"),
        "kafka-console-consumer"
        | "kafka-consumer-perf-test"
        | "kafka-share-consumer-perf-test"
        | "kafka-verifiable-consumer" => Takes::Option("--consumer.config"),
        "kafka-console-producer" | "kafka-producer-perf-test" | "kafka-verifiable-producer" => {
            Takes::Option("--producer.config")
        }
        "kafka-leader-election" => Takes::Option("--admin.config"),
        "kafka-streams-application-reset" => Takes::Option("--config-file"),
        "kafka-cluster" => Takes::Option("--config"),
        _ => Takes::Option("--command-config"),
    }
}

impl Tool {
    /// The user's arguments with the connection filled in, and whether it was: not when they say themselves where to
    /// connect. Whatever connects to a secured cluster by an address of its own is told the keys, too.
    ///
    /// # Errors
    ///
    /// The tool cannot connect to a secured cluster.
    pub(crate) fn fill(
        &self,
        user: &[OsString],
        kafka_version: &str,
        connection: &Connection,
    ) -> Result<(Vec<OsString>, bool), PlainOnly> {
        let (arguments, is_filled) = self.connect.fill(user, connection);
        match &connection.secured {
            Some(secured) if is_filled || names_one_of(user, connection) => {
                Ok((self.with(arguments, kafka_version, &secured.properties)?, is_filled))
            }
            _ => Ok((arguments, is_filled)),
        }
    }

    fn with(
        &self,
        mut arguments: Vec<OsString>,
        kafka_version: &str,
        properties: &Path,
    ) -> Result<Vec<OsString>, PlainOnly> {
        if OPTIONS.iter().any(|option| is_given(&arguments, option)) {
            return Ok(arguments);
        }
        let is_positional = !arguments.iter().any(|word| word.to_string_lossy().starts_with("--"));
        match takes(self, kafka_version) {
            Takes::Nowhere => return Err(PlainOnly { tool: self.name }),
            Takes::Last => arguments.push(properties.into()),
            // Arguments without names are for the tool as it was before it had options.
            Takes::Option(_) if is_positional && matches!(self.connect, Connect::FirstOrFlag { .. }) => {
                arguments.push(properties.into());
            }
            Takes::Option(option) => {
                let at = match self.connect {
                    Connect::AfterSubcommand { .. } => arguments.len(),
                    _ => 0,
                };
                arguments.splice(at..at, [option.into(), properties.into()]);
            }
        }
        Ok(arguments)
    }
}

/// The arguments have an address of this cluster.
fn names_one_of(arguments: &[OsString], connection: &Connection) -> bool {
    let controllers = connection.bootstrap_controllers.as_deref().unwrap_or_default();
    let mut known = connection.bootstrap_servers.split(',').chain(controllers.split(','));
    let is_said = |address: &str| {
        let mut words = arguments.iter().map(|word| word.to_string_lossy());
        words.any(|word| word.split([',', '=']).any(|part| part == address))
    };
    known.any(|address| !address.is_empty() && is_said(address))
}

/// A tool that cannot connect to a secured cluster.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{tool} has no option for keys: it connects in plain text only, and the cluster is secured")]
pub(crate) struct PlainOnly {
    pub tool: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::tools::find;
    use crate::plan::connection::Secured;

    fn filled(version: &str, tool: &str, line: &str) -> Result<String, PlainOnly> {
        let connection = Connection {
            bootstrap_servers: "B".into(),
            bootstrap_controllers: Some("C:1,C:2".into()),
            zookeeper_connect: None,
            secured: Some(Secured::at("/P")),
        };
        let user: Vec<OsString> = line.split_whitespace().map(Into::into).collect();
        let (arguments, _) = find(version, tool).unwrap().fill(&user, version, &connection)?;
        let words: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
        Ok(words.join(" "))
    }

    #[test]
    fn the_keys_are_told_in_the_option_of_each_tool_and_version() {
        for (version, tool, line, expected) in [
            ("3.9.2", "topics", "--list", "--command-config /P --bootstrap-server B --list"),
            ("3.9.2", "cluster", "cluster-id", "cluster-id --bootstrap-server B --config /P"),
            ("4.4.0", "cluster", "cluster-id", "cluster-id --bootstrap-server B --command-config /P"),
            ("3.9.2", "console-producer", "--topic t", "--producer.config /P --bootstrap-server B --topic t"),
            ("4.2.1", "console-producer", "--topic t", "--command-config /P --bootstrap-server B --topic t"),
            ("4.1.2", "e2e-latency", "t 10 1 100", "B t 10 1 100 /P"),
            ("4.2.1", "e2e-latency", "t 10 1 100", "B t 10 1 100 /P"),
            ("4.2.1", "e2e-latency", "--topic t", "--command-config /P --bootstrap-server B --topic t"),
            (
                "4.3.1",
                "features",
                "--bootstrap-controller C:1,C:2 describe",
                "--command-config /P --bootstrap-controller C:1,C:2 describe",
            ),
            ("4.1.2", "features", "describe", "--command-config /P --bootstrap-server B describe"),
        ] {
            assert_eq!(filled(version, tool, line).as_deref(), Ok(expected), "{tool} of {version}");
        }
    }

    #[test]
    fn keys_that_the_user_gives_and_tools_that_connect_nowhere_are_left_alone() {
        for (tool, line, expected) in [
            ("topics", "--list --command-config x", "--bootstrap-server B --list --command-config x"),
            ("topics", "--list --bootstrap-server x:1", "--list --bootstrap-server x:1"),
            ("dump-log", "--files a.log", "--files a.log"),
        ] {
            assert_eq!(filled("4.3.1", tool, line).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn a_tool_without_any_option_for_keys_is_refused() {
        let refused = filled("3.9.2", "replica-verification", "--time -1");
        assert_eq!(refused, Err(PlainOnly { tool: "kafka-replica-verification" }));
    }
}
