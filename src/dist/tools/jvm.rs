//! The JVM of a tool, as kafka-run-class.sh starts it.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Tool;
use crate::error::{ExitCode, Failure};
use crate::host::HostError;
use crate::host::files::{create_folder, replace};
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
    #[error("{tool} is in kafka-tools-{version}.jar, which {} does not have", libs.display())]
    NoToolsJar { tool: &'static str, version: String, libs: PathBuf },
    #[error(transparent)]
    Write(#[from] HostError),
}

impl From<ToolError> for Failure {
    fn from(error: ToolError) -> Self {
        match error {
            ToolError::NoToolsJar { .. } => Failure::new(ExitCode::Environment, error.to_string())
                .hint("set `kafka.home` in the spec to a distribution of the Apache archive"),
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
    if tool.main_class.starts_with("org.apache.kafka.tools.") && !has_tools_jar(&plan.kafka) {
        let (version, libs) = (plan.kafka.version.clone(), plan.kafka.home.join("libs"));
        return Err(ToolError::NoToolsJar { tool: tool.name, version, libs });
    }
    let version = &plan.kafka.version;
    let (logging, tmp) = (folder(plan).join(logging_name(version)), folder(plan).join("tmp"));
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

/// The Apache archive has it; Maven's dependencies of kafka 0.10 do not.
fn has_tools_jar(kafka: &KafkaPlan) -> bool {
    let names = fs::read_dir(kafka.home.join("libs")).into_iter().flatten().flatten();
    names.map(|entry| entry.file_name()).any(|name| name.to_string_lossy().starts_with("kafka-tools-"))
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::testing::write;
    use crate::dist::tools::find;
    use crate::plan::samples;

    fn plan_in(home: &Path) -> Plan {
        let mut plan = samples::plan(home, "a b");
        plan.kafka.home = home.join("kafka");
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
    fn a_distribution_without_the_tools_jar_is_told() {
        let home = tempfile::tempdir().unwrap();
        let plan = plan_in(home.path());
        let tool = find("3.9.2", "topics").unwrap();
        let error = command(&plan, tool, &[]).unwrap_err().to_string();
        assert!(error.starts_with("kafka-topics is in kafka-tools-3.9.2.jar, which "), "{error}");
        write(&plan.kafka.home.join("libs/kafka-tools-3.9.2.jar"), "x");
        assert!(command(&plan, tool, &[]).is_ok());
    }
}
