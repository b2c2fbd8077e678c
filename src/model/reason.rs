//! Why a node is not up or does not get on, as a value: who reads it compares variants. Its words for people are in
//! [`sentence`](super::sentence); JSON has both, the words in the field that had nothing else before.

use std::fmt;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cause::Cause;
use super::exit::Exit;
use super::outcome::KeptDown;

/// Why a node is not up, or does not get on. `why` is always somebody else's sentence: the system's, Kafka's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Reason {
    /// Another process listens on a port of it.
    PortTaken {
        /// One of its ports: of clients, or of an ensemble or a quorum.
        port: u16,
        /// `None`: it cannot be told, e.g. of another user's.
        holder: Option<Holder>,
    },
    /// The system does not run its program.
    CannotRun {
        /// Path of `java`.
        program: String,
        /// The system's word, such as `No such file or directory (os error 2)`.
        why: String,
    },
    /// What else keeps it from being started, e.g. its files cannot be written.
    NotStarted {
        /// The system's word, with the file or folder that it is about.
        why: String,
    },
    /// Its process ended without a word.
    Ended {
        /// Exit code or signal.
        exit: Exit,
    },
    /// The kernel killed it, since there was no memory left (the OOM killer).
    OutOfMemoryKill {
        /// What the cgroup allows, in bytes, such as a container's; `None`: it is the machine's memory alone.
        limit_bytes: Option<u64>,
    },
    /// Its process ended, and its log or its JVM says why.
    LastWords(LastWords),
    /// The probe found no process of its identity, and its exit is not told yet.
    ProcessGone,
    /// SIGSTOP holds it: it answers nothing until SIGCONT.
    ProcessPaused,
    /// What the probe of a readiness step met.
    NotReady {
        /// One line: `connection refused`, `no answer within 500 ms`.
        why: String,
    },
    /// The registration of its last process cannot be removed yet.
    OldRegistration {
        /// ZooKeeper's or Kafka's word; it is tried again.
        why: String,
    },
    /// There is none that could remove its old registration.
    WaitsForQuorum,
    /// Nothing is wrong with it: what it depends on is not up yet, or its turn has not come.
    WaitsForStart,
    /// The operator took it down.
    StaysDown {
        /// `kill` or `stop`: `start` brings it back.
        by: KeptDown,
    },
    /// All that a journal of an earlier version has.
    Words {
        /// A sentence that was made for people, and may be of any kind.
        text: String,
    },
}

/// A process with a socket on a port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Holder {
    /// Its process id, on this machine.
    pub pid: u32,
    /// Its command line, shortened.
    pub command: String,
    /// The folder of the cluster that it is a node, or the supervisor, of; `None`: it is neither.
    #[serde(default)]
    pub cluster: Option<PathBuf>,
}

impl Holder {
    /// The command that takes its cluster down, for somebody whose clusters are in `home`; `None` when it is of none.
    pub(crate) fn down(&self, home: &Path) -> Option<String> {
        let folder = self.cluster.as_deref()?;
        let (its_home, name) = (folder.parent()?, folder.file_name()?.display());
        Some(match its_home == home {
            true => format!("`cluster -c {name} down`"),
            false => format!("`CLUSTER_HOME={} cluster -c {name} down`", its_home.display()),
        })
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Holder { pid, command, cluster } = self;
        match cluster.as_deref().and_then(Path::file_name) {
            Some(name) => write!(f, "process {pid} of the cluster {} ({command})", name.display()),
            None => write!(f, "process {pid} ({command})"),
        }
    }
}

/// What a node said of its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LastWords {
    /// When it is one that is known.
    pub cause: Option<Cause>,
    /// The node's own words, on one line.
    pub quote: String,
}

/// A [`Reason`] that is there, or may be: what a field of JSON can hold.
pub(super) trait Held: Sized {
    fn get(&self) -> Option<&Reason>;
    fn from(read: Option<Reason>) -> Option<Self>;
}

impl Held for Reason {
    fn get(&self) -> Option<&Reason> {
        Some(self)
    }

    fn from(read: Option<Reason>) -> Option<Self> {
        read
    }
}

impl Held for Option<Reason> {
    fn get(&self) -> Option<&Reason> {
        self.as_ref()
    }

    fn from(read: Option<Reason>) -> Option<Self> {
        Some(read)
    }
}

