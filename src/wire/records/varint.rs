//! Zigzag variable-length integers, as records have them (`ByteUtils.writeVarint`).

use bytes::{Buf, BufMut};

use crate::wire::records::RecordsError;

pub(super) fn put(out: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest >= 0x80 {
        out.put_u8(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.put_u8(rest as u8);
}

/// Bytes that [`put`] writes.
pub(super) fn length(value: i64) -> usize {
    let zigzag = ((value << 1) ^ (value >> 63)) as u64;
    (64 - (zigzag | 1).leading_zeros() as usize).div_ceil(7)
}

pub(super) fn get(bytes: &mut impl Buf) -> Result<i64, RecordsError> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = bytes.try_get_u8().map_err(|_| RecordsError::TooShort)?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok((value >> 1) as i64 ^ -((value & 1) as i64));
        }
    }
    Err(RecordsError::Damaged("a number in a record has more than 64 bits"))
}

/// A length: none when it is negative.
pub(super) fn get_length(bytes: &mut impl Buf) -> Result<Option<usize>, RecordsError> {
    Ok(usize::try_from(get(bytes)?).ok())
}
