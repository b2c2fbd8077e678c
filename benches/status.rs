//! `cluster status --topic velib-stations` as a whole process against `kafka-topics --describe` of
//! the same distribution, on the same cluster, in turn.

mod common;

use std::path::Path;
use std::process::{Command, Stdio};

use cluster::ids::Role;
use common::{Home, ms, pairs, report, timed};

fn main() {
    let home = Home::new();
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("clusters/velib.yaml");
    let spec = spec.to_str().unwrap();
    home.run(&["up", spec]);
    let plan = home.plan(spec);
    let brokers: Vec<String> =
        plan.of_role(Role::Broker).map(|node| format!("127.0.0.1:{}", node.ports.client)).collect();

    let describe = || {
        // kafka-run-class.sh's own flags for tools, without the script's time.
        let mut command = Command::new(&plan.java.program);
        command
            .args(["-Xmx256M", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20"])
            .args(["-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent"])
            .args(["-Djava.awt.headless=true", "-cp", &plan.kafka.classpath.join(":")])
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

    describe();
    status();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..pairs(11) {
        ours.push(ms(timed(status)));
        theirs.push(ms(timed(describe)));
    }
    report("status against kafka-topics", "ms", &ours, &theirs);
}
