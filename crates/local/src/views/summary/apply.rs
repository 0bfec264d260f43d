//! Taking changed entries into a summary. All that is needed of a change is which entry it touched.
//!
//! The entries already are as they should be. Each run that holds a touched item is recomputed
//! once, each level after the one below it, from the runs or entries that are there now.
//!
//! Entries may have changed of which the summary is told only later: nothing is taken for granted
//! that does not show in the stored runs, so whatever is computed again in passing is right, and
//! the rest is put right when its turn comes.

use bonsaidb_store::Plan;

use crate::Error;
use crate::views::entry::Layout;
use crate::views::index::Tables;
use crate::views::summary::hash::Shape;
use crate::views::summary::record::{Record, Scope, after};
use crate::views::summary::rows::{Rows, key_part};
use crate::views::summary::run::{Difference, Run, Runs, differences};
use crate::views::summary::values::{Reducer, Values};

/// The summary of a view while it is changed.
pub(super) struct Apply<'p, 'a> {
    pub plan: &'p mut Plan<'a>,
    pub tables: Tables,
    pub layout: Layout,
    pub shape: &'p Shape,
    pub reducer: Reducer<'p>,
}

/// The keys, with terminators, around which segments may have changed, ascending.
struct Dirty {
    keys: Vec<Vec<u8>>,
    /// The first one that is not passed yet.
    next: usize,
}

impl Dirty {
    fn contains(&self, key: &[u8]) -> bool {
        self.keys
            .binary_search_by(|dirty| dirty[..].cmp(key))
            .is_ok()
    }

    fn next(&self) -> Option<&Vec<u8>> {
        self.keys.get(self.next)
    }

    /// Passes what is before `key`.
    fn pass_before(&mut self, key: &[u8]) {
        while self.next().is_some_and(|dirty| **dirty < *key) {
            self.next += 1;
        }
    }
}

/// What came of the heavy keys among those that were touched; keys with terminators, ascending.
struct HeavyKeys {
    /// Their result is another one.
    changed: Vec<Vec<u8>>,
    /// Segments around these may have changed: they are not heavy, or not any more.
    dirty: Vec<Vec<u8>>,
}

/// Why reading light keys ended.
enum Until {
    End,
    /// From the segment that begins here on, all is as it was.
    Stop(Vec<u8>),
    Heavy(Vec<u8>),
}

/// A key with few entries, while they are read.
#[derive(Default)]
struct LightKey {
    /// With its terminator.
    key: Vec<u8>,
    values: Values,
    /// A segment begins with it.
    cuts: bool,
}

/// A stretch of segments while it is read.
struct Stretch {
    /// Where it begins, whatever the entries there say.
    start: Vec<u8>,
    segments: Runs,
    segment: Run,
    /// The key before was heavy.
    after_heavy: bool,
}

