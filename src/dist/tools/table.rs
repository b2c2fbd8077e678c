//! The tools of each line of Kafka versions: name, main class and `-Xmx` as in Kafka's bin/*.sh, the
//! connection as in the options of the class.
//!
//! Left out are tools that do nothing in a cluster of plaintext brokers (delegation tokens) and those that get their connections from files (MirrorMaker, Connect).

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

pub(super) const ARGPARSE: &str = "net.sourceforge.argparse4j.ArgumentParsers";

const fn brokers(flag: &'static str, others: &'static [&'static str]) -> Connect {
    Connect::Flag { flag, to: Service::Brokers, others }
}

const BOOTSTRAP: Connect = brokers("--bootstrap-server", &[]);
const BOOTSTRAP_OR_CONTROLLER: Connect = brokers("--bootstrap-server", &["--bootstrap-controller"]);
/// `--broker-list` is an older name for the same.
const BOOTSTRAP_OR_LIST: Connect = brokers("--bootstrap-server", &["--broker-list"]);
/// Tools that can connect to ZooKeeper instead.
const BOOTSTRAP_OR_ZOOKEEPER: Connect = brokers("--bootstrap-server", &["--zookeeper"]);
const BROKER_LIST: Connect = brokers("--broker-list", &[]);
const ZOOKEEPER: Connect = Connect::Flag { flag: "--zookeeper", to: Service::ZooKeeper, others: &[] };
const PRODUCER_PROPS: Connect =
    Connect::Property { flag: "--producer-props", key: "bootstrap.servers", to: Service::Brokers };
/// zookeeper-shell.sh puts `-server` in front of its arguments.
const SHELL: Connect = Connect::First { before: Some("-server"), to: Service::ZooKeeper };

pub(super) const KAFKA_3_9: &[Tool] = &[
    tool(
        "kafka-acls",
        "kafka.admin.AclCommand",
        brokers("--bootstrap-server", &["--bootstrap-controller", "--authorizer", "--authorizer-properties"]),
    ),
    tool("kafka-broker-api-versions", "kafka.admin.BrokerApiVersionsCommand", BOOTSTRAP),
    tool(
        "kafka-cluster",
        "org.apache.kafka.tools.ClusterTool",
        Connect::AfterSubcommand { flag: "--bootstrap-server", to: Service::Brokers },
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
    tool("kafka-delete-records", "org.apache.kafka.tools.DeleteRecordsCommand", BOOTSTRAP),
    tool("kafka-dump-log", "kafka.tools.DumpLogSegments", Connect::Nowhere),
    tool(
        "kafka-e2e-latency",
        "org.apache.kafka.tools.EndToEndLatency",
        Connect::First { before: None, to: Service::Brokers },
    ),
    tool("kafka-features", "org.apache.kafka.tools.FeatureCommand", BOOTSTRAP_OR_CONTROLLER),
    tool("kafka-get-offsets", "org.apache.kafka.tools.GetOffsetShell", BOOTSTRAP_OR_LIST),
    tool("kafka-leader-election", "org.apache.kafka.tools.LeaderElectionCommand", BOOTSTRAP),
    tool("kafka-log-dirs", "org.apache.kafka.tools.LogDirsCommand", BOOTSTRAP),
    tool("kafka-metadata-quorum", "org.apache.kafka.tools.MetadataQuorumCommand", BOOTSTRAP_OR_CONTROLLER),
    parsed("kafka-producer-perf-test", "org.apache.kafka.tools.ProducerPerformance", PRODUCER_PROPS),
    tool(
        "kafka-reassign-partitions",
        "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
        BOOTSTRAP_OR_CONTROLLER,
    ),
    tool("kafka-replica-verification", "org.apache.kafka.tools.ReplicaVerificationTool", BROKER_LIST),
    large(
        "kafka-streams-application-reset",
        "org.apache.kafka.tools.StreamsResetter",
        brokers("--bootstrap-server", &["--bootstrap-servers"]),
    ),
    tool("kafka-topics", "org.apache.kafka.tools.TopicCommand", BOOTSTRAP),
    tool("kafka-transactions", "org.apache.kafka.tools.TransactionsCommand", BOOTSTRAP),
    parsed("kafka-verifiable-consumer", "org.apache.kafka.tools.VerifiableConsumer", BOOTSTRAP_OR_LIST),
    parsed("kafka-verifiable-producer", "org.apache.kafka.tools.VerifiableProducer", BOOTSTRAP_OR_LIST),
    tool("zookeeper-shell", "org.apache.zookeeper.ZooKeeperMainWithTlsSupportForKafka", SHELL),
];

/// Those of 3.9 that 4.0 still has, where it has them, and its own.
pub(super) static KAFKA_4_0: LazyLock<Vec<Tool>> = LazyLock::new(|| {
    const GONE: &[&str] = &["kafka-replica-verification", "zookeeper-shell"];
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
    ];
    let kept = KAFKA_3_9.iter().filter(|tool| !GONE.contains(&tool.name)).copied();
    let mut tools: Vec<Tool> = kept.chain(own).map(|tool| moved(tool, MOVED)).collect();
    tools.sort_by_key(|tool| tool.name);
    tools
});

pub(super) static KAFKA_4_3: LazyLock<Vec<Tool>> = LazyLock::new(|| {
    const MOVED: &[(&str, &str)] = &[("kafka-dump-log", "org.apache.kafka.tools.DumpLogSegments")];
    let own = [
        tool("kafka-share-groups", "org.apache.kafka.tools.consumer.group.ShareGroupCommand", BOOTSTRAP),
        tool("kafka-streams-groups", "org.apache.kafka.tools.streams.StreamsGroupCommand", BOOTSTRAP),
    ];
    let mut tools: Vec<Tool> = KAFKA_4_0.iter().map(|tool| moved(*tool, MOVED)).chain(own).collect();
    tools.sort_by_key(|tool| tool.name);
    tools
});

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
        ("kafka-cluster", &[2, 8]),
        ("kafka-features", &[2, 7]),
        ("kafka-leader-election", &[2, 4]),
        ("kafka-metadata-quorum", &[3, 3]),
        ("kafka-transactions", &[3, 0]),
    ];
    /// Until this version each was in another package.
    const WAS: &[(&str, &[u32], &str)] = &[
        ("kafka-cluster", &[3, 5], "kafka.tools.ClusterTool"),
        ("kafka-console-consumer", &[3, 8], "kafka.tools.ConsoleConsumer"),
        ("kafka-consumer-groups", &[3, 8], "kafka.admin.ConsumerGroupCommand"),
        ("kafka-consumer-perf-test", &[3, 5], "kafka.tools.ConsumerPerformance"),
        ("kafka-delete-records", &[3, 6], "kafka.admin.DeleteRecordsCommand"),
        ("kafka-e2e-latency", &[3, 5], "kafka.tools.EndToEndLatency"),
        ("kafka-features", &[3, 6], "kafka.admin.FeatureCommand"),
        ("kafka-get-offsets", &[3, 7], "kafka.tools.GetOffsetShell"),
        ("kafka-leader-election", &[3, 7], "kafka.admin.LeaderElectionCommand"),
        ("kafka-log-dirs", &[3, 6], "kafka.admin.LogDirsCommand"),
        ("kafka-metadata-quorum", &[3, 4], "kafka.admin.MetadataQuorumCommand"),
        ("kafka-reassign-partitions", &[3, 7], "kafka.admin.ReassignPartitionsCommand"),
        ("kafka-replica-verification", &[3, 6], "kafka.tools.ReplicaVerificationTool"),
        ("kafka-streams-application-reset", &[3, 5], "kafka.tools.StreamsResetter"),
        ("kafka-topics", &[3, 7], "kafka.admin.TopicCommand"),
    ];
    let has = |tool: &&Tool| SINCE.iter().all(|(name, since)| *name != tool.name || line >= *since);
    let class = |tool: &Tool| {
        let was = WAS.iter().find(|(name, until, _)| *name == tool.name && line < *until);
        was.map_or(tool.main_class, |(_, _, class)| *class)
    };
    let mut tools: Vec<Tool> =
        KAFKA_3_9.iter().filter(has).map(|tool| Tool { main_class: class(tool), ..*tool }).collect();
    if line < [3].as_slice() {
        const ELECTION: &str = "kafka-preferred-replica-election";
        tools.push(tool(ELECTION, "kafka.admin.PreferredReplicaLeaderElectionCommand", BOOTSTRAP));
        // The last that can do without brokers, too.
        let either = [ELECTION, "kafka-reassign-partitions", "kafka-topics"];
        let with_zookeeper = tools.iter_mut().filter(|tool| either.contains(&tool.name));
        with_zookeeper.for_each(|tool| tool.connect = BOOTSTRAP_OR_ZOOKEEPER);
    }
    tools.sort_by_key(|tool| tool.name);
    tools
}