/// For `#[serde(flatten, with = ...)]`: the words in a field of this name, the value in `reason` beside it. JSON from
/// before there were values is read as [`Reason::Words`].
macro_rules! words_in {
    ($field:ident) => {
        pub(super) mod $field {
            use super::{Held, Reason};
            use schemars::JsonSchema;
            use serde::de::Error;
            use serde::{Deserialize, Deserializer, Serialize, Serializer};

            /// The words, and the value.
            #[derive(Serialize, Deserialize, JsonSchema)]
            pub(in crate::model) struct Both {
                /// For people.
                $field: Option<String>,
                #[serde(default, skip_serializing_if = "Option::is_none")]
                reason: Option<Reason>,
            }

            pub(in crate::model) fn serialize<R: Held, S: Serializer>(
                held: &R,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                let reason = held.get().cloned();
                Both { $field: reason.as_ref().map(Reason::to_string), reason }.serialize(serializer)
            }

            pub(in crate::model) fn deserialize<'de, R: Held, D: Deserializer<'de>>(
                deserializer: D,
            ) -> Result<R, D::Error> {
                let both = Both::deserialize(deserializer)?;
                let read = both.reason.or(both.$field.map(|text| Reason::Words { text }));
                R::from(read).ok_or_else(|| D::Error::missing_field(stringify!($field)))
            }
        }
    };
}

