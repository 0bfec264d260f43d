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
