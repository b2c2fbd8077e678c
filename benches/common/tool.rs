//! Kafka's own command line tools, as their scripts start them, without the scripts' time.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use cluster::inside::Plan;
use cluster::model::ids::Role;

use super::{Home, stock};

/// Kafka's config/tools-log4j.properties.
const LOG4J: &str = "\
log4j.rootLogger=WARN, stderr
log4j.appender.stderr=org.apache.log4j.ConsoleAppender
log4j.appender.stderr.layout=org.apache.log4j.PatternLayout
log4j.appender.stderr.layout.ConversionPattern=[%d] %p %m (%c)%n
log4j.appender.stderr.Target=System.err
";

/// The tools of one cluster.
pub(crate) struct Tools {
    program: PathBuf,
    classpath: String,
    log4j: PathBuf,
    pub bootstrap_servers: String,
}

impl Tools {
    pub(crate) fn of(plan: &Plan, home: &Home) -> Self {
        let log4j = home.folder.path().join("tools-log4j.properties");
        std::fs::write(&log4j, LOG4J).unwrap();
        let brokers: Vec<String> =
            plan.of_role(Role::Broker).map(|node| format!("127.0.0.1:{}", node.ports.client)).collect();
        Tools {
            program: plan.java.program.clone(),
            classpath: plan.kafka.classpath.join(":"),
            log4j,
            bootstrap_servers: brokers.join(","),
        }
    }

    /// kafka-run-class.sh's flags for tools, then the main class.
    pub(crate) fn command(&self, main: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg("-Xmx256M")
            .args(stock::JVM)
            .arg(format!("-Dlog4j.configuration=file:{}", self.log4j.display()))
            .args(["-cp", &self.classpath, main])
            .args(arguments)
            .stderr(Stdio::null());
        command
    }

    /// What `kafka-topics --describe` says of one topic, or of all.
    pub(crate) fn describe(&self, topic: Option<&str>) -> String {
        let mut command = self.command(
            "org.apache.kafka.tools.TopicCommand",
            &["--bootstrap-server", &self.bootstrap_servers, "--describe"],
        );
        command.args(topic.iter().flat_map(|topic| ["--topic", topic]));
        String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
    }
}
