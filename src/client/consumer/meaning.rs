//! What an error code of Fetch means for whoever wants to read on.

use kafka_protocol::error::ResponseError;

/// Of one partition's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Records,
    /// Another broker leads, or this one does not know yet that it does.
    Leader,
    /// The offset is before the first record that is kept, or after the last.
    OutOfRange,
    /// Gone by itself.
    Again,
    Refused,
}

/// By the code of one partition.
pub(super) fn meaning(code: i16) -> Meaning {
    use ResponseError as E;
    match ResponseError::try_from_code(code) {
        None => Meaning::Records,
        Some(
            E::NotLeaderOrFollower
            | E::LeaderNotAvailable
            | E::ReplicaNotAvailable
            | E::FencedLeaderEpoch
            | E::UnknownLeaderEpoch
            | E::KafkaStorageError
            // A broker that was just started knows no topics for a moment.
            | E::UnknownTopicOrPartition
            | E::UnknownTopicId
            | E::InconsistentTopicId,
        ) => Meaning::Leader,
        Some(E::OffsetOutOfRange) => Meaning::OutOfRange,
        Some(error) if error.is_retriable() => Meaning::Again,
        Some(E::UnknownServerError) => Meaning::Again,
        Some(_) => Meaning::Refused,
    }
}
