//! The rows of a summary, as bytes.
//!
//! | row | key | value |
//! |---|---|---|
//! | meta | `00` | [`Meta`] |
//! | run of the outer tree, level 1 and up | level, start | [`Record`] |
//! | run of a heavy key's tree, level 1 and up | `80` + level, key, document | [`Record`] |
//!
//! A start is an escaped view key with its terminator, a key of a heavy key's tree as well, so an
//! entry's key follows the level. The run before the first cut has an empty start, or document.

use crate::varint;
use crate::views::summary::hash::Shape;

/// The key of the meta row.
pub(super) const META: [u8; 1] = [0];

const FORMAT: u8 = 2;
/// The format in which what is touched in a lazy view had no numbers. Such a summary is built anew.
const FORMAT_WITHOUT_NUMBERS: u8 = 1;
/// The phase of a summary that former versions built piece by piece, with how far that was. Such a
/// one is built anew as well.
const BUILDING: u8 = 1;
/// Set in the first byte of a record whose value is not stored.
const HIDDEN: u8 = 0x80;
const INNER: u8 = 0x80;

/// A run: what its items come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// Of a heavy key, or of the whole tree: the level of the root. Otherwise 0.
    pub height: u8,
    /// How many entries it covers.
    pub count: u64,
    /// Their reduction. `None` where that, or one below, was too long to be stored.
    pub value: Option<Vec<u8>>,
}

impl Record {
    pub const fn is_heavy(&self) -> bool {
        self.height > 0
    }

    pub fn encode(&self) -> Vec<u8> {
        let value = self.value.as_deref().unwrap_or_default();
        let mut bytes = Vec::with_capacity(value.len() + 8);
        self.push(&mut bytes);
        bytes
    }

    fn push(&self, bytes: &mut Vec<u8>) {
        bytes.push(match self.value {
            Some(_) => self.height,
            None => self.height | HIDDEN,
        });
        varint::push(self.count, bytes);
        bytes.extend_from_slice(self.value.as_deref().unwrap_or_default());
    }

    /// Reads a record, or returns `None` if it is damaged.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (&first, mut rest) = bytes.split_first()?;
        let count = varint::split(&mut rest)?;
        let is_hidden = first & HIDDEN != 0;
        if count == 0 || (is_hidden && !rest.is_empty()) {
            return None;
        }
        Some(Self {
            height: first & !HIDDEN,
            count,
            value: (!is_hidden).then(|| rest.to_vec()),
        })
    }
}

/// How far a summary is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It is not right for anything, and will be removed.
    Stale,
    /// It is right for all entries but those that are noted as touched.
    Complete,
}

/// The meta row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meta {
    pub phase: Phase,
    pub shape: Shape,
    /// Everything touched up to this number is taken in.
    pub applied: u64,
    /// What all entries come to; `None` when there are none.
    pub root: Option<Record>,
}

impl Meta {
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        bytes.push(match self.phase {
            Phase::Stale => 0,
            Phase::Complete => 2,
        });
        bytes.extend_from_slice(&self.shape.seed);
        bytes.push(self.shape.first_bits);
        bytes.push(self.shape.upper_bits);
        varint::push(self.shape.heavy_min, &mut bytes);
        varint::push(self.shape.value_bytes_max, &mut bytes);
        bytes.extend_from_slice(&self.applied.to_le_bytes());
        if let Some(root) = &self.root {
            root.push(&mut bytes);
        }
        bytes
    }

    /// Reads a meta row, or returns `None` if it is damaged.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (&[format @ (FORMAT | FORMAT_WITHOUT_NUMBERS), phase], rest) =
            bytes.split_first_chunk()?
        else {
            return None;
        };
        let (seed, rest) = rest.split_first_chunk()?;
        let (&[first_bits, upper_bits], mut rest) = rest.split_first_chunk()?;
        let heavy_min = varint::split(&mut rest)?;
        let value_bytes_max = varint::split(&mut rest)?;
        let (applied, mut rest) = rest.split_first_chunk()?;
        let phase = match phase {
            0 => Phase::Stale,
            BUILDING => {
                let length = usize::try_from(varint::split(&mut rest)?).ok()?;
                rest = rest.get(length..)?;
                Phase::Stale
            }
            2 => Phase::Complete,
            _ => return None,
        };
        let phase = if format == FORMAT {
            phase
        } else {
            Phase::Stale
        };
        let is_shape = (1..=16).contains(&first_bits) && (1..=16).contains(&upper_bits);
        if !is_shape || heavy_min < 2 {
            return None;
        }
        Some(Self {
            phase,
            shape: Shape {
                seed: *seed,
                first_bits,
                upper_bits,
                heavy_min,
                value_bytes_max,
            },
            applied: u64::from_le_bytes(*applied),
            root: match rest {
                [] => None,
                record => Some(Record::decode(record)?),
            },
        })
    }
}

