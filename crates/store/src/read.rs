//! The questions that snapshots and plans answer alike.

use std::iter::FusedIterator;
use std::ops::{Bound, ControlFlow};

use crate::error::Error;
use crate::ids::TableId;
use crate::merge::Merge;
use crate::published::Row;
use crate::value::Value;

/// The order in which [`Read::range`] returns entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the least key to the greatest.
    #[default]
    Ascending,
    /// From the greatest key to the least.
    Descending,
}

/// Reads one consistent state of a database.
pub trait Read {
    /// Returns the value under `key`. O(log n) in the number of entries.
    ///
    /// # Errors
    ///
    /// [`Error::TableMissing`], [`Error::Damaged`] when the value does not match its checksum,
    /// [`Error::Closed`] or [`Error::DatabaseDeleted`] when the database was closed meanwhile,
    /// and [`Error::Io`] or [`Error::Corrupted`] when the file cannot be read.
    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<Value>, Error>;

    /// Calls `look` with the value under `key` and returns whether there is one. A snapshot copies
    /// nothing for it. `look` must not panic.
    ///
    /// # Errors
    ///
    /// Those of [`get`](Self::get).
    fn look_at(
        &self,
        table: TableId,
        key: &[u8],
        look: &mut dyn FnMut(&[u8]),
    ) -> Result<bool, Error> {
        let value = self.get(table, key)?;
        Ok(value.map(|value| look(&value)).is_some())
    }

    /// Returns the entries with keys within `range`, in order.
    ///
    /// Entries are read as they are asked for: what is not reached costs nothing, and memory does
    /// not depend on the length of the range. A range whose start is past its end is empty.
    ///
    /// # Errors
    ///
    /// Those of [`get`](Self::get), now or with an entry. After an error there are no more
    /// entries.
    fn range<'a>(
        &'a self,
        table: TableId,
        range: (Bound<&[u8]>, Bound<&[u8]>),
        direction: Direction,
    ) -> Result<Entries<'a>, Error>;
}

/// Entries of one table in key order; see [`Read::range`].
pub struct Entries<'a> {
    merge: Merge<'a>,
    has_ended: bool,
}

impl<'a> Entries<'a> {
    pub(crate) fn new(merge: Merge<'a>) -> Self {
        Self {
            merge,
            has_ended: false,
        }
    }

    /// Calls `look` with the key and the value of one entry after the other, until it breaks or fails
    /// or there are no more. What follows a break can be visited later. Copies nothing, unlike the
    /// iterator. `look` must not panic.
    ///
    /// # Errors
    ///
    /// Those of [`Read::get`], and what `look` returns. After an error there are no more entries.
    pub fn visit<E: From<Error>>(
        &mut self,
        mut look: impl FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        if self.has_ended {
            return Ok(());
        }
        let published = self.merge.published();
        let mut failure = None;
        let visited = self.merge.visit(|row| {
            let looked = match row {
                Row::Whole(key, value) => look(key, value),
                Row::Damaged { table, key, .. } => Err(published.damaged(table, key).into()),
            };
            looked.unwrap_or_else(|error| {
                failure = Some(error);
                ControlFlow::Break(())
            })
        });
        let visited = match failure {
            Some(error) => Err(error),
            None => visited.map_err(E::from),
        };
        self.has_ended = !matches!(visited, Ok(ControlFlow::Break(())));
        visited.map(drop)
    }
}

impl std::fmt::Debug for Entries<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entries").finish_non_exhaustive()
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<(Vec<u8>, Value), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut entry = None;
        let visited = self.visit(|key, value| {
            entry = Some((key.to_vec(), Value::copied(value)));
            Ok(ControlFlow::Break(()))
        });
        match visited {
            Ok(()) => entry.map(Ok),
            Err(error) => Some(Err(error)),
        }
    }
}

impl FusedIterator for Entries<'_> {}
