//! Values of messages: letters at random, as Kafka's own tool sends them, so that compression has the same to
//! do; and the stamp by which a consumer knows the messages of this run.

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Letters are taken from as many, in turn: more than compressors look back.
const POOL: usize = 4 << 20;
/// Bytes of a stamp: run, number and intended time, 8 each.
pub(crate) const LEAST: usize = 24;

/// What a message that is to be received says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Of the messages of this run, from 0 on.
    pub number: u64,
    /// When it should have gone, in µs since the run began.
    pub intended_us: u64,
}

/// Makes values of one size.
#[derive(Debug)]
pub(super) struct Payloads {
    letters: Bytes,
    at: usize,
    size: usize,
    /// Of this run, in front of every value that is stamped.
    run: u64,
}

impl Payloads {
    /// `run` tells this run's messages from those of others in the same topic.
    pub(super) fn new(size: usize, run: u64) -> Self {
        let mut state = run | 1;
        let letter = |_| {
            // Xorshift (Marsaglia, 2003): letters need no better.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            b'A' + (state >> 33) as u8 % 26
        };
        Payloads { letters: (0..POOL.max(size)).map(letter).collect(), at: 0, size, run }
    }

    /// The next value: a view, nothing is copied.
    pub(super) fn plain(&mut self) -> Bytes {
        if self.at + self.size > self.letters.len() {
            self.at = 0;
        }
        let value = self.letters.slice(self.at..self.at + self.size);
        self.at += self.size;
        value
    }

    /// The next value, with a stamp in it; at least [`LEAST`] bytes.
    pub(super) fn stamped(&mut self, stamp: Stamp) -> Bytes {
        let letters = self.plain();
        let mut value = BytesMut::with_capacity(self.size.max(LEAST));
        value.put_u64(self.run);
        value.put_u64(stamp.number);
        value.put_u64(stamp.intended_us);
        value.put_slice(letters.get(LEAST..).unwrap_or_default());
        value.freeze()
    }

    /// The stamp of a value of this run.
    pub(super) fn stamp(&self, mut value: &[u8]) -> Option<Stamp> {
        if value.len() != self.size.max(LEAST) || value.get_u64() != self.run {
            return None;
        }
        Some(Stamp { number: value.get_u64(), intended_us: value.get_u64() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_tells_its_stamp_to_its_own_run_only() {
        let (mut ours, mut theirs) = (Payloads::new(30, 7), Payloads::new(30, 8));
        let stamp = Stamp { number: 4711, intended_us: 12 };
        let value = ours.stamped(stamp);
        assert_eq!((value.len(), ours.stamp(&value)), (30, Some(stamp)));
        assert_eq!(ours.stamp(&theirs.stamped(stamp)), None);
        for other in [&b""[..], b"short", &[0; 30], &value[..29]] {
            assert_eq!(ours.stamp(other), None);
        }
    }

    #[test]
    fn values_have_their_size_and_differ() {
        let mut payloads = Payloads::new(1000, 3);
        let values: Vec<_> = (0..=POOL / 1000).map(|_| payloads.plain()).collect();
        assert!(values.iter().all(|value| value.len() == 1000));
        assert_ne!(values[0], values[1]);
        assert_eq!(values[0], values[POOL / 1000], "the pool is used again, and not left");
    }
}
