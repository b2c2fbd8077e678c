//! `cluster status --topic velib-stations` as a whole process against `kafka-topics --describe` of
//! the same distribution, on the same cluster, in turn.

mod common;

use std::path::Path;
use std::process::{Command, Stdio};

use cluster::ids::Role;
use common::{Home, ms, pairs, report, stock, timed};

/// Kafka's config/tools-log4j.properties.
const TOOLS_LOG4J: &str = "\
log4j.rootLogger=WARN, stderr
log4j.appender.stderr=org.apache.log4j.ConsoleAppender
log4j.appender.stderr.layout=org.apache.log4j.PatternLayout
log4j.appender.stderr.layout.ConversionPattern=[%d] %p %m (%c)%n
log4j.appender.stderr.Target=System.err
";

/// Surveys that the supervisor makes by itself in 20 minutes.
const SETTLED: usize = 600;

fn main() {
    let home = Home::new();
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("clusters/velib.yaml");
    let spec = spec.to_str().unwrap();
    home.run(&["up", spec]);
    let plan = home.plan(spec);
    let brokers: Vec<String> =
        plan.of_role(Role::Broker).map(|node| format!("127.0.0.1:{}", node.ports.client)).collect();

    let log4j = home.folder.path().join("tools-log4j.properties");
    std::fs::write(&log4j, TOOLS_LOG4J).unwrap();

    let describe = || {
        // kafka-run-class.sh's own flags for tools, without the script's time.
        let mut command = Command::new(&plan.java.program);
        command
            .arg("-Xmx256M")
            .args(stock::JVM)
            .arg(format!("-Dlog4j.configuration=file:{}", log4j.display()))
            .args(["-cp", &plan.kafka.classpath.join(":")])
            .args(["org.apache.kafka.tools.TopicCommand", "--bootstrap-server", &brokers.join(",")])
            .args(["--describe", "--topic", "velib-stations"])
            .stderr(Stdio::null());
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(said.matches("Partition: ").count(), 10, "kafka-topics says: {said}");
    };
    let status = || {
        let output = home.run(&["status", "--topic", "velib-stations"]);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("healthy"), "cluster says: {said}");
    };

    let compare = |what: &str| {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..pairs(11) {
            ours.push(ms(timed(status)));
            theirs.push(ms(timed(describe)));
        }
        report(what, "ms", &ours, &theirs);
    };
    // Not counted: they fill the page cache.
    describe();
    status();
    compare("status, cluster just started");
    // The nodes' JVMs compile what they have run some hundred times.
    for _ in 0..SETTLED {
        status();
    }
    compare("status, cluster has run a while");
}
