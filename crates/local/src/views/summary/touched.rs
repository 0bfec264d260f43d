//! Which entries changed since the summary took them in: one row for each, written with the entry.
//!
//! The rows are numbered, so that what is taken in lies before what is not: readers pass over
//! nothing, not even over what was removed. The meta row of the summary tells up to which number
//! they are taken in. Of a lazy view, whose entries are derived, the number is one more than that
//! was, and whoever takes a row in removes it. Of a strict view the rows are appended by
//! transactions, with their sequences for numbers; they are removed by transactions later.
//!
//! Transactions append only while there is a *mark*, the row with the empty key: the sequence from
//! which on no row is missing. They guard it, so none commits that did not know of it.

use bonsaidb_store::{Direction, Plan, Read};

use crate::Error;
use crate::views::entry::bounds;
use crate::views::index::Tables;
use crate::views::summary::record::{META, Meta, Phase};
use crate::views::summary::rows::damaged;

/// The key of the mark.
pub(super) const MARK: [u8; 0] = [];

const NUMBER_BYTES: usize = 8;

/// The touched entries of a view.
#[derive(Clone, Copy, Debug)]
pub(in crate::views) struct Touched {
    pub tables: Tables,
    /// Entries are written by transactions.
    pub is_strict: bool,
}

/// How a plan notes what it touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::views) enum Noting {
    Nothing,
    /// With the sequence of the transaction.
    Appended,
    /// With this number.
    Numbered(u64),
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
    /// Whether touched entries have to be noted, and how. What the plan writes depends on it.
    pub fn noting(&self, plan: &mut Plan<'_>) -> Result<Noting, Error> {
        if self.is_strict {
            let mark = plan.get_guarded(self.tables.touched, &MARK)?;
            return Ok(mark.map_or(Noting::Nothing, |_| Noting::Appended));
        }
        let Some(meta) = plan.get(self.tables.summary, &META)? else {
            return Ok(Noting::Nothing);
        };
        let meta = Meta::decode(&meta).ok_or_else(damaged)?;
        if meta.phase == Phase::Stale {
            return Ok(Noting::Nothing);
        }
        Ok(Noting::Numbered(meta.applied.saturating_add(1)))
    }

    /// Whether a plan that changes entries has to note them.
    pub fn is_noting(&self, reader: &dyn Read) -> Result<bool, Error> {
        if self.is_strict {
            return Ok(self.mark(reader)?.is_some());
        }
        let Some(meta) = reader.get(self.tables.summary, &META)? else {
            return Ok(false);
        };
        let meta = Meta::decode(&meta).ok_or_else(damaged)?;
        Ok(meta.phase != Phase::Stale)
    }

    /// Notes a touched entry.
    pub fn note(&self, plan: &mut Plan<'_>, noting: Noting, entry: &[u8]) {
        match noting {
            Noting::Nothing => {}
            Noting::Appended => plan.append(self.tables.touched, entry.to_vec(), Vec::new()),
            Noting::Numbered(number) => {
                let row = [&number.to_be_bytes(), entry].concat();
                plan.put(self.tables.touched, row, Vec::new());
            }
        }
    }

    /// The sequence from which on no row is missing, if there is one.
    pub(super) fn mark(&self, reader: &dyn Read) -> Result<Option<u64>, Error> {
        let Some(mark) = reader.get(self.tables.touched, &MARK)? else {
            return Ok(None);
        };
        let mark = <[u8; NUMBER_BYTES]>::try_from(&mark[..]).map_err(|_| damaged())?;
        let mark = u64::from_be_bytes(mark);
        Ok((mark != u64::MAX).then_some(mark))
    }

    /// The sequence of the newest row.
    pub(super) fn newest(&self, reader: &dyn Read) -> Result<u64, Error> {
        let range = bounds(&[0], None);
        let mut rows = reader.range(self.tables.touched, range, Direction::Descending)?;
        match rows.next().transpose()? {
            Some((row, _)) => number(&row),
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
        let from = applied.saturating_add(1).to_be_bytes();
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

    /// About `limit` of the rows that are not taken in; of a strict view all those of a transaction,
    /// or none.
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
        let entries = pending.rows.iter().map(|row| {
            let entry = row.get(NUMBER_BYTES..).filter(|entry| !entry.is_empty());
            Ok(entry.ok_or_else(damaged)?.to_vec())
        });
        pending.entries = entries.collect::<Result<_, Error>>()?;
        pending.entries.sort_unstable();
        pending.entries.dedup();
        Ok(pending)
    }

    /// The greatest number among rows.
    pub(super) fn last_number(pending: &Pending) -> Result<u64, Error> {
        pending.rows.last().map_or(Ok(0), |row| number(row))
    }
}

fn number(row: &[u8]) -> Result<u64, Error> {
    let number = row.first_chunk::<NUMBER_BYTES>().ok_or_else(damaged)?;
    Ok(u64::from_be_bytes(*number))
}
