//! A committed, durable state, held for reading.

use std::ops::Bound;
use std::sync::Arc;

use crate::error::Error;
use crate::ids::{Sequence, TableId};
use crate::published::Published;
use crate::read::{Direction, Entries, Read, Source};
use crate::store::Shared;
use crate::value::Value;

/// One committed, durable state of a database.
///
/// It never changes, however many transactions follow; it blocks no writer and no writer blocks
/// it. Making and cloning one copies nothing. While it is held, the space of what was overwritten
/// since cannot be used again, and the store stays open unless closed explicitly.
#[derive(Clone)]
pub struct Snapshot {
    published: Arc<Published>,
    _store: Arc<Shared>,
}

impl Snapshot {
    pub(crate) fn new(published: Arc<Published>, store: Arc<Shared>) -> Self {
        Self {
            published,
            _store: store,
        }
    }

    /// The last transaction this snapshot contains, 0 when there was none yet.
    pub fn sequence(&self) -> Sequence {
        self.published.sequence
    }

    /// Returns the table of this name.
    pub fn find_table(&self, name: &str) -> Option<TableId> {
        self.published.catalog.find(name)
    }
}

impl Read for Snapshot {
    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<Value>, Error> {
        self.published.check_table(table)?;
        self.published.row(table, key)
    }

    fn range<'a>(
        &'a self,
        table: TableId,
        range: (Bound<&[u8]>, Bound<&[u8]>),
        direction: Direction,
    ) -> Result<Entries<'a>, Error> {
        self.published.check_table(table)?;
        if self.published.is_all_stored() {
            let stored = self.published.stored_range(table, range, direction)?;
            return Ok(Entries::new(Source::Stored(stored)));
        }
        let merged = self.published.range(table, range, direction)?;
        Ok(Entries::new(Source::Merged(merged)))
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot")
            .field("database", &self.published.identity().database)
            .field("sequence", &self.sequence())
            .finish_non_exhaustive()
    }
}
