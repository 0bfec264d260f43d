//! Committed rows that are not yet in the file of their database, in order.
//!
//! A row is stored once for each version, so that readers of an older state find what was there
//! then. The version is the position of the write set in the chain of its database. Any number of
//! threads adds and reads. A row is there for readers from when its version is published; until
//! then it may be withdrawn.
//!
//! Invariants:
//! 1. Versions of one row are next to each other, the newest first.
//! 2. What was published is never changed or removed.
//! 3. `bytes` is at least the memory taken.
//! 4. The filter, once it is used, knows every row that readers know of.

use std::cmp::Ordering;
use std::ops::Bound;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering as Atomic, fence};

use crossbeam_skiplist::SkipMap;
use crossbeam_skiplist::map::Entry;

use crate::filter::Filter;
use crate::read::Direction;

/// How many versions of a row are passed one by one before the rest is skipped.
const VERSIONS_PASSED_MAX: usize = 8;

/// What a row takes beside the bytes of its key and value.
const ROW_BYTES: usize = 160;

#[derive(Debug, PartialEq, Eq)]
struct Place {
    /// The first bytes of the key, padded with zeros. They decide most comparisons, without a look
    /// at memory somewhere else.
    start: u128,
    row_key: Vec<u8>,
    version: u64,
}

impl Place {
    fn new(row_key: Vec<u8>, version: u64) -> Self {
        let mut start = [0; 16];
        let known = row_key.len().min(start.len());
        start[..known].copy_from_slice(&row_key[..known]);
        Self {
            start: u128::from_be_bytes(start),
            row_key,
            version,
        }
    }

    fn of(row_key: &[u8], version: u64) -> Self {
        Self::new(row_key.to_vec(), version)
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_key = || self.row_key.cmp(&other.row_key);
        let newest_first = || other.version.cmp(&self.version);
        let by_start = self.start.cmp(&other.start);
        by_start.then_with(by_key).then_with(newest_first)
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// How many removals a memtable takes. Whoever reads a range passes over each of them.
const REMOVALS_MAX: usize = 8_192;

/// From this many rows on, a filter is worth its memory.
const FILTERED_ROWS_MIN: usize = 2_048;

/// How much smaller the filter is than what the memtable may grow to.
const FILTER_SHARE: usize = 128;

fn row_bytes(row_key: &[u8], value: Option<&[u8]>) -> usize {
    row_key.len() + value.map_or(0, <[u8]>::len) + ROW_BYTES
}

#[derive(Debug, Default)]
pub(crate) struct Memtable {
    rows: SkipMap<Place, Option<Vec<u8>>>,
    /// How large it is expected to get.
    bytes_max: usize,
    bytes: AtomicUsize,
    removals: AtomicUsize,
    /// How many rows there are until a filter is made.
    unfiltered: AtomicUsize,
    filter: OnceLock<Filter>,
    /// Whether the rows from before there was a filter are in it.
    is_filtered: AtomicBool,
}

/// One version of one row.
pub(crate) struct Stored<'a>(Entry<'a, Place, Option<Vec<u8>>>);

impl Stored<'_> {
    pub(crate) fn row_key(&self) -> &[u8] {
        &self.0.key().row_key
    }

    /// The value, or nothing when the row was removed.
    pub(crate) fn value(&self) -> Option<&[u8]> {
        self.0.value().as_deref()
    }
}

