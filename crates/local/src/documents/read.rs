//! Reading documents from one snapshot.

use std::ops::Bound;

use bonsaidb_core::connection::{self, Range, Sort};
use bonsaidb_core::document::{DocumentId, Header, OwnedDocument};
use bonsaidb_store::{Direction, Entries, Read, Value};

use crate::Error;
use crate::documents::{ABSENT, Collection, packed};

/// The documents of a collection in one snapshot, or in a plan.
pub(crate) struct Documents<'a, R> {
    pub reader: &'a R,
    pub collection: &'a Collection,
}

impl<R: Read> Documents<'_, R> {
    pub fn get(&self, id: DocumentId) -> Result<Option<OwnedDocument>, Error> {
        self.value(&id)?
            .map(|value| packed::into_document(value.into_vec(), id))
            .transpose()
    }

    pub fn header(&self, id: DocumentId) -> Result<Option<Header>, Error> {
        self.value(&id)?
            .map(|value| packed::header(&value, id))
            .transpose()
    }

    fn value(&self, id: &DocumentId) -> Result<Option<Value>, Error> {
        match self.collection.documents {
            ABSENT => Ok(None),
            documents => Ok(self.reader.get(documents, id)?),
        }
    }

    fn entries(&self, ids: &Range<DocumentId>, order: Sort) -> Result<Option<Entries<'_>>, Error> {
        match self.collection.documents {
            ABSENT => Ok(None),
            documents => {
                let entries = self
                    .reader
                    .range(documents, bounds(ids), direction(order))?;
                Ok(Some(entries))
            }
        }
    }

    /// Present documents in the order of their ids; an id given twice is answered twice.
    pub fn get_multiple(&self, ids: &[DocumentId]) -> Result<Vec<OwnedDocument>, Error> {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.into_iter()
            .filter_map(|id| self.get(id).transpose())
            .collect()
    }

    pub fn list(
        &self,
        ids: &Range<DocumentId>,
        order: Sort,
        limit: Option<u32>,
    ) -> Result<Vec<OwnedDocument>, Error> {
        self.scan(ids, order, limit, packed::into_document)
    }

    pub fn headers(
        &self,
        ids: &Range<DocumentId>,
        order: Sort,
        limit: Option<u32>,
    ) -> Result<Vec<Header>, Error> {
        self.scan(ids, order, limit, |bytes, id| packed::header(&bytes, id))
    }

    pub fn count(&self, ids: &Range<DocumentId>) -> Result<u64, Error> {
        let entries = self.entries(ids, Sort::Ascending)?;
        entries.into_iter().flatten().try_fold(0, |count, entry| {
            entry?;
            Ok(count + 1)
        })
    }

    fn scan<T>(
        &self,
        ids: &Range<DocumentId>,
        order: Sort,
        limit: Option<u32>,
        decode: impl Fn(Vec<u8>, DocumentId) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let limit = limit.map_or(usize::MAX, |limit| limit as usize);
        if limit == 0 {
            return Ok(Vec::new());
        }
        let entries = self.entries(ids, order)?;
        entries
            .into_iter()
            .flatten()
            .take(limit)
            .map(|entry| {
                let (key, value) = entry?;
                decode(value.into_vec(), DocumentId::try_from(&key[..])?)
            })
            .collect()
    }
}

fn bounds(ids: &Range<DocumentId>) -> (Bound<&[u8]>, Bound<&[u8]>) {
    (bound(&ids.start), bound(&ids.end))
}

fn bound(bound: &connection::Bound<DocumentId>) -> Bound<&[u8]> {
    match bound {
        connection::Bound::Unbounded => Bound::Unbounded,
        connection::Bound::Included(id) => Bound::Included(id),
        connection::Bound::Excluded(id) => Bound::Excluded(id),
    }
}

pub(crate) const fn direction(order: Sort) -> Direction {
    match order {
        Sort::Ascending => Direction::Ascending,
        Sort::Descending => Direction::Descending,
    }
}
