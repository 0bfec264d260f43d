//! Building an index from the documents that were there before it, in the order of their ids.
//!
//! Where there are many, what they emit is gathered up to a number of bytes, sorted and
//! [imported](bonsaidb_store::Database::import): it goes neither through the log nor through
//! memtables, since it can be made again.
//!
//! 1. The entries of a document and the row of what it emitted come in one write set or import, so
//!    at every moment the two tables say the same.
//! 2. The state says that documents are done only when they are. What a crash leaves of an import
//!    whose state it took back is known by rows at or behind the scan position; those documents are
//!    indexed like changed ones, since they may have changed.
//! 3. Nothing is imported while what is touched is noted for a summary.

use std::ops::Bound;

use bonsaidb_core as core;
use bonsaidb_core::document::DocumentId;
use bonsaidb_core::schema::view;
use bonsaidb_store::{Direction, Import, Plan, Read, Snapshot, Taken};

use crate::Error;
use crate::database::Data;
use crate::documents::Collection;
use crate::views::batch::Batch;
use crate::views::entry::Layout;
use crate::views::index::Tables;
use crate::views::mapping::{Emissions, map_all, map_shares};
use crate::views::{State, ViewIndex, emitted};

/// Fewer documents are not worth the syncs that an import takes.
const IMPORTED_MIN: usize = 1_024;
/// How much is gathered, in bytes, before it is imported.
const GATHERED_MAX: usize = 64 << 20;

/// The building of one view.
pub(super) struct Building<'a> {
    index: &'a ViewIndex,
    data: &'a Data,
    view: &'a dyn view::Serialized,
    collection: &'a Collection,
    /// How many documents were indexed so far.
    pub documents: u64,
}

impl<'a> Building<'a> {
    pub fn new(index: &'a ViewIndex, data: &'a Data) -> Result<Self, Error> {
        Ok(Self {
            index,
            data,
            view: data.schematic.view_by_name(&index.name)?,
            collection: data.collection(&index.name.collection)?,
            documents: 0,
        })
    }

    /// Indexes the next of the documents that `state` has not done, as they are in `snapshot`.
    pub fn step(&mut self, snapshot: &Snapshot, state: State) -> Result<(), Error> {
        let tables = self.index.tables()?;
        let scan_from = state.scan_from.clone().unwrap_or_default();
        let is_left_over = has_rows(snapshot, tables, &scan_from)?;
        let is_noting = self.index.touched()?.is_noting(snapshot)?;
        let batch = Batch::read(snapshot, self.collection, state)?;
        let is_small = batch.next.scan_from.is_none() && batch.documents.len() < IMPORTED_MIN;
        if is_left_over || is_noting || is_small {
            return self.write(batch, is_left_over);
        }
        self.import(snapshot, batch)
    }

    /// Writes what the documents of one batch emit, with the state.
    fn write(&mut self, batch: Batch, is_left_over: bool) -> Result<(), Error> {
        let (index, data) = (self.index, self.data);
        let documents = batch.documents.len();
        let mapped = map_all(
            self.view,
            &index.name,
            batch.documents,
            data.parallelization,
        )?;
        self.write_state(&batch.next, |plan| {
            let mut changes = index.changes(plan)?;
            if is_left_over {
                changes.replace_all(plan, &mapped)
            } else {
                changes.add_all(plan, &mapped)
            }
        })?;
        self.indexed(documents);
        Ok(())
    }

    /// Imports what the documents of `batch` emit, and those after it.
    fn import(&mut self, snapshot: &Snapshot, mut batch: Batch) -> Result<(), Error> {
        // Nothing is gathered that cannot be written; and what the state says is never older than
        // one import.
        self.data.store.settle()?;
        let mut rows = Import::default();
        loop {
            self.gather(&mut rows, &mut batch)?;
            if batch.next.scan_from.is_none() || rows.bytes() >= GATHERED_MAX {
                break;
            }
            batch = Batch::read(snapshot, self.collection, batch.next)?;
        }
        if let Some(taken) = self.data.store.import(&mut rows)? {
            return Err(self.violation(taken));
        }
        drop(rows);
        self.write_state(&batch.next, |_| Ok(()))?;
        self.data.store.settle()?;
        Ok(())
    }

