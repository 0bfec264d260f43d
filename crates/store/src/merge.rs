//! Several write sets and memtables over the stored rows, read as one ordered sequence.
//!
//! Invariants:
//! 1. Every source is at its first key that was not yet returned or hidden.
//! 2. Of several sources with the same key the newest decides; only a raise looks below itself.
//! 3. A damaged row is of no interest when something above it decides.

use std::cmp::Ordering;
use std::collections::btree_map;
use std::ops::Bound;

use crate::engine::rows::is_void;
use crate::error::Error;
use crate::memtable::{MemoryRange, Stored};
use crate::published::{Row, StoredRange};
use crate::read::Direction;
use crate::value::Value;
use crate::writes::{Effect, TableWrites};

/// One source above the stored rows, at its next entry.
pub(crate) enum Layer<'a> {
    Writes {
        range: btree_map::Range<'a, Vec<u8>, Effect>,
        head: Option<(&'a Vec<u8>, &'a Effect)>,
    },
    Memory {
        range: MemoryRange<'a>,
        head: Option<Stored<'a>>,
        /// How much in front of the key of a row is not part of the key that is merged by.
        prefix_bytes: usize,
    },
}

impl<'a> Layer<'a> {
    pub(crate) fn of_writes(writes: &'a TableWrites, range: (Bound<&[u8]>, Bound<&[u8]>)) -> Self {
        let range = if is_void(range) {
            btree_map::Range::default()
        } else {
            writes.range::<[u8], _>(range)
        };
        Self::Writes { range, head: None }
    }

    pub(crate) fn of_memory(range: MemoryRange<'a>, prefix_bytes: usize) -> Self {
        Self::Memory {
            range,
            head: None,
            prefix_bytes,
        }
    }

    /// Whether there is an entry, of a layer that was not read yet.
    pub(crate) fn has_any(mut self) -> bool {
        self.advance(Direction::Ascending);
        self.key().is_some()
    }

    fn key(&self) -> Option<&[u8]> {
        match self {
            Self::Writes { head, .. } => head.map(|(key, _)| key.as_slice()),
            Self::Memory {
                head, prefix_bytes, ..
            } => head.as_ref()?.row_key().get(*prefix_bytes..),
        }
    }

    fn advance(&mut self, direction: Direction) {
        match self {
            Self::Writes { range, head } => {
                *head = match direction {
                    Direction::Ascending => range.next(),
                    Direction::Descending => range.next_back(),
                };
            }
            Self::Memory { range, head, .. } => *head = range.next(),
        }
    }
}

/// The merging iterator.
pub(crate) struct Merge<'a> {
    /// Newest first.
    layers: Vec<Layer<'a>>,
    stored: StoredRange<'a>,
    stored_head: Option<Row>,
    started: bool,
    failed: bool,
    direction: Direction,
    /// Which of some layers are at the key being resolved; kept for its memory.
    passed: Vec<bool>,
}

impl<'a> Merge<'a> {
    /// Merges `layers`, newest first, over `stored`, all within the same range.
    pub(crate) fn new(
        layers: impl Iterator<Item = Layer<'a>>,
        stored: StoredRange<'a>,
        direction: Direction,
    ) -> Self {
        let layers = layers.filter_map(|mut layer| {
            layer.advance(direction);
            layer.key().is_some().then_some(layer)
        });
        Self {
            layers: layers.collect(),
            stored,
            stored_head: None,
            started: false,
            failed: false,
            direction,
            passed: Vec::new(),
        }
    }

    fn advance_stored(&mut self) -> Result<Option<Row>, Error> {
        let next = self.stored.next_row()?;
        Ok(std::mem::replace(&mut self.stored_head, next))
    }

    /// Whether `key` comes before `other`.
    fn precedes(&self, key: &[u8], other: &[u8]) -> bool {
        let before = match self.direction {
            Direction::Ascending => Ordering::Less,
            Direction::Descending => Ordering::Greater,
        };
        key.cmp(other) == before
    }

    /// Reads the next row. What comes after a damaged one can be read as well.
    pub(crate) fn next_row(&mut self) -> Result<Option<Row>, Error> {
        if !self.started {
            self.started = true;
            self.advance_stored()?;
        }
        loop {
            let Some(first) = self.first_layer() else {
                return self.advance_stored();
            };
            let below = match (self.layers[first].key(), &self.stored_head) {
                (Some(key), Some(stored)) if self.precedes(stored.key(), key) => {
                    return self.advance_stored();
                }
                (key, Some(stored)) if key == Some(stored.key()) => self.advance_stored()?,
                _ => None,
            };
            if let Some(row) = self.resolve(first, below) {
                return Ok(Some(row));
            }
        }
    }

    /// The newest of the layers whose key comes first.
    fn first_layer(&self) -> Option<usize> {
        let mut first: Option<(usize, &[u8])> = None;
        for (index, layer) in self.layers.iter().enumerate() {
            if let Some(key) = layer.key()
                && first.is_none_or(|(_, first)| self.precedes(key, first))
            {
                first = Some((index, key));
            }
        }
        first.map(|(index, _)| index)
    }

