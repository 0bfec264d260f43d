//! Carrying changes upwards: from the items of one level to the runs of the next, up to the root.

use crate::Error;
use crate::views::summary::apply::Apply;
use crate::views::summary::record::{Record, Scope};
use crate::views::summary::run::{Difference, Run, Runs, differences};

impl Apply<'_, '_> {
    /// Recomputes the runs over the items `touched`, which ascend, level by level.
    ///
    /// `height` is the level of the tree's root so far, or 0 if there was no tree. Returns nothing
    /// if the root stays what it was, otherwise the new one, which is `None` without any items.
    #[allow(clippy::option_option)] // what changed, and to what
    pub fn raise(
        &mut self,
        scope: &Scope,
        height: u8,
        mut touched: Vec<Vec<u8>>,
    ) -> Result<Option<Option<Record>>, Error> {
        for level in scope.lowest_level().. {
            if level >= height {
                // Above what is stored: with more than one run the tree grows.
                let (runs, _) = self.runs(scope, level, &[], |_, _| Ok(false))?;
                if runs.len() < 2 {
                    return Ok(Some(rooted(runs, level)));
                }
                for (start, record) in runs {
                    self.put(scope.row(level, &start), &record);
                }
                continue;
            }
            let found = self.level_differences(scope, level, &touched)?;
            if found.is_empty() {
                return Ok(None);
            }
            let shrank = found.iter().any(|difference| difference.record.is_none());
            touched.clear();
            for Difference { start, record, .. } in found {
                let row = scope.row(level, &start);
                match &record {
                    Some(record) => self.put(row, record),
                    None => self.delete(row),
                }
                touched.push(start);
            }
            if shrank && let Some(runs) = self.single_run(scope, level)? {
                self.drop_levels(scope, level, height)?;
                return Ok(Some(rooted(runs, level)));
            }
        }
        Ok(None)
    }

    /// What differs on a stored level after the items `touched` of the level below changed.
    fn level_differences(
        &self,
        scope: &Scope,
        level: u8,
        touched: &[Vec<u8>],
    ) -> Result<Vec<Difference>, Error> {
        let mut found = Vec::new();
        let mut rest = touched;
        while let Some(first) = rest.first() {
            let start = self.run_of(scope, level, first)?;
            let (runs, stop) = self.runs(scope, level, &start, |apply, start| {
                rest = &rest[rest.partition_point(|touched| **touched < *start)..];
                if rest.first().is_some_and(|touched| **touched == *start) {
                    return Ok(false);
                }
                // What is not touched and begins a run began one before, and all after it is as
                // it was. Only of entries more can have changed than is known yet.
                Ok(level > 1 || apply.rows().has_record(&scope.row(level, start))?)
            })?;
            if stop.is_none() {
                rest = &[];
            }
            debug_assert!(rest.first() != Some(first), "S5: a run was not passed");
            let bounds = (&start[..], stop.as_deref());
            found.extend(differences(&self.rows(), scope, level, bounds, runs)?);
        }
        Ok(found)
    }

    /// Where to begin with a touched item: at the item, if it began a run and still does, or else
    /// at the last run before it whose first item is still there.
    fn run_of(&self, scope: &Scope, level: u8, item: &[u8]) -> Result<Vec<u8>, Error> {
        let rows = self.rows();
        if self.shape.cuts(&scope.hashed(item), level)
            && rows.has_record(&scope.row(level, item))?
            && self.has_item(scope, level - 1, item)?
        {
            return Ok(item.to_vec());
        }
        let mut start = item.to_vec();
        while let Some(before) = rows.start_before(scope, level, &start)? {
            if before.is_empty() || self.has_item(scope, level - 1, &before)? {
                return Ok(before);
            }
            start = before;
        }
        Ok(Vec::new())
    }

    fn has_item(&self, scope: &Scope, level: u8, item: &[u8]) -> Result<bool, Error> {
        if level == 0 {
            self.rows().has_entry(&scope.hashed(item))
        } else {
            self.rows().has_record(&scope.row(level, item))
        }
    }

    /// The runs of `level` from the one that begins at `from` on, until one begins for which
    /// `stop` answers true. Returns them and that start, if there is one.
    fn runs(
        &self,
        scope: &Scope,
        level: u8,
        from: &[u8],
        mut stop: impl FnMut(&Self, &[u8]) -> Result<bool, Error>,
    ) -> Result<(Runs, Option<Vec<u8>>), Error> {
        let mut runs = Vec::new();
        let mut stopped = None;
        let mut run = if level == 1 {
            Run::of_entries(from.to_vec())
        } else {
            Run::of_results(from.to_vec())
        };
        self.items(scope, level - 1, from, |item, count, value| {
            if *item != *run.start && self.shape.cuts(&scope.hashed(item), level) {
                if run.is_empty() {
                    run.start = item.to_vec();
                } else {
                    runs.push(run.finish(item.to_vec(), self.shape, &self.reducer)?);
                }
                if stop(self, item)? {
                    stopped = Some(item.to_vec());
                    return Ok(false);
                }
            }
            match item {
                _ if scope.is_inner() => run.push(scope.key(), count, value)?,
                [] => run.push(&self.rows().first_key()?, count, value)?,
                start => run.push(start, count, value)?,
            }
            Ok(true)
        })?;
        if !run.is_empty() {
            runs.push(run.finish(Vec::new(), self.shape, &self.reducer)?);
        }
        Ok((runs, stopped))
    }

    /// Calls `each` with the items of `level` from `from` on: the runs of a level, or of level 0
    /// of a heavy key's tree its entries. Ends when it answers false.
    fn items(
        &self,
        scope: &Scope,
        level: u8,
        from: &[u8],
        mut each: impl FnMut(&[u8], u64, Option<&[u8]>) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let rows = self.rows();
        let key = scope.key();
        if level == 0 {
            for entry in rows.entries(&[key, from].concat(), None)? {
                let (entry, stored) = entry?;
                let Some(document) = entry.strip_prefix(key) else {
                    break;
                };
                if !each(document, 1, Some(rows.value(&stored)?))? {
                    break;
                }
            }
        } else {
            for run in rows.records(&scope.row(level, from), &scope.end(level))? {
                let (row, record) = run?;
                if !each(scope.item(&row), record.count, record.value.as_deref())? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The runs of `level`, if there is at most one.
    fn single_run(&self, scope: &Scope, level: u8) -> Result<Option<Runs>, Error> {
        let rows = self.rows();
        let runs = rows
            .records(&scope.row(level, &[]), &scope.end(level))?
            .take(2)
            .map(|run| run.map(|(row, record)| (scope.item(&row).to_vec(), record)))
            .collect::<Result<Vec<_>, _>>()?;
        Ok((runs.len() < 2).then_some(runs))
    }

    /// Removes the rows of the levels from `from` up to before `to`.
    fn drop_levels(&mut self, scope: &Scope, from: u8, to: u8) -> Result<(), Error> {
        for level in from..to {
            let rows = self
                .rows()
                .records(&scope.row(level, &[]), &scope.end(level))?
                .map(|run| Ok(run?.0))
                .collect::<Result<Vec<_>, Error>>()?;
            for row in rows {
                self.delete(row);
            }
        }
        Ok(())
    }
}

/// The only run of a level as the root of its tree.
fn rooted(runs: Runs, level: u8) -> Option<Record> {
    let (_, record) = runs.into_iter().next()?;
    Some(Record {
        height: level,
        ..record
    })
}
