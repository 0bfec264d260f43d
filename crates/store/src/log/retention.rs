//! Which segments are still needed.
//!
//! Invariants:
//! 1. A segment is given up only when everything in it is in the files of its databases, or
//!    belongs to databases that were deleted.
//! 2. Segments are given up oldest first, and the one being written never.

use std::collections::{BTreeMap, HashMap};
use std::sync::Weak;

use super::replay::Marks;
use crate::database::Inner;
use crate::ids::Stream;

/// How many full segments a database may hold back before it is asked for a checkpoint.
const SEGMENTS_MAX: usize = 3;

#[derive(Default)]
pub(super) struct Retention {
    segments: BTreeMap<u64, Marks>,
    streams: HashMap<Stream, Progress>,
    /// Whether every database was opened whose records were found.
    all_known: bool,
}

/// What the marks of some streams were before.
pub(super) type Replaced = Vec<(Stream, Option<u64>)>;

struct Progress {
    name: String,
    /// How far the file of the database is.
    applied: u64,
    database: Weak<Inner>,
}

impl Retention {
    pub(super) fn new(segments: BTreeMap<u64, Marks>) -> Self {
        Self {
            segments,
            ..Self::default()
        }
    }

    /// Takes note of an open database.
    pub(super) fn register(
        &mut self,
        stream: Stream,
        name: &str,
        applied: u64,
        database: Weak<Inner>,
    ) {
        let progress = Progress {
            name: name.to_owned(),
            applied,
            database,
        };
        self.streams.insert(stream, progress);
    }

    /// The name of an open database.
    pub(super) fn name(&self, stream: Stream) -> Option<String> {
        let progress = self.streams.get(&stream)?;
        (!progress.name.is_empty()).then(|| progress.name.clone())
    }

    /// The database of a stream, as long as it is open.
    pub(super) fn database(&self, stream: Stream) -> Weak<Inner> {
        let progress = self.streams.get(&stream);
        progress.map_or_else(Weak::new, |progress| progress.database.clone())
    }

    pub(super) fn advance(&mut self, stream: Stream, applied: u64) {
        if let Some(progress) = self.streams.get_mut(&stream) {
            progress.applied = progress.applied.max(applied);
        }
    }

    /// Takes note that nobody needs the records of a stream any more.
    pub(super) fn forget(&mut self, stream: Stream) {
        self.register(stream, "", u64::MAX, Weak::new());
    }

    /// Takes note that streams without a database have none for ever.
    pub(super) fn know_all(&mut self) {
        self.all_known = true;
    }

    pub(super) fn begin(&mut self, id: u64) {
        self.segments.entry(id).or_default();
    }

    /// Takes note that a segment was removed because it was begun in vain.
    pub(super) fn end(&mut self, id: u64) {
        self.segments.remove(&id);
    }

    /// Takes note of what is about to be written, and returns what that replaces.
    pub(super) fn mark(&mut self, id: u64, marks: &[(Stream, u64)]) -> Replaced {
        let segment = self.segments.entry(id).or_default();
        let mark = |(stream, index): &(Stream, u64)| {
            let before = segment.get(stream).copied();
            segment.insert(*stream, before.map_or(*index, |before| before.max(*index)));
            (*stream, before)
        };
        marks.iter().map(mark).collect()
    }

    /// Takes note that it was not written after all.
    pub(super) fn unmark(&mut self, id: u64, replaced: Replaced) {
        let Some(segment) = self.segments.get_mut(&id) else {
            return;
        };
        for (stream, before) in replaced.into_iter().rev() {
            match before {
                Some(index) => segment.insert(stream, index),
                None => segment.remove(&stream),
            };
        }
    }

    pub(super) fn last(&self) -> u64 {
        self.segments.last_key_value().map_or(0, |(id, _)| *id)
    }

    fn is_needed(&self, marks: &Marks) -> bool {
        marks
            .iter()
            .any(|(stream, index)| match self.streams.get(stream) {
                Some(progress) => progress.applied < *index,
                None => !self.all_known,
            })
    }

    /// Whether some segment, also the one being written, is needed.
    pub(super) fn is_any_needed(&self) -> bool {
        self.segments.values().any(|marks| self.is_needed(marks))
    }

    /// The segments that are not needed any more, but for the last.
    pub(super) fn give_up(&mut self) -> Vec<u64> {
        let mut given_up = Vec::new();
        while self.segments.len() > 1
            && let Some(first) = self.segments.first_entry()
        {
            let marks = first.get().clone();
            let id = *first.key();
            if self.is_needed(&marks) {
                break;
            }
            self.segments.remove(&id);
            given_up.push(id);
        }
        debug_assert!(
            !self.segments.is_empty() || given_up.is_empty(),
            "2: the segment being written is given up"
        );
        given_up
    }

    /// The databases to ask for a checkpoint, because they hold back too many segments.
    pub(super) fn laggards(&self) -> Vec<Weak<Inner>> {
        // Those with nothing in them were begun when the disk was full, but for the last.
        let last = self.last();
        let is_used = |(id, marks): &(&u64, &Marks)| **id == last || !marks.is_empty();
        let mut used = self.segments.iter().filter(is_used);
        let Some((_, marks)) = used.next() else {
            return Vec::new();
        };
        if used.count() < SEGMENTS_MAX {
            return Vec::new();
        }
        marks
            .iter()
            .filter_map(|(stream, index)| {
                let progress = self.streams.get(stream)?;
                (progress.applied < *index).then(|| progress.database.clone())
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_go_in_order_when_everybody_is_past_them() {
        let mut retention = Retention::default();
        let (a, b) = (Stream::from(1), Stream::from(2));
        retention.register(a, "a", 0, Weak::new());
        retention.register(b, "b", 0, Weak::new());
        for (id, marks) in [
            (1, [(a, 5), (b, 1)]),
            (2, [(a, 9), (b, 1)]),
            (3, [(a, 10), (b, 2)]),
        ] {
            retention.begin(id);
            retention.mark(id, &marks);
        }
        retention.advance(a, 9);
        assert!(retention.give_up().is_empty());
        assert_eq!(retention.laggards().len(), 0);
        retention.begin(4);
        assert_eq!(retention.laggards().len(), 1);
        retention.advance(b, 1);
        assert_eq!(retention.give_up(), [1, 2]);
        retention.forget(b);
        assert!(retention.give_up().is_empty());
        retention.advance(a, 10);
        assert_eq!(retention.give_up(), [3]);
        assert!(!retention.is_any_needed());
        assert!(retention.give_up().is_empty());
        assert_eq!(retention.last(), 4);
    }

    #[test]
    fn records_of_unknown_streams_are_kept_until_all_databases_are_known() {
        let marks = Marks::from([(Stream::from(7), 1)]);
        let mut retention = Retention::new(BTreeMap::from([(1, marks), (2, Marks::new())]));
        assert!(retention.give_up().is_empty());
        assert!(retention.is_any_needed());
        retention.know_all();
        assert_eq!(retention.give_up(), [1]);
    }
}
