//! Whether a summary is what it has to be.
//!
//! 1. **S1** Level 1 partitions the view's keys: each segment starts at a key that has entries, or
//!    is the one before the first cut, and ends where the next begins.
//! 2. **S2** A key starts a segment exactly when it is heavy, or the key before it is, or one of
//!    its entries cuts.
//! 3. **S3** The record of a segment has a height exactly when its key is heavy; then it holds the
//!    whole of that key and nothing else.
//! 4. **S4** Trees of keys exist only under heavy keys, on levels below the height in their record.
//! 5. **S5** Runs of a level begin exactly at those items of the level below that cut; before the
//!    first of them there is one without a start, if there is anything.
//! 6. **S6** No run is empty. Its count is the sum of those of its items, its value their
//!    reduction, unless that or the value of an item is too long.
//! 7. **S7** Every stored level above the lowest has at least two runs; nothing is stored at or
//!    above the height of the root.
//! 8. **S8** The root in the meta row is that of the tree. Without entries there is none, and no
//!    other row.
//! 9. **S9** So the summary depends on the entries and its shape alone.
//! 10. **S10** What user code is called with: held where it is called.
//! 11. **S11** Entries, summary and what is touched but not taken in are read from one state, and
//!     changed together: held by whoever keeps the summary.
//!
//! By S9 it is enough to compute afresh what should be there; where that and what is stored differ
//! tells which of the others does not hold.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use crate::Error;
use crate::views::summary::hash::Shape;
use crate::views::summary::record::{META, Meta, Record, Scope};
use crate::views::summary::rows::{Rows, key_part};
use crate::views::summary::run::{Run, Runs};
use crate::views::summary::values::Reducer;

/// An invariant that does not hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Violation {
    pub invariant: u8,
    /// The key of the row where it shows.
    pub row: Vec<u8>,
}

impl Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S{} does not hold at {:02x?}", self.invariant, self.row)
    }
}

/// Looks for what does not hold in a complete summary.
///
/// Calls user code for every run if `reducer` is given, and does not look at values otherwise.
/// Takes memory for the whole summary.
pub(super) fn check(
    rows: &Rows<'_>,
    meta: &Meta,
    reducer: Option<Reducer<'_>>,
) -> Result<Option<Violation>, Error> {
    let mut expected = Expected {
        shape: &meta.shape,
        reducer,
        first_key: Vec::new(),
        rows: BTreeMap::new(),
    };
    let segments = expected.segments(rows)?;
    let root = expected.tree(&Scope::outer(), segments)?;
    let height = root.as_ref().map_or(0, |root| root.height);
    for stored in rows.records(&[META[0] + 1], &[u8::MAX])? {
        let (row, stored) = stored?;
        let record = expected.rows.remove(&row);
        let invariant = match record {
            None if row[0] > INNER => Some(4),
            None if row[0] == 1 => Some(2),
            None => Some(if row[0] < height { 5 } else { 7 }),
            Some(record) => expected.difference(&record, &stored),
        };
        if let Some(invariant) = invariant {
            return Ok(Some(Violation { invariant, row }));
        }
    }
    if let Some((row, _)) = expected.rows.pop_first() {
        let invariant = if row[0] == 1 { 2 } else { 5 };
        return Ok(Some(Violation { invariant, row }));
    }
    let root_differs = match (&root, &meta.root) {
        (Some(root), Some(stored)) => expected.difference(root, stored).is_some(),
        (root, stored) => root.is_some() != stored.is_some(),
    };
    Ok(root_differs.then(|| Violation {
        invariant: 8,
        row: META.to_vec(),
    }))
}

/// Row keys of heavy keys' trees begin with more than this.
const INNER: u8 = 0x80;

/// The rows that should be there.
struct Expected<'a> {
    shape: &'a Shape,
    reducer: Option<Reducer<'a>>,
    first_key: Vec<u8>,
    rows: BTreeMap<Vec<u8>, Record>,
}

