//! One database: snapshots, transactions and tables.

use std::sync::{Arc, Mutex};

use crate::checkpoint::{self, Checkpointer};
use crate::error::Error;
use crate::files::Files;
use crate::ids::{Sequence, Stream, TableId};
use crate::import::{self, Import, Taken};
use crate::pipeline::{Draft, Kind, Pipeline, Stop};
use crate::plan::Plan;
use crate::published::{Published, missing};
use crate::snapshot::Snapshot;
use crate::store::Shared;
use crate::sweep::Sweeper;
use crate::sync::lock;
use crate::verify::{self, Verification};

/// What all handles of one database share.
pub(crate) struct Inner {
    pub(crate) name: String,
    pub(crate) read_only: bool,
    pub(crate) pipeline: Pipeline,
    pub(crate) files: Files,
    /// The place in the log.
    pub(crate) stream: Stream,
    /// Held while the file is written, exchanged or removed.
    pub(crate) maintenance: Mutex<()>,
    /// Held while rows are imported, and while a table is dropped. Taken before `maintenance`.
    pub(crate) importing: Mutex<()>,
    pub(crate) sweeper: Sweeper,
    pub(crate) checkpointer: Checkpointer,
}

/// A handle on one database of a [`Store`](crate::Store). Cloning it is cheap, and clones are
/// handles on the same database.
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
    store: Arc<Shared>,
}

impl Database {
    pub(crate) fn new(inner: Arc<Inner>, store: Arc<Shared>) -> Self {
        Self { inner, store }
    }

    /// The name of the database.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Returns the last committed, durable state. Costs no I/O.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] or [`Error::DatabaseDeleted`].
    pub fn snapshot(&self) -> Result<Snapshot, Error> {
        let published = self.inner.pipeline.published()?;
        Ok(Snapshot::new(published, Arc::clone(&self.store)))
    }

