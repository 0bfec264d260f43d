//! Reducing with a summary: a range costs a few runs at each of its sides, on each level.
//!
//! Positions are entry keys, or lie just behind all entries of a key: no run is cut by a bound
//! unless the bound lies between keys of it. A run whose value was too long to be stored is
//! answered by the runs below it.

use std::ops::ControlFlow;

use bonsaidb_core::connection::SerializedQueryKey;
use bonsaidb_core::schema::view::map::MappedSerializedValue;

use crate::Error;
use crate::views::entry::EntryRange;
use crate::views::summary::record::{Meta, Record, Scope, after};
use crate::views::summary::rows::{Rows, damaged, key_part, view_key};
use crate::views::summary::values::{Group, Reducer, Results};

/// Answers from the entries in one state, and from their summary if it is right for them.
pub(in crate::views) struct Reader<'a> {
    pub(super) rows: Rows<'a>,
    pub(super) meta: Option<Meta>,
    pub(super) reducer: Reducer<'a>,
}

/// Takes a key, with its terminator, and what its entries come to.
type EachKey<'e> = dyn FnMut(&[u8], &[u8]) -> Result<(), Error> + 'e;

/// Where to go on after a level was read.
enum Next {
    Done,
    /// A run of the level above begins here.
    Up(Vec<u8>),
    /// The run that begins here does not fit.
    Down(Vec<u8>),
}

