//! A committed, durable state, held for reading.

use std::ops::Bound;
use std::sync::Arc;

use crate::error::Error;
use crate::ids::{Sequence, TableId};
use crate::published::Published;
use crate::read::{Direction, Entries, Read};
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

    fn look_at(
        &self,
        table: TableId,
        key: &[u8],
        look: &mut dyn FnMut(&[u8]),
    ) -> Result<bool, Error> {
        self.published.check_table(table)?;
        let looked = self.published.look_at_row(table, key, look)?;
        Ok(looked.is_some())
    }

    fn range<'a>(
        &'a self,
        table: TableId,
        range: (Bound<&[u8]>, Bound<&[u8]>),
        direction: Direction,
    ) -> Result<Entries<'a>, Error> {
        self.published.check_table(table)?;
        self.published.range(table, range, direction)
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
