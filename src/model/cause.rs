//! Why nodes end, of the causes that are known: each in one sentence and with what helps against it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A known cause of a node's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Another process listens where it wanted to (`EADDRINUSE`).
    PortTaken,
    /// Another process listens on the port that Java's management (JMX) was to have.
    JmxPort,
    /// The limit of processes, of which each thread is one, is reached.
    Threads,
    /// The limit of open files is reached: each segment and its indexes, and each connection, takes some.
    OpenFiles,
    /// No space or no quota is left where its data or its log is.
    DiskFull,
    /// Its heap is full, or the system does not give the JVM the memory that it asks for at its start.
    OutOfMemory,
    /// The kernel had no memory left, of its cgroup or of the machine, and chose it (the OOM killer).
    KilledByKernel,
    /// The `.lock` of a log dir is held: two brokers would write one log.
    DataInUse,
    /// A folder in `log.dirs` whose name is no `topic-partition`: Kafka refuses to start over it.
    ForeignFolder,
    /// `cluster.id` in its meta.properties is not the id of the ensemble or the quorum.
    OtherCluster,
    /// The finalized features, or the format of what is stored, are newer than this Kafka can read.
    FeatureLevel,
    /// The id is held by a live session in ZooKeeper, or an unfenced broker in KRaft.
    AlreadyRegistered,
    /// Its classes are compiled for a later Java (`UnsupportedClassVersionError`).
    JavaTooOld,
    /// A setting names a class, such as a metrics reporter, that is not on the class path.
    ClassMissing,
    /// Kafka or ZooKeeper refuses a value in its config file (`ConfigException`).
    Setting,
    /// The certificate that it shows is not one that its peers take: expired, or not of the cluster's CA.
    Certificate,
    /// Its folder for temporary files, where Java libraries unpack their native code, is mounted `noexec`.
    Noexec,
    /// The JVM itself refuses to start, before any code of Kafka runs.
    JvmFlag,
}

impl Cause {
    /// What it is, to be read after the name of the node.
    pub fn sentence(self) -> &'static str {
        match self {
            Cause::PortTaken => "its port is taken",
            Cause::JmxPort => "its JMX port is taken",
            Cause::Threads => "it may not start more threads",
            Cause::OpenFiles => "it may not open more files",
            Cause::DiskFull => "the disk is full",
            Cause::OutOfMemory => "it has too little memory",
            Cause::KilledByKernel => "killed by the kernel, which had no memory left",
            Cause::DataInUse => "another process uses its data folder",
            Cause::ForeignFolder => "there is a folder in its data that is not Kafka's",
            Cause::OtherCluster => "its data are another cluster's: the cluster ids differ",
            Cause::FeatureLevel => "its Kafka is too old for the data or the metadata.version of the cluster",
            Cause::AlreadyRegistered => "a broker of its id is registered already",
            Cause::JavaTooOld => "this Java is too old for it",
            Cause::ClassMissing => "a class is missing",
            Cause::Setting => "a setting is wrong",
            Cause::Certificate => "its certificate is not valid",
            Cause::Noexec => "it cannot load native code: its folder for temporary files is mounted noexec",
            Cause::JvmFlag => "a flag for Java is wrong",
        }
    }

    /// What helps against it: a thing to do, with the commands and the keys of the spec that do it.
    pub fn remedy(self) -> &'static str {
        match self {
            Cause::PortTaken => "end the process that has it, or give the node another `port` in the spec",
            Cause::JmxPort => {
                "end the process that has it, or give another in `jvm_flags` of a single node in the spec: \
                 nodes cannot share one"
            }
            Cause::Threads => {
                "raise the limit of processes (`ulimit -u`, or `pids.max` of the cgroup), then `cluster down` \
                 and `cluster up`"
            }
            Cause::OpenFiles => {
                "raise the limit of open files (`ulimit -n`), then `cluster down` and `cluster up`"
            }
            Cause::DiskFull => "free space, then start it",
            Cause::OutOfMemory => "give it more `heap` in the spec",
            Cause::KilledByKernel => {
                "give the cgroup (container) more memory, or nodes less `heap` in the spec"
            }
            Cause::DataInUse => "end that process first",
            Cause::ForeignFolder => "move that folder away, then start it",
            Cause::OtherCluster => {
                "bring back the data that were removed, or begin anew with `cluster down --delete`"
            }
            Cause::FeatureLevel => "give it the Kafka `version` in the spec that wrote them, or a newer one",
            Cause::AlreadyRegistered => {
                "end the other broker of this id; the registration of one that is gone ends with its session, \
                 within seconds"
            }
            Cause::JavaTooOld => "set `java` in the spec",
            Cause::ClassMissing => {
                "`cluster plan` shows which setting names it; its jar must be on the class path"
            }
            Cause::Setting => "`cluster plan` shows where each comes from",
            Cause::Certificate => {
                "`cluster certs` shows until when each is valid; `cluster certs rotate NODE` gives it a new one"
            }
            Cause::Noexec => {
                "set CLUSTER_HOME (for `cluster run` CLUSTER_CACHE) to a folder of another mount, or give brokers `-Djava.io.tmpdir=FOLDER` in `jvm_flags` \
                 in the spec, with a FOLDER that is there"
            }
            Cause::JvmFlag => "look at `jvm_flags` in the spec",
        }
    }
}
