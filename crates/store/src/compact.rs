//! Copying what is alive into a fresh file, while reads and writes go on.
//!
//! The copy advances in key order, each piece taken from the newest published state. Before each
//! piece, what was written since the last one is carried over for the keys already copied.
//! So the old file is never pinned at an old state, and memory does not depend on how much is
//! written meanwhile. Only the last carrying over happens inside the section.
//!
//! Invariants:
//! 1. The fresh file holds exactly the rows up to `cursor`, as of the node `seen`.
//! 2. The fresh file gets the name of the old one only when it holds everything committed, and
//!    nothing is committed to the old file after that.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::chain::{self, Node};
use crate::database::Inner;
use crate::engine::rows::split_row_key;
use crate::engine::{Engine, Rows};
use crate::error::Error;
use crate::ids::{Sequence, TableId};
use crate::pipeline::applied_row;
use crate::published::Published;
use crate::sweep;
use crate::sync::lock;
use crate::writes::Writes;

/// How many bytes of keys and values are copied with one sync.
const PIECE_BYTES: usize = 4 << 20;

/// Compacts the file of one database.
pub(crate) fn compact(inner: &Inner) -> Result<(), Error> {
    let _maintenance = lock(&inner.maintenance);
    while sweep::step(inner)? {}
    let exchanged = fill_and_exchange(inner);
    if exchanged.is_err() {
        inner.files.remove_fresh();
    }
    exchanged
}

fn fill_and_exchange(inner: &Inner) -> Result<(), Error> {
    let (mut published, node) = inner.pipeline.committed()?;
    let mut copy = Copy {
        fresh: inner.files.create_fresh()?,
        seen: node,
        cursor: Cursor::Start,
    };
    while copy.copy_piece(&published)?.is_continue() {
        let (newer, node) = inner.pipeline.committed()?;
        copy.carry_over(&node, None)?;
        published = newer;
    }
    drop(published);

    let section = inner.pipeline.section();
    let head = inner.pipeline.head()?;
    inner.pipeline.wait_for(head.tail.position)?;
    let rows = copy.carry_over(&head.tail, Some(head.tail.sequence))?;
    if let Err(error) = inner.files.adopt_fresh() {
        // Which file has the name is unknown; both hold the same, as long as nothing is added.
        section.poison(error);
        let poisoned = inner.pipeline.head().err();
        return Err(poisoned.unwrap_or(Error::Closed));
    }
    section.exchange(rows, copy.fresh)
}

/// How far the copy is.
enum Cursor {
    Start,
    /// Rows up to this key of a row.
    Through(Vec<u8>),
    End,
}

impl Cursor {
    /// Whether the row of this entry, if there was one, is copied.
    fn has_passed(&self, table: TableId, key: &[u8]) -> bool {
        match self {
            Self::Start => false,
            Self::Through(last) => split_row_key(last).is_some_and(|last| (table, key) <= last),
            Self::End => true,
        }
    }
}

struct Copy {
    fresh: Arc<Engine>,
    seen: Arc<Node>,
    cursor: Cursor,
}

impl Copy {
    /// Copies the rows that come next.
    fn copy_piece(&mut self, published: &Published) -> Result<ControlFlow<()>, Error> {
        let after = match &self.cursor {
            Cursor::Start => None,
            Cursor::Through(key) => Some(key.as_slice()),
            Cursor::End => return Ok(ControlFlow::Break(())),
        };
        let mut piece = Writes::default();
        let mut last = None;
        for row in published.all_rows(after)? {
            let (row_key, value) = row?;
            let Some((table, key)) = split_row_key(&row_key) else {
                continue;
            };
            let effect = crate::writes::Effect::Put(value.into_vec());
            piece.set(table, key.to_vec(), effect);
            last = Some(row_key);
            if piece.bytes() >= PIECE_BYTES {
                break;
            }
        }
        let is_full = piece.bytes() >= PIECE_BYTES;
        self.fresh.write([&piece])?;
        Ok(match last {
            Some(key) if is_full => {
                self.cursor = Cursor::Through(key);
                ControlFlow::Continue(())
            }
            _ => {
                self.cursor = Cursor::End;
                ControlFlow::Break(())
            }
        })
    }

    /// Brings the rows already copied to the state after `node`.
    fn carry_over(&mut self, node: &Arc<Node>, applied: Option<Sequence>) -> Result<Rows, Error> {
        let mut changes = Writes::default();
        for newer in chain::between(&self.seen, node) {
            for (table, writes) in newer.writes.tables() {
                for (key, effect) in writes {
                    if self.cursor.has_passed(table, key) {
                        changes.set(table, key.clone(), effect.clone());
                    }
                }
            }
        }
        self.seen = Arc::clone(node);
        let applied = applied.and_then(|last| applied_row(Sequence::default(), last));
        self.fresh.write([&changes].into_iter().chain(&applied))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rows::with_row_key;

    #[test]
    fn what_is_copied_ends_with_the_cursor() {
        let table = TableId::new(20);
        let cursor = with_row_key(table, b"m", |key| Cursor::Through(key.to_vec()));
        assert!(cursor.has_passed(TableId::new(19), b"z"));
        assert!(cursor.has_passed(table, b"a"));
        assert!(cursor.has_passed(table, b"m"));
        assert!(!cursor.has_passed(table, b"m\0"));
        assert!(!cursor.has_passed(TableId::new(21), b"a"));
        assert!(!Cursor::Start.has_passed(TableId::META, b""));
        assert!(Cursor::End.has_passed(TableId::new(u32::MAX), b"z"));
    }
}
