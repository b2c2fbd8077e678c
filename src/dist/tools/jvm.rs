//! The JVM of a tool, as kafka-run-class.sh starts it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::secured::PlainOnly;
use super::{Tool, classes};
use crate::error::{ExitCode, Failure};
use crate::host::files::{create_folder, replace};
use crate::host::{HostError, owner};
use crate::plan::layout::logging_name;
use crate::plan::logging_flag;
use crate::plan::model::{KafkaPlan, Plan};
use crate::plan::version::at_least;

/// Kafka's config/tools-log4j.properties: warnings go to standard error, results have standard output.
const LOG4J: &str = "\
# Logging of the tools that `cluster exec` runs; written anew by it.
log4j.rootLogger=WARN, stderr

log4j.appender.stderr=org.apache.log4j.ConsoleAppender
log4j.appender.stderr.layout=org.apache.log4j.PatternLayout
log4j.appender.stderr.layout.ConversionPattern=[%d] %p %m (%c)%n
log4j.appender.stderr.Target=System.err
";

/// The same for log4j 2, which Kafka has since 4.0.
const LOG4J2: &str = "\
# Logging of the tools that `cluster exec` runs; written anew by it.
rootLogger.level=WARN
rootLogger.appenderRef.stderr.ref=stderr

appender.stderr.type=Console
appender.stderr.name=stderr
appender.stderr.target=SYSTEM_ERR
appender.stderr.layout.type=PatternLayout
appender.stderr.layout.pattern=[%d] %p %m (%c)%n
";

/// The user's own flags for the JVM, by the variables of kafka-run-class.sh.
const OPTIONS: &[&str] =
    &["KAFKA_HEAP_OPTS", "KAFKA_JVM_PERFORMANCE_OPTS", "KAFKA_LOG4J_OPTS", "KAFKA_JMX_OPTS", "KAFKA_OPTS"];

