//! What an error code of a Produce answer means for the batch.

use kafka_protocol::error::ResponseError as E;

/// What becomes of a batch that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
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
pub(super) fn verdict(error: Option<E>) -> Verdict {
    let Some(error) = error else { return Verdict::Stored };
    match error {
        // The broker has it from an earlier try.
        E::DuplicateSequenceNumber => Verdict::Stored,
        E::NotLeaderOrFollower
        | E::LeaderNotAvailable
        | E::UnknownTopicOrPartition
        | E::FencedLeaderEpoch
        | E::UnknownLeaderEpoch
        | E::ReplicaNotAvailable
        | E::KafkaStorageError => Verdict::Again(Cause::Leader),
        E::NotEnoughReplicas => Verdict::Again(Cause::MinIsr),
        // Damaged on its way: nothing that was checked before it is stored.
        E::CorruptMessage | E::ThrottlingQuotaExceeded => Verdict::Again(Cause::Other),
        // The leader has it, and its followers may or may not.
        E::NotEnoughReplicasAfterAppend | E::RequestTimedOut | E::NetworkException => {
            Verdict::AgainPerhapsStored
        }
        E::MessageTooLarge | E::RecordListTooLarge => Verdict::TooLarge,
        E::UnknownProducerId => Verdict::Forgotten,
        // The broker lacks the batch before this one, which it had acknowledged: it lost records, as by an
        // unclean election. To go on under a new id would hide that.
        E::OutOfOrderSequenceNumber => Verdict::Refused,
        E::UnknownServerError | E::Unknown(_) => Verdict::RefusedPerhapsStored,
        error if error.is_retriable() => Verdict::AgainPerhapsStored,
        _ => Verdict::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_leader_may_have_appended_is_never_taken_for_not_stored() {
        for error in [E::RequestTimedOut, E::NotEnoughReplicasAfterAppend, E::NetworkException] {
            assert_eq!(verdict(Some(error)), Verdict::AgainPerhapsStored, "{error}");
        }
        assert_eq!(verdict(Some(E::UnknownServerError)), Verdict::RefusedPerhapsStored);
        assert_eq!(verdict(Some(E::NotEnoughReplicas)), Verdict::Again(Cause::MinIsr));
        assert_eq!(verdict(Some(E::NotLeaderOrFollower)), Verdict::Again(Cause::Leader));
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
            assert_eq!(verdict(Some(error)), Verdict::Refused, "{error}");
        }
        assert_eq!(verdict(Some(E::DuplicateSequenceNumber)), Verdict::Stored);
        assert_eq!(verdict(None), Verdict::Stored);
    }
}
