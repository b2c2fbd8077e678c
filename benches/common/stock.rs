//! The plain way: what a script would write and start, with Kafka's own settings and JVM flags.
//! Only ports, Java and the class path come from the plan, so that no profile of ours can move it.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use cluster::inside::{Identity, NodePlan, Plan, at_least, logging_flag};
use cluster::model::ids::Role;

/// config/server.properties of Kafka 3.9 and 4, without what names the host and what coordinates it.
const SERVER: &str = "\
num.network.threads=3
num.io.threads=8
socket.send.buffer.bytes=102400
socket.receive.buffer.bytes=102400
socket.request.max.bytes=104857600
num.partitions=1
num.recovery.threads.per.data.dir=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
log.retention.hours=168
log.retention.check.interval.ms=300000
group.initial.rebalance.delay.ms=0
";

/// config/zookeeper.properties, and the timing of ZooKeeper's zoo_sample.cfg, which an ensemble needs.
const ZOOKEEPER: &str = "\
maxClientCnxns=0
admin.enableServer=false
tickTime=2000
initLimit=10
syncLimit=5
";

/// kafka-run-class.sh: KAFKA_JVM_PERFORMANCE_OPTS.
pub(crate) const JVM: &[&str] = &[
    "-server",
    "-XX:+UseG1GC",
    "-XX:MaxGCPauseMillis=20",
    "-XX:InitiatingHeapOccupancyPercent=35",
    "-XX:+ExplicitGCInvokesConcurrent",
    "-XX:MaxInlineLevel=15",
    "-Djava.awt.headless=true",
];

/// config/log4j.properties as far as it does work here: INFO, to the output and to a file.
const LOG4J: &str = "\
log4j.rootLogger=INFO, stdout, file
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.stdout.layout=org.apache.log4j.PatternLayout
log4j.appender.stdout.layout.ConversionPattern=[%d] %p %m (%c)%n
log4j.appender.file=org.apache.log4j.DailyRollingFileAppender
log4j.appender.file.DatePattern='.'yyyy-MM-dd-HH
log4j.appender.file.File=${kafka.logs.dir}/server.log
log4j.appender.file.layout=org.apache.log4j.PatternLayout
log4j.appender.file.layout.ConversionPattern=[%d] %p %m (%c)%n
";

/// The same of config/log4j2.yaml, which Kafka has since 4.0.
const LOG4J2: &str = "\
rootLogger.level=INFO
rootLogger.appenderRef.stdout.ref=stdout
rootLogger.appenderRef.file.ref=file
appender.stdout.type=Console
appender.stdout.name=stdout
appender.stdout.layout.type=PatternLayout
appender.stdout.layout.pattern=[%d] %p %m (%c)%n
appender.file.type=RollingFile
appender.file.name=file
appender.file.fileName=${sys:kafka.logs.dir}/server.log
appender.file.filePattern=${sys:kafka.logs.dir}/server.log.%d{yyyy-MM-dd-HH}
appender.file.layout.type=PatternLayout
appender.file.layout.pattern=[%d] %p %m (%c)%n
appender.file.policies.type=Policies
appender.file.policies.time.type=TimeBasedTriggeringPolicy
";

/// Processes of the bench; they end with it, also when it fails.
pub(crate) struct Nodes(Vec<Child>);

impl Nodes {
    pub(crate) fn identities(&self) -> impl Iterator<Item = Identity> {
        self.0.iter().filter_map(|child| Identity::of(child.id()).unwrap())
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
        }
        for child in &mut self.0 {
            let _ = child.wait();
        }
    }
}

/// Writes the files of every node; not counted as part of the start.
pub(crate) fn write(plan: &Plan) {
    for node in &plan.nodes {
        let data = node.dir.join("data");
        fs::create_dir_all(&data).unwrap();
        let text = if has_log4j2(plan) { LOG4J2 } else { LOG4J };
        fs::write(node.dir.join("log4j.properties"), text).unwrap();
        fs::write(node.dir.join("node.properties"), properties(plan, node, &data)).unwrap();
        if node.role() == Role::ZooKeeper {
            fs::write(data.join("myid"), node.name.id.to_string()).unwrap();
        }
    }
}

fn has_log4j2(plan: &Plan) -> bool {
    at_least(&plan.kafka.version, &[4])
}

/// Starts every node, one right after the other.
pub(crate) fn start(plan: &Plan) -> Nodes {
    let mut nodes = Nodes(Vec::new());
    for node in &plan.nodes {
        let node = if plan.cluster_id.is_some() { formatted(plan, node) } else { command(plan, node) };
        nodes.0.push({ node }.spawn().unwrap());
    }
    nodes
}