/// One tree of a summary: the outer one, or that of a heavy key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    /// The heavy key with its terminator; empty for the outer tree.
    key: Vec<u8>,
}

impl Scope {
    pub const fn outer() -> Self {
        Self { key: Vec::new() }
    }

    pub const fn inner(key: Vec<u8>) -> Self {
        Self { key }
    }

    pub fn is_inner(&self) -> bool {
        !self.key.is_empty()
    }

    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// The lowest level whose runs are cut by the rule of [`Shape::cuts`] alone.
    pub fn lowest_level(&self) -> u8 {
        if self.is_inner() { 1 } else { 2 }
    }

    /// The key of the row for the run of `level` that begins at `item`.
    pub fn row(&self, level: u8, item: &[u8]) -> Vec<u8> {
        let tag = if self.is_inner() { INNER } else { 0 };
        let mut row = Vec::with_capacity(1 + self.key.len() + item.len());
        row.push(tag + level);
        row.extend_from_slice(&self.key);
        row.extend_from_slice(item);
        row
    }

    /// The first key after the rows of `level`.
    pub fn end(&self, level: u8) -> Vec<u8> {
        if self.is_inner() {
            after(&self.row(level, &[]))
        } else {
            self.row(level + 1, &[])
        }
    }

    /// The item in the key of a row.
    pub fn item<'r>(&self, row: &'r [u8]) -> &'r [u8] {
        row.get(1 + self.key.len()..).unwrap_or_default()
    }

    /// What of an item is hashed.
    pub fn hashed(&self, item: &[u8]) -> Vec<u8> {
        if item.is_empty() {
            return Vec::new(); // The run before the first cut.
        }
        [&self.key, item].concat()
    }
}

/// The first position after everything that begins with `key`, which ends with a terminator.
pub(super) fn after(key: &[u8]) -> Vec<u8> {
    let mut after = key.to_vec();
    if let Some(last) = after.last_mut() {
        *last += 1;
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_read_back() {
        for height in [0, 3] {
            for value in [None, Some(Vec::new()), Some(vec![0x80; 300])] {
                let record = Record {
                    height,
                    count: 70_000,
                    value,
                };
                assert_eq!(Record::decode(&record.encode()), Some(record));
            }
        }
        assert_eq!(Record::decode(&[]), None);
        assert_eq!(Record::decode(&[0]), None);
        assert_eq!(Record::decode(&[0, 0]), None);
        assert_eq!(Record::decode(&[HIDDEN, 1, 1]), None);
    }

    #[test]
    fn metas_read_back() {
        let root = Record {
            height: 2,
            count: 9,
            value: Some(b"nine".to_vec()),
        };
        for phase in [Phase::Stale, Phase::Complete] {
            for root in [None, Some(root.clone())] {
                let meta = Meta {
                    phase: phase.clone(),
                    shape: Shape::new(),
                    applied: 7,
                    root,
                };
                let bytes = meta.encode();
                assert_eq!(Meta::decode(&bytes), Some(meta.clone()));
                let before = Meta::decode(&[&[FORMAT_WITHOUT_NUMBERS], &bytes[1..]].concat());
                let phase = Phase::Stale;
                assert_eq!(before, Some(Meta { phase, ..meta }));
                assert_eq!(Meta::decode(&bytes[..28]), None);
                assert_eq!(Meta::decode(&[&[9], &bytes[1..]].concat()), None);
            }
        }
    }

    #[test]
    fn rows_of_a_level_lie_between_its_first_and_its_end() {
        for scope in [Scope::outer(), Scope::inner(b"key\0".to_vec())] {
            for level in 1..17 {
                for item in [&b""[..], b"\0", b"\xff\xff"] {
                    let row = scope.row(level, item);
                    assert!(scope.row(level, b"") <= row && row < scope.end(level));
                    assert_eq!(scope.item(&row), item);
                }
                assert!(scope.end(level) <= scope.row(level + 1, b""));
            }
        }
    }
}
