//! How transactions share syncs, and what may be seen of those that are on their way.

mod common;
#[path = "common/gate.rs"]
mod gate;

use std::ops::Bound;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use bonsaidb_store::{Database, Direction, Error, Folder, Options, Read, Sequence, Store, TableId};

use common::{ALL, entries, get, is_failed_commit, put, small, try_put};
use gate::{GateFolder, OpenOnDrop};

fn open(options: Options) -> (Arc<GateFolder>, Store, Database, TableId) {
    let folder = Arc::new(GateFolder::default());
    let store = Store::open(Arc::clone(&folder) as Arc<dyn Folder>, options).unwrap();
    let database = store.database("test").unwrap();
    let table = database.table("things").unwrap();
    (folder, store, database, table)
}

/// Waits until the next plan would see `count` queued write sets, by counting their keys.
fn wait_until_queued(database: &Database, table: TableId, count: usize) {
    loop {
        let mut seen = 0;
        // Failing keeps this plan from queueing; but then it waits, so it is left by a panic.
        let looked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            database.transact(|plan| -> Result<(), Error> {
                seen = entries(plan, table, ALL, Direction::Ascending).len();
                std::panic::resume_unwind(Box::new(()));
            })
        }));
        assert!(looked.is_err());
        if seen >= count {
            return;
        }
        thread::yield_now();
    }
}

#[test]
fn all_that_arrive_during_one_sync_share_the_next() {
    let (folder, _store, database, table) = open(small());
    let before = AtomicU64::new(0);
    folder.close();
    thread::scope(|scope| {
        let _open = OpenOnDrop(&folder);
        scope.spawn(|| put(&database, table, b"first", b""));
        folder.wait_until_held();
        before.store(folder.syncs(), Ordering::SeqCst);
        for thread in 0..15_u8 {
            let database = &database;
            scope.spawn(move || put(database, table, &[thread], b""));
        }
        wait_until_queued(&database, table, 16);
        assert_eq!(folder.syncs(), before.load(Ordering::SeqCst));
        folder.open();
    });
    assert_eq!(database.snapshot().unwrap().sequence(), Sequence::from(16));
    // The first's own was under way, and one more served all fifteen.
    assert_eq!(folder.syncs() - before.into_inner(), 1);
}

#[test]
fn a_group_ends_where_it_gets_too_large_but_holds_at_least_one() {
    let (folder, _store, database, table) = open(small().group_bytes_max(1_000));
    folder.close();
    let before = folder.syncs();
    thread::scope(|scope| {
        let _open = OpenOnDrop(&folder);
        scope.spawn(|| put(&database, table, b"first", &[0; 2_000]));
        folder.wait_until_held();
        for thread in 0..6_u8 {
            let database = &database;
            scope.spawn(move || put(database, table, &[thread], &[0; 400]));
        }
        wait_until_queued(&database, table, 7);
        folder.open();
    });
    // The first, and three pairs.
    assert_eq!(folder.syncs() - before, 4);
}

#[test]
fn queued_writes_are_seen_by_plans_and_not_by_snapshots() {
    let (folder, _store, database, table) = open(small());
    for key in [b"a", b"b", b"c"] {
        put(&database, table, key, b"stored");
    }
    folder.close();
    thread::scope(|scope| {
        let _open = OpenOnDrop(&folder);
        scope.spawn(|| {
            database.transact(|plan| {
                plan.delete(table, b"b".to_vec());
                plan.put(table, b"bb".to_vec(), b"queued".to_vec());
                plan.put(table, b"c".to_vec(), b"queued".to_vec());
                Ok::<_, Error>(())
            })
        });
        folder.wait_until_held();
        assert_eq!(get(&database, table, b"c").as_deref(), Some(&b"stored"[..]));
        assert_eq!(get(&database, table, b"bb"), None);
        let seen = scope.spawn(|| {
            database.transact(|plan| {
                plan.put(table, b"d".to_vec(), b"own".to_vec());
                assert_eq!(plan.get(table, b"b")?, None);
                assert_eq!(plan.get(table, b"c")?.as_deref(), Some(&b"queued"[..]));
                let range = (Bound::Excluded(&b"a"[..]), Bound::Unbounded);
                let mut seen = entries(plan, table, range, Direction::Ascending);
                let back = entries(plan, table, range, Direction::Descending);
                seen.reverse();
                assert_eq!(seen, back);
                Ok::<_, Error>(back)
            })
        });
        wait_until_queued(&database, table, 4);
        folder.open();
        let (seen, sequence) = seen.join().unwrap().unwrap();
        let keys: Vec<_> = seen.iter().map(|(key, _)| key.as_slice()).collect();
        assert_eq!(keys, [&b"d"[..], b"c", b"bb"]);
        assert_eq!(sequence, Some(Sequence::from(5)));
    });
}