/// Why a tool cannot be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ToolError {
    /// The JVM would say `Could not find or load main class`. `needs`: a jar of Kafka's, or a class.
    #[error("{tool} needs {needs}, which Kafka {version} in {} does not have", home.display())]
    NotThere { tool: &'static str, needs: String, version: String, home: PathBuf },
    #[error(transparent)]
    PlainOnly(#[from] PlainOnly),
    #[error(transparent)]
    Write(#[from] HostError),
}

impl From<ToolError> for Failure {
    fn from(error: ToolError) -> Self {
        let text = error.to_string();
        match error {
            ToolError::NotThere { needs, version, .. } => {
                let whole = "set `kafka.home` in the spec to a distribution of the Apache archive, which has all jars";
                // Maven Central has no such jar of 4.4.0. Nodes of a newer version go along with tools of an older one.
                let is_of_4_4 = at_least(&version, &[4, 4]) && needs.starts_with("kafka-tools-");
                let hint = match is_of_4_4 {
                    true => format!(
                        "{whole}, or `kafka.version` to 4.3 and the `version` of all its nodes to {version}"
                    ),
                    false => whole.to_owned(),
                };
                Failure::new(ExitCode::Environment, text).hint(hint)
            }
            ToolError::PlainOnly(_) => Failure::new(ExitCode::Usage, text),
            ToolError::Write(error) => error.into(),
        }
    }
}

/// Where tools have their log settings and temporary files.
pub(crate) fn folder(plan: &Plan) -> PathBuf {
    plan.dir.join("tools")
}

/// The tool with these arguments, in the user's environment and current folder. Writes what it needs
/// below [`folder`].
pub(crate) fn command(plan: &Plan, tool: &Tool, arguments: &[OsString]) -> Result<Command, ToolError> {
    must_be_there(&plan.kafka, tool)?;
    let version = &plan.kafka.version;
    let (logging, tmp) = (folder(plan).join(logging_name(version)), folder(plan).join("tmp"));
    owner::check(&plan.dir)?;
    create_folder(&tmp)?;
    let text = if at_least(version, &[4]) { LOG4J2 } else { LOG4J };
    replace(&logging, text.as_bytes())?;
    let mut command = Command::new(&plan.java.program);
    command.args(flags(plan, tool, &logging, &tmp));
    command.args(OPTIONS.iter().filter_map(|name| env::var(name).ok()).flat_map(|value| words(&value)));
    command.arg("-cp").arg(plan.kafka.classpath.join(":")).arg(tool.main_class).args(arguments);
    Ok(command)
}

fn flags(plan: &Plan, tool: &Tool, logging: &Path, tmp: &Path) -> Vec<String> {
    let mut flags = vec![
        format!("-Xmx{}M", tool.heap_mib),
        "-Djava.awt.headless=true".to_owned(),
        // The JVM would write its counters below /tmp/hsperfdata_<user>, libraries their native code
        // to /tmp.
        "-XX:-UsePerfData".to_owned(),
        format!("-Djava.io.tmpdir={}", tmp.display()),
        logging_flag(&plan.kafka.version, logging),
    ];
    if let Some(archive) = &plan.class_data {
        flags.push(format!("-XX:SharedArchiveFile={}", archive.display()));
        // What a JVM says of an archive that it cannot use goes to standard output by default.
        flags.extend(["-Xshare:auto", "-Xlog:disable", "-Xlog:all=error:stderr"].map(str::to_owned));
    }
    flags
}

/// What Maven fetches has fewer jars than the Apache archive.
fn must_be_there(kafka: &KafkaPlan, tool: &Tool) -> Result<(), ToolError> {
    let classes = [Some(tool.main_class), tool.needs].into_iter().flatten();
    let Some(class) = classes::missing(&kafka.classpath, classes) else { return Ok(()) };
    let (version, home) = (kafka.version.clone(), kafka.home.clone());
    let needs = classes::jar_of(class, &version).unwrap_or_else(|| format!("the class {class}"));
    Err(ToolError::NotThere { tool: tool.name, needs, version, home })
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::dist::testing::write_jar;
    use crate::dist::tools::find;
    use crate::dist::tools::table::ARGPARSE;
    use crate::plan::samples;

    fn plan_in(home: &Path) -> Plan {
        let mut plan = samples::plan(home, "a b");
        plan.kafka.home = home.join("kafka");
        plan.kafka.classpath = vec![home.join("kafka/libs/*").display().to_string()];
        write_jar(&home.join("kafka/libs/kafka_2.13-3.9.2.jar"), &["kafka.tools.DumpLogSegments"]);
        plan
    }

    #[test]
    fn a_tool_gets_its_class_its_log_settings_and_nothing_outside_the_cluster() {
        let home = tempfile::tempdir().unwrap();
        let mut plan = plan_in(home.path());
        plan.class_data = Some("/cache/a.jsa".into());
        let tool = find("3.9.2", "dump-log").unwrap();
        let command = command(&plan, tool, &["--files".into(), "x y".into()]).unwrap();
        let argv: Vec<_> = command.get_args().map(|word| word.to_str().unwrap()).collect();
        assert_eq!(command.get_program(), "/usr/bin/java");
        assert!(argv.ends_with(&["kafka.tools.DumpLogSegments", "--files", "x y"]), "{argv:?}");
        assert!(argv.contains(&"-Xmx256M") && argv.contains(&"-XX:SharedArchiveFile=/cache/a.jsa"));
        assert!(argv.contains(&&*format!("-Djava.io.tmpdir={}", plan.dir.join("tools/tmp").display())));
        assert!(argv.iter().any(|word| word.ends_with("/a%20b/tools/log4j.properties")), "{argv:?}");
        assert_eq!(fs::read_to_string(plan.dir.join("tools/log4j.properties")).unwrap(), LOG4J);
    }

    #[test]
    fn a_tool_whose_class_is_in_no_jar_is_refused_with_the_jar_that_it_is_in() {
        let home = tempfile::tempdir().unwrap();
        let mut plan = plan_in(home.path());
        let refusal =
            |plan: &Plan, tool| Failure::from(command(plan, find("3.9.2", tool).unwrap(), &[]).unwrap_err());
        let refused = refusal(&plan, "topics");
        assert_eq!(refused.code, ExitCode::Environment);
        let said = "kafka-topics needs kafka-tools-3.9.2.jar, which Kafka 3.9.2 in ";
        assert!(refused.message.starts_with(said), "{refused:?}");
        assert!(!refused.hint.unwrap().contains("4.3"));
        assert!(!plan.dir.join("tools").exists(), "nothing is written");
        // Nodes of 4.4 that have the tools of 4.3 are what there is without the Apache archive.
        plan.kafka.version = "4.4.0".into();
        assert!(refusal(&plan, "topics").hint.unwrap().contains("`kafka.version` to 4.3"));
        plan.kafka.version = "3.9.2".into();
        let tools = plan.kafka.home.join("libs/kafka-tools-3.9.2.jar");
        let classes =
            ["TopicCommand", "ProducerPerformance"].map(|name| format!("org.apache.kafka.tools.{name}"));
        write_jar(&tools, &classes.each_ref().map(String::as_str));
        assert!(command(&plan, find("3.9.2", "topics").unwrap(), &[]).is_ok());
        // The jar is there, and what it needs is not.
        let refused = refusal(&plan, "producer-perf-test").message;
        assert!(
            refused.contains("needs the class net.sourceforge.argparse4j.ArgumentParsers, "),
            "{refused}"
        );
        write_jar(&plan.kafka.home.join("libs/argparse4j-0.7.0.jar"), &[ARGPARSE]);
        assert!(command(&plan, find("3.9.2", "producer-perf-test").unwrap(), &[]).is_ok());
    }
}
