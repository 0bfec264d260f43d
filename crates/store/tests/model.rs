//! Random operations against a `BTreeMap`, with snapshots kept and the store reopened meanwhile.
//!
//! Invariants checked all along:
//! 1. Every read of a plan, a snapshot or a reopened database answers as the model does.
//! 2. A snapshot answers as the model did when it was taken, whatever was written since.

mod common;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use bonsaidb_store::{
    Database, Direction, Error, Folder, MemoryFolder, Read, Sequence, Snapshot, TableId,
};
use bonsaidb_testkit::disk::{FaultyFolder, Random};

use common::{Content, KeyRange, entries, open_with, tiny, with_seeds};

type Model = BTreeMap<TableId, Content>;

fn random_key(random: &mut Random) -> Vec<u8> {
    let length = random.below(4);
    (0..length)
        .map(|_| [0, 1, 2, 0xfe, 0xff][random.below(5)])
        .collect()
}

fn random_bound(random: &mut Random) -> Bound<Vec<u8>> {
    match random.below(3) {
        0 => Bound::Unbounded,
        1 => Bound::Included(random_key(random)),
        _ => Bound::Excluded(random_key(random)),
    }
}

fn borrowed(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
    bound.as_ref().map(Vec::as_slice)
}

fn in_range(key: &[u8], range: KeyRange<'_>) -> bool {
    let after_start = match range.0 {
        Bound::Unbounded => true,
        Bound::Included(start) => key >= start,
        Bound::Excluded(start) => key > start,
    };
    let before_end = match range.1 {
        Bound::Unbounded => true,
        Bound::Included(end) => key <= end,
        Bound::Excluded(end) => key < end,
    };
    after_start && before_end
}

fn compare(read: &impl Read, model: &Model, random: &mut Random) {
    for (table, content) in model {
        let key = random_key(random);
        let value = read.get(*table, &key).unwrap();
        assert_eq!(value.as_deref(), content.get(&key).map(Vec::as_slice));
        let (start, end) = (random_bound(random), random_bound(random));
        let range = (borrowed(&start), borrowed(&end));
        let mut expected: Vec<_> = content
            .iter()
            .filter(|(key, _)| in_range(key, range))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        assert_eq!(entries(read, *table, range, Direction::Ascending), expected);
        expected.reverse();
        assert_eq!(
            entries(read, *table, range, Direction::Descending),
            expected
        );
    }
}

/// One transaction. Returns the model after it and whether it was to be committed.
fn transact(database: &Database, model: &mut Model, sequence: &mut u64, random: &mut Random) {
    let mut after = model.clone();
    let tables: Vec<TableId> = model.keys().copied().collect();
    let fails = random.chance(10);
    let steps = random.below(8);
    let seed = random.number();
    let mut appended = Vec::new();
    let result = database.transact(|plan| {
        let mut random = Random::new(seed);
        after.clone_from(model);
        appended.clear();
        for _ in 0..steps {
            let table = tables[random.below(tables.len())];
            let key = random_key(&mut random);
            let length = random.below(40);
            let value = vec![random.number().to_le_bytes()[0]; length];
            let content = after.get_mut(&table).unwrap();
            match random.below(8) {
                0..3 => {
                    content.insert(key.clone(), value.clone());
                    plan.put(table, key, value);
                }
                3 | 4 => {
                    content.remove(&key);
                    plan.delete(table, key);
                }
                5 | 6 => {
                    if random.below(2) == 0 {
                        let read = plan.get_to_raise(table, &key)?.map(Into::into);
                        assert_eq!(read, content.get(&key).cloned());
                    }
                    let raised = content.entry(key.clone()).or_default();
                    *raised = raised.clone().max(value.clone());
                    plan.raise(table, key, value);
                }
                _ => {
                    appended.push((table, key.clone(), value.clone()));
                    plan.append(table, key, value);
                }
            }
            compare(plan, &after, &mut random);
        }
        if fails { Err(Error::ReadOnly) } else { Ok(()) }
    });
    match result {
        Ok(((), committed)) => {
            if let Some(committed) = committed {
                *sequence += 1;
                assert_eq!(committed, Sequence::from(*sequence));
                for (table, suffix, value) in appended {
                    let key = [&sequence.to_be_bytes()[..], &suffix].concat();
                    after.get_mut(&table).unwrap().insert(key, value);
                }
            } else {
                assert_eq!(after, *model);
            }
            *model = after;
        }
        Err(error) => assert!(fails && matches!(error, Error::ReadOnly), "{error}"),
    }
}

#[test]
fn every_reading_is_that_of_a_map() {
    with_seeds(12, |seed| run(seed, &Arc::new(MemoryFolder::new())));
}

#[test]
fn every_reading_is_that_of_a_map_beside_checkpoints() {
    with_seeds(16, |seed| run(seed, &Arc::new(FaultyFolder::new(seed))));
}

fn run(seed: u64, folder: &Arc<impl Folder>) {
    let mut random = Random::new(seed);
    let (mut store, mut database) = open_with(folder, tiny(&mut random)).unwrap();
    let mut model = Model::new();
    let mut sequence = 0;
    let mut snapshots: Vec<(Snapshot, Model)> = Vec::new();
    for name in ["a", "b", "c"] {
        model.insert(database.table(name).unwrap(), Content::new());
    }
    for step in 0..120 {
        match random.below(40) {
            0 => {
                snapshots.clear();
                if random.chance(50) {
                    store.close().unwrap();
                }
                drop((store, database));
                (store, database) = open_with(folder, tiny(&mut random)).unwrap();
                let now = database.snapshot().unwrap().sequence();
                assert_eq!(now, Sequence::from(sequence));
            }
            1 => database.compact().unwrap(),
            2 => {
                let table = *model.keys().next().unwrap();
                database.drop_table(table).unwrap();
                model.remove(&table);
                let name = format!("new {step}");
                model.insert(database.table(&name).unwrap(), Content::new());
            }
            3 => snapshots.push((database.snapshot().unwrap(), model.clone())),
            _ => transact(&database, &mut model, &mut sequence, &mut random),
        }
        compare(&database.snapshot().unwrap(), &model, &mut random);
        for (snapshot, then) in &snapshots {
            compare(snapshot, then, &mut random);
        }
    }
    let verification = database.verify().unwrap();
    assert!(verification.is_sound(), "{:?}", verification.problems);
    let entries: usize = model.values().map(BTreeMap::len).sum();
    assert_eq!(verification.entries, entries as u64);
}