    /// Moves every layer past the key of the `first`, and returns what the newest of them makes of
    /// it and of the row `below`.
    fn resolve(&mut self, first: usize, below: Option<Row>) -> Option<Row> {
        let layers = &self.layers[first..];
        let key = layers[0].key()?;
        let mut value = Resolution::Open(None);
        self.passed.clear();
        for layer in layers {
            let is_same = layer.key() == Some(key);
            self.passed.push(is_same);
            if !is_same {
                continue;
            }
            value = match layer {
                Layer::Writes { head, .. } => match head {
                    Some((_, effect)) => value.under(effect),
                    None => value,
                },
                Layer::Memory { head, .. } => match head {
                    Some(row) => value.under_row(row.value()),
                    None => value,
                },
            };
        }
        let row = match (value, below) {
            (Resolution::Open(_), Some(damaged @ Row::Damaged { .. })) => Some(damaged),
            (value, below) => {
                let below = match below {
                    Some(Row::Whole(_, value)) => Some(value),
                    Some(Row::Damaged { .. }) | None => None,
                };
                let value = value.finish(below);
                value.map(|value| Row::Whole(key.to_vec(), value))
            }
        };
        for (layer, is_passed) in self.layers[first..].iter_mut().zip(&self.passed) {
            if *is_passed {
                layer.advance(self.direction);
            }
        }
        row
    }

    #[cfg(debug_assertions)]
    fn check(&self, returned: &[u8]) {
        for key in self.layers.iter().filter_map(Layer::key) {
            assert!(self.precedes(returned, key), "1: a layer stayed behind");
        }
        if let Some(row) = &self.stored_head {
            assert!(
                self.precedes(returned, row.key()),
                "1: the rows stayed behind"
            );
        }
    }
}

impl Iterator for Merge<'_> {
    type Item = Result<(Vec<u8>, Value), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let read = match self.next_row() {
            Ok(None) => None,
            Ok(Some(Row::Whole(key, value))) => Some(Ok((key, value))),
            Ok(Some(Row::Damaged { table, key, .. })) => {
                Some(Err(self.stored.damaged(table, &key)))
            }
            Err(error) => Some(Err(error)),
        };
        self.failed = !matches!(read, Some(Ok(_)));
        #[cfg(debug_assertions)]
        if let Some(Ok((key, _))) = &read {
            self.check(key);
        }
        read
    }
}

/// What is known of one key while looking from the newest layer down.
pub(crate) enum Resolution<'a> {
    /// Nothing decided yet but, perhaps, the least value it can have.
    Open(Option<&'a [u8]>),
    Decided(Option<&'a [u8]>),
}

impl<'a> Resolution<'a> {
    /// Takes in the effect of the next older layer.
    pub(crate) fn under(self, effect: &'a Effect) -> Self {
        let least = match self {
            Self::Open(least) => least,
            decided @ Self::Decided(_) => return decided,
        };
        match effect {
            Effect::Put(value) => Self::Decided(least.max(Some(value))),
            Effect::Delete => Self::Decided(least),
            Effect::Raise(value) => Self::Open(least.max(Some(value))),
        }
    }

    /// Takes in a row of a memtable, or its removal.
    pub(crate) fn under_row(self, value: Option<&'a [u8]>) -> Self {
        match self {
            Self::Open(least) => Self::Decided(least.max(value)),
            decided @ Self::Decided(_) => decided,
        }
    }

    /// Takes in what is stored below all layers.
    pub(crate) fn finish(self, stored: Option<Value>) -> Option<Value> {
        match self {
            Self::Decided(value) => value.map(Value::copied),
            Self::Open(None) => stored,
            Self::Open(Some(least)) => match stored {
                Some(stored) if *stored >= *least => Some(stored),
                _ => Some(Value::copied(least)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(layers: &[&Effect], stored: Option<&[u8]>) -> Option<Vec<u8>> {
        let mut value = Resolution::Open(None);
        for effect in layers {
            value = value.under(effect);
        }
        value.finish(stored.map(Value::copied)).map(Value::into_vec)
    }

    #[test]
    fn the_newest_layer_decides_and_a_raise_looks_below() {
        let put = |byte: u8| Effect::Put(vec![byte]);
        let raise = |byte: u8| Effect::Raise(vec![byte]);
        assert_eq!(resolve(&[], Some(&[1])), Some(vec![1]));
        assert_eq!(resolve(&[&put(2), &put(3)], Some(&[1])), Some(vec![2]));
        assert_eq!(resolve(&[&Effect::Delete, &put(3)], Some(&[1])), None);
        assert_eq!(resolve(&[&raise(2)], Some(&[1])), Some(vec![2]));
        assert_eq!(resolve(&[&raise(2)], Some(&[3])), Some(vec![3]));
        assert_eq!(resolve(&[&raise(2)], None), Some(vec![2]));
        assert_eq!(resolve(&[&raise(2), &put(5)], Some(&[9])), Some(vec![5]));
        assert_eq!(
            resolve(&[&raise(2), &Effect::Delete], Some(&[9])),
            Some(vec![2])
        );
    }
}
