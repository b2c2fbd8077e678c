//! What an error code of Fetch means for whoever wants to read on.

use kafka_protocol::error::ResponseError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
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
pub(super) fn verdict(code: i16) -> Verdict {
    use ResponseError as E;
    match ResponseError::try_from_code(code) {
        None => Verdict::Records,
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
        ) => Verdict::Leader,
        Some(E::OffsetOutOfRange) => Verdict::OutOfRange,
        Some(error) if error.is_retriable() => Verdict::Again,
        Some(E::UnknownServerError) => Verdict::Again,
        Some(_) => Verdict::Refused,
    }
}
