//! One committed, durable state of a database, as everybody reads it.
//!
//! Invariants:
//! 1. `rows` holds every write set up to some node of the chain, and nothing of any later one.
//! 2. `sequence` and `catalog` are those of that node.

use std::ops::Bound;
use std::sync::Arc;

use crate::catalog::Catalog;
use crate::engine::rows::{open_row_value, row_range, split_row_key, with_row_key};
use crate::engine::{Engine, Identity, RowRange, Rows};
use crate::error::{Error, shown};
use crate::ids::{Sequence, TableId};
use crate::read::Direction;
use crate::value::Value;

pub(crate) struct Published {
    /// Always there until dropped.
    rows: Option<Rows>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) sequence: Sequence,
    pub(crate) catalog: Arc<Catalog>,
}

impl Published {
    pub(crate) fn new(
        rows: Rows,
        engine: Arc<Engine>,
        sequence: Sequence,
        catalog: Arc<Catalog>,
    ) -> Self {
        Self {
            rows: Some(rows),
            engine,
            sequence,
            catalog,
        }
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.engine.identity
    }

    fn rows(&self) -> Result<&Rows, Error> {
        self.identity().check_open()?;
        self.rows.as_ref().ok_or(Error::Closed)
    }

    /// Refuses a table that this state does not have.
    pub(crate) fn check_table(&self, table: TableId) -> Result<(), Error> {
        if self.catalog.contains(table) {
            Ok(())
        } else {
            Err(missing(self.identity(), table))
        }
    }

    /// Reads one row of any table, also of a dropped one.
    pub(crate) fn row(&self, table: TableId, key: &[u8]) -> Result<Option<Value>, Error> {
        let rows = self.rows()?;
        with_row_key(table, key, |row_key| {
            let found = self.identity().guarded(|| {
                let Some(stored) = rows.get(row_key)? else {
                    return Ok(None);
                };
                Ok(Some(
                    open_row_value(row_key, stored.value()).map(Value::copied),
                ))
            })?;
            match found {
                Some(None) => Err(self.damaged(table, key)),
                Some(value) => Ok(value),
                None => Ok(None),
            }
        })
    }

    /// Reads rows of any table, also of a dropped one.
    pub(crate) fn stored_range(
        &self,
        table: TableId,
        range: (Bound<&[u8]>, Bound<&[u8]>),
        direction: Direction,
    ) -> Result<StoredRange<'_>, Error> {
        let rows = self.rows()?;
        let range = match row_range(table, range) {
            Some((start, end)) => {
                let bounds = (
                    start.as_ref().map(Vec::as_slice),
                    end.as_ref().map(Vec::as_slice),
                );
                Some(
                    self.identity()
                        .guarded(|| Ok(rows.range::<&[u8]>(bounds)?))?,
                )
            }
            None => None,
        };
        Ok(StoredRange {
            published: self,
            table: Some(table),
            range,
            direction,
        })
    }

    /// Reads every row there is, in ascending order.
    pub(crate) fn all_rows(&self, after: Option<&[u8]>) -> Result<StoredRange<'_>, Error> {
        let rows = self.rows()?;
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let range = self
            .identity()
            .guarded(|| Ok(rows.range::<&[u8]>((start, Bound::Unbounded))?))?;
        Ok(StoredRange {
            published: self,
            table: None,
            range: Some(range),
            direction: Direction::Ascending,
        })
    }

    /// The first keys of a table, without looking at their values.
    pub(crate) fn row_keys(&self, table: TableId, count: usize) -> Result<Vec<Vec<u8>>, Error> {
        let mut rows = self.stored_range(
            table,
            (Bound::Unbounded, Bound::Unbounded),
            Direction::Ascending,
        )?;
        let mut keys = Vec::new();
        while keys.len() < count {
            match rows.next_row()? {
                Some(Row::Whole(key, _) | Row::Damaged(_, key)) => keys.push(key),
                Some(Row::Misplaced) => return Err(misplaced(self.identity())),
                None => break,
            }
        }
        Ok(keys)
    }

    #[cold]
    fn damaged(&self, table: TableId, key: &[u8]) -> Error {
        Error::Damaged {
            database: self.identity().database.clone(),
            table: self.catalog.describe(table),
            key: shown(key),
        }
    }
}

#[cold]
pub(crate) fn missing(identity: &Identity, table: TableId) -> Error {
    Error::TableMissing {
        database: identity.database.clone(),
        table,
    }
}

#[cold]
fn misplaced(identity: &Identity) -> Error {
    identity.corrupted("a row is not where it belongs".to_owned())
}

impl Drop for Published {
    fn drop(&mut self) {
        let rows = self.rows.take();
        self.identity().release(move || drop(rows));
    }
}

/// Rows in key order, each checked when it is reached. Ends after the first error.
pub(crate) struct StoredRange<'a> {
    published: &'a Published,
    /// The table all rows belong to; without one, keys are returned with their table's number.
    table: Option<TableId>,
    range: Option<RowRange>,
    direction: Direction,
}

/// What a row turned out to be.
pub(crate) enum Row {
    Whole(Vec<u8>, Value),
    Damaged(TableId, Vec<u8>),
    Misplaced,
}

impl StoredRange<'_> {
    /// Reads the next row, and goes on after a damaged one.
    pub(crate) fn next_row(&mut self) -> Result<Option<Row>, Error> {
        let Some(range) = self.range.as_mut() else {
            return Ok(None);
        };
        self.published.identity().check_open()?;
        let (direction, table) = (self.direction, self.table);
        self.published.identity().guarded(|| {
            let next = match direction {
                Direction::Ascending => range.next(),
                Direction::Descending => range.next_back(),
            };
            let Some(entry) = next else {
                return Ok(None);
            };
            let (row_key, row_value) = entry?;
            Ok(Some(examine(table, row_key.value(), row_value.value())))
        })
    }

    fn read(&mut self) -> Result<Option<(Vec<u8>, Value)>, Error> {
        match self.next_row()? {
            None => Ok(None),
            Some(Row::Whole(key, value)) => Ok(Some((key, value))),
            Some(Row::Damaged(table, key)) => Err(self.published.damaged(table, &key)),
            Some(Row::Misplaced) => Err(misplaced(self.published.identity())),
        }
    }

    fn stop(&mut self) {
        let range = self.range.take();
        self.published.identity().release(move || drop(range));
    }
}

fn examine(expected: Option<TableId>, row_key: &[u8], row_value: &[u8]) -> Row {
    let Some((table, key)) = split_row_key(row_key) else {
        return Row::Misplaced;
    };
    if expected.is_some_and(|expected| expected != table) {
        return Row::Misplaced;
    }
    match open_row_value(row_key, row_value) {
        Some(value) => {
            let shown_key = if expected.is_some() { key } else { row_key };
            Row::Whole(shown_key.to_vec(), Value::copied(value))
        }
        None => Row::Damaged(table, key.to_vec()),
    }
}

impl Iterator for StoredRange<'_> {
    type Item = Result<(Vec<u8>, Value), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = self.read();
        if !matches!(read, Ok(Some(_))) {
            self.stop();
        }
        read.transpose()
    }
}

impl Drop for StoredRange<'_> {
    fn drop(&mut self) {
        self.stop();
    }
}
