//! What Kafka 0.10.2, 1.1, 3.9 and 4.3 and Java 17 said when they were made to fail; stack frames are left out.

use crate::model::cause::Cause;
use crate::view::last_words::*;

fn of(log: &str, output: &str) -> LastWords {
    last_words(log, output).unwrap()
}

/// The cause, and the node's own words with it.
#[track_caller]
fn assert_says(log: &str, output: &str, cause: Cause, quote: &str) {
    let words = of(log, output);
    assert_eq!((words.cause, &words.quote[..]), (Some(cause), quote));
}

#[test]
fn a_port_that_is_taken_is_told_whatever_fails_after_it() {
    let quote = "org.apache.kafka.common.KafkaException: Socket server failed to bind to 127.0.0.1:19092: Address already in use.";
    let of_3_9 = "\
[2026-11-29 10:42:50,440] ERROR Unable to start acceptor for ListenerName(PLAINTEXT) (kafka.network.DataPlaneAcceptor)
org.apache.kafka.common.KafkaException: Socket server failed to bind to 127.0.0.1:19092: Address already in use.
\tat kafka.network.Acceptor.openServerSocket(SocketServer.scala:736)
Caused by: java.net.BindException: Address already in use
[2026-11-29 10:42:50,451] ERROR [KafkaServer id=0] Fatal error during KafkaServer startup. Prepare to shutdown (kafka.server.KafkaServer)
java.lang.RuntimeException: Received a fatal error while waiting for the SocketServer Acceptors to be started.
\tat kafka.server.KafkaServer.startup(KafkaServer.scala:664)
Caused by: java.util.concurrent.CompletionException: java.lang.RuntimeException: Unable to start acceptor for ListenerName(PLAINTEXT)
Caused by: java.lang.RuntimeException: Unable to start acceptor for ListenerName(PLAINTEXT)
Caused by: org.apache.kafka.common.KafkaException: Socket server failed to bind to 127.0.0.1:19092: Address already in use.
Caused by: java.net.BindException: Address already in use
[2026-11-29 10:42:50,481] ERROR Cannot invoke \"java.nio.channels.ServerSocketChannel.close()\" because the return value of \"kafka.network.Acceptor.serverChannel()\" is null (kafka.network.DataPlaneAcceptor)
java.lang.NullPointerException: Cannot invoke \"java.nio.channels.ServerSocketChannel.close()\" because the return value of \"kafka.network.Acceptor.serverChannel()\" is null
\tat kafka.network.Acceptor.$anonfun$closeAll$2(SocketServer.scala:711)
[2026-11-29 10:42:50,728] ERROR [RequestSendThread controllerId=0] Controller 0 fails to send a request to broker 127.0.0.1:19092 (id: 0 rack: null) (kafka.controller.RequestSendThread)
java.lang.InterruptedException
";
    assert_says(of_3_9, "", Cause::PortTaken, quote);
    let of_1_1 = "\
[2026-11-29 10:45:07,740] ERROR [KafkaServer id=0] Fatal error during KafkaServer startup. Prepare to shutdown (kafka.server.KafkaServer)
kafka.common.KafkaException: Socket server failed to bind to 127.0.0.1:19492: Address already in use.
Caused by: java.net.BindException: Address already in use
[2026-11-29 10:45:08,105] ERROR Exiting Kafka. (kafka.server.KafkaServerStartable)
";
    let quote = "kafka.common.KafkaException: Socket server failed to bind to 127.0.0.1:19492: Address already in use.";
    assert_says(of_1_1, "", Cause::PortTaken, quote);
}

