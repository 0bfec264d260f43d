//! Dropping tables and compacting, beside everything else.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bonsaidb_store::{
    Database, Direction, Error, Folder, MemoryFolder, Read, Sequence, Store, TableId,
};
use bonsaidb_testkit::disk::{Faults, FaultyFolder, Random};

use common::{ALL, content, entries, get, open, open_in, put, try_put};

const FILE: &str = "test/data.redb";

fn fill(database: &Database, table: TableId, rows: u32) {
    database
        .transact(|plan| {
            for row in 0..rows {
                plan.put(table, row.to_be_bytes().to_vec(), vec![7; 200]);
            }
            Ok::<_, Error>(())
        })
        .unwrap();
}

fn wait_until_swept(database: &Database) {
    let started = Instant::now();
    loop {
        let verification = database.verify().unwrap();
        assert!(verification.is_sound(), "{:?}", verification.problems);
        if verification.unswept == 0 {
            return;
        }
        // Far more than it ever takes: this is for the case that nobody sweeps.
        assert!(started.elapsed() < Duration::from_secs(30), "nobody sweeps");
        thread::yield_now();
    }
}

#[test]
fn a_dropped_table_is_missing_at_once_and_its_name_is_free() {
    let (_store, database, table) = open();
    put(&database, table, b"a", b"1");
    let before = database.snapshot().unwrap();
    database.drop_table(table).unwrap();
    let is_missing = |error: &Error| {
        matches!(error, Error::TableMissing { database, table: found }
            if database == "test" && *found == table)
    };
    let after = database.snapshot().unwrap();
    assert!(is_missing(&after.get(table, b"a").unwrap_err()));
    assert!(is_missing(
        &after.range(table, ALL, Direction::Ascending).unwrap_err()
    ));
    assert!(is_missing(
        &try_put(&database, table, b"a", b"").unwrap_err()
    ));
    assert!(is_missing(&database.drop_table(table).unwrap_err()));
    assert_eq!(database.find_table("things").unwrap(), None);
    let anew = database.table("things").unwrap();
    assert_ne!(anew, table);
    assert_eq!(get(&database, anew, b"a"), None);
    // Whoever began before goes on reading.
    let value = before.get(table, b"a").unwrap();
    assert_eq!(value.as_deref(), Some(&b"1"[..]));
    wait_until_swept(&database);
    let value = before.get(table, b"a").unwrap();
    assert_eq!(value.as_deref(), Some(&b"1"[..]));
}

#[test]
fn a_transaction_planned_before_the_drop_is_refused() {
    let (_store, database, table) = open();
    let mut plans = 0;
    let result = database.transact(|plan| {
        plans += 1;
        plan.put(table, b"a".to_vec(), b"1".to_vec());
        thread::scope(|scope| {
            let dropped = scope.spawn(|| database.drop_table(table));
            dropped.join().unwrap()
        })
    });
    assert!(matches!(result, Err(Error::TableMissing { .. })));
    assert_eq!(plans, 1);
    assert!(database.verify().unwrap().is_sound());
}

#[test]
fn reserved_and_unknown_tables_are_missing() {
    let (_store, database, _) = open();
    for number in [0, 1, 2, 15, 17, u32::MAX] {
        let table = TableId::new(number);
        let error = try_put(&database, table, b"format", b"").unwrap_err();
        assert!(matches!(error, Error::TableMissing { .. }));
        let snapshot = database.snapshot().unwrap();
        assert!(snapshot.get(table, b"format").is_err());
        let planned = database.transact(|plan| plan.get(table, b"format"));
        assert!(matches!(planned, Err(Error::TableMissing { .. })));
    }
}

#[test]
fn sweeping_is_resumed_after_a_crash_and_frees_the_space() {
    for seed in 0..25 {
        let folder = Arc::new(FaultyFolder::new(seed));
        let mut random = Random::new(seed);
        let kept = {
            let (_store, database) = open_in(&folder).unwrap();
            let kept = database.table("kept").unwrap();
            let dropped = database.table("dropped").unwrap();
            put(&database, kept, b"a", b"1");
            fill(&database, dropped, 3_500);
            database.drop_table(dropped).unwrap();
            // The power fails at some point of the sweep.
            folder.set_faults(Faults {
                power_off_at_sync: Some(1 + random.number() % 4),
                ..Faults::default()
            });
            kept
        };
        let found = Arc::new(folder.restart(random.number()));
        let (store, database) = open_in(&found).unwrap();
        assert_eq!(database.find_table("dropped").unwrap(), None);
        assert_eq!(get(&database, kept, b"a").as_deref(), Some(&b"1"[..]));
        wait_until_swept(&database);
        database.compact().unwrap();
        store.close().unwrap();
        let bytes = found.content(FILE).unwrap();
        let rows_left = bytes.windows(100).filter(|row| *row == [7; 100]).count();
        assert_eq!(rows_left, 0, "seed {seed}");
    }
}

#[test]
fn tables_dropped_one_after_the_other_are_all_swept() {
    let folder = Arc::new(FaultyFolder::new(0));
    let (store, database) = open_in(&folder).unwrap();
    for round in 0..20 {
        let table = database.table(&format!("table {round}")).unwrap();
        fill(&database, table, 50);
        database.drop_table(table).unwrap();
    }
    wait_until_swept(&database);
    assert_eq!(database.verify().unwrap().entries, 0);
    assert_eq!(database.tables().unwrap(), []);
    store.close().unwrap();
}

