//! Every mistake: its line, what is said of it, and what is suggested.

use crate::error::{ExitCode, Failure};
use crate::spec::parse;

/// Text, line of the mistake, offending text, part of the message, part of the suggestion.
type Case = (&'static str, usize, &'static str, &'static str, &'static str);

const CASES: &[Case] = &[
    // Keys.
    ("name: a\nbroker: 3\n", 2, "broker", "unknown key", "did you mean `brokers`?"),
    ("brokers:\n  cuont: 3\n", 2, "cuont", "unknown key", "`count`"),
    ("brokers:\n  num.partitions: 3\n", 2, "num.partitions", "unknown key", "under `config`"),
    ("brokers:\n  nodes:\n    broker-0: { hep: 1g }\n", 3, "hep", "unknown key", "`heap`"),
    ("brokers:\n  port: 19092\n", 2, "port", "unknown key", "nodes: { broker-0"),
    (
        "topics:\n  t:\n    replicationFactor: 2\n",
        3,
        "replicationFactor",
        "unknown key",
        "`replication_factor`",
    ),
    ("topics:\n  t: { replicas: 2 }\n", 2, "replicas", "unknown key", "`replication_factor`"),
    ("topics:\n  t: { retention.ms: 2 }\n", 2, "retention.ms", "unknown key", "under `config`"),
    ("version: 3.9\n", 1, "version", "unknown key", "kafka: { version"),
    ("frobnicate: 1\n", 1, "frobnicate", "unknown key", "topics"),
    ("kafka: { verison: 3.9 }\n", 1, "verison", "unknown key", "`version`"),
    ("name: a\nname: b\n", 2, "name", "twice", "line 1"),
    ("[a]: 1\n", 1, "[", "a key must be a word", "key: value"),
    ("zookeeper: 3\ncontrollers: 3\n", 2, "controllers", "not both", "line 1"),
    (
        "kafka: { version: 0.10 }\ncontrollers: 3\n",
        2,
        "controllers",
        "3.9 and later, not with 0.10.2.2",
        "zookeeper",
    ),
    ("controllers: 8\n", 1, "8", "too many", "from 1 to 7"),
    ("controllers: { combined: maybe }\n", 1, "maybe", "combined", "true"),
    ("controllers: { combined: true, heap: 1g }\n", 1, "heap", "are brokers", "under `brokers`"),
    (
        "controllers: { count: 3, combined: true }\nbrokers: 2\n",
        1,
        "controllers",
        "fewer brokers",
        "at most 2",
    ),
    ("controllers: 3\nbrokers: { ids: [0, 101] }\n", 1, "controllers", "both have the id 101", "others"),
    ("controllers: { nodes: { controller-0: {} } }\n", 1, "controller-0", "no node", "controller-100"),
    // Security.
    ("controllers: 3\nsecurity: mtsl\n", 2, "mtsl", "cannot be", "`mtls`"),
    ("controllers: 3\nsecurity: ssl\n", 2, "ssl", "cannot be", "`security: tls`"),
    ("controllers: 3\nsecurity: { clients: mtls, user: {} }\n", 2, "user", "unknown key", "`users`"),
    ("controllers: 3\nsecurity: { users: { alice: {} } }\n", 2, "security", "how clients show", "`clients`"),
    ("controllers: 3\nsecurity: [mtls]\n", 2, "security", "single value", "security: plaintext"),
    (
        "controllers: 3\nsecurity: { clients: tls, users: { alice: {} } }\n",
        2,
        "alice",
        "no way to show who they are",
        "clients: mtls",
    ),
    (
        "controllers: 3\nsecurity: { clients: mtls, users: { broker-0: {} } }\n",
        2,
        "broker-0",
        "reserved",
        "alice",
    ),
    ("controllers: 3\nsecurity: { clients: mtls, users: { cluster: } }\n", 2, "cluster", "reserved", "alice"),
    (
        "controllers: 3\nsecurity: { clients: mtls, users: { a/b: } }\n",
        2,
        "a/b",
        "`/` in the name",
        "letters",
    ),
    ("controllers: 3\nsecurity: { clients: mtls, users: { é: } }\n", 2, "é", "in the name", "letters"),
    (
        "controllers: 3\nsecurity: { clients: mtls, users: { alice: { pasword: x } } }\n",
        2,
        "pasword",
        "unknown key",
        "`password`",
    ),
    ("controllers: 3\nsecurity: sasl\n", 2, "sasl", "cannot be", "`security: scram`"),
    (
        "controllers: 3\nsecurity: { clients: mtls, encryption: none }\n",
        2,
        "encryption",
        "with TLS only",
        "clients: scram",
    ),
    (
        "controllers: 3\nsecurity: { clients: scram, encryption: ssl }\n",
        2,
        "ssl",
        "cannot be",
        "`encryption: tls`",
    ),
    (
        "controllers: 3\nsecurity: { clients: mtls, users: { a: { password: x } } }\n",
        2,
        "password",
        "nobody is asked",
        "clients: scram",
    ),
    (
        "controllers: 3\nsecurity: { clients: scram, users: { a: { password: \"x\\ny\" } } }\n",
        2,
        "password",
        "control character",
        "ASCII",
    ),
    (
        "controllers: 3\nsecurity: { clients: scram, users: { a: { password: é } } }\n",
        2,
        "password",
        "not ASCII",
        "ASCII",
    ),
    (
        "controllers: 3\nsecurity: { clients: scram, users: { a: { password: '' } } }\n",
        2,
        "password",
        "is empty",
        "leave it out",
    ),
    (
        "controllers: 3\nsecurity: { clients: scram, users: { a: { password: ' x' } } }\n",
        2,
        "password",
        "a blank",
        "leave it out",
    ),
    (
        "controllers: 3\nsecurity: { clients: plain, users: { a: { password: 'a${b}' } } }\n",
        2,
        "password",
        "`${`",
        "leave it out",
    ),
    (
        "controllers: 3\nsecurity: { clients: mtls, users: { a: { acls: [{ topic: 've*lib', allow: read }] } } }\n",
        2,
        "'ve*lib'",
        "elsewhere than at its end",
        "`velib-*`",
    ),
    (
        "controllers: 3\nsecurity: { clients: mtls, users: { a: { acls: [{ topic: a, allow: reed }] } } }\n",
        2,
        "reed",
        "is no operation",
        "did you mean `read`?",
    ),
    (
        "controllers: 3\nsecurity: { clients: mtls, users: { a: { acls: [{ group: a, allow: [read, write] }] } } }\n",
        2,
        "write",
        "cannot be done with a group",
        "one of: all, read",
    ),
    (
        "controllers: 3\nsecurity: { clients: mtls, users: { a: { acls: [{ topic: a, group: b, allow: read }] } } }\n",
        2,
        "group",
        "once what it is about",
        "keep one",
    ),
    (
        "controllers: 3\nsecurity: { clients: mtls, users: { a: { acls: [{ allow: read }] } } }\n",
        2,
        "{",
        "does not say what it is about",
        "`topic`",
    ),
    (
        "controllers: 3\nsecurity: { clients: mtls, users: { a: { acls: [{ topic: a }] } } }\n",
        2,
        "{",
        "whether it allows or denies",
        "`deny`",
    ),
    (
        "controllers: 3\nsecurity: { clients: mtls, users: { a: { acls: [{ topic: a, allow: read, deny: read }] } } }\n",
        2,
        "deny",
        "once whether",
        "keep one",
    ),
    (
        "controllers: 3\nsecurity: { clients: mtls, users: { a: { acls: [{ topic: a, allow: [] }] } } }\n",
        2,
        "allow",
        "list of operations",
        "of: all, read",
    ),
    (
        "controllers: 3\nsecurity: { clients: mtls, users: { a: { acls: [{ topic: a, allow: read, host: myhost }] } } }\n",
        2,
        "myhost",
        "is no address",
        "127.0.0.1",
    ),
    (
        "controllers: 3\nsecurity: { clients: mtls, users: { a: { acls: [{ topic: a, allow: read, hots: x }] } } }\n",
        2,
        "hots",
        "unknown key",
        "`host`",
    ),
    (
        "controllers: 3\nsecurity: { clients: mtls, users: { a: { acls: { topic: a, allow: read } } } }\n",
        2,
        "acls",
        "must be a list",
        "[{ topic: velib-*",
    ),
    (
        "controllers: 3\nsecurity: { clients: mtls, users: { a: { acls: [read] } } }\n",
        2,
        "read",
        "an ACL is a mapping",
        "topic: velib-*",
    ),
    (
        "controllers: 3\nsecurity: { clients: mtls, users: { a: { acls: [{ cluster: velib, allow: create }] } } }\n",
        2,
        "velib",
        "cannot be",
        "true",
    ),
    (
        "controllers: 3\nsecurity: { clients: tls, default: deny }\n",
        2,
        "default",
        "nobody is told apart",
        "`clients: mtls`",
    ),
    (
        "controllers: 3\nsecurity: { clients: mtls, default: denied }\n",
        2,
        "denied",
        "cannot be",
        "one of: deny, allow",
    ),
    ("controllers: 3\nsecurity: { clients: mtls, users: { node: } }\n", 2, "node", "reserved", "alice"),
    (
        "controllers: 1\nsecurity: mtls\nbrokers: { config: { super.users: User:alice } }\n",
        3,
        "super.users",
        "planner",
        "`acls`",
    ),
    (
        "controllers: 1\nsecurity: mtls\nbrokers: { nodes: { broker-0: { config: { authorizer.class.name: x } } } }\n",
        3,
        "authorizer.class.name",
        "planner",
        "`default`",
    ),
    (
        "listeners: { lan: { bind: 0.0.0.0, advertise: h } }\n",
        1,
        "0.0.0.0",
        "could read, write and delete",
        "`insecure: true`",
    ),
    (
        "controllers: 1\nsecurity: tls\nlisteners: { lan: { bind: 0.0.0.0, advertise: h } }\n",
        3,
        "0.0.0.0",
        "do not show who they are",
        "`security: scram`",
    ),
    (
        "controllers: 1\nsecurity: { clients: plain, encryption: none }\nlisteners: { lan: { bind: 0.0.0.0, advertise: h } }\n",
        3,
        "0.0.0.0",
        "in plain text",
        "`insecure: true`",
    ),
    (
        "listeners: { lan: { bind: 0.0.0.0, insecure: true } }\n",
        1,
        "0.0.0.0",
        "no address that clients could reach",
        "`advertise`",
    ),
    ("listeners: { lan: { advertise: h } }\n", 1, "lan", "does not say where it listens", "`bind`"),
    ("listeners: { lan: { bind: myhost } }\n", 1, "myhost", "is no address", "0.0.0.0"),
    (
        "listeners: { lan: { bind: 127.0.0.1, advertise: 'h:9092' } }\n",
        1,
        "'h:9092'",
        "cannot reach anything",
        "without a port",
    ),
    ("listeners: { lan: { bind: 127.0.0.1, port: 9092 } }\n", 1, "port", "unknown key", "port_base"),
    ("listeners: { client: { bind: 127.0.0.1 } }\n", 1, "client", "reserved", "docker"),
    ("listeners: { Lan: { bind: 127.0.0.1 } }\n", 1, "Lan", "lowercase letter", "docker"),
    (
        "listeners: { a: &a { bind: 127.0.0.1 }, b: *a, c: *a, d: *a, e: *a }\n",
        1,
        "e",
        "one listener too many",
        "keep 4",
    ),
    ("zookeeper: 3\nsecurity: mtls\n", 2, "security", "with ZooKeeper", "controllers: 3"),
    ("security: tls\n", 1, "security", "with ZooKeeper", "KRaft"),
    ("clients: mtls\n", 1, "clients", "unknown key", "`security`"),
    (
        "brokers: { config: { ssl.keystore.location: /a } }\n",
        1,
        "ssl.keystore.location",
        "planner",
        "`security`",
    ),
    // Types.
    ("- name: a\n", 1, "name", "a spec is a mapping", "brokers"),
    ("brokers: [1, 2]\n", 1, "brokers", "must be a mapping, not a list", "count: 3"),
    ("brokers: three\n", 1, "three", "whole number", "3"),
    ("brokers: 3.0\n", 1, "3.0", "whole number", "brokers: 3"),
    ("brokers: 010\n", 1, "010", "whole number", "brokers: 10"),
    ("zookeeper: -1\n", 1, "-1", "whole number", "3"),
    ("topics: [a, b]\n", 1, "topics", "must be a mapping", "velib-stations"),
    ("topics:\n  t: 10\n", 2, "10", "must be a mapping", "partitions: 10"),
    ("name: [a]\n", 1, "name", "single value", "velib"),
    ("name:\n", 1, "name", "has no value", "remove the key"),
    ("kafka: 3.9\n", 1, "3.9", "must be a mapping", "version: 3.9"),
    ("profile: quick\n", 1, "quick", "cannot be", "fast, stock, durable"),
    ("profile: durible\n", 1, "durible", "cannot be", "`durable`"),
    ("restart: no\n", 1, "no", "cannot be", "restart: never"),
    // Counts.
    ("brokers: 0\n", 1, "0", "at least one", "from 1 to 100"),
    ("brokers: { count: 1000 }\n", 1, "1000", "too many", "from 1 to 100"),
    ("zookeeper: 8\n", 1, "8", "too many", "from 1 to 7"),
    ("brokers: 99999999999\n", 1, "99999999999", "out of range", "to"),
    ("brokers: { ids: 3 }\n", 1, "3", "must be a list", "ids: [0, 2, 3]"),
    ("brokers: { ids: [] }\n", 1, "ids", "at least one", "from 1 to 100"),
    ("brokers: { ids: [0, 2, 0] }\n", 1, "0", "broker 0 is there twice", "of its own"),
    ("brokers: { ids: [0, broker-1] }\n", 1, "broker-1", "whole number", "ids: [0, 2, 3]"),
    ("brokers: { ids: [10000] }\n", 1, "10000", "out of range", "from 0 to 9999"),
    ("brokers: { count: 3, ids: [0, 2] }\n", 1, "ids", "names 2 brokers, and `count` is 3", "remove `count`"),
    ("brokers: { ids: [0, 2], nodes: { broker-1: {} } }\n", 1, "broker-1", "no node", "broker-0, broker-2"),
    ("zookeeper: { ids: [1, 2] }\n", 1, "ids", "unknown key", "count"),
    // Topics.
    (
        "brokers: 2\ntopics:\n  t: { replication_factor: 3 }\n",
        3,
        "3",
        "needs 3 brokers, and there are 2",
        "at most 2",
    ),
    ("topics: { t: { replication_factor: 0 } }\n", 1, "0", "out of range", "from 1"),
    ("topics:\n  t: { partitions: 0 }\n", 2, "0", "out of range", "from 1 to 10000"),
    ("topics:\n  t: { partitions: 10001 }\n", 2, "10001", "out of range", "from 1 to 10000"),
    ("topics:\n  'a b': {}\n", 2, "'a b'", "in its name", "letters, digits"),
    ("topics:\n  ..: {}\n", 2, "..", "cannot be called", "letters, digits"),
    ("topics:\n  a.b: {}\n  a_b: {}\n", 3, "a_b", "collides with `a.b`", "rename"),
    ("topics: { __consumer_offsets: {} }\n", 1, "__consumer_offsets", "Kafka's own", "offsets.topic"),
    (
        "topics: { t: { config: { retention.mss: 1 } } }\n",
        1,
        "retention.mss",
        "not a setting",
        "`retention.ms`",
    ),
    (
        "kafka: { version: 0.10 }\ntopics: { t: { config: { remote.storage.enable: true } } }\n",
        2,
        "remote.storage.enable",
        "topics of Kafka 0.10.2.2",
        "3.9.2",
    ),
    // Kafka before 3.7 never has so many replicas in sync.
    (
        "kafka: { version: 0.10 }\ntopics:\n  t: { replication_factor: 2, config: { min.insync.replicas: 3 } }\n",
        3,
        "3",
        "topic `t` has 2 replicas: Kafka 0.10.2.2 would refuse every acks=all produce for ever",
        "at most 2; or raise `replication_factor`",
    ),
    (
        "kafka: { version: 0.10 }\nbrokers: { count: 2, config: { min.insync.replicas: 3, default.replication.factor: 3 } }\n",
        2,
        "3",
        "__consumer_offsets has 2 replicas",
        "raise `offsets.topic.replication.factor`",
    ),
    (
        "kafka: { version: 0.10 }\nprofile: stock\nbrokers: { nodes: { broker-1: { config: { min.insync.replicas: 2 } } } }\n",
        3,
        "2",
        "created without a factor have 1 replica:",
        "raise `default.replication.factor`",
    ),
    (
        "kafka: { version: 0.10 }\nprofile: stock\nbrokers: { config: { min.insync.replicas: 2, default.replication.factor: 2 } }\ntopics:\n  t: { replication_factor: 1 }\n",
        5,
        "t",
        "the brokers' `min.insync.replicas` is 2",
        "config: { min.insync.replicas: 1 }",
    ),
    // Settings.
    ("brokers: { config: { broker.id: 5 } }\n", 1, "broker.id", "set by the planner", "broker-0"),
    (
        "brokers:\n  nodes:\n    broker-1:\n      config:\n        listeners: x\n",
        5,
        "listeners",
        "planner",
        "`port`",
    ),
    ("brokers: { config: { advertised.host.name: x } }\n", 1, "advertised.host.name", "planner", "loopback"),
    ("brokers: { config: { log.dirs: /tmp } }\n", 1, "log.dirs", "planner", "$CLUSTER_HOME"),
    ("brokers: { config: { zookeeper.connect: x } }\n", 1, "zookeeper.connect", "planner", "`zookeeper`"),
    ("zookeeper: { config: { server.1: x } }\n", 1, "server.1", "planner", "`count`"),
    ("zookeeper: { config: { admin.serverPort: 1 } }\n", 1, "admin.serverPort", "planner", "port"),
    ("brokers: { config: { a: [x, y] } }\n", 1, "a", "not a list", "a,b"),
    ("brokers:\n  config:\n    num:\n      partitions: 3\n", 3, "num", "not a mapping", "num.partitions"),
    ("brokers:\n  config:\n    a:\n", 3, "a", "has no value", "a: ''"),
    ("brokers: { config: { 'a b': 1 } }\n", 1, "'a b'", "name of a setting", "letters"),
    ("brokers: { config: { a: \"x\\0\" } }\n", 1, "\"x\\0\"", "NUL", "remove"),
    // Values of settings.
    (
        "brokers:\n  config:\n    log.retention.hours: abc\n",
        3,
        "abc",
        "`log.retention.hours` is a whole number (INT), not `abc`",
        "168",
    ),
    ("brokers: { config: { num.partitions: \"3\\nx\" } }\n", 1, "\"3\\nx\"", "whole number (INT)", "1"),
    (
        "brokers: { nodes: { broker-1: { config: { num.partitions: 0 } } } }\n",
        1,
        "0",
        "out of range",
        "at least 1",
    ),
    ("brokers: { config: { compression.type: zip } }\n", 1, "zip", "cannot be `zip`", "did you mean `gzip`?"),
    (
        "kafka: { version: 0.10 }\ntopics: { t: { config: { compression.type: zstd } } }\n",
        2,
        "zstd",
        "cannot be `zstd`",
        "uncompressed, snappy",
    ),
    // Its own version is what counts: 3.9.2 takes it.
    (
        "brokers: { version: 0.10, nodes: { broker-1: { config: { max.connections.per.ip: 0 } } } }\n",
        1,
        "0",
        "out of range",
        "at least 1",
    ),
    (
        "controllers: { config: { controller.quorum.election.timeout.ms: 1s } }\n",
        1,
        "1s",
        "whole number (INT)",
        "at least 0",
    ),
    (
        "topics: { t: { config: { cleanup.policy: 'delete,compress' } } }\n",
        1,
        "'delete,compress'",
        "cannot be `compress`",
        "compact, delete",
    ),
    ("zookeeper: { config: { tickTime: fast } }\n", 1, "fast", "whole number (INT)", "in digits"),
    // Heaps, flags, environment.
    ("brokers: { heap: 256 }\n", 1, "256", "cannot be", "256m"),
    ("brokers: { heap: 512mb }\n", 1, "512mb", "cannot be", "`512m`"),
    ("brokers: { heap: lots }\n", 1, "lots", "cannot be", "256m"),
    ("brokers: { heap: 64m }\n", 1, "64m", "too small for a broker", "128m"),
    ("zookeeper: { heap: 8m }\n", 1, "8m", "too small for a zookeeper", "16m"),
    ("brokers: { heap: 99999999999g }\n", 1, "99999999999g", "absurdly large", "256g"),
    ("brokers: { jvm_flags: -Xss1m }\n", 1, "-Xss1m", "must be a list", "[-Xss1m]"),
    ("brokers: { jvm_flags: [-Xmx1g] }\n", 1, "-Xmx1g", "`-Xmx` cannot be set", "`heap`"),
    ("brokers: { jvm_flags: [Xss1m] }\n", 1, "Xss1m", "not a JVM flag", "begins with `-`"),
    ("brokers: { jvm_flags: [-Xss1m -Da=b] }\n", 1, "-Xss1m -Da=b", "more than one", "[-Xss1m, -Da=b]"),
    ("brokers:\n  jvm_flags:\n    - [a]\n", 3, "[", "must be text", "jvm_flags"),
    ("brokers: { env: { CLASSPATH: x } }\n", 1, "CLASSPATH", "cannot be set", "home"),
    ("brokers: { env: { KAFKA_LOG4J_OPTS: x } }\n", 1, "KAFKA_LOG4J_OPTS", "cannot be set", "templates"),
    ("brokers: { env: { KAFKA_HEAP_OPTS: -Xmx1g } }\n", 1, "KAFKA_HEAP_OPTS", "cannot be set", "`heap`"),
    ("brokers: { env: { JMX_PORT: 9999 } }\n", 1, "JMX_PORT", "cannot be set", "jmxremote.port"),
    ("controllers: { env: { KAFKA_GC_LOG_OPTS: x } }\n", 1, "KAFKA_GC_LOG_OPTS", "scripts read", "-Xlog:gc*"),
    (
        "brokers:\n  nodes:\n    broker-0: { env: { KAFKA_DEBUG: y } }\n",
        3,
        "KAFKA_DEBUG",
        "scripts read",
        "jdwp",
    ),
    ("zookeeper: { env: { JVMFLAGS: -Xss1m } }\n", 1, "JVMFLAGS", "scripts read", "`jvm_flags`"),
    ("brokers: { env: { LOG_DIR: /tmp } }\n", 1, "LOG_DIR", "scripts read", "own folder"),
    ("brokers: { env: { 1A: x } }\n", 1, "1A", "environment variable", "begin with a digit"),
    ("brokers: { env: { A=B: x } }\n", 1, "A=B", "environment variable", "letters"),
    // Ports.
    ("port_base: 80\n", 1, "80", "privileges", "1024"),
    ("port_base: 65229\n", 1, "65229", "beyond 65535", "at most 65228"),
    ("port_base: 70000\n", 1, "70000", "no port", "65535"),
    (
        "brokers:\n  nodes:\n    broker-0: { port: 9000 }\n    broker-1: { port: 9000 }\n",
        4,
        "9000",
        "broker-0 and broker-1",
        "line 3",
    ),
    (
        "zookeeper: { nodes: { zookeeper-1: { port: 9000 } } }\nbrokers: { nodes: { broker-0: { port: 9000 } } }\n",
        2,
        "9000",
        "zookeeper-1 and broker-0",
        "another",
    ),
    (
        "port_base: 9000\nbrokers: { nodes: { broker-0: { port: 9307 } } }\n",
        2,
        "9307",
        "block",
        "9000 to 9307",
    ),
    // Versions.
    ("kafka: { version: 3.10 }\n", 1, "3.10", "`3.10` is not a supported version", "did you mean `3.9.2`?"),
    ("kafka: { version: 5.0.0 }\n", 1, "5.0.0", "not a supported", "supported: "),
    ("kafka: { version: 0.10.1.0 }\n", 1, "0.10.1.0", "not a supported", "`0.10.2.2`"),
    ("kafka: { version: v3.9.1 }\n", 1, "v3.9.1", "not a supported", "`3.9.1`"),
    ("kafka: { version: latest }\n", 1, "latest", "not a supported", "supported: 0.10.2.2, 1.1.1"),
    // Nodes.
    ("brokers:\n  nodes:\n    broker-3: {}\n", 3, "broker-3", "no node", "broker-0, broker-1, broker-2"),
    ("brokers:\n  nodes:\n    brokr-1: {}\n", 3, "brokr-1", "no node", "`broker-1`"),
    ("brokers:\n  nodes:\n    2: {}\n", 3, "2", "no node", "`broker-2`"),
    ("zookeeper: { nodes: { zookeeper-0: {} } }\n", 1, "zookeeper-0", "no node", "zookeeper-1, zookeeper-2"),
    (
        "brokers: { count: 20, nodes: { zookeeper-1: {} } }\n",
        1,
        "zookeeper-1",
        "no node",
        "broker-0 to broker-19",
    ),
    // Names.
    ("name: ../x\n", 1, "../x", "path", "name: x"),
    ("name: ''\n", 1, "''", "is empty", "velib"),
    ("name: Velib\n", 1, "Velib", "upper case", "name: velib"),
    ("name: .hidden\n", 1, ".hidden", "begins with `.`", "name: hidden"),
    ("name: -x\n", 1, "-x", "begins with `-`", "name: x"),
    ("name: broker-0\n", 1, "broker-0", "reserved", "velib"),
    ("name: a b\n", 1, "a b", "contains ` `", "a-b"),
    // YAML itself.
    ("name: a\n---\nname: b\n", 3, "name", "second document", "one cluster"),
    ("brokers:\n\tcount: 3\n", 2, "count", "not valid YAML", "spaces"),
    ("brokers: *b\n", 1, "*b", "no anchor", "&name"),
    ("brokers: &b [*b]\n", 1, "*b", "inside its own anchor", "write the value out"),
    ("a: b: c\n", 1, ":", "not valid YAML", "quote"),
    ("topics: { a: {}\n", 1, "{", "not valid YAML", "close"),
    ("# nothing\n", 1, "", "the spec is empty", "brokers: 3"),
];

