//! The codecs of `compression.type`, as Kafka frames them.

use std::fmt;
use std::io::{Read, Write};

use bytes::{BufMut, Bytes};
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use lz4_flex::frame::{BlockMode, BlockSize, FrameDecoder, FrameEncoder, FrameInfo};
use serde::Serialize;

use crate::wire::records::RecordsError;

/// How a batch is compressed; the numbers are those of its attributes (`CompressionType`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Compression {
    #[default]
    None,
    Gzip,
    Snappy,
    Lz4,
    /// Since Kafka 2.1 (KIP-110).
    Zstd,
}

/// The most that a batch may become when it is decompressed, in bytes. Brokers take 1 MB of compressed
/// data by default (`message.max.bytes`), which is seldom more than some MB; a few damaged bytes can
/// claim any size.
const MAX_DECOMPRESSED: usize = 128 << 20;

/// Snappy as Kafka has it is cut into blocks by xerial's SnappyOutputStream: this, two versions, then
/// length and data of each block. librdkafka writes it without.
const XERIAL_MAGIC: &[u8] = b"\x82SNAPPY\0";
const XERIAL_VERSIONS: [i32; 2] = [1, 1];
const XERIAL_BLOCK: usize = 32 << 10;

impl Compression {
    pub(super) fn from_attributes(attributes: u8) -> Result<Self, RecordsError> {
        match attributes & 7 {
            0 => Ok(Compression::None),
            1 => Ok(Compression::Gzip),
            2 => Ok(Compression::Snappy),
            3 => Ok(Compression::Lz4),
            4 => Ok(Compression::Zstd),
            other => Err(RecordsError::UnknownCompression(other)),
        }
    }

    pub(super) fn attributes(self) -> u8 {
        self as u8
    }

    pub(super) fn compress(self, data: &[u8]) -> Vec<u8> {
        let written = match self {
            Compression::None => Ok(data.to_vec()),
            Compression::Gzip => gzip(data),
            Compression::Snappy => Ok(snappy(data)),
            Compression::Lz4 => lz4(data),
            Compression::Zstd => zstd::bulk::compress(data, 0),
        };
        // Memory is all that they write to.
        written.unwrap_or_default()
    }

    pub(in crate::wire) fn decompress(self, data: &Bytes) -> Result<Bytes, RecordsError> {
        let read = match self {
            Compression::None => return Ok(data.clone()),
            Compression::Gzip => read_bounded(MultiGzDecoder::new(&data[..])),
            Compression::Snappy => return self.unsnap(data).map(Bytes::from),
            Compression::Lz4 => read_bounded(FrameDecoder::new(&data[..])),
            Compression::Zstd => zstd::stream::read::Decoder::new(&data[..]).and_then(read_bounded),
        };
        let read = read.map_err(|error| RecordsError::Compression(self, error.to_string()))?;
        if read.len() > MAX_DECOMPRESSED {
            return Err(RecordsError::TooLarge(MAX_DECOMPRESSED));
        }
        Ok(read.into())
    }

    fn unsnap(self, data: &[u8]) -> Result<Vec<u8>, RecordsError> {
        let mut out = Vec::new();
        let Some(blocks) = data.strip_prefix(XERIAL_MAGIC) else {
            self.unsnap_block(data, &mut out)?;
            return Ok(out);
        };
        let mut blocks = blocks.get(8..).ok_or(RecordsError::TooShort)?;
        while let Some((length, rest)) = blocks.split_first_chunk() {
            let length = u32::from_be_bytes(*length) as usize;
            let (block, rest) = rest.split_at_checked(length).ok_or(RecordsError::TooShort)?;
            self.unsnap_block(block, &mut out)?;
            blocks = rest;
        }
        match blocks.is_empty() {
            true => Ok(out),
            false => Err(RecordsError::TooShort),
        }
    }

    fn unsnap_block(self, block: &[u8], out: &mut Vec<u8>) -> Result<(), RecordsError> {
        /// The format cannot do better than a copy of 64 bytes by a tag of 3: a larger claim is a lie.
        const MAX_RATIO: usize = 22;

        let damaged = |error: snap::Error| RecordsError::Compression(self, error.to_string());
        let length = snap::raw::decompress_len(block).map_err(damaged)?;
        if length > MAX_DECOMPRESSED - out.len().min(MAX_DECOMPRESSED) {
            return Err(RecordsError::TooLarge(MAX_DECOMPRESSED));
        }
        if length > block.len().saturating_mul(MAX_RATIO) {
            return Err(RecordsError::Compression(
                self,
                format!("{} bytes claim to be {length}", block.len()),
            ));
        }
        let start = out.len();
        out.resize(start + length, 0);
        let written = snap::raw::Decoder::new().decompress(block, &mut out[start..]).map_err(damaged)?;
        out.truncate(start + written);
        Ok(())
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Compression::None => "none",
            Compression::Gzip => "gzip",
            Compression::Snappy => "snappy",
            Compression::Lz4 => "lz4",
            Compression::Zstd => "zstd",
        })
    }
}

/// One byte more than is allowed tells that there is more.
fn read_bounded(reader: impl Read) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    reader.take(MAX_DECOMPRESSED as u64 + 1).read_to_end(&mut out)?;
    Ok(out)
}

fn gzip(data: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data)?;
    encoder.finish()
}

/// Blocks that do not depend on each other: others are refused by Kafka's `Lz4BlockInputStream`.
fn lz4(data: &[u8]) -> std::io::Result<Vec<u8>> {
    let frame = FrameInfo::new().block_mode(BlockMode::Independent).block_size(BlockSize::Max64KB);
    let mut encoder = FrameEncoder::with_frame_info(frame, Vec::new());
    encoder.write_all(data)?;
    encoder.finish().map_err(std::io::Error::other)
}

fn snappy(data: &[u8]) -> Vec<u8> {
    let mut out = XERIAL_MAGIC.to_vec();
    XERIAL_VERSIONS.iter().for_each(|version| out.put_i32(*version));
    let mut encoder = snap::raw::Encoder::new();
    let mut block = vec![0; snap::raw::max_compress_len(XERIAL_BLOCK)];
    for piece in data.chunks(XERIAL_BLOCK) {
        // Only a buffer that is too short or data above 4 GiB can fail; neither is so.
        let length = encoder.compress(piece, &mut block).unwrap_or_default();
        out.put_u32(length as u32);
        out.put_slice(&block[..length]);
    }
    out
}
