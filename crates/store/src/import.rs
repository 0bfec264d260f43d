//! Rows that go to the file of a database at once, past log and memtables: what can be made again,
//! such as an index that is being built, need not be written twice.
//!
//! They are collected, sorted, and written in one redb
//! transaction. Whoever imports into a table sees to it that nobody else writes there.
//!
//! Invariants:
//! 1. What was imported is durable when [`import`] returns: all of it, or nothing is there.
//! 2. No write set that is not in the file yet has rows among those imported: they would be older
//!    and hide them, or be replayed over them.
//! 3. Nothing is imported into a table that is dropped, so sweeping leaves nothing behind.

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

use crate::checkpoint;
use crate::database::Inner;
use crate::engine::rows::TABLE_BYTES;
use crate::error::Error;
use crate::ids::TableId;
use crate::merge::Layer;
use crate::options::{KEY_BYTES_MAX, VALUE_BYTES_MAX};
use crate::published::Stored;
use crate::read::Direction;
use crate::sync::lock;

/// Rows to be [imported](crate::Database::import), in any order.
#[derive(Debug, Default)]
pub struct Import {
    /// Keys of rows and values, one after the other.
    bytes: Vec<u8>,
    /// The rows of each table.
    tables: BTreeMap<TableId, Vec<Place>>,
    /// The first row that cannot be stored.
    refused: Option<Error>,
}

/// Where a row lies, and how its key begins: few comparisons need more.
#[derive(Clone, Copy, Debug)]
struct Place {
    prefix: u64,
    start: usize,
    key_bytes: u32,
    value_bytes: u32,
}

/// A row to be written.
pub(crate) struct Row<'a> {
    pub(crate) row_key: &'a [u8],
    pub(crate) value: &'a [u8],
}

/// A key that had a value already, or for which two were to be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The table.
    pub table: TableId,
    /// The key.
    pub key: Vec<u8>,
    /// The value that came first.
    pub first: Vec<u8>,
    /// The other one.
    pub second: Vec<u8>,
}

impl Import {
    /// Adds a row, whose key and value `key` and `value` append to what they are given.
    pub fn put(
        &mut self,
        table: TableId,
        key: impl FnOnce(&mut Vec<u8>),
        value: impl FnOnce(&mut Vec<u8>),
    ) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&table.as_u32().to_be_bytes());
        key(&mut self.bytes);
        let value_start = self.bytes.len();
        value(&mut self.bytes);
        let key = &self.bytes[start + TABLE_BYTES..value_start];
        match check(table, key.len(), self.bytes.len() - value_start) {
            Ok((key_bytes, value_bytes)) => {
                let place = Place {
                    prefix: prefix(key),
                    start,
                    key_bytes,
                    value_bytes,
                };
                self.tables.entry(table).or_default().push(place);
            }
            Err(error) => {
                self.refused.get_or_insert(error);
                self.bytes.truncate(start);
            }
        }
    }

    /// Adds the rows of another one behind those of this one.
    pub fn append(&mut self, other: Self) {
        let moved = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes);
        for (table, places) in other.tables {
            let places = places.into_iter().map(|place| Place {
                start: place.start + moved,
                ..place
            });
            self.tables.entry(table).or_default().extend(places);
        }
        if let Some(error) = other.refused {
            self.refused.get_or_insert(error);
        }
    }

    /// The memory that the rows take.
    pub fn bytes(&self) -> usize {
        let places = self.tables.values().map(|places| size_of_val(&places[..]));
        self.bytes.len() + places.sum::<usize>()
    }

    fn row(&self, place: &Place) -> Row<'_> {
        let value_start = place.start + TABLE_BYTES + place.key_bytes as usize;
        Row {
            row_key: &self.bytes[place.start..value_start],
            value: &self.bytes[value_start..][..place.value_bytes as usize],
        }
    }

    /// Brings the rows into the order of their keys; those of one key stay as they came.
    fn sort(&mut self) {
        let mut tables = std::mem::take(&mut self.tables);
        for places in tables.values_mut() {
            places.sort_unstable_by(|one, other| {
                (one.prefix.cmp(&other.prefix))
                    .then_with(|| self.row(one).row_key.cmp(self.row(other).row_key))
                    .then_with(|| one.start.cmp(&other.start))
            });
        }
        self.tables = tables;
    }

    /// The earliest row whose key another one had before it; of rows that are sorted.
    fn twice(&self) -> Option<Taken> {
        let pairs = self.tables.iter().flat_map(|(table, places)| {
            let pairs = places.windows(2).map(|pair| (&pair[0], &pair[1]));
            pairs.map(|(one, other)| (*table, one, other))
        });
        let twice = pairs.filter(|(_, one, other)| {
            one.prefix == other.prefix && self.row(one).row_key == self.row(other).row_key
        });
        let (table, one, other) = twice.min_by_key(|(_, _, other)| other.start)?;
        let (one, other) = (self.row(one), self.row(other));
        Some(Taken {
            table,
            key: one.row_key[TABLE_BYTES..].to_vec(),
            first: one.value.to_vec(),
            second: other.value.to_vec(),
        })
    }

    /// The rows, which are sorted.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let places = self.tables.values().flatten();
        places.map(|place| self.row(place))
    }

    /// Each table with its least and its greatest key, of rows that are sorted.
    fn tables(&self) -> impl Iterator<Item = (TableId, &[u8], &[u8])> {
        self.tables.iter().filter_map(|(table, places)| {
            let key = |place| &self.row(place).row_key[TABLE_BYTES..];
            Some((*table, key(places.first()?), key(places.last()?)))
        })
    }
}

