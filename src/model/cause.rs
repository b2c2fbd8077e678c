//! Why nodes end, of the causes that are known: each in one sentence and with what helps against it.

use serde::{Deserialize, Serialize};

/// A known cause of a node's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    PortTaken,
    OpenFiles,
    DiskFull,
    OutOfMemory,
    DataInUse,
    ForeignFolder,
    OtherCluster,
    FeatureLevel,
    AlreadyRegistered,
    JavaTooOld,
    ClassMissing,
    Setting,
    JvmFlag,
}

impl Cause {
    pub fn sentence(self) -> &'static str {
        match self {
            Cause::PortTaken => "its port is taken",
            Cause::OpenFiles => "it may not open more files",
            Cause::DiskFull => "the disk is full",
            Cause::OutOfMemory => "it has too little memory",
            Cause::DataInUse => "another process uses its data folder",
            Cause::ForeignFolder => "there is a folder in its data that is not Kafka's",
            Cause::OtherCluster => "its data are another cluster's: the cluster ids differ",
            Cause::FeatureLevel => "its Kafka is too old for the data or the metadata.version of the cluster",
            Cause::AlreadyRegistered => "a broker of its id is registered already",
            Cause::JavaTooOld => "this Java is too old for it",
            Cause::ClassMissing => "a class is missing",
            Cause::Setting => "a setting is wrong",
            Cause::JvmFlag => "a flag for Java is wrong",
        }
    }

    pub fn remedy(self) -> &'static str {
        match self {
            Cause::PortTaken => "end the process that has it, or give the node another `port` in the spec",
            Cause::OpenFiles => {
                "raise the limit of open files (`ulimit -n`), then `cluster down` and `cluster up`"
            }
            Cause::DiskFull => "free space, then start it",
            Cause::OutOfMemory => "give it more `heap` in the spec",
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
            Cause::JvmFlag => "look at `jvm_flags` in the spec",
        }
    }
}
