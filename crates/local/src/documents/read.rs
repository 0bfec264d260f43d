//! Reading documents from one snapshot.

use std::ops::{Bound, ControlFlow};

use bonsaidb_core::connection::{self, Range, Sort};
use bonsaidb_core::document::{DocumentId, Header, OwnedDocument};
use bonsaidb_store::{Direction, Entries, Read};

use crate::Error;
use crate::documents::{ABSENT, Collection, packed};

/// The documents of a collection in one snapshot, or in a plan.
pub(crate) struct Documents<'a, R> {
    pub reader: &'a R,
    pub collection: &'a Collection,
}

impl<R: Read> Documents<'_, R> {
    pub fn get(&self, id: &DocumentId) -> Result<Option<OwnedDocument>, Error> {
        self.look_at(id, packed::document)
    }

    pub fn header(&self, id: &DocumentId) -> Result<Option<Header>, Error> {
        self.look_at(id, packed::header)
    }

    fn look_at<T>(
        &self,
        id: &DocumentId,
        decode: impl Fn(&[u8], DocumentId) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        if self.collection.documents == ABSENT {
            return Ok(None);
        }
        let mut decoded = None;
        self.reader
            .look_at(self.collection.documents, id, &mut |bytes| {
                decoded = Some(decode(bytes, id.clone()));
            })?;
        decoded.transpose()
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
        ids.iter()
            .filter_map(|id| self.get(id).transpose())
            .collect()
    }

    pub fn list(
        &self,
        ids: &Range<DocumentId>,
        order: Sort,
        limit: Option<u32>,
    ) -> Result<Vec<OwnedDocument>, Error> {
        self.scan(ids, order, limit, packed::document)
    }

    pub fn headers(
        &self,
        ids: &Range<DocumentId>,
        order: Sort,
        limit: Option<u32>,
    ) -> Result<Vec<Header>, Error> {
        self.scan(ids, order, limit, packed::header)
    }

    pub fn count(&self, ids: &Range<DocumentId>) -> Result<u64, Error> {
        let Some(mut entries) = self.entries(ids, Sort::Ascending)? else {
            return Ok(0);
        };
        let mut count = 0;
        entries.visit(|_, _| {
            count += 1;
            Ok::<_, Error>(ControlFlow::Continue(()))
        })?;
        Ok(count)
    }

    fn scan<T>(
        &self,
        ids: &Range<DocumentId>,
        order: Sort,
        limit: Option<u32>,
        decode: impl Fn(&[u8], DocumentId) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let limit = limit.map_or(usize::MAX, |limit| limit as usize);
        let mut found = Vec::new();
        if limit == 0 {
            return Ok(found);
        }
        let Some(mut entries) = self.entries(ids, order)? else {
            return Ok(found);
        };
        entries.visit(|key, bytes| {
            found.push(decode(bytes, DocumentId::try_from(key)?)?);
            Ok::<_, Error>(if found.len() == limit {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        })?;
        Ok(found)
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