#[test]
fn an_answer_that_rests_on_a_queued_write_waits_for_its_sync() {
    let (folder, _store, database, table) = open(small());
    folder.close();
    let (answers, answered) = mpsc::channel();
    thread::scope(|scope| {
        let _open = OpenOnDrop(&folder);
        scope.spawn(|| put(&database, table, b"a", b"1"));
        folder.wait_until_held();
        let planned = Arc::new(AtomicUsize::new(0));
        for fails in [true, false] {
            let (answers, planned, database) = (answers.clone(), Arc::clone(&planned), &database);
            scope.spawn(move || {
                let answer = database.transact(|plan| {
                    let seen = plan.get(table, b"a")?.is_some();
                    planned.fetch_add(1, Ordering::SeqCst);
                    if fails {
                        Err(Error::InvalidName(format!("seen: {seen}")))
                    } else {
                        Ok(seen)
                    }
                });
                answers.send(answer).unwrap();
            });
        }
        while planned.load(Ordering::SeqCst) < 2 {
            thread::yield_now();
        }
        // Both know of the write, and neither says so.
        assert!(answered.try_recv().is_err());
        assert_eq!(get(&database, table, b"a"), None);
        folder.open();
        for _ in 0..2 {
            match answered.recv().unwrap() {
                Ok((seen, sequence)) => assert_eq!((seen, sequence), (true, None)),
                Err(error) => assert_eq!(
                    error.to_string(),
                    "\"seen: true\" cannot be the name of a database"
                ),
            }
            assert!(get(&database, table, b"a").is_some());
        }
    });
}

#[test]
fn when_a_sync_fails_everybody_waiting_hears_of_it() {
    let (folder, _store, database, table) = open(small());
    put(&database, table, b"before", b"1");
    folder.close();
    thread::scope(|scope| {
        let _open = OpenOnDrop(&folder);
        let first = scope.spawn(|| try_put(&database, table, b"first", b""));
        folder.wait_until_held();
        let queued: Vec<_> = (0..5_u8)
            .map(|thread| {
                let database = &database;
                scope.spawn(move || try_put(database, table, &[thread], b""))
            })
            .collect();
        wait_until_queued(&database, table, 7);
        let rests_on_it = scope.spawn(|| {
            database.transact(|plan| match plan.get(table, b"first")? {
                Some(_) => Err(Error::InvalidName("exists".to_owned())),
                None => Ok(()),
            })
        });
        folder.open_failing();
        let first = first.join().unwrap().unwrap_err();
        assert!(matches!(first, Error::CommitFailed { .. }), "{first}");
        for thread in queued {
            let error = thread.join().unwrap().unwrap_err();
            assert!(matches!(error, Error::Poisoned { .. }), "{error}");
        }
        let error = rests_on_it.join().unwrap().unwrap_err();
        assert!(is_failed_commit(&error), "{error}");
    });
    let refused = try_put(&database, table, b"later", b"").unwrap_err();
    assert!(matches!(refused, Error::Poisoned { ref database, .. } if database == "test"));
    let cause = std::error::Error::source(&refused).unwrap();
    let cause = std::error::Error::source(cause).unwrap();
    assert_eq!(cause.to_string(), "the sync failed (simulated)");
    // Reads go on as far as the cache has what they need.
    let snapshot = database.snapshot().unwrap();
    match snapshot.get(table, b"before") {
        Ok(value) => assert_eq!(value.as_deref(), Some(&b"1"[..])),
        Err(error) => assert!(matches!(error, Error::Poisoned { .. }), "{error}"),
    }
    assert_eq!(snapshot.sequence(), Sequence::from(1));
}

/// A memtable is written to the file as of one write set, although later ones are queued and
/// entered by then.
#[test]
fn a_checkpoint_begins_between_two_queued_writes_and_holds_what_came_before() {
    let (folder, store, database, table) = open(small());
    put(&database, table, b"before", b"1");
    folder.close_for(".log");
    thread::scope(|scope| {
        let _open = OpenOnDrop(&folder);
        for key in [b"a", b"b"] {
            let database = &database;
            scope.spawn(move || put(database, table, key, b"queued"));
        }
        folder.wait_until_held();
        wait_until_queued(&database, table, 3);
        let compacted = scope.spawn(|| database.compact());
        // Once it waits for the queue, the next write goes into another memtable.
        thread::sleep(std::time::Duration::from_millis(20));
        scope.spawn(|| put(&database, table, b"c", b"behind"));
        wait_until_queued(&database, table, 4);
        let snapshot = database.snapshot().unwrap();
        let seen = entries(&snapshot, table, ALL, Direction::Ascending);
        assert_eq!(seen, [(b"before".to_vec(), b"1".to_vec())]);
        folder.open();
        compacted.join().unwrap().unwrap();
    });
    let check = |database: &Database| {
        let snapshot = database.snapshot().unwrap();
        let seen = entries(&snapshot, table, ALL, Direction::Ascending);
        let keys: Vec<_> = seen.iter().map(|(key, _)| key.as_slice()).collect();
        assert_eq!(keys, [&b"a"[..], b"b", b"before", b"c"]);
        assert_eq!(snapshot.sequence(), Sequence::from(4));
    };
    check(&database);
    store.close().unwrap();
    let store = Store::open(folder as Arc<dyn Folder>, small()).unwrap();
    check(&store.database("test").unwrap());
}

#[test]
fn threads_that_only_raise_one_key_never_plan_twice() {
    let (_folder, _store, database, table) = open(small());
    let plans = AtomicUsize::new(0);
    thread::scope(|scope| {
        for thread in 0..8_u8 {
            let (database, plans) = (&database, &plans);
            scope.spawn(move || {
                for round in 0..50_u8 {
                    database
                        .transact(|plan| {
                            plans.fetch_add(1, Ordering::SeqCst);
                            plan.raise(table, b"mark".to_vec(), vec![round, thread]);
                            Ok::<_, Error>(())
                        })
                        .unwrap();
                }
            });
        }
    });
    assert_eq!(plans.into_inner(), 400);
    assert_eq!(get(&database, table, b"mark"), Some(vec![49, 7]));
}
