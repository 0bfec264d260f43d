//! One committed state of a database, as everybody reads it: memtables over the rows of the file.
//!
//! Invariants:
//! 1. `active` holds every write set from behind the last cut, `frozen` those before that are not in
//!    `stored`, and `stored` all others up to some node of the chain.
//! 2. `sequence`, `index` and `catalog` are those of the last committed node, `version` is its
//!    position; a memtable may already hold newer versions.
//! 3. Every transaction up to `index` is durable. Derived writes may stand in the log's queue.

use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

use crate::catalog::Catalog;
use crate::engine::rows::{
    KeyRange, TABLE_BYTES, is_void, open_row_value, split_row_key, with_row_key, with_row_range,
};
use crate::engine::{Engine, Identity, RowRange, Rows};
use crate::error::{Error, shown};
use crate::ids::{Sequence, TableId};
use crate::memtable::Memtable;
use crate::merge::{Layer, Merge};
use crate::read::{Direction, Entries};
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
        self.look_at_row(table, key, Value::copied)
    }

    /// Calls `look` with the value of one row of any table, if there is one. It must not panic.
    pub(crate) fn look_at_row<T>(
        &self,
        table: TableId,
        key: &[u8],
        look: impl FnOnce(&[u8]) -> T,
    ) -> Result<Option<T>, Error> {
        let rows = self.stored.rows()?;
        with_row_key(table, key, |row_key| {
            for memtable in self.memtables() {
                if let Some(row) = memtable.find(row_key, self.version) {
                    return Ok(row.value().map(look));
                }
            }
            let found = self.identity().guarded(|| {
                let Some(stored) = rows.get(row_key)? else {
                    return Ok(None);
                };
                Ok(Some(open_row_value(row_key, stored.value()).map(look)))
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
        range: KeyRange<'_>,
        direction: Direction,
    ) -> Result<Entries<'_>, Error> {
        Ok(Entries::new(self.merged(table, range, direction)?))
    }

    fn merged(
        &self,
        table: TableId,
        range: KeyRange<'_>,
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
        range: KeyRange<'_>,
        direction: Direction,
    ) -> Vec<Layer<'_>> {
        if self.is_all_stored() {
            return Vec::new();
        }
        let layers = with_row_range(table, range, |rows| {
            let layers = self.memtables().filter(|_| !is_void(rows)).map(|memtable| {
                Layer::of_memory(memtable.range(self.version, rows, direction), TABLE_BYTES)
            });
            layers.collect()
        });
        layers.unwrap_or_default()
    }

    /// Whether nothing is in memory, so that reading the file is enough.
    pub(crate) fn is_all_stored(&self) -> bool {
        self.memtables().next().is_none()
    }

    /// Reads rows in the file of any table, also of a dropped one.
    pub(crate) fn stored_range(
        &self,
        table: TableId,
        range: KeyRange<'_>,
        direction: Direction,
    ) -> Result<StoredRange<'_>, Error> {
        let rows = self.stored.rows()?;
        let range = with_row_range(table, range, |bounds| {
            self.identity().guarded(|| Ok(rows.range::<&[u8]>(bounds)?))
        });
        let range = range.transpose()?;
        Ok(StoredRange {
            published: self,
            table: Some(table),
            range,
            direction,
        })
    }

    /// Reads every row in the file, in ascending order. Keys are returned with their table's number.
    pub(crate) fn all_stored_rows(&self, after: Option<&[u8]>) -> Result<Entries<'_>, Error> {
        let stored = self.stored_rows_after(after)?;
        let no_layers = std::iter::empty();
        Ok(Entries::new(Merge::new(
            no_layers,
            stored,
            Direction::Ascending,
        )))
    }

    fn stored_rows_after(&self, after: Option<&[u8]>) -> Result<StoredRange<'_>, Error> {
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
        let stored = self.stored_rows_after(None)?;
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
        let mut rows = self.merged(table, (start, Bound::Unbounded), Direction::Ascending)?;
        let mut keys = Vec::new();
        if count > 0 {
            let _ = rows.visit(|row| {
                keys.push(row.place().to_vec());
                if keys.len() == count {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })?;
        }
        Ok(keys)
    }

    /// What is returned instead of a damaged row.
    #[cold]
    pub(crate) fn damaged(&self, table: TableId, key: &[u8]) -> Error {
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
    pub(crate) published: &'a Published,
    /// The table all rows belong to; without one, keys are returned with their table's number.
    table: Option<TableId>,
    range: Option<RowRange>,
    direction: Direction,
}

/// A row as it was found.
#[derive(Clone, Copy)]
pub(crate) enum Row<'r> {
    Whole(&'r [u8], &'r [u8]),
    Damaged {
        table: TableId,
        key: &'r [u8],
        /// The key as it is returned of a whole row.
        place: &'r [u8],
    },
}

impl<'r> Row<'r> {
    /// The key by which rows are in order.
    pub(crate) fn place(self) -> &'r [u8] {
        match self {
            Self::Whole(key, _) => key,
            Self::Damaged { place, .. } => place,
        }
    }
}

/// Why no more rows were looked at.
enum Pause {
    /// Somebody has seen enough.
    Wanted,
    /// There are no more.
    End,
    Closed,
    Misplaced,
}

impl StoredRange<'_> {
    /// Calls `look` with one row after the other, damaged or not, until it breaks. It must not panic.
    /// Returns whether it broke.
    pub(crate) fn visit(
        &mut self,
        look: impl FnMut(Row<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Error> {
        let paused = self.read(look);
        if !matches!(paused, Ok(Pause::Wanted)) {
            self.stop();
        }
        let identity = self.published.identity();
        match paused? {
            Pause::Wanted => Ok(ControlFlow::Break(())),
            Pause::End => Ok(ControlFlow::Continue(())),
            Pause::Closed => Err(identity.gone()),
            Pause::Misplaced => Err(identity.corrupted("a row is not where it belongs".to_owned())),
        }
    }

    fn read(&mut self, mut look: impl FnMut(Row<'_>) -> ControlFlow<()>) -> Result<Pause, Error> {
        let Some(range) = self.range.as_mut() else {
            return Ok(Pause::End);
        };
        let identity = self.published.identity();
        let (direction, table) = (self.direction, self.table);
        identity.guarded(|| {
            while identity.is_open() {
                let next = match direction {
                    Direction::Ascending => range.next(),
                    Direction::Descending => range.next_back(),
                };
                let Some(entry) = next else {
                    return Ok(Pause::End);
                };
                let (row_key, row_value) = entry?;
                let Some(row) = examine(table, row_key.value(), row_value.value()) else {
                    return Ok(Pause::Misplaced);
                };
                if look(row).is_break() {
                    return Ok(Pause::Wanted);
                }
            }
            Ok(Pause::Closed)
        })
    }

    fn stop(&mut self) {
        if let Some(range) = self.range.take() {
            self.published.identity().release(move || drop(range));
        }
    }
}

/// Nothing when the row is not where it belongs.
fn examine<'r>(
    expected: Option<TableId>,
    row_key: &'r [u8],
    row_value: &'r [u8],
) -> Option<Row<'r>> {
    let (table, key) = split_row_key(row_key)?;
    if expected.is_some_and(|expected| expected != table) {
        return None;
    }
    let place = if expected.is_some() { key } else { row_key };
    Some(match open_row_value(row_key, row_value) {
        Some(value) => Row::Whole(place, value),
        None => Row::Damaged { table, key, place },
    })
}

impl Drop for StoredRange<'_> {
    fn drop(&mut self) {
        self.stop();
    }
}
