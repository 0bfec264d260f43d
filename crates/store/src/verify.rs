//! Reading everything, to tell what is wrong with it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crate::engine::rows::split_row_key;
use crate::error::{Error, shown};
use crate::ids::{Sequence, TableId};
use crate::load::Loaded;
use crate::published::{Published, Row};

/// What [`Database::verify`](crate::Database::verify) found.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Verification {
    /// The last transaction contained in the state that was read.
    pub sequence: Sequence,
    /// The number of tables.
    pub tables: usize,
    /// The number of entries in these tables.
    pub entries: u64,
    /// The bytes of their keys and values.
    pub bytes: u64,
    /// The number of rows of dropped tables that are still to be removed.
    pub unswept: u64,
    /// What is wrong, in words.
    pub problems: Vec<String>,
}

impl Verification {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Reads every row of one state. Checks that
/// 1. every value matches its checksum,
/// 2. every row belongs to a table that exists, or was dropped and is not swept yet,
/// 3. the rows of this crate say the same as what was loaded from them and changed since,
/// 4. the file is not ahead of what was committed.
pub(crate) fn verify(published: &Published) -> Result<Verification, Error> {
    let catalog = &published.catalog;
    let mut found = Verification {
        sequence: published.sequence,
        tables: catalog.names().count(),
        ..Verification::default()
    };
    let mut strays: BTreeMap<TableId, u64> = BTreeMap::new();
    let mut rows = published.all_rows()?;
    let visited = rows.visit(|row| {
        match row {
            Row::Whole(row_key, value) => {
                let Some((table, key)) = split_row_key(row_key) else {
                    return ControlFlow::Continue(());
                };
                if catalog.contains(table) {
                    found.entries += 1;
                    found.bytes += (key.len() + value.len()) as u64;
                } else if catalog.was_dropped(table) {
                    found.unswept += 1;
                } else if table >= TableId::FIRST {
                    *strays.entry(table).or_default() += 1;
                }
            }
            Row::Damaged { table, key, .. } => found.problems.push(format!(
                "1: the value under key {} in table {} is damaged",
                shown(key),
                catalog.describe(table)
            )),
        }
        ControlFlow::Continue(())
    });
    match visited {
        Ok(_) => {}
        Err(error @ (Error::Closed | Error::DatabaseDeleted(_))) => return Err(error),
        Err(error) => found.problems.push(format!("1: {error}")),
    }
    for (table, count) in strays {
        let problem = format!("2: {count} rows belong to table {table}, which does not exist");
        found.problems.push(problem);
    }
    if let Err(problem) = catalog.check() {
        found.problems.push(format!("3: {problem}"));
    }
    if published.stored.sequence > published.sequence || published.stored.index > published.index {
        let problem = "4: the file is ahead of what was committed";
        found.problems.push(problem.to_owned());
    }
    match Loaded::from_rows(published) {
        Ok(loaded) => {
            let stored = &published.stored;
            let is_same = loaded.catalog == **catalog
                && loaded.sequence == stored.sequence
                && loaded.index == stored.index;
            if !is_same {
                let problem = "3: the stored list of tables or sequence is not the current one";
                found.problems.push(problem.to_owned());
            }
        }
        Err(error) => found.problems.push(format!("3: {error}")),
    }
    Ok(found)
}
