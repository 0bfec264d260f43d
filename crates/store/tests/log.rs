//! The log: what is replayed, what is not, what is removed, and when writers wait.

mod common;
#[path = "common/gate.rs"]
mod gate;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bonsaidb_store::{Database, Error, Folder, Options, Read, Sequence, Store, TableId};
use bonsaidb_testkit::disk::{Faults, FaultyFolder, Random};

use common::{content, get, open_in, open_with, put, small, tiny, try_put, with_seeds};
use gate::{GateFolder, OpenOnDrop};

fn key(number: u32) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

/// A value with zeros at both ends, as those that fool checks for an end.
fn value(number: u32) -> Vec<u8> {
    let mut value = vec![0; 40 + number as usize % 500];
    value[20..24].copy_from_slice(&number.to_be_bytes());
    value
}

fn log_files(folder: &FaultyFolder) -> Vec<String> {
    let files = folder.files().into_iter();
    files.filter(|name| name.starts_with("_log/")).collect()
}

/// Writes `count` values, nothing of which gets to the file, and leaves it all behind.
fn crashed(folder: &Arc<FaultyFolder>, options: Options, count: u32) -> Arc<FaultyFolder> {
    let (_store, database) = open_with(folder, options).unwrap();
    let table = database.table("things").unwrap();
    for number in 0..count {
        put(&database, table, &key(number), &value(number));
    }
    Arc::new(folder.restart(u64::from(count)))
}

/// Checks that what is there is what was written first, and returns how much that is.
fn count_found(database: &Database) -> u32 {
    let Some(table) = database.find_table("things").unwrap() else {
        return 0;
    };
    let found = content(database, table);
    for number in 0..u32::try_from(found.len()).unwrap() {
        assert_eq!(found.get(&key(number)), Some(&value(number)));
    }
    assert_eq!(
        database.snapshot().unwrap().sequence(),
        Sequence::from(found.len() as u64)
    );
    u32::try_from(found.len()).unwrap()
}

#[test]
fn opening_again_and_again_replays_the_same() {
    for segment_bytes in [1_024, 5_000, 1 << 20] {
        let options = || small().log_segment_bytes(segment_bytes);
        let mut found = crashed(&Arc::new(FaultyFolder::new(0)), options(), 50);
        for round in 0..4 {
            {
                let (_store, database) = open_with(&found, options().read_only(true)).unwrap();
                assert_eq!(count_found(&database), 50);
                let counts = found.counts();
                assert_eq!((counts.bytes, counts.syncs), (0, 0));
            }
            // The power fails at some point of recovering.
            found.set_faults(Faults {
                power_off_at_call: Some(20 + round * 9),
                ..Faults::default()
            });
            drop(open_with(&found, options()));
            found = Arc::new(found.restart(round));
        }
        let (store, database) = open_with(&found, options()).unwrap();
        assert_eq!(count_found(&database), 50);
        store.close().unwrap();
    }
}

#[test]
fn closing_leaves_nothing_to_replay() {
    let folder = Arc::new(FaultyFolder::new(0));
    for round in 1..4_u64 {
        let (store, database) = open_with(&folder, small().log_segment_bytes(2_000)).unwrap();
        let table = database.table("things").unwrap();
        for number in 0..20 {
            put(&database, table, &key(number), &value(number));
        }
        store.close().unwrap();
        let files = log_files(&folder);
        assert_eq!(files.len(), 1, "{files:?}");
        assert_eq!(folder.content(&files[0]).unwrap().len(), 96);
        // What is in the file alone is everything.
        let without = Arc::new(folder.fork());
        without.remove(&files[0]).unwrap();
        let (_store, database) = open_in(&without).unwrap();
        assert_eq!(content(&database, table).len(), 20);
        let sequence = database.snapshot().unwrap().sequence();
        assert_eq!(sequence, Sequence::from(20 * round));
    }
}

#[test]
fn numbers_of_segments_are_never_used_twice() {
    let mut folder = Arc::new(FaultyFolder::new(0));
    let mut greatest = String::new();
    for round in 0..8 {
        let before = log_files(&folder);
        let (store, database) = open_with(&folder, small().log_segment_bytes(1_500)).unwrap();
        let table = database.table("things").unwrap();
        put(&database, table, b"a", &value(round));
        let after = log_files(&folder);
        let new = after.iter().find(|name| !before.contains(*name)).unwrap();
        assert!(*new > greatest, "{new} after {greatest}");
        greatest.clone_from(after.last().unwrap());
        if round % 2 == 0 {
            store.close().unwrap();
        } else {
            folder = Arc::new(folder.restart(u64::from(round)));
        }
    }
}

