//! redb, behind a narrow door: one file, one table of rows.
//!
//! Invariants:
//! 1. There is at most one write transaction, and nothing of a user's runs while it is open.
//! 2. Every commit is durable when it returns.
//! 3. After close nothing of the file is read or written, whoever still holds a snapshot.

mod backend;
mod identity;
mod import;
pub(crate) mod rows;
mod sorted;

use std::convert::Infallible;
use std::ops::{Bound, ControlFlow};
use std::sync::{Arc, Mutex};

use redb::{ReadableDatabase, TableDefinition};

pub(crate) use self::identity::Identity;
use self::rows::{TABLE_BYTES, fill_row_key};
use self::sorted::RowWrite;
use crate::error::Error;
use crate::folder::Backing;
use crate::ids::TableId;
use crate::memtable::Memtable;
use crate::read::Direction;
use crate::sync::lock;
use crate::writes::{Effect, Writes};

const ROWS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("rows");

/// The rows while they are written.
type RowTable<'t> = redb::Table<'t, &'static [u8], &'static [u8]>;
/// The rows as of one commit.
pub(crate) type Rows = redb::ReadOnlyTable<&'static [u8], &'static [u8]>;
/// Some of those rows, in key order.
pub(crate) type RowRange = redb::Range<'static, &'static [u8], &'static [u8]>;

/// One open redb file.
pub(crate) struct Engine {
    pub(crate) identity: Arc<Identity>,
    database: Mutex<Option<redb::Database>>,
    close_failure: backend::CloseFailure,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Opens the database in a file, or makes an empty one in an empty file. What was not
    /// acknowledged before a crash is rolled back.
    pub(crate) fn open(
        identity: Identity,
        file: Arc<dyn Backing>,
        cache_bytes: usize,
    ) -> Result<Self, Error> {
        let close_failure = backend::CloseFailure::default();
        let backend = backend::Backend::new(file, close_failure.clone());
        let database = identity.guarded(|| {
            Ok(redb::Builder::new()
                .set_cache_size(cache_bytes)
                .create_with_backend(backend)?)
        })?;
        Ok(Self {
            identity: Arc::new(identity),
            database: Mutex::new(Some(database)),
            close_failure,
        })
    }

    /// Writes in one redb transaction, and returns the rows after it.
    pub(crate) fn write<'w>(
        &self,
        sets: impl IntoIterator<Item = &'w Writes>,
    ) -> Result<Rows, Error> {
        self.commit_all(|table| fill(table, sets))
    }

    /// Writes the rows of a memtable whose keys are wanted, and `more`, in one redb transaction,
    /// and returns the rows after it.
    pub(crate) fn write_memtable(
        &self,
        memtable: &Memtable,
        is_wanted: impl Fn(&[u8]) -> bool,
        more: &Writes,
    ) -> Result<Rows, Error> {
        self.commit_all(|table| {
            let all = (Bound::Unbounded, Bound::Unbounded);
            let rows = memtable.range(u64::MAX, all, Direction::Ascending);
            sorted::write(table, rows.filter(|row| is_wanted(row.row_key())))?;
            fill(table, [more])
        })
    }

    fn commit_all(
        &self,
        fill: impl FnOnce(&mut RowTable<'_>) -> Result<(), redb::Error>,
    ) -> Result<Rows, Error> {
        let ControlFlow::Continue(rows) = self.commit(|table| {
            fill(table)?;
            Ok(ControlFlow::<Infallible>::Continue(()))
        })?;
        Ok(rows)
    }

    /// Writes what `fill` does in one redb transaction and returns the rows after it, or nothing of
    /// it if that breaks off.
    fn commit<T>(
        &self,
        fill: impl FnOnce(&mut RowTable<'_>) -> Result<ControlFlow<T>, redb::Error>,
    ) -> Result<ControlFlow<T, Rows>, Error> {
        let guard = lock(&self.database);
        let Some(database) = guard.as_ref() else {
            self.identity.check_open()?;
            return Err(Error::Closed);
        };
        self.identity.guarded(|| {
            let mut transaction = database.begin_write()?;
            transaction.set_two_phase_commit(true);
            transaction.set_quick_repair(true);
            let filled = {
                let mut table = transaction.open_table(ROWS)?;
                fill(&mut table)?
            };
            if let ControlFlow::Break(reason) = filled {
                transaction.abort()?;
                return Ok(ControlFlow::Break(reason));
            }
            transaction.commit()?;
            let rows = database.begin_read()?.open_table(ROWS)?;
            Ok(ControlFlow::Continue(rows))
        })
    }

    /// The rows as of the last commit.
    pub(crate) fn rows(&self) -> Result<Rows, Error> {
        let guard = lock(&self.database);
        let Some(database) = guard.as_ref() else {
            self.identity.check_open()?;
            return Err(Error::Closed);
        };
        self.identity
            .guarded(|| Ok(database.begin_read()?.open_table(ROWS)?))
    }

    /// Closes the file; snapshots of it answer with an error from here on.
    pub(crate) fn close(&self, deleted: bool) -> Result<(), Error> {
        self.identity.mark_closed(deleted);
        let database = lock(&self.database).take();
        self.identity.guarded(move || {
            drop(database);
            Ok(())
        })?;
        match self.close_failure.take() {
            Some(source) if !deleted => Err(Error::Io {
                action: "close",
                path: self.identity.path.clone(),
                source,
            }),
            _ => Ok(()),
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let database = lock(&self.database).take();
        self.identity.release(move || drop(database));
    }
}

fn fill<'w>(
    table: &mut RowTable<'_>,
    sets: impl IntoIterator<Item = &'w Writes>,
) -> Result<(), redb::Error> {
    for writes in sets {
        let rows = writes.tables().flat_map(|(id, writes)| {
            writes.iter().map(move |(key, effect)| {
                let mut row_key = Vec::with_capacity(TABLE_BYTES + key.len());
                fill_row_key(&mut row_key, id, key);
                Assembled { row_key, effect }
            })
        });
        sorted::write(table, rows)?;
    }
    Ok(())
}

/// A write whose row has its key put together.
struct Assembled<'w> {
    row_key: Vec<u8>,
    effect: &'w Effect,
}

impl RowWrite for Assembled<'_> {
    fn row_key(&self) -> &[u8] {
        &self.row_key
    }

    fn value(&self) -> Option<&[u8]> {
        match self.effect {
            Effect::Put(value) | Effect::Raise(value) => Some(value),
            Effect::Delete => None,
        }
    }
}

/// A write set that puts one row of the meta table.
pub(crate) fn meta_row(writes: &mut Writes, key: &[u8], value: &[u8]) {
    writes.set(TableId::META, key.to_vec(), Effect::Put(value.to_vec()));
}
