//! Copying what is alive into a fresh file, while reads and writes go on.
//!
//! The copy advances in key order, each piece taken from the rows of the last checkpoint. Between
//! two pieces a frozen memtable is written to the old file and, for the keys already copied, to
//! the fresh one. So the old file is never pinned at an old state, writers never wait, and memory
//! does not depend on how much is written meanwhile.
//!
//! Invariants:
//! 1. The fresh file holds exactly the rows up to `cursor`, as of the last checkpoint.
//! 2. The fresh file gets the name of the old one only when it holds all of that, and nothing is
//!    written to the old file after that.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::checkpoint;
use crate::database::Inner;
use crate::engine::Engine;
use crate::engine::rows::split_row_key;
use crate::error::Error;
use crate::ids::Stream;
use crate::load::applied_rows;
use crate::published::{Frozen, Published, Stored};
use crate::sweep;
use crate::sync::lock;
use crate::writes::Writes;

/// How many bytes of keys and values are copied with one sync.
const PIECE_BYTES: usize = 4 << 20;

/// Compacts the file of one database.
pub(crate) fn compact(inner: &Inner) -> Result<(), Error> {
    sweep::sweep(inner)?;
    let _maintenance = lock(&inner.maintenance);
    inner.pipeline.check_usable()?;
    checkpoint::flush_locked(inner)?;
    let exchanged = fill_and_exchange(inner);
    if exchanged.is_err() {
        inner.files.remove_fresh();
    }
    exchanged
}

/// For one who holds `maintenance`.
fn fill_and_exchange(inner: &Inner) -> Result<(), Error> {
    let mut copy = Copy {
        fresh: inner.files.create_fresh()?,
        cursor: Cursor::Start,
    };
    loop {
        inner.pipeline.check_usable()?;
        let published = inner.pipeline.last_published();
        if copy.copy_piece(&published)?.is_break() {
            break;
        }
        drop(published);
        checkpoint::step_with(inner, |frozen| copy.carry_over(inner.stream, frozen))?;
    }
    let stored = Arc::clone(&inner.pipeline.last_published().stored);
    let rows = copy.fresh.rows()?;
    if let Err(error) = inner.files.adopt_fresh() {
        // Which file has the name is unknown; both hold the same, as long as nothing is added.
        return Err(inner.poison(error));
    }
    let fresh = Stored::new(rows, copy.fresh, stored.sequence, stored.index);
    inner.pipeline.exchange(fresh);
    inner.start_due_checkpoint();
    Ok(())
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
    fn has_passed(&self, row_key: &[u8]) -> bool {
        match self {
            Self::Start => false,
            Self::Through(last) => row_key <= last.as_slice(),
            Self::End => true,
        }
    }
}

struct Copy {
    fresh: Arc<Engine>,
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
        for row in published.all_stored_rows(after)? {
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

    /// Brings the rows already copied to the state of a checkpoint.
    fn carry_over(&self, stream: Stream, frozen: &Frozen) -> Result<(), Error> {
        // Those that say how far a file is come first, so that they are copied with any other.
        let applied = match self.cursor {
            Cursor::Start => Writes::default(),
            _ => applied_rows(stream, frozen.index, frozen.sequence),
        };
        let is_copied = |row_key: &[u8]| self.cursor.has_passed(row_key);
        let memtable = &frozen.memtable;
        self.fresh.write_memtable(memtable, is_copied, &applied)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_copied_ends_with_the_cursor() {
        let cursor = Cursor::Through(b"\0\0\0\x14m".to_vec());
        assert!(cursor.has_passed(b"\0\0\0\x13z"));
        assert!(cursor.has_passed(b"\0\0\0\x14a"));
        assert!(cursor.has_passed(b"\0\0\0\x14m"));
        assert!(!cursor.has_passed(b"\0\0\0\x14m\0"));
        assert!(!cursor.has_passed(b"\0\0\0\x15a"));
        assert!(!Cursor::Start.has_passed(b"\0\0\0\0"));
        assert!(Cursor::End.has_passed(b"\xff\xff\xff\xffz"));
    }
}