/// The first bytes of a key as a number that sorts as they do.
fn prefix(key: &[u8]) -> u64 {
    let mut prefix = [0; 8];
    let length = key.len().min(8);
    prefix[..length].copy_from_slice(&key[..length]);
    u64::from_be_bytes(prefix)
}

/// The lengths of the key and the value of a row that can be stored.
fn check(table: TableId, key_bytes: usize, value_bytes: usize) -> Result<(u32, u32), Error> {
    let length = |bytes, limit| u32::try_from(bytes).ok().filter(|_| bytes <= limit);
    let key = length(key_bytes, KEY_BYTES_MAX).ok_or(Error::KeyTooLarge {
        table,
        bytes: key_bytes,
        limit: KEY_BYTES_MAX,
    })?;
    let value = length(value_bytes, VALUE_BYTES_MAX).ok_or(Error::ValueTooLarge {
        table,
        bytes: value_bytes,
        limit: VALUE_BYTES_MAX,
    })?;
    Ok((key, value))
}

/// Writes rows to the file, unless one of their keys is taken.
pub(crate) fn import(inner: &Inner, rows: &mut Import) -> Result<Option<Taken>, Error> {
    inner.check_write()?;
    if let Some(error) = rows.refused.take() {
        return Err(error);
    }
    if rows.tables.is_empty() {
        return Ok(None);
    }
    rows.sort();
    if let Some(taken) = rows.twice() {
        return Ok(Some(taken));
    }
    let _importing = lock(&inner.importing);
    let _maintenance = lock(&inner.maintenance);
    check_tables(inner, rows)?;
    if is_in_memory(inner, rows)? {
        checkpoint::flush_locked(inner)?;
        if is_in_memory(inner, rows)? {
            return Err(Error::ImportDisturbed {
                database: inner.name.clone(),
            });
        }
    }
    let published = inner.pipeline.last_published();
    let before = &published.stored;
    let written = before.engine.import(rows);
    match written.map_err(|error| inner.poison(error))? {
        ControlFlow::Break(taken) => Ok(Some(taken)),
        ControlFlow::Continue(after) => {
            let engine = Arc::clone(&before.engine);
            let after = Stored::new(after, engine, before.sequence, before.index);
            inner.pipeline.exchange(after);
            inner.start_due_checkpoint();
            Ok(None)
        }
    }
}

fn check_tables(inner: &Inner, rows: &Import) -> Result<(), Error> {
    inner.pipeline.check_usable()?;
    let published = inner.pipeline.last_published();
    rows.tables()
        .try_for_each(|(table, _, _)| published.check_table(table))
}

/// Whether something that is not in the file lies among the rows.
fn is_in_memory(inner: &Inner, rows: &Import) -> Result<bool, Error> {
    let head = inner.pipeline.head()?;
    for (table, first, last) in rows.tables() {
        let range = (Bound::Included(first), Bound::Included(last));
        let mut queued = head
            .queued
            .iter()
            .filter_map(|node| node.writes.table(table));
        let is_queued = queued.any(|writes| writes.range::<[u8], _>(range).next().is_some());
        let layers = head.published.layers(table, range, Direction::Ascending);
        if is_queued || layers.into_iter().any(Layer::has_any) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLES: [TableId; 2] = [TableId::new(20), TableId::new(21)];

    fn put(rows: &mut Import, table: TableId, key: &[u8], value: &[u8]) {
        rows.put(
            table,
            |bytes| bytes.extend_from_slice(key),
            |bytes| bytes.extend_from_slice(value),
        );
    }

    #[test]
    fn rows_are_sorted_by_table_and_key_whatever_their_keys_begin_with() {
        let keys = [
            &b""[..],
            b"\0",
            b"\0\0",
            b"aaaaaaaa",
            b"aaaaaaaaa",
            b"aaaaaaaab",
            b"b",
        ];
        let mut rows = Import::default();
        let mut others = Import::default();
        let mut expected = Vec::new();
        for (number, key) in keys.iter().enumerate().rev() {
            for table in TABLES {
                let rows = if number % 2 == 0 {
                    &mut rows
                } else {
                    &mut others
                };
                put(rows, table, key, &[7; 3]);
                expected.push([&table.as_u32().to_be_bytes(), *key].concat());
            }
        }
        rows.append(others);
        rows.sort();
        expected.sort();
        assert!(rows.rows().map(|row| row.row_key).eq(&expected));
        assert_eq!(rows.twice(), None);
        let tables = rows.tables().collect::<Vec<_>>();
        assert_eq!(tables, TABLES.map(|table| (table, &b""[..], &b"b"[..])));
    }

    #[test]
    fn of_two_rows_with_one_key_the_one_that_came_first_is_named_first() {
        let mut rows = Import::default();
        for (key, value) in [
            (b"k", b"z"),
            (b"l", b"0"),
            (b"a", b"0"),
            (b"k", b"y"),
            (b"a", b"1"),
        ] {
            put(&mut rows, TABLES[0], key, value);
        }
        rows.sort();
        let expected = Taken {
            table: TABLES[0],
            key: b"k".to_vec(),
            first: b"z".to_vec(),
            second: b"y".to_vec(),
        };
        assert_eq!(rows.twice(), Some(expected));
    }
}
