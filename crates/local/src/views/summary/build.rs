//! A whole summary from the entries: each is read once, each run is reduced once.
//!
//! Runs are gathered on all levels at the same time. The first run that is finished on a level is
//! held back until there is a second one: a level with a single run has none, that is the root
//! (S7). So memory holds a run for each level, and the rows that were not taken away yet.

use crate::Error;
use crate::views::summary::hash::Shape;
use crate::views::summary::record::{Record, Scope};
use crate::views::summary::rows::{Rows, key_part};
use crate::views::summary::run::Run;
use crate::views::summary::values::{Reducer, Values};

/// A row of a summary: its key and what it holds.
pub(super) type Row = (Vec<u8>, Record);

/// Takes rows, in any order.
pub(super) type TakeRow<'a> = dyn FnMut(Row) -> Result<(), Error> + 'a;

/// A summary while it is built.
pub(super) struct Build<'a> {
    pub shape: &'a Shape,
    pub reducer: Reducer<'a>,
    pub take: &'a mut TakeRow<'a>,
}

/// The segments that are gathered, and the levels over them.
struct Outer {
    segment: Run,
    levels: Levels,
    /// The key before was heavy.
    after_heavy: bool,
}

/// The entries of one key.
struct Key {
    /// The key with its terminator.
    part: Vec<u8>,
    values: Values,
    /// The documents, one after the other, and where each ends, as long as there are few.
    documents: Vec<u8>,
    ends: Vec<usize>,
    /// A segment begins with it.
    cuts: bool,
    /// The tree over the documents, when there are many.
    tree: Option<Levels>,
}

impl Build<'_> {
    /// Builds the summary of the entries in `rows`. Returns the root.
    pub fn run(&mut self, rows: &Rows<'_>) -> Result<Option<Record>, Error> {
        let mut entries = rows.entries(&[], None)?;
        let Some(first) = entries.next().transpose()? else {
            return Ok(None);
        };
        let mut key = Key::new(key_part(&first.0)?);
        let mut outer = Outer {
            segment: Run::of_results(Vec::new()),
            levels: Levels::new(Scope::outer(), key.part.clone()),
            after_heavy: false,
        };
        self.entry(&mut key, &first.0, rows.value(&first.1)?)?;
        for entry in entries {
            let (entry, stored) = entry?;
            if !entry.starts_with(&key.part) {
                self.end_key(&mut outer, &mut key)?;
                key.begin(key_part(&entry)?);
            }
            self.entry(&mut key, &entry, rows.value(&stored)?)?;
        }
        self.end_key(&mut outer, &mut key)?;
        self.end_segment(&mut outer, &[])?;
        outer.levels.finish(self)
    }

    /// Adds the next entry of a key.
    fn entry(&mut self, key: &mut Key, entry: &[u8], value: &[u8]) -> Result<(), Error> {
        let document = entry.get(key.part.len()..).unwrap_or_default();
        if let Some(tree) = &mut key.tree {
            return tree.push(self, 0, document, 1, Some(value));
        }
        key.values.push(&key.part, value)?;
        key.documents.extend_from_slice(document);
        key.ends.push(key.documents.len());
        key.cuts = key.cuts || self.shape.cuts(entry, 1);
        if key.values.len() as u64 >= self.shape.heavy_min {
            let mut tree = Levels::new(Scope::inner(key.part.clone()), Vec::new());
            let mut start = 0;
            for (end, (_, value)) in key.ends.iter().zip(key.values.slices()) {
                tree.push(self, 0, &key.documents[start..*end], 1, Some(value))?;
                start = *end;
            }
            key.tree = Some(tree);
        }
        Ok(())
    }

    /// Adds a key, all of whose entries are known, to the segments.
    fn end_key(&mut self, outer: &mut Outer, key: &mut Key) -> Result<(), Error> {
        if let Some(tree) = key.tree.take() {
            self.end_segment(outer, &[])?;
            let root = tree.finish(self)?;
            let root = root.ok_or_else(|| Error::damaged("the entries of a view"))?;
            self.add_segment(outer, &key.part, root)?;
            outer.after_heavy = true;
            return Ok(());
        }
        if key.cuts || outer.after_heavy {
            self.end_segment(outer, &key.part)?;
        }
        outer.after_heavy = false;
        let reduced = self.reducer.first(&key.values)?;
        let count = key.values.len() as u64;
        outer.segment.push(&key.part, count, Some(&reduced))
    }

    /// Ends the segment that is being gathered, if it has any keys; the next one begins at `next`.
    fn end_segment(&mut self, outer: &mut Outer, next: &[u8]) -> Result<(), Error> {
        if outer.segment.is_empty() {
            outer.segment.start = next.to_vec();
            return Ok(());
        }
        let segment = &mut outer.segment;
        let (start, record) = segment.finish(next.to_vec(), self.shape, &self.reducer)?;
        self.add_segment(outer, &start, record)
    }

    fn add_segment(
        &mut self,
        outer: &mut Outer,
        start: &[u8],
        record: Record,
    ) -> Result<(), Error> {
        let levels = &mut outer.levels;
        levels.push(self, 0, start, record.count, record.value.as_deref())?;
        (self.take)((Scope::outer().row(1, start), record))
    }
}

