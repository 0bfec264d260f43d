//! How a table, a key and a value become one row of the file.
//!
//! The key of a row is the number of the table, 4 bytes big-endian, then the key: rows of one
//! table lie together, in the order of their keys. The value of a row is a CRC-32 (IEEE), 4 bytes
//! little-endian, over the whole key of the row and the value, then the value.

use std::ops::Bound;

use crate::ids::TableId;

pub(crate) const TABLE_BYTES: usize = 4;
const CHECKSUM_BYTES: usize = 4;

/// A range of keys, of a table or of rows.
pub(crate) type KeyRange<'k> = (Bound<&'k [u8]>, Bound<&'k [u8]>);

/// Keys up to this length are put together on the stack.
const STACK_BYTES: usize = 128;

/// Calls `f` with the key of a row.
pub(crate) fn with_row_key<T>(table: TableId, key: &[u8], f: impl FnOnce(&[u8]) -> T) -> T {
    let length = TABLE_BYTES + key.len();
    if length <= STACK_BYTES {
        let mut buffer = [0; STACK_BYTES];
        buffer[..TABLE_BYTES].copy_from_slice(&table.as_u32().to_be_bytes());
        buffer[TABLE_BYTES..length].copy_from_slice(key);
        f(&buffer[..length])
    } else {
        let mut buffer = Vec::with_capacity(length);
        fill_row_key(&mut buffer, table, key);
        f(&buffer)
    }
}

/// Replaces the content of `buffer` by the key of a row.
pub(crate) fn fill_row_key(buffer: &mut Vec<u8>, table: TableId, key: &[u8]) {
    buffer.clear();
    buffer.extend_from_slice(&table.as_u32().to_be_bytes());
    buffer.extend_from_slice(key);
}

/// Takes the key of a row apart; `None` when it is too short to be one.
pub(crate) fn split_row_key(row_key: &[u8]) -> Option<(TableId, &[u8])> {
    let (table, key) = row_key.split_first_chunk::<TABLE_BYTES>()?;
    Some((TableId::new(u32::from_be_bytes(*table)), key))
}

/// Replaces the content of `buffer` by the value of a row.
pub(crate) fn fill_row_value(buffer: &mut Vec<u8>, row_key: &[u8], value: &[u8]) {
    buffer.clear();
    buffer.extend_from_slice(&checksum(row_key, value).to_le_bytes());
    buffer.extend_from_slice(value);
}

/// Returns the value within the value of a row; `None` when the checksum does not match.
pub(crate) fn open_row_value<'a>(row_key: &[u8], row_value: &'a [u8]) -> Option<&'a [u8]> {
    let (stored, value) = row_value.split_first_chunk::<CHECKSUM_BYTES>()?;
    (u32::from_le_bytes(*stored) == checksum(row_key, value)).then_some(value)
}

fn checksum(row_key: &[u8], value: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(row_key);
    hasher.update(value);
    hasher.finalize()
}

/// Calls `f` with the range of the rows of `table` within `range`; `None` when no key can lie within.
pub(crate) fn with_row_range<T>(
    table: TableId,
    range: KeyRange<'_>,
    f: impl FnOnce(KeyRange<'_>) -> T,
) -> Option<T> {
    if is_void(range) {
        return None;
    }
    let start = match range.0 {
        Bound::Unbounded => Bound::Included(&[][..]),
        start => start,
    };
    // Behind all keys of a table lies the next one.
    let (end_table, end) = match (range.1, table.as_u32().checked_add(1)) {
        (Bound::Unbounded, Some(next)) => (TableId::new(next), Bound::Excluded(&[][..])),
        (end, _) => (table, end),
    };
    Some(with_row_bound(table, start, |start| {
        with_row_bound(end_table, end, |end| f((start, end)))
    }))
}

fn with_row_bound<T>(table: TableId, bound: Bound<&[u8]>, f: impl FnOnce(Bound<&[u8]>) -> T) -> T {
    match bound {
        Bound::Included(key) => with_row_key(table, key, |key| f(Bound::Included(key))),
        Bound::Excluded(key) => with_row_key(table, key, |key| f(Bound::Excluded(key))),
        Bound::Unbounded => f(Bound::Unbounded),
    }
}

/// Whether no key can lie within a range, so that asking an ordered map for it would panic.
pub(crate) fn is_void(range: KeyRange<'_>) -> bool {
    match range {
        (Bound::Included(start), Bound::Included(end)) => start > end,
        (Bound::Included(start) | Bound::Excluded(start), Bound::Excluded(end))
        | (Bound::Excluded(start), Bound::Included(end)) => start >= end,
        (Bound::Unbounded, Bound::Excluded(end)) => end.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_opens_only_with_its_own_key_and_bytes() {
        let mut key = Vec::new();
        fill_row_key(&mut key, TableId::new(17), b"key");
        let mut row = Vec::new();
        fill_row_value(&mut row, &key, b"value");
        assert_eq!(open_row_value(&key, &row), Some(&b"value"[..]));
        let mut other = Vec::new();
        fill_row_key(&mut other, TableId::new(18), b"key");
        assert_eq!(open_row_value(&other, &row), None);
        for bit in 0..row.len() * 8 {
            let mut flipped = row.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open_row_value(&key, &flipped), None);
        }
        assert_eq!(open_row_value(&key, &row[..3]), None);
    }

    #[test]
    fn long_keys_are_put_together_like_short_ones() {
        for length in [0, 1, STACK_BYTES - 4, STACK_BYTES - 3, 1_000] {
            let key = vec![7; length];
            let mut expected = Vec::new();
            fill_row_key(&mut expected, TableId::new(0x0102_0304), &key);
            with_row_key(TableId::new(0x0102_0304), &key, |row_key| {
                assert_eq!(row_key, expected);
                assert_eq!(
                    split_row_key(row_key),
                    Some((TableId::new(0x0102_0304), &key[..]))
                );
            });
        }
    }

    #[test]
    fn ranges_without_room_for_a_key_are_known() {
        let (a, b) = (&b"a"[..], &b"b"[..]);
        assert!(is_void((Bound::Included(b), Bound::Included(a))));
        assert!(is_void((Bound::Excluded(a), Bound::Excluded(a))));
        assert!(is_void((Bound::Included(a), Bound::Excluded(a))));
        assert!(is_void((Bound::Excluded(a), Bound::Included(a))));
        assert!(is_void((Bound::Unbounded, Bound::Excluded(&[]))));
        assert!(!is_void((Bound::Included(a), Bound::Included(a))));
        assert!(!is_void((Bound::Unbounded, Bound::Unbounded)));
    }
}