    /// Plans and commits one transaction: all of its writes happen, or none. It is durable, and
    /// visible to snapshots, when this returns; one disk sync serves all transactions that
    /// arrived during the one before.
    ///
    /// `plan` runs outside all locks, side by side with the plans of other threads. When another
    /// transaction, admitted meanwhile, has written a key that the plan guarded, `plan` is called
    /// again with a new [`Plan`]; the fourth time nobody else is admitted meanwhile. It must not
    /// write to the same database by other means.
    ///
    /// Returns what `plan` returned, and the sequence of the transaction, or `None` when it wrote
    /// nothing. When `plan` fails, nothing is written. Either way the answer is held back until
    /// every write that the plan could see is durable.
    ///
    /// # Errors
    ///
    /// What `plan` returns, or [`Error::CommitFailed`], [`Error::Poisoned`], [`Error::ReadOnly`],
    /// [`Error::TableMissing`], [`Error::TransactionTooLarge`], [`Error::KeyTooLarge`],
    /// [`Error::ValueTooLarge`], [`Error::NestedWrite`], [`Error::Closed`] or
    /// [`Error::DatabaseDeleted`].
    pub fn transact<T, E: From<Error>>(
        &self,
        plan: impl FnMut(&mut Plan<'_>) -> Result<T, E>,
    ) -> Result<(T, Option<Sequence>), E> {
        self.inner.run(Kind::Logged, plan)
    }

    /// Like [`transact`](Self::transact), for writes that can be made again from those of
    /// transactions. They take no sequence, and cannot [append](Plan::append).
    ///
    /// They are not durable when this returns, but become so with the next transaction, or by
    /// [`settle`](Self::settle). What a crash leaves is the state after some write, of either kind,
    /// and everything before it: never a transaction without the derived writes that came before.
    ///
    /// # Errors
    ///
    /// Those of [`transact`](Self::transact), and [`Error::AppendInDerived`].
    pub fn derive<T, E: From<Error>>(
        &self,
        plan: impl FnMut(&mut Plan<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let (value, _) = self.inner.run(Kind::Derived, plan)?;
        Ok(value)
    }

    /// Makes all [derived](Self::derive) writes that have returned survive a crash. One sync, or
    /// none if there is nothing to do.
    ///
    /// # Errors
    ///
    /// [`Error::CommitFailed`], [`Error::Poisoned`], [`Error::ReadOnly`], [`Error::Closed`] or
    /// [`Error::DatabaseDeleted`].
    pub fn settle(&self) -> Result<(), Error> {
        self.inner.check_write()?;
        self.inner.pipeline.check_usable()?;
        let synced = self.inner.pipeline.sync();
        self.inner.start_due_checkpoint();
        synced
    }

    /// Returns the table of this name, creating it if necessary. Creating takes one sync.
    ///
    /// # Errors
    ///
    /// Those of [`transact`](Self::transact).
    pub fn table(&self, name: &str) -> Result<TableId, Error> {
        if let Some(table) = self.find_table(name)? {
            return Ok(table);
        }
        if name.len() > crate::KEY_BYTES_MAX {
            return Err(Error::KeyTooLarge {
                table: TableId::CATALOG,
                bytes: name.len(),
                limit: crate::KEY_BYTES_MAX,
            });
        }
        self.inner.change_catalog(|catalog| {
            if let Some(table) = catalog.find(name) {
                return Ok((table, None));
            }
            let Some((after, table, writes)) = catalog.create(name) else {
                return Err(Error::TooManyTables {
                    database: self.inner.name.clone(),
                });
            };
            Ok((
                table,
                Some(Draft::internal(Kind::Catalog, writes, Some(after))),
            ))
        })
    }

    /// Returns the table of this name.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] or [`Error::DatabaseDeleted`].
    pub fn find_table(&self, name: &str) -> Result<Option<TableId>, Error> {
        Ok(self.inner.published()?.catalog.find(name))
    }

    /// Returns all tables, sorted by name.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] or [`Error::DatabaseDeleted`].
    pub fn tables(&self) -> Result<Vec<(String, TableId)>, Error> {
        let published = self.inner.published()?;
        let tables = published.catalog.names();
        Ok(tables.map(|(name, id)| (name.to_owned(), id)).collect())
    }

    /// Drops a table. It is gone when this returns, after one sync; its space is freed in small
    /// steps in the background, and on after a crash.
    ///
    /// Snapshots taken before go on reading it. Whatever is planned or read later answers with
    /// [`Error::TableMissing`].
    ///
    /// # Errors
    ///
    /// Those of [`transact`](Self::transact).
    pub fn drop_table(&self, table: TableId) -> Result<(), Error> {
        let importing = lock(&self.inner.importing);
        self.inner.change_catalog(|catalog| {
            let Some((after, writes)) = catalog.drop_table(table) else {
                return Err(missing(self.inner.published()?.identity(), table));
            };
            Ok((
                (),
                Some(Draft::internal(Kind::Catalog, writes, Some(after))),
            ))
        })?;
        drop(importing);
        Sweeper::start(&self.inner);
        Ok(())
    }

    /// Writes rows straight to the file: all of them, durably, when this returns; or none, if one of
    /// the keys has a value already or comes twice, which is answered then. Two syncs.
    ///
    /// They take no place in the order of writes and no memory but their own, and are not written to
    /// the log first. That is right only for rows of tables which others do not write to
    /// meanwhile, and which whoever opens the database after a crash can tell from what
    /// [derived](Self::derive) writes or transactions say: those from before the import that were not
    /// durable may be missing then. Snapshots see the rows from here on.
    ///
    /// # Errors
    ///
    /// Those of [`transact`](Self::transact), and [`Error::ImportDisturbed`].
    pub fn import(&self, rows: &mut Import) -> Result<Option<Taken>, Error> {
        import::import(&self.inner, rows)
    }

    /// Copies what is alive into a fresh file and continues with that one. Reads and writes go on
    /// meanwhile; writers wait only while the last few changes are copied. The old file stays
    /// until its last snapshot is dropped.
    ///
    /// Takes time and disk space for everything that is alive. A crash leaves the old file or the
    /// new one, with the same content.
    ///
    /// # Errors
    ///
    /// Those of [`transact`](Self::transact), or of reading what is to be copied. The old file
    /// stays in use then.
    pub fn compact(&self) -> Result<(), Error> {
        self.inner.check_write()?;
        crate::compact::compact(&self.inner)
    }

    /// Reads everything and tells what is wrong with it. Takes time for the whole file.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] or [`Error::DatabaseDeleted`]. Damage is not an error here.
    pub fn verify(&self) -> Result<Verification, Error> {
        verify::verify(&*self.inner.published()?)
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database")
            .field("name", &self.inner.name)
            .finish_non_exhaustive()
    }
}

impl Inner {
    pub(crate) fn published(&self) -> Result<Arc<Published>, Error> {
        self.pipeline.published()
    }

    /// Refuses all writes from here on, because of what went wrong with the file.
    pub(crate) fn poison(&self, cause: Error) -> Error {
        self.pipeline.poison(cause)
    }

    /// Has what is committed written to the file in the background.
    pub(crate) fn request_checkpoint(&self) {
        self.pipeline.freeze_soon();
        self.start_due_checkpoint();
    }

    /// Sends somebody to write what was frozen, unless somebody was sent.
    pub(crate) fn start_due_checkpoint(&self) {
        if self.pipeline.take_checkpoint_due() {
            self.checkpointer.start();
        }
    }

    /// Refuses what is new, waits for what was admitted, writes all of it to the file, and closes
    /// that.
    pub(crate) fn close(&self, stop: Stop) -> Result<(), Error> {
        let stopped = self.pipeline.stop(stop);
        self.sweeper.join();
        let flushed = self.pipeline.check_poison().and_then(|()| {
            if stop == Stop::Closed && !self.read_only {
                checkpoint::flush(self)
            } else {
                Ok(())
            }
        });
        self.checkpointer.join();
        let _maintenance = lock(&self.maintenance);
        let closed = self.files.close(stop == Stop::Deleted);
        stopped.and(flushed).and(closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MemoryFolder, Options, Store};

    #[test]
    fn committed_write_sets_are_not_kept() {
        let store = Store::open(Arc::new(MemoryFolder::new()), Options::default()).unwrap();
        let database = store.database("test").unwrap();
        let table = database.table("things").unwrap();
        database
            .transact(|plan| {
                plan.put(table, b"a".to_vec(), vec![0; 1 << 20]);
                Ok::<_, Error>(())
            })
            .unwrap();
        let head = database.inner.pipeline.head().unwrap();
        assert_eq!(head.tail.writes.bytes(), 0);
    }
}
