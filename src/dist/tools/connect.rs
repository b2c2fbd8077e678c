//! How a tool is told where the cluster is.

use std::ffi::{OsStr, OsString};

use crate::plan::connection::Connection;

/// What a tool connects to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Brokers,
    ZooKeeper,
}

/// The arguments of a tool that name the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connect {
    /// It reads files only.
    Nowhere,
    /// `FLAG ADDRESSES`. With one of `others` the user has said where to connect, too.
    Flag { flag: &'static str, to: Service, others: &'static [&'static str] },
    /// `FLAG ADDRESSES` twice: it needs brokers and ZooKeeper.
    Both([(&'static str, Service); 2]),
    /// `FLAG ADDRESSES` behind its subcommand.
    AfterSubcommand { flag: &'static str, to: Service, others: &'static [&'static str] },
    /// `FLAG KEY=ADDRESSES`, a property among those that the user gives with the same flag.
    Property { flag: &'static str, key: &'static str, to: Service },
    /// The addresses are the first argument; `before` is what the script puts in front of them.
    First { before: Option<&'static str>, to: Service },
    /// The addresses are the first argument of those without names, `FLAG ADDRESSES` goes with those that have them.
    FirstOrFlag { flag: &'static str, to: Service },
}

impl Connect {
    /// What it has to be told the addresses of.
    pub(crate) fn service(self) -> Option<Service> {
        match self {
            Connect::Nowhere => None,
            Connect::Flag { to, .. }
            | Connect::Both([(_, to), _])
            | Connect::AfterSubcommand { to, .. }
            | Connect::Property { to, .. }
            | Connect::First { to, .. }
            | Connect::FirstOrFlag { to, .. } => Some(to),
        }
    }

    /// The user's arguments with the connection filled in, and whether it was: not when they say
    /// themselves where to connect.
    pub(super) fn fill(self, user: &[OsString], connection: &Connection) -> (Vec<OsString>, bool) {
        let mut arguments = user.to_vec();
        let addresses = |to| match to {
            Service::Brokers => connection.bootstrap_servers.clone(),
            Service::ZooKeeper => connection.zookeeper_connect.clone().unwrap_or_default(),
        };
        match self {
            Connect::Nowhere => return (arguments, false),
            Connect::Flag { flag, to, others } => {
                if is_given(user, flag) || others.iter().any(|other| is_given(user, other)) {
                    return (arguments, false);
                }
                arguments.splice(0..0, [flag.into(), addresses(to).into()]);
            }
            Connect::Both(flags) => {
                for (flag, to) in flags.into_iter().filter(|(flag, _)| !is_given(user, flag)) {
                    arguments.splice(0..0, [flag.into(), addresses(to).into()]);
                }
                return (arguments.clone(), arguments.len() > user.len());
            }
            Connect::AfterSubcommand { flag, to, others } => {
                let is_said = is_given(user, flag) || others.iter().any(|other| is_given(user, other));
                if user.is_empty() || is_said {
                    return (arguments, false);
                }
                arguments.extend([flag.into(), addresses(to).into()]);
            }
            Connect::Property { flag, key, to } => {
                let property = format!("{key}=");
                if user.iter().any(|word| word.to_string_lossy().contains(&property)) {
                    return (arguments, false);
                }
                let property = OsString::from(property + &addresses(to));
                match user.iter().position(|word| word == flag) {
                    Some(at) => arguments.insert(at + 1, property),
                    None => arguments.extend([flag.into(), property]),
                }
            }
            Connect::First { before, to } => {
                let own = user.first().is_some_and(|word| is_address(word));
                if !own {
                    arguments.insert(0, addresses(to).into());
                }
                arguments.splice(0..0, before.map(OsString::from));
                return (arguments, !own);
            }
            Connect::FirstOrFlag { flag, to } => {
                let is_named = user.first().is_some_and(|word| word.to_string_lossy().starts_with("--"));
                let way = match is_named {
                    true => Connect::Flag { flag, to, others: &[] },
                    false => Connect::First { before: None, to },
                };
                return way.fill(user, connection);
            }
        }
        (arguments, true)
    }
}

/// `FLAG VALUE` or `FLAG=VALUE`.
pub(super) fn is_given(arguments: &[OsString], flag: &str) -> bool {
    arguments.iter().any(|word| {
        let word = word.to_string_lossy();
        word.strip_prefix(flag).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    })
}

/// `host:port`, also several with commas, also with a chroot behind.
fn is_address(word: &OsStr) -> bool {
    let word = word.to_string_lossy();
    let is_port = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    word.split_once(':').is_some_and(|(host, rest)| !host.is_empty() && !host.contains('/') && is_port(rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::tools::find;

    /// The arguments that a tool of 3.9.2 gets; brokers are at `B`, ZooKeeper is at `Z`.
    fn filled(tool: &str, line: &str) -> String {
        filled_of("3.9.2", tool, line)
    }

    fn filled_of(version: &str, tool: &str, line: &str) -> String {
        let connection = Connection {
            bootstrap_servers: "B".into(),
            bootstrap_controllers: None,
            zookeeper_connect: Some("Z".into()),
            secured: None,
        };
        let user: Vec<OsString> = line.split_whitespace().map(Into::into).collect();
        let (arguments, was_filled) = find(version, tool).unwrap().connect.fill(&user, &connection);
        assert_eq!(was_filled, arguments.iter().any(|word| word.to_string_lossy().ends_with(['B', 'Z'])));
        let words: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
        words.join(" ")
    }

    #[test]
    fn the_connection_is_put_where_each_tool_wants_it() {
        for (tool, line, expected) in [
            ("topics", "--list", "--bootstrap-server B --list"),
            ("dump-log", "--files a.log", "--files a.log"),
            ("cluster", "cluster-id", "cluster-id --bootstrap-server B"),
            ("replica-verification", "--time -1", "--broker-list B --time -1"),
            ("producer-perf-test", "--topic t", "--topic t --producer-props bootstrap.servers=B"),
            (
                "producer-perf-test",
                "--producer-props acks=all linger.ms=5 --topic t",
                "--producer-props bootstrap.servers=B acks=all linger.ms=5 --topic t",
            ),
            ("zookeeper-shell", "ls /brokers/ids", "-server Z ls /brokers/ids"),
            ("zookeeper-shell", "", "-server Z"),
            ("e2e-latency", "t 10 1 100", "B t 10 1 100"),
            // Ids of brokers: these say nothing about where to connect.
            ("log-dirs", "--describe --broker-list 0,1", "--bootstrap-server B --describe --broker-list 0,1"),
        ] {
            assert_eq!(filled(tool, line), expected);
        }
    }

    #[test]
    fn a_tool_that_needs_brokers_and_zookeeper_gets_what_the_user_does_not_give() {
        let reset = |line: &str| filled_of("0.10.2.2", "streams-application-reset", line);
        assert_eq!(reset("--application-id x"), "--zookeeper Z --bootstrap-servers B --application-id x");
        assert_eq!(reset("--zookeeper x:1"), "--bootstrap-servers B --zookeeper x:1");
        let given = "--zookeeper x:1 --bootstrap-servers y:1";
        assert_eq!(reset(given), given);
    }

    #[test]
    fn a_tool_is_told_in_the_options_of_its_version() {
        for (version, tool, line, expected) in [
            ("0.10.2.2", "get-offsets", "--topic t", "--broker-list B --topic t"),
            ("2.8.2", "get-offsets", "--topic t", "--broker-list B --topic t"),
            ("3.0.2", "get-offsets", "--topic t", "--bootstrap-server B --topic t"),
            ("3.3.2", "streams-application-reset", "--force", "--bootstrap-servers B --force"),
            ("3.4.1", "streams-application-reset", "--force", "--bootstrap-server B --force"),
            ("1.1.1", "configs", "--describe", "--zookeeper Z --describe"),
            // Settings of brokers, of which ZooKeeper's tool knows the quotas alone (KIP-226).
            ("1.1.1", "configs", "--bootstrap-server x:1 --describe", "--bootstrap-server x:1 --describe"),
            // Names for what had its place alone, and properties by another flag (KIP-1147).
            ("4.1.2", "e2e-latency", "t 10 1 100", "B t 10 1 100"),
            ("4.2.1", "e2e-latency", "t 10 1 100", "B t 10 1 100"),
            ("4.2.1", "e2e-latency", "x:1 t 10 1 100", "x:1 t 10 1 100"),
            ("4.2.1", "e2e-latency", "--topic t", "--bootstrap-server B --topic t"),
            ("4.4.0", "e2e-latency", "--bootstrap-server x:1", "--bootstrap-server x:1"),
            ("4.1.2", "producer-perf-test", "--topic t", "--topic t --producer-props bootstrap.servers=B"),
            (
                "4.2.1",
                "producer-perf-test",
                "--command-property acks=all",
                "--bootstrap-server B --command-property acks=all",
            ),
            (
                "4.2.1",
                "producer-perf-test",
                "--producer-props acks=all bootstrap.servers=x:1",
                "--producer-props acks=all bootstrap.servers=x:1",
            ),
            (
                "4.2.1",
                "producer-perf-test",
                "--command-property=bootstrap.servers=x:1",
                "--command-property=bootstrap.servers=x:1",
            ),
        ] {
            assert_eq!(filled_of(version, tool, line), expected, "{tool} of {version}");
        }
    }

    #[test]
    fn a_connection_that_the_user_gives_is_left_alone() {
        for (tool, line, expected) in [
            ("topics", "--list --bootstrap-server x:1", "--list --bootstrap-server x:1"),
            ("topics", "--bootstrap-server=x:1 --list", "--bootstrap-server=x:1 --list"),
            ("console-producer", "--broker-list x:1", "--broker-list x:1"),
            ("configs", "--zookeeper x:1 --describe", "--zookeeper x:1 --describe"),
            ("cluster", "cluster-id --bootstrap-server x:1", "cluster-id --bootstrap-server x:1"),
            ("cluster", "cluster-id --bootstrap-controller x:1", "cluster-id --bootstrap-controller x:1"),
            ("acls", "--list --bootstrap-controller x:1", "--list --bootstrap-controller x:1"),
            ("configs", "--bootstrap-controller x:1", "--bootstrap-controller x:1"),
            ("features", "--bootstrap-controller x:1 describe", "--bootstrap-controller x:1 describe"),
            ("metadata-quorum", "--bootstrap-controller=x:1", "--bootstrap-controller=x:1"),
            ("reassign-partitions", "--bootstrap-controller x:1", "--bootstrap-controller x:1"),
            (
                "producer-perf-test",
                "--producer-props bootstrap.servers=x:1",
                "--producer-props bootstrap.servers=x:1",
            ),
            ("zookeeper-shell", "x:1,y:2/chroot ls /", "-server x:1,y:2/chroot ls /"),
            ("e2e-latency", "x:1 t 10 1 100", "x:1 t 10 1 100"),
        ] {
            assert_eq!(filled(tool, line), expected);
        }
    }
}