impl Expected<'_> {
    fn difference(&self, record: &Record, stored: &Record) -> Option<u8> {
        if record.height != stored.height {
            return Some(3);
        }
        let values_differ = self.reducer.is_some() && record.value != stored.value;
        (record.count != stored.count || values_differ).then_some(6)
    }

    /// What a run comes to, without a value if there is nothing to compute it with.
    fn finish(
        &self,
        run: &mut Run,
        next: &[u8],
        value_bytes_max: u64,
    ) -> Result<(Vec<u8>, Record), Error> {
        let shape = Shape {
            value_bytes_max,
            ..self.shape.clone()
        };
        match &self.reducer {
            Some(reducer) => run.finish(next.to_vec(), &shape, reducer),
            None => Ok(run.finish_without_value(next.to_vec())),
        }
    }

    /// Level 1 and the trees of heavy keys, from the entries.
    fn segments(&mut self, rows: &Rows<'_>) -> Result<Runs, Error> {
        let mut segments = Vec::new();
        let mut segment = Run::of_results(Vec::new());
        let mut after_heavy = false;
        let mut entries = rows.entries(&[], None)?.peekable();
        while let Some(first) = entries.next() {
            let (entry, stored) = first?;
            let key = key_part(&entry)?.to_vec();
            if self.first_key.is_empty() {
                self.first_key.clone_from(&key);
            }
            let mut cuts = self.shape.cuts(&entry, 1);
            let mut items = vec![(entry[key.len()..].to_vec(), item(rows.value(&stored)?))];
            while let Some(next) = entries.next_if(|next| {
                let next = next.as_ref().ok();
                next.is_some_and(|(next, _)| next.starts_with(&key))
            }) {
                let (entry, stored) = next?;
                cuts |= self.shape.cuts(&entry, 1);
                items.push((entry[key.len()..].to_vec(), item(rows.value(&stored)?)));
            }
            let is_heavy = items.len() as u64 >= self.shape.heavy_min;
            if is_heavy || after_heavy || cuts {
                self.end_segment(&mut segment, &key, &mut segments)?;
            }
            after_heavy = is_heavy;
            if is_heavy {
                let root = self.tree(&Scope::inner(key.clone()), items)?;
                segments.extend(root.map(|root| (key, root)));
                continue;
            }
            let mut whole = Run::of_entries(Vec::new());
            for (_, record) in &items {
                whole.push(&key, 1, record.value.as_deref())?;
            }
            let (_, whole) = self.finish(&mut whole, &[], u64::MAX)?;
            segment.push(&key, whole.count, whole.value.as_deref())?;
        }
        self.end_segment(&mut segment, &[], &mut segments)?;
        let outer = Scope::outer();
        for (start, record) in &segments {
            self.rows.insert(outer.row(1, start), record.clone());
        }
        Ok(segments)
    }

    fn end_segment(
        &self,
        segment: &mut Run,
        next: &[u8],
        segments: &mut Runs,
    ) -> Result<(), Error> {
        if segment.is_empty() {
            segment.start = next.to_vec();
        } else {
            segments.push(self.finish(segment, next, self.shape.value_bytes_max)?);
        }
        Ok(())
    }

    /// The levels over `items`. Returns the root.
    fn tree(&mut self, scope: &Scope, mut items: Runs) -> Result<Option<Record>, Error> {
        for level in scope.lowest_level().. {
            let mut runs = Vec::new();
            let mut run = if level == 1 {
                Run::of_entries(Vec::new())
            } else {
                Run::of_results(Vec::new())
            };
            for (item, record) in &items {
                if self.shape.cuts(&scope.hashed(item), level) {
                    self.end_segment(&mut run, item, &mut runs)?;
                }
                let key = match &item[..] {
                    _ if scope.is_inner() => scope.key(),
                    [] => &self.first_key,
                    start => start,
                };
                run.push(key, record.count, record.value.as_deref())?;
            }
            self.end_segment(&mut run, &[], &mut runs)?;
            if runs.len() < 2 {
                let root = runs.pop();
                return Ok(root.map(|(_, record)| Record {
                    height: level,
                    ..record
                }));
            }
            for (start, record) in &runs {
                self.rows.insert(scope.row(level, start), record.clone());
            }
            items = runs;
        }
        Ok(None)
    }
}

fn item(value: &[u8]) -> Record {
    Record {
        height: 0,
        count: 1,
        value: Some(value.to_vec()),
    }
}
