//! Assigning ids to new documents.
//!
//! The greatest id there ever was in a collection is a row of its own, raised by every
//! transaction that stores a greater one. Above it, this allocator remembers in memory what it
//! has handed out to transactions that are not committed yet, so that concurrent pushes never
//! plan with the same id. Ids of aborted transactions are gaps.

use std::sync::Mutex;

use bonsaidb_core as core;
use bonsaidb_core::document::DocumentId;
use bonsaidb_core::key::NextValueError;
use bonsaidb_core::schema::NextId;

use crate::Error;
use crate::sync::lock;

/// Hands out the ids of one collection.
#[derive(Debug)]
pub(crate) struct IdAllocator {
    next_id: NextId,
    /// The greatest id handed out since the database was opened.
    last: Mutex<Option<DocumentId>>,
}

/// The ids a transaction may use for a collection, in order. They stay reserved when the
/// transaction has to be planned again.
#[derive(Debug, Default)]
pub(crate) struct Reservation {
    ids: Vec<DocumentId>,
    used: usize,
    /// What was handed out before the first of them.
    before: Option<DocumentId>,
}

impl Reservation {
    /// Begins another attempt at the transaction.
    pub fn rewind(&mut self) {
        self.used = 0;
    }

    fn next_above(&mut self, floor: Option<&DocumentId>) -> Option<DocumentId> {
        while let Some(id) = self.ids.get(self.used) {
            self.used += 1;
            if floor.is_none_or(|floor| id > floor) {
                return Some(id.clone());
            }
        }
        None
    }
}

impl IdAllocator {
    pub fn new(next_id: NextId) -> Self {
        Self {
            next_id,
            last: Mutex::default(),
        }
    }

    /// Whether ids can be assigned; without, there is no need to know the greatest.
    pub fn assigns(&self) -> bool {
        !matches!(
            (self.next_id)(None),
            Err(core::Error::DocumentPush(_, NextValueError::Unsupported))
        )
    }

    /// Whether an id is that of a primary key, after which others can come. Ids are bytes, and
    /// programs may store documents under any.
    pub fn is_key(&self, id: &DocumentId) -> bool {
        matches!(
            (self.next_id)(Some(id.clone())),
            Ok(_) | Err(core::Error::DocumentPush(..))
        )
    }

    /// Returns the id for the next of `count` pushes: above everything stored or planned so far
    /// (`floor`), and reserved by nobody else. The ids for the pushes after it are reserved with
    /// it, so that they are consecutive.
    pub fn next(
        &self,
        reservation: &mut Reservation,
        count: usize,
        floor: Option<&DocumentId>,
    ) -> Result<DocumentId, Error> {
        if let Some(id) = reservation.next_above(floor) {
            return Ok(id);
        }
        let mut last = lock(&self.last);
        let mut greatest = last.as_ref().into_iter().chain(floor).max().cloned();
        if reservation.ids.is_empty() || reservation.ids.last() != last.as_ref() {
            // Others were handed out since, and must not be again.
            reservation.before.clone_from(&last);
        }
        reservation.ids.clear();
        reservation.used = 0;
        for _ in 0..count.max(1) {
            match (self.next_id)(greatest) {
                Ok(id) => {
                    greatest = Some(id.clone());
                    reservation.ids.push(id);
                }
                Err(error) if reservation.ids.is_empty() => return Err(error.into()),
                // The pushes that still get an id come first, and so do their errors.
                Err(_) => break,
            }
        }
        if let Some(id) = reservation.ids.last() {
            *last = Some(id.clone());
        }
        reservation
            .next_above(floor)
            .ok_or(Error::InternalCommunication)
    }

    /// Takes back the ids of a transaction that failed, unless others were handed out since.
    pub fn release(&self, reservation: Reservation) {
        let mut last = lock(&self.last);
        if last.as_ref() == reservation.ids.last() && !reservation.ids.is_empty() {
            *last = reservation.before;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next_id(before: Option<DocumentId>) -> Result<DocumentId, core::Error> {
        let before = before.map(|id| id.deserialize::<u64>()).transpose()?;
        Ok(DocumentId::from_u64(before.map_or(0, |id| id + 1)))
    }

    #[test]
    fn what_others_were_given_meanwhile_is_not_given_again() {
        let ids = IdAllocator::new(next_id);
        let id = DocumentId::from_u64;
        let (mut first, mut second) = (Reservation::default(), Reservation::default());
        assert_eq!(ids.next(&mut first, 2, Some(&id(4))).unwrap(), id(5));
        assert_eq!(ids.next(&mut second, 1, Some(&id(4))).unwrap(), id(7));
        // The first has stored a document with an id of its own, and needs another one.
        assert_eq!(ids.next(&mut first, 1, Some(&id(9))).unwrap(), id(10));
        ids.release(first);
        let next = ids.next(&mut Reservation::default(), 1, Some(&id(4)));
        assert_eq!(next.unwrap(), id(8));
    }

    #[test]
    fn ids_of_a_transaction_that_failed_are_given_again_when_nobody_came_between() {
        let ids = IdAllocator::new(next_id);
        let mut failed = Reservation::default();
        ids.next(&mut failed, 3, None).unwrap();
        ids.next(&mut failed, 3, Some(&DocumentId::from_u64(6)))
            .unwrap();
        ids.release(failed);
        let next = ids.next(&mut Reservation::default(), 1, None).unwrap();
        assert_eq!(next, DocumentId::from_u64(0));
    }
}