/// Those of 0.10.2, and its own.
pub(super) static KAFKA_1: LazyLock<Vec<Tool>> = LazyLock::new(|| {
    let own = [
        tool("kafka-delete-records", "kafka.admin.DeleteRecordsCommand", BOOTSTRAP),
        tool("kafka-log-dirs", "kafka.admin.LogDirsCommand", BOOTSTRAP),
    ];
    let mut tools: Vec<Tool> = KAFKA_0_10_2.iter().copied().chain(own).collect();
    tools.sort_by_key(|tool| tool.name);
    tools
});

pub(super) const KAFKA_0_10_2: &[Tool] = &[
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
    tool("kafka-preferred-replica-election", "kafka.admin.PreferredReplicaLeaderElectionCommand", ZOOKEEPER),
    parsed("kafka-producer-perf-test", "org.apache.kafka.tools.ProducerPerformance", PRODUCER_PROPS),
    tool("kafka-reassign-partitions", "kafka.admin.ReassignPartitionsCommand", ZOOKEEPER),
    tool("kafka-replica-verification", "kafka.tools.ReplicaVerificationTool", BROKER_LIST),
    tool("kafka-simple-consumer-shell", "kafka.tools.SimpleConsumerShell", BROKER_LIST),
    tool("kafka-topics", "kafka.admin.TopicCommand", ZOOKEEPER),
    parsed("kafka-verifiable-consumer", "org.apache.kafka.tools.VerifiableConsumer", BROKER_LIST),
    parsed("kafka-verifiable-producer", "org.apache.kafka.tools.VerifiableProducer", BROKER_LIST),
    tool("zookeeper-shell", "org.apache.zookeeper.ZooKeeperMain", SHELL),
];
