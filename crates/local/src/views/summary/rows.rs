//! Reading entries and runs, from a snapshot or from a plan.

use std::ops::ControlFlow;

use bonsaidb_core::arc_bytes::serde::Bytes;
use bonsaidb_store::{Direction, Entries, Read, Value};

use crate::Error;
use crate::views::entry::{self, Layout, bounds};
use crate::views::index::Tables;
use crate::views::summary::record::{META, Meta, Record, Scope};

/// The entries of a view and its summary, in one state.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub reader: &'a dyn Read,
    pub tables: Tables,
    pub layout: Layout,
}

impl<'a> Rows<'a> {
    pub fn meta(&self) -> Result<Option<Meta>, Error> {
        let row = self.reader.get(self.tables.summary, &META)?;
        row.map(|bytes| Meta::decode(&bytes).ok_or_else(damaged))
            .transpose()
    }

    pub fn record(&self, row: &[u8]) -> Result<Option<Record>, Error> {
        let mut record = None;
        self.reader
            .look_at(self.tables.summary, row, &mut |bytes| {
                record = Some(Record::decode(bytes).ok_or_else(damaged));
            })?;
        record.transpose()
    }

    pub fn has_record(&self, row: &[u8]) -> Result<bool, Error> {
        Ok(self.reader.get(self.tables.summary, row)?.is_some())
    }

    /// The runs in `from..to`, by the keys of their rows.
    pub fn records(
        &self,
        from: &[u8],
        to: &[u8],
    ) -> Result<impl Iterator<Item = Result<(Vec<u8>, Record), Error>> + use<'a>, Error> {
        let range = bounds(from, Some(to));
        let mut rows = self
            .reader
            .range(self.tables.summary, range, Direction::Ascending)?;
        Ok(std::iter::from_fn(move || {
            let mut run = None;
            let visited = rows.visit(|row, bytes| {
                run = Some((row.to_vec(), Record::decode(bytes).ok_or_else(damaged)?));
                Ok(ControlFlow::Break(()))
            });
            visited.map(|()| run).transpose()
        }))
    }

    /// The start of the last run of `level` that begins before `item`.
    pub fn start_before(
        &self,
        scope: &Scope,
        level: u8,
        item: &[u8],
    ) -> Result<Option<Vec<u8>>, Error> {
        let (from, to) = (scope.row(level, &[]), scope.row(level, item));
        let range = bounds(&from, Some(&to));
        let mut rows = self
            .reader
            .range(self.tables.summary, range, Direction::Descending)?;
        let last = rows.next().transpose()?;
        Ok(last.map(|(row, _)| scope.item(&row).to_vec()))
    }

    /// The entries in `from..to`.
    pub fn entries(
        &self,
        from: &[u8],
        to: Option<&[u8]>,
    ) -> Result<impl Iterator<Item = Result<(Vec<u8>, Value), Error>> + use<'a>, Error> {
        Ok(self.range(from, to)?.map(|entry| Ok(entry?)))
    }

    /// Calls `look` with the entries in `from..to`, until it breaks or fails.
    pub fn visit_entries(
        &self,
        from: &[u8],
        to: Option<&[u8]>,
        look: impl FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>, Error>,
    ) -> Result<(), Error> {
        self.range(from, to)?.visit(look)
    }

    fn range(&self, from: &[u8], to: Option<&[u8]>) -> Result<Entries<'a>, Error> {
        let range = bounds(from, to);
        Ok(self
            .reader
            .range(self.tables.entries, range, Direction::Ascending)?)
    }

    pub fn has_entry(&self, key: &[u8]) -> Result<bool, Error> {
        Ok(self.reader.get(self.tables.entries, key)?.is_some())
    }

    /// Whether a key, given with its terminator, has an entry.
    pub fn has_key(&self, key: &[u8]) -> Result<bool, Error> {
        let first = self.entries(key, None)?.next().transpose()?;
        Ok(first.is_some_and(|(entry, _)| entry.starts_with(key)))
    }

    /// The view's first key, with its terminator.
    pub fn first_key(&self) -> Result<Vec<u8>, Error> {
        let first = self.entries(&[], None)?.next().transpose()?;
        let (entry, _) = first.ok_or_else(damaged)?;
        Ok(key_part(&entry)?.to_vec())
    }

    /// The serialized value of an entry.
    pub fn value<'v>(&self, stored: &'v [u8]) -> Result<&'v [u8], Error> {
        self.layout.value(stored).ok_or_else(damaged_entry)
    }
}

/// The key of an entry, with its terminator.
pub(super) fn key_part(entry: &[u8]) -> Result<&[u8], Error> {
    entry::key_part(entry).ok_or_else(damaged_entry)
}

/// The view key of one with its terminator.
pub(super) fn view_key(part: &[u8]) -> Result<Bytes, Error> {
    let mut key = Vec::with_capacity(part.len());
    entry::push_view_key(part, &mut key).ok_or_else(damaged_entry)?;
    Ok(Bytes::from(key))
}

pub(super) fn damaged() -> Error {
    Error::damaged("the summary of a view")
}

pub(super) fn damaged_entry() -> Error {
    Error::damaged("an entry of a view")
}
