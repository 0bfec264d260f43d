//! Keeping a summary right for its entries (S11), in steps of bounded size.
//!
//! A summary is begun by the first reduce that would have to read more than a few entries. From
//! then on what is touched is noted, and taken in before the next reduce: user code never runs
//! while documents are committed, and queries never wait for it. Each step is one derived write;
//! when user code fails, nothing of its step is written, and the next reduce tries again.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bonsaidb_core::schema::{ViewName, view};
use bonsaidb_store::{Database, Direction, Plan, Read};

use crate::Error;
use crate::views::entry::{Layout, bounds};
use crate::views::summary::apply::{Apply, Fresh};
use crate::views::summary::hash::Shape;
use crate::views::summary::read::Reader;
use crate::views::summary::record::{META, Meta, Phase, Record};
use crate::views::summary::rows::{Rows, key_part};
use crate::views::summary::touched::{MARK, Touched};
use crate::views::summary::values::{Reducer, Values};

/// How many bytes of entries one step of building takes in, however few entries that are.
const BYTES_MAX: usize = 8 << 20;

/// How much is done at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Up to this many entries are read rather than summarized.
    pub few: usize,
    /// How many entries one step takes in.
    pub step: usize,
    /// Up to this many touched entries are taken in, however few there are in all.
    pub rebuild_min: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            few: 64,
            step: 32_768,
            rebuild_min: 1_024,
        }
    }
}

/// Whoever keeps the summary of one view.
#[derive(Clone, Copy)]
pub(in crate::views) struct Upkeep<'a> {
    pub(super) touched: Touched,
    pub(super) layout: Layout,
    pub(super) reducer: Reducer<'a>,
    pub(super) pace: Pace,
}

impl<'a> Upkeep<'a> {
    pub fn new(
        touched: Touched,
        layout: Layout,
        view: &'a dyn view::Serialized,
        name: &'a ViewName,
        warned: &'a AtomicBool,
    ) -> Self {
        Self {
            touched,
            layout,
            reducer: Reducer { view, name, warned },
            pace: Pace::default(),
        }
    }

