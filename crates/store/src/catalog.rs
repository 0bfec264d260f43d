//! The tables of one database at one moment.
//!
//! Invariants:
//! 1. `live` holds exactly the numbers in `names`, sorted, each once.
//! 2. Every number, live or dropped, is at least [`TableId::FIRST`] and less than `next`.
//! 3. No dropped number is live.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::TableId;
use crate::writes::{Effect, Writes};

/// Row of the meta table with the number of the next table: 4 bytes, big-endian.
pub(crate) const NEXT_TABLE_KEY: &[u8] = b"next-table";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Catalog {
    names: BTreeMap<String, TableId>,
    live: Vec<TableId>,
    /// Dropped tables which still have rows.
    dropped: BTreeSet<TableId>,
    next: TableId,
}

impl Default for Catalog {
    fn default() -> Self {
        Self {
            names: BTreeMap::new(),
            live: Vec::new(),
            dropped: BTreeSet::new(),
            next: TableId::FIRST,
        }
    }
}

impl Catalog {
    /// Puts together what was read from disk, or says what is wrong with it.
    pub(crate) fn load(
        names: BTreeMap<String, TableId>,
        dropped: BTreeSet<TableId>,
        next: TableId,
    ) -> Result<Self, String> {
        let mut live: Vec<_> = names.values().copied().collect();
        live.sort_unstable();
        let catalog = Self {
            names,
            live,
            dropped,
            next,
        };
        catalog.check()?;
        Ok(catalog)
    }

    pub(crate) fn find(&self, name: &str) -> Option<TableId> {
        self.names.get(name).copied()
    }

    pub(crate) fn contains(&self, table: TableId) -> bool {
        self.live.binary_search(&table).is_ok()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, TableId)> {
        self.names.iter().map(|(name, id)| (name.as_str(), *id))
    }

    pub(crate) fn first_dropped(&self) -> Option<TableId> {
        self.dropped.first().copied()
    }

    pub(crate) fn was_dropped(&self, table: TableId) -> bool {
        self.dropped.contains(&table)
    }

    /// The table as it appears in messages.
    pub(crate) fn describe(&self, table: TableId) -> String {
        match self.names().find(|(_, id)| *id == table) {
            Some((name, id)) => format!("{name:?} ({id})"),
            None => table.to_string(),
        }
    }

    /// Adds a table; `None` when all numbers are used up.
    pub(crate) fn create(&self, name: &str) -> Option<(Self, TableId, Writes)> {
        let id = self.next;
        let mut after = self.clone();
        after.next = TableId::new(id.as_u32().checked_add(1)?);
        after.names.insert(name.to_owned(), id);
        // Numbers only grow, so the newest is the last.
        after.live.push(id);
        let mut writes = Writes::default();
        writes.set(
            TableId::CATALOG,
            name.as_bytes().to_vec(),
            Effect::Put(id.as_u32().to_be_bytes().to_vec()),
        );
        writes.set(
            TableId::META,
            NEXT_TABLE_KEY.to_vec(),
            Effect::Put(after.next.as_u32().to_be_bytes().to_vec()),
        );
        Some((after, id, writes))
    }

    /// Removes a table; `None` when there is no such table. Its rows remain to be swept.
    pub(crate) fn drop_table(&self, id: TableId) -> Option<(Self, Writes)> {
        let name = self
            .names()
            .find_map(|(name, found)| (found == id).then(|| name.to_owned()))?;
        let mut after = self.clone();
        after.names.remove(&name);
        after.live.retain(|live| *live != id);
        after.dropped.insert(id);
        let mut writes = Writes::default();
        writes.set(TableId::CATALOG, name.into_bytes(), Effect::Delete);
        writes.set(
            TableId::DROPPED,
            id.as_u32().to_be_bytes().to_vec(),
            Effect::Put(Vec::new()),
        );
        Some((after, writes))
    }

    /// Forgets a dropped table whose last row is removed by the same writes.
    pub(crate) fn swept(&self, id: TableId, writes: &mut Writes) -> Self {
        let mut after = self.clone();
        after.dropped.remove(&id);
        let key = id.as_u32().to_be_bytes().to_vec();
        writes.set(TableId::DROPPED, key, Effect::Delete);
        after
    }

    /// Tests the invariants and names the one that does not hold.
    pub(crate) fn check(&self) -> Result<(), String> {
        let mut numbers: Vec<_> = self.names.values().copied().collect();
        numbers.sort_unstable();
        if numbers != self.live || numbers.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err("the list of tables gives one number twice".to_owned());
        }
        for id in self.live.iter().chain(&self.dropped) {
            if *id < TableId::FIRST || *id >= self.next {
                return Err(format!("table {id} is not among the numbers given"));
            }
        }
        match self.dropped.iter().find(|id| self.contains(**id)) {
            Some(id) => Err(format!("table {id} is listed and dropped")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_never_given_twice() {
        let (catalog, first, _) = Catalog::default().create("a").unwrap();
        let (catalog, _) = catalog.drop_table(first).unwrap();
        let catalog = catalog.swept(first, &mut Writes::default());
        let (catalog, second, _) = catalog.create("a").unwrap();
        assert!(second > first);
        assert!(!catalog.contains(first));
        assert!(catalog.contains(second));
        catalog.check().unwrap();
    }

    #[test]
    fn what_cannot_be_true_is_refused_on_loading() {
        let load = |names: &[(&str, u32)], dropped: &[u32], next| {
            Catalog::load(
                names
                    .iter()
                    .map(|(name, id)| ((*name).to_owned(), TableId::new(*id)))
                    .collect(),
                dropped.iter().copied().map(TableId::new).collect(),
                TableId::new(next),
            )
        };
        assert!(load(&[("a", 16), ("b", 17)], &[18], 19).is_ok());
        assert!(load(&[("a", 16), ("b", 16)], &[], 19).is_err());
        assert!(load(&[("a", 3)], &[], 19).is_err());
        assert!(load(&[("a", 19)], &[], 19).is_err());
        assert!(load(&[("a", 16)], &[16], 19).is_err());
    }
}