impl Key {
    fn new(key: &[u8]) -> Self {
        Self {
            part: key.to_vec(),
            values: Values::default(),
            documents: Vec::new(),
            ends: Vec::new(),
            cuts: false,
            tree: None,
        }
    }

    /// Goes on with another key.
    fn begin(&mut self, key: &[u8]) {
        self.part.clear();
        self.part.extend_from_slice(key);
        self.values.clear();
        self.documents.clear();
        self.ends.clear();
        self.cuts = false;
        self.tree = None;
    }
}

/// The levels of one tree whose runs are cut by the hash of their items alone.
struct Levels {
    scope: Scope,
    /// The smallest key that runs without a start cover.
    first_key: Vec<u8>,
    stored: Vec<Level>,
}

struct Level {
    run: Run,
    /// The first run that was finished, until there is another one.
    held: Option<Row>,
    is_stored: bool,
}

impl Levels {
    const fn new(scope: Scope, first_key: Vec<u8>) -> Self {
        Self {
            scope,
            first_key,
            stored: Vec::new(),
        }
    }

    /// Adds an item to the level `above` the lowest.
    fn push(
        &mut self,
        build: &mut Build<'_>,
        above: u8,
        item: &[u8],
        count: u64,
        value: Option<&[u8]>,
    ) -> Result<(), Error> {
        let level = self.scope.lowest_level() + above;
        let at = usize::from(above);
        if self.stored.len() == at {
            let run = if level == 1 {
                Run::of_entries(Vec::new())
            } else {
                Run::of_results(Vec::new())
            };
            self.stored.push(Level {
                run,
                held: None,
                is_stored: false,
            });
        }
        if build.shape.cuts(&self.scope.hashed(item), level) {
            let run = &mut self.stored[at].run;
            if run.is_empty() {
                run.start = item.to_vec();
            } else {
                let finished = run.finish(item.to_vec(), build.shape, &build.reducer)?;
                self.finished(build, above, finished)?;
            }
        }
        let key = match item {
            _ if self.scope.is_inner() => self.scope.key(),
            [] => &self.first_key,
            start => start,
        };
        self.stored[at].run.push(key, count, value)
    }

    /// Adds a run of the level `above` the lowest, whose items are all known, to the next one.
    fn finished(
        &mut self,
        build: &mut Build<'_>,
        above: u8,
        (start, record): Row,
    ) -> Result<(), Error> {
        self.push(
            build,
            above + 1,
            &start,
            record.count,
            record.value.as_deref(),
        )?;
        let row = (
            self.scope.row(self.scope.lowest_level() + above, &start),
            record,
        );
        let level = &mut self.stored[usize::from(above)];
        if level.is_stored {
            return (build.take)(row);
        }
        let Some(first) = level.held.take() else {
            level.held = Some(row);
            return Ok(());
        };
        level.is_stored = true;
        (build.take)(first)?;
        (build.take)(row)
    }

    /// Ends all levels. Returns the root, with its height.
    fn finish(mut self, build: &mut Build<'_>) -> Result<Option<Record>, Error> {
        for above in 0.. {
            let Some(level) = self.stored.get_mut(usize::from(above)) else {
                break;
            };
            let last = level.run.finish(Vec::new(), build.shape, &build.reducer)?;
            if !level.is_stored && level.held.is_none() {
                return Ok(Some(Record {
                    height: self.scope.lowest_level() + above,
                    ..last.1
                }));
            }
            self.finished(build, above, last)?;
        }
        Ok(None)
    }
}