#[test]
fn native_code_that_could_not_be_loaded_is_told_of_a_node_that_goes_on_whatever_it_logs_after_it() {
    let later = "[2026-11-30 17:40:00,000] ERROR [KafkaApi-0] Something else (kafka.server.KafkaApis)\n";
    let of_4_4 = "\
[2026-11-30 17:35:11,385] ERROR [ReplicaManager broker=0] Error processing append operation on partition 6eOLEWlJRcSPJq_jhtcc1w:packed-0 (kafka.server.ReplicaManager)
org.apache.kafka.common.KafkaException: java.lang.UnsatisfiedLinkError: /velib/broker-0/tmp/libzstd-jni-1.5.7-17123.so: failed to map segment from shared object
Unsupported OS/arch, cannot find /linux/amd64/libzstd-jni-1.5.7-17.so or load zstd-jni-1.5.7-17 from system libraries. Please try building from source the jar or providing libzstd-jni-1.5.7-17 in your system.
\tat org.apache.kafka.common.compress.ZstdCompression.wrapForOutput(ZstdCompression.java:62)
Caused by: java.lang.UnsatisfiedLinkError: /velib/broker-0/tmp/libzstd-jni-1.5.7-17123.so: failed to map segment from shared object
";
    let of_0_10 = "\
[2026-11-30 17:34:38,003] ERROR [Replica Manager on Broker 0]: Error processing append operation on partition packed-1 (kafka.server.ReplicaManager)
org.apache.kafka.common.KafkaException: java.lang.reflect.InvocationTargetException
Caused by: java.lang.reflect.InvocationTargetException
Caused by: java.lang.UnsatisfiedLinkError: /velib/broker-0/tmp/snappy-1.1.2-241e-libsnappyjava.so: failed to map segment from shared object
";
    let of_a_second_time = "\
[2026-11-30 17:33:59,631] ERROR [ReplicaManager broker=0] Error processing append operation on partition packed-2 (kafka.server.ReplicaManager)
java.lang.NoClassDefFoundError: Could not initialize class org.xerial.snappy.Snappy
Caused by: java.lang.ExceptionInInitializerError: Exception java.lang.UnsatisfiedLinkError: /velib/broker-0/tmp/snappy-1.1.10-19c6-libsnappyjava.so: failed to map segment from shared object [in thread \"data-plane-kafka-request-handler-2\"]
";
    for log in [of_4_4, of_0_10, of_a_second_time] {
        let words = lasting(&format!("{log}{later}")).unwrap();
        assert_eq!(words.cause, Some(Cause::Noexec), "{log}");
        assert!(words.quote.contains("UnsatisfiedLinkError: /velib/broker-0/tmp/"), "{words:?}");
    }
    assert_eq!(lasting(later), None);
}

#[test]
fn a_class_that_is_missing_is_told_rather_than_what_fails_at_the_shutdown() {
    let of_4_3 = "\
[2026-11-29 10:44:42,574] ERROR [BrokerServer id=0] Fatal error during broker startup. Prepare to shutdown (kafka.server.BrokerServer)
org.apache.kafka.common.KafkaException: Class com.example.NoSuch cannot be found
\tat org.apache.kafka.common.config.AbstractConfig.getConfiguredInstance(AbstractConfig.java:422) ~[kafka-clients-4.3.1.jar:?]
Caused by: java.lang.ClassNotFoundException: com.example.NoSuch
[2026-11-29 10:44:42,608] ERROR Encountered metadata loading fault: Attempted to remove publisher MetadataVersionPublisher(id=0), which is not installed. (org.apache.kafka.server.fault.LoggingFaultHandler)
[2026-11-29 10:44:42,609] ERROR [BrokerServer id=0] Fatal error during broker shutdown. (kafka.server.BrokerServer)
java.util.concurrent.ExecutionException: org.apache.kafka.server.fault.FaultHandlerException: Attempted to remove publisher MetadataVersionPublisher(id=0), which is not installed.
Caused by: org.apache.kafka.server.fault.FaultHandlerException: Attempted to remove publisher MetadataVersionPublisher(id=0), which is not installed.
[2026-11-29 10:44:42,610] ERROR Exiting Kafka due to fatal exception during startup. (kafka.Kafka$)
java.util.concurrent.ExecutionException: org.apache.kafka.server.fault.FaultHandlerException: Attempted to remove publisher MetadataVersionPublisher(id=0), which is not installed.
Caused by: org.apache.kafka.server.fault.FaultHandlerException: Attempted to remove publisher MetadataVersionPublisher(id=0), which is not installed.
";
    assert_says(of_4_3, "", Cause::ClassMissing, "java.lang.ClassNotFoundException: com.example.NoSuch");
    let output = "\
Exception in thread \"main\" java.lang.NoClassDefFoundError: org/slf4j/Logger
\tat org.slf4j.LoggerFactory.<clinit>(LoggerFactory.java:86)
Caused by: java.lang.ClassNotFoundException: org.slf4j.Logger
\t... 5 more
";
    let quote = "Exception in thread \"main\" java.lang.NoClassDefFoundError: org/slf4j/Logger";
    assert_says("", output, Cause::ClassMissing, quote);
}

#[test]
fn a_foreign_folder_is_told() {
    let found = "Found directory /velib/broker-0/data/lost+found, 'lost+found' is not in the form of topic-partition or topic-partition.uniqueId-delete (if marked for deletion).";
    let of_4_3 = format!(
        "\
[2026-11-29 10:41:59,193] ERROR Encountered fatal fault: Error starting LogManager (org.apache.kafka.server.fault.ProcessTerminatingFaultHandler)
org.apache.kafka.common.KafkaException: {found}
Kafka's log directories (and children) should only contain Kafka topic data.
\tat org.apache.kafka.storage.internals.log.LocalLog.exception(LocalLog.java:742) ~[kafka-storage-4.3.1.jar:?]
"
    );
    let quote = format!("org.apache.kafka.common.KafkaException: {found}");
    assert_says(&of_4_3, "", Cause::ForeignFolder, &quote);
    let of_0_10 = format!(
        "\
[2026-11-29 10:46:28,320] ERROR There was an error in one of the threads during logs loading: kafka.common.KafkaException: {found}
Kafka's log directories (and children) should only contain Kafka topic data. (kafka.log.LogManager)
[2026-11-29 10:46:28,321] FATAL [Kafka Server 0], Fatal error during KafkaServer startup. Prepare to shutdown (kafka.server.KafkaServer)
kafka.common.KafkaException: {found}
Kafka's log directories (and children) should only contain Kafka topic data.
"
    );
    assert_says(&of_0_10, "", Cause::ForeignFolder, &format!("kafka.common.KafkaException: {found}"));
}

#[test]
fn a_lock_that_another_process_holds_is_told() {
    let quote = "org.apache.kafka.common.KafkaException: Failed to acquire lock on file .lock in /velib/broker-0/data. A Kafka instance in another process or thread is using this directory.";
    let log = format!(
        "[2026-11-29 10:41:55,506] ERROR [KafkaServer id=0] Fatal error during KafkaServer startup. Prepare to shutdown (kafka.server.KafkaServer)\n{quote}\n"
    );
    assert_says(&log, "", Cause::DataInUse, quote);
}

#[test]
fn cluster_ids_that_differ_are_told_in_zookeeper_and_in_kraft() {
    let quote = "java.lang.RuntimeException: Invalid cluster.id in: /velib/broker-0/data/meta.properties. Expected D3A7Aw3WR76cqdwXqG6CNQ, but read AAAAAAAAAAAAAAAAAAAAAA";
    let of_3_9 = format!(
        "\
[2026-11-29 10:43:32,385] ERROR Fatal error during KafkaServer startup. Prepare to shutdown (kafka.server.KafkaServer)
{quote}
\tat org.apache.kafka.metadata.properties.MetaPropertiesEnsemble.verify(MetaPropertiesEnsemble.java:503)
[2026-11-29 10:43:32,524] ERROR Exiting Kafka due to fatal exception during startup. (kafka.Kafka$)
{quote}
"
    );
    assert_says(&of_3_9, "", Cause::OtherCluster, quote);
    // It does not end, and never comes up.
    let of_4_3 = "[2026-11-29 10:45:33,999] ERROR [RaftManager id=0] Unexpected error INCONSISTENT_CLUSTER_ID in FETCH response: InboundResponse(correlationId=0) (org.apache.kafka.raft.KafkaRaftClient)\n";
    assert_eq!(of(of_4_3, "").cause, Some(Cause::OtherCluster));
}

#[test]
fn a_registration_that_stands_is_told() {
    let of_3_9 = "\
[2026-11-29 10:43:15,790] ERROR Error while creating ephemeral at /brokers/ids/0, node already exists and owner '0x100000bd8d90009' does not match current session '0x100000bd8d9000a' (kafka.zk.KafkaZkClient$CheckedEphemeral)
[2026-11-29 10:43:15,793] ERROR [KafkaServer id=0] Fatal error during KafkaServer startup. Prepare to shutdown (kafka.server.KafkaServer)
org.apache.zookeeper.KeeperException$NodeExistsException: KeeperErrorCode = NodeExists
\tat org.apache.zookeeper.KeeperException.create(KeeperException.java:126)
[2026-11-29 10:43:16,016] ERROR Exiting Kafka due to fatal exception during startup. (kafka.Kafka$)
org.apache.zookeeper.KeeperException$NodeExistsException: KeeperErrorCode = NodeExists
";
    let quote = "org.apache.zookeeper.KeeperException$NodeExistsException: KeeperErrorCode = NodeExists";
    assert_says(of_3_9, "", Cause::AlreadyRegistered, quote);
    let of_0_10 = "\
[2026-11-29 10:46:46,422] FATAL [Kafka Server 0], Fatal error during KafkaServer startup. Prepare to shutdown (kafka.server.KafkaServer)
java.lang.RuntimeException: A broker is already registered on the path /brokers/ids/0. This probably indicates that you either have configured a brokerid that is already in use, or else you have shutdown this broker and restarted it faster than the zookeeper timeout so it appears to be re-registering.
[2026-11-29 10:46:46,644] ERROR Controller 0 epoch 91 initiated state change for partition [t,1] from OfflinePartition to OnlinePartition failed (state.change.logger)
kafka.common.NoReplicaOnlineException: No broker in ISR for partition [t,1] is alive. Live brokers are: [Set()], ISR brokers are: [0]
";
    assert_eq!(of(of_0_10, "").cause, Some(Cause::AlreadyRegistered));
}

#[test]
fn data_of_a_newer_kafka_are_told() {
    // Kafka 3.9 with data of 4.3.
    let log = "\
[2026-11-29 10:44:07,020] ERROR [SharedServer id=0] Got exception while starting SharedServer (kafka.server.SharedServer)
org.apache.kafka.server.common.serialization.MetadataParseException: Failed to deserialize record with type 0
Caused by: org.apache.kafka.common.errors.UnsupportedVersionException: Can't read version 4 of BrokerEndpoint
[2026-11-29 10:44:07,036] ERROR [BrokerServer id=0] Fatal error during broker startup. Prepare to shutdown (kafka.server.BrokerServer)
org.apache.kafka.server.common.serialization.MetadataParseException: Failed to deserialize record with type 0
\tat org.apache.kafka.server.common.serialization.AbstractApiMessageSerde.read(AbstractApiMessageSerde.java:104)
Caused by: org.apache.kafka.common.errors.UnsupportedVersionException: Can't read version 4 of BrokerEndpoint
";
    let quote = "org.apache.kafka.server.common.serialization.MetadataParseException: Failed to deserialize record with type 0";
    assert_says(log, "", Cause::FeatureLevel, quote);
    let of_a_controller = "\
[2026-11-29 10:48:00,456] ERROR Exiting Kafka due to fatal exception (kafka.Kafka$)
java.lang.IllegalArgumentException: No MetadataVersion with feature level 30
\tat org.apache.kafka.server.common.MetadataVersion.fromFeatureLevel(MetadataVersion.java:592)
";
    let quote = "java.lang.IllegalArgumentException: No MetadataVersion with feature level 30";
    assert_says(of_a_controller, "", Cause::FeatureLevel, quote);
}

#[test]
fn a_full_disk_is_told() {
    let log = "\
[2026-11-29 10:44:03,929] ERROR Error while appending records to __cluster_metadata-0 in dir /velib/broker-0/data (org.apache.kafka.storage.internals.log.LogDirFailureChannel)
java.io.IOException: No space left on device
\tat java.base/sun.nio.ch.FileDispatcherImpl.write0(Native Method) ~[?:?]
[2026-11-29 10:44:03,959] ERROR Encountered fatal fault: Unexpected error in raft IO thread (org.apache.kafka.server.fault.ProcessTerminatingFaultHandler)
org.apache.kafka.common.errors.KafkaStorageException: Error while appending records to __cluster_metadata-0 in dir /velib/broker-0/data
Caused by: java.io.IOException: No space left on device
";
    assert_says(log, "", Cause::DiskFull, "java.io.IOException: No space left on device");
}

#[test]
fn too_few_open_files_are_told() {
    let of_1_1 = "\
[2026-11-29 10:45:17,999] ERROR [KafkaServer id=0] Fatal error during KafkaServer startup. Prepare to shutdown (kafka.server.KafkaServer)
org.apache.kafka.common.KafkaException: java.io.IOException: Too many open files
Caused by: java.io.IOException: Too many open files
[2026-11-29 10:45:21,197] ERROR Exiting Kafka. (kafka.server.KafkaServerStartable)
";
    let quote = "org.apache.kafka.common.KafkaException: java.io.IOException: Too many open files";
    assert_says(of_1_1, "", Cause::OpenFiles, quote);
    // It ends without a fatal error.
    let of_0_10 = "\
[2026-11-29 10:46:36,154] ERROR Error on broker 0 while processing LeaderAndIsr request correlationId 1 received from controller 0 epoch 90 for partition t-0 (state.change.logger)
java.io.FileNotFoundException: /velib/broker-0/data/replication-offset-checkpoint (Too many open files)
[2026-11-29 10:46:41,213] FATAL [Replica Manager on Broker 0]: Error writing to highwatermark file:  (kafka.server.ReplicaManager)
java.io.FileNotFoundException: /velib/broker-0/data/replication-offset-checkpoint.tmp (Too many open files)
";
    let quote = "java.io.FileNotFoundException: /velib/broker-0/data/replication-offset-checkpoint.tmp (Too many open files)";
    assert_says(of_0_10, "", Cause::OpenFiles, quote);
}

#[test]
fn a_wrong_setting_is_told_also_where_its_line_says_nothing() {
    let quote = "org.apache.kafka.common.config.ConfigException: Invalid value many for configuration num.io.threads: Not a number of type INT";
    let of_4_3 = format!(
        "[2026-11-29 10:42:55,863] ERROR Exiting Kafka due to fatal exception (kafka.Kafka$)\n{quote}\n"
    );
    assert_says(&of_4_3, "", Cause::Setting, quote);
    let of_0_10 = format!("[2026-11-29 10:46:33,892] FATAL  (kafka.Kafka$)\n{quote}\n");
    assert_says(&of_0_10, "", Cause::Setting, quote);
}

#[test]
fn a_jvm_that_did_not_start_is_quoted() {
    let farewell = "Error: Could not create the Java Virtual Machine.\n\
        Error: A fatal exception has occurred. Program will exit.\n";
    let output = format!("Unrecognized VM option 'NoSuchFlag=1'\n{farewell}");
    assert_says("", &output, Cause::JvmFlag, "Unrecognized VM option 'NoSuchFlag=1'");
    let output = format!("Invalid maximum heap size: -Xmxmany\n{farewell}");
    assert_says("", &output, Cause::JvmFlag, "Invalid maximum heap size: -Xmxmany");
    let bare = "Error: Could not create the Java Virtual Machine.";
    assert_says("", farewell, Cause::JvmFlag, bare);
    let output = "Error occurred during initialization of VM\nToo small maximum heap\n";
    assert_eq!(
        of("", output).without_remedy(),
        "Error occurred during initialization of VM: Too small maximum heap"
    );
}

#[test]
fn a_java_that_is_too_old_is_told() {
    let output = "\
Error: LinkageError occurred while loading main class kafka.Kafka
\tjava.lang.UnsupportedClassVersionError: kafka/Kafka has been compiled by a more recent version of the Java Runtime (class file version 66.0), this version of the Java Runtime only recognizes class file versions up to 61.0
";
    assert_eq!(of("", output).cause, Some(Cause::JavaTooOld));
    assert!(
        of("", output).without_remedy().starts_with("this Java is too old for it (java.lang.Unsupported")
    );
}

#[test]
fn what_java_ended_for_is_told_rather_than_an_error_that_it_had_survived() {
    let log = "[2026-11-29 10:42:50,728] ERROR [RequestSendThread controllerId=0] Controller 0 fails to send a request to broker 127.0.0.1:19092 (id: 0 rack: null) (kafka.controller.RequestSendThread)\n";
    let output = "Terminating due to java.lang.OutOfMemoryError: Java heap space\n";
    assert_says(log, output, Cause::OutOfMemory, output.trim());
    assert_eq!(of(log, "OpenJDK 64-Bit Server VM warning: sharing is off\n").cause, None);
}

#[test]
fn what_is_not_known_is_quoted_with_the_exception_under_it() {
    let log = "\
[2026-11-29 10:44:12,386] ERROR [KafkaServer id=0] Fatal error during KafkaServer startup. Prepare to shutdown (kafka.server.KafkaServer)
com.fasterxml.jackson.databind.JsonMappingException: No such field exists: `version`
[2026-11-29 10:44:12,404] ERROR Cannot invoke \"java.nio.channels.ServerSocketChannel.close()\" (kafka.network.DataPlaneAcceptor)
";
    let words = of(log, "");
    assert_eq!(
        words.without_remedy(),
        "com.fasterxml.jackson.databind.JsonMappingException: No such field exists: `version`"
    );
    assert_eq!(words.to_string(), words.without_remedy());
    let log = "[2026-11-29 10:44:12,404] ERROR It is odd (kafka.Odd)\njava.lang.OddException\n";
    assert_eq!(of(log, "").without_remedy(), "ERROR It is odd (kafka.Odd): java.lang.OddException");
    let log = "\
[2026-11-29 10:44:12,386] ERROR Error while reading (kafka.Log)
[2026-11-29 10:44:12,404] ERROR Shutdown broker because all log dirs in /velib have failed (kafka.log.LogManager)
";
    assert_eq!(of(log, "").without_remedy(), "ERROR Error while reading (kafka.Log)");
}

#[test]
fn a_known_cause_is_a_sentence_with_its_remedy_before_the_quotation() {
    let words = of("", "Terminating due to java.lang.OutOfMemoryError: Java heap space\n");
    let quote = "Terminating due to java.lang.OutOfMemoryError: Java heap space";
    assert_eq!(words.without_remedy(), format!("it has too little memory ({quote})"));
    assert_eq!(
        words.to_string(),
        format!("it has too little memory; give it more `heap` in the spec ({quote})")
    );
}

#[test]
fn a_quiet_log_gives_no_reason() {
    assert_eq!(last_words("[2026-11-23 01:00:00,000] INFO all is well (kafka)\n", ""), None);
}

#[test]
fn a_jmx_port_that_is_taken_is_not_the_port_of_the_node() {
    let output = "\
Error: Exception thrown by the agent : java.rmi.server.ExportException: Port already in use: 58237; nested exception is: 
\tjava.net.BindException: Address already in use
jdk.internal.agent.AgentConfigurationError: java.rmi.server.ExportException: Port already in use: 58237; nested exception is: 
\tjava.net.BindException: Address already in use
\tat jdk.management.agent/sun.management.jmxremote.ConnectorBootstrap.startRemoteConnectorServer(ConnectorBootstrap.java:492)
Caused by: java.net.BindException: Address already in use
";
    let quote = "Error: Exception thrown by the agent : java.rmi.server.ExportException: Port already in use: 58237; nested exception is:";
    assert_says("", output, Cause::JmxPort, quote);
}

#[test]
fn an_agent_of_java_that_is_set_wrongly_is_a_flag_that_is_wrong() {
    let output = "\
Error: Password file not found: /usr/lib/jvm/java-17/conf/management/jmxremote.password
jdk.internal.agent.AgentConfigurationError
\tat jdk.management.agent/sun.management.jmxremote.ConnectorBootstrap.checkPasswordFile(ConnectorBootstrap.java:595)
";
    assert_eq!(of("", output).cause, Some(Cause::JvmFlag));
}

#[test]
fn too_few_threads_allowed_are_no_lack_of_heap() {
    let at_start = "\
[0.058s][warning][os,thread] Failed to start thread \"Unknown thread\" - pthread_create failed (EAGAIN) for attributes: stacksize: 1024k, guardsize: 0k, detached.
Error occurred during initialization of VM
java.lang.OutOfMemoryError: unable to create native thread: possibly out of memory or process/resource limits reached
";
    assert_eq!(of("", at_start).cause, Some(Cause::Threads));
    let later = "Terminating due to java.lang.OutOfMemoryError: unable to create native thread: possibly out of memory or process/resource limits reached\n";
    assert_says("", later, Cause::Threads, later.trim());
    let of_java_8 =
        "Exception in thread \"main\" java.lang.OutOfMemoryError: unable to create new native thread\n";
    assert_eq!(of("", of_java_8).cause, Some(Cause::Threads));
}
