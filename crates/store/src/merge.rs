//! Several write sets over the stored rows, read as one ordered sequence.
//!
//! Invariants:
//! 1. Every source is at its first key that was not yet returned or hidden.
//! 2. Of several sources with the same key the newest decides; only a raise looks below itself.

use std::cmp::Ordering;
use std::collections::btree_map;
use std::ops::Bound;

use crate::engine::rows::is_void;
use crate::error::Error;
use crate::published::StoredRange;
use crate::read::Direction;
use crate::value::Value;
use crate::writes::{Effect, TableWrites};

type LayerRange<'a> = btree_map::Range<'a, Vec<u8>, Effect>;

/// One write set, at its next entry.
struct Layer<'a> {
    range: LayerRange<'a>,
    head: Option<(&'a Vec<u8>, &'a Effect)>,
}

impl Layer<'_> {
    fn advance(&mut self, direction: Direction) {
        self.head = match direction {
            Direction::Ascending => self.range.next(),
            Direction::Descending => self.range.next_back(),
        };
    }
}

/// The merging iterator.
pub(crate) struct Merge<'a> {
    /// Newest first.
    layers: Vec<Layer<'a>>,
    stored: StoredRange<'a>,
    stored_head: Option<(Vec<u8>, Value)>,
    started: bool,
    failed: bool,
    direction: Direction,
}

impl<'a> Merge<'a> {
    /// Merges `layers`, newest first, over `stored`, all within the same range.
    pub(crate) fn new(
        layers: impl Iterator<Item = &'a TableWrites>,
        range: (Bound<&[u8]>, Bound<&[u8]>),
        stored: StoredRange<'a>,
        direction: Direction,
    ) -> Self {
        let layers = if is_void(range) {
            Vec::new()
        } else {
            layers
                .map(|writes| {
                    let mut layer = Layer {
                        range: writes.range::<[u8], _>(range),
                        head: None,
                    };
                    layer.advance(direction);
                    layer
                })
                .filter(|layer| layer.head.is_some())
                .collect()
        };
        Self {
            layers,
            stored,
            stored_head: None,
            started: false,
            failed: false,
            direction,
        }
    }

    fn advance_stored(&mut self) -> Result<Option<(Vec<u8>, Value)>, Error> {
        let next = self.stored.next().transpose()?;
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

    fn read(&mut self) -> Result<Option<(Vec<u8>, Value)>, Error> {
        if !self.started {
            self.started = true;
            self.advance_stored()?;
        }
        loop {
            let mut first: Option<&'a Vec<u8>> = None;
            for (key, _) in self.layers.iter().filter_map(|layer| layer.head) {
                if first.is_none_or(|first| self.precedes(key, first)) {
                    first = Some(key);
                }
            }
            let Some(key) = first else {
                return self.advance_stored();
            };
            if let Some((stored_key, _)) = &self.stored_head
                && self.precedes(stored_key, key)
            {
                return self.advance_stored();
            }
            if let Some(value) = self.resolve(key)? {
                return Ok(Some((key.clone(), value)));
            }
        }
    }

    /// Moves every source past `key` and returns what the newest of them makes of it.
    fn resolve(&mut self, key: &[u8]) -> Result<Option<Value>, Error> {
        let mut value = Resolution::Open(None);
        for layer in &mut self.layers {
            if let Some((layer_key, effect)) = layer.head
                && layer_key == key
            {
                value = value.under(effect);
                layer.advance(self.direction);
            }
        }
        let below = match &self.stored_head {
            Some((stored_key, _)) if stored_key == key => self.advance_stored()?,
            _ => None,
        };
        Ok(value.finish(below.map(|(_, value)| value)))
    }

    #[cfg(debug_assertions)]
    fn check(&self, returned: &[u8]) {
        for (key, _) in self.layers.iter().filter_map(|layer| layer.head) {
            assert!(self.precedes(returned, key), "1: a layer stayed behind");
        }
        if let Some((key, _)) = &self.stored_head {
            assert!(self.precedes(returned, key), "1: the rows stayed behind");
        }
    }
}

impl Iterator for Merge<'_> {
    type Item = Result<(Vec<u8>, Value), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let read = self.read();
        self.failed = read.is_err();
        #[cfg(debug_assertions)]
        if let Ok(Some((key, _))) = &read {
            self.check(key);
        }
        read.transpose()
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
