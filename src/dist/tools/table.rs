//! The tools of each line of Kafka versions: name, main class and `-Xmx` as in Kafka's bin/*.sh, the
//! connection as in the options of the class. Whether a cluster's jars have the class is asked when it is run.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::Tool;
use super::connect::{Connect, Service};

const fn tool(name: &'static str, main_class: &'static str, connect: Connect) -> Tool {
    // KAFKA_HEAP_OPTS of kafka-run-class.sh.
    Tool { name, main_class, needs: None, connect, heap_mib: 256 }
}

/// A tool whose script sets KAFKA_HEAP_OPTS to `-Xmx512M`.
const fn large(name: &'static str, main_class: &'static str, connect: Connect) -> Tool {
    Tool { heap_mib: 512, ..tool(name, main_class, connect) }
}

/// A [`large`] tool whose options are read by argparse4j, which not every broker comes with.
const fn parsed(name: &'static str, main_class: &'static str, connect: Connect) -> Tool {
    Tool { needs: Some(ARGPARSE), ..large(name, main_class, connect) }
}

/// Connect's workers and what is made of them, whose files of settings say where the brokers are.
const fn connect(name: &'static str, main_class: &'static str) -> Tool {
    Tool { heap_mib: 2048, ..tool(name, main_class, Connect::Nowhere) }
}

pub(super) const ARGPARSE: &str = "net.sourceforge.argparse4j.ArgumentParsers";