    fn rows<'r>(&self, reader: &'r dyn Read) -> Rows<'r> {
        Rows {
            reader,
            tables: self.touched.tables,
            layout: self.layout,
            limit: None,
        }
    }

    /// Answers from the state of `reader`, if a few entries or a summary are all that has to be
    /// read for it.
    pub fn reader<'r>(&self, reader: &'r dyn Read) -> Result<Option<Reader<'r>>, Error>
    where
        'a: 'r,
    {
        let meta = self.rows(reader).meta()?;
        if let Some(meta) = meta {
            if self.is_right(reader, &meta)? {
                return Ok(Some(Reader {
                    meta: Some(meta),
                    ..self.scanner(reader)
                }));
            }
            let count = meta.root.map_or(0, |root| root.count);
            if count > 2 * self.pace.few as u64 {
                return Ok(None); // They have hardly become few since.
            }
        }
        let few = self.pace.few;
        let entries = self.rows(reader).entries(&[], None)?.take(few + 1);
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        Ok((entries.len() <= few).then(|| self.scanner(reader)))
    }

    /// Answers by reading all entries that match.
    pub fn scanner<'r>(&self, reader: &'r dyn Read) -> Reader<'r>
    where
        'a: 'r,
    {
        Reader {
            rows: self.rows(reader),
            meta: None,
            reducer: self.reducer,
        }
    }

    /// Whether a summary holds for the entries as they are.
    fn is_right(&self, reader: &dyn Read, meta: &Meta) -> Result<bool, Error> {
        Ok(meta.phase == Phase::Complete
            && self.lacks_nothing(reader, meta)?
            && !self.touched.is_any(reader, meta.applied)?)
    }

    /// Whether all that was touched since is noted.
    fn lacks_nothing(&self, reader: &dyn Read, meta: &Meta) -> Result<bool, Error> {
        if !self.touched.is_strict {
            return Ok(true);
        }
        let mark = self.touched.mark(reader)?;
        Ok(mark.is_some_and(|mark| mark <= meta.applied))
    }

    /// Whether the summary would be right after a single step.
    pub fn is_near(&self, reader: &dyn Read) -> Result<bool, Error> {
        let Some(meta) = self.rows(reader).meta()? else {
            return Ok(false);
        };
        let step = self.pace.step as u64;
        Ok(meta.phase == Phase::Complete
            && self.lacks_nothing(reader, &meta)?
            && self.touched.count(reader, meta.applied, step + 1)? <= step)
    }

    /// Reduces a single value, to find out whether there is a function for it.
    pub fn try_function(&self, reader: &dyn Read) -> Result<(), Error> {
        let rows = self.rows(reader);
        if let Some(first) = rows.entries(&[], None)?.next() {
            let (entry, stored) = first?;
            let mut values = Values::default();
            values.push(key_part(&entry)?, rows.value(&stored)?)?;
            self.reducer.first(&values)?;
        }
        Ok(())
    }

    /// Whether transactions note what they touch.
    pub fn has_mark(&self, reader: &dyn Read) -> Result<bool, Error> {
        Ok(self.touched.mark(reader)?.is_some())
    }

    /// Has transactions note what they touch.
    pub fn begin_noting(&self, store: &Database) -> Result<(), Error> {
        // The sequence of the mark's own transaction, which is known only afterwards, is the one
        // from which on nothing is missing.
        let sequence = self.put_mark(store, u64::MAX)?;
        self.put_mark(store, sequence)?;
        Ok(())
    }

    fn put_mark(&self, store: &Database, mark: u64) -> Result<u64, Error> {
        let ((), sequence) = store.transact(|plan| {
            let table = self.touched.tables.touched;
            plan.put(table, MARK.to_vec(), mark.to_be_bytes().to_vec());
            Ok::<_, Error>(())
        })?;
        let sequence = sequence.ok_or(Error::InternalCommunication)?;
        Ok(sequence.as_u64())
    }

    /// Removes what is noted and not needed. `noted` is about how much is new since it was counted
    /// last.
    pub fn trim(&self, store: &Database, noted: &AtomicU64) -> Result<(), Error> {
        let snapshot = store.snapshot()?;
        let Some(meta) = self.rows(&snapshot).meta()? else {
            return Ok(());
        };
        let limit = self.touched_max(&meta);
        let mut is_too_much = false;
        if meta.phase != Phase::Stale && noted.load(Ordering::Relaxed) > limit / 2 {
            noted.store(0, Ordering::Relaxed);
            is_too_much = self.touched.count(&snapshot, meta.applied, limit + 1)? > limit;
        }
        if is_too_much {
            return self.give_up(store, &meta);
        }
        if !self.touched.is_strict {
            return Ok(());
        }
        let mark = self.touched.mark(&snapshot)?;
        if mark.is_some_and(|mark| mark < meta.applied) {
            // The mark first: what is missing must never be more than it says.
            self.put_mark(store, meta.applied)?;
            return self.trim_rows(store, meta.applied);
        }
        Ok(())
    }

    /// Removes a summary that nobody asks for, and stops noting for it.
    fn give_up(&self, store: &Database, meta: &Meta) -> Result<(), Error> {
        tracing::debug!(view = %self.reducer.name, "the summary is given up");
        if self.touched.is_strict {
            store.transact(|plan| {
                plan.delete(self.touched.tables.touched, MARK.to_vec());
                Ok::<_, Error>(())
            })?;
            self.trim_rows(store, u64::MAX)?;
        }
        while !store.derive(|plan| self.clear(plan, meta.clone()))? {}
        Ok(())
    }

    /// Removes the rows of a strict view up to a sequence.
    fn trim_rows(&self, store: &Database, last: u64) -> Result<(), Error> {
        let table = self.touched.tables.touched;
        let end = last.saturating_add(1).to_be_bytes();
        loop {
            let snapshot = store.snapshot()?;
            let rows = snapshot
                .range(table, bounds(&[0], Some(&end)), Direction::Ascending)?
                .take(self.pace.step)
                .map(|row| row.map(|(row, _)| row))
                .collect::<Result<Vec<_>, _>>()?;
            if rows.is_empty() {
                return Ok(());
            }
            store.transact(|plan| {
                for row in &rows {
                    plan.delete(table, row.clone());
                }
                Ok::<_, Error>(())
            })?;
        }
    }

    /// Does a part of what is left to do, if reduces need it.
    pub fn advance(&self, plan: &mut Plan<'_>) -> Result<(), Error> {
        if self.reader(plan)?.is_none() {
            self.step(plan)?;
        }
        Ok(())
    }

    /// Does a part of what is left to do. Returns whether the summary is right for the entries
    /// that the plan sees.
    pub fn step(&self, plan: &mut Plan<'_>) -> Result<bool, Error> {
        let meta = match self.rows(plan).meta()? {
            None => self.begin(plan, 0)?,
            Some(meta) if meta.phase == Phase::Stale || !self.lacks_nothing(plan, &meta)? => {
                let applied = meta.applied.saturating_add(1);
                if !self.clear(plan, meta)? {
                    return Ok(false);
                }
                self.begin(plan, applied)?
            }
            Some(meta) => meta,
        };
        let meta = match &meta.phase {
            Phase::Building(from) => {
                let from = from.clone();
                self.build(plan, meta, &from)?
            }
            Phase::Complete | Phase::Stale => self.take_in(plan, meta)?,
        };
        let Some(meta) = meta else {
            return Ok(false);
        };
        let is_right = self.is_right(plan, &meta)?;
        #[cfg(debug_assertions)]
        if is_right {
            self.check_small(plan, &meta)?;
        }
        Ok(is_right)
    }

    /// A summary of nothing. Up to `applied`, numbers were in use.
    fn begin(&self, plan: &Plan<'_>, mut applied: u64) -> Result<Meta, Error> {
        self.try_function(plan)?; // Without it, there is no need to read much.
        if self.touched.is_strict {
            let mark = self.touched.mark(plan)?;
            let mark = mark.ok_or(Error::InternalCommunication)?;
            applied = mark.max(self.touched.newest(plan)?);
        }
        Ok(Meta {
            phase: Phase::Building(Vec::new()),
            shape: Shape::new(),
            applied,
            root: None,
        })
    }

    /// Removes a part of a summary, and of what is noted for it. Returns whether nothing is left.
    fn clear(&self, plan: &mut Plan<'_>, meta: Meta) -> Result<bool, Error> {
        let tables = self.touched.tables;
        let mut left = self.pace.step;
        for (table, from) in [
            (tables.summary, &[META[0] + 1][..]),
            (tables.touched, &[][..]),
        ] {
            if table == tables.touched && self.touched.is_strict {
                continue; // Not ours to write.
            }
            let rows = plan
                .range(table, bounds(from, None), Direction::Ascending)?
                .take(left)
                .map(|row| row.map(|(row, _)| row))
                .collect::<Result<Vec<_>, _>>()?;
            left -= rows.len();
            for row in rows {
                plan.delete(table, row);
            }
        }
        if left > 0 {
            plan.delete(tables.summary, META.to_vec());
            return Ok(true);
        }
        self.put(
            plan,
            Meta {
                phase: Phase::Stale,
                ..meta
            },
        );
        Ok(false)
    }

    /// Takes in the next entries of a summary that is being built.
    fn build(&self, plan: &mut Plan<'_>, meta: Meta, from: &[u8]) -> Result<Option<Meta>, Error> {
        let mut entries = Vec::new();
        let mut bytes = 0;
        let mut limit = None;
        for entry in self.rows(plan).entries(from, None)? {
            let (entry, stored) = entry?;
            if entries.len() >= self.pace.step || bytes >= BYTES_MAX {
                limit = Some(entry);
                break;
            }
            bytes += entry.len() + stored.len();
            entries.push((entry, stored));
        }
        let keys = entries.iter().map(|(entry, _)| entry.as_slice());
        let keys = keys.collect::<Vec<_>>();
        let fresh = Fresh {
            entries: &entries,
            built_to: if from.is_empty() {
                from
            } else {
                key_part(from)?
            },
        };
        let root = self.apply(plan, &meta, &keys, limit.as_deref(), Some(fresh))?;
        let phase = limit.map_or(Phase::Complete, Phase::Building);
        Ok(Some(self.put(
            plan,
            Meta {
                phase,
                root,
                ..meta
            },
        )))
    }

    /// Takes in what was touched. Returns nothing when it is so much that building anew is faster.
    fn take_in(&self, plan: &mut Plan<'_>, meta: Meta) -> Result<Option<Meta>, Error> {
        let limit = self.touched_max(&meta);
        if self.touched.count(plan, meta.applied, limit + 1)? > limit {
            self.put(
                plan,
                Meta {
                    phase: Phase::Stale,
                    ..meta
                },
            );
            return Ok(None);
        }
        let pending = self.touched.pending(plan, meta.applied, self.pace.step)?;
        if pending.rows.is_empty() {
            return Ok(Some(meta));
        }
        let entries = pending.entries.iter().map(Vec::as_slice);
        let root = self.apply(plan, &meta, &entries.collect::<Vec<_>>(), None, None)?;
        let mut applied = meta.applied;
        if self.touched.is_strict {
            applied = Touched::last_number(&pending)?;
        } else {
            if pending.rows.len() < self.pace.step {
                applied = Touched::last_number(&pending)?; // There are no others.
            }
            for row in pending.rows {
                plan.delete(self.touched.tables.touched, row);
            }
        }
        Ok(Some(self.put(
            plan,
            Meta {
                applied,
                root,
                ..meta
            },
        )))
    }

    /// How many touched entries are taken in rather than building anew.
    fn touched_max(&self, meta: &Meta) -> u64 {
        let count = meta.root.as_ref().map_or(0, |root| root.count);
        self.pace.rebuild_min.max(count / 8)
    }

    fn apply(
        &self,
        plan: &mut Plan<'_>,
        meta: &Meta,
        entries: &[&[u8]],
        limit: Option<&[u8]>,
        fresh: Option<Fresh<'_>>,
    ) -> Result<Option<Record>, Error> {
        let mut apply = Apply {
            plan,
            tables: self.touched.tables,
            layout: self.layout,
            shape: &meta.shape,
            reducer: self.reducer,
            limit,
            fresh,
        };
        apply.apply(meta.root.clone(), entries)
    }

    fn put(&self, plan: &mut Plan<'_>, meta: Meta) -> Meta {
        plan.put(self.touched.tables.summary, META.to_vec(), meta.encode());
        meta
    }

    /// Checks the shape of a summary that is small enough for that.
    #[cfg(debug_assertions)]
    fn check_small(&self, plan: &Plan<'_>, meta: &Meta) -> Result<(), Error> {
        const COUNT_MAX: u64 = 512;
        if meta.root.as_ref().is_none_or(|root| root.count > COUNT_MAX) {
            return Ok(());
        }
        let violation = super::check::check(&self.rows(plan), meta, None)?;
        if let Some(violation) = violation {
            panic!("{violation} of view {}", self.reducer.name);
        }
        Ok(())
    }
}
