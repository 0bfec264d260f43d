//! Entries of a view, and the ranges of them that a query asks for.
//!
//! Key: the view key with `00` as `01 01` and `01` as `01 02`, then `00`, then the document id;
//! of a unique view without the id. Value: the source's revision (36 bytes), of a unique view
//! followed by the length of its document id (varint) and the id, then the serialized value.
//!
//! Since `00` ends a view key and sorts before all that escaping leaves, entries sort by view key,
//! then by document. `key 00` is less than all entries of `key`, `key 01` greater.

use std::ops::Bound;

use bonsaidb_core::arc_bytes::serde::Bytes;
use bonsaidb_core::connection::{self, SerializedQueryKey};
use bonsaidb_core::document::{DocumentId, Header};
use bonsaidb_core::schema::view::map::Serialized;

use crate::documents::{push_revision, split_revision};
use crate::varint;

const END: u8 = 0;
const ESCAPE: u8 = 1;

/// How entries of a view are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Documents may share a key: the id is part of the entry's key.
    Shared,
    /// A key belongs to one document: two writers of it meet on the same row.
    Unique,
}

/// An entry as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredEntry {
    pub key: Vec<u8>,
    pub value: Vec<u8>,
}

impl Layout {
    /// The stored key of what `document` emits under `key`.
    pub fn entry_key(self, key: &[u8], document: &DocumentId) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(key.len() + 16);
        self.push_key(key, document, &mut bytes);
        bytes
    }

    /// Appends the stored key of what `document` emits under `key`.
    pub fn push_key(self, key: &[u8], document: &DocumentId, bytes: &mut Vec<u8>) {
        push_escaped(key, END, bytes);
        if self == Self::Shared {
            bytes.extend_from_slice(document);
        }
    }

    /// The stored form of a mapping.
    pub fn encode(self, mapping: &Serialized) -> StoredEntry {
        let mut value = Vec::with_capacity(64 + mapping.value.len());
        self.push_value(mapping, &mut value);
        StoredEntry {
            key: self.entry_key(&mapping.key, &mapping.source.id),
            value,
        }
    }

    /// Appends the stored value of a mapping.
    pub fn push_value(self, mapping: &Serialized, bytes: &mut Vec<u8>) {
        let source = &mapping.source;
        push_revision(source.revision, bytes);
        if self == Self::Unique {
            varint::push(source.id.len() as u64, bytes);
            bytes.extend_from_slice(&source.id);
        }
        bytes.extend_from_slice(&mapping.value);
    }

    /// The serialized value of a stored entry, or `None` if the entry is damaged.
    pub fn value(self, stored: &[u8]) -> Option<&[u8]> {
        let (_, mut rest) = split_revision(stored)?;
        if self == Self::Unique {
            let length = usize::try_from(varint::split(&mut rest)?).ok()?;
            rest = rest.get(length..)?;
        }
        Some(rest)
    }

    /// The mapping of a stored entry, or `None` if the entry is damaged. Its bytes are used again.
    pub fn decode(self, mut key: Vec<u8>, mut value: Vec<u8>) -> Option<Serialized> {
        let (revision, mut rest) = split_revision(&value)?;
        let part_bytes = key_part(&key)?.len();
        let id = match self {
            Self::Shared => &key[part_bytes..],
            Self::Unique => {
                let length = usize::try_from(varint::split(&mut rest)?).ok()?;
                let (id, after) = rest.split_at_checked(length)?;
                rest = after;
                id
            }
        };
        let id = DocumentId::try_from(id).ok()?;
        let value_bytes = rest.len();
        value.drain(..value.len() - value_bytes);
        key.truncate(part_bytes);
        unescape(&mut key, 0)?;
        Some(Serialized {
            source: Header { id, revision },
            key: Bytes::from(key),
            value: Bytes::from(value),
        })
    }
}

/// `key` escaped, and the byte that follows it.
fn escaped(key: &[u8], end: u8) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(key.len() + 16);
    push_escaped(key, end, &mut bytes);
    bytes
}

/// Appends `key` escaped, and the byte that follows it.
fn push_escaped(key: &[u8], end: u8, bytes: &mut Vec<u8>) {
    for byte in key {
        match *byte {
            END | ESCAPE => bytes.extend_from_slice(&[ESCAPE, byte + 1]),
            other => bytes.push(other),
        }
    }
    bytes.push(end);
}

/// The escaped view key of an entry with its terminator: what all entries of the key begin with.
pub(crate) fn key_part(entry: &[u8]) -> Option<&[u8]> {
    let end = entry.iter().position(|byte| *byte == END)?;
    entry.get(..=end)
}

/// Appends the view key of an escaped one with its terminator.
pub(crate) fn push_view_key(part: &[u8], bytes: &mut Vec<u8>) -> Option<()> {
    let start = bytes.len();
    bytes.extend_from_slice(part);
    unescape(bytes, start)
}

/// Turns what follows `start`, an escaped view key with its terminator, into the view key.
fn unescape(key: &mut Vec<u8>, start: usize) -> Option<()> {
    if key.len() <= start || key.pop() != Some(END) {
        return None;
    }
    let (mut read, mut written) = (start, start);
    while read < key.len() {
        let mut byte = key[read];
        if byte == ESCAPE {
            read += 1;
            let (1 | 2) = *key.get(read)? else {
                return None;
            };
            byte = key[read] - 1;
        }
        key[written] = byte;
        read += 1;
        written += 1;
    }
    key.truncate(written);
    Some(())
}