const fn brokers(flag: &'static str, others: &'static [&'static str]) -> Connect {
    Connect::Flag { flag, to: Service::Brokers, others }
}

const BOOTSTRAP: Connect = brokers("--bootstrap-server", &[]);
const BOOTSTRAP_OR_CONTROLLER: Connect = brokers("--bootstrap-server", &["--bootstrap-controller"]);
/// `--broker-list` is an older name for the same.
const BOOTSTRAP_OR_LIST: Connect = brokers("--bootstrap-server", &["--broker-list"]);
const BOOTSTRAP_SERVERS: Connect = brokers("--bootstrap-servers", &[]);
/// Tools that can connect to ZooKeeper instead.
const BOOTSTRAP_OR_ZOOKEEPER: Connect = brokers("--bootstrap-server", &["--zookeeper"]);
const BROKER_LIST: Connect = brokers("--broker-list", &[]);
const ZOOKEEPER: Connect = Connect::Flag { flag: "--zookeeper", to: Service::ZooKeeper, others: &[] };
const MIGRATION: Connect = Connect::Flag { flag: "--zookeeper.connect", to: Service::ZooKeeper, others: &[] };
const PRODUCER_PROPS: Connect =
    Connect::Property { flag: "--producer-props", key: "bootstrap.servers", to: Service::Brokers };
/// zookeeper-shell.sh puts `-server` in front of its arguments.
const SHELL: Connect = Connect::First { before: Some("-server"), to: Service::ZooKeeper };

pub(super) const KAFKA_3_9: &[Tool] = &[
    connect("connect-distributed", "org.apache.kafka.connect.cli.ConnectDistributed"),
    connect("connect-mirror-maker", "org.apache.kafka.connect.mirror.MirrorMaker"),
    Tool {
        needs: Some("org.apache.kafka.connect.runtime.isolation.PluginScanner"),
        ..tool("connect-plugin-path", "org.apache.kafka.tools.ConnectPluginPath", Connect::Nowhere)
    },
    connect("connect-standalone", "org.apache.kafka.connect.cli.ConnectStandalone"),
    tool(
        "kafka-acls",
        "kafka.admin.AclCommand",
        brokers("--bootstrap-server", &["--bootstrap-controller", "--authorizer", "--authorizer-properties"]),
    ),
    tool("kafka-broker-api-versions", "kafka.admin.BrokerApiVersionsCommand", BOOTSTRAP),
    tool("kafka-client-metrics", "org.apache.kafka.tools.ClientMetricsCommand", BOOTSTRAP),
    tool(
        "kafka-cluster",
        "org.apache.kafka.tools.ClusterTool",
        Connect::AfterSubcommand {
            flag: "--bootstrap-server",
            to: Service::Brokers,
            others: &["--bootstrap-controller"],
        },
    ),
    tool(
        "kafka-configs",
        "kafka.admin.ConfigCommand",
        brokers("--bootstrap-server", &["--bootstrap-controller", "--zookeeper"]),
    ),
    large("kafka-console-consumer", "org.apache.kafka.tools.consumer.ConsoleConsumer", BOOTSTRAP),
    large("kafka-console-producer", "kafka.tools.ConsoleProducer", BOOTSTRAP_OR_LIST),
    tool("kafka-consumer-groups", "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", BOOTSTRAP),
    large("kafka-consumer-perf-test", "org.apache.kafka.tools.ConsumerPerformance", BOOTSTRAP_OR_LIST),
    tool("kafka-delegation-tokens", "org.apache.kafka.tools.DelegationTokenCommand", BOOTSTRAP),
    tool("kafka-delete-records", "org.apache.kafka.tools.DeleteRecordsCommand", BOOTSTRAP),
    tool("kafka-dump-log", "kafka.tools.DumpLogSegments", Connect::Nowhere),
    tool(
        "kafka-e2e-latency",
        "org.apache.kafka.tools.EndToEndLatency",
        Connect::First { before: None, to: Service::Brokers },
    ),
    tool("kafka-features", "org.apache.kafka.tools.FeatureCommand", BOOTSTRAP_OR_CONTROLLER),
    tool("kafka-get-offsets", "org.apache.kafka.tools.GetOffsetShell", BOOTSTRAP_OR_LIST),
    tool("kafka-jmx", "org.apache.kafka.tools.JmxTool", Connect::Nowhere),
    tool("kafka-leader-election", "org.apache.kafka.tools.LeaderElectionCommand", BOOTSTRAP),
    tool("kafka-log-dirs", "org.apache.kafka.tools.LogDirsCommand", BOOTSTRAP),
    tool("kafka-metadata-quorum", "org.apache.kafka.tools.MetadataQuorumCommand", BOOTSTRAP_OR_CONTROLLER),
    tool("kafka-metadata-shell", "org.apache.kafka.shell.MetadataShell", Connect::Nowhere),
    tool("kafka-mirror-maker", "kafka.tools.MirrorMaker", Connect::Nowhere),
    parsed("kafka-producer-perf-test", "org.apache.kafka.tools.ProducerPerformance", PRODUCER_PROPS),
    tool(
        "kafka-reassign-partitions",
        "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
        BOOTSTRAP_OR_CONTROLLER,
    ),
    tool("kafka-replica-verification", "org.apache.kafka.tools.ReplicaVerificationTool", BROKER_LIST),
    tool("kafka-storage", "kafka.tools.StorageTool", Connect::Nowhere),
    large(
        "kafka-streams-application-reset",
        "org.apache.kafka.tools.StreamsResetter",
        brokers("--bootstrap-server", &["--bootstrap-servers"]),
    ),
    tool("kafka-topics", "org.apache.kafka.tools.TopicCommand", BOOTSTRAP),
    tool("kafka-transactions", "org.apache.kafka.tools.TransactionsCommand", BOOTSTRAP),
    parsed("kafka-verifiable-consumer", "org.apache.kafka.tools.VerifiableConsumer", BOOTSTRAP_OR_LIST),
    parsed("kafka-verifiable-producer", "org.apache.kafka.tools.VerifiableProducer", BOOTSTRAP_OR_LIST),
    tool("zookeeper-security-migration", "kafka.admin.ZkSecurityMigrator", MIGRATION),
    tool("zookeeper-shell", "org.apache.zookeeper.ZooKeeperMainWithTlsSupportForKafka", SHELL),
];

/// Those of 3.9 that 4.0 still has, where it has them, and its own.
pub(super) static KAFKA_4_0: LazyLock<Vec<Tool>> = LazyLock::new(|| {
    const GONE: &[&str] = &["kafka-mirror-maker", "zookeeper-security-migration", "zookeeper-shell"];
    const MOVED: &[(&str, &str)] = &[
        ("kafka-acls", "org.apache.kafka.tools.AclCommand"),
        ("kafka-broker-api-versions", "org.apache.kafka.tools.BrokerApiVersionsCommand"),
        ("kafka-console-producer", "org.apache.kafka.tools.ConsoleProducer"),
    ];
    let own = [
        large(
            "kafka-console-share-consumer",
            "org.apache.kafka.tools.consumer.ConsoleShareConsumer",
            BOOTSTRAP,
        ),
        tool("kafka-groups", "org.apache.kafka.tools.GroupsCommand", BOOTSTRAP),
        tool("kafka-share-groups", "org.apache.kafka.tools.consumer.group.ShareGroupCommand", BOOTSTRAP),
    ];
    let kept: Vec<Tool> = KAFKA_3_9.iter().filter(|tool| !GONE.contains(&tool.name)).copied().collect();
    next(&kept, MOVED, &own)
});

pub(super) static KAFKA_4_1: LazyLock<Vec<Tool>> = LazyLock::new(|| {
    let own = [
        large("kafka-share-consumer-perf-test", "org.apache.kafka.tools.ShareConsumerPerformance", BOOTSTRAP),
        tool("kafka-streams-groups", "org.apache.kafka.tools.streams.StreamsGroupCommand", BOOTSTRAP),
        parsed(
            "kafka-verifiable-share-consumer",
            "org.apache.kafka.tools.VerifiableShareConsumer",
            BOOTSTRAP,
        ),
    ];
    next(&KAFKA_4_0, &[], &own)
});

/// What had no names for its arguments, or a flag of its own for properties, has those of the others (KIP-1147).
pub(super) static KAFKA_4_2: LazyLock<Vec<Tool>> = LazyLock::new(|| {
    const PROPERTY: &[&str] =
        &["bootstrap.servers", "--command-property=bootstrap.servers", "--producer-props=bootstrap.servers"];
    let mut tools = KAFKA_4_1.clone();
    for tool in &mut tools {
        match tool.name {
            "kafka-e2e-latency" => {
                tool.connect = Connect::FirstOrFlag { flag: "--bootstrap-server", to: Service::Brokers };
            }
            "kafka-producer-perf-test" => tool.connect = brokers("--bootstrap-server", PROPERTY),
            _ => {}
        }
    }
    tools
});

pub(super) static KAFKA_4_3: LazyLock<Vec<Tool>> =
    LazyLock::new(|| next(&KAFKA_4_2, &[("kafka-dump-log", "org.apache.kafka.tools.DumpLogSegments")], &[]));

/// The broker's jar has no `kafka.admin` any more.
pub(super) static KAFKA_4_4: LazyLock<Vec<Tool>> =
    LazyLock::new(|| next(&KAFKA_4_3, &[("kafka-configs", "org.apache.kafka.tools.ConfigCommand")], &[]));

/// Those of one line, where the next has them, and its own.
fn next(before: &[Tool], to: &[(&str, &'static str)], own: &[Tool]) -> Vec<Tool> {
    let mut tools: Vec<Tool> = before.iter().chain(own).map(|tool| moved(*tool, to)).collect();
    tools.sort_by_key(|tool| tool.name);
    tools
}

fn moved(tool: Tool, to: &[(&str, &'static str)]) -> Tool {
    let class = to.iter().find(|(name, _)| *name == tool.name).map(|(_, class)| *class);
    Tool { main_class: class.unwrap_or(tool.main_class), ..tool }
}

/// Tools of a line from 2.0 to 3.8, by the beginning of its versions.
type Lines = LazyLock<BTreeMap<(u32, u32), Vec<Tool>>>;

/// Those of 3.9 that a version before it has, where it has them.
pub(super) fn before_3_9(version: &str) -> &'static [Tool] {
    static LINES: Lines = LazyLock::new(|| {
        let minors = (0..=8).flat_map(|minor| [(2, minor), (3, minor)]);
        minors.map(|(major, minor)| ((major, minor), line_before_3_9(&[major, minor]))).collect()
    });
    let mut numbers = version.split('.').map_while(|part| part.parse::<u32>().ok());
    let line = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    LINES.get(&line).map_or(KAFKA_3_9, Vec::as_slice)
}

fn line_before_3_9(line: &[u32]) -> Vec<Tool> {
    /// Each was there from this version on.
    const SINCE: &[(&str, &[u32])] = &[
        ("connect-mirror-maker", &[2, 4]),
        ("connect-plugin-path", &[3, 6]),
        ("kafka-client-metrics", &[3, 7]),
        ("kafka-cluster", &[2, 8]),
        ("kafka-features", &[2, 7]),
        ("kafka-leader-election", &[2, 4]),
        ("kafka-metadata-quorum", &[3, 3]),
        ("kafka-metadata-shell", &[2, 8]),
        ("kafka-storage", &[2, 8]),
        ("kafka-transactions", &[3, 0]),
    ];
    /// Until this version each was in another package.
    const WAS: &[(&str, &[u32], &str)] = &[
        ("kafka-cluster", &[3, 5], "kafka.tools.ClusterTool"),
        ("kafka-console-consumer", &[3, 8], "kafka.tools.ConsoleConsumer"),
        ("kafka-consumer-groups", &[3, 8], "kafka.admin.ConsumerGroupCommand"),
        ("kafka-consumer-perf-test", &[3, 5], "kafka.tools.ConsumerPerformance"),
        ("kafka-delegation-tokens", &[3, 5], "kafka.admin.DelegationTokenCommand"),
        ("kafka-delete-records", &[3, 6], "kafka.admin.DeleteRecordsCommand"),
        ("kafka-e2e-latency", &[3, 5], "kafka.tools.EndToEndLatency"),
        ("kafka-features", &[3, 6], "kafka.admin.FeatureCommand"),
        ("kafka-get-offsets", &[3, 7], "kafka.tools.GetOffsetShell"),
        ("kafka-jmx", &[3, 5], "kafka.tools.JmxTool"),
        ("kafka-leader-election", &[3, 7], "kafka.admin.LeaderElectionCommand"),
        ("kafka-log-dirs", &[3, 6], "kafka.admin.LogDirsCommand"),
        ("kafka-metadata-quorum", &[3, 4], "kafka.admin.MetadataQuorumCommand"),
        ("kafka-reassign-partitions", &[3, 7], "kafka.admin.ReassignPartitionsCommand"),
        ("kafka-replica-verification", &[3, 6], "kafka.tools.ReplicaVerificationTool"),
        ("kafka-streams-application-reset", &[3, 5], "kafka.tools.StreamsResetter"),
        ("kafka-topics", &[3, 7], "kafka.admin.TopicCommand"),
    ];
    /// Until this version each was told where the cluster is by another option.
    const TOLD: &[(&str, &[u32], Connect)] = &[
        // KIP-635.
        ("kafka-get-offsets", &[3], BROKER_LIST),
        // The last that can do without brokers, too.
        ("kafka-reassign-partitions", &[3], BOOTSTRAP_OR_ZOOKEEPER),
        // KIP-865.
        ("kafka-streams-application-reset", &[3, 4], BOOTSTRAP_SERVERS),
        ("kafka-topics", &[3], BOOTSTRAP_OR_ZOOKEEPER),
    ];
    let has = |tool: &&Tool| SINCE.iter().all(|(name, since)| *name != tool.name || line >= *since);
    let class = |tool: &Tool| {
        let was = WAS.iter().find(|(name, until, _)| *name == tool.name && line < *until);
        was.map_or(tool.main_class, |(_, _, class)| *class)
    };
    let connect = |tool: &Tool| {
        let told = TOLD.iter().find(|(name, until, _)| *name == tool.name && line < *until);
        told.map_or(tool.connect, |(_, _, connect)| *connect)
    };
    let mut tools: Vec<Tool> = KAFKA_3_9
        .iter()
        .filter(has)
        .map(|tool| Tool { main_class: class(tool), connect: connect(tool), ..*tool })
        .collect();
    if line < [3].as_slice() {
        const ELECTION: &str = "kafka-preferred-replica-election";
        let class = "kafka.admin.PreferredReplicaLeaderElectionCommand";
        tools.push(tool(ELECTION, class, BOOTSTRAP_OR_ZOOKEEPER));
    }
    tools.sort_by_key(|tool| tool.name);
    tools
}

/// Those of 0.10.2, and its own.
pub(super) static KAFKA_1: LazyLock<Vec<Tool>> = LazyLock::new(|| {
    /// With brokers alone since 1.0.
    const RESET: &str = "kafka-streams-application-reset";
    /// Brokers for their own settings (KIP-226), which the user has to name: all others are in ZooKeeper.
    const CONFIGS: Connect =
        Connect::Flag { flag: "--zookeeper", to: Service::ZooKeeper, others: &["--bootstrap-server"] };
    let own = [
        tool("kafka-configs", "kafka.admin.ConfigCommand", CONFIGS),
        tool("kafka-delegation-tokens", "kafka.admin.DelegationTokenCommand", BOOTSTRAP),
        tool("kafka-delete-records", "kafka.admin.DeleteRecordsCommand", BOOTSTRAP),
        tool("kafka-log-dirs", "kafka.admin.LogDirsCommand", BOOTSTRAP),
        large(RESET, "kafka.tools.StreamsResetter", BOOTSTRAP_SERVERS),
    ];
    let others = ["kafka-configs", "kafka-consumer-offset-checker", RESET];
    let kept: Vec<Tool> = KAFKA_0_10_2.iter().filter(|tool| !others.contains(&tool.name)).copied().collect();
    next(&kept, &[], &own)
});

pub(super) const KAFKA_0_10_2: &[Tool] = &[
    connect("connect-distributed", "org.apache.kafka.connect.cli.ConnectDistributed"),
    connect("connect-standalone", "org.apache.kafka.connect.cli.ConnectStandalone"),
    tool(
        "kafka-acls",
        "kafka.admin.AclCommand",
        Connect::Property {
            flag: "--authorizer-properties",
            key: "zookeeper.connect",
            to: Service::ZooKeeper,
        },
    ),
    tool("kafka-broker-api-versions", "kafka.admin.BrokerApiVersionsCommand", BOOTSTRAP),
    tool("kafka-configs", "kafka.admin.ConfigCommand", ZOOKEEPER),
    large("kafka-console-consumer", "kafka.tools.ConsoleConsumer", BOOTSTRAP_OR_ZOOKEEPER),
    large("kafka-console-producer", "kafka.tools.ConsoleProducer", BROKER_LIST),
    tool("kafka-consumer-groups", "kafka.admin.ConsumerGroupCommand", BOOTSTRAP_OR_ZOOKEEPER),
    tool("kafka-consumer-offset-checker", "kafka.tools.ConsumerOffsetChecker", ZOOKEEPER),
    large(
        "kafka-consumer-perf-test",
        "kafka.tools.ConsumerPerformance",
        brokers("--broker-list", &["--zookeeper"]),
    ),
    tool("kafka-dump-log", "kafka.tools.DumpLogSegments", Connect::Nowhere),
    tool(
        "kafka-e2e-latency",
        "kafka.tools.EndToEndLatency",
        Connect::First { before: None, to: Service::Brokers },
    ),
    tool("kafka-get-offsets", "kafka.tools.GetOffsetShell", BROKER_LIST),
    tool("kafka-jmx", "kafka.tools.JmxTool", Connect::Nowhere),
    tool("kafka-mirror-maker", "kafka.tools.MirrorMaker", Connect::Nowhere),
    tool("kafka-preferred-replica-election", "kafka.admin.PreferredReplicaLeaderElectionCommand", ZOOKEEPER),
    parsed("kafka-producer-perf-test", "org.apache.kafka.tools.ProducerPerformance", PRODUCER_PROPS),
    tool("kafka-reassign-partitions", "kafka.admin.ReassignPartitionsCommand", ZOOKEEPER),
    tool(
        "kafka-replay-log-producer",
        "kafka.tools.ReplayLogProducer",
        Connect::Both([("--broker-list", Service::Brokers), ("--zookeeper", Service::ZooKeeper)]),
    ),
    tool("kafka-replica-verification", "kafka.tools.ReplicaVerificationTool", BROKER_LIST),
    tool("kafka-simple-consumer-shell", "kafka.tools.SimpleConsumerShell", BROKER_LIST),
    large(
        "kafka-streams-application-reset",
        "kafka.tools.StreamsResetter",
        Connect::Both([("--bootstrap-servers", Service::Brokers), ("--zookeeper", Service::ZooKeeper)]),
    ),
    tool("kafka-topics", "kafka.admin.TopicCommand", ZOOKEEPER),
    parsed("kafka-verifiable-consumer", "org.apache.kafka.tools.VerifiableConsumer", BROKER_LIST),
    parsed("kafka-verifiable-producer", "org.apache.kafka.tools.VerifiableProducer", BROKER_LIST),
    tool("zookeeper-security-migration", "kafka.admin.ZkSecurityMigrator", MIGRATION),
    tool("zookeeper-shell", "org.apache.zookeeper.ZooKeeperMain", SHELL),
];
