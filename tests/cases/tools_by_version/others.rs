//! Measuring, log files, security, transactions, features, the quorum, share groups, JMX, ZooKeeper.

use super::calls::{Call, call};

pub(super) const CALLS: &[Call] = &[
    call("dump-log", "dump-log --files {log}", &["starting offset: 0"]),
    call(
        "dump-log --print-data-log",
        "dump-log --files {log} --print-data-log",
        &["payload: one", "key: k4 payload: four"],
    ),
    call(
        "producer-perf-test",
        "producer-perf-test --topic bikes --num-records 20 --record-size 10 --throughput -1 \
         --producer-props acks=all",
        &["20 records sent"],
    ),
    call(
        "producer-perf-test with acks of the leader",
        "producer-perf-test --topic bikes --num-records 20 --record-size 10 --throughput -1 \
         --producer-props acks=1",
        &["20 records sent"],
    )
    .before(&[4, 2]),
    call(
        "producer-perf-test with acks of the leader",
        "producer-perf-test --topic bikes --num-records 20 --record-size 10 --throughput -1 \
         --command-property acks=1",
        &["20 records sent"],
    )
    .since(&[4, 2]),
    call("consumer-perf-test", "consumer-perf-test --topic bikes --messages 3", &["data.consumed.in.nMsg"])
        .before(&[2]),
    call(
        "consumer-perf-test",
        "consumer-perf-test --topic bikes --messages 3 --timeout 60000",
        &["data.consumed.in.nMsg"],
    )
    .since(&[2]),
    // It may have no partitions yet when it goes to their ends, and then waits for a message that it has missed.
    call("e2e-latency", "e2e-latency bikes 10 1 100", &["Avg latency: "]).before(&[2]).late(),
    call("e2e-latency", "e2e-latency bikes 10 1 100", &["Avg latency: "]).since(&[2]),
    call("e2e-latency by name", "e2e-latency", &["USAGE: "]).before(&[4, 2]).exits(1),
    call(
        "e2e-latency by name",
        "e2e-latency --topic bikes --num-records 10 --producer-acks all --record-size 100",
        &["Avg latency: "],
    )
    .since(&[4, 2]),
    call(
        "replica-verification",
        "replica-verification --topic-white-list bikes --time -1 --report-interval-ms 500",
        &["verification process is started", "max lag is 0"],
    )
    .before(&[3])
    .endless(),
    call(
        "replica-verification",
        "replica-verification --topics-include bikes --time -1 --report-interval-ms 500",
        &["verification process is started", "max lag is 0"],
    )
    .since(&[3])
    .endless(),
    call(
        "verifiable-producer",
        "verifiable-producer --topic bikes --max-messages 3 --acks -1",
        &["producer_send_success", "\"acked\":3"],
    ),
    call(
        "verifiable-consumer",
        "verifiable-consumer --topic bikes --group-id verified --max-messages 3 --reset-policy earliest",
        &["records_consumed", "shutdown_complete"],
    ),
    call(
        "streams-application-reset",
        "streams-application-reset --application-id app --input-topics bikes",
        &["for input topics [bikes]"],
    ),
    call(
        "simple-consumer-shell",
        "simple-consumer-shell --topic bikes --partition 0 --offset 3 --max-messages 1",
        &["four\n"],
    )
    .before(&[2]),
    call("consumer-offset-checker", "consumer-offset-checker --group readers --topic bikes", &["bikes"])
        .before(&[1]),
    call(
        "replay-log-producer",
        "replay-log-producer --inputtopic bikes --outputtopic docks --messages 2",
        &[],
    )
    .before(&[2]),
    call("acls --list", "acls --list", &[]).before(&[2]),
    call("acls --list", "acls --list", &["No Authorizer is configured"]).since(&[2]).exits(1),
    call(
        "delegation-tokens --describe",
        "delegation-tokens --describe --command-config {empty}",
        &["Delegation Token requests are not allowed"],
    )
    .since(&[1])
    .exits(1),
    call("transactions list", "transactions list", &["TransactionalId"]).since(&[3]),
    call("cluster cluster-id", "cluster cluster-id", &["Cluster ID: "]).since(&[2, 8]),
    call("features describe", "features --describe", &[]).since(&[2, 7]).before(&[3, 3]),
    call("features describe", "features describe", &[]).since(&[3, 3]).zookeeper(),
    call("features describe", "features describe", &["Feature: metadata.version"]).kraft(),
    call("metadata-quorum describe --status", "metadata-quorum describe --status", &["DESCRIBE_QUORUM"])
        .since(&[3, 3])
        .zookeeper()
        .exits(1),
    call("metadata-quorum describe --status", "metadata-quorum describe --status", &["LeaderId: "]).kraft(),
    call(
        "metadata-quorum describe --replication",
        "metadata-quorum describe --replication",
        &["DESCRIBE_QUORUM"],
    )
    .since(&[3, 3])
    .zookeeper()
    .exits(1),
    call(
        "metadata-quorum describe --replication",
        "metadata-quorum --bootstrap-controller {controllers} describe --replication",
        &["Leader"],
    )
    .kraft(),
    call("storage random-uuid", "storage random-uuid", &[]).since(&[2, 8]),
    call("storage info", "storage info --config {config}", &["Found log directory", "Found metadata: "])
        .since(&[2, 8]),
    call(
        "client-metrics --alter",
        "client-metrics --alter --name traced --interval 60000 --metrics org.apache.kafka.producer.",
        &["AlterConfigs is only supported for topics and brokers"],
    )
    .since(&[3, 7])
    .zookeeper()
    .exits(1),
    call(
        "client-metrics --alter",
        "client-metrics --alter --name traced --interval 60000 --metrics org.apache.kafka.producer.",
        &["Altered client metrics config for traced"],
    )
    .kraft(),
    call("client-metrics --list", "client-metrics --list", &["Unsupported"])
        .since(&[3, 7])
        .zookeeper()
        .exits(1),
    call("client-metrics --list", "client-metrics --list", &["traced\n"]).kraft(),
    call(
        "configs --alter of a group",
        "configs --alter --entity-type groups --entity-name shared \
         --add-config share.auto.offset.reset=earliest",
        &["groups"],
    )
    .before(&[4])
    .exits(1),
    call(
        "configs --alter of a group",
        "configs --alter --entity-type groups --entity-name shared \
         --add-config share.auto.offset.reset=earliest",
        &["Completed updating config for group shared"],
    )
    .since(&[4]),
    // What KIP-932 brought is in force from 4.2 on.
    call(
        "console-share-consumer",
        "console-share-consumer --topic bikes --group shared --max-messages 3 --timeout-ms 60000",
        &["UnsupportedVersionException"],
    )
    .since(&[4])
    .before(&[4, 2]),
    call(
        "console-share-consumer",
        "console-share-consumer --topic bikes --group shared --max-messages 3 --timeout-ms 60000",
        &["Processed a total of 3 messages"],
    )
    .since(&[4, 2]),
    call("share-groups --list", "share-groups --list", &[]).since(&[4]).before(&[4, 2]),
    call("share-groups --list", "share-groups --list", &["shared\n"]).since(&[4, 2]),
    call("streams-groups --list", "streams-groups --list", &[]).since(&[4, 1]),
    call(
        "jmx",
        "jmx --jmx-url service:jmx:rmi:///jndi/rmi://127.0.0.1:{jmx}/jmxrmi \
         --object-name kafka.server:type=ReplicaManager,name=PartitionCount",
        &["name=PartitionCount:Value"],
    )
    .before(&[2])
    .endless(),
    call(
        "jmx",
        "jmx --jmx-url service:jmx:rmi:///jndi/rmi://127.0.0.1:{jmx}/jmxrmi \
         --object-name kafka.server:type=ReplicaManager,name=PartitionCount --one-time true",
        &["name=PartitionCount:Value"],
    )
    .since(&[2]),
    call("zookeeper-shell ls", "zookeeper-shell ls /brokers/ids", &["[0, 1]"]).zookeeper(),
    call("zookeeper-shell get", "zookeeper-shell get /controller", &["\"brokerid\":"]).zookeeper(),
    call("zookeeper-security-migration", "zookeeper-security-migration --zookeeper.acl unsecure", &["JAAS"])
        .before(&[2])
        .zookeeper(),
    call("zookeeper-security-migration", "zookeeper-security-migration --zookeeper.acl unsecure", &["JAAS"])
        .since(&[2])
        .zookeeper()
        .exits(1),
    call("mirror-maker", "mirror-maker --help", &["consumer.config"]).before(&[2]),
    call("mirror-maker", "mirror-maker --help", &["consumer.config"]).since(&[2]).before(&[4]).exits(1),
    call("connect-standalone", "connect-standalone", &[]),
    call("metadata-shell", "metadata-shell --help", &[]).since(&[2, 8]),
    call("topics --delete", "topics --delete --topic docks", &["Topic docks is marked for deletion"])
        .before(&[2]),
    call("topics --delete", "topics --delete --topic docks", &[]).since(&[2]),
    call("a script that is not run", "kafka-server-start", &[]).before(&[]),
];
