//! Admitted write sets, each linked to the one admitted after it.
//!
//! A plan keeps the node that was the last when it began. From there it reaches exactly the write
//! sets admitted since, however many of them are already stored; a node that no plan can reach
//! any more frees itself.
//!
//! Invariants:
//! 1. The position of a node is one more than that of the node before.
//! 2. A node is never changed once it is linked, except that its successor is set, once.
//! 3. The index of a node is one more than that of the node before unless it has no writes.
//! 4. What was admitted after a node that is undone is undone as well; the chain goes on elsewhere.
//! 5. The writes of a node are entered into one memtable, once, unless it is undone before.
//! 6. What a node waits for in the log is not before what the node before waits for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use crate::catalog::Catalog;
use crate::engine::rows::{TABLE_BYTES, fill_row_key};
use crate::error::Error;
use crate::ids::Sequence;
use crate::memtable::Memtable;
use crate::sync::lock;
use crate::writes::{Effect, Writes};

#[derive(Debug)]
pub(crate) struct Node {
    /// How many write sets were admitted up to this one, since the database was opened.
    pub(crate) position: u64,
    /// The sequence of the last transaction up to this one.
    pub(crate) sequence: Sequence,
    /// How many write sets of this database were logged up to this one, since it was made.
    pub(crate) index: u64,
    /// What must be durable before anybody sees this one: a number of the log.
    pub(crate) awaited: u64,
    /// The tables after this one.
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) writes: Writes,
    next: OnceLock<Arc<Node>>,
    /// Why this node was never committed and will not be.
    undone: OnceLock<Arc<Error>>,
    /// Where the writes are to be entered, until they are.
    memtable: Mutex<Option<Arc<Memtable>>>,
    is_entered: AtomicBool,
}

/// What a node is made of that the one before it does not tell.
pub(crate) struct Admitted {
    pub(crate) sequence: Sequence,
    pub(crate) awaited: u64,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) writes: Writes,
    pub(crate) memtable: Option<Arc<Memtable>>,
}

impl Node {
    /// Makes the node that stands for what was there when the database was opened.
    pub(crate) fn origin(
        position: u64,
        sequence: Sequence,
        index: u64,
        catalog: Arc<Catalog>,
    ) -> Arc<Self> {
        let admitted = Admitted {
            sequence,
            awaited: 0,
            catalog,
            writes: Writes::default(),
            memtable: None,
        };
        Arc::new(Self::new(position, index, admitted))
    }

    fn new(position: u64, index: u64, admitted: Admitted) -> Self {
        Self {
            position,
            sequence: admitted.sequence,
            index,
            awaited: admitted.awaited,
            catalog: admitted.catalog,
            writes: admitted.writes,
            next: OnceLock::new(),
            undone: OnceLock::new(),
            is_entered: AtomicBool::new(admitted.memtable.is_none()),
            memtable: Mutex::new(admitted.memtable),
        }
    }

    /// Links a new node behind this one, which must be the last.
    pub(crate) fn extend(&self, admitted: Admitted) -> Arc<Self> {
        debug_assert!(self.awaited <= admitted.awaited, "6: awaited out of order");
        let index = self.index + u64::from(!admitted.writes.is_empty());
        let node = Arc::new(Self::new(self.position + 1, index, admitted));
        let linked = self.next.set(Arc::clone(&node)).is_ok();
        assert!(linked, "2: a node has two successors");
        node
    }

    /// Links a node without writes behind this one, which must be the last.
    pub(crate) fn extend_blank(&self) -> Arc<Self> {
        self.extend(Admitted {
            sequence: self.sequence,
            awaited: self.awaited,
            catalog: Arc::clone(&self.catalog),
            writes: Writes::default(),
            memtable: None,
        })
    }

    /// Enters the writes into their memtable, unless somebody has done so. Nobody sees them there
    /// before this node is published.
    pub(crate) fn enter(&self) {
        let mut memtable = lock(&self.memtable);
        let Some(memtable) = memtable.take() else {
            return;
        };
        self.for_each_row(|row_key, effect| {
            let value = match effect {
                Effect::Put(value) | Effect::Raise(value) => Some(value.clone()),
                Effect::Delete => None,
            };
            memtable.add(row_key, self.position, value);
        });
        self.is_entered.store(true, Ordering::Release);
    }

