//! The writes of one transaction, as data, and what they rest on.
//!
//! Invariants:
//! 1. No table is present without at least one write.
//! 2. Once admitted, every effect is a put or a delete: raises are resolved, appended keys carry
//!    their sequence.
//! 3. `bytes` is the sum of the lengths of all keys and values.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::ids::TableId;

/// What happens to one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Put(Vec<u8>),
    Delete,
    /// Keeps the greater of the stored value and this one.
    Raise(Vec<u8>),
}

impl Effect {
    fn length(&self) -> usize {
        match self {
            Self::Put(value) | Self::Raise(value) => value.len(),
            Self::Delete => 0,
        }
    }
}

/// The effects of one transaction on one table, in key order.
pub(crate) type TableWrites = BTreeMap<Vec<u8>, Effect>;

#[derive(Debug, Default)]
pub(crate) struct Writes {
    tables: BTreeMap<TableId, TableWrites>,
    bytes: usize,
}

impl Writes {
    pub(crate) fn set(&mut self, table: TableId, key: Vec<u8>, effect: Effect) {
        let key_bytes = key.len();
        let effect_bytes = effect.length();
        let replaced = self.tables.entry(table).or_default().insert(key, effect);
        match replaced {
            Some(old) => self.bytes -= old.length(),
            None => self.bytes += key_bytes,
        }
        self.bytes += effect_bytes;
    }

    pub(crate) fn remove(&mut self, table: TableId, key: &[u8]) {
        let Some(writes) = self.tables.get_mut(&table) else {
            return;
        };
        if let Some(old) = writes.remove(key) {
            self.bytes -= key.len() + old.length();
        }
        if writes.is_empty() {
            self.tables.remove(&table);
        }
    }

    pub(crate) fn get(&self, table: TableId, key: &[u8]) -> Option<&Effect> {
        self.tables.get(&table)?.get(key)
    }

    pub(crate) fn table(&self, table: TableId) -> Option<&TableWrites> {
        self.tables.get(&table)
    }

    pub(crate) fn tables(&self) -> impl Iterator<Item = (TableId, &TableWrites)> {
        self.tables.iter().map(|(table, writes)| (*table, writes))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Tests the invariants of an admitted set.
    #[cfg(any(test, debug_assertions))]
    pub(crate) fn check(&self) {
        let mut bytes = 0;
        for writes in self.tables.values() {
            assert!(!writes.is_empty(), "1: a table without writes");
            for (key, effect) in writes {
                assert!(!matches!(effect, Effect::Raise(_)), "2: unresolved raise");
                bytes += key.len() + effect.length();
            }
        }
        assert_eq!(bytes, self.bytes, "3: bytes miscounted");
    }
}

/// The keys that a plan relies on, by table.
#[derive(Debug, Default)]
pub(crate) struct Guards(Vec<(TableId, GuardedKeys)>);

impl Guards {
    pub(crate) fn add(&mut self, table: TableId, key: &[u8]) {
        let position = self.0.iter().rposition(|(of, _)| *of == table);
        let position = position.unwrap_or_else(|| {
            self.0.push((table, GuardedKeys::default()));
            self.0.len() - 1
        });
        self.0[position].1.add(key);
    }

    /// Puts the keys in order; none is added any more.
    pub(crate) fn close(&mut self) {
        for (_, keys) in &mut self.0 {
            keys.close();
        }
    }

    pub(crate) fn tables(&self) -> impl Iterator<Item = (TableId, &GuardedKeys)> {
        self.0.iter().map(|(table, keys)| (*table, keys))
    }
}

/// Keys of one table, one after the other: there may be many, and they are needed for a short time.
#[derive(Debug, Default)]
pub(crate) struct GuardedKeys {
    bytes: Vec<u8>,
    /// Where each key is; in the order of the keys once they are closed.
    places: Vec<Range<usize>>,
    is_unordered: bool,
}

impl GuardedKeys {
    fn add(&mut self, key: &[u8]) {
        let order = self.iter().next_back().map(|last| last.cmp(key));
        match order {
            Some(Ordering::Equal) => return,
            Some(Ordering::Greater) => self.is_unordered = true,
            Some(Ordering::Less) | None => {}
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key);
        self.places.push(start..self.bytes.len());
    }

    fn close(&mut self) {
        if self.is_unordered {
            let bytes = &self.bytes;
            let key = |place: &Range<usize>| &bytes[place.clone()];
            self.places.sort_unstable_by(|a, b| key(a).cmp(key(b)));
            self.is_unordered = false;
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.places.iter().map(|place| &self.bytes[place.clone()])
    }

    pub(crate) fn contains(&self, key: &[u8]) -> bool {
        debug_assert!(!self.is_unordered, "looked for before the keys were closed");
        let found = self
            .places
            .binary_search_by(|place| self.bytes[place.clone()].cmp(key));
        found.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_follow_replacing_and_removing() {
        let table = TableId::new(20);
        let mut writes = Writes::default();
        writes.set(table, b"key".to_vec(), Effect::Put(vec![0; 10]));
        writes.set(table, b"key".to_vec(), Effect::Put(vec![0; 4]));
        writes.set(table, b"other".to_vec(), Effect::Delete);
        assert_eq!(writes.bytes(), 3 + 4 + 5);
        writes.check();
        writes.remove(table, b"key");
        writes.remove(table, b"missing");
        assert_eq!(writes.bytes(), 5);
        writes.remove(table, b"other");
        assert!(writes.is_empty());
        writes.check();
    }

    #[test]
    fn guarded_keys_are_found_in_whatever_order_they_came() {
        let numbers = [5_u8, 5, 9, 3, 9, 200, 0, 5];
        let mut guards = Guards::default();
        for number in numbers {
            guards.add(TableId::new(20), &[number]);
            guards.add(TableId::new(21), &[number, number]);
        }
        guards.close();
        let (table, keys) = guards.tables().next().unwrap();
        assert_eq!(table, TableId::new(20));
        for number in 0..=255 {
            assert_eq!(keys.contains(&[number]), numbers.contains(&number));
        }
        assert!(!keys.contains(&[5, 5]) && !keys.contains(&[]));
        let (_, keys) = guards.tables().nth(1).unwrap();
        assert!(keys.contains(&[5, 5]) && !keys.contains(&[5]));
        assert!(keys.iter().is_sorted());
    }
}
