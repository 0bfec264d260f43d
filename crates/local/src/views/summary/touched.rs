//! Which entries changed since the summary took them in: one row for each, written with the entry.
//!
//! Of a lazy view, whose entries are derived, the row's key is the entry's, and whoever takes it
//! in removes it. Of a strict view the rows are appended by transactions, so their keys begin with
//! a sequence; the meta row of the summary, which is derived, tells up to which sequence they are
//! taken in. Rows before that are removed by transactions later.
//!
//! Transactions append only while there is a *mark*, the row with the empty key: the sequence from
//! which on no row is missing. They guard it, so none commits that did not know of it.

use bonsaidb_store::{Direction, Plan, Read};

use crate::Error;
use crate::views::entry::bounds;
use crate::views::index::Tables;
use crate::views::summary::record::{META, Meta};
use crate::views::summary::rows::damaged;

/// The key of the mark.
pub(super) const MARK: [u8; 0] = [];

const SEQUENCE_BYTES: usize = 8;

/// The touched entries of a view.
#[derive(Clone, Copy, Debug)]
pub(in crate::views) struct Touched {
    pub tables: Tables,
    /// Entries are written by transactions.
    pub is_strict: bool,
}

/// Touched entries that are not taken in yet.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// The keys of their rows.
    pub rows: Vec<Vec<u8>>,
    /// The keys of the entries, ascending, each once.
    pub entries: Vec<Vec<u8>>,
}

impl Touched {
    /// Whether touched entries have to be noted. What the plan writes depends on the answer.
    pub fn are_wanted(&self, plan: &mut Plan<'_>) -> Result<bool, Error> {
        if self.is_strict {
            return Ok(plan.get_guarded(self.tables.touched, &MARK)?.is_some());
        }
        let meta = plan.get(self.tables.summary, &META)?;
        Ok(meta.is_some_and(|meta| Meta::takes_touched(&meta)))
    }

    /// Notes a touched entry.
    pub fn note(&self, plan: &mut Plan<'_>, entry: &[u8]) {
        if self.is_strict {
            plan.append(self.tables.touched, entry.to_vec(), Vec::new());
        } else {
            plan.put(self.tables.touched, entry.to_vec(), Vec::new());
        }
    }

    /// The sequence from which on no row is missing, if there is one.
    pub(super) fn mark(&self, reader: &dyn Read) -> Result<Option<u64>, Error> {
        let Some(mark) = reader.get(self.tables.touched, &MARK)? else {
            return Ok(None);
        };
        let mark = <[u8; SEQUENCE_BYTES]>::try_from(&mark[..]).map_err(|_| damaged())?;
        let mark = u64::from_be_bytes(mark);
        Ok((mark != u64::MAX).then_some(mark))
    }

    /// The sequence of the newest row.
    pub(super) fn newest(&self, reader: &dyn Read) -> Result<u64, Error> {
        let range = bounds(&[0], None);
        let mut rows = reader.range(self.tables.touched, range, Direction::Descending)?;
        match rows.next().transpose()? {
            Some((row, _)) => sequence(&row),
            None => Ok(0),
        }
    }

    /// Calls `each` with the rows that are not taken in, in order, until it answers false.
    fn each(
        &self,
        reader: &dyn Read,
        applied: u64,
        mut each: impl FnMut(Vec<u8>) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let from = if self.is_strict {
            applied.saturating_add(1).to_be_bytes().to_vec()
        } else {
            Vec::new()
        };
        let range = bounds(&from, None);
        for row in reader.range(self.tables.touched, range, Direction::Ascending)? {
            if !each(row?.0)? {
                break;
            }
        }
        Ok(())
    }

    pub(super) fn is_any(&self, reader: &dyn Read, applied: u64) -> Result<bool, Error> {
        Ok(self.count(reader, applied, 1)? > 0)
    }

    /// How many rows are not taken in; counts up to `limit`.
    pub(super) fn count(&self, reader: &dyn Read, applied: u64, limit: u64) -> Result<u64, Error> {
        let mut count = 0;
        self.each(reader, applied, |_| {
            count += 1;
            Ok(count < limit)
        })?;
        Ok(count)
    }

    /// About `limit` of the rows that are not taken in: all those of a transaction, or none.
    pub(super) fn pending(
        &self,
        reader: &dyn Read,
        applied: u64,
        limit: usize,
    ) -> Result<Pending, Error> {
        let mut pending = Pending::default();
        self.each(reader, applied, |row| {
            if pending.rows.len() >= limit {
                let last = pending.rows.last();
                if !self.is_strict || last.is_none_or(|last| row.get(..8) != last.get(..8)) {
                    return Ok(false);
                }
            }
            pending.rows.push(row);
            Ok(true)
        })?;
        let key_start = if self.is_strict { SEQUENCE_BYTES } else { 0 };
        let entries = pending.rows.iter().map(|row| {
            let entry = row.get(key_start..).filter(|entry| !entry.is_empty());
            Ok(entry.ok_or_else(damaged)?.to_vec())
        });
        pending.entries = entries.collect::<Result<_, Error>>()?;
        pending.entries.sort_unstable();
        pending.entries.dedup();
        Ok(pending)
    }

    /// The greatest sequence among rows of a strict view.
    pub(super) fn last_sequence(pending: &Pending) -> Result<u64, Error> {
        pending.rows.last().map_or(Ok(0), |row| sequence(row))
    }
}

fn sequence(row: &[u8]) -> Result<u64, Error> {
    let sequence = row.first_chunk::<SEQUENCE_BYTES>().ok_or_else(damaged)?;
    Ok(u64::from_be_bytes(*sequence))
}
