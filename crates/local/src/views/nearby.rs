//! Reading the values of many keys: in one go where they lie close together, which they do when
//! documents were inserted one after the other, and one by one where they do not.

use std::cmp::Ordering;
use std::ops::Bound;

use bonsaidb_core::document::DocumentId;
use bonsaidb_store::{Direction, Read, TableId, Value};

use crate::Error;

/// How many rows may be passed for nothing, beside as many as were of use.
const PASSED_MAX: usize = 16;

/// The values of `keys`, which ascend, in the same order.
pub(super) fn values(
    reader: &impl Read,
    table: TableId,
    keys: &[DocumentId],
) -> Result<Vec<Option<Value>>, Error> {
    let mut values = Vec::with_capacity(keys.len());
    if let [first, .., last] = keys {
        read_along(reader, table, (first, last), keys, &mut values)?;
    }
    for key in &keys[values.len()..] {
        values.push(reader.get(table, key)?);
    }
    Ok(values)
}

/// Reads values by passing over all rows, as long as that pays.
fn read_along(
    reader: &impl Read,
    table: TableId,
    (first, last): (&[u8], &[u8]),
    keys: &[DocumentId],
    values: &mut Vec<Option<Value>>,
) -> Result<(), Error> {
    let range = (Bound::Included(first), Bound::Included(last));
    let mut rows = reader.range(table, range, Direction::Ascending)?;
    let mut row = rows.next().transpose()?;
    let mut passed = 0;
    for key in keys {
        loop {
            let order = row.as_ref().map(|(at, _)| at.as_slice().cmp(key));
            match order {
                Some(Ordering::Less) => {
                    passed += 1;
                    if passed > PASSED_MAX + values.len() {
                        return Ok(());
                    }
                    row = rows.next().transpose()?;
                }
                Some(Ordering::Equal) => {
                    values.push(row.map(|(_, value)| value));
                    row = rows.next().transpose()?;
                    break;
                }
                Some(Ordering::Greater) | None => {
                    values.push(None);
                    break;
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bonsaidb_store::{MemoryFolder, Options, Store};

    use super::*;

    fn id(number: u64) -> DocumentId {
        DocumentId::from_u64(number)
    }

    #[test]
    fn values_are_those_of_the_keys_however_far_apart_they_lie() {
        let store = Store::open(Arc::new(MemoryFolder::new()), Options::default()).unwrap();
        let database = store.database("test").unwrap();
        let table = database.table("rows").unwrap();
        let plan = |plan: &mut bonsaidb_store::Plan<'_>| {
            for number in (0..3_000).filter(|number| number % 3 != 1) {
                plan.put(table, id(number).to_vec(), number.to_be_bytes().to_vec());
            }
            Ok::<_, Error>(())
        };
        database.transact(plan).unwrap();
        let snapshot = database.snapshot().unwrap();
        let close = (100..300).collect::<Vec<_>>();
        let apart = (0..3_200).step_by(97).collect::<Vec<_>>();
        let both = [&close[..], &[2_999, 3_000, 4_000]].concat();
        let turning = [&close[..20], &[500, 900, 2_000, 2_001, 2_002]].concat();
        for numbers in [close, apart, both, turning, vec![7], vec![6, 6_000], vec![]] {
            let keys = numbers.iter().map(|number| id(*number)).collect::<Vec<_>>();
            let values = values(&snapshot, table, &keys).unwrap();
            let expected = numbers.iter().map(|number| {
                let is_there = *number < 3_000 && number % 3 != 1;
                is_there.then(|| number.to_be_bytes().to_vec())
            });
            let values = values.into_iter().map(|value| value.map(Value::into_vec));
            assert!(values.eq(expected), "{numbers:?}");
        }
    }
}
