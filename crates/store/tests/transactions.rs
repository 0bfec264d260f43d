//! What one transaction does, and what several at once do to each other.

use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Barrier};
use std::thread;

use bonsaidb_store::{
    Database, Direction, Error, MemoryFolder, Options, Read, Sequence, Store, TableId,
};

type KeyRange<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

const ALL: KeyRange<'_> = (Bound::Unbounded, Bound::Unbounded);

fn open() -> (Store, Database, TableId) {
    let store = Store::open(Arc::new(MemoryFolder::new()), Options::default()).unwrap();
    let database = store.database("test").unwrap();
    let table = database.table("things").unwrap();
    (store, database, table)
}

fn put(database: &Database, table: TableId, key: &[u8], value: &[u8]) -> Sequence {
    let ((), sequence) = database
        .transact(|plan| {
            plan.put(table, key.to_vec(), value.to_vec());
            Ok::<_, Error>(())
        })
        .unwrap();
    sequence.expect("something was written")
}

fn get(database: &Database, table: TableId, key: &[u8]) -> Option<Vec<u8>> {
    let snapshot = database.snapshot().unwrap();
    snapshot.get(table, key).unwrap().map(Into::into)
}

fn entries(read: &impl Read, table: TableId, direction: Direction) -> Vec<(Vec<u8>, Vec<u8>)> {
    read.range(table, ALL, direction)
        .unwrap()
        .map(|entry| entry.map(|(key, value)| (key, value.into_vec())).unwrap())
        .collect()
}

#[test]
fn a_committed_transaction_is_in_the_next_snapshot_and_in_no_earlier_one() {
    let (_store, database, table) = open();
    let before = database.snapshot().unwrap();
    assert_eq!(before.sequence(), Sequence::from(0));
    assert_eq!(put(&database, table, b"a", b"1"), Sequence::from(1));
    let between = database.snapshot().unwrap();
    assert_eq!(put(&database, table, b"a", b"2"), Sequence::from(2));
    assert_eq!(before.get(table, b"a").unwrap(), None);
    assert_eq!(
        between.get(table, b"a").unwrap().as_deref(),
        Some(&b"1"[..])
    );
    assert_eq!(between.sequence(), Sequence::from(1));
    assert_eq!(get(&database, table, b"a").as_deref(), Some(&b"2"[..]));
}

#[test]
fn a_plan_reads_its_own_writes_in_both_directions() {
    let (_store, database, table) = open();
    for key in [b"a", b"c", b"e"] {
        put(&database, table, key, b"stored");
    }
    database
        .transact(|plan| {
            plan.put(table, b"b".to_vec(), b"own".to_vec());
            plan.put(table, b"c".to_vec(), b"own".to_vec());
            plan.delete(table, b"e".to_vec());
            plan.delete(table, b"x".to_vec());
            assert_eq!(plan.get(table, b"e")?, None);
            assert_eq!(plan.get(table, b"c")?.as_deref(), Some(&b"own"[..]));
            let mut expected = vec![
                (b"a".to_vec(), b"stored".to_vec()),
                (b"b".to_vec(), b"own".to_vec()),
                (b"c".to_vec(), b"own".to_vec()),
            ];
            assert_eq!(entries(plan, table, Direction::Ascending), expected);
            expected.reverse();
            assert_eq!(entries(plan, table, Direction::Descending), expected);
            Ok::<_, Error>(())
        })
        .unwrap();
}

#[test]
fn a_range_past_its_own_end_is_empty() {
    let (_store, database, table) = open();
    put(&database, table, b"a", b"1");
    let void: [KeyRange<'_>; 3] = [
        (Bound::Included(b"z"), Bound::Included(b"a")),
        (Bound::Excluded(b"a"), Bound::Excluded(b"a")),
        (Bound::Excluded(b"a"), Bound::Included(b"a")),
    ];
    let snapshot = database.snapshot().unwrap();
    for range in void {
        for direction in [Direction::Ascending, Direction::Descending] {
            assert_eq!(snapshot.range(table, range, direction).unwrap().count(), 0);
            database
                .transact(|plan| {
                    plan.put(table, b"a".to_vec(), b"2".to_vec());
                    assert_eq!(plan.range(table, range, direction)?.count(), 0);
                    Ok::<_, Error>(())
                })
                .unwrap();
        }
    }
}

#[test]
fn a_plan_that_fails_or_writes_nothing_commits_nothing() {
    let (_store, database, table) = open();
    let failed = database.transact(|plan| {
        plan.put(table, b"a".to_vec(), b"1".to_vec());
        Err::<(), _>(Error::ReadOnly)
    });
    assert!(matches!(failed, Err(Error::ReadOnly)));
    let (value, sequence) = database
        .transact(|plan| plan.get_guarded(table, b"a"))
        .unwrap();
    assert_eq!((value, sequence), (None, None));
    assert_eq!(database.snapshot().unwrap().sequence(), Sequence::from(0));
}