#[test]
fn every_mistake_is_shown_at_its_place_with_a_suggestion() {
    let mut wrong = Vec::new();
    for (text, line, offending, message, help) in CASES {
        let errors = match parse(text, "test.yaml") {
            Ok(_) => {
                wrong.push(format!("{text:?} was accepted"));
                continue;
            }
            Err(errors) => errors,
        };
        let mistakes = errors.mistakes();
        let first = &mistakes[0];
        let as_said = mistakes.len() == 1
            && first.line == *line
            && first.text == *offending
            && first.message.contains(message)
            && first.help.as_ref().is_some_and(|said| said.contains(help));
        if !as_said {
            wrong.push(format!("{text:?} gave {mistakes:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn messages_are_lowercase_and_do_not_end_in_a_point() {
    for (text, ..) in CASES {
        for mistake in parse(text, "test.yaml").unwrap_err().mistakes() {
            let message = &mistake.message;
            assert!(!message.ends_with('.'), "{message}");
            let proper = ["Kafka", "KRaft"].iter().any(|name| message.starts_with(name));
            assert!(proper || !message.starts_with(char::is_uppercase), "{message}");
        }
    }
}

#[test]
fn what_brokers_ask_for_in_vain_is_not_said_again_of_each_topic() {
    let text = "kafka: { version: 0.10 }\nprofile: stock\nbrokers: { count: 2, config: { min.insync.replicas: 3 } }\ntopics: { t: { replication_factor: 2 } }\n";
    let errors = parse(text, "test.yaml").unwrap_err();
    assert!(errors.mistakes().iter().all(|mistake| mistake.line == 3), "{errors}");
}

const FIVE: &str = "\
nmae: velib
kafka: { version: 3.10 }
brokers:
  count: 3
  heap: 256
topics:
  velib-stations:
    partitions: 0
    replication_factor: 4
";

#[test]
fn a_file_with_five_mistakes_shows_five() {
    let errors = parse(FIVE, "clusters/bad.yaml").unwrap_err();
    let lines: Vec<usize> = errors.mistakes().iter().map(|mistake| mistake.line).collect();
    assert_eq!(lines, [1, 2, 5, 8, 9]);
    insta::assert_snapshot!(errors.render(false), @r"
    error: unknown key `nmae`
     --> clusters/bad.yaml:1:1
      |
    1 | nmae: velib
      | ^^^^
      |
      = help: did you mean `name`?

    error: Kafka `3.10` is not a supported version
     --> clusters/bad.yaml:2:19
      |
    2 | kafka: { version: 3.10 }
      |                   ^^^^
      |
      = help: did you mean `3.9.2`? supported: 0.10.2.2, 1.1.1, 2.8.2, 3.0.2, 3.1.2, 3.2.3, 3.3.2, 3.4.1, 3.5.2, 3.6.2, 3.7.2, 3.8.1, 3.9.0, 3.9.1, 3.9.2, 4.0.2, 4.1.2, 4.2.1, 4.3.1, 4.4.0

    error: `heap` cannot be `256`
     --> clusters/bad.yaml:5:9
      |
    5 |   heap: 256
      |         ^^^
      |
      = help: say the unit: `256m` is 256 MiB

    error: `partitions` is `0`, which is out of range
     --> clusters/bad.yaml:8:17
      |
    8 |     partitions: 0
      |                 ^
      |
      = help: from 1 to 10000

    error: a replication factor of 4 needs 4 brokers, and there are 3
     --> clusters/bad.yaml:9:25
      |
    9 |     replication_factor: 4
      |                         ^
      |
      = help: with 3 brokers it is at most 3; or raise `count` of `brokers`
    ");
}

#[test]
fn the_json_form_has_file_line_column_message_and_help() {
    let errors = parse("brokers:\n  cuont: 3\n", "a.yaml").unwrap_err();
    let json = serde_json::to_value(&errors).unwrap();
    assert_eq!(
        json,
        serde_json::json!({ "file": "a.yaml", "mistakes": [{
            "line": 2, "column": 3, "text": "cuont",
            "message": "unknown key `cuont`", "help": "did you mean `count`?",
        }] })
    );
}

#[test]
fn a_spec_with_mistakes_ends_a_command_as_bad_input() {
    let failure = Failure::from(parse(FIVE, "bad.yaml").unwrap_err());
    assert_eq!(failure.code, ExitCode::BadInput);
    assert!(failure.message.starts_with("5 mistakes in bad.yaml\n\nerror: unknown key `nmae`"), "{failure}");
}

#[test]
fn a_mistake_in_an_anchor_that_three_nodes_use_is_said_once() {
    let text = "brokers:\n  nodes:\n    broker-0: &n { hep: 1g }\n    broker-1: *n\n    broker-2: *n\n";
    assert_eq!(parse(text, "a.yaml").unwrap_err().mistakes().len(), 1);
}

#[test]
fn a_wrong_count_of_brokers_is_not_said_again_by_what_depends_on_it() {
    let text = "brokers: { count: 0, nodes: { broker-5: {} } }\ntopics: { t: { replication_factor: 5 } }\n";
    assert_eq!(parse(text, "a.yaml").unwrap_err().mistakes().len(), 1);
}

#[test]
fn a_file_whose_name_cannot_name_a_cluster_needs_a_name() {
    let errors = parse("brokers: 1\n", "-.yaml").unwrap_err();
    assert!(errors.mistakes()[0].message.contains("has no name"), "{errors}");
    assert!(parse("name: a\n", "-.yaml").is_ok());
}

#[test]
fn a_node_cannot_run_a_version_that_the_others_cannot_be_coordinated_with() {
    let mistakes = |text: &str| {
        let errors = parse(text, "a.yaml").unwrap_err();
        errors.mistakes().iter().map(|one| format!("{}: {}", one.line, one.message)).collect::<Vec<_>>()
    };
    assert_eq!(
        mistakes(
            "kafka: { version: 3.9 }\nzookeeper: 1\nbrokers: { nodes: { broker-1: { version: 4.2 } } }\n"
        ),
        ["3: Kafka 4.2.1 runs without ZooKeeper"]
    );
    assert_eq!(
        mistakes("kafka: { version: 4 }\nbrokers:\n  version: 2.8\n"),
        ["3: KRaft is supported with Kafka 3.9 and later, not with 2.8.2"]
    );
    assert_eq!(mistakes("brokers: { version: 7 }\n"), ["1: Kafka `7` is not a supported version"]);
    assert_eq!(
        mistakes("controllers: { count: 1, combined: true, version: 4.2 }\n"),
        ["1: combined controllers are brokers, and have no `version` of their own"]
    );
}