    /// Adds what the documents of a batch emit.
    fn gather(&mut self, rows: &mut Import, batch: &mut Batch) -> Result<(), Error> {
        let (tables, layout) = (self.index.tables()?, self.index.layout);
        let documents = std::mem::take(&mut batch.documents);
        let count = documents.len();
        let shares = map_shares(
            self.view,
            &self.index.name,
            documents,
            self.data.parallelization,
            |rows, id, emissions| put_rows(rows, tables, layout, &id, &emissions),
        )?;
        for share in shares {
            rows.append(share);
        }
        self.indexed(count);
        Ok(())
    }

    fn indexed(&mut self, documents: usize) {
        self.data.moved(documents as u64);
        self.documents += documents as u64;
        self.index.tell(self.data, self.documents, false);
    }

    fn write_state(
        &self,
        state: &State,
        with: impl Fn(&mut Plan<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (index, data) = (self.index, self.data);
        let states = data.view_states.of(index.policy);
        let write = |plan: &mut Plan<'_>| {
            with(plan)?;
            plan.put(states, index.state_key.clone(), state.encode());
            Ok(())
        };
        if index.policy.is_eager() {
            data.store.transact(write).map(drop)
        } else {
            data.store.derive(write)
        }
    }

    /// What is wrong where a key is taken: two documents have the same key of a unique view.
    fn violation(&self, taken: Taken) -> Error {
        let layout = self.index.layout;
        let is_entry = self
            .index
            .tables()
            .is_ok_and(|tables| tables.entries == taken.table);
        if layout == Layout::Shared || !is_entry {
            return self.index.damaged_entry();
        }
        let mapping = |value| layout.decode(taken.key.clone(), value);
        match (mapping(taken.first), mapping(taken.second)) {
            (Some(first), Some(second)) => Error::Core(core::Error::UniqueKeyViolation {
                view: self.index.name.clone(),
                conflicting_document: Box::new(second.source),
                existing_document: Box::new(first.source),
            }),
            _ => self.index.damaged_entry(),
        }
    }
}

impl ViewIndex {
    /// The state from which all documents of `snapshot` are mapped, instead of those of `batch` and
    /// what changed after them, if nothing is indexed yet.
    pub(super) fn as_new(
        &self,
        snapshot: &Snapshot,
        batch: &Batch,
    ) -> Result<Option<State>, Error> {
        if batch.is_last || has_rows(snapshot, self.tables()?, &[])? {
            return Ok(None);
        }
        Ok(Some(State {
            scan_from: Some(Vec::new()),
            next_change: State::change_after(snapshot.sequence()),
            ..batch.next.clone()
        }))
    }
}

/// Whether a document with this id or one behind it has emitted anything.
fn has_rows(snapshot: &Snapshot, tables: Tables, from: &[u8]) -> Result<bool, Error> {
    let range = (Bound::Included(from), Bound::Unbounded);
    let mut rows = snapshot.range(tables.emitted, range, Direction::Ascending)?;
    Ok(rows.next().transpose()?.is_some())
}

/// Adds the rows of what a document emits.
fn put_rows(
    rows: &mut Import,
    tables: Tables,
    layout: Layout,
    id: &DocumentId,
    emissions: &Emissions,
) {
    for mapping in emissions.iter() {
        rows.put(
            tables.entries,
            |bytes| layout.push_key(&mapping.key, id, bytes),
            |bytes| layout.push_value(mapping, bytes),
        );
    }
    if emissions.keys().len() > 0 {
        rows.put(
            tables.emitted,
            |bytes| bytes.extend_from_slice(id),
            |bytes| emitted::push(emissions.keys(), bytes),
        );
    }
}
