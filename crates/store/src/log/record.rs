//! One write set as it stands in the log.
//!
//! Stream, index, term and sequence, 8 bytes each, little-endian; the length of the rest, 8 bytes;
//! then for each write: the number of the table, 4 bytes; the length of the key, a varint; the key;
//! 0 for a removal, or the length of the value and 1, a varint; the value.
//!
//! A record with the index 0 is no write set but an announcement: the rest is the name of the
//! database.

use crate::engine::rows::fill_row_key;
use crate::ids::{Sequence, Stream, TableId};
use crate::writes::{Effect, Writes};

const FIXED_BYTES: usize = 40;
/// What a write usually takes at most beside its key and value.
const AROUND_BYTES: usize = 12;
/// The index of what is not a write set.
const ANNOUNCEMENT: u64 = 0;

/// A write set found in the log.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) stream: Stream,
    /// How many write sets of the stream were logged up to this one.
    pub(crate) index: u64,
    /// The sequence of the last transaction up to this one.
    pub(crate) sequence: Sequence,
    writes: Vec<u8>,
}

/// Appends a write set to the content of a group.
pub(crate) fn encode(
    stream: Stream,
    index: u64,
    sequence: Sequence,
    writes: &Writes,
    buffer: &mut Vec<u8>,
) {
    let count = writes
        .tables()
        .map(|(_, writes)| writes.len())
        .sum::<usize>();
    buffer.reserve(FIXED_BYTES + writes.bytes() + count * AROUND_BYTES);
    let term: u64 = 0;
    for number in [stream.as_u64(), index, term, sequence.as_u64(), 0] {
        buffer.extend_from_slice(&number.to_le_bytes());
    }
    let start = buffer.len();
    for (table, writes) in writes.tables() {
        for (key, effect) in writes {
            buffer.extend_from_slice(&table.as_u32().to_le_bytes());
            push_varint(key.len() as u64, buffer);
            buffer.extend_from_slice(key);
            match effect {
                Effect::Put(value) | Effect::Raise(value) => {
                    push_varint(value.len() as u64 + 1, buffer);
                    buffer.extend_from_slice(value);
                }
                Effect::Delete => push_varint(0, buffer),
            }
        }
    }
    let length = (buffer.len() - start) as u64;
    buffer[start - 8..start].copy_from_slice(&length.to_le_bytes());
}

/// Appends the announcement of a stream.
pub(super) fn announce(stream: Stream, name: &str, buffer: &mut Vec<u8>) {
    for number in [stream.as_u64(), ANNOUNCEMENT, 0, 0, name.len() as u64] {
        buffer.extend_from_slice(&number.to_le_bytes());
    }
    buffer.extend_from_slice(name.as_bytes());
}

/// Takes the next record off the content of a group; `None` when it is none.
pub(super) fn take(content: &mut &[u8]) -> Option<Record> {
    let (fixed, rest) = content.split_first_chunk::<FIXED_BYTES>()?;
    let number = |at: usize| {
        let mut eight = [0; 8];
        eight.copy_from_slice(&fixed[at..at + 8]);
        u64::from_le_bytes(eight)
    };
    let length = usize::try_from(number(32)).ok()?;
    let (writes, rest) = rest.split_at_checked(length)?;
    *content = rest;
    Some(Record {
        stream: Stream::from(number(0)),
        index: number(8),
        sequence: Sequence::from(number(24)),
        writes: writes.to_vec(),
    })
}

impl Record {
    /// The name of the database, if this is an announcement.
    pub(super) fn announced(&self) -> Option<String> {
        let is_announcement = self.index == ANNOUNCEMENT;
        is_announcement.then(|| String::from_utf8_lossy(&self.writes).into_owned())
    }

