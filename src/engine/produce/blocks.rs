//! Standard input in large blocks of whole lines, read by a thread of its own.

use std::io::{ErrorKind, Read};

use bytes::{Bytes, BytesMut};
use memchr::{memchr, memrchr};
use tokio::sync::mpsc::{self, Receiver, Sender};

/// What is read at once, at most: a pipe holds no more by default.
const READ: usize = 64 << 10;
/// What is allocated at once.
const BLOCK: usize = 256 << 10;
/// Blocks that wait for their turn.
const AHEAD: usize = 4;
/// The longest line, in bytes. Kafka's own limit is about 1 MB unless it is raised.
pub(super) const LONGEST: usize = 64 << 20;

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// Whole lines, the last one without newline at the end of the input only.
    Lines(Bytes),
    /// The next line is longer than [`LONGEST`].
    TooLong,
    /// The input cannot be read.
    Failed(String),
}

/// Reads to the end, as far ahead as there is room.
pub(super) fn read(input: impl Read + Send + 'static) -> Receiver<Block> {
    let (blocks, receiver) = mpsc::channel(AHEAD);
    std::thread::spawn(move || read_to(input, &blocks));
    receiver
}

fn read_to(mut input: impl Read, blocks: &Sender<Block>) {
    let mut buffer = BytesMut::new();
    // That nobody takes it any more ends it, too.
    let send = |block| blocks.blocking_send(block).is_ok();
    loop {
        let filled = buffer.len();
        if buffer.capacity() - filled < READ {
            buffer.reserve(BLOCK.max(filled));
        }
        buffer.resize(filled + READ, 0);
        let read = input.read(&mut buffer[filled..]);
        buffer.truncate(filled + *read.as_ref().unwrap_or(&0));
        match read {
            Ok(0) => {
                if !buffer.is_empty() {
                    send(Block::Lines(buffer.freeze()));
                }
                return;
            }
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => {
                send(Block::Failed(error.to_string()));
                return;
            }
        }
        let is_taken = match memrchr(b'\n', &buffer[filled..]) {
            Some(last) => send(Block::Lines(buffer.split_to(filled + last + 1).freeze())),
            None if buffer.len() > LONGEST => {
                send(Block::TooLong);
                false
            }
            None => true,
        };
        if !is_taken {
            return;
        }
    }
}

/// The lines of a block, without their newlines.
pub(super) fn lines(mut block: Bytes) -> impl Iterator<Item = Bytes> {
    std::iter::from_fn(move || {
        if block.is_empty() {
            return None;
        }
        match memchr(b'\n', &block) {
            Some(end) => {
                let line = block.split_to(end);
                bytes::Buf::advance(&mut block, 1);
                Some(line)
            }
            None => Some(std::mem::take(&mut block)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives what it has piece by piece.
    struct Pieces(Vec<Vec<u8>>);

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if self.0.is_empty() {
                return Ok(0);
            }
            let piece = self.0.remove(0);
            buffer[..piece.len()].copy_from_slice(&piece);
            Ok(piece.len())
        }
    }

    fn all(pieces: &[&[u8]]) -> Vec<Bytes> {
        let pieces = Pieces(pieces.iter().map(|piece| piece.to_vec()).collect());
        let mut receiver = read(pieces);
        let mut found = Vec::new();
        while let Some(block) = receiver.blocking_recv() {
            let Block::Lines(block) = block else { panic!("{block:?}") };
            found.extend(lines(block));
        }
        found
    }

    #[test]
    fn lines_are_whole_however_they_come() {
        assert_eq!(all(&[b"a\nb", b"c\n\n", b"d"]), ["a", "bc", "", "d"]);
        assert_eq!(all(&[b"\n"]), [""]);
        assert_eq!(all(&[]), [""; 0]);
        assert_eq!(all(&[b"a\r\n\xff\n"]), [&b"a\r"[..], b"\xff"]);
    }

    #[test]
    fn a_line_that_is_longer_than_a_block_is_one_line() {
        let piece = [b'x'; READ];
        let found = all(&[&piece, &piece, &piece, &piece, &piece, &piece, b"\ny\n"]);
        assert_eq!((found.len(), found[0].len(), &found[1][..]), (2, 6 * READ, &b"y"[..]));
    }

    #[test]
    fn a_line_without_end_is_refused_before_it_takes_all_memory() {
        let mut receiver = read(std::io::repeat(b'x'));
        assert_eq!(receiver.blocking_recv(), Some(Block::TooLong));
        assert_eq!(receiver.blocking_recv(), None);
    }
}
