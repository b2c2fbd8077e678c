//! Which partition a record goes to.

/// Where Java's producer puts a key: so does every client that is to agree with it
/// (`BuiltInPartitioner.partitionForKey`). `partitions` is more than 0.
pub(super) fn partition_of_key(key: &[u8], partitions: usize) -> usize {
    (murmur2(key) & 0x7fff_ffff) as usize % partitions.max(1)
}

/// As `Utils.murmur2` of Kafka has it.
fn murmur2(data: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const M: u32 = 0x5bd1_e995;
    const R: u32 = 24;
    let mut hash = SEED ^ data.len() as u32;
    let (words, rest) = data.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> R;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    if !rest.is_empty() {
        for (byte, shift) in rest.iter().zip([0, 8, 16]) {
            hash ^= u32::from(*byte) << shift;
        }
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ (hash >> 15)
}

/// Records without a key: all of a batch to one partition (KIP-480), the next batch to the one that
/// had the fewest bytes so far, so that slow brokers do not get more (KIP-794).
#[derive(Debug)]
pub(super) struct Sticky {
    /// First in turn among equals.
    seed: usize,
    current: Option<usize>,
    /// Bytes given to each.
    given: Vec<u64>,
}

impl Sticky {
    pub(super) fn new(seed: usize) -> Self {
        Sticky { seed, current: None, given: Vec::new() }
    }

    /// The partition of this batch, or of the next among `count`, taking one that is `available` if any is.
    pub(super) fn choose(&mut self, count: usize, bytes: usize, available: impl Fn(usize) -> bool) -> usize {
        self.given.resize(count, 0);
        let chosen = match self.current {
            Some(current) if current < count => current,
            _ => self.next(count, available),
        };
        self.current = Some(chosen);
        self.given[chosen] += bytes as u64;
        chosen
    }

    /// The batch of this partition takes no more.
    pub(super) fn batch_ended(&mut self, partition: usize) {
        if self.current == Some(partition) {
            self.current = None;
        }
    }

    fn next(&mut self, count: usize, available: impl Fn(usize) -> bool) -> usize {
        let in_turn = || (0..count).map(|turn| (self.seed % count + turn) % count);
        let least = |among: &mut dyn Iterator<Item = usize>| among.min_by_key(|index| self.given[*index]);
        let chosen = least(&mut in_turn().filter(|index| available(*index)));
        let chosen = chosen.or_else(|| least(&mut in_turn())).unwrap_or_default();
        // One that cannot be reached now would else get all there is when it can be.
        let floor = self.given[chosen];
        for index in (0..count).filter(|index| !available(*index)) {
            self.given[index] = self.given[index].max(floor);
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_hash_as_kafka_hashes_them() {
        // Of UtilsTest.testMurmur2.
        for (key, hash) in [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(key.as_bytes()) as i32, hash, "{key}");
        }
        assert_eq!(partition_of_key(b"21", 10), ((-973_932_308i32 & 0x7fff_ffff) % 10) as usize);
    }

    #[test]
    fn batches_without_a_key_spread_evenly_by_bytes() {
        let mut sticky = Sticky::new(2);
        let mut given = [0; 3];
        for size in [100, 10, 10, 10, 100, 10, 10, 70, 100, 50].into_iter().cycle().take(300) {
            let chosen = sticky.choose(3, size, |_| true);
            given[chosen] += size;
            assert_eq!(sticky.choose(3, 1, |_| true), chosen, "the same batch");
            given[chosen] += 1;
            sticky.batch_ended(chosen);
        }
        let (least, most) = (given.iter().min().unwrap(), given.iter().max().unwrap());
        assert!(most - least <= 110, "{given:?}");
    }

    #[test]
    fn a_partition_that_was_away_gets_its_share_and_no_more() {
        let mut sticky = Sticky::new(0);
        let mut batch = |available: &dyn Fn(usize) -> bool| {
            let chosen = sticky.choose(2, 10, available);
            sticky.batch_ended(chosen);
            chosen
        };
        for _ in 0..100 {
            assert_eq!(batch(&|index| index == 0), 0);
        }
        let back: Vec<_> = (0..6).map(|_| batch(&|_| true)).collect();
        assert!(back.iter().filter(|chosen| **chosen == 1).count() <= 4, "{back:?}");
        assert!((0..9).all(|_| batch(&|_| false) < 2), "nobody is there: any will do");
    }
}
