//! What an error code of a Produce answer means for the batch.

use kafka_protocol::error::ResponseError as E;

/// What becomes of a batch that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Stored,
    /// Another try, since it was not stored.
    Again(Cause),
    /// Another try; it may be stored already, and only idempotence keeps it from being stored twice.
    AgainPerhapsStored,
    /// Too large for the topic, and not stored.
    TooLarge,
    /// The broker has forgotten this producer, and stored nothing of the batch: a new producer id may
    /// begin anew (KIP-360).
    Forgotten,
    /// Not stored, and no further try would help.
    Refused,
    /// No further try would help, and it may be stored.
    RefusedPerhapsStored,
}

/// Why there is another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// Another broker leads, or none does yet.
    Leader,
    /// Fewer in-sync replicas than `min.insync.replicas`.
    MinIsr,
    Other,
}

/// `None`: no error.
pub(super) fn fate(error: Option<E>) -> Fate {
    let Some(error) = error else { return Fate::Stored };
    match error {
        // The broker has it from an earlier try.
        E::DuplicateSequenceNumber => Fate::Stored,
        E::NotLeaderOrFollower
        | E::LeaderNotAvailable
        | E::UnknownTopicOrPartition
        | E::FencedLeaderEpoch
        | E::UnknownLeaderEpoch
        | E::ReplicaNotAvailable
        | E::KafkaStorageError => Fate::Again(Cause::Leader),
        E::NotEnoughReplicas => Fate::Again(Cause::MinIsr),
        // Damaged on its way: nothing that was checked before it is stored.
        E::CorruptMessage | E::ThrottlingQuotaExceeded => Fate::Again(Cause::Other),
        // The leader has it, and its followers may or may not.
        E::NotEnoughReplicasAfterAppend | E::RequestTimedOut | E::NetworkException => {
            Fate::AgainPerhapsStored
        }
        E::MessageTooLarge | E::RecordListTooLarge => Fate::TooLarge,
        E::UnknownProducerId => Fate::Forgotten,
        // The broker lacks the batch before this one, which it had acknowledged: it lost records, as by an
        // unclean election. To go on under a new id would hide that.
        E::OutOfOrderSequenceNumber => Fate::Refused,
        E::UnknownServerError | E::Unknown(_) => Fate::RefusedPerhapsStored,
        error if error.is_retriable() => Fate::AgainPerhapsStored,
        _ => Fate::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_leader_may_have_appended_is_never_taken_for_not_stored() {
        for error in [E::RequestTimedOut, E::NotEnoughReplicasAfterAppend, E::NetworkException] {
            assert_eq!(fate(Some(error)), Fate::AgainPerhapsStored, "{error}");
        }
        assert_eq!(fate(Some(E::UnknownServerError)), Fate::RefusedPerhapsStored);
        assert_eq!(fate(Some(E::NotEnoughReplicas)), Fate::Again(Cause::MinIsr));
        assert_eq!(fate(Some(E::NotLeaderOrFollower)), Fate::Again(Cause::Leader));
    }

    #[test]
    fn what_no_try_can_mend_is_refused() {
        for error in [
            E::InvalidRecord,
            E::InvalidTimestamp,
            E::InvalidProducerEpoch,
            E::OutOfOrderSequenceNumber,
            E::UnsupportedCompressionType,
            E::TopicAuthorizationFailed,
        ] {
            assert_eq!(fate(Some(error)), Fate::Refused, "{error}");
        }
        assert_eq!(fate(Some(E::DuplicateSequenceNumber)), Fate::Stored);
        assert_eq!(fate(None), Fate::Stored);
    }
}