#[test]
fn a_write_set_larger_than_a_segment_is_there_whole_or_not_at_all() {
    for syncs in 1..30 {
        let folder = Arc::new(FaultyFolder::new(syncs));
        let (_store, database) = open_with(&folder, small().log_segment_bytes(4_000)).unwrap();
        let table = database.table("things").unwrap();
        put(&database, table, b"before", b"1");
        folder.set_faults(Faults {
            power_off_at_sync: Some(syncs),
            ..Faults::default()
        });
        let result = database.transact(|plan| {
            for number in 0..20 {
                plan.put(table, key(number), vec![7; 1_500]);
            }
            Ok::<_, Error>(())
        });
        let found = Arc::new(folder.restart(syncs));
        let (store, database) = open_in(&found).unwrap();
        let count = content(&database, table).len();
        match result {
            Ok(_) => assert_eq!(count, 21),
            Err(_) => assert!(count == 1 || count == 21, "{count}"),
        }
        put(&database, table, b"after", b"1");
        store.close().unwrap();
        if syncs == 29 {
            assert!(result.is_ok());
        }
    }
}

#[test]
fn damage_in_the_log_is_an_error_or_harmless() {
    let mut outcomes = BTreeMap::new();
    let options = |seed| small().log_segment_bytes(if seed % 2 == 0 { 3_000 } else { 1 << 20 });
    let sources = [0, 1].map(|seed| crashed(&Arc::new(FaultyFolder::new(0)), options(seed), 40));
    with_seeds(600, |seed| {
        let mut random = Random::new(seed);
        let folder = Arc::new(sources[usize::try_from(seed % 2).unwrap()].fork());
        let files = log_files(&folder);
        let file = &files[random.below(files.len())];
        let mut bytes = folder.content(file).unwrap();
        let used: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
        // How many groups at the end can be damaged in a way that leaves no trace.
        let untraced = match random.below(8) {
            0 => {
                bytes.truncate(1 + random.below(bytes.len() - 1));
                u32::from(bytes.len() == 96) * 40
            }
            1 => {
                let start = used[random.below(used.len())];
                let end = bytes.len().min(start + 1 + random.below(200));
                bytes[start..end].fill(0);
                2
            }
            _ => {
                bytes[used[random.below(used.len())]] ^= 1 << random.below(8);
                1
            }
        };
        folder.set_content(file, bytes);
        let opened = catch_unwind(AssertUnwindSafe(|| {
            let (store, database) = open_with(&folder, options(seed))?;
            let count = count_found(&database);
            let table = database.table("things")?;
            put(&database, table, &key(count), &value(count));
            store.close()?;
            Ok::<_, Error>(count)
        }));
        let outcome = match opened.expect("a panic got out") {
            Ok(count) => {
                // Only what was written last can be taken for something that never was.
                assert!(count + untraced >= 40, "{count} of 40 left");
                format!("{count} there")
            }
            Err(error) => {
                assert!(
                    matches!(error, Error::Corrupted { .. } | Error::NewerFormat { .. }),
                    "{error:?}"
                );
                assert!(
                    error.to_string().contains("_log") || error.to_string().contains("data.redb")
                );
                "an error".to_owned()
            }
        };
        *outcomes.entry(outcome).or_insert(0) += 1;
    });
    assert!(
        outcomes.len() == 1 || outcomes["an error"] > 300,
        "{outcomes:?}"
    );
}