/// In KRaft `kafka-storage format` comes first. The shell becomes the node.
fn formatted(plan: &Plan, node: &NodePlan) -> Command {
    let quoted = |words: &[&str]| words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let start = command(plan, node);
    let words = |command: &Command| -> Vec<String> {
        let all = std::iter::once(command.get_program()).chain(command.get_args());
        all.map(|word| word.to_string_lossy().into_owned()).collect()
    };
    let start = words(&start);
    let file = node.dir.join("node.properties").display().to_string();
    let class_path = plan.kafka.classpath.join(":");
    let program = plan.java.program.display().to_string();
    let id = plan.cluster_id.as_deref().unwrap();
    // kafka-run-class.sh gives tools 256 MiB.
    let mut format = vec![program.as_str(), "-Xmx256M"];
    format.extend(JVM);
    format.extend(["-cp", &class_path, "kafka.tools.StorageTool", "format", "-t", id, "-c", &file]);
    let start: Vec<&str> = start.iter().map(String::as_str).collect();
    let script = format!("{} && exec {}", quoted(&format), quoted(&start));
    let mut command = Command::new("sh");
    command
        .args(["-c", &script])
        .stdin(Stdio::null())
        .stdout(fs::File::create(node.dir.join("out.log")).unwrap())
        .stderr(Stdio::null());
    command
}

fn properties(plan: &Plan, node: &NodePlan, data: &Path) -> String {
    let (data, client) = (data.display(), node.ports.client);
    let servers = || plan.of_role(Role::ZooKeeper);
    match node.role() {
        Role::Broker | Role::Controller if plan.cluster_id.is_some() => kraft(plan, node, &data.to_string()),
        Role::Controller => String::new(),
        Role::Broker => {
            let ensemble: Vec<String> =
                servers().map(|server| format!("127.0.0.1:{}", server.ports.client)).collect();
            format!(
                "{SERVER}broker.id={}\nlisteners=PLAINTEXT://127.0.0.1:{client}\nlog.dirs={data}\n\
                 zookeeper.connection.timeout.ms=18000\nzookeeper.connect={}\n",
                node.name.id,
                ensemble.join(",")
            )
        }
        Role::ZooKeeper => {
            let members: String = servers()
                .filter_map(|server| {
                    let (quorum, election) = (server.ports.quorum?, server.ports.election?);
                    Some(format!("server.{}=127.0.0.1:{quorum}:{election}\n", server.name.id))
                })
                .collect();
            format!("{ZOOKEEPER}clientPort={client}\nclientPortAddress=127.0.0.1\ndataDir={data}\n{members}")
        }
    }
}

/// config/controller.properties and config/broker.properties.
fn kraft(plan: &Plan, node: &NodePlan, data: &str) -> String {
    let voters: Vec<String> = plan
        .of_role(Role::Controller)
        .map(|node| format!("{}@127.0.0.1:{}", node.name.id, node.ports.client))
        .collect();
    let (role, listener) = match node.role() {
        Role::Controller => ("controller", "CONTROLLER"),
        _ => ("broker", "PLAINTEXT"),
    };
    format!(
        "{SERVER}process.roles={role}\nnode.id={}\nlisteners={listener}://127.0.0.1:{}\nlog.dirs={data}\n\
         controller.listener.names=CONTROLLER\ncontroller.quorum.voters={}\n\
         listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT\n",
        node.name.id,
        node.ports.client,
        voters.join(",")
    )
}

/// Heaps: kafka-server-start.sh, zookeeper-server-start.sh. Their JMX and GC log are left out, which
/// can only make this way faster.
fn command(plan: &Plan, node: &NodePlan) -> Command {
    let (heap, main) = match node.role() {
        Role::Broker | Role::Controller => (["-Xmx1G", "-Xms1G"], "kafka.Kafka"),
        Role::ZooKeeper => (["-Xmx512M", "-Xms512M"], "org.apache.zookeeper.server.quorum.QuorumPeerMain"),
    };
    let mut command = Command::new(&plan.java.program);
    command
        .args(heap)
        .args(JVM)
        .arg(format!("-Dkafka.logs.dir={}", node.dir.display()))
        .arg(logging_flag(&plan.kafka.version, &node.dir.join("log4j.properties")))
        .args(["-cp", &plan.kafka.classpath.join(":"), main])
        .arg(node.dir.join("node.properties"))
        .stdin(Stdio::null())
        .stdout(fs::File::create(node.dir.join("out.log")).unwrap())
        .stderr(Stdio::null());
    command
}
