use bytes::Bytes;
use kafka_protocol::records::RecordBatchDecoder;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::wire::records::read::ReadBatch;
use crate::wire::records::*;

const CODECS: [Compression; 5] =
    [Compression::None, Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd];

fn bytes() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..40).prop_map(Bytes::from)
}

fn record() -> impl Strategy<Value = Record> {
    (option::of(bytes()), option::of(bytes()), vec((bytes(), option::of(bytes())), 0..3), 0..i64::MAX / 4)
        .prop_map(|(key, value, headers, timestamp)| Record { key, value, headers, timestamp })
}

fn batch_of(records: &[Record], compression: Compression) -> Vec<u8> {
    let mut builder = BatchBuilder::default();
    records.iter().for_each(|record| builder.push(record));
    let mut out = Vec::new();
    builder.close(compression).write(Sequence::NONE, &mut out);
    out
}

fn set_of(records: &[Record], compression: Compression) -> Vec<u8> {
    let mut builder = MessageSetBuilder::default();
    records.iter().for_each(|record| builder.push(record));
    builder.close(compression)
}

/// As a broker stores them from this offset on.
fn stored(records: &[Record], first: i64) -> Vec<StoredRecord> {
    let at = |(offset, record): (i64, &Record)| StoredRecord {
        offset,
        timestamp: record.timestamp,
        key: record.key.clone(),
        value: record.value.clone(),
        headers: record.headers.clone(),
    };
    (first..).zip(records).map(at).collect()
}

fn read(bytes: Vec<u8>) -> Result<Vec<StoredRecord>, RecordsError> {
    let batches: Result<Vec<_>, _> = Batches::new(bytes.into()).collect();
    Ok(batches?.into_iter().flat_map(|batch| batch.records).collect())
}

fn samples() -> Vec<Record> {
    let record = |number: usize| Record {
        key: Some(Bytes::from(format!("station-{number}"))),
        value: Some(Bytes::from("bikes ".repeat(number))),
        headers: vec![(Bytes::from("city"), Some(Bytes::from("Lyon"))), (Bytes::from("none"), None)],
        timestamp: 1_700_000_000_000 - number as i64,
    };
    (0..200).map(record).collect()
}

#[test]
fn a_batch_is_read_as_it_was_written_in_every_codec() {
    for codec in CODECS {
        assert_eq!(read(batch_of(&samples(), codec)).unwrap(), stored(&samples(), 0), "{codec}");
    }
}

#[test]
fn a_batch_is_what_another_implementation_understands() {
    let mut builder = BatchBuilder::default();
    samples().iter().for_each(|record| builder.push(record));
    let size = builder.size();
    let batch = builder.close(Compression::None);
    let mut out = Vec::new();
    batch.write(Sequence { producer_id: 7, producer_epoch: 2, base: 40 }, &mut out);
    assert_eq!((out.len(), batch.size(), batch.count), (size, size, 200));
    let set = RecordBatchDecoder::decode(&mut Bytes::from(out)).unwrap();
    assert_eq!(set.records.len(), 200);
    for (theirs, ours) in set.records.iter().zip(stored(&samples(), 0)) {
        assert_eq!((theirs.offset, theirs.timestamp), (ours.offset, ours.timestamp));
        assert_eq!((&theirs.key, &theirs.value), (&ours.key, &ours.value));
        assert_eq!((theirs.producer_id, theirs.producer_epoch), (7, 2));
        assert_eq!(i64::from(theirs.sequence), 40 + ours.offset);
        assert_eq!(theirs.headers.len(), 2);
    }
}

#[test]
fn a_message_set_is_read_as_it_was_written() {
    let without_headers: Vec<_> =
        samples().into_iter().map(|record| Record { headers: Vec::new(), ..record }).collect();
    for codec in [Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::None] {
        let read = read(set_of(&without_headers, codec)).unwrap();
        assert_eq!(read, stored(&without_headers, 0), "{codec}");
    }
}

#[test]
fn offsets_inside_a_compressed_message_follow_its_own() {
    let records = [Record { value: Some(Bytes::from("a")), ..Record::default() }, Record::default()];
    let mut set = set_of(&records, Compression::Gzip);
    set[..8].copy_from_slice(&41i64.to_be_bytes());
    let batch = Batches::new(set.into()).next().unwrap().unwrap();
    assert_eq!(batch.records.iter().map(|record| record.offset).collect::<Vec<_>>(), [40, 41]);
    assert_eq!(batch.next_offset, 42);
}

