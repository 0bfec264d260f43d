//! The writes of one transaction, as data.
//!
//! Invariants:
//! 1. No table is present without at least one write.
//! 2. Once admitted, every effect is a put or a delete: raises are resolved, appended keys carry
//!    their sequence.
//! 3. `bytes` is the sum of the lengths of all keys and values.

use std::collections::BTreeMap;

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
    #[cfg(debug_assertions)]
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
}
