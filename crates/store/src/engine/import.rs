//! Inserting sorted rows: runs of them, wherever nothing lies in between, go in as a whole.

use std::ops::{Bound, ControlFlow};

use redb::CursorError;

use super::rows::{open_row_value, split_row_key};
use super::{Engine, Rows, Table};
use crate::error::Error;
use crate::ids::TableId;
use crate::import::{Import, Taken};

/// After a run of fewer rows, some are inserted one by one before the next is tried.
const RUN_ROWS_MIN: usize = 8;
const SINGLE_ROWS: usize = 64;

impl Engine {
    /// Inserts sorted rows in one redb transaction and returns the rows after it, unless a key is
    /// taken.
    pub(crate) fn import(&self, rows: &Import) -> Result<ControlFlow<Taken, Rows>, Error> {
        self.commit(|table| insert_all(table, rows))
    }
}

fn insert_all(table: &mut Table<'_>, rows: &Import) -> Result<ControlFlow<Taken>, redb::Error> {
    let mut rows = rows.rows().peekable();
    while let Some((first, _)) = rows.peek() {
        let mut inserted = 0;
        let mut cursor = table.upper_bound_mut(Bound::Excluded(*first))?;
        while let Some((row_key, row_value)) = rows.peek() {
            match cursor.insert_before(*row_key, *row_value) {
                Ok(()) => inserted += 1,
                Err(CursorError::UnorderedKey) => break,
                Err(error) => return Err(error.into()),
            }
            rows.next();
        }
        cursor.close()?;
        // What ended the run lies behind another row, or its key is taken.
        let singles = if inserted < RUN_ROWS_MIN {
            SINGLE_ROWS
        } else {
            1
        };
        for (row_key, row_value) in rows.by_ref().take(singles) {
            if let Some(stored) = table.insert(row_key, row_value)? {
                return Ok(ControlFlow::Break(taken(
                    row_key,
                    stored.value(),
                    row_value,
                )));
            }
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn taken(row_key: &[u8], stored: &[u8], row_value: &[u8]) -> Taken {
    let (table, key) = split_row_key(row_key).unwrap_or((TableId::META, &[]));
    let value = |row_value| {
        open_row_value(row_key, row_value)
            .unwrap_or_default()
            .to_vec()
    };
    Taken {
        table,
        key: key.to_vec(),
        first: value(stored),
        second: value(row_value),
    }
}