impl Reader<'_> {
    /// Returns the reduced value of all entries that match.
    pub fn reduce(&self, key: Option<&SerializedQueryKey>) -> Result<Vec<u8>, Error> {
        let mut results = Results::new(self.reducer);
        for range in EntryRange::all_of(key) {
            match key {
                Some(SerializedQueryKey::Matches(_) | SerializedQueryKey::Multiple(_)) => {
                    self.one_key(&range, &mut results)?;
                }
                Some(SerializedQueryKey::Range(_)) => self.range(&range, &mut results)?,
                None => match self.whole() {
                    Some(value) => return Ok(value),
                    None => self.range(&range, &mut results)?,
                },
            }
        }
        results.finish()
    }

    /// Returns the reduced value of each key that matches, ascending.
    pub fn reduce_grouped(
        &self,
        key: Option<&SerializedQueryKey>,
    ) -> Result<Vec<MappedSerializedValue>, Error> {
        let mut mappings = Vec::new();
        for range in EntryRange::all_of(key) {
            self.grouped(&range, &mut |key, value| {
                mappings.push(MappedSerializedValue {
                    key: view_key(key)?,
                    value: value.into(),
                });
                Ok(())
            })?;
        }
        Ok(mappings)
    }

    /// What all entries come to, if that is stored.
    fn whole(&self) -> Option<Vec<u8>> {
        self.meta.as_ref()?.root.as_ref()?.value.clone()
    }

    fn one_key(&self, range: &EntryRange, results: &mut Results<'_>) -> Result<(), Error> {
        if self.meta.is_some() {
            let row = Scope::outer().row(1, &range.start);
            if let Some(record) = self.rows.record(&row)?
                && record.is_heavy()
            {
                return self.heavy(&range.start, &record, results);
            }
        }
        self.entries(&range.start, range.end.as_deref(), results)
    }

    /// Pushes results which together cover the entries of the range.
    fn range(&self, range: &EntryRange, results: &mut Results<'_>) -> Result<(), Error> {
        let (from, to) = (&range.start[..], range.end.as_deref());
        if to.is_some_and(|to| to <= from) {
            return Ok(());
        }
        let Some(meta) = &self.meta else {
            return self.entries(from, to, results);
        };
        let Some(root) = &meta.root else {
            return Ok(());
        };
        let top = root.height.saturating_sub(1).max(1);
        let mut going_up = !from.is_empty();
        let (mut level, mut start) = (top, Vec::new());
        if going_up {
            let outer = Scope::outer();
            let mut segments = self.rows.records(&outer.row(1, from), &outer.end(1))?;
            let first = segments.next().transpose()?;
            let segment = first.map(|(row, _)| outer.item(&row).to_vec());
            self.entries(from, earlier(segment.as_deref(), to), results)?;
            match segment {
                Some(segment) if to.is_none_or(|to| segment[..] < *to) => start = segment,
                _ => return Ok(()),
            }
            level = self.level_of(&start, 1, top);
        }
        loop {
            match self.level(level, &start, to, going_up && level < top, results)? {
                Next::Done => return Ok(()),
                Next::Up(at) => {
                    level = self.level_of(&at, level + 1, top);
                    start = at;
                }
                Next::Down(at) if level == 1 => return self.entries(&at, to, results),
                Next::Down(at) => {
                    going_up = false;
                    level -= 1;
                    start = at;
                }
            }
        }
    }

    /// The highest level, from `level` to `top`, on which a run begins at `start`, which begins one
    /// on `level`.
    fn level_of(&self, start: &[u8], mut level: u8, top: u8) -> u8 {
        while level < top && self.cuts(start, level + 1) {
            level += 1;
        }
        level
    }

    fn cuts(&self, start: &[u8], level: u8) -> bool {
        let meta = self.meta.as_ref();
        meta.is_some_and(|meta| meta.shape.cuts(start, level))
    }

    /// Pushes the runs of `level` from `from` on, as far as they end at or before `to`.
    fn level(
        &self,
        level: u8,
        from: &[u8],
        to: Option<&[u8]>,
        going_up: bool,
        results: &mut Results<'_>,
    ) -> Result<Next, Error> {
        let outer = Scope::outer();
        // A run ends where the next one begins, so each is looked at when that is known.
        let mut pending: Option<(Vec<u8>, Record)> = None;
        for run in self
            .rows
            .records(&outer.row(level, from), &outer.end(level))?
        {
            let (row, record) = run?;
            let start = outer.item(&row);
            if let Some((before, record)) = pending.take() {
                let before = outer.item(&before);
                if !record.is_heavy() && to.is_some_and(|to| start > to) {
                    return Ok(Next::Down(before.to_vec()));
                }
                self.run(level, before, &record, Some(start), results)?;
            }
            if to.is_some_and(|to| start >= to) {
                return Ok(Next::Done);
            }
            if going_up && start != from && self.cuts(start, level + 1) {
                return Ok(Next::Up(start.to_vec()));
            }
            pending = Some((row, record));
        }
        match pending {
            Some((row, record)) if to.is_none() || record.is_heavy() => {
                self.run(level, outer.item(&row), &record, None, results)?;
                Ok(Next::Done)
            }
            Some((row, _)) => Ok(Next::Down(outer.item(&row).to_vec())),
            None => Ok(Next::Done),
        }
    }

    /// Pushes one run of the outer tree, which ends at `end`.
    fn run(
        &self,
        level: u8,
        start: &[u8],
        record: &Record,
        end: Option<&[u8]>,
        results: &mut Results<'_>,
    ) -> Result<(), Error> {
        if record.is_heavy() {
            return self.heavy(start, record, results);
        }
        if let Some(value) = &record.value {
            return if start.is_empty() {
                results.push(&self.rows.first_key()?, value)
            } else {
                results.push(start, value)
            };
        }
        if level == 1 {
            return self.entries(start, end, results);
        }
        let outer = Scope::outer();
        let last = end.map_or_else(|| outer.end(level - 1), |end| outer.row(level - 1, end));
        let mut pending: Option<(Vec<u8>, Record)> = None;
        for run in self.rows.records(&outer.row(level - 1, start), &last)? {
            let (row, record) = run?;
            let next = outer.item(&row);
            if let Some((before, record)) = pending.take() {
                self.run(level - 1, outer.item(&before), &record, Some(next), results)?;
            }
            pending = Some((row, record));
        }
        match pending {
            Some((row, record)) => self.run(level - 1, outer.item(&row), &record, end, results),
            None => Err(damaged()),
        }
    }

    /// Pushes the result of a heavy key.
    fn heavy(&self, key: &[u8], record: &Record, results: &mut Results<'_>) -> Result<(), Error> {
        if let Some(value) = &record.value {
            return results.push(key, value);
        }
        let scope = Scope::inner(key.to_vec());
        self.inner(&scope, record.height - 1, &[], None, results)
    }

    /// Pushes the runs of `level` of a heavy key's tree in `from..to`; level 0 are its entries.
    fn inner(
        &self,
        scope: &Scope,
        level: u8,
        from: &[u8],
        to: Option<&[u8]>,
        results: &mut Results<'_>,
    ) -> Result<(), Error> {
        let key = scope.key();
        if level == 0 {
            let to = to.map_or_else(|| after(key), |to| [key, to].concat());
            return self.entries(&[key, from].concat(), Some(&to), results);
        }
        let last = to.map_or_else(|| scope.end(level), |to| scope.row(level, to));
        let mut long: Option<Vec<u8>> = None;
        for run in self.rows.records(&scope.row(level, from), &last)? {
            let (row, record) = run?;
            let start = scope.item(&row);
            if let Some(long) = long.take() {
                self.inner(scope, level - 1, &long, Some(start), results)?;
            }
            match &record.value {
                Some(value) => results.push(key, value)?,
                None => long = Some(start.to_vec()),
            }
        }
        match long {
            Some(long) => self.inner(scope, level - 1, &long, to, results),
            None => Ok(()),
        }
    }

    /// Pushes a result for each key that has entries in `from..to`.
    fn entries(
        &self,
        from: &[u8],
        to: Option<&[u8]>,
        results: &mut Results<'_>,
    ) -> Result<(), Error> {
        self.each_key(from, to, &mut |key, value| results.push(key, value))
    }

    /// Calls `each` with each key that has entries in `from..to`, and what those come to.
    fn each_key(
        &self,
        from: &[u8],
        to: Option<&[u8]>,
        each: &mut EachKey<'_>,
    ) -> Result<(), Error> {
        let mut key = Vec::new();
        let mut group = Group::new(self.reducer);
        // The reduce function runs while a page is looked at: no lock is held, and it never unwinds.
        self.rows.visit_entries(from, to, |entry, stored| {
            let part = key_part(entry)?;
            if *part != *key {
                if !group.is_empty() {
                    each(&key, &group.finish(&key)?)?;
                }
                key.clear();
                key.extend_from_slice(part);
            }
            group.push(&key, self.rows.value(stored)?)?;
            Ok(ControlFlow::Continue(()))
        })?;
        if !group.is_empty() {
            each(&key, &group.finish(&key)?)?;
        }
        Ok(())
    }

    /// Calls `each` with each key in `range` and its reduced value.
    fn grouped(&self, range: &EntryRange, each: &mut EachKey<'_>) -> Result<(), Error> {
        let to = range.end.as_deref();
        if to.is_some_and(|to| *to <= *range.start) {
            return Ok(());
        }
        // Where the stretch of light keys begins that is not read yet.
        let mut light = Some(range.start.clone());
        if self.meta.is_some() {
            let outer = Scope::outer();
            let last = to.map_or_else(|| outer.end(1), |to| outer.row(1, to));
            for segment in self.rows.records(&outer.row(1, &range.start), &last)? {
                let (row, record) = segment?;
                let start = outer.item(&row);
                if !record.is_heavy() {
                    light.get_or_insert_with(|| start.to_vec());
                    continue;
                }
                if let Some(light) = light.take()
                    && *light < *start
                {
                    self.each_key(&light, Some(start), each)?;
                }
                let mut results = Results::new(self.reducer);
                self.heavy(start, &record, &mut results)?;
                each(start, &results.finish()?)?;
            }
        }
        match light {
            Some(light) => self.each_key(&light, to, each),
            None => Ok(()),
        }
    }
}

/// The earlier of two ends, where none is after all.
fn earlier<'a>(one: Option<&'a [u8]>, other: Option<&'a [u8]>) -> Option<&'a [u8]> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
