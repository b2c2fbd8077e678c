use std::ffi::OsString;

use clap::Args;

use super::context::Context;
use super::names::Names;
use crate::dist::tools::connect::Service;
use crate::dist::tools::{self, Tool, ToolError};
use crate::engine::login;
use crate::engine::ops::{FolderOps, NodeOps};
use crate::engine::{clusters, suggest};
use crate::error::{End, ExitCode, Failure};
use crate::plan::connection::Connection;
use crate::plan::model::Plan;
use crate::spec::versions::Coordination;

/// Run one of Kafka's own command line tools against a cluster
///
/// TOOL is the name of its script, with or without `kafka-` and `.sh`; a name that is unknown lists
/// all. Where to connect is filled in unless ARGS say it. The tool takes the place of this process.
#[derive(Debug, Args)]
#[command(override_usage = "cluster exec [OPTIONS] TOOL [ARGS]...")]
#[command(after_help = "For example:\n  cluster exec kafka-topics --describe\n  \
                        cluster exec console-consumer --topic bikes --from-beginning")]
pub(super) struct Exec {
    /// Connect to a secured cluster as this user; without it as this program does
    #[arg(long, value_name = "NAME", add = Names::Users)]
    user: Option<String>,

    /// The tool and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "TOOL", add = Names::Tools)]
    words: Vec<OsString>,
}

impl Exec {
    pub(super) fn run<E: NodeOps + FolderOps>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        let found = cx.chosen()?;
        let plan = cx.engine.stored_plan(&found.dir)?;
        let Some((word, arguments)) = self.words.split_first() else { return Ok(ExitCode::Usage) };
        // As `run` has it; no tool of Kafka's knows it.
        let arguments = match arguments.split_first() {
            Some((dashes, rest)) if dashes == "--" => rest,
            _ => arguments,
        };
        let tool = tool_of(&plan, &word.to_string_lossy())?;
        if plan.coordination() == Coordination::Kraft && tool.connect.service() == Some(Service::ZooKeeper) {
            let message = format!("{} has no ZooKeeper for {} to connect to", plan.name, tool.name);
            return Err(Failure::new(ExitCode::Usage, message)
                .hint("its brokers are coordinated by KRaft controllers: `cluster exec metadata-quorum describe --status`")
                .into());
        }
        let connection = Connection::of(&plan, &login::of(&plan, self.user.as_deref())?);
        let filled = tool.fill(arguments, &plan.kafka.version, &connection);
        let (arguments, is_connected) = filled.map_err(ToolError::from).map_err(Failure::from)?;
        if is_connected && found.supervisor.is_none() {
            return Err(clusters::not_running(&found.name).into());
        }
        Err(cx.engine.replace(tools::command(&plan, tool, &arguments).map_err(Failure::from)?))
    }
}