/// What lies behind the end of the log looks like the log: it is of another file, or of this one.
#[test]
fn nothing_stale_is_taken_for_a_continuation() {
    let options = || small().log_segment_bytes(1 << 16);
    let ends = |folder: &FaultyFolder| {
        let file = log_files(folder).pop().unwrap();
        let bytes = folder.content(&file).unwrap();
        let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        (file, bytes, end)
    };
    let folder = Arc::new(FaultyFolder::new(0));
    let (_store, database) = open_with(&folder, options()).unwrap();
    let table = database.table("things").unwrap();
    let mut cuts = Vec::new();
    for number in 0..12 {
        put(&database, table, &key(number), &[7; 100]);
        cuts.push(ends(&folder));
    }
    // The same transactions in another run: all the same but the salts.
    let other = Arc::new(FaultyFolder::new(0));
    let (_other_store, other_database) = open_with(&other, options()).unwrap();
    assert_eq!(other_database.table("things").unwrap(), table);
    for number in 0..12 {
        put(&other_database, table, &key(number), &[7; 100]);
    }
    let (_, other_bytes, _) = ends(&other);
    let (file, _, end) = cuts[5].clone();
    let whole = &cuts[11].1;
    let later = cuts[6].2..cuts[7].2;
    let stale = [
        other_bytes[end..].to_vec(),
        // A later and an earlier piece of the same file.
        whole[later.clone()].to_vec(),
        whole[cuts[3].2..cuts[4].2].to_vec(),
    ];
    for tail in stale {
        let copy = Arc::new(folder.fork());
        let mut bytes = cuts[5].1.clone();
        bytes[end..end + tail.len()].copy_from_slice(&tail);
        copy.set_content(&file, bytes);
        let (_store, database) = open_with(&copy, options()).unwrap();
        assert_eq!(content(&database, table).len(), 6);
        assert_eq!(database.snapshot().unwrap().sequence(), Sequence::from(6));
    }
    // One group is missing in between, the others stand in their places.
    let copy = Arc::new(folder.fork());
    let mut bytes = whole.clone();
    bytes[later].fill(0);
    copy.set_content(&file, bytes);
    let error = open_with(&copy, options()).unwrap_err();
    assert!(matches!(error, Error::Corrupted { .. }), "{error}");
}

