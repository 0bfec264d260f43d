//! One committed state of a database, as everybody reads it: memtables over the rows of the file.
//!
//! Invariants:
//! 1. `active` holds every write set committed since it was made, `frozen` those before that are
//!    not in `stored`, and `stored` all others up to some node of the chain.
//! 2. `sequence`, `index` and `catalog` are those of the last committed node, `version` is its
//!    position; a memtable may already hold newer versions.
//! 3. Whatever was logged up to `index` is durable.

use std::ops::Bound;
use std::sync::Arc;

use crate::catalog::Catalog;
use crate::engine::rows::{
    TABLE_BYTES, is_void, open_row_value, row_range, split_row_key, with_row_key,
};
use crate::engine::{Engine, Identity, RowRange, Rows};
use crate::error::{Error, shown};
use crate::ids::{Sequence, TableId};
use crate::memtable::Memtable;
use crate::merge::{Layer, Merge};
use crate::read::Direction;
use crate::value::Value;

/// The rows in the file, as of one checkpoint.
pub(crate) struct Stored {
    /// Always there until dropped.
    rows: Option<Rows>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) sequence: Sequence,
    pub(crate) index: u64,
}

impl Stored {
    pub(crate) fn new(rows: Rows, engine: Arc<Engine>, sequence: Sequence, index: u64) -> Self {
        Self {
            rows: Some(rows),
            engine,
            sequence,
            index,
        }
    }

    fn rows(&self) -> Result<&Rows, Error> {
        self.engine.identity.check_open()?;
        self.rows.as_ref().ok_or(Error::Closed)
    }
}

impl Drop for Stored {
    fn drop(&mut self) {
        let rows = self.rows.take();
        self.engine.identity.release(move || drop(rows));
    }
}

/// A memtable that nothing is added to any more.
#[derive(Clone)]
pub(crate) struct Frozen {
    pub(crate) memtable: Arc<Memtable>,
    /// What the file is up to when it holds this.
    pub(crate) sequence: Sequence,
    pub(crate) index: u64,
}

#[derive(Clone)]
pub(crate) struct Published {
    pub(crate) stored: Arc<Stored>,
    pub(crate) frozen: Option<Frozen>,
    pub(crate) active: Arc<Memtable>,
    pub(crate) version: u64,
    pub(crate) sequence: Sequence,
    pub(crate) index: u64,
    pub(crate) catalog: Arc<Catalog>,
}

impl Published {
    pub(crate) fn identity(&self) -> &Identity {
        &self.stored.engine.identity
    }

    /// The memtables, newest first.
    fn memtables(&self) -> impl Iterator<Item = &Memtable> {
        let frozen = self.frozen.as_ref().map(|frozen| &*frozen.memtable);
        std::iter::once(&*self.active)
            .chain(frozen)
            .filter(|memtable| !memtable.is_empty())
    }

    /// The bytes in memory that are not in the file.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.memtables().map(Memtable::bytes).sum()
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
        let rows = self.stored.rows()?;
        with_row_key(table, key, |row_key| {
            for memtable in self.memtables() {
                if let Some(row) = memtable.find(row_key, self.version) {
                    return Ok(row.value().map(Value::copied));
                }
            }
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
    pub(crate) fn range(
        &self,
        table: TableId,
        range: (Bound<&[u8]>, Bound<&[u8]>),
        direction: Direction,
    ) -> Result<Merge<'_>, Error> {
        let layers = self.layers(table, range, direction);
        let stored = self.stored_range(table, range, direction)?;
        Ok(Merge::new(layers.into_iter(), stored, direction))
    }

    /// The rows of one table in memory, newest first.
    pub(crate) fn layers(
        &self,
        table: TableId,
        range: (Bound<&[u8]>, Bound<&[u8]>),
        direction: Direction,
    ) -> Vec<Layer<'_>> {
        let Some((start, end)) = row_range(table, range) else {
            return Vec::new();
        };
        let range = (
            start.as_ref().map(Vec::as_slice),
            end.as_ref().map(Vec::as_slice),
        );
        if is_void(range) {
            return Vec::new();
        }
        self.memtables()
            .map(|memtable| {
                Layer::of_memory(memtable.range(self.version, range, direction), TABLE_BYTES)
            })
            .collect()
    }

    /// Whether nothing is in memory, so that reading the file is enough.
    pub(crate) fn is_all_stored(&self) -> bool {
        self.memtables().next().is_none()
    }