words_in!(error);
words_in!(last_error);
words_in!(why);
words_in!(note);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::Event;
    use crate::model::ids::NodeName;
    use crate::model::outcome::NodeResult;

    #[test]
    fn a_node_of_another_cluster_is_told_with_the_command_that_takes_that_down() {
        let holder = |cluster: Option<&str>| Holder {
            pid: 7,
            command: "java".into(),
            cluster: cluster.map(PathBuf::from),
        };
        let (home, other) = (Path::new("/home/me/clusters"), holder(Some("/home/me/clusters/other")));
        assert_eq!(other.to_string(), "process 7 of the cluster other (java)");
        assert_eq!(other.down(home).unwrap(), "`cluster -c other down`");
        assert_eq!(
            other.down(Path::new("/x")).unwrap(),
            "`CLUSTER_HOME=/home/me/clusters cluster -c other down`"
        );
        assert_eq!((holder(None).to_string().as_str(), holder(None).down(home)), ("process 7 (java)", None));
        let noted_before: Holder = serde_json::from_str(r#"{"pid":7,"command":"java"}"#).unwrap();
        assert_eq!(noted_before, holder(None));
    }

    /// Every shape of a reason.
    fn reasons() -> Vec<Reason> {
        let holder = Holder { pid: 7, command: "nc -l 9092".into(), cluster: None };
        let words = |cause| LastWords { cause, quote: "BindException: Address already in use".into() };
        let why = || "No such file or directory (os error 2)".to_owned();
        vec![
            Reason::PortTaken { port: 9092, holder: Some(holder) },
            Reason::PortTaken { port: 9092, holder: None },
            Reason::CannotRun { program: "/opt/java".into(), why: why() },
            Reason::NotStarted { why: why() },
            Reason::Ended { exit: Exit::Code(1) },
            Reason::Ended { exit: Exit::Signal(9) },
            Reason::OutOfMemoryKill { limit_bytes: Some(420 << 20) },
            Reason::OutOfMemoryKill { limit_bytes: None },
            Reason::LastWords(words(Some(Cause::PortTaken))),
            Reason::LastWords(words(None)),
            Reason::ProcessGone,
            Reason::ProcessPaused,
            Reason::NotReady { why: "connection refused".into() },
            Reason::OldRegistration { why: "no answer within 5 s".into() },
            Reason::WaitsForQuorum,
            Reason::WaitsForStart,
            Reason::StaysDown { by: KeptDown::Killed },
            Reason::Words { text: "exit code 1".into() },
        ]
    }

    #[test]
    fn json_has_the_words_where_they_always_were_and_the_value_beside_them() {
        let node = NodeName::broker(0);
        let failed = |reason| Event::StartFailed { node, reason };
        let written: Vec<String> =
            reasons().into_iter().map(|reason| serde_json::to_string(&failed(reason)).unwrap()).collect();
        let read: Vec<Event> = written.iter().map(|json| serde_json::from_str(json).unwrap()).collect();
        assert_eq!(read, reasons().into_iter().map(failed).collect::<Vec<_>>());
        let fields = |json: &String| json.split_once(r#""error":"#).unwrap().1.to_owned();
        insta::assert_snapshot!(written.iter().map(fields).collect::<Vec<_>>().join("\n"), @r#"
        "its port 9092 is taken by process 7 (nc -l 9092)","reason":{"kind":"port-taken","port":9092,"holder":{"pid":7,"command":"nc -l 9092","cluster":null}}}
        "its port 9092 is taken by another process","reason":{"kind":"port-taken","port":9092,"holder":null}}
        "failed to run /opt/java: No such file or directory (os error 2)","reason":{"kind":"cannot-run","program":"/opt/java","why":"No such file or directory (os error 2)"}}
        "No such file or directory (os error 2)","reason":{"kind":"not-started","why":"No such file or directory (os error 2)"}}
        "it ended: exit code 1","reason":{"kind":"ended","exit":"exit code 1"}}
        "killed by SIGKILL that nobody of this program sent","reason":{"kind":"ended","exit":"SIGKILL"}}
        "killed by the kernel, which had no memory left (the cgroup's limit is 420 MiB)","reason":{"kind":"out-of-memory-kill","limit_bytes":440401920}}
        "killed by the kernel, which had no memory left","reason":{"kind":"out-of-memory-kill","limit_bytes":null}}
        "its port is taken; end the process that has it, or give the node another `port` in the spec (BindException: Address already in use)","reason":{"kind":"last-words","cause":"port-taken","quote":"BindException: Address already in use"}}
        "BindException: Address already in use","reason":{"kind":"last-words","cause":null,"quote":"BindException: Address already in use"}}
        "its process is gone","reason":{"kind":"process-gone"}}
        "its process is paused","reason":{"kind":"process-paused"}}
        "connection refused","reason":{"kind":"not-ready","why":"connection refused"}}
        "its old registration cannot be removed yet: no answer within 5 s","reason":{"kind":"old-registration","why":"no answer within 5 s"}}
        "waits for a quorum to remove its old registration","reason":{"kind":"waits-for-quorum"}}
        "waits to be started","reason":{"kind":"waits-for-start"}}
        "killed; stays down until `cluster start`","reason":{"kind":"stays-down","by":"killed"}}
        "exit code 1","reason":{"kind":"words","text":"exit code 1"}}
        "#);
    }

    #[test]
    fn entries_that_have_nothing_but_words_are_read_as_words() {
        let node = NodeName::broker(0);
        let words = |text: &str| Reason::Words { text: text.into() };
        for (json, event) in [
            (
                r#"{"event":"start-failed","node":"broker-0","error":"its port 9092 is taken by process 7 (x)"}"#,
                Event::StartFailed { node, reason: words("its port 9092 is taken by process 7 (x)") },
            ),
            (
                r#"{"event":"unready","node":"broker-0","step":"port","error":"connection refused"}"#,
                Event::Unready {
                    node,
                    step: crate::model::step::Step::Port,
                    reason: words("connection refused"),
                },
            ),
            (
                r#"{"event":"crash-loop","node":"broker-0","exits":5,"within_ms":7,"last_error":"it has too little memory"}"#,
                Event::CrashLoop {
                    node,
                    exits: 5,
                    within_ms: 7,
                    reason: Some(words("it has too little memory")),
                },
            ),
            (
                r#"{"event":"crash-loop","node":"broker-0","exits":5,"within_ms":7,"last_error":null}"#,
                Event::CrashLoop { node, exits: 5, within_ms: 7, reason: None },
            ),
        ] {
            assert_eq!(serde_json::from_str::<Event>(json).unwrap(), event);
        }
        assert!(serde_json::from_str::<Event>(r#"{"event":"start-failed","node":"broker-0"}"#).is_err());
    }

    #[test]
    fn a_reason_that_is_not_there_is_null_in_words_and_no_field_beside() {
        let loops = Event::CrashLoop { node: NodeName::broker(0), exits: 5, within_ms: 7, reason: None };
        let json = r#"{"event":"crash-loop","node":"broker-0","exits":5,"within_ms":7,"last_error":null}"#;
        assert_eq!(serde_json::to_string(&loops).unwrap(), json);
        let failed = NodeResult::Failed { reason: None };
        assert_eq!(serde_json::to_string(&failed).unwrap(), r#"{"kind":"failed","why":null}"#);
        let reason = Some(Reason::Ended { exit: Exit::Code(3) });
        let json = serde_json::to_string(&NodeResult::Failed { reason }).unwrap();
        assert_eq!(
            json,
            r#"{"kind":"failed","why":"it ended: exit code 3","reason":{"kind":"ended","exit":"exit code 3"}}"#
        );
    }
}