fn tool_of(plan: &Plan, word: &str) -> Result<&'static Tool, Failure> {
    let version = &plan.kafka.version;
    if let Some(tool) = tools::find(version, word) {
        return Ok(tool);
    }
    if let Some(script) = tools::find_refused(word) {
        let message = format!("{} is not run by `cluster exec`: it {}", script.name, script.why);
        return Err(Failure::new(ExitCode::Usage, message).hint(script.instead));
    }
    let unknown = Failure::new(ExitCode::Usage, format!("`{word}` is not a tool of Kafka {version}"));
    let names: Vec<_> = tools::all(version).iter().map(|tool| tool.name.to_owned()).collect();
    let near = suggest::hint(word, suggest::TOOLS, &names);
    Err(unknown.hint(match tools::versions_with(word) {
        Some((first, last)) if first == last => format!("Kafka {first} has it; {near}"),
        Some((first, last)) => format!("Kafka {first} to {last} have it; {near}"),
        None => near,
    }))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::cli::testing::{Fake, run};
    use crate::dist::testing::write_jar;
    use crate::error::ExitCode;
    use crate::paths::ClusterDir;

    /// The cluster velib, which is down, of a Kafka whose jars have these classes.
    fn with_classes(classes: &[&str]) -> Fake {
        let fake = Fake::with_clusters(&["velib"]);
        let mut plan = fake.plan("velib");
        let jar = fake.home().join("kafka.jar");
        write_jar(&jar, classes);
        plan.kafka.classpath = vec![jar.display().to_string()];
        fs::write(ClusterDir(plan.dir.clone()).plan(), serde_json::to_vec(&plan).unwrap()).unwrap();
        fake
    }

    fn stopped() -> Fake {
        with_classes(&["kafka.admin.AclCommand", "kafka.tools.DumpLogSegments"])
    }

    fn running() -> Fake {
        let fake = stopped();
        fake.running(&["velib"]);
        fake
    }

    #[test]
    fn the_tool_takes_our_place_with_the_connection_filled_in() {
        let ran = run(running(), "exec acls.sh --list -v -c x");
        let argv = ran.fake.replaced_by();
        assert_eq!(argv[0], "/usr/bin/java");
        let addresses = "127.0.0.1:21000,127.0.0.1:21001,127.0.0.1:21002";
        let expected = ["kafka.admin.AclCommand", "--bootstrap-server", addresses, "--list", "-v", "-c", "x"];
        assert_eq!(argv[argv.len() - 7..], expected);
    }

    #[test]
    fn every_argument_behind_the_tool_is_the_tools_own() {
        for line in ["exec acls --help", "exec acls --version", "exec acls -- x", "-c velib exec acls -h"] {
            let argv = run(running(), line).fake.replaced_by();
            assert_eq!(argv.last().unwrap(), line.split(' ').next_back().unwrap(), "{line}");
        }
    }

    #[test]
    fn an_unknown_tool_is_a_mistake_of_usage_that_lists_them() {
        let ran = run(running(), "exec kafka-topic --list");
        assert_eq!(ran.code, ExitCode::Usage);
        let said = "error: `kafka-topic` is not a tool of Kafka 3.9.2\n\
                    hint: did you mean `kafka-topics`? tools: connect-distributed, ";
        assert!(ran.err.starts_with(said), "{}", ran.err);
        assert!(ran.fake.replaced_by().is_empty());
    }

    #[test]
    fn a_cluster_that_is_down_is_needed_only_by_tools_that_connect_to_it() {
        let ran = run(stopped(), "exec acls --list");
        assert_eq!(ran.code, ExitCode::NotRunning);
        let said = "error: the cluster velib is not running\nhint: start it with `cluster -c velib up`\n";
        assert_eq!(ran.err, said);
        for line in ["exec dump-log --files x", "exec acls --bootstrap-server other:9092"] {
            assert!(!run(stopped(), line).fake.replaced_by().is_empty(), "{line}");
        }
    }

    #[test]
    fn a_tool_that_the_jars_do_not_have_is_refused_before_a_jvm_is_started() {
        let ran = run(running(), "exec topics --list");
        assert_eq!(ran.code, ExitCode::Environment);
        let said = "error: kafka-topics needs kafka-tools-3.9.2.jar, which Kafka 3.9.2 in /opt/kafka does not have\n\
                    hint: set `kafka.home` ";
        assert!(ran.err.starts_with(said), "{}", ran.err);
        assert!(ran.fake.replaced_by().is_empty());
    }

    #[test]
    fn a_script_that_is_not_run_is_told_why_and_what_does_its_work() {
        for word in ["kafka-server-start", "server-start.sh"] {
            let ran = run(running(), &format!("exec {word} x.properties"));
            assert_eq!(ran.code, ExitCode::Usage);
            let said = "error: kafka-server-start is not run by `cluster exec`: it starts a node, ";
            assert!(ran.err.starts_with(said) && ran.err.contains("`cluster start NODE`"), "{}", ran.err);
        }
    }

    #[test]
    fn a_tool_of_other_versions_is_told_with_these() {
        for (word, said) in [
            ("kafka-groups", "hint: Kafka 4.0.2 to 4.4.0 have it; "),
            ("consumer-offset-checker", "hint: Kafka 0.10.2.2 has it; "),
        ] {
            let ran = run(running(), &format!("exec {word}"));
            assert_eq!(ran.code, ExitCode::Usage);
            assert!(ran.err.contains(said), "{}", ran.err);
        }
    }
}
