//! Values of records: letters at random, as Kafka's own tool sends them, so that compression has the same to
//! do; and by which of them a consumer knows the records of this run.

use bytes::{BufMut, Bytes, BytesMut};

/// Letters are taken from as many, in turn: more than compressors look back.
const POOL: usize = 4 << 20;
/// Run and number, 8 bytes each.
pub const LEAST: usize = 16;

/// Makes values of one size.
#[derive(Debug)]
pub struct Payloads {
    letters: Bytes,
    at: usize,
    size: usize,
    /// Of this run, in front of every value that is numbered.
    run: u64,
}

impl Payloads {
    /// `run` tells this run's records from those of others in the same topic.
    pub fn new(size: usize, run: u64) -> Self {
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
    pub fn plain(&mut self) -> Bytes {
        if self.at + self.size > self.letters.len() {
            self.at = 0;
        }
        let value = self.letters.slice(self.at..self.at + self.size);
        self.at += self.size;
        value
    }

    /// The next value, with a number in it; at least [`LEAST`] bytes.
    pub fn numbered(&mut self, number: u64) -> Bytes {
        let letters = self.plain();
        let mut value = BytesMut::with_capacity(self.size.max(LEAST));
        value.put_u64(self.run);
        value.put_u64(number);
        value.put_slice(letters.get(LEAST..).unwrap_or_default());
        value.freeze()
    }

    /// The number in a value of this run.
    pub fn number(&self, value: &[u8]) -> Option<u64> {
        let (run, rest) = value.split_first_chunk::<8>()?;
        let (number, _) = rest.split_first_chunk::<8>()?;
        (value.len() == self.size.max(LEAST) && u64::from_be_bytes(*run) == self.run)
            .then(|| u64::from_be_bytes(*number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_tells_its_number_to_its_own_run_only() {
        let (mut ours, mut theirs) = (Payloads::new(20, 7), Payloads::new(20, 8));
        let value = ours.numbered(4711);
        assert_eq!((value.len(), ours.number(&value)), (20, Some(4711)));
        assert_eq!(ours.number(&theirs.numbered(4711)), None);
        for other in [&b""[..], b"short", &[0; 20], &value[..19]] {
            assert_eq!(ours.number(other), None);
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
