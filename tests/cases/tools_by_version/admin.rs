//! What an operator does: topics, groups, offsets, settings, replicas.

use super::calls::{Call, call};

pub(super) const CALLS: &[Call] = &[
    call("broker-api-versions", "broker-api-versions", &["(id: 0 rack: null", "Produce(0): "]),
    call(
        "topics --create",
        "topics --create --topic bikes --partitions 1 --replication-factor 2",
        &["Created topic", "bikes"],
    ),
    call(
        "topics --create, another",
        "topics --create --topic docks --partitions 1 --replication-factor 2",
        &["Created topic", "docks"],
    ),
    call("topics --list", "topics --list", &["bikes\n", "docks\n"]),
    call("topics --describe", "topics --describe --topic bikes", &["PartitionCount:", "Leader: ", "Isr: "]),
    call("topics --alter", "topics --alter --topic docks --partitions 2", &["Adding partitions succeeded!"])
        .before(&[2]),
    call("topics --alter", "topics --alter --topic docks --partitions 2", &[]).since(&[2]),
    call("topics, altered", "topics --describe --topic docks", &["Partition: 1"]),
    call("topics --under-replicated", "topics --describe --under-replicated-partitions", &[]),
    call("console-producer", "console-producer --topic bikes", &[]).fed("one\ntwo\nthree\n"),
    call(
        "console-producer with keys",
        "console-producer --topic bikes --property parse.key=true --property key.separator=:",
        &[],
    )
    .fed("k4:four\nk5:five\n"),
    call(
        "console-consumer from the beginning",
        "console-consumer --topic bikes --from-beginning --max-messages 5 --timeout-ms 60000",
        &["one\n", "two\n", "three\n", "four\n", "five\n", "Processed a total of 5 messages"],
    ),
    call(
        "console-consumer of a group",
        "console-consumer --topic bikes --consumer-property group.id=readers --from-beginning --max-messages 5 \
         --timeout-ms 60000",
        &["one\n", "five\n", "Processed a total of 5 messages"],
    ),
    call(
        "console-consumer from an offset",
        "console-consumer --topic bikes --partition 0 --offset 3 --property print.key=true --max-messages 1 \
         --timeout-ms 60000",
        &["k4\tfour\n", "Processed a total of 1 messages"],
    ),
    call("consumer-groups --list", "consumer-groups --list", &["readers\n"]),
    call("groups --list", "groups --list", &["readers", "Classic"]).since(&[4]),
    call(
        "consumer-groups --describe",
        "consumer-groups --describe --group readers",
        &["LOG-END-OFFSET", "bikes"],
    ),
    call(
        "consumer-groups --members",
        "consumer-groups --describe --members --group readers",
        &["members is not a recognized option"],
    )
    .before(&[1])
    .exits(1),
    call(
        "consumer-groups --members",
        "consumer-groups --describe --members --group readers",
        &["Consumer group 'readers' has no active members"],
    )
    .since(&[1]),
    call(
        "consumer-groups --state",
        "consumer-groups --describe --state --group readers",
        &["state is not a recognized option"],
    )
    .before(&[1])
    .exits(1),
    call("consumer-groups --state", "consumer-groups --describe --state --group readers", &["Empty"])
        .since(&[1]),
    call(
        "consumer-groups --reset-offsets --dry-run",
        "consumer-groups --reset-offsets --group readers --topic bikes --to-earliest --dry-run",
        &["reset-offsets is not a recognized option"],
    )
    .before(&[1])
    .exits(1),
    call(
        "consumer-groups --reset-offsets --dry-run",
        "consumer-groups --reset-offsets --group readers --topic bikes --to-earliest --dry-run",
        &["NEW-OFFSET", "bikes"],
    )
    .since(&[1]),
    call(
        "consumer-groups --reset-offsets --execute",
        "consumer-groups --reset-offsets --group readers --topic bikes:0 --shift-by -2 --execute",
        &["reset-offsets is not a recognized option"],
    )
    .before(&[1])
    .exits(1),
    call(
        "consumer-groups --reset-offsets --execute",
        "consumer-groups --reset-offsets --group readers --topic bikes:0 --shift-by -2 --execute",
        &["NEW-OFFSET", "bikes", " 3"],
    )
    .since(&[1]),
    call(
        "consumer-groups --delete",
        "consumer-groups --delete --group readers",
        &["is only valid with '[zookeeper]'"],
    )
    .before(&[1])
    .exits(1),
    call(
        "consumer-groups --delete",
        "consumer-groups --delete --group readers",
        &["Deletion of requested consumer groups ('readers') was successful."],
    )
    .since(&[1]),
    call("get-offsets, latest", "get-offsets --topic bikes --time -1", &["bikes:0:5\n"]),
    call("get-offsets, earliest", "get-offsets --topic bikes --time -2", &["bikes:0:0\n"]),
    call("log-dirs", "log-dirs --describe --topic-list bikes", &["bikes-0", "\"broker\":1"]).since(&[1]),
    call("delete-records", "delete-records --offset-json-file {offsets}", &["bikes-0", "low_watermark: 2"])
        .since(&[1]),
    call(
        "configs --alter of a topic",
        "configs --alter --entity-type topics --entity-name bikes --add-config retention.bytes=1000000",
        &["Completed updating config for"],
    ),
    call(
        "configs --describe of a topic",
        "configs --describe --entity-type topics --entity-name bikes",
        &["retention.bytes=1000000"],
    ),
    call(
        "configs --delete-config of a topic",
        "configs --alter --entity-type topics --entity-name bikes --delete-config retention.bytes",
        &["Completed updating config for"],
    ),
    call(
        "configs --alter of a client",
        "configs --alter --entity-type clients --entity-name app \
         --add-config producer_byte_rate=1000000",
        &["Completed updating config for"],
    ),
    call(
        "configs --alter of a broker",
        "configs --alter --entity-type brokers --entity-name 0 \
         --add-config follower.replication.throttled.rate=1000000",
        &["Completed updating config for"],
    )
    .before(&[1]),
    call(
        "configs --alter of a broker",
        "configs --bootstrap-server {brokers} --alter --entity-type brokers --entity-name 0 \
         --add-config message.max.bytes=2000000",
        &["Completed updating config for"],
    )
    .since(&[1])
    .before(&[2]),
    call(
        "configs --alter of a broker",
        "configs --alter --entity-type brokers --entity-name 0 --add-config message.max.bytes=2000000",
        &["Completed updating config for"],
    )
    .since(&[2]),
    call(
        "configs --describe of a broker",
        "configs --describe --entity-type brokers --entity-name 0",
        &["follower.replication.throttled.rate=1000000"],
    )
    .before(&[1]),
    call(
        "configs --describe of a broker",
        "configs --bootstrap-server {brokers} --describe --entity-type brokers --entity-name 0",
        &["message.max.bytes=2000000"],
    )
    .since(&[1])
    .before(&[2]),
    call(
        "configs --describe of a broker",
        "configs --describe --entity-type brokers --entity-name 0",
        &["message.max.bytes=2000000"],
    )
    .since(&[2]),
    call(
        "preferred-replica-election",
        "preferred-replica-election",
        &["Successfully started preferred replica election"],
    )
    .before(&[2]),
    call("preferred-replica-election", "preferred-replica-election", &["deprecated"])
        .since(&[2])
        .before(&[3]),
    call(
        "leader-election",
        "leader-election --election-type preferred --topic bikes --partition 0",
        &["Valid replica already elected for partitions"],
    )
    .since(&[2, 4]),
    call(
        "reassign-partitions --generate",
        "reassign-partitions --topics-to-move-json-file {topics} --broker-list 0,1 --generate",
        &["Proposed partition reassignment configuration", "\"topic\":\"docks\""],
    ),
    call(
        "reassign-partitions --execute",
        "reassign-partitions --reassignment-json-file {move} --execute",
        &["Successfully started"],
    ),
    call(
        "reassign-partitions --verify",
        "reassign-partitions --reassignment-json-file {move} --verify",
        &["docks", "complete"],
    )
    .late(),
    call("reassign-partitions --list", "reassign-partitions --list", &["list is not a recognized option"])
        .before(&[2])
        .exits(1),
    call("reassign-partitions --list", "reassign-partitions --list", &["No partition reassignments found."])
        .since(&[2]),
];
