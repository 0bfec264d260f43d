//! Batches of documents to index: bounded in number and in bytes, whatever the collection holds.

use std::collections::BTreeSet;
use std::ops::Bound;

use bonsaidb_core::document::DocumentId;
use bonsaidb_store::{Direction, Read, Snapshot};

use crate::Error;
use crate::documents::{Collection, packed};
use crate::views::mapping::Changed;
use crate::views::{State, nearby};

const DOCUMENTS_MAX: usize = 8_192;
const BYTES_MAX: usize = 8 << 20;
/// How many changed documents are read at once; fewer if they are large.
const AT_ONCE_MAX: usize = 1_024;
/// The same, as long as it is not known how large they are.
const AT_ONCE_MIN: usize = 16;

/// Documents to map, and where the next batch begins.
#[derive(Debug)]
pub(super) struct Batch {
    pub documents: Vec<Changed>,
    pub next: State,
    /// Nothing is left in the snapshot after this batch.
    pub is_last: bool,
}

impl Batch {
    /// Reads the next batch of what `state` has not indexed yet.
    pub fn read(snapshot: &Snapshot, collection: &Collection, state: State) -> Result<Self, Error> {
        match state.scan_from.clone() {
            Some(from) => Self::scan(snapshot, collection, state, &from),
            None => Self::changes(snapshot, collection, state),
        }
    }

    /// Documents that were there before the view, in the order of their ids.
    fn scan(
        snapshot: &Snapshot,
        collection: &Collection,
        mut next: State,
        from: &[u8],
    ) -> Result<Self, Error> {
        let mut documents = Vec::new();
        let mut bytes = 0;
        let range = (Bound::Included(from), Bound::Unbounded);
        next.scan_from = None;
        for entry in snapshot.range(collection.documents, range, Direction::Ascending)? {
            let (key, value) = entry?;
            if documents.len() >= DOCUMENTS_MAX || bytes >= BYTES_MAX {
                next.scan_from = Some(key);
                break;
            }
            bytes += value.len();
            let id = DocumentId::try_from(&key[..])?;
            documents.push(Changed::Present(packed::into_document(
                value.into_vec(),
                id,
            )?));
        }
        Ok(Self {
            documents,
            next,
            // Changes since the scan began are looked at next.
            is_last: false,
        })
    }

    /// Documents that changed, each once, in the order of their ids.
    fn changes(
        snapshot: &Snapshot,
        collection: &Collection,
        mut next: State,
    ) -> Result<Self, Error> {
        let from = std::mem::take(&mut next.next_change);
        let mut ids = BTreeSet::new();
        let mut found = Found::default();
        let mut is_last = true;
        let range = (Bound::Included(&from[..]), Bound::Unbounded);
        for entry in snapshot.range(collection.changes, range, Direction::Ascending)? {
            let (key, _) = entry?;
            if found.is_full() {
                found.read(snapshot, collection)?;
            }
            if ids.len() >= DOCUMENTS_MAX || found.bytes >= BYTES_MAX {
                next.next_change = key;
                is_last = false;
                break;
            }
            let damaged = || Error::damaged(format!("the changes of {}", collection.name));
            let (_, id) = key.split_at_checked(8).ok_or_else(damaged)?;
            let id = DocumentId::try_from(id)?;
            if ids.insert(id.clone()) {
                found.ids.push(id);
            }
        }
        found.read(snapshot, collection)?;
        found
            .documents
            .sort_by(|one, other| one.id().cmp(other.id()));
        if is_last {
            next.next_change = State::change_after(snapshot.sequence());
        }
        Ok(Self {
            documents: found.documents,
            next,
            is_last,
        })
    }
}

/// Documents that changed, while they are gathered.
#[derive(Default)]
struct Found {
    /// Those to be read next: several at a time, in the order in which they lie.
    ids: Vec<DocumentId>,
    documents: Vec<Changed>,
    /// The contents that were read.
    bytes: usize,
}

impl Found {
    /// Whether it is time to read, so as not to exceed what fits a batch by much.
    fn is_full(&self) -> bool {
        let at_once = match self.documents.len() {
            0 => AT_ONCE_MIN,
            count => {
                let average = self.bytes / count + 1;
                (BYTES_MAX.saturating_sub(self.bytes) / average).clamp(1, AT_ONCE_MAX)
            }
        };
        self.ids.len() >= at_once
    }

    fn read(&mut self, snapshot: &Snapshot, collection: &Collection) -> Result<(), Error> {
        let mut ids = std::mem::take(&mut self.ids);
        ids.sort_unstable();
        let values = nearby::values(snapshot, collection.documents, &ids)?;
        for (id, value) in ids.into_iter().zip(values) {
            self.documents.push(match value {
                Some(value) => {
                    self.bytes += value.len();
                    Changed::Present(packed::into_document(value.into_vec(), id)?)
                }
                None => Changed::Gone(id),
            });
        }
        Ok(())
    }
}
