//! Which of the known causes a reason tells of: by its type, or by the words of Kafka, ZooKeeper, Java and the system
//! in it.

use crate::model::cause::Cause;
use crate::model::reason::Reason;

/// The words of each. Whose words stand first is taken: what Java says of the system goes before what follows
/// from it.
const WORDS: &[(Cause, &[&str])] = &[
    (Cause::JmxPort, &["ExportException: Port already in use"]),
    (Cause::PortTaken, &["Address already in use"]),
    (Cause::OpenFiles, &["Too many open files"]),
    (Cause::DiskFull, &["No space left on device", "Disk quota exceeded"]),
    // Java calls it an OutOfMemoryError, too, and more heap would only make it worse.
    (
        Cause::Threads,
        &[
            "unable to create native thread",
            "unable to create new native thread",
            "Failed to start thread",
            "pthread_create failed",
        ],
    ),
    (
        Cause::OutOfMemory,
        &["OutOfMemoryError", "Could not reserve enough space", "insufficient memory for the Java Runtime"],
    ),
    (Cause::DataInUse, &["Failed to acquire lock on file .lock"]),
    (Cause::ForeignFolder, &["is not in the form of topic-partition"]),
    (
        Cause::OtherCluster,
        &[
            "InconsistentClusterId",
            "Invalid cluster.id in",
            "doesn't match stored",
            "INCONSISTENT_CLUSTER_ID",
        ],
    ),
    (
        Cause::FeatureLevel,
        &[
            "UnsupportedVersionException",
            "MetadataParseException",
            "No MetadataVersion with",
            "UNSUPPORTED_VERSION",
        ],
    ),
    (
        Cause::AlreadyRegistered,
        &["NodeExists", "A broker is already registered on the path", "DuplicateBrokerRegistration"],
    ),
    // Before what follows: the class of the library is then missing for good.
    (Cause::Noexec, &["failed to map segment from shared object"]),
    (Cause::JavaTooOld, &["UnsupportedClassVersionError"]),
    (
        Cause::ClassMissing,
        &["ClassNotFoundException", "NoClassDefFoundError", "Could not find or load main class"],
    ),
    // Before what wraps it: an own key store that does not hold is a setting of no value.
    (
        Cause::Certificate,
        &[
            "CertificateExpiredException",
            "CertificateNotYetValidException",
            "PKIX path",
            "certificate has expired",
            "certificate is of another CA",
        ],
    ),
    (Cause::Setting, &["ConfigException"]),
    (
        Cause::JvmFlag,
        &[
            "Could not create the Java Virtual Machine",
            "Unrecognized VM option",
            "Unrecognized option: ",
            "AgentConfigurationError",
        ],
    ),
];

/// The cause that somebody else's text tells of, with the line of it that does.
pub(crate) fn told_by(text: &str) -> Option<(Cause, &str)> {
    WORDS.iter().find_map(|(cause, words)| {
        let line = text.lines().find(|line| words.iter().any(|word| line.contains(word)))?;
        Some((*cause, line))
    })
}

/// The cause of a reason, when it is one that is known.
pub(crate) fn cause(reason: &Reason) -> Option<Cause> {
    match reason {
        Reason::PortTaken { .. } => Some(Cause::PortTaken),
        Reason::OutOfMemoryKill { .. } => Some(Cause::KilledByKernel),
        Reason::LastWords(words) => words.cause,
        Reason::CannotRun { why, .. }
        | Reason::NotStarted { why }
        | Reason::NotReady { why }
        | Reason::OldRegistration { why }
        | Reason::Words { text: why } => told_by(why).map(|(cause, _)| cause),
        Reason::Ended { .. }
        | Reason::ProcessGone
        | Reason::ProcessPaused
        | Reason::StaysDown { .. }
        | Reason::WaitsForQuorum
        | Reason::WaitsForStart => None,
    }
}