    /// Calls `each` with the key of the row and the value of every write. Returns nothing when the
    /// record is not what this crate writes.
    pub(crate) fn for_each(&self, mut each: impl FnMut(Vec<u8>, Option<Vec<u8>>)) -> Option<()> {
        let mut rest = self.writes.as_slice();
        while !rest.is_empty() {
            let (table, after) = rest.split_first_chunk::<4>()?;
            rest = after;
            let key = take_bytes(&mut rest)?;
            let mut row_key = Vec::with_capacity(4 + key.len());
            fill_row_key(&mut row_key, TableId::new(u32::from_le_bytes(*table)), key);
            let value = match take_varint(&mut rest)? {
                0 => None,
                length => {
                    let length = usize::try_from(length - 1).ok()?;
                    let (value, after) = rest.split_at_checked(length)?;
                    rest = after;
                    Some(value.to_vec())
                }
            };
            each(row_key, value);
        }
        Some(())
    }
}

fn push_varint(mut number: u64, buffer: &mut Vec<u8>) {
    loop {
        let low = number.to_le_bytes()[0] & 0x7f;
        number >>= 7;
        if number == 0 {
            buffer.push(low);
            return;
        }
        buffer.push(low | 0x80);
    }
}

fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number: u64 = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        if (bits << shift) >> shift != bits {
            return None;
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn take_bytes<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(take_varint(bytes)?).ok()?;
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_read_back_and_cut_ones_do_not() {
        let mut writes = Writes::default();
        writes.set(TableId::new(20), b"key".to_vec(), Effect::Put(vec![1; 300]));
        writes.set(TableId::new(20), b"".to_vec(), Effect::Delete);
        writes.set(TableId::new(21), b"key".to_vec(), Effect::Put(Vec::new()));
        let mut buffer = Vec::new();
        for index in 5..7 {
            encode(
                Stream::from(9),
                index,
                Sequence::from(4),
                &writes,
                &mut buffer,
            );
        }
        let mut rest = buffer.as_slice();
        for index in 5..7 {
            let record = take(&mut rest).unwrap();
            assert_eq!(record.stream, Stream::from(9));
            assert_eq!((record.index, record.sequence), (index, Sequence::from(4)));
            let mut found = Vec::new();
            record
                .for_each(|key, value| found.push((key, value)))
                .unwrap();
            assert_eq!(found.len(), 3);
            assert_eq!(found[0], (vec![0, 0, 0, 20], None));
            assert_eq!(found[1], (b"\0\0\0\x14key".to_vec(), Some(vec![1; 300])));
            assert_eq!(found[2], (b"\0\0\0\x15key".to_vec(), Some(Vec::new())));
        }
        assert!(rest.is_empty());
        assert!(take(&mut &buffer[..buffer.len() / 2 - 1]).is_none());
        for cut in 1..9 {
            let record = Record {
                stream: Stream::from(9),
                index: 5,
                sequence: Sequence::from(4),
                writes: buffer[FIXED_BYTES..buffer.len() / 2 - cut].to_vec(),
            };
            assert!(record.for_each(|_, _| ()).is_none());
        }
    }

    #[test]
    fn announcements_are_told_from_write_sets() {
        let mut buffer = Vec::new();
        announce(Stream::from(9), "n\u{e4}me", &mut buffer);
        encode(
            Stream::from(9),
            1,
            Sequence::from(1),
            &Writes::default(),
            &mut buffer,
        );
        let mut rest = buffer.as_slice();
        let announced = take(&mut rest).unwrap();
        assert_eq!(announced.stream, Stream::from(9));
        assert_eq!(announced.announced().as_deref(), Some("n\u{e4}me"));
        assert_eq!(take(&mut rest).unwrap().announced(), None);
        assert!(rest.is_empty());
    }

    #[test]
    fn varints_of_every_length_read_back() {
        for number in [
            0,
            1,
            127,
            128,
            16_383,
            16_384,
            u64::from(u32::MAX),
            u64::MAX,
        ] {
            let mut buffer = Vec::new();
            push_varint(number, &mut buffer);
            assert_eq!(take_varint(&mut buffer.as_slice()), Some(number));
            assert_eq!(take_varint(&mut &buffer[..buffer.len() - 1]), None);
        }
        assert_eq!(take_varint(&mut &[0xff; 11][..]), None);
    }
}
