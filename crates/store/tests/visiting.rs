//! Looking at entries where they lie: the same ones that the iterator returns.

mod common;

use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

use bonsaidb_store::{Database, Direction, Entries, Error, MemoryFolder, Read, Store, TableId};
use bonsaidb_testkit::disk::Random;

use common::{ALL, Content, KeyRange, open, open_with, put, small, with_seeds};

fn byte(random: &mut Random, end: u8) -> u8 {
    random.number().to_le_bytes()[0] % end
}

/// A database with rows in the file, in memory above them, and in both; and what it holds.
fn layered(random: &mut Random) -> (Store, Database, TableId, Content) {
    let options = small().memtable_bytes_max([1_000, 1 << 20][random.below(2)]);
    let (store, database) = open_with(&Arc::new(MemoryFolder::new()), options).unwrap();
    let table = database.table("things").unwrap();
    let mut content = Content::new();
    for round in 0..3 {
        database
            .transact(|plan| {
                for _ in 0..random.below(40) {
                    let key = vec![byte(random, 64)];
                    if random.chance(30) {
                        content.remove(&key);
                        plan.delete(table, key);
                    } else {
                        let value = vec![round; random.below(100)];
                        content.insert(key.clone(), value.clone());
                        plan.put(table, key, value);
                    }
                }
                Ok::<_, Error>(())
            })
            .unwrap();
        if random.chance(50) {
            database.compact().unwrap(); // so that all of it is in the file
        }
    }
    (store, database, table, content)
}

/// All that is visited, when the visit is broken off every now and then.
fn visited(mut entries: Entries<'_>, random: &mut Random) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut all = Vec::new();
    loop {
        let most = random.below(5) + 1;
        let mut seen = 0;
        entries
            .visit(|key, value| {
                seen += 1;
                all.push((key.to_vec(), value.to_vec()));
                Ok::<_, Error>(if seen == most {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                })
            })
            .unwrap();
        if seen < most {
            return all;
        }
    }
}

fn check(reader: &impl Read, table: TableId, content: &Content, random: &mut Random) {
    let (one, other) = ([byte(random, 70)], [byte(random, 70)]);
    let part = (
        Bound::Included(&one.min(other)[..]),
        Bound::Excluded(&one.max(other)[..]),
    );
    let ranges: [KeyRange<'_>; 2] = [ALL, part];
    for range in ranges.into_iter().take(if one == other { 1 } else { 2 }) {
        let within = content.range::<[u8], _>(range);
        let mut expected = within
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect::<Vec<_>>();
        for direction in [Direction::Ascending, Direction::Descending] {
            let entries = reader.range(table, range, direction).unwrap();
            assert_eq!(visited(entries, random), expected);
            expected.reverse();
        }
    }
    for key in 0..64 {
        let mut looked = None;
        let found = reader
            .look_at(table, &[key], &mut |value| looked = Some(value.to_vec()))
            .unwrap();
        assert_eq!(looked.as_ref(), content.get(&vec![key]));
        assert_eq!(found, looked.is_some());
    }
}

#[test]
fn what_is_visited_is_what_is_there_wherever_it_was_broken_off() {
    with_seeds(200, |seed| {
        let mut random = Random::new(seed);
        let (_store, database, table, mut content) = layered(&mut random);
        check(&database.snapshot().unwrap(), table, &content, &mut random);
        database
            .transact(|plan| {
                let key = vec![byte(&mut random, 64)];
                content.insert(key.clone(), vec![9]);
                plan.put(table, key, vec![9]);
                check(plan, table, &content, &mut random);
                Ok::<_, Error>(())
            })
            .unwrap();
    });
}

#[test]
fn a_visit_ends_with_the_error_of_who_looks() {
    let (_store, database, table) = open();
    for key in [b"a", b"b", b"c"] {
        put(&database, table, key, b"value");
    }
    let snapshot = database.snapshot().unwrap();
    let mut entries = snapshot.range(table, ALL, Direction::Ascending).unwrap();
    let mut seen = 0;
    let error = entries
        .visit(|key, _| {
            seen += 1;
            match key {
                b"b" => Err(Error::ReadOnly),
                _ => Ok(ControlFlow::Continue(())),
            }
        })
        .unwrap_err();
    assert!(matches!(error, Error::ReadOnly));
    assert_eq!(seen, 2);
    assert!(entries.next().is_none());
}
