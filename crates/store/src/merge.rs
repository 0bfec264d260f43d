//! Several write sets and memtables over the stored rows, read as one ordered sequence.
//!
//! Invariants:
//! 1. Every layer is at its first key that was not yet returned or hidden; the rows of the file are
//!    there or right before it.
//! 2. Of several sources with the same key the newest decides; only a raise looks below itself.
//! 3. A damaged row is of no interest when something above it decides.

use std::cmp::Ordering;
use std::collections::btree_map;
use std::ops::{Bound, ControlFlow};

use crate::engine::rows::is_void;
use crate::error::Error;
use crate::ids::TableId;
use crate::memtable::{MemoryRange, Stored};
use crate::published::{Published, Row, StoredRange};
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

/// The next row of the file, when it has to be compared with the layers; kept for its memory.
#[derive(Default)]
struct Ahead {
    place: Vec<u8>,
    value: Vec<u8>,
    damaged: Option<(TableId, Vec<u8>)>,
}

impl Ahead {
    fn fill(&mut self, row: Row<'_>) {
        self.place.clear();
        self.place.extend_from_slice(row.place());
        self.value.clear();
        self.damaged = match row {
            Row::Whole(_, value) => {
                self.value.extend_from_slice(value);
                None
            }
            Row::Damaged { table, key, .. } => Some((table, key.to_vec())),
        };
    }

    fn row(&self) -> Row<'_> {
        match &self.damaged {
            None => Row::Whole(&self.place, &self.value),
            Some((table, key)) => Row::Damaged {
                table: *table,
                key,
                place: &self.place,
            },
        }
    }
}

/// Where the rows of the file are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    /// The next one was not read yet.
    Between,
    /// At the one read ahead.
    Ahead,
    End,
}

/// The merging iterator.
pub(crate) struct Merge<'a> {
    /// Newest first.
    layers: Vec<Layer<'a>>,
    stored: StoredRange<'a>,
    position: Position,
    ahead: Ahead,
    direction: Direction,
}

impl<'a> Merge<'a> {
    /// What the rows are of.
    pub(crate) fn published(&self) -> &'a Published {
        self.stored.published
    }

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
            position: Position::Between,
            ahead: Ahead::default(),
            direction,
        }
    }

    /// Calls `look` with one row after the other, damaged or not, until it breaks. It must not panic.
    /// Returns whether it broke.
    pub(crate) fn visit(
        &mut self,
        mut look: impl FnMut(Row<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Error> {
        while let Some(first) = self.first_layer() {
            self.read_ahead()?;
            let order = self.order_of_stored(first);
            let flow = if order.is_lt() {
                self.position = Position::Between;
                look(self.ahead.row())
            } else {
                let below = order.is_eq().then(|| self.ahead.row());
                let row = self.resolve(first, below);
                #[cfg(debug_assertions)]
                let returned = row.map(|row| row.place().to_vec());
                let flow = row.map_or(ControlFlow::Continue(()), &mut look);
                self.pass(first, order.is_eq());
                #[cfg(debug_assertions)]
                self.check(returned.as_deref());
                flow
            };
            if flow.is_break() {
                return Ok(flow);
            }
        }
        if self.position == Position::Ahead {
            self.position = Position::Between;
            if look(self.ahead.row()).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        match self.position {
            Position::End => Ok(ControlFlow::Continue(())),
            _ => self.stored.visit(look),
        }
    }

    fn read_ahead(&mut self) -> Result<(), Error> {
        if self.position == Position::Between {
            let ahead = &mut self.ahead;
            let filled = self.stored.visit(|row| {
                ahead.fill(row);
                ControlFlow::Break(())
            })?;
            self.position = match filled {
                ControlFlow::Break(()) => Position::Ahead,
                ControlFlow::Continue(()) => Position::End,
            };
        }
        Ok(())
    }

    /// How the key of the row read ahead compares with that of a layer, in this direction.
    fn order_of_stored(&self, layer: usize) -> Ordering {
        match (self.position, self.layers[layer].key()) {
            (Position::Ahead, Some(key)) => self.order(&self.ahead.place, key),
            _ => Ordering::Greater,
        }
    }

    /// How two keys compare in this direction.
    fn order(&self, key: &[u8], other: &[u8]) -> Ordering {
        match self.direction {
            Direction::Ascending => key.cmp(other),
            Direction::Descending => other.cmp(key),
        }
    }

    /// The newest of the layers whose key comes first.
    fn first_layer(&self) -> Option<usize> {
        let mut first: Option<(usize, &[u8])> = None;
        for (index, layer) in self.layers.iter().enumerate() {
            if let Some(key) = layer.key()
                && first.is_none_or(|(_, first)| self.order(key, first).is_lt())
            {
                first = Some((index, key));
            }
        }
        first.map(|(index, _)| index)
    }

    /// What the layers at the key of the `first` make of it, and of the row `below`.
    fn resolve<'r>(&'r self, first: usize, below: Option<Row<'r>>) -> Option<Row<'r>> {
        let layers = &self.layers[first..];
        let key = layers[0].key()?;
        let mut value = Resolution::Open(None);
        for layer in layers.iter().filter(|layer| layer.key() == Some(key)) {
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
        let below = match (&value, below) {
            (Resolution::Open(_), damaged @ Some(Row::Damaged { .. })) => return damaged,
            (_, Some(Row::Whole(_, below))) => Some(below),
            _ => None,
        };
        value.over(below).map(|value| Row::Whole(key, value))
    }

    /// Moves every layer past the key of the `first`, and past the row that was read ahead if that
    /// has the same.
    fn pass(&mut self, first: usize, with_stored: bool) {
        if with_stored {
            self.position = Position::Between;
        }
        if let Some((first, others)) = self.layers[first..].split_first_mut() {
            for layer in others {
                if layer.key() == first.key() {
                    layer.advance(self.direction);
                }
            }
            first.advance(self.direction);
        }
    }

    #[cfg(debug_assertions)]
    fn check(&self, returned: Option<&[u8]>) {
        let Some(returned) = returned else { return };
        for key in self.layers.iter().filter_map(Layer::key) {
            assert!(
                self.order(returned, key).is_lt(),
                "1: a layer stayed behind"
            );
        }
        if self.position == Position::Ahead {
            assert!(
                self.order(returned, &self.ahead.place).is_lt(),
                "1: the rows stayed behind"
            );
        }
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
    pub(crate) fn over<'b>(self, stored: Option<&'b [u8]>) -> Option<&'b [u8]>
    where
        'a: 'b,
    {
        match self {
            Self::Decided(value) => value,
            Self::Open(least) => stored.max(least),
        }
    }

    /// The same for a value that may be kept.
    pub(crate) fn finish(self, stored: Option<Value>) -> Option<Value> {
        match self {
            Self::Open(None) => stored,
            value => value.over(stored.as_deref()).map(Value::copied),
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