#[test]
fn compacting_gives_space_back_and_keeps_everything() {
    let folder = Arc::new(FaultyFolder::new(0));
    let (store, database) = open_in(&folder).unwrap();
    let table = database.table("things").unwrap();
    fill(&database, table, 20_000);
    let held = database.snapshot().unwrap();
    database
        .transact(|plan| {
            for row in 100..20_000_u32 {
                plan.delete(table, row.to_be_bytes().to_vec());
            }
            Ok::<_, Error>(())
        })
        .unwrap();
    let before = content(&database, table);
    let sequence = database.snapshot().unwrap().sequence();
    let large = folder.content(FILE).unwrap().len();
    database.compact().unwrap();
    assert_eq!(content(&database, table), before);
    assert_eq!(database.snapshot().unwrap().sequence(), sequence);
    // A snapshot of the file that was replaced is still whole.
    let all = entries(&held, table, ALL, Direction::Ascending);
    assert_eq!(all.len(), 20_000);
    let value = held.get(table, &19_999_u32.to_be_bytes()).unwrap();
    assert_eq!(value.as_deref(), Some(&[7; 200][..]));
    put(&database, table, b"after", b"1");
    store.close().unwrap();
    assert!(held.get(table, b"after").is_err());
    let small = folder.content(FILE).unwrap().len();
    assert!(small * 4 < large, "{large} bytes before, {small} after");
    let (_store, database) = open_in(&folder).unwrap();
    assert_eq!(get(&database, table, b"after").as_deref(), Some(&b"1"[..]));
    assert_eq!(content(&database, table).len(), 101);
    assert!(database.verify().unwrap().is_sound());
}

/// Every thread owns some keys and knows what it wrote last; compaction must not lose any of it,
/// nor bring anything deleted back.
#[test]
fn nothing_written_during_compaction_is_lost() {
    let folder = Arc::new(MemoryFolder::new());
    // Checkpoints happen between the pieces that are copied.
    let options = common::small().memtable_bytes_max(50_000);
    let (store, database) = common::open_with(&folder, options).unwrap();
    let table = database.table("things").unwrap();
    let other = database.table("other").unwrap();
    // Several pieces to copy.
    database
        .transact(|plan| {
            for row in 0..40_u32 {
                plan.put(other, row.to_be_bytes().to_vec(), vec![1; 500_000]);
            }
            Ok::<_, Error>(())
        })
        .unwrap();
    let is_done = AtomicBool::new(false);
    let written = thread::scope(|scope| {
        let writers: Vec<_> = (0..4_u8)
            .map(|thread| {
                let (database, is_done) = (&database, &is_done);
                scope.spawn(move || {
                    let mut own = std::collections::BTreeMap::new();
                    let mut random = Random::new(u64::from(thread));
                    while !is_done.load(Ordering::Relaxed) {
                        // Keys in the whole range of what is copied.
                        let key = vec![random.number().to_le_bytes()[0], thread];
                        let value = random.number().to_be_bytes().to_vec();
                        let deletes = random.chance(30);
                        database
                            .transact(|plan| {
                                for table in [table, other] {
                                    if deletes {
                                        plan.delete(table, key.clone());
                                    } else {
                                        plan.put(table, key.clone(), value.clone());
                                    }
                                }
                                Ok::<_, Error>(())
                            })
                            .unwrap();
                        own.insert(key, (!deletes).then_some(value));
                    }
                    own
                })
            })
            .collect();
        for _ in 0..5 {
            database.compact().unwrap();
        }
        is_done.store(true, Ordering::Relaxed);
        let writers = writers.into_iter();
        writers
            .flat_map(|writer| writer.join().unwrap())
            .collect::<Vec<_>>()
    });
    let check = |database: &Database| {
        assert!(database.verify().unwrap().is_sound());
        for (key, value) in &written {
            for table in [table, other] {
                assert_eq!(get(database, table, key), *value);
            }
        }
    };
    check(&database);
    let sequence = database.snapshot().unwrap().sequence();
    store.close().unwrap();
    let (_store, database) = open_in(&folder).unwrap();
    check(&database);
    assert_eq!(database.snapshot().unwrap().sequence(), sequence);
}

#[test]
fn a_transaction_during_compaction_keeps_its_sequence() {
    let folder = Arc::new(MemoryFolder::new());
    for round in 1..=10_u64 {
        let (store, database) = open_in(&folder).unwrap();
        let table = database.table("things").unwrap();
        let derived = database.table("derived").unwrap();
        database
            .derive(|plan| {
                for row in 0..24_u32 {
                    plan.put(derived, row.to_be_bytes().to_vec(), vec![1; 500_000]);
                }
                Ok::<_, Error>(())
            })
            .unwrap();
        thread::scope(|scope| {
            let compacted = scope.spawn(|| database.compact());
            while !compacted.is_finished() && !folder.exists("test/data.redb.compact").unwrap() {
                thread::yield_now();
            }
            let sequence = put(&database, table, b"a", b"");
            assert_eq!(sequence, Sequence::from(round));
            compacted.join().unwrap().unwrap();
        });
        store.close().unwrap();
        let (_store, database) = open_in(&folder).unwrap();
        let sequence = database.snapshot().unwrap().sequence();
        assert_eq!(sequence, Sequence::from(round));
        assert!(database.verify().unwrap().is_sound());
    }
}

#[test]
fn deleting_and_closing_end_a_compaction() {
    let store = Store::open(Arc::new(MemoryFolder::new()), common::small()).unwrap();
    for closes in [false, true] {
        let database = store.database("test").unwrap();
        let table = database.table("things").unwrap();
        fill(&database, table, 20_000);
        thread::scope(|scope| {
            let compacted = scope.spawn(|| database.compact());
            if closes {
                store.close().unwrap();
            } else {
                store.delete_database("test").unwrap();
            }
            match compacted.join().unwrap() {
                Ok(()) | Err(Error::Closed | Error::DatabaseDeleted(_)) => {}
                Err(error) => panic!("{error}"),
            }
        });
    }
}