    pub(crate) fn is_entered(&self) -> bool {
        self.is_entered.load(Ordering::Acquire)
    }

    /// Takes the writes back from whichever of these memtables they were entered into.
    pub(crate) fn withdraw(&self, memtables: [&Memtable; 2]) {
        // Whoever was to enter them finds nothing to do.
        if lock(&self.memtable).take().is_some() {
            return;
        }
        self.for_each_row(|row_key, _| {
            for memtable in memtables {
                memtable.withdraw(&row_key, self.position);
            }
        });
    }

    fn for_each_row(&self, mut visit: impl FnMut(Vec<u8>, &Effect)) {
        for (table, writes) in self.writes.tables() {
            for (key, effect) in writes {
                let mut row_key = Vec::with_capacity(TABLE_BYTES + key.len());
                fill_row_key(&mut row_key, table, key);
                visit(row_key, effect);
            }
        }
    }

    pub(crate) fn next(&self) -> Option<&Arc<Self>> {
        self.next.get()
    }

    /// Why this node will never be committed, if so.
    pub(crate) fn undone(&self) -> Option<&Arc<Error>> {
        self.undone.get()
    }
}

/// Undoes every node after `committed`, up to and with `tail`. Returns the node that stands for
/// `committed` from here on.
pub(crate) fn undo(committed: &Node, tail: &Node, cause: &Arc<Error>) -> Arc<Node> {
    let mut at = committed.next();
    while let Some(node) = at {
        let _ = node.undone.set(Arc::clone(cause));
        at = node.next();
    }
    // Positions are never used twice: they are versions in memtables, and what is waited for.
    Node::origin(
        tail.position + 1,
        committed.sequence,
        committed.index,
        Arc::clone(&committed.catalog),
    )
}

/// The nodes after `from`, up to and with `to`, oldest first.
pub(crate) fn between(from: &Arc<Node>, to: &Arc<Node>) -> Vec<Arc<Node>> {
    let mut nodes = Vec::new();
    let mut at = from;
    while at.position < to.position
        && let Some(next) = at.next()
    {
        nodes.push(Arc::clone(next));
        at = next;
    }
    nodes
}

impl Drop for Node {
    /// A long chain is taken apart in a loop: one call within the other would exhaust the stack.
    fn drop(&mut self) {
        let mut next = self.next.take();
        while let Some(mut node) = next.and_then(Arc::into_inner) {
            next = node.next.take();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Arc<Node> {
        Node::origin(0, Sequence::default(), 0, Arc::new(Catalog::default()))
    }

    fn extended(last: &Arc<Node>) -> Arc<Node> {
        last.extend_blank()
    }

    #[test]
    fn a_long_chain_is_dropped_without_exhausting_the_stack() {
        let first = origin();
        let mut last = Arc::clone(&first);
        for _ in 0..1_000_000 {
            last = extended(&last);
        }
        let watched = Arc::downgrade(&last);
        drop(last);
        drop(first);
        assert!(watched.upgrade().is_none());
    }

    #[test]
    fn what_is_undone_is_known_to_all_who_have_seen_it() {
        let first = origin();
        let second = extended(&first);
        let third = extended(&second);
        let fourth = extended(&third);
        let cause = Arc::new(Error::Closed);
        let after = undo(&second, &fourth, &cause);
        assert!(first.undone().is_none() && second.undone().is_none());
        assert!(third.undone().is_some() && fourth.undone().is_some());
        assert_eq!((after.position, after.index), (4, second.index));
        assert!(after.next().is_none() && after.undone().is_none());
    }

    #[test]
    fn nodes_before_the_oldest_holder_are_freed() {
        let first = origin();
        let second = extended(&first);
        let third = extended(&second);
        let watched = Arc::downgrade(&first);
        drop(first);
        assert!(watched.upgrade().is_none());
        let reached = between(&second, &third);
        assert_eq!(reached.len(), 1);
        assert_eq!(reached[0].position, 2);
    }
}