#[test]
fn a_missing_segment_is_an_error_and_not_a_loss() {
    let source = crashed(
        &Arc::new(FaultyFolder::new(0)),
        small().log_segment_bytes(1_200),
        60,
    );
    let files = log_files(&source);
    assert!(files.len() > 2);
    let mut errors = 0;
    for file in &files[..files.len() - 1] {
        let folder = Arc::new(source.fork());
        folder.remove(file).unwrap();
        match open_in(&folder) {
            // All of it was in the file, and it only was not removed yet.
            Ok((_store, database)) => assert_eq!(count_found(&database), 60),
            Err(Error::Corrupted { .. }) => errors += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(errors > 0);
}

#[test]
fn a_deleted_database_does_not_come_back() {
    for crashes in [false, true] {
        let mut folder = Arc::new(FaultyFolder::new(0));
        let store = Store::open(Arc::clone(&folder) as Arc<dyn Folder>, small()).unwrap();
        let kept = store.database("kept").unwrap();
        let kept_table = kept.table("things").unwrap();
        for round in 0..3 {
            let database = store.database("test").unwrap();
            assert_eq!(database.tables().unwrap(), []);
            let table = database.table("things").unwrap();
            put(&database, table, &key(round), b"1");
            put(&kept, kept_table, &key(round), b"1");
            store.delete_database("test").unwrap();
        }
        if crashes {
            folder = Arc::new(folder.restart(1));
        } else {
            store.close().unwrap();
        }
        let store = Store::open(Arc::clone(&folder) as Arc<dyn Folder>, small()).unwrap();
        assert!(!store.database_exists("test").unwrap());
        assert_eq!(store.database("test").unwrap().tables().unwrap(), []);
        let kept = store.database("kept").unwrap();
        assert_eq!(content(&kept, kept_table).len(), 3);
        store.close().unwrap();
        assert_eq!(log_files(&folder).len(), 1);
    }
}

#[test]
fn an_idle_database_does_not_keep_the_log() {
    let folder = Arc::new(FaultyFolder::new(0));
    let options = small().log_segment_bytes(2_000).memtable_bytes_max(10_000);
    let store = Store::open(Arc::clone(&folder) as Arc<dyn Folder>, options).unwrap();
    let idle = store.database("idle").unwrap();
    let idle_table = idle.table("things").unwrap();
    put(&idle, idle_table, b"a", b"1");
    let busy = store.database("busy").unwrap();
    let table = busy.table("things").unwrap();
    let mut most = 0;
    for number in 0..600 {
        put(&busy, table, &key(number % 50), &value(number));
        most = most.max(log_files(&folder).len());
    }
    // 600 values of 300 bytes are about 100 segments.
    assert!(most < 30, "{most} segments");
    let found = Arc::new(folder.restart(0));
    let store = Store::open(Arc::clone(&found) as Arc<dyn Folder>, small()).unwrap();
    assert_eq!(
        get(&store.database("idle").unwrap(), idle_table, b"a").as_deref(),
        Some(&b"1"[..])
    );
}

#[test]
fn databases_share_one_log_and_its_failure() {
    let folder = Arc::new(FaultyFolder::new(0));
    let store = Store::open(Arc::clone(&folder) as Arc<dyn Folder>, small()).unwrap();
    let databases: Vec<(Database, TableId)> = (0..4)
        .map(|number| {
            let database = store.database(&format!("db {number}")).unwrap();
            let table = database.table("things").unwrap();
            (database, table)
        })
        .collect();
    thread::scope(|scope| {
        for (database, table) in &databases {
            for thread in 0..2_u32 {
                scope.spawn(move || {
                    for number in 0..30 {
                        put(database, *table, &key(number * 2 + thread), &value(number));
                    }
                });
            }
        }
    });
    assert_eq!(log_files(&folder).len(), 1);
    let calls = folder.counts().calls;
    folder.set_faults(Faults {
        error_at_call: Some(2),
        ..Faults::default()
    });
    assert!(calls > 0);
    let (first, table) = &databases[0];
    let error = try_put(first, *table, b"a", b"1").unwrap_err();
    assert!(matches!(error, Error::CommitFailed { .. }), "{error}");
    for (database, table) in &databases {
        assert!(try_put(database, *table, b"b", b"1").is_err());
        let error = try_put(database, *table, b"b", b"1").unwrap_err();
        assert!(matches!(error, Error::Poisoned { .. }), "{error}");
        // Reads go on.
        assert_eq!(content(database, *table).len(), 60);
    }
    drop(databases);
    drop(store);
    let found = Arc::new(folder.restart(3));
    let store = Store::open(Arc::clone(&found) as Arc<dyn Folder>, small()).unwrap();
    for number in 0..4 {
        let database = store.database(&format!("db {number}")).unwrap();
        let table = database.table("things").unwrap();
        let count = content(&database, table).len();
        assert!(count == 60 || number == 0 && count == 61, "{count}");
        put(&database, table, b"b", b"1");
    }
}

#[test]
fn writers_wait_for_a_checkpoint_only_when_memory_is_full() {
    let folder = Arc::new(GateFolder::default());
    // A file has its name for good when it is opened again.
    open_in(&folder).unwrap().0.close().unwrap();
    let options = small().memtable_bytes_max(40_000);
    let store = Store::open(Arc::clone(&folder) as Arc<dyn Folder>, options).unwrap();
    let database = store.database("test").unwrap();
    let table = database.table("things").unwrap();
    folder.close_for("data.redb");
    let written = AtomicU32::new(0);
    thread::scope(|scope| {
        let _open = OpenOnDrop(&folder);
        scope.spawn(|| {
            for number in 0..200 {
                put(&database, table, &key(number), &[7; 400]);
                written.fetch_add(1, Ordering::SeqCst);
            }
        });
        // The checkpoint hangs, and writing goes on beside it.
        folder.wait_until_held();
        let started = Instant::now();
        while written.load(Ordering::SeqCst) < 70 && started.elapsed() < Duration::from_secs(10) {
            thread::yield_now();
        }
        // Until memory is full: about 40,000 bytes in values of 400 and what they take beside it.
        thread::sleep(Duration::from_millis(50));
        let stopped = written.load(Ordering::SeqCst);
        assert!(stopped < 90, "{stopped}");
        // Reading is not held up.
        assert_eq!(content(&database, table).len(), stopped as usize);
        folder.open();
    });
    assert_eq!(content(&database, table).len(), 200);
    store.close().unwrap();
}

#[test]
fn snapshots_do_not_change_with_checkpoints() {
    let folder = Arc::new(FaultyFolder::new(0));
    let (store, database) = open_with(&folder, small().memtable_bytes_max(3_000)).unwrap();
    let table = database.table("things").unwrap();
    let mut held = Vec::new();
    for number in 0..300 {
        put(&database, table, &key(number % 20), &value(number));
        if number % 10 == 0 {
            held.push((database.snapshot().unwrap(), content(&database, table)));
        }
    }
    for (snapshot, expected) in &held {
        for (key, value) in expected {
            let found = snapshot.get(table, key).unwrap();
            assert_eq!(found.as_deref(), Some(value.as_slice()));
        }
    }
    database.compact().unwrap();
    let (snapshot, expected) = &held[7];
    assert_eq!(
        snapshot.get(table, &key(3)).unwrap().as_deref(),
        expected.get(&key(3)).map(Vec::as_slice)
    );
    store.close().unwrap();
}

#[test]
fn derived_writes_are_durable_with_the_next_transaction_or_when_settled() {
    let folder = Arc::new(FaultyFolder::new(0));
    let (_store, database) = open_in(&folder).unwrap();
    let (logged, derived) = (
        database.table("logged").unwrap(),
        database.table("derived").unwrap(),
    );
    let derive = |value: &[u8]| {
        database
            .derive(|plan| {
                plan.put(derived, b"a".to_vec(), value.to_vec());
                Ok::<_, Error>(())
            })
            .unwrap();
    };
    let after_crash = || {
        let (_store, database) = open_in(&Arc::new(folder.fork())).unwrap();
        assert!(get(&database, logged, b"a").is_some());
        get(&database, derived, b"a")
    };
    put(&database, logged, b"a", b"1");
    let syncs = folder.counts().syncs;
    derive(b"1");
    assert_eq!(folder.counts().syncs, syncs, "derived writes need no sync");
    assert_eq!(after_crash(), None);
    database.settle().unwrap();
    assert_eq!(after_crash().as_deref(), Some(&b"1"[..]));
    derive(b"2");
    assert_eq!(after_crash().as_deref(), Some(&b"1"[..]));
    // A transaction is never there without what was derived before it.
    put(&database, logged, b"b", b"1");
    assert_eq!(after_crash().as_deref(), Some(&b"2"[..]));
    derive(b"3");
    let dropped = database.table("dropped").unwrap();
    database.drop_table(dropped).unwrap();
    assert_eq!(after_crash().as_deref(), Some(&b"3"[..]));
}

/// A file as the version without a log wrote it.
#[test]
fn a_file_of_the_first_format_opens_and_gets_a_log() {
    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path().join("test");
    std::fs::create_dir(&path).unwrap();
    {
        let rows = redb::TableDefinition::<&[u8], &[u8]>::new("rows");
        let file = redb::Database::create(path.join("data.redb")).unwrap();
        let transaction = file.begin_write().unwrap();
        let mut table = transaction.open_table(rows).unwrap();
        let mut row = |number: u32, key: &[u8], value: &[u8]| {
            let key = [&number.to_be_bytes()[..], key].concat();
            let checksum = crc32fast::hash(&[&key[..], value].concat());
            let value = [&checksum.to_le_bytes()[..], value].concat();
            table.insert(key.as_slice(), value.as_slice()).unwrap();
        };
        row(0, b"format", &1_u32.to_be_bytes());
        row(0, b"applied", &7_u64.to_be_bytes());
        row(0, b"next-table", &17_u32.to_be_bytes());
        row(1, b"things", &16_u32.to_be_bytes());
        row(16, b"a", b"1");
        drop(table);
        transaction.commit().unwrap();
    }
    let disk = || Arc::new(bonsaidb_store::DiskFolder::new(temporary.path()));
    for read_only in [true, false, false] {
        let (store, database) = open_with(&disk(), small().read_only(read_only)).unwrap();
        let table = database.table("things").unwrap();
        assert_eq!(get(&database, table, b"a").as_deref(), Some(&b"1"[..]));
        assert!(database.verify().unwrap().is_sound());
        if !read_only {
            let before = database.snapshot().unwrap().sequence();
            let sequence = put(&database, table, b"b", b"2");
            assert_eq!(sequence.as_u64(), before.as_u64() + 1);
        }
        store.close().unwrap();
    }
    let (_store, database) = open_in(&disk()).unwrap();
    assert_eq!(database.snapshot().unwrap().sequence(), Sequence::from(9));
}

/// Every call may fail while checkpoints and changes of segments happen all the time.
#[test]
fn any_call_may_fail_beside_checkpoints() {
    with_seeds(150, |seed| {
        let mut random = Random::new(seed);
        let folder = Arc::new(FaultyFolder::new(seed));
        folder.set_faults(if random.chance(50) {
            Faults {
                error_at_call: Some(1 + random.number() % 250),
                ..Faults::default()
            }
        } else {
            Faults {
                room_bytes: Some(random.below(150_000)),
                ..Faults::default()
            }
        });
        let mut acknowledged = 0;
        let mut work = || {
            let (store, database) = open_with(&folder, tiny(&mut random))?;
            let table = database.table("things")?;
            for number in 0..40 {
                try_put(&database, table, &key(number), &value(number))?;
                acknowledged = number + 1;
            }
            store.close()
        };
        let _ = work();
        folder.set_faults(Faults::default());
        for found in [folder.fork(), folder.restart(seed)] {
            let found = Arc::new(found);
            let (store, database) = open_with(&found, tiny(&mut random)).unwrap();
            assert!(count_found(&database) >= acknowledged);
            assert!(database.verify().unwrap().is_sound());
            let table = database.table("things").unwrap();
            put(&database, table, b"after", b"");
            store.close().unwrap();
        }
    });
}