#[test]
fn what_is_there_is_found_by_whoever_stores_many_in_order() {
    let (_store, database, table) = open();
    let other = database.table("others").unwrap();
    let key = |number: u16| number.to_be_bytes().to_vec();
    let put_all = |numbers: &[u16]| {
        let stored = database.transact(|plan| {
            for number in numbers {
                plan.put(table, key(*number), b"old".to_vec());
            }
            Ok::<_, Error>(())
        });
        stored.unwrap();
    };
    // In the file, in memory, and removed since.
    put_all(&[30, 31, 200, 500, 501, 502]);
    database.compact().unwrap();
    put_all(&[80, 81, 400]);
    database
        .transact(|plan| {
            plan.delete(table, key(501));
            Ok::<_, Error>(())
        })
        .unwrap();
    let old = [30, 31, 80, 81, 200, 400, 500, 502];
    let planned = database.transact(|plan| {
        for number in 0..600 {
            let found = plan.get_guarded(table, &key(number))?;
            assert_eq!(found.is_some(), old.contains(&number), "{number}");
            plan.put(table, key(number), b"new".to_vec());
            // Whatever is known of one table is not so in another, or of what was just stored.
            assert_eq!(plan.get_guarded(other, &key(number))?, None);
            plan.put(other, key(number), Vec::new());
            assert!(plan.get_guarded(other, &key(number))?.is_some());
            plan.delete(other, key(number));
            assert_eq!(plan.get_guarded(other, &key(number))?, None);
        }
        for number in old {
            let found = plan.get_guarded(table, &key(number))?;
            assert_eq!(found.as_deref(), Some(&b"new"[..]));
        }
        Ok::<_, Error>(())
    });
    planned.unwrap();
}

#[test]
fn keys_that_were_not_looked_for_are_guarded_all_the_same() {
    let (_store, database, table) = open();
    let mut attempts = 0;
    let planned = database.transact(|plan| {
        attempts += 1;
        for number in 0..100_u8 {
            let is_there = plan.get_guarded(table, &[number])?.is_some();
            assert_eq!(is_there, attempts == 2 && number == 99);
            plan.put(table, vec![number], b"mine".to_vec());
        }
        if attempts == 1 {
            thread::scope(|scope| {
                scope.spawn(|| put(&database, table, &[99], b"theirs"));
            });
        }
        Ok::<_, Error>(())
    });
    planned.unwrap();
    assert_eq!(attempts, 2);
}