impl Apply<'_, '_> {
    pub fn rows(&self) -> Rows<'_> {
        Rows {
            reader: self.plan,
            tables: self.tables,
            layout: self.layout,
        }
    }

    pub fn put(&mut self, row: Vec<u8>, record: &Record) {
        self.plan.put(self.tables.summary, row, record.encode());
    }

    pub fn delete(&mut self, row: Vec<u8>) {
        self.plan.delete(self.tables.summary, row);
    }

    /// Takes in the entries with the keys `touched`, which ascend. Returns the new root.
    pub fn apply(
        &mut self,
        root: Option<Record>,
        touched: &[&[u8]],
    ) -> Result<Option<Record>, Error> {
        let HeavyKeys { mut changed, dirty } = self.heavy_keys(touched)?;
        let mut dirty = Dirty {
            keys: dirty,
            next: 0,
        };
        while let Some(key) = dirty.next().cloned() {
            let start = self.segment_before(&key)?;
            let (segments, stop) = self.stretch(start.clone(), &mut dirty)?;
            debug_assert!(dirty.next() != Some(&key), "S1: a segment was not passed");
            let bounds = (&start[..], stop.as_deref());
            let outer = Scope::outer();
            let found = differences(&self.rows(), &outer, 1, bounds, segments)?;
            self.write_segments(&found)?;
            changed.extend(found.into_iter().map(|difference| difference.start));
        }
        // Heavy keys and segments both ascend, and a key can be among both.
        changed.sort_unstable();
        changed.dedup();
        if changed.is_empty() {
            return Ok(root);
        }
        let height = root.as_ref().map_or(0, |root| root.height);
        Ok(self
            .raise(&Scope::outer(), height, changed)?
            .unwrap_or(root))
    }

    /// Brings the trees of touched heavy keys up to date.
    fn heavy_keys(&mut self, touched: &[&[u8]]) -> Result<HeavyKeys, Error> {
        let (mut changed, mut dirty) = (Vec::new(), Vec::new());
        let mut rest = touched;
        while let Some(first) = rest.first() {
            let key = key_part(first)?.to_vec();
            let count = rest.partition_point(|entry| entry.starts_with(&key));
            let (of_key, others) = rest.split_at(count);
            rest = others;
            let row = Scope::outer().row(1, &key);
            let stored = self.rows().record(&row)?;
            let Some(stored) = stored.filter(Record::is_heavy) else {
                dirty.push(key);
                continue;
            };
            let documents = of_key.iter().map(|entry| entry[key.len()..].to_vec());
            let scope = Scope::inner(key.clone());
            match self.raise(&scope, stored.height, documents.collect())? {
                None => {}
                Some(Some(root)) if root == stored => {}
                Some(Some(root)) if root.count >= self.shape.heavy_min => {
                    self.put(row, &root);
                    changed.push(key);
                }
                Some(_) => {
                    self.drop_tree(&key)?;
                    dirty.push(key);
                }
            }
        }
        Ok(HeavyKeys { changed, dirty })
    }

    /// Removes the tree of a heavy key.
    fn drop_tree(&mut self, key: &[u8]) -> Result<(), Error> {
        let scope = Scope::inner(key.to_vec());
        for level in 1.. {
            let rows = self
                .rows()
                .records(&scope.row(level, &[]), &scope.end(level))?
                .map(|run| Ok(run?.0))
                .collect::<Result<Vec<_>, Error>>()?;
            if rows.is_empty() {
                break; // Levels are stored without gaps.
            }
            for row in rows {
                self.delete(row);
            }
        }
        Ok(())
    }

    /// The start of the last segment before `key` that still has the entries it begins with.
    fn segment_before(&self, key: &[u8]) -> Result<Vec<u8>, Error> {
        let rows = self.rows();
        let mut start = key.to_vec();
        while let Some(before) = rows.start_before(&Scope::outer(), 1, &start)? {
            if before.is_empty() || rows.has_key(&before)? {
                return Ok(before);
            }
            start = before;
        }
        Ok(Vec::new())
    }

    /// Reads the segments from `start` on, until one begins that neither is dirty nor is new.
    /// Returns them and where that is, if anywhere.
    fn stretch(
        &mut self,
        start: Vec<u8>,
        dirty: &mut Dirty,
    ) -> Result<(Runs, Option<Vec<u8>>), Error> {
        let mut from = start.clone();
        let mut stretch = Stretch {
            segment: Run::of_results(start.clone()),
            start,
            segments: Vec::new(),
            after_heavy: false,
        };
        let stop = loop {
            match self.light_keys(&from, &mut stretch, dirty)? {
                Until::End => {
                    dirty.next = dirty.keys.len();
                    break None;
                }
                Until::Stop(key) => break Some(key),
                Until::Heavy(key) => {
                    self.close_segment(&mut stretch, Vec::new())?;
                    if key != stretch.start && self.is_stop(&key, dirty)? {
                        break Some(key);
                    }
                    let record = self.heavy_key(&key, dirty)?;
                    from = after(&key);
                    stretch.segments.push((key, record));
                    stretch.after_heavy = true;
                }
            }
        };
        self.close_segment(&mut stretch, Vec::new())?;
        Ok((stretch.segments, stop))
    }

    /// Reads light keys from `from` on.
    fn light_keys(
        &self,
        from: &[u8],
        stretch: &mut Stretch,
        dirty: &mut Dirty,
    ) -> Result<Until, Error> {
        let mut light = LightKey::default();
        for entry in self.rows().entries(from, None)? {
            let (entry, stored) = entry?;
            if let Some(until) = self.light_entry(&mut light, (&entry, &stored), stretch, dirty)? {
                return Ok(until);
            }
        }
        if !light.key.is_empty() && self.light_key(&light, stretch, dirty)? {
            return Ok(Until::Stop(light.key));
        }
        Ok(Until::End)
    }

    /// Takes the next entry of light keys. Returns why reading ends with it, if it does.
    fn light_entry(
        &self,
        light: &mut LightKey,
        (entry, stored): (&[u8], &[u8]),
        stretch: &mut Stretch,
        dirty: &mut Dirty,
    ) -> Result<Option<Until>, Error> {
        let part = key_part(entry)?;
        if *part != *light.key {
            if !light.key.is_empty() && self.light_key(light, stretch, dirty)? {
                return Ok(Some(Until::Stop(std::mem::take(&mut light.key))));
            }
            light.key.clear();
            light.key.extend_from_slice(part);
            light.values.clear();
            light.cuts = false;
        }
        light.values.push(&light.key, self.rows().value(stored)?)?;
        light.cuts = light.cuts || self.shape.cuts(entry, 1);
        let is_heavy = light.values.len() as u64 >= self.shape.heavy_min;
        Ok(is_heavy.then(|| Until::Heavy(std::mem::take(&mut light.key))))
    }

    /// Takes a light key into its segment, unless a segment begins with it before which reading
    /// stops. Returns whether that is so.
    fn light_key(
        &self,
        light: &LightKey,
        stretch: &mut Stretch,
        dirty: &mut Dirty,
    ) -> Result<bool, Error> {
        let LightKey { key, values, cuts } = light;
        if (*cuts || stretch.after_heavy) && *key != stretch.start {
            self.close_segment(stretch, key.clone())?;
            if self.is_stop(key, dirty)? {
                return Ok(true);
            }
        }
        stretch.after_heavy = false;
        let reduced = self.reducer.first(values)?;
        let count = values.len() as u64;
        stretch.segment.push(key, count, Some(&reduced))?;
        Ok(false)
    }

    /// Ends the segment that is being gathered, if it has any keys; the next one begins at `next`.
    fn close_segment(&self, stretch: &mut Stretch, next: Vec<u8>) -> Result<(), Error> {
        if stretch.segment.is_empty() {
            stretch.segment.start = next;
        } else {
            let segment = stretch.segment.finish(next, self.shape, &self.reducer)?;
            stretch.segments.push(segment);
        }
        Ok(())
    }

    /// Whether all is as it was from the segment on that begins at `key`: it is not dirty, and was
    /// there before. A key behind one that became heavy begins a segment without being dirty.
    fn is_stop(&self, key: &[u8], dirty: &mut Dirty) -> Result<bool, Error> {
        dirty.pass_before(key);
        if dirty.next().is_some_and(|dirty| **dirty == *key) {
            return Ok(false);
        }
        self.rows().has_record(&Scope::outer().row(1, key))
    }

    /// The record of a heavy key, whose tree is built if there is none.
    fn heavy_key(&mut self, key: &[u8], dirty: &Dirty) -> Result<Record, Error> {
        if !dirty.contains(key) {
            let stored = self.rows().record(&Scope::outer().row(1, key))?;
            if let Some(stored) = stored.filter(Record::is_heavy) {
                return Ok(stored);
            }
        }
        let scope = Scope::inner(key.to_vec());
        let root = self.raise(&scope, 0, Vec::new())?.flatten();
        root.ok_or_else(|| Error::damaged("the entries of a view"))
    }

    /// Writes what differs on level 1; trees of keys that are not heavy any more go.
    fn write_segments(&mut self, differences: &[Difference]) -> Result<(), Error> {
        for Difference {
            start,
            record,
            was_heavy,
        } in differences
        {
            let row = Scope::outer().row(1, start);
            if *was_heavy && !record.as_ref().is_some_and(Record::is_heavy) {
                self.drop_tree(start)?;
            }
            match record {
                Some(record) => self.put(row, record),
                None => self.delete(row),
            }
        }
        Ok(())
    }
}
