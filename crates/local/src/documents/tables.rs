//! The tables of a collection.

use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};

use bonsaidb_core::document::KeyId;
use bonsaidb_core::schema::{CollectionName, Qualified, Schematic};
use bonsaidb_store::{self as store, Direction, Read, Sequence, Snapshot, TableId};

use crate::Error;
use crate::ids::IdAllocator;

/// Id high-water marks of collections, and whatever else is one row.
pub(crate) const META_TABLE: &str = "meta";

/// What stands for a table that a read-only storage does not have.
pub(crate) const ABSENT: TableId = TableId::new(u32::MAX);

/// A collection of an open database.
#[derive(Debug)]
pub(crate) struct Collection {
    pub name: CollectionName,
    /// Document id -> stored document.
    pub documents: TableId,
    /// The change index: sequence ‖ document id -> nothing, one entry per changed document.
    pub changes: TableId,
    /// Whether there are lazy views, which read the change index; without, it is not written. A
    /// view that is added later begins with all documents.
    pub has_lazy_views: bool,
    /// The sequence of the last transaction of this collection, as far as it was told.
    last_change: AtomicU64,
    /// The row of the meta table that holds the greatest id there ever was.
    pub greatest_id_key: Vec<u8>,
    /// Whether the documents have to be encrypted.
    pub is_encrypted: bool,
    pub ids: IdAllocator,
    /// Whether `ids` can be assigned.
    pub assigns_ids: bool,
}

impl Collection {
    /// Finds or creates the tables.
    pub fn open(
        name: &CollectionName,
        schematic: &Schematic,
        table: impl Fn(&str) -> Result<TableId, store::Error>,
    ) -> Result<Self, Error> {
        let encoded = name.encoded();
        let ids = IdAllocator::new(schematic.next_id_function(name)?);
        Ok(Self {
            name: name.clone(),
            documents: table(&format!("documents/{encoded}"))?,
            changes: table(&format!("changes/{encoded}"))?,
            has_lazy_views: schematic
                .views_in_collection(name)
                .any(|view| !view.update_policy().is_eager()),
            is_encrypted: schematic
                .encryption_key_for_collection(name)
                .is_some_and(|key| *key != KeyId::None),
            last_change: AtomicU64::new(0),
            greatest_id_key: format!("greatest-id/{encoded}").into_bytes(),
            assigns_ids: ids.assigns(),
            ids,
        })
    }

    /// Takes note of a committed transaction.
    pub fn note_change(&self, sequence: Sequence) {
        self.last_change
            .fetch_max(sequence.as_u64(), Ordering::Release);
    }

    /// Whether a document may have changed at or after this key of the change index; if it says so
    /// for a transaction that changed nothing, a look at the changes finds that out.
    pub fn changed_since(&self, snapshot: &Snapshot, next_change: &[u8]) -> Result<bool, Error> {
        let known = self.last_change.load(Ordering::Acquire);
        let is_in_snapshot = known <= snapshot.sequence().as_u64();
        if is_in_snapshot && known.to_be_bytes().as_slice() >= next_change {
            return Ok(true);
        }
        let range = (Bound::Included(next_change), Bound::Unbounded);
        let mut changes = snapshot.range(self.changes, range, Direction::Ascending)?;
        Ok(changes.next().transpose()?.is_some())
    }
}
