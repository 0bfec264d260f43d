//! A run while its items are gathered, and what differs from the runs that are stored.

use crate::Error;
use crate::views::summary::hash::Shape;
use crate::views::summary::record::{Record, Scope};
use crate::views::summary::rows::Rows;
use crate::views::summary::values::{Reducer, Values};

/// Runs by their starts, ascending.
pub(super) type Runs = Vec<(Vec<u8>, Record)>;

/// A run of which not all items are known yet.
pub(super) struct Run {
    pub start: Vec<u8>,
    /// The items are values of one key, not results.
    of_entries: bool,
    count: u64,
    values: Values,
    /// The result of an item is not stored, so this run's cannot be either.
    hidden: bool,
}

impl Run {
    pub fn of_results(start: Vec<u8>) -> Self {
        Self {
            start,
            of_entries: false,
            count: 0,
            values: Values::default(),
            hidden: false,
        }
    }

    pub fn of_entries(start: Vec<u8>) -> Self {
        Self {
            of_entries: true,
            ..Self::of_results(start)
        }
    }

    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Appends an item: the smallest key it covers, with terminator, its entries and its value.
    pub fn push(&mut self, key: &[u8], count: u64, value: Option<&[u8]>) -> Result<(), Error> {
        self.count += count;
        match value {
            _ if self.hidden => {}
            Some(value) => self.values.push(key, value)?,
            None => {
                self.hidden = true;
                self.values.clear();
            }
        }
        Ok(())
    }

    /// Returns the run, with its start, and goes on with an empty one that begins at `start`.
    pub fn finish(
        &mut self,
        start: Vec<u8>,
        shape: &Shape,
        reducer: &Reducer<'_>,
    ) -> Result<(Vec<u8>, Record), Error> {
        let value = if self.hidden {
            None
        } else {
            let value = if self.of_entries {
                reducer.first(&self.values)?
            } else {
                reducer.again(&self.values)?
            };
            if value.len() as u64 > shape.value_bytes_max {
                reducer.warn_of_long_results(value.len());
                None
            } else {
                Some(value)
            }
        };
        let (start, record) = self.finish_without_value(start);
        Ok((start, Record { value, ..record }))
    }

    /// As [`finish`](Self::finish), where values do not matter.
    pub fn finish_without_value(&mut self, start: Vec<u8>) -> (Vec<u8>, Record) {
        let record = Record {
            height: 0,
            count: self.count,
            value: None,
        };
        self.count = 0;
        self.hidden = false;
        self.values.clear();
        (std::mem::replace(&mut self.start, start), record)
    }
}

/// A run that differs from what is stored.
pub(super) struct Difference {
    pub start: Vec<u8>,
    /// `None` if there is no such run any more.
    pub record: Option<Record>,
    /// What is stored is the record of a heavy key.
    pub was_heavy: bool,
}

/// Compares the stored runs of `level` from `from` up to `to` with those that should be there.
pub(super) fn differences(
    rows: &Rows<'_>,
    scope: &Scope,
    level: u8,
    (from, to): (&[u8], Option<&[u8]>),
    runs: Runs,
) -> Result<Vec<Difference>, Error> {
    let end = to.map_or_else(|| scope.end(level), |to| scope.row(level, to));
    let mut differences = Vec::new();
    let mut runs = runs.into_iter().peekable();
    for stored in rows.records(&scope.row(level, from), &end)? {
        let (row, stored) = stored?;
        let start = scope.item(&row);
        while let Some((start, record)) = runs.next_if(|(new, _)| **new < *start) {
            differences.push(Difference {
                start,
                record: Some(record),
                was_heavy: false,
            });
        }
        let record = runs.next_if(|(new, _)| **new == *start);
        let record = record.map(|(_, record)| record);
        if record.as_ref() != Some(&stored) {
            differences.push(Difference {
                start: start.to_vec(),
                record,
                was_heavy: stored.is_heavy(),
            });
        }
    }
    differences.extend(runs.map(|(start, record)| Difference {
        start,
        record: Some(record),
        was_heavy: false,
    }));
    Ok(differences)
}
