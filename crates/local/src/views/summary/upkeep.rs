//! Keeping a summary right for its entries (S11), in steps of bounded size.
//!
//! A summary is built by the first reduce that would have to read more than a few entries. From
//! then on what is touched is noted, and taken in before the next reduce: user code never runs
//! while documents are committed, and queries never wait for it. Each step is one derived write;
//! when user code fails, nothing of its step is written, and the next reduce tries again.
//!
//! Many rows of a summary that is built are [imported](Database::import). Before the first of them,
//! it is said durably that the summary is stale; so what a crash leaves is removed, and not taken
//! for a summary.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bonsaidb_core::schema::{ViewName, view};
use bonsaidb_store::{Database, Direction, Import, Plan, Read};

use crate::Error;
use crate::views::entry::{Layout, bounds};
use crate::views::summary::apply::Apply;
use crate::views::summary::build::Build;
use crate::views::summary::hash::Shape;
use crate::views::summary::read::Reader;
use crate::views::summary::record::{META, Meta, Phase, Record};
use crate::views::summary::rows::{Rows, damaged, key_part};
use crate::views::summary::touched::{MARK, Touched};
use crate::views::summary::values::{Reducer, Values};

/// How much is done at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Up to this many entries are read rather than summarized.
    pub few: usize,
    /// How many entries one step takes in.
    pub step: usize,
    /// Up to this many rows of a summary that is built are written, more are imported.
    pub written: usize,
    /// How many bytes of such rows are gathered before they are.
    pub gathered_bytes: usize,
    /// Up to this many touched entries are taken in, however few there are in all.
    pub rebuild_min: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            few: 64,
            step: 32_768,
            written: 1_024,
            gathered_bytes: 8 << 20,
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

/// Rows of a summary that is being built, and are not imported yet.
#[derive(Default)]
struct Gathered {
    rows: Vec<(Vec<u8>, Vec<u8>)>,
    bytes: usize,
    /// There are some that were imported.
    is_begun: bool,
}

impl Gathered {
    fn push(&mut self, row: Vec<u8>, record: Vec<u8>) {
        self.bytes += row.len() + record.len();
        self.rows.push((row, record));
    }
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

    /// Builds a summary of all entries, if there is none. Others must not do so meanwhile.
    pub fn build(&self, store: &Database) -> Result<(), Error> {
        let snapshot = store.snapshot()?;
        let Some(applied) = self.number_of_new(&snapshot)? else {
            return Ok(());
        };
        self.try_function(&snapshot)?; // Without it, there is no need to read much.
        let shape = Shape::new();
        let meta = |phase, root| Meta {
            phase,
            shape: shape.clone(),
            applied,
            root,
        };
        let mut gathered = Gathered::default();
        let mut build = Build {
            shape: &shape,
            reducer: self.reducer,
            take: &mut |(row, record)| {
                gathered.push(row, record.encode());
                if gathered.bytes >= self.pace.gathered_bytes {
                    self.import(store, &mut gathered, &meta(Phase::Stale, None))?;
                }
                Ok(())
            },
        };
        let root = build.run(&self.rows(&snapshot))?;
        if gathered.is_begun || gathered.rows.len() > self.pace.written {
            self.import(store, &mut gathered, &meta(Phase::Stale, None))?;
        }
        store.derive(|plan| {
            for (row, record) in &gathered.rows {
                plan.put(self.touched.tables.summary, row.clone(), record.clone());
            }
            let meta = self.put(plan, meta(Phase::Complete, root.clone()));
            #[cfg(debug_assertions)]
            if self.is_right(plan, &meta)? {
                self.check_small(plan, &meta)?;
            }
            drop(meta);
            Ok(())
        })
    }

    /// Up to which number everything touched is part of a summary that is built from the entries as
    /// they are, unless there is one, or what is left of one.
    fn number_of_new(&self, reader: &dyn Read) -> Result<Option<u64>, Error> {
        let tables = self.touched.tables;
        let stale = self.rows(reader).meta()?;
        if let Some(stale) = &stale {
            let is_any = |table, from: &[u8]| {
                let mut rows = reader.range(table, bounds(from, None), Direction::Ascending)?;
                Ok::<_, Error>(rows.next().transpose()?.is_some())
            };
            if stale.phase != Phase::Stale
                || is_any(tables.summary, &[META[0] + 1])?
                || (!self.touched.is_strict && is_any(tables.touched, &[])?)
            {
                return Ok(None);
            }
        }
        if self.touched.is_strict {
            let mark = self.touched.mark(reader)?;
            let mark = mark.ok_or(Error::InternalCommunication)?;
            return Ok(Some(mark.max(self.touched.newest(reader)?)));
        }
        // Numbers that were in use are not used again: their rows may still be passed over.
        Ok(Some(
            stale.map_or(0, |stale| stale.applied.saturating_add(1)),
        ))
    }

    /// Imports rows of a summary that is being built.
    fn import(&self, store: &Database, gathered: &mut Gathered, stale: &Meta) -> Result<(), Error> {
        if !gathered.is_begun {
            store.derive(|plan| {
                self.put(plan, stale.clone());
                Ok::<_, Error>(())
            })?;
            store.settle()?;
            gathered.is_begun = true;
        }
        let mut rows = Import::default();
        for (row, record) in gathered.rows.drain(..) {
            rows.put(
                self.touched.tables.summary,
                |bytes| bytes.extend_from_slice(&row),
                |bytes| bytes.extend_from_slice(&record),
            );
        }
        gathered.bytes = 0;
        match store.import(&mut rows)? {
            None => Ok(()),
            Some(_) => Err(damaged()),
        }
    }

    /// Does a part of what is left to do. Returns whether the summary is right for the entries
    /// that the plan sees.
    pub fn step(&self, plan: &mut Plan<'_>) -> Result<bool, Error> {
        let Some(meta) = self.rows(plan).meta()? else {
            return Ok(false); // It has to be built.
        };
        if meta.phase == Phase::Stale || !self.lacks_nothing(plan, &meta)? {
            let stale = Meta {
                phase: Phase::Stale,
                root: None,
                ..meta.clone()
            };
            if self.clear(plan, meta)? {
                self.put(plan, stale);
            }
            return Ok(false);
        }
        let Some(meta) = self.take_in(plan, meta)? else {
            return Ok(false);
        };
        let is_right = self.is_right(plan, &meta)?;
        #[cfg(debug_assertions)]
        if is_right {
            self.check_small(plan, &meta)?;
        }
        Ok(is_right)
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
        let root = self.apply(plan, &meta, &entries.collect::<Vec<_>>())?;
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
    ) -> Result<Option<Record>, Error> {
        let mut apply = Apply {
            plan,
            tables: self.touched.tables,
            layout: self.layout,
            shape: &meta.shape,
            reducer: self.reducer,
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