/// A range of entries. Its bounds lie between entries of different keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntryRange {
    /// Empty when there is no bound.
    pub start: Vec<u8>,
    /// The first position after the range.
    pub end: Option<Vec<u8>>,
}

impl EntryRange {
    /// The ranges that hold the entries of `key`, ascending and without overlap.
    pub fn all_of(key: Option<&SerializedQueryKey>) -> Vec<Self> {
        match key {
            None => vec![Self {
                start: Vec::new(),
                end: None,
            }],
            Some(SerializedQueryKey::Matches(key)) => vec![Self::of_key(key)],
            Some(SerializedQueryKey::Range(range)) => vec![Self::of_range(range)],
            Some(SerializedQueryKey::Multiple(keys)) => {
                let mut keys = keys.iter().map(|key| &key[..]).collect::<Vec<_>>();
                keys.sort_unstable();
                keys.dedup();
                keys.into_iter().map(Self::of_key).collect()
            }
        }
    }

    /// The entries of one key. It starts at the key's [part](key_part) of them.
    pub fn of_key(key: &[u8]) -> Self {
        Self {
            start: escaped(key, END),
            end: Some(escaped(key, ESCAPE)),
        }
    }

    pub fn of_range(range: &connection::Range<Bytes>) -> Self {
        Self {
            start: match &range.start {
                connection::Bound::Unbounded => Vec::new(),
                connection::Bound::Included(key) => escaped(key, END),
                connection::Bound::Excluded(key) => escaped(key, ESCAPE),
            },
            end: match &range.end {
                connection::Bound::Unbounded => None,
                connection::Bound::Included(key) => Some(escaped(key, ESCAPE)),
                connection::Bound::Excluded(key) => Some(escaped(key, END)),
            },
        }
    }

    /// The range as the store takes it.
    pub fn bounds(&self) -> (Bound<&[u8]>, Bound<&[u8]>) {
        bounds(&self.start, self.end.as_deref())
    }
}

/// The range from a position up to another.
pub(crate) fn bounds<'a>(
    start: &'a [u8],
    end: Option<&'a [u8]>,
) -> (Bound<&'a [u8]>, Bound<&'a [u8]>) {
    (
        Bound::Included(start),
        end.map_or(Bound::Unbounded, Bound::Excluded),
    )
}

#[cfg(test)]
mod tests {
    use std::ops::RangeBounds;

    use bonsaidb_core::document::Revision;

    use super::*;

    fn mapping(key: &[u8], id: &[u8]) -> Serialized {
        Serialized {
            source: Header {
                id: DocumentId::try_from(id).unwrap(),
                revision: Revision::with_id(3, id),
            },
            key: Bytes::from(key),
            value: Bytes::from(&b"value"[..]),
        }
    }

    const KEYS: [&[u8]; 10] = [
        b"",
        b"\0",
        b"\0\0",
        b"\0\x01",
        b"\x01",
        b"\x01\0",
        b"\x01\xff",
        b"\x02",
        b"a",
        b"a\0",
    ];

    #[test]
    fn entries_read_back_in_both_layouts() {
        for layout in [Layout::Shared, Layout::Unique] {
            for key in KEYS {
                for id in KEYS {
                    let mapping = mapping(key, id);
                    let entry = layout.encode(&mapping);
                    let read = layout.decode(entry.key, entry.value).unwrap();
                    assert_eq!(read.source, mapping.source);
                    assert_eq!((&*read.key, &*read.value), (&*mapping.key, &*mapping.value));
                }
            }
        }
    }

    #[test]
    fn entries_sort_by_key_then_by_document() {
        let entries = KEYS
            .iter()
            .flat_map(|key| {
                KEYS.iter()
                    .map(|id| Layout::Shared.encode(&mapping(key, id)).key)
            })
            .collect::<Vec<_>>();
        assert!(entries.is_sorted());
    }

    #[test]
    fn the_range_of_a_key_holds_its_entries_and_no_others() {
        for key in KEYS {
            let range = EntryRange::of_key(key);
            for other in KEYS {
                let entry = Layout::Shared.encode(&mapping(other, b"\xff\xff")).key;
                assert_eq!(range.bounds().contains(&entry[..]), key == other);
            }
        }
    }

    #[test]
    fn ranges_of_keys_have_the_bounds_of_their_keys() {
        use connection::Bound::{Excluded, Included, Unbounded};
        for bound in KEYS {
            for other in KEYS {
                let entry = Layout::Shared.encode(&mapping(other, b"\0")).key;
                let key = || Bytes::from(bound);
                for (start, end, expected) in [
                    (Included(key()), Unbounded, other >= bound),
                    (Excluded(key()), Unbounded, other > bound),
                    (Unbounded, Included(key()), other <= bound),
                    (Unbounded, Excluded(key()), other < bound),
                ] {
                    let range = EntryRange::of_range(&connection::Range { start, end });
                    assert_eq!(
                        range.bounds().contains(&entry[..]),
                        expected,
                        "{bound:?} {other:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn damaged_entries_are_refused() {
        let entry = Layout::Unique.encode(&mapping(b"k\0", b"id"));
        for length in 0..entry.key.len() - 1 {
            assert!(
                Layout::Unique
                    .decode(entry.key[..length].to_vec(), entry.value.clone())
                    .is_none()
            );
        }
        for length in 0..39 {
            assert!(
                Layout::Unique
                    .decode(entry.key.clone(), entry.value[..length].to_vec())
                    .is_none()
            );
        }
        assert!(
            Layout::Shared
                .decode(b"a\x01\x03\0".to_vec(), entry.value)
                .is_none()
        );
    }
}