impl Memtable {
    /// Makes an empty one that is expected to take up to `bytes_max`.
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self {
            bytes_max,
            ..Self::default()
        }
    }

    /// Makes an empty one of the same kind.
    pub(crate) fn successor(&self) -> Self {
        Self::new(self.bytes_max)
    }

    /// Adds a row, or its removal, as of a version that readers do not know yet.
    pub(crate) fn add(&self, row_key: Vec<u8>, version: u64, value: Option<Vec<u8>>) {
        let bytes = row_bytes(&row_key, value.as_deref());
        // First, so that it is never less than what is there.
        self.bytes.fetch_add(bytes, Atomic::Relaxed);
        if value.is_none() {
            self.removals.fetch_add(1, Atomic::Relaxed);
        }
        let added = self.rows.insert(Place::new(row_key, version), value);
        // Either whoever makes a filter finds this row, or the filter is found here.
        fence(Atomic::SeqCst);
        match self.filter.get() {
            Some(filter) => filter.add(&added.key().row_key),
            None => self.begin_to_filter(&added.key().row_key),
        }
    }

    /// Removes a row that was added and will never be published.
    pub(crate) fn withdraw(&self, row_key: &[u8], version: u64) {
        let Some(removed) = self.rows.remove(&Place::of(row_key, version)) else {
            return;
        };
        let bytes = row_bytes(row_key, removed.value().as_deref());
        self.bytes.fetch_sub(bytes, Atomic::Relaxed);
        if removed.value().is_none() {
            self.removals.fetch_sub(1, Atomic::Relaxed);
        }
    }

    /// Makes the filter when this row is one of many.
    fn begin_to_filter(&self, row_key: &[u8]) {
        if self.unfiltered.fetch_add(1, Atomic::Relaxed) < FILTERED_ROWS_MIN {
            return;
        }
        let is_first = self
            .filter
            .set(Filter::new(self.bytes_max / FILTER_SHARE))
            .is_ok();
        fence(Atomic::SeqCst);
        let Some(filter) = self.filter.get() else {
            return;
        };
        filter.add(row_key);
        if is_first {
            for row in &self.rows {
                filter.add(&row.key().row_key);
            }
            self.is_filtered.store(true, Atomic::Release);
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Atomic::Relaxed)
    }

    /// Whether it should be written to the file.
    pub(crate) fn is_large(&self, bytes_max: usize) -> bool {
        self.bytes() >= bytes_max || self.removals.load(Atomic::Relaxed) >= REMOVALS_MAX
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes() == 0
    }

    /// The newest row with this key up to `version`.
    pub(crate) fn find(&self, row_key: &[u8], version: u64) -> Option<Stored<'_>> {
        if self.is_filtered.load(Atomic::Acquire)
            && let Some(filter) = self.filter.get()
            && !filter.may_hold(row_key)
        {
            return None;
        }
        let place = Place::of(row_key, version);
        let found = self.rows.lower_bound(Bound::Included(&place))?;
        (found.key().row_key == row_key).then_some(Stored(found))
    }

    /// The newest of each row up to `version`, within a range of keys that must not be void.
    pub(crate) fn range(
        &self,
        version: u64,
        (start, end): (Bound<&[u8]>, Bound<&[u8]>),
        direction: Direction,
    ) -> MemoryRange<'_> {
        // The newest version of a key comes first, and there is no version 0.
        let before = |key| Place::of(key, u64::MAX);
        let after = |key| Place::of(key, 0);
        let next = match direction {
            Direction::Ascending => match start {
                Bound::Unbounded => self.rows.front(),
                Bound::Included(key) => self.rows.lower_bound(Bound::Included(&before(key))),
                Bound::Excluded(key) => self.rows.lower_bound(Bound::Included(&after(key))),
            },
            Direction::Descending => match end {
                Bound::Unbounded => self.rows.back(),
                Bound::Included(key) => self.rows.upper_bound(Bound::Included(&after(key))),
                Bound::Excluded(key) => self.rows.upper_bound(Bound::Excluded(&before(key))),
            },
        };
        let limit = match direction {
            Direction::Ascending => end,
            Direction::Descending => start,
        };
        MemoryRange {
            rows: &self.rows,
            next: next.map(Stored),
            version,
            limit: limit.map(<[u8]>::to_vec),
            direction,
        }
    }
}

/// Rows of a memtable in the order of their keys, as of one version.
pub(crate) struct MemoryRange<'a> {
    rows: &'a SkipMap<Place, Option<Vec<u8>>>,
    /// The first version not looked at yet.
    next: Option<Stored<'a>>,
    version: u64,
    limit: Bound<Vec<u8>>,
    direction: Direction,
}

