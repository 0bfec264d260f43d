//! The questions that snapshots and plans answer alike.

use std::iter::FusedIterator;
use std::ops::Bound;

use crate::error::Error;
use crate::ids::TableId;
use crate::merge::Merge;
use crate::published::StoredRange;
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
pub struct Entries<'a>(Source<'a>);

pub(crate) enum Source<'a> {
    Stored(StoredRange<'a>),
    Merged(Merge<'a>),
}

impl<'a> Entries<'a> {
    pub(crate) fn new(source: Source<'a>) -> Self {
        Self(source)
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
        match &mut self.0 {
            Source::Stored(stored) => stored.next(),
            Source::Merged(merged) => merged.next(),
        }
    }
}

impl FusedIterator for Entries<'_> {}