    /// Reads rows in the file of any table, also of a dropped one.
    pub(crate) fn stored_range(
        &self,
        table: TableId,
        range: (Bound<&[u8]>, Bound<&[u8]>),
        direction: Direction,
    ) -> Result<StoredRange<'_>, Error> {
        let rows = self.stored.rows()?;
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

    /// Reads every row in the file, in ascending order.
    pub(crate) fn all_stored_rows(&self, after: Option<&[u8]>) -> Result<StoredRange<'_>, Error> {
        let rows = self.stored.rows()?;
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

    /// Reads every row there is, in ascending order. Keys are returned with their table's number.
    pub(crate) fn all_rows(&self) -> Result<Merge<'_>, Error> {
        let all = (Bound::Unbounded, Bound::Unbounded);
        let layers = self.memtables().map(|memtable| {
            let range = memtable.range(self.version, all, Direction::Ascending);
            Layer::of_memory(range, 0)
        });
        let stored = self.all_stored_rows(None)?;
        Ok(Merge::new(layers, stored, Direction::Ascending))
    }

    /// The first keys of a table after `after`, whatever their values are.
    pub(crate) fn row_keys(
        &self,
        table: TableId,
        after: Option<&[u8]>,
        count: usize,
    ) -> Result<Vec<Vec<u8>>, Error> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut rows = self.range(table, (start, Bound::Unbounded), Direction::Ascending)?;
        let mut keys = Vec::new();
        while keys.len() < count
            && let Some(row) = rows.next_row()?
        {
            keys.push(row.key().to_vec());
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

/// Rows of the file in key order, each checked when it is reached. Ends after the first error.
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
    Damaged {
        table: TableId,
        key: Vec<u8>,
        /// The key as it is returned of a whole row.
        place: Vec<u8>,
    },
}

impl Row {
    pub(crate) fn key(&self) -> &[u8] {
        match self {
            Self::Whole(key, _) => key,
            Self::Damaged { place, .. } => place,
        }
    }
}

impl StoredRange<'_> {
    /// Reads the next row, and goes on after a damaged one.
    pub(crate) fn next_row(&mut self) -> Result<Option<Row>, Error> {
        let read = self.read_row();
        if !matches!(read, Ok(Some(_))) {
            self.stop();
        }
        read
    }

    fn read_row(&mut self) -> Result<Option<Row>, Error> {
        let Some(range) = self.range.as_mut() else {
            return Ok(None);
        };
        self.published.identity().check_open()?;
        let (direction, table) = (self.direction, self.table);
        let read = self.published.identity().guarded(|| {
            let next = match direction {
                Direction::Ascending => range.next(),
                Direction::Descending => range.next_back(),
            };
            let Some(entry) = next else {
                return Ok(None);
            };
            let (row_key, row_value) = entry?;
            Ok(Some(examine(table, row_key.value(), row_value.value())))
        })?;
        match read {
            Some(None) => {
                let detail = "a row is not where it belongs";
                Err(self.published.identity().corrupted(detail.to_owned()))
            }
            Some(row) => Ok(row),
            None => Ok(None),
        }
    }

    pub(crate) fn damaged(&self, table: TableId, key: &[u8]) -> Error {
        self.published.damaged(table, key)
    }

    fn stop(&mut self) {
        let range = self.range.take();
        self.published.identity().release(move || drop(range));
    }
}

/// Nothing when the row is not where it belongs.
fn examine(expected: Option<TableId>, row_key: &[u8], row_value: &[u8]) -> Option<Row> {
    let (table, key) = split_row_key(row_key)?;
    if expected.is_some_and(|expected| expected != table) {
        return None;
    }
    let place = if expected.is_some() { key } else { row_key }.to_vec();
    Some(match open_row_value(row_key, row_value) {
        Some(value) => Row::Whole(place, Value::copied(value)),
        None => Row::Damaged {
            table,
            key: key.to_vec(),
            place,
        },
    })
}

impl Iterator for StoredRange<'_> {
    type Item = Result<(Vec<u8>, Value), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.next_row() {
            Ok(None) => None,
            Ok(Some(Row::Whole(key, value))) => Some(Ok((key, value))),
            Ok(Some(Row::Damaged { table, key, .. })) => {
                self.stop();
                Some(Err(self.damaged(table, &key)))
            }
            Err(error) => Some(Err(error)),
        }
    }
}

impl Drop for StoredRange<'_> {
    fn drop(&mut self) {
        self.stop();
    }
}
