//! A disk that refuses, once or for good: nothing acknowledged is lost, nothing panics, and
//! reopening recovers.

mod common;

use std::sync::Arc;

use bonsaidb_store::{Error, Import, Read};
use bonsaidb_testkit::disk::{Faults, FaultyFolder, Random};

use common::{content, get, is_failed_commit, open_in, put, small, try_put, with_seeds};

/// How many rows are imported together.
const IMPORTED: u8 = 100;

fn value(number: u32) -> Vec<u8> {
    number.to_be_bytes().repeat(100)
}

/// Opens, writes, imports, compacts, drops a table, and closes. Returns what was acknowledged.
fn work(folder: &Arc<FaultyFolder>) -> (u32, Result<(), Error>) {
    let mut acknowledged = 0;
    let mut work = || {
        let (store, database) = open_in(folder)?;
        let table = database.table("things")?;
        for number in 0..12_u32 {
            if number == 4 {
                let other = database.table("other")?;
                try_put(&database, other, b"a", b"b")?;
                database.drop_table(other)?;
            }
            if number == 6 {
                let imported = database.table("imported")?;
                let mut rows = Import::default();
                for row in 0..IMPORTED {
                    rows.put(
                        imported,
                        |key| key.push(row),
                        |value| value.extend([row; 99]),
                    );
                }
                database.import(&mut rows)?;
            }
            if number == 8 {
                database.compact()?;
            }
            try_put(&database, table, &number.to_be_bytes(), &value(number))?;
            acknowledged = number + 1;
        }
        store.close()
    };
    let result = work();
    (acknowledged, result)
}

fn check(folder: &Arc<FaultyFolder>, acknowledged: u32) {
    folder.set_faults(Faults::default());
    let (_store, database) = open_in(folder).unwrap();
    let verification = database.verify().unwrap();
    assert!(verification.is_sound(), "{:?}", verification.problems);
    let table = database.table("things").unwrap();
    let found = content(&database, table);
    let count = u32::try_from(found.len()).unwrap();
    assert!(count >= acknowledged, "{count} of {acknowledged} found");
    for number in 0..count {
        assert_eq!(found.get(&number.to_be_bytes()[..]), Some(&value(number)));
    }
    if let Some(imported) = database.find_table("imported").unwrap() {
        let rows = content(&database, imported).len();
        let expected = usize::from(IMPORTED);
        assert!(
            rows == expected || rows == 0 && acknowledged <= 6,
            "{rows} rows"
        );
    }
    put(&database, table, b"after", b"");
}

/// A file that compaction has replaced is written to once more when its last snapshot is dropped,
/// by whatever thread that is. What goes wrong then is of no interest to anybody, so a test that
/// counted the calls that were reported failed now and then.
#[test]
fn every_single_call_may_fail() {
    let folder = Arc::new(FaultyFolder::new(0));
    work(&folder).1.unwrap();
    let calls = folder.counts().calls;
    assert!(calls > 100, "only {calls} calls");
    let mut unreported = Vec::new();
    for call in 1..=calls {
        let folder = Arc::new(FaultyFolder::new(call));
        folder.set_faults(Faults {
            error_at_call: Some(call),
            ..Faults::default()
        });
        let (acknowledged, result) = work(&folder);
        if let Err(error) = result {
            assert!(
                is_failed_commit(&error) || matches!(error, Error::Io { .. }),
                "call {call}: {error:?}"
            );
        } else if let Some(failed) = folder.failed_call()
            && let Some(path) = failed.path
        {
            unreported.push((failed.action, path));
        }
        // Without power loss first, then with: a failed sync must not have been believed.
        check(&Arc::new(folder.fork()), acknowledged);
        check(&Arc::new(folder.restart(call)), acknowledged);
    }
    // When all is in the files, closing cuts the log, which is not needed for anything.
    let log = "_log/0000000000000001.log".to_owned();
    let cuts = ["open", "measure", "resize"].map(|action| (action, log.clone()));
    assert_eq!(unreported, cuts);
}

#[test]
fn the_disk_may_be_full_at_any_byte() {
    let folder = Arc::new(FaultyFolder::new(0));
    work(&folder).1.unwrap();
    let bytes = folder.counts().bytes;
    with_seeds(120, |seed| {
        let room = Random::new(seed).below(bytes);
        let folder = Arc::new(FaultyFolder::new(seed));
        folder.set_faults(Faults {
            room_bytes: Some(room),
            ..Faults::default()
        });
        let (acknowledged, result) = work(&folder);
        if let Err(error) = result {
            assert!(error.is_disk_full(), "{error:?}");
        }
        check(&folder, acknowledged);
    });
}

#[test]
fn a_reading_that_fails_is_an_error_and_nothing_in_the_log_is_lost() {
    let folder = Arc::new(FaultyFolder::new(0));
    let options = || small().cache_bytes(0);
    let open = || {
        let store = bonsaidb_store::Store::open(Arc::clone(&folder) as _, options()).unwrap();
        let database = store.database("test").unwrap();
        let table = database.table("things").unwrap();
        (store, database, table)
    };
    {
        let (store, database, table) = open();
        for number in 0..200_u32 {
            put(&database, table, &number.to_be_bytes(), &value(number));
        }
        store.close().unwrap();
    }
    let (store, database, table) = open();
    folder.set_faults(Faults {
        error_at_call: Some(1),
        ..Faults::default()
    });
    let snapshot = database.snapshot().unwrap();
    let error = snapshot.get(table, &7_u32.to_be_bytes()).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
    let error = snapshot.get(table, &7_u32.to_be_bytes()).unwrap_err();
    assert!(matches!(error, Error::Poisoned { .. }), "{error}");
    // Writing goes on as far as the log; the file is what cannot be written any more.
    put(&database, table, b"a", b"1");
    assert_eq!(get(&database, table, b"a").as_deref(), Some(&b"1"[..]));
    let error = database.compact().unwrap_err();
    assert!(matches!(error, Error::Poisoned { .. }), "{error}");
    let error = try_put(&database, table, b"b", b"").unwrap_err();
    assert!(matches!(error, Error::Poisoned { .. }), "{error}");
    assert_eq!(get(&database, table, b"a").as_deref(), Some(&b"1"[..]));
    let error = store.close().unwrap_err();
    assert!(matches!(error, Error::Poisoned { .. }), "{error}");
    let (_store, database, table) = open();
    assert_eq!(get(&database, table, b"a").as_deref(), Some(&b"1"[..]));
    assert_eq!(content(&database, table).len(), 201);
}
