//! Batches of documents to index: bounded in number and in bytes, whatever the collection holds.

use std::collections::BTreeSet;
use std::ops::Bound;

use bonsaidb_core::document::DocumentId;
use bonsaidb_store::{Direction, Read, Snapshot};

use crate::Error;
use crate::documents::{Collection, Documents, packed};
use crate::views::State;
use crate::views::mapping::Changed;

const DOCUMENTS_MAX: usize = 8_192;
const BYTES_MAX: usize = 8 << 20;

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

    /// Documents that changed, each once.
    fn changes(
        snapshot: &Snapshot,
        collection: &Collection,
        mut next: State,
    ) -> Result<Self, Error> {
        let from = std::mem::take(&mut next.next_change);
        let mut ids = BTreeSet::new();
        let mut documents = Vec::new();
        let mut bytes = 0;
        let mut is_last = true;
        let reader = Documents {
            reader: snapshot,
            collection,
        };
        let range = (Bound::Included(&from[..]), Bound::Unbounded);
        for entry in snapshot.range(collection.changes, range, Direction::Ascending)? {
            let (key, _) = entry?;
            if ids.len() >= DOCUMENTS_MAX || bytes >= BYTES_MAX {
                next.next_change = key;
                is_last = false;
                break;
            }
            let damaged = || Error::damaged(format!("the changes of {}", collection.name));
            let (_, id) = key.split_at_checked(8).ok_or_else(damaged)?;
            let id = DocumentId::try_from(id)?;
            if ids.insert(id.clone()) {
                documents.push(match reader.get(id.clone())? {
                    Some(document) => {
                        bytes += document.contents.len();
                        Changed::Present(document)
                    }
                    None => Changed::Gone(id),
                });
            }
        }
        if is_last {
            next.next_change = State::change_after(snapshot.sequence());
        }
        Ok(Self {
            documents,
            next,
            is_last,
        })
    }
}