#[test]
fn a_panic_in_a_plan_leaves_everything_usable() {
    let (_store, database, table) = open();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        database.transact(|plan| -> Result<(), Error> {
            plan.put(table, b"a".to_vec(), b"1".to_vec());
            panic!("from the plan");
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(get(&database, table, b"a"), None);
    put(&database, table, b"a", b"2");

    // Also while the section is held: every plan of this one conflicts until it is.
    let mut attempts = 0;
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        database.transact(|plan| -> Result<(), Error> {
            attempts += 1;
            plan.get_guarded(table, b"a")?;
            plan.put(table, b"b".to_vec(), b"1".to_vec());
            assert!(attempts < 4, "from the plan inside the section");
            thread::scope(|scope| {
                scope.spawn(|| put(&database, table, b"a", b"3"));
            });
            Ok(())
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(attempts, 4);
    put(&database, table, b"b", b"4");
    assert_eq!(get(&database, table, b"b").as_deref(), Some(&b"4"[..]));
}

#[test]
fn writing_from_within_a_plan_is_refused() {
    let (_store, database, table) = open();
    let nested = database.transact(|_| {
        database.transact(|plan| {
            plan.put(table, b"a".to_vec(), b"1".to_vec());
            Ok::<_, Error>(())
        })
    });
    assert!(matches!(nested, Err(Error::NestedWrite { .. })));
    // Creating a table writes, finding one does not.
    let nested = database.transact(|_| database.table("other"));
    assert!(matches!(nested, Err(Error::NestedWrite { .. })));
    database.transact(|_| database.table("things")).unwrap();
}

#[test]
fn no_increment_of_sixteen_threads_is_lost() {
    let (_store, database, table) = open();
    let start = Barrier::new(16);
    thread::scope(|scope| {
        for thread in 0..16_u8 {
            let (database, start) = (&database, &start);
            scope.spawn(move || {
                start.wait();
                for round in 0..25_u8 {
                    database
                        .transact(|plan| {
                            let count = plan.get_guarded(table, b"count")?;
                            let count =
                                count.map_or(0, |v| u64::from_be_bytes((*v).try_into().unwrap()));
                            plan.put(table, b"count".to_vec(), (count + 1).to_be_bytes().to_vec());
                            plan.append(table, vec![thread, round], Vec::new());
                            Ok::<_, Error>(())
                        })
                        .unwrap();
                }
            });
        }
    });
    let snapshot = database.snapshot().unwrap();
    let count = snapshot.get(table, b"count").unwrap().unwrap();
    assert_eq!(*count, 400_u64.to_be_bytes());
    assert_eq!(snapshot.sequence(), Sequence::from(400));
    // One appended entry for each, under its own sequence.
    let appended = entries(&snapshot, table, Direction::Ascending);
    let appended: Vec<_> = appended.iter().filter(|(key, _)| key.len() == 10).collect();
    let sequences: Vec<u64> = appended
        .iter()
        .map(|(key, _)| u64::from_be_bytes(key[..8].try_into().unwrap()))
        .collect();
    assert_eq!(sequences, (1..=400).collect::<Vec<_>>());
}

#[test]
fn raising_keeps_the_greatest_of_all_threads() {
    let (_store, database, table) = open();
    thread::scope(|scope| {
        for thread in 0..8_u64 {
            let database = &database;
            scope.spawn(move || {
                for round in 0..50_u64 {
                    database
                        .transact(|plan| {
                            let value = (round * 8 + thread).to_be_bytes().to_vec();
                            if thread % 2 == 0 {
                                plan.get_to_raise(table, b"mark")?;
                            }
                            plan.raise(table, b"mark".to_vec(), value.clone());
                            // The plan sees what it will be at least.
                            let seen = plan.get(table, b"mark")?.unwrap();
                            assert!(*seen >= *value);
                            Ok::<_, Error>(())
                        })
                        .unwrap();
                }
            });
        }
    });
    assert_eq!(
        get(&database, table, b"mark").unwrap(),
        399_u64.to_be_bytes()
    );
}

#[test]
fn raising_to_less_or_the_same_commits_nothing() {
    let (_store, database, table) = open();
    let raise = |value: &[u8]| {
        let ((), sequence) = database
            .transact(|plan| {
                plan.raise(table, b"mark".to_vec(), value.to_vec());
                Ok::<_, Error>(())
            })
            .unwrap();
        sequence
    };
    assert_eq!(raise(b"b"), Some(Sequence::from(1)));
    assert_eq!(raise(b"a"), None);
    assert_eq!(raise(b"b"), None);
    assert_eq!(raise(b"c"), Some(Sequence::from(2)));
    assert_eq!(get(&database, table, b"mark").as_deref(), Some(&b"c"[..]));
}

#[test]
fn derived_writes_take_no_sequence_and_cannot_append() {
    let (_store, database, table) = open();
    let derived = database.table("derived").unwrap();
    put(&database, table, b"a", b"1");
    database
        .derive(|plan| {
            plan.put(derived, b"b".to_vec(), b"2".to_vec());
            Ok::<_, Error>(())
        })
        .unwrap();
    assert_eq!(get(&database, derived, b"b").as_deref(), Some(&b"2"[..]));
    assert_eq!(put(&database, table, b"c", b"3"), Sequence::from(2));
    let appended = database.derive(|plan| {
        plan.append(derived, Vec::new(), Vec::new());
        Ok::<_, Error>(())
    });
    assert!(matches!(appended, Err(Error::AppendInDerived { .. })));
}

#[test]
fn what_is_too_large_is_an_error_and_changes_nothing() {
    let store = Store::open(
        Arc::new(MemoryFolder::new()),
        Options::default().transaction_bytes_max(10_000),
    )
    .unwrap();
    let database = store.database("test").unwrap();
    let table = database.table("things").unwrap();
    let write = |key: Vec<u8>, value: Vec<u8>| {
        database.transact(|plan| {
            plan.put(table, b"a".to_vec(), b"1".to_vec());
            plan.put(table, key.clone(), value.clone());
            Ok::<_, Error>(())
        })
    };
    let long_key = vec![0; bonsaidb_store::KEY_BYTES_MAX + 1];
    assert!(matches!(
        write(long_key, vec![]),
        Err(Error::KeyTooLarge { .. })
    ));
    let long_value = vec![0; 10_000];
    assert!(matches!(
        write(b"b".to_vec(), long_value),
        Err(Error::TransactionTooLarge {
            bytes: 10_003,
            limit: 10_000
        })
    ));
    assert_eq!(get(&database, table, b"a"), None);
    write(b"b".to_vec(), vec![0; 9_000]).unwrap();
}

#[test]
fn the_longest_key_and_a_long_value_come_back() {
    let (_store, database, table) = open();
    let key = vec![7; bonsaidb_store::KEY_BYTES_MAX];
    let value = vec![8; 20 << 20];
    put(&database, table, &key, &value);
    put(&database, table, b"", b"");
    assert!(get(&database, table, &key).unwrap() == value);
    assert_eq!(get(&database, table, b"").as_deref(), Some(&b""[..]));
}
