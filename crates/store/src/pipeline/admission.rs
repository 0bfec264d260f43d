//! The short critical section: is what was planned still right, and if so, what is its place?
//!
//! Nothing here reads the file. A draft is compared with the write sets admitted since its plan
//! began, most of them before the section is even entered.

use std::sync::{Arc, MutexGuard};

use super::{Head, Pipeline};
use crate::catalog::Catalog;
use crate::chain::{Admitted, Node};
use crate::error::Error;
use crate::ids::{Sequence, TableId};
use crate::log::Log;
use crate::plan::SEQUENCE_BYTES;
use crate::published::missing;
use crate::sync::lock;
use crate::writes::{Effect, Guards, Writes};

/// What a write set is to the outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A transaction: it takes a sequence.
    Logged,
    /// Something that can be made again from what is logged.
    Derived,
    /// A change of the list of tables.
    Catalog,
    /// The removal of rows of a dropped table, which goes on after a crash.
    Swept,
}

impl Kind {
    /// Whether it is answered only when it is durable. What is not may be taken back by a crash,
    /// but never without everything after it.
    pub(crate) fn is_synced(self) -> bool {
        matches!(self, Self::Logged | Self::Catalog)
    }
}

/// A value to keep the greater of, and what it was compared with.
#[derive(Debug)]
pub(crate) struct Raise {
    pub(crate) table: TableId,
    pub(crate) key: Vec<u8>,
    /// What is under the key below this draft.
    pub(crate) base: Option<Vec<u8>>,
}

/// A planned transaction, not yet admitted.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) kind: Kind,
    pub(crate) writes: Writes,
    /// Keys have room for the sequence in front.
    pub(crate) appends: Vec<(TableId, Vec<u8>, Vec<u8>)>,
    pub(crate) guards: Guards,
    pub(crate) raises: Vec<Raise>,
    /// The catalog after this draft, when it changes it.
    pub(crate) catalog: Option<Catalog>,
}

impl Draft {
    /// A change that was made under the section, or that nobody can conflict with.
    pub(crate) fn internal(kind: Kind, writes: Writes, catalog: Option<Catalog>) -> Self {
        Self {
            kind,
            writes,
            appends: Vec::new(),
            guards: Guards::default(),
            raises: Vec::new(),
            catalog,
        }
    }

    /// Takes in a write set admitted after the plan began. Returns whether the draft still holds.
    fn meet(&mut self, newer: &Writes) -> bool {
        for (table, keys) in self.guards.tables() {
            let Some(writes) = newer.table(table) else {
                continue;
            };
            let touched = if keys.len() <= writes.len() {
                keys.iter().any(|key| writes.contains_key(key))
            } else {
                writes.keys().any(|key| keys.contains(key))
            };
            if touched {
                return false;
            }
        }
        for raise in &mut self.raises {
            match newer.get(raise.table, &raise.key) {
                Some(Effect::Put(value) | Effect::Raise(value)) => {
                    raise.base = Some(value.clone());
                }
                Some(Effect::Delete) => raise.base = None,
                None => {}
            }
        }
        true
    }

    /// Takes in everything admitted after `node`, as far as it is linked by now. Returns the last
    /// node met, or nothing when the draft no longer holds.
    fn meet_all_after(&mut self, node: &Arc<Node>) -> Option<Arc<Node>> {
        let mut last = node;
        while let Some(next) = last.next() {
            if !self.meet(&next.writes) {
                return None;
            }
            last = next;
        }
        Some(Arc::clone(last))
    }

    /// Turns raises into puts, and removes those that change nothing.
    fn resolve_raises(&mut self) {
        for raise in self.raises.drain(..) {
            let Some(Effect::Raise(value)) = self.writes.get(raise.table, &raise.key) else {
                continue;
            };
            if raise.base.as_ref().is_some_and(|base| base >= value) {
                self.writes.remove(raise.table, &raise.key);
            } else {
                let value = value.clone();
                self.writes.set(raise.table, raise.key, Effect::Put(value));
            }
        }
    }

    fn place_appends(&mut self, sequence: Sequence) {
        for (table, mut key, value) in self.appends.drain(..) {
            key[..SEQUENCE_BYTES].copy_from_slice(&sequence.as_u64().to_be_bytes());
            self.writes.set(table, key, Effect::Put(value));
        }
    }

    fn bytes(&self) -> usize {
        let appended = self.appends.iter();
        self.writes.bytes()
            + appended
                .map(|(_, key, value)| key.len() + value.len())
                .sum::<usize>()
    }

    fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.appends.is_empty()
    }
}

/// What became of a draft.
pub(crate) enum Admission {
    /// It has a place; its thread now owes a call of [`Pipeline::finish`].
    Admitted(Ticket),
    /// It changes nothing, but was right as of this node.
    Nothing(Arc<Node>),
    /// It must be planned again.
    Conflict,
    /// It cannot be done, as of this node.
    Refused(Arc<Node>, Error),
}

/// The place of an admitted write set.
#[must_use = "whoever was admitted must see to it that it is committed"]
pub(crate) struct Ticket {
    pub(crate) sequence: Option<Sequence>,
    pub(super) node: Arc<Node>,
}

/// The right to admit, held by one thread at a time.
pub(crate) struct Section<'a> {
    pipeline: &'a Pipeline,
    _guard: MutexGuard<'a, ()>,
}

impl<'a> Section<'a> {
    pub(super) fn new(pipeline: &'a Pipeline, guard: MutexGuard<'a, ()>) -> Self {
        Self {
            pipeline,
            _guard: guard,
        }
    }

