//! Writing rows in the order of their keys.
//!
//! Finding the place of a row takes most of what writing it costs. New rows with no stored row between
//! them go to one place, a *gap*: it is found once, and redb packs them into full pages. Entries of a
//! table are mostly appended, and a table that is filled at once is one gap. Where gaps turn out to be
//! short, rows are written one by one, and another gap is tried now and then.

use std::convert::Infallible;
use std::ops::{Bound, ControlFlow};

use redb::CursorError;

use super::RowTable;
use super::rows::fill_row_value;
use crate::memtable;

/// From this many rows on, filling a gap is cheaper than writing them one by one.
const GAP_ROWS_MIN: usize = 8;

/// The greatest number of rows that are written one by one before another gap is tried.
const SINGLE_ROWS_MAX: usize = 64;

/// What happens to one row.
pub(super) trait RowWrite {
    fn row_key(&self) -> &[u8];
    /// The value, or nothing when the row is removed.
    fn value(&self) -> Option<&[u8]>;
}

impl RowWrite for memtable::Stored<'_> {
    fn row_key(&self) -> &[u8] {
        self.row_key()
    }

    fn value(&self) -> Option<&[u8]> {
        self.value()
    }
}

/// Writes rows, whose keys must ascend.
pub(super) fn write<R: RowWrite>(
    table: &mut RowTable<'_>,
    rows: impl Iterator<Item = R>,
) -> Result<(), redb::Error> {
    let replace = |_: &R, _: &[u8]| ControlFlow::<Infallible>::Continue(());
    let ControlFlow::Continue(()) = write_until(table, rows, replace)?;
    Ok(())
}

/// Writes rows, whose keys must ascend, until `replaced` ends it: that is called with a row and the
/// value of the stored one that it replaced.
pub(super) fn write_until<R: RowWrite, T>(
    table: &mut RowTable<'_>,
    mut rows: impl Iterator<Item = R>,
    mut replaced: impl FnMut(&R, &[u8]) -> ControlFlow<T>,
) -> Result<ControlFlow<T>, redb::Error> {
    let mut row_value = Vec::new();
    let mut singles = 0;
    let mut pause = 1;
    let mut next = rows.next();
    while let Some(row) = next {
        let Some(value) = row.value() else {
            table.remove(row.row_key())?;
            next = rows.next();
            continue;
        };
        if singles > 0 {
            singles -= 1;
            fill_row_value(&mut row_value, row.row_key(), value);
            if let Some(stored) = table.insert(row.row_key(), row_value.as_slice())?
                && let ControlFlow::Break(reason) = replaced(&row, stored.value())
            {
                return Ok(ControlFlow::Break(reason));
            }
            next = rows.next();
            continue;
        }
        let filled;
        (filled, next) = fill_gap(table, row, &mut rows, &mut row_value)?;
        if filled >= GAP_ROWS_MIN {
            pause = 1;
        } else {
            // The row that did not fit may be a stored one to be replaced.
            singles = pause;
            pause = SINGLE_ROWS_MAX.min(pause * 2);
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Writes `first` and those of `rows` that go into the same gap. Returns how many these were, and the row after them.
fn fill_gap<R: RowWrite>(
    table: &mut RowTable<'_>,
    first: R,
    rows: &mut impl Iterator<Item = R>,
    row_value: &mut Vec<u8>,
) -> Result<(usize, Option<R>), redb::Error> {
    let mut gap = table.lower_bound_mut(Bound::Included(first.row_key()))?;
    let mut filled = 0;
    let mut next = Some(first);
    while let Some(row) = &next {
        let Some(value) = row.value() else {
            break;
        };
        fill_row_value(row_value, row.row_key(), value);
        match gap.insert_before(row.row_key(), row_value.as_slice()) {
            Ok(()) => filled += 1,
            Err(CursorError::UnorderedKey) => break,
            Err(error) => return Err(error.into()),
        }
        next = rows.next();
    }
    gap.close()?;
    Ok((filled, next))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use redb::{ReadableDatabase, ReadableTable};

    use super::*;
    use crate::engine::ROWS;
    use crate::engine::rows::open_row_value;

    type Batch = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

    impl RowWrite for (&Vec<u8>, &Option<Vec<u8>>) {
        fn row_key(&self) -> &[u8] {
            self.0
        }

        fn value(&self) -> Option<&[u8]> {
            self.1.as_deref()
        }
    }

    struct Rows {
        stored: redb::Database,
        expected: BTreeMap<Vec<u8>, Vec<u8>>,
    }

    impl Rows {
        fn new() -> Self {
            let memory = redb::backends::InMemoryBackend::new();
            let stored = redb::Builder::new().create_with_backend(memory).unwrap();
            Self {
                stored,
                expected: BTreeMap::new(),
            }
        }

        fn write(&mut self, batch: &Batch) {
            let transaction = self.stored.begin_write().unwrap();
            write(&mut transaction.open_table(ROWS).unwrap(), batch.iter()).unwrap();
            transaction.commit().unwrap();
            for (key, value) in batch {
                match value {
                    Some(value) => self.expected.insert(key.clone(), value.clone()),
                    None => self.expected.remove(key),
                };
            }
        }

        fn check(&self) {
            let transaction = self.stored.begin_read().unwrap();
            let table = transaction.open_table(ROWS).unwrap();
            let stored = table.iter().unwrap().map(|row| {
                let (key, value) = row.unwrap();
                let opened = open_row_value(key.value(), value.value()).unwrap();
                (key.value().to_vec(), opened.to_vec())
            });
            assert_eq!(stored.collect::<BTreeMap<_, _>>(), self.expected);
        }
    }

    fn random(state: &mut u64, below: u64) -> u64 {
        *state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) % below
    }

    #[test]
    fn rows_in_gaps_over_stored_ones_and_removed_ones_are_all_there() {
        for seed in 0..20 {
            let mut state = seed;
            let mut rows = Rows::new();
            for round in 0..12 {
                let mut batch = Batch::new();
                for _ in 0..random(&mut state, 6) {
                    // Runs of keys, dense or with room between them, new or stored.
                    let first = random(&mut state, 2_000);
                    let step = 1 + random(&mut state, 7);
                    for number in 0..random(&mut state, 150) {
                        let key = (first + number * step).to_be_bytes()[4..].to_vec();
                        let length = random(&mut state, 300);
                        let value = vec![round; usize::try_from(length).unwrap()];
                        let stays = random(&mut state, 10) > 0;
                        batch.insert(key, stays.then_some(value));
                    }
                }
                rows.write(&batch);
            }
            rows.check();
        }
    }

    #[test]
    fn a_row_as_large_as_many_pages_fits_between_others() {
        let mut rows = Rows::new();
        let batch = |numbers: std::ops::Range<u8>, bytes| -> Batch {
            let values = numbers.map(|number| (vec![number], Some(vec![number; bytes])));
            values.collect()
        };
        rows.write(&batch(0..40, 10));
        rows.write(&batch(60..90, 10));
        rows.write(&batch(30..70, 300_000));
        rows.check();
    }
}
