//! Writing rows none of which may be there already.

use std::ops::ControlFlow;

use super::rows::{open_row_value, split_row_key};
use super::sorted::{self, RowWrite};
use super::{Engine, Rows};
use crate::error::Error;
use crate::ids::TableId;
use crate::import::{Import, Row, Taken};

impl Engine {
    /// Writes sorted rows in one redb transaction and returns the rows after it, unless a key is
    /// taken.
    pub(crate) fn import(&self, rows: &Import) -> Result<ControlFlow<Taken, Rows>, Error> {
        self.commit(|table| {
            sorted::write_until(table, rows.rows(), |row, stored| {
                ControlFlow::Break(taken(row, stored))
            })
        })
    }
}

impl RowWrite for Row<'_> {
    fn row_key(&self) -> &[u8] {
        self.row_key
    }

    fn value(&self) -> Option<&[u8]> {
        Some(self.value)
    }
}

fn taken(row: &Row<'_>, stored: &[u8]) -> Taken {
    let (table, key) = split_row_key(row.row_key).unwrap_or((TableId::META, &[]));
    // A damaged value is nothing that whoever reads it could take for one.
    let first = open_row_value(row.row_key, stored).unwrap_or_default();
    Taken {
        table,
        key: key.to_vec(),
        first: first.to_vec(),
        second: row.value.to_vec(),
    }
}