impl<'a> MemoryRange<'a> {
    fn is_within(&self, row_key: &[u8]) -> bool {
        match (&self.limit, self.direction) {
            (Bound::Unbounded, _) => true,
            (Bound::Included(end), Direction::Ascending) => row_key <= end.as_slice(),
            (Bound::Excluded(end), Direction::Ascending) => row_key < end.as_slice(),
            (Bound::Included(start), Direction::Descending) => row_key >= start.as_slice(),
            (Bound::Excluded(start), Direction::Descending) => row_key > start.as_slice(),
        }
    }

    fn step(&self, stored: &Stored<'a>) -> Option<Stored<'a>> {
        match self.direction {
            Direction::Ascending => stored.0.next().map(Stored),
            Direction::Descending => stored.0.prev().map(Stored),
        }
    }
}

impl<'a> Iterator for MemoryRange<'a> {
    type Item = Stored<'a>;

    fn next(&mut self) -> Option<Stored<'a>> {
        loop {
            let first = self.next.take()?;
            if !self.is_within(first.row_key()) {
                return None;
            }
            let found = self.newest_visible(first);
            if found.is_some() {
                return found;
            }
        }
    }
}

impl<'a> MemoryRange<'a> {
    /// Passes all versions of the row of `first`. Returns the newest that is old enough.
    fn newest_visible(&mut self, first: Stored<'a>) -> Option<Stored<'a>> {
        // Descending, the newest comes last.
        let (mut found, mut last) = self.sort_out(first, None);
        let mut passed = 1;
        loop {
            let row = found.as_ref().or(last.as_ref())?;
            if passed > VERSIONS_PASSED_MAX
                && self.direction == Direction::Ascending
                && found.is_some()
            {
                // The versions that are left are all of no interest.
                let end = Place::of(row.row_key(), 0);
                let next = self.rows.lower_bound(Bound::Excluded(&end));
                self.next = next.map(Stored);
                return found;
            }
            // From the last one looked at, which may be another than the one found.
            let at = last.as_ref().or(found.as_ref())?;
            let Some(next) = self.step(at) else {
                return found;
            };
            if next.row_key() != row.row_key() {
                self.next = Some(next);
                return found;
            }
            passed += 1;
            (found, last) = self.sort_out(next, found);
        }
    }

    /// Decides between the version reached and the best one so far. Returns the better one, and the
    /// one reached if that is another.
    fn sort_out(
        &self,
        reached: Stored<'a>,
        best: Option<Stored<'a>>,
    ) -> (Option<Stored<'a>>, Option<Stored<'a>>) {
        let is_better = match self.direction {
            Direction::Ascending => best.is_none(),
            Direction::Descending => true,
        };
        if is_better && reached.0.key().version <= self.version {
            (Some(reached), None)
        } else {
            (best, Some(reached))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(memtable: &Memtable, version: u64, direction: Direction) -> String {
        let rows = memtable.range(version, (Bound::Unbounded, Bound::Unbounded), direction);
        let rows = rows.map(|row| format!("{}{:?}", row.row_key()[0], row.value().map(|v| v[0])));
        rows.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_version_reads_what_was_there_then() {
        let memtable = Memtable::default();
        assert!(memtable.is_empty());
        memtable.add(vec![1], 1, Some(vec![10]));
        memtable.add(vec![2], 1, Some(vec![20]));
        memtable.add(vec![1], 3, None);
        memtable.add(vec![0], 4, Some(vec![0]));
        memtable.add(vec![1], 5, Some(vec![11]));
        let (up, down) = (Direction::Ascending, Direction::Descending);
        assert_eq!(shown(&memtable, 0, up), "");
        assert_eq!(shown(&memtable, 0, down), "");
        assert_eq!(shown(&memtable, 2, up), "1Some(10) 2Some(20)");
        assert_eq!(shown(&memtable, 2, down), "2Some(20) 1Some(10)");
        assert_eq!(shown(&memtable, 3, up), "1None 2Some(20)");
        assert_eq!(shown(&memtable, 5, up), "0Some(0) 1Some(11) 2Some(20)");
        assert_eq!(shown(&memtable, 5, down), "2Some(20) 1Some(11) 0Some(0)");
        assert!(memtable.find(&[1], 0).is_none());
        assert_eq!(memtable.find(&[1], 4).unwrap().value(), None);
        assert_eq!(memtable.find(&[1], 9).unwrap().value(), Some(&[11][..]));
        assert!(memtable.find(&[3], 9).is_none());
    }

    #[test]
    fn places_are_in_the_order_of_their_keys_whatever_they_begin_with() {
        let mut keys = vec![
            vec![],
            vec![0],
            vec![0; 15],
            vec![0; 16],
            vec![0; 17],
            vec![255; 20],
        ];
        for length in [1, 15, 16, 17, 30] {
            for last in [0, 1, 255] {
                let mut key = vec![7; length];
                key.push(last);
                keys.push(key);
            }
        }
        for (a, b) in keys.iter().flat_map(|a| keys.iter().map(move |b| (a, b))) {
            let order = Place::of(a, 1).cmp(&Place::of(b, 1));
            assert_eq!(order, a.cmp(b), "{a:?} {b:?}");
            let newer = Place::of(a, 2).cmp(&Place::of(b, 1));
            assert_eq!(newer, a.cmp(b).then(Ordering::Less), "{a:?} {b:?}");
        }
    }

    #[test]
    fn what_is_withdrawn_leaves_the_versions_beside_it() {
        let memtable = Memtable::default();
        memtable.add(vec![1], 1, Some(vec![10]));
        let bytes = memtable.bytes();
        memtable.add(vec![1], 2, None);
        memtable.add(vec![2], 2, Some(vec![20]));
        memtable.withdraw(&[1], 2);
        memtable.withdraw(&[2], 2);
        memtable.withdraw(&[3], 2);
        assert_eq!(memtable.bytes(), bytes);
        memtable.add(vec![2], 3, Some(vec![21]));
        assert_eq!(
            shown(&memtable, 3, Direction::Ascending),
            "1Some(10) 2Some(21)"
        );
    }

    #[test]
    fn a_filter_that_is_made_while_threads_add_knows_every_row() {
        let memtable = Memtable::new(1 << 20);
        let keys = |thread: u32| (0..2_000_u32).map(move |n| (thread * 2_000 + n).to_be_bytes());
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let memtable = &memtable;
                scope.spawn(move || {
                    for key in keys(thread) {
                        memtable.add(key.to_vec(), 1, None);
                    }
                });
            }
        });
        assert!(memtable.is_filtered.load(Atomic::Relaxed));
        for key in (0..4).flat_map(keys) {
            assert!(memtable.find(&key, 1).is_some());
        }
    }

    #[test]
    fn bounds_hold_in_both_directions() {
        let memtable = Memtable::default();
        for key in 0..5 {
            for version in 1..4 {
                memtable.add(vec![key], version, Some(vec![key]));
            }
        }
        let keys = |start: Bound<u8>, end: Bound<u8>, direction| -> Vec<u8> {
            let (start, end) = (start.map(|key| vec![key]), end.map(|key| vec![key]));
            let range = (
                start.as_ref().map(Vec::as_slice),
                end.as_ref().map(Vec::as_slice),
            );
            let rows = memtable.range(2, range, direction);
            rows.map(|row| row.row_key()[0]).collect()
        };
        let (inside, outside) = (Bound::Included, Bound::Excluded);
        for (start, end, expected) in [
            (inside(1), inside(3), vec![1, 2, 3]),
            (outside(1), outside(3), vec![2]),
            (inside(3), Bound::Unbounded, vec![3, 4]),
            (Bound::Unbounded, outside(1), vec![0]),
        ] {
            assert_eq!(keys(start, end, Direction::Ascending), expected);
            let mut back = keys(start, end, Direction::Descending);
            back.reverse();
            assert_eq!(back, expected);
        }
    }
}