    /// Gives a draft its place, if it still holds after everything admitted since `head`.
    pub(crate) fn admit(&self, mut draft: Draft, seen: &Arc<Node>) -> Result<Admission, Error> {
        let Some(tail) = draft.meet_all_after(seen) else {
            return Ok(Admission::Conflict);
        };
        draft.resolve_raises();
        if draft.is_empty() {
            return Ok(Admission::Nothing(tail));
        }
        if let Err(error) = self.check_draft(&draft, &tail) {
            return Ok(Admission::Refused(tail, error));
        }
        let (sequence, last) = match draft.kind {
            Kind::Logged => {
                let next = Sequence::from(tail.sequence.as_u64() + 1);
                (Some(next), next)
            }
            Kind::Derived | Kind::Catalog | Kind::Swept => (None, tail.sequence),
        };
        if let Some(sequence) = sequence {
            draft.place_appends(sequence);
        }
        #[cfg(debug_assertions)]
        draft.writes.check();
        let catalog = match draft.catalog {
            Some(catalog) => Arc::new(catalog),
            None => Arc::clone(&tail.catalog),
        };
        let index = tail.index + 1;
        let log = self.pipeline.log.as_ref();
        let record = log.map(|(_, stream)| Log::encode(*stream, index, last, &draft.writes));
        let mut state = lock(&self.pipeline.state);
        self.pipeline.check(&state)?;
        if tail.undone().is_some() {
            return Ok(Admission::Conflict);
        }
        // Meanwhile at most an empty node has become the last.
        let mut awaited = state.tail.awaited;
        if let (Some((log, stream)), Some(record)) = (log, record) {
            match log.hand_in(*stream, index, record, draft.kind.is_synced()) {
                Ok(Some(number)) => awaited = number,
                Ok(None) => {}
                Err(failure) => {
                    drop(state);
                    return Err(self.pipeline.failed(&failure));
                }
            }
        }
        let node = state.tail.extend(Admitted {
            sequence: last,
            awaited,
            catalog,
            writes: draft.writes,
            memtable: Some(Arc::clone(&state.filling)),
        });
        state.tail = Arc::clone(&node);
        state.check();
        Ok(Admission::Admitted(Ticket { sequence, node }))
    }

    fn check_draft(&self, draft: &Draft, tail: &Node) -> Result<(), Error> {
        if matches!(draft.kind, Kind::Catalog | Kind::Swept) {
            return Ok(());
        }
        let bytes = draft.bytes();
        let limit = self.pipeline.limits.transaction;
        if bytes > limit {
            return Err(Error::TransactionTooLarge { bytes, limit });
        }
        let written = draft.writes.tables().map(|(table, _)| table);
        let appended = draft.appends.iter().map(|(table, _, _)| *table);
        for table in written.chain(appended) {
            if !tail.catalog.contains(table) {
                let state = lock(&self.pipeline.state);
                return Err(missing(state.published.identity(), table));
            }
        }
        Ok(())
    }
}

impl Pipeline {
    /// Admits a draft planned outside the section.
    pub(crate) fn admit(&self, mut draft: Draft, head: &Head) -> Result<Admission, Error> {
        // Most of the comparing happens here, where nobody has to wait for it.
        let Some(seen) = draft.meet_all_after(&head.tail) else {
            return Ok(Admission::Conflict);
        };
        self.section().admit(draft, &seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: TableId = TableId::new(20);

    fn writes(key: &[u8], effect: Effect) -> Writes {
        let mut writes = Writes::default();
        writes.set(TABLE, key.to_vec(), effect);
        writes
    }

    fn draft(writes: Writes) -> Draft {
        Draft::internal(Kind::Logged, writes, None)
    }

    #[test]
    fn only_a_write_to_a_guarded_key_is_a_conflict() {
        let mut draft = draft(Writes::default());
        draft.guards.add(TABLE, b"k");
        assert!(draft.meet(&writes(b"other", Effect::Delete)));
        let mut elsewhere = Writes::default();
        elsewhere.set(TableId::new(21), b"k".to_vec(), Effect::Delete);
        assert!(draft.meet(&elsewhere));
        assert!(!draft.meet(&writes(b"k", Effect::Delete)));
    }

    #[test]
    fn a_raise_is_resolved_against_the_newest_value() {
        let resolved = |base: Option<u8>, newer: Option<Effect>| {
            let mut draft = draft(writes(b"k", Effect::Raise(vec![5])));
            draft.raises.push(Raise {
                table: TABLE,
                key: b"k".to_vec(),
                base: base.map(|byte| vec![byte]),
            });
            if let Some(effect) = newer {
                assert!(draft.meet(&writes(b"k", effect)));
            }
            draft.resolve_raises();
            draft.writes.get(TABLE, b"k").cloned()
        };
        assert_eq!(resolved(None, None), Some(Effect::Put(vec![5])));
        assert_eq!(resolved(Some(4), None), Some(Effect::Put(vec![5])));
        assert_eq!(resolved(Some(6), None), None);
        assert_eq!(resolved(Some(4), Some(Effect::Put(vec![7]))), None);
        assert_eq!(
            resolved(Some(6), Some(Effect::Delete)),
            Some(Effect::Put(vec![5]))
        );
    }

    #[test]
    fn appended_keys_begin_with_the_sequence() {
        let mut draft = draft(Writes::default());
        let mut key = vec![0; SEQUENCE_BYTES];
        key.extend_from_slice(b"tail");
        draft.appends.push((TABLE, key, b"v".to_vec()));
        draft.place_appends(Sequence::from(0x0102));
        let expected = [&[0, 0, 0, 0, 0, 0, 1, 2][..], b"tail"].concat();
        assert_eq!(
            draft.writes.get(TABLE, &expected),
            Some(&Effect::Put(b"v".to_vec()))
        );
    }
}