#[test]
fn a_batch_that_is_cut_off_ends_the_answer_without_error() {
    let mut two = batch_of(&samples()[..2], Compression::None);
    let first = two.len();
    two.extend(batch_of(&samples()[..3], Compression::None));
    two.pop();
    assert_eq!(Batches::new(two.clone().into()).count(), 1);
    two.truncate(first + 5);
    assert_eq!(Batches::new(two.into()).count(), 1);
}

#[test]
fn a_batch_whose_records_are_compacted_away_still_moves_on() {
    let mut batch = batch_of(&[], Compression::None);
    batch[..8].copy_from_slice(&90i64.to_be_bytes());
    batch[23..27].copy_from_slice(&9i32.to_be_bytes());
    let crc = crc32c::crc32c(&batch[21..]);
    batch[17..21].copy_from_slice(&crc.to_be_bytes());
    let read = Batches::new(batch.into()).next().unwrap().unwrap();
    assert_eq!(read, ReadBatch { records: Vec::new(), next_offset: 100 });
}

#[test]
fn a_few_bytes_that_would_become_gigabytes_are_refused() {
    let zeros = vec![0u8; 129 << 20];
    for codec in [Compression::Gzip, Compression::Zstd] {
        let bomb = Bytes::from(codec.compress(&zeros));
        assert!(bomb.len() < 1 << 20);
        assert_eq!(codec.decompress(&bomb), Err(RecordsError::TooLarge(128 << 20)), "{codec}");
    }
    let claim = Bytes::from_static(&[0xff, 0xff, 0xff, 0x1f, 0]);
    assert!(matches!(Compression::Snappy.decompress(&claim), Err(RecordsError::Compression(..))));
}

#[test]
fn snappy_without_blocks_is_understood_as_librdkafka_writes_it() {
    let raw = snap::raw::Encoder::new().compress_vec(b"bikes bikes bikes").unwrap();
    assert_eq!(Compression::Snappy.decompress(&raw.into()).unwrap(), "bikes bikes bikes");
}

proptest! {
    #[test]
    fn any_records_come_back(records in vec(record(), 1..20), codec in 0..CODECS.len()) {
        prop_assert_eq!(read(batch_of(&records, CODECS[codec])).unwrap(), stored(&records, 0));
    }

    #[test]
    fn no_record_is_larger_than_was_reckoned(records in vec(record(), 1..20)) {
        let reckoned: usize = records.iter().map(BatchBuilder::size_of).sum();
        prop_assert!(batch_of(&records, Compression::None).len() <= batch::HEADER + reckoned);
        let reckoned: usize = records.iter().map(MessageSetBuilder::size_of).sum();
        prop_assert_eq!(set_of(&records, Compression::None).len(), reckoned);
    }

    #[test]
    fn a_number_takes_the_bytes_that_were_reckoned(value: i64) {
        let mut out = Vec::new();
        varint::put(&mut out, value);
        prop_assert_eq!(out.len(), varint::length(value));
        prop_assert_eq!(varint::get(&mut &out[..]), Ok(value));
    }

    #[test]
    fn a_damaged_byte_after_the_length_is_seen(at in 12usize..2000, mask in 1u8..) {
        for codec in [Compression::None, Compression::Lz4] {
            let mut batch = batch_of(&samples(), codec);
            // The leader epoch is the broker's, and not covered by the checksum.
            let at = 16 + at % (batch.len() - 16);
            batch[at] ^= mask;
            prop_assert!(read(batch).is_err());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(
        noise in vec(prop_oneof![Just(0u8), Just(1), Just(2), Just(0xff), any::<u8>()], 0..200),
    ) {
        drop(read(noise.clone()));
        for codec in CODECS {
            drop(codec.decompress(&noise.clone().into()));
        }
    }

    #[test]
    fn any_bytes_under_a_right_checksum_are_read_or_refused(
        noise in vec(prop_oneof![Just(0u8), Just(1), Just(0xff), any::<u8>()], 40..200),
        codec in 0u8..6,
    ) {
        let mut batch = vec![0; 21];
        batch.extend(&noise);
        let length = (batch.len() - 12) as i32;
        batch[8..12].copy_from_slice(&length.to_be_bytes());
        batch[16] = 2;
        batch[22] = codec;
        let crc = crc32c::crc32c(&batch[21..]);
        batch[17..21].copy_from_slice(&crc.to_be_bytes());
        drop(read(batch));
    }
}
